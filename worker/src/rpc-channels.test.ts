// Channels over calls, without workerd: order, credit, fences, packets that come early, and a peer that vanishes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { MESSAGE_CHANNEL_BUFFERS } from '../../host-ts/src/base/index.ts';
import { PACKET_FRAME } from '../../host-ts/src/exchange/index.ts';
import type { OpenedChannels } from '../../host-ts/src/exchange/index.ts';
import type { PacketCall, SlotCalls } from './calls.ts';
import { RpcChannels } from './rpc-channels.ts';
import type { RpcPlan } from './rpc-channels.ts';

const timers = {
  after: (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (callback: () => void) => void setImmediate(callback),
};
const plan = (slot: number, deployment: number): RpcPlan => ({
  kind: 'rpc',
  slot,
  parallelism: 2,
  edges: [7],
  deployment,
});
const head = { kind: PACKET_FRAME, attempt: 1, rowCount: 1, value: 0n };
const payload = (byte: number): Uint8Array => new Uint8Array(100_000).fill(byte);

/** Two slots whose calls to each other can be looked at or broken. */
function twoSlots(intercept: (call: PacketCall) => void = () => undefined) {
  const lost: string[] = [];
  const slots: RpcChannels[] = [];
  for (const slot of [0, 1]) {
    slots[slot] = new RpcChannels({
      timers,
      peer: (other) =>
        ({
          async push(call: PacketCall) {
            await turn();
            intercept(call);
            await slots[other]!.deliver(structuredClone(call));
          },
        }) as unknown as SlotCalls,
      lost: (peer, error) => lost.push(`${peer}: ${(error as Error).message}`),
    });
  }
  return { a: slots[0]!, b: slots[1]!, lost };
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await turn();
}

const sendAll = (channels: OpenedChannels, from: number): number => {
  const sender = channels.factory.sender(7, 1);
  let sent = 0;
  while (sent < 1000 && sender.send(head, payload((from + sent) & 255))) sent += 1;
  return sent;
};

test('packets come in order, and a receiver that does not read holds the sender back', async () => {
  const { a, b, lost } = twoSlots();
  const sender = a.open(plan(0, 1));
  const receiver = b.open(plan(1, 1)).factory.receiver(7, 0);
  const first = sendAll(sender, 0);
  assert.ok(first > 0 && first < 1000, `${first} packets were taken`);
  await settled();
  const more = sendAll(sender, first);
  assert.ok(first + more <= 3 * MESSAGE_CHANNEL_BUFFERS, 'the buffers bound what is under way');
  for (let read = 0; read < first; read++) {
    await settled();
    assert.equal(receiver.peek()?.payload[5], read & 255);
    receiver.release();
  }
  await settled();
  assert.ok(sendAll(sender, 0) > 0, 'what was read gives credit');
  assert.deepEqual(lost, []);
});

test('packets that come before their deployment wait for it', async () => {
  const { a, b, lost } = twoSlots();
  sendAll(a.open(plan(0, 3)), 0);
  await settled();
  const receiver = b.open(plan(1, 3)).factory.receiver(7, 0);
  await settled();
  assert.equal(receiver.peek()?.payload[0], 0);
  assert.deepEqual(lost, []);
});

test('packets of an older deployment are refused, and its sender is not blamed', async () => {
  const { a, b, lost } = twoSlots();
  const old = a.open(plan(0, 1));
  const receiver = b.open(plan(1, 2)).factory.receiver(7, 0);
  sendAll(old, 0);
  await settled();
  assert.equal(receiver.peek(), undefined);
  assert.match(lost[0] ?? '', /CHANNELS_FENCED/);
  lost.length = 0;
  sendAll(old, 0);
  a.open(plan(0, 2));
  await settled();
  assert.deepEqual(lost, [], 'a deployment that is over loses nothing');
});

test('a buffer that is missing or comes twice is refused', async () => {
  for (const wrong of [1, -1]) {
    const { a, b, lost } = twoSlots((call) => Object.assign(call, { sequence: call.sequence + wrong }));
    b.open(plan(1, 1)).factory.receiver(7, 0);
    sendAll(a.open(plan(0, 1)), 0);
    await settled();
    assert.match(lost[0] ?? '', /PACKETS_MISSING/);
  }
});

test('closing answers what is held and refuses what comes', async () => {
  const { a, b, lost } = twoSlots();
  const sender = a.open(plan(0, 1));
  b.open(plan(1, 1));
  sendAll(sender, 0);
  await settled();
  b.close();
  await settled();
  await assert.rejects(b.deliver({ deployment: 1, edge: 7, from: 0, sequence: 9, buffer: new ArrayBuffer(16) }), {
    code: 'CHANNELS_FENCED',
  });
  a.close();
  await settled();
  assert.ok(lost.every((line) => line.includes('CHANNELS_FENCED')));
});

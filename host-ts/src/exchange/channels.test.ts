// Both forms of a channel keep the contract: every packet once, intact, in order, within bounds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MESSAGE_CHANNEL_BUFFERS, PACKET_BYTES_MAX, RING_BYTES } from '../base/index.ts';
import { PACKET_BARRIER, PACKET_IDLE, PACKET_FRAME, PACKET_WATERMARK } from './channel.ts';
import type { ChannelReceiver, ChannelSender, PacketHead } from './channel.ts';
import { localChannel } from './channel-plan.ts';
import { MessageReceiver, MessageSender } from './message-channel.ts';
import type { Port } from './message-channel.ts';
import { ringMemoryBytes, RingReceiver, RingSender } from './ring-channel.ts';

const CHANNEL = { edge: 0, from: 0, to: 1 };

interface Pair {
  readonly sender: ChannelSender;
  readonly receiver: ChannelReceiver;
  /** Delivers messages under way; true when there were any. */
  pump(): boolean;
  readonly senderRings: () => number;
  readonly receiverRings: () => number;
}

function bell(): { ring(): void; count: number } {
  return {
    count: 0,
    ring() {
      this.count++;
    },
  };
}

function ringPair(capacityBytes: number): Pair {
  const memory = new SharedArrayBuffer(ringMemoryBytes(capacityBytes));
  const [senderBell, receiverBell] = [bell(), bell()];
  return {
    sender: new RingSender(memory, CHANNEL, receiverBell),
    receiver: new RingReceiver(memory, CHANNEL, senderBell),
    pump: () => false,
    senderRings: () => senderBell.count,
    receiverRings: () => receiverBell.count,
  };
}

/** Two ports whose messages are really transferred, and delivered when the test says so. */
function messagePair(): Pair & { readonly buffersMade: () => number } {
  const queue: (() => void)[] = [];
  const seen = new Set<ArrayBuffer>();
  let made = 0;
  const port = (): Port => ({ postMessage: () => undefined, onmessage: null, close: () => undefined });
  const [a, b] = [port(), port()];
  const connect = (from: Port, to: Port, countNew: boolean): void => {
    from.postMessage = (message, transfer) => {
      if (countNew && !seen.has(message as ArrayBuffer)) made++;
      const data = structuredClone(message, { transfer });
      seen.delete(message as ArrayBuffer);
      seen.add(data as ArrayBuffer);
      queue.push(() => to.onmessage?.({ data }));
    };
  };
  connect(a, b, true);
  connect(b, a, false);
  const [senderBell, receiverBell] = [bell(), bell()];
  return {
    sender: new MessageSender(a, CHANNEL, senderBell),
    receiver: new MessageReceiver(b, CHANNEL, receiverBell),
    pump() {
      const some = queue.splice(0);
      for (const deliver of some) deliver();
      return some.length > 0;
    },
    senderRings: () => senderBell.count,
    receiverRings: () => receiverBell.count,
    buffersMade: () => made,
  };
}

/** A payload that tells where it belongs. */
function payloadOf(index: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) payload[at] = index * 31 + at * 7;
  return payload;
}

function headOf(index: number, bytes: number): PacketHead {
  const kind = bytes > 0 ? PACKET_FRAME : index % 2 === 0 ? PACKET_WATERMARK : PACKET_BARRIER;
  return { kind, attempt: 1 + (index % 3), rowCount: bytes % 4096, value: BigInt(index) * -12_345_678_901n };
}

function receiveOne({ receiver }: Pair, index: number, bytes: number): boolean {
  const packet = receiver.peek();
  if (packet === undefined) return false;
  assert.equal(receiver.peek(), packet, 'the same packet until it is released');
  const { payload, sequence, ...head } = packet;
  assert.deepEqual(head, headOf(index, bytes));
  assert.equal(sequence, index);
  assert.deepEqual(Buffer.compare(payload, payloadOf(index, bytes)), 0);
  receiver.release();
  return true;
}

/** Sends all packets in the order of `turns` (true = a send, false = a receive), then the rest. */
function run(pair: Pair, sizes: readonly number[], turns: readonly boolean[]): void {
  let [sent, received] = [0, 0];
  const send = (): boolean => {
    const bytes = sizes[sent];
    if (bytes === undefined) return false;
    const promised = pair.sender.hasRoom(bytes);
    const taken = pair.sender.send(headOf(sent, bytes), payloadOf(sent, bytes));
    assert.equal(taken, promised, 'hasRoom says what send does');
    if (taken) sent++;
    return taken;
  };
  const receive = (): boolean => {
    const bytes = sizes[received];
    if (bytes === undefined || !receiveOne(pair, received, bytes)) return false;
    received++;
    return true;
  };
  for (const turn of turns) {
    if (turn) send();
    else if (!receive()) pair.pump();
  }
  while (received < sizes.length) {
    const before = pair.senderRings();
    const progress = [send(), receive(), pair.pump()].some(Boolean);
    assert.ok(progress || pair.senderRings() > before, `stuck at ${sent} sent, ${received} received`);
  }
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  assert.equal(pair.sender.sentBytes, total);
  assert.equal(pair.receiver.receivedBytes, total);
  assert.equal(pair.receiver.peek(), undefined);
}

const turns = fc.array(fc.boolean(), { maxLength: 300 });

test('ring: random packets arrive intact and in order', () => {
  // up to the whole ring: 480 B and a header of 32 B fill its 512 B
  const sizes = fc.array(fc.oneof(fc.constant(0), fc.nat(100), fc.nat(480)), { maxLength: 150 });
  fc.assert(
    fc.property(sizes, turns, (some, order) => run(ringPair(512), some, order)),
    { numRuns: 1000 },
  );
});

test('local: the same ring in private memory', () => {
  const sizes = fc.array(fc.nat(480), { maxLength: 150 });
  fc.assert(
    fc.property(sizes, turns, (some, order) => {
      const own = Object.assign(bell(), { wait: () => undefined });
      const ends = localChannel(CHANNEL, own, 512);
      run({ ...ends, pump: () => false, senderRings: () => own.count, receiverRings: () => own.count }, some, order);
    }),
  );
});

test('message: random packets arrive intact and in order, in a bounded number of buffers', () => {
  const sizes = fc.array(fc.oneof(fc.constant(0), fc.nat(3000), fc.nat(300_000)), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, turns, (some, order) => {
      const pair = messagePair();
      run(pair, some, order);
    }),
    { numRuns: 150 },
  );
});

test('message: a full channel refuses, and rings when credit comes back', () => {
  const pair = messagePair();
  const payload = payloadOf(0, 200_000); // one to a buffer
  let sent = 0;
  while (pair.sender.send(headOf(sent, payload.length), payload)) sent++;
  assert.equal(sent, MESSAGE_CHANNEL_BUFFERS);
  assert.equal(pair.sender.hasRoom(payload.length), false);
  pair.pump();
  assert.equal(pair.senderRings(), 0, 'nothing was given back yet');
  assert.ok(pair.receiver.peek());
  pair.receiver.release();
  pair.pump();
  assert.equal(pair.senderRings(), 1);
  assert.equal(pair.sender.hasRoom(payload.length), true);
  for (let round = 0; round < 100; round++) {
    if (pair.sender.send(headOf(sent, payload.length), payload)) sent++;
    pair.pump();
    if (pair.receiver.peek()) pair.receiver.release();
    pair.pump();
  }
  assert.equal(pair.buffersMade(), MESSAGE_CHANNEL_BUFFERS, 'the same buffers circulate');
});

test('message: small packets share a buffer while another is away', () => {
  const pair = messagePair();
  for (let index = 0; index < 100; index++) assert.ok(pair.sender.send(headOf(index, 10), payloadOf(index, 10)));
  pair.pump();
  assert.equal(pair.receiverRings(), 1, 'the first packet left at once, alone');
  assert.ok(receiveOne(pair, 0, 10));
  assert.equal(pair.receiver.peek(), undefined);
  pair.pump();
  pair.pump();
  assert.equal(pair.receiverRings(), 2, 'the other 99 came together');
  for (let index = 1; index < 100; index++) assert.ok(receiveOne(pair, index, 10));
});

test('message: foreign messages and lying buffers are CHANNEL_CORRUPT', () => {
  for (const hostile of [
    'text',
    new ArrayBuffer(3),
    Uint32Array.of(64, 0, 0, 0).buffer,
    Uint32Array.of(8, 0, 0, 0).buffer,
  ]) {
    const port: Port = { postMessage: () => undefined, onmessage: null, close: () => undefined };
    const receiver = new MessageReceiver(port, CHANNEL, bell());
    port.onmessage?.({ data: hostile });
    assert.throws(() => receiver.peek(), { code: 'CHANNEL_CORRUPT' });
  }
});

test('ring: the largest packet of any job fits from every position', () => {
  const pair = ringPair(RING_BYTES);
  const largest = payloadOf(1, PACKET_BYTES_MAX);
  let index = 0;
  for (const lead of [0, 1, 300_000, 600_000]) {
    for (const bytes of [lead, largest.length]) {
      while (!pair.sender.send(headOf(index, bytes), payloadOf(index, bytes)))
        assert.ok(pair.receiver.peek() === undefined);
      assert.ok(receiveOne(pair, index, bytes));
      index++;
    }
  }
});

test('ring: a frame beyond its capacity is RING_FRAME_TOO_LARGE, with both sizes', () => {
  const { sender } = ringPair(512);
  assert.throws(() => sender.send(headOf(0, 481), payloadOf(0, 481)), {
    code: 'RING_FRAME_TOO_LARGE',
    message: /481 B exceeds the channel's 480 B on edge 0, slot 0 → 1/,
  });
  const { sender: port } = messagePair();
  assert.throws(() => port.hasRoom(PACKET_BYTES_MAX + 1), { code: 'CHANNEL_FRAME_TOO_LARGE' });
});

test('ring: a refused sender is rung when half of the ring is free, not at each packet', () => {
  const pair = ringPair(1024);
  let sent = 0;
  while (pair.sender.send(headOf(sent, 96), payloadOf(sent, 96))) sent++;
  assert.equal(sent, 8);
  for (let index = 0; index < 3; index++) assert.ok(receiveOne(pair, index, 96));
  assert.equal(pair.senderRings(), 0);
  assert.ok(receiveOne(pair, 3, 96));
  assert.equal(pair.senderRings(), 1);
  assert.ok(receiveOne(pair, 4, 96));
  assert.equal(pair.senderRings(), 1, 'once');
});

test('ring: a channel whose receiver keeps up stays in the first part of its memory', () => {
  const memory = new SharedArrayBuffer(ringMemoryBytes(4096));
  const [senderBell, receiverBell] = [bell(), bell()];
  const sender = new RingSender(memory, CHANNEL, receiverBell);
  const receiver = new RingReceiver(memory, CHANNEL, senderBell);
  const pair: Pair = { ...ringPair(64), sender, receiver };
  for (let index = 0; index < 100; index++) {
    assert.ok(sender.send(headOf(index, 200), payloadOf(index, 200)));
    assert.ok(receiveOne(pair, index, 200));
  }
  assert.equal(receiverBell.count, 100, 'once for each packet');
  assert.ok(
    new Uint8Array(memory, ringMemoryBytes(4096) - 2048).every((byte) => byte === 0),
    'its second half was never written',
  );
});

test('ring: a head that lies is CHANNEL_CORRUPT', () => {
  const memory = new SharedArrayBuffer(ringMemoryBytes(512));
  const receiver = new RingReceiver(memory, CHANNEL, bell());
  for (const head of [528, -16]) {
    Atomics.store(new Int32Array(memory), 0, head);
    assert.throws(() => receiver.peek(), { code: 'CHANNEL_CORRUPT' });
  }
});

test('IDLE is a packet like the others', () => {
  const pair = ringPair(512);
  assert.ok(pair.sender.send({ kind: PACKET_IDLE, attempt: 2, rowCount: 0, value: 0n }, new Uint8Array(0)));
  assert.equal(pair.receiver.peek()?.kind, PACKET_IDLE);
});

test('ring: asking for room takes none from a larger packet while the receiver sleeps', () => {
  const pair = ringPair(1024);
  assert.ok(pair.sender.send(headOf(0, 400), payloadOf(0, 400)));
  assert.ok(receiveOne(pair, 0, 400));
  assert.equal(pair.receiver.peek(), undefined);
  // the receiver has read everything and sleeps until it is rung
  const rings = pair.receiverRings();
  assert.ok(pair.sender.hasRoom(100));
  const taken = pair.sender.send(headOf(1, 520), payloadOf(1, 520));
  assert.ok(taken || pair.receiverRings() > rings, 'refused, and nobody wakes the receiver');
});

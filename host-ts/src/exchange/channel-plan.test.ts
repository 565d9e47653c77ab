// Deployment plans in real threads: every slot sends to every slot, in both forms, through sleep and wake.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createMessagePlan, createRingPlan, openChannels } from './channel-plan.ts';
import { localDoorbell, sharedDoorbell } from './doorbell.ts';
import type { Port } from './message-channel.ts';

const TIMERS = {
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (callback: () => void): void => void setImmediate(callback),
};
const EDGES = [2, 5];
const SLOTS = 3;
const PACKETS = 2000;

const newPair = (): [Port, Port] => {
  const { port1, port2 } = new MessageChannel();
  return [port1 as unknown as Port, port2 as unknown as Port];
};

/** A slot that sends PACKETS to every slot on every edge, checks all it gets, and posts the sum. */
const SLOT_CODE = `
  import { parentPort, workerData } from 'node:worker_threads';
  const { openChannels, PACKET_FRAME } = await import(workerData.module);
  const timers = { after: (ms, f) => { const t = setTimeout(f, ms); return () => clearTimeout(t); }, soon: setImmediate };
  let close;
  parentPort.on('message', (message) => {
    if (message === 'close') { close(); parentPort.close(); return; }
    const { plan, slot, edges, slots, packets } = message;
    const channels = openChannels(plan, timers);
    const { factory, doorbell } = channels;
    close = channels.close;
    const out = [], into = [];
    for (const edge of edges) for (let other = 0; other < slots; other++) {
      out.push({ end: factory.sender(edge, other), sent: 0 });
      into.push({ end: factory.receiver(edge, other), got: 0, from: other, edge });
    }
    const payload = new Uint8Array(5000);
    const step = () => {
      let moved = true;
      while (moved) {
        moved = false;
        for (const one of into) {
          const packet = one.end.peek();
          if (packet === undefined) continue;
          if (packet.value !== BigInt(one.got * 100 + one.from * 10 + one.edge)) throw new Error('out of order');
          if (packet.payload.length > 0 && packet.payload[packet.payload.length - 1] !== one.got % 251) throw new Error('torn');
          one.end.release(); one.got++; moved = true;
        }
        for (const [index, one] of out.entries()) {
          if (one.sent === packets) continue;
          const edge = edges[Math.floor(index / slots)];
          const bytes = (one.sent * 37) % 5000;
          if (bytes > 0) payload[bytes - 1] = one.sent % 251;
          const head = { kind: PACKET_FRAME, attempt: 1, rowCount: 1, value: BigInt(one.sent * 100 + slot * 10 + edge) };
          if (one.end.send(head, payload.subarray(0, bytes))) { one.sent++; moved = true; }
        }
      }
      const done = into.every((one) => one.got === packets) && out.every((one) => one.sent === packets);
      if (!done) { doorbell.wait(step); return; }
      parentPort.postMessage(into.reduce((sum, one) => sum + one.end.receivedBytes, 0));
    };
    step();
  });
`;

for (const kind of ['ring', 'message'] as const) {
  test(`${kind}: every slot reaches every slot`, async () => {
    const options = { edges: EDGES, parallelism: SLOTS };
    const { plans, transfers } = kind === 'ring' ? createRingPlan(options) : createMessagePlan(options, newPair);
    const module = new URL('./index.ts', import.meta.url).href;
    const workers = plans.map((plan, slot) => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SLOT_CODE)}`), {
        workerData: { module },
      });
      const message = { plan, slot, edges: EDGES, slots: SLOTS, packets: PACKETS };
      worker.postMessage(message, transfers[slot] as never);
      return worker;
    });
    const finished = workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.once('exit', () => reject(new Error('a slot ended early')));
        }),
    );
    try {
      const sums = await Promise.all(finished);
      let expected = 0;
      for (let index = 0; index < PACKETS; index++) expected += (index * 37) % 5000;
      assert.deepEqual(sums, Array(SLOTS).fill(expected * SLOTS * EDGES.length));
      // a worker ends by itself once its channels are closed: nothing keeps it alive
      const exits = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
      for (const worker of workers) worker.postMessage('close');
      assert.deepEqual(await Promise.all(exits), [0, 0, 0]);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  });
}

test('a slot asks for an unknown channel or brings an unknown plan', () => {
  const [plan] = createRingPlan({ edges: [1], parallelism: 2 }).plans;
  const { factory, close } = openChannels(plan, TIMERS);
  assert.throws(() => factory.sender(9, 1), { code: 'CHANNEL_UNKNOWN' });
  assert.equal(factory.sender(1, 1), factory.sender(1, 1));
  assert.throws(() => openChannels({ kind: 'pigeon' }, TIMERS), { code: 'CHANNEL_PLAN_UNKNOWN' });
  close();
});

const BELLS = {
  local: () => localDoorbell(TIMERS),
  shared: () => sharedDoorbell(new SharedArrayBuffer(128), 1, TIMERS),
  polled: () => sharedDoorbell(new SharedArrayBuffer(128), 1, TIMERS, undefined),
};
for (const [name, make] of Object.entries(BELLS)) {
  test(`doorbell, ${name}: a ring before wait, during wait, and none`, async () => {
    const bell = make();
    const rung = (): Promise<void> => new Promise((resolve) => bell.wait(resolve));
    bell.ring();
    bell.ring();
    await rung(); // both were missed: one callback
    let early = true;
    const later = rung().then(() => assert.equal(early, false, 'called back without a ring'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    early = false;
    bell.ring();
    await later;
    let called = false;
    bell.wait(() => (called = true));
    bell.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(called, false, 'a closed bell is silent');
  });
}

// Both forms of channels between real Web Workers: every packet once, intact, in order.
import { assert } from '@esm-bundle/chai';
import { createMessagePlan, createRingPlan } from '../../src/exchange/index.ts';
import type { Port } from '../../src/exchange/index.ts';

const SLOTS = 3;
const PACKETS = 500;
const newPorts = (): [Port, Port] => {
  const { port1, port2 } = new MessageChannel();
  return [port1 as Port, port2 as Port];
};

function finished(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not load'));
  });
}

describe('channels between Web Workers', () => {
  for (const kind of ['ring', 'message'] as const) {
    it(`${kind}: every slot reaches every slot`, async () => {
      const options = { edges: [4], parallelism: SLOTS };
      const { plans, transfers } = kind === 'ring' ? createRingPlan(options) : createMessagePlan(options, newPorts);
      const workers = plans.map(() => new Worker(new URL('./channel-worker.ts', import.meta.url), { type: 'module' }));
      try {
        const sums = workers.map(finished);
        for (const [slot, worker] of workers.entries()) {
          const task = { plan: plans[slot], slot, slots: SLOTS, packets: PACKETS };
          worker.postMessage(task, transfers[slot] as Transferable[]);
        }
        let expected = 0;
        for (let index = 0; index < PACKETS; index++) expected += (index * 997) % 40_000;
        assert.deepEqual(await Promise.all(sums), Array(SLOTS).fill(expected * SLOTS));
      } finally {
        for (const worker of workers) worker.terminate();
      }
    });
  }
});

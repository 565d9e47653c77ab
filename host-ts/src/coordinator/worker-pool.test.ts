/** Workers come and go: who is heard, who is killed, who is taken for dead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEARTBEAT_TIMEOUT_MS } from '../base/index.ts';
import type { SlotLinkEvents, ToSlot } from '../control/index.ts';
import { ManualTime } from '../../test/coordinator/manual-time.ts';
import { WorkerPool } from './worker-pool.ts';

function poolOf(): {
  readonly pool: WorkerPool;
  readonly time: ManualTime;
  readonly spawned: { readonly slot: number; readonly events: SlotLinkEvents; killed: boolean }[];
  readonly told: string[];
} {
  const time = new ManualTime();
  const told: string[] = [];
  const spawned: { slot: number; events: SlotLinkEvents; killed: boolean }[] = [];
  const pool = new WorkerPool(
    {
      channelKind: 'simulated',
      spawn(slot, events) {
        const worker = { slot, events, killed: false };
        spawned.push(worker);
        return { post: (message) => told.push(`${message.type} to ${slot}`), kill: () => (worker.killed = true) };
      },
      channelPlan: () => ({ plans: [], transfers: [] }),
    },
    time.timers,
    {
      message: (slot, message) => told.push(`${message.type} of ${slot}`),
      lost: (slot, reason) => told.push(`lost ${slot}: ${reason}`),
    },
  );
  return { pool, time, spawned, told };
}

const DEPLOY = { type: 'deploy', attempt: 1 } as ToSlot;

test('the pool grows, shrinks, and replaces only what is missing', () => {
  const { pool, spawned, told } = poolOf();
  assert.deepEqual(pool.resize(2), []);
  spawned[0]?.events.message({ type: 'ready' });
  assert.deepEqual(pool.resize(3), [0], 'slot 0 is up, 1 is coming, 2 is new');
  assert.deepEqual(
    spawned.map(({ slot }) => slot),
    [0, 1, 2],
  );
  assert.deepEqual(pool.resize(1), [0]);
  assert.deepEqual(
    spawned.map(({ killed }) => killed),
    [false, true, true],
  );
  spawned[1]?.events.message({ type: 'ready' });
  spawned[1]?.events.exit('dismissed');
  assert.deepEqual(told, ['ready of 0'], 'who was dismissed is not heard any more');
});

test('a killed worker is reported once, and its successor is another', () => {
  const { pool, spawned, told } = poolOf();
  pool.resize(1);
  pool.kill(0);
  spawned[0]?.events.exit('terminated');
  assert.deepEqual(told, ['lost 0: killed by request']);
  pool.kill(0);
  pool.post(0, DEPLOY);
  pool.resize(1);
  assert.equal(spawned.length, 2);
  assert.deepEqual(told, ['lost 0: killed by request']);
});

for (const [what, silent, act] of [
  ['that never comes up', true, () => undefined],
  ['that is up and has nothing to do', false, (events) => events.message({ type: 'ready' })],
  [
    'that was deployed and says nothing',
    true,
    (events, pool) => {
      events.message({ type: 'ready' });
      pool.post(0, DEPLOY);
    },
  ],
] satisfies [string, boolean, (events: SlotLinkEvents, pool: WorkerPool) => void][]) {
  test(`a worker ${what} is ${silent ? '' : 'not '}taken for dead`, () => {
    const { pool, time, spawned } = poolOf();
    pool.resize(1);
    act(spawned[0]!.events, pool);
    time.pass(HEARTBEAT_TIMEOUT_MS);
    assert.equal(spawned[0]?.killed, false);
    time.pass(HEARTBEAT_TIMEOUT_MS);
    assert.equal(spawned[0]?.killed, silent);
    pool.dismissAll();
    assert.equal(time.waiting, 0);
  });
}

// A whole job in Node: in threads with rings and with ports, in this thread, killed, stopped and resumed.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import clicks, { expectedRows, ROWS } from '../../test/jobs/clicks.ts';
import type { JobHandle } from '../api/index.ts';
import { startJob } from './start-job.ts';

const MODULE = new URL('../../test/jobs/clicks.ts', import.meta.url);
/** Event time runs 1,000 s in all; at this pace it takes about 5 s. */
const SLOW = 200;

async function result(handle: JobHandle): Promise<readonly unknown[]> {
  const { status } = await handle.done;
  assert.equal(status.phase, 'finished');
  assert.equal(status.rowsRead, ROWS);
  return handle.table('clicks_by_minute').scan({ limit: 10_000 });
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-start-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const channels of ['ring', 'message'] as const) {
  test(`worker threads, ${channels}: the table is what a plain loop gives`, async () => {
    const handle = await startJob(MODULE, { parallelism: 2, channels });
    assert.deepEqual(await result(handle), expectedRows());
    assert.equal((await handle.status()).channel, channels);
    const { subtasks } = await handle.metrics();
    for (const slot of [0, 1]) {
      const rows = subtasks
        .filter((one) => one.slot === slot && one.vertex > 0)
        .reduce((sum, one) => sum + one.rowsIn, 0);
      assert.ok(rows > ROWS / 5, `slot ${slot} handled ${rows} rows`);
    }
  });
}

test('a job given as a value runs in this thread', async () => {
  assert.deepEqual(await result(await startJob(clicks, { parallelism: 3 })), expectedRows());
});

test('a slot that is killed: the job goes on from its last checkpoint', async () => {
  const handle = await startJob(MODULE, { parallelism: 2, pace: SLOW, checkpointIntervalMs: 100 });
  await handle.checkpoint();
  await handle.killSlot(1);
  await handle.setPace(null);
  assert.deepEqual(await result(handle), expectedRows());
  const { recoveries } = await handle.status();
  assert.equal(recoveries.length, 1);
  assert.ok((recoveries[0]?.epoch ?? 0) > 0);
});

test('stopped with a last checkpoint, resumed from the folder at another parallelism', () =>
  inFolder(async (folder) => {
    const first = await startJob(MODULE, { parallelism: 2, checkpoints: folder, pace: SLOW });
    await first.checkpoint();
    const epoch = await first.stop();
    assert.ok(epoch > 0);
    assert.equal((await first.done).status.phase, 'cancelled');
    const second = await startJob(MODULE, { parallelism: 3, checkpoints: folder, resume: true });
    assert.equal((await second.status()).restoredEpoch, epoch);
    assert.deepEqual(await result(second), expectedRows());
  }));

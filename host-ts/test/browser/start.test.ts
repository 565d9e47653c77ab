// A whole job in a page: coordinator and slots as workers, both forms of channels, killed, stopped and resumed.
import { assert } from '@esm-bundle/chai';
import { databaseName, startJob } from '../../src/adapter-browser/index.ts';
import type { PageJobHandle, StartOptions } from '../../src/adapter-browser/index.ts';
import { SluiceError } from '../../src/base/index.ts';
import clicks, { expectedRows, ROWS } from '../jobs/clicks.ts';

const worker = (): Worker => new Worker(new URL('./clicks-worker.ts', import.meta.url), { type: 'module' });
/** Event time runs 1,000 s in all; at this pace it takes about 5 s. */
const SLOW = 200;

async function running(options: Partial<StartOptions>, body: (handle: PageJobHandle) => Promise<void>): Promise<void> {
  const handle = await startJob(clicks, { worker, ...options });
  try {
    await body(handle);
  } finally {
    handle.close();
  }
}

async function hasExpectedTable(handle: PageJobHandle): Promise<void> {
  const { status } = await handle.done;
  assert.equal(status.phase, 'finished');
  assert.equal(status.rowsRead, ROWS);
  assert.deepEqual(await handle.table('clicks_by_minute').scan({ limit: 10_000 }), expectedRows() as never);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('was fulfilled'),
    (reason: unknown) => reason,
  );
  return error instanceof SluiceError ? error.code : String(error);
}

describe('a job in a page', () => {
  for (const channels of ['auto', 'message'] as const) {
    it(`channels '${channels}': the table is what a plain loop gives`, async () => {
      await running({ parallelism: 2, channels }, async (handle) => {
        const table = handle.table('clicks_by_minute');
        const observed = new Promise<void>((resolve) => {
          void handle.observe((status) => status.rowsRead === ROWS && resolve());
        });
        let changedRows = 0;
        const changed = new Promise<void>((resolve) => {
          void table.subscribe((change) => {
            changedRows += change.rows.length;
            if (changedRows === expectedRows().length) resolve();
          });
        });
        await hasExpectedTable(handle);
        assert.equal((await handle.status()).channel, channels === 'auto' ? 'ring' : 'message');
        assert.equal(await table.rowCount(), expectedRows().length);
        const frames = await table.frames();
        assert.isAbove(frames.length, 0);
        const read: Uint8Array[] = [];
        for await (const frame of table.read()) read.push(frame);
        assert.deepEqual(read, [...frames]);
        const { user, window_start } = expectedRows()[0]!;
        const key = [user as string, window_start as number];
        for await (const frame of table.read({ after: key, limit: 1 })) assert.notDeepEqual(frame, read[0]);
        await Promise.all([observed, changed]);
      });
    });
  }

  it('with firstCheckpointMs the first rows are seen long before the interval has passed', async () => {
    const options = { parallelism: 2, pace: SLOW, checkpointIntervalMs: 600_000, firstCheckpointMs: 20 };
    await running(options, async (handle) => {
      const changed = new Promise<number>((resolve) => {
        void handle.table('clicks_by_minute').subscribe(({ rows }) => resolve(rows.length));
      });
      assert.isAbove(await changed, 0);
      const { phase, rowsRead } = await handle.status();
      assert.equal(phase, 'running');
      assert.isBelow(rowsRead, ROWS);
    });
  });

  it('a killed worker: the job goes on from its last checkpoint', async () => {
    await running({ parallelism: 2, pace: SLOW, checkpointIntervalMs: 100 }, async (handle) => {
      await handle.checkpoint();
      await handle.killSlot(1);
      await handle.setPace(null);
      await hasExpectedTable(handle);
      const { recoveries } = await handle.status();
      assert.equal(recoveries.length, 1);
      assert.isAbove(recoveries[0]?.epoch ?? 0, 0);
    });
  });

  it('a page that is gone in the middle: another start resumes from IndexedDB', async () => {
    const checkpoints = `start-${Date.now()}`;
    let epoch = 0;
    await running({ parallelism: 2, checkpoints, pace: SLOW }, async (handle) => {
      epoch = await handle.checkpoint();
    });
    await running({ parallelism: 3, checkpoints, resume: true }, async (handle) => {
      assert.isAtLeast((await handle.status()).restoredEpoch, epoch);
      await hasExpectedTable(handle);
    });
    indexedDB.deleteDatabase(databaseName(checkpoints));
  });

  it('errors keep their code across workers', async () => {
    assert.equal(await codeOf(startJob('nobody', { worker })), 'JOB_NOT_SERVED');
    assert.equal(await codeOf(startJob(clicks, { worker, parallelism: 0 })), 'BAD_PARALLELISM');
    const broken = (): Worker => new Worker(new URL('./nobody.ts', import.meta.url), { type: 'module' });
    assert.equal(await codeOf(startJob(clicks, { worker: broken })), 'WORKER_FAILED');
    await running({ parallelism: 1, pace: SLOW }, async (handle) => {
      assert.equal(await codeOf(handle.table('nobody').rowCount()), 'TABLE_UNKNOWN');
      handle.close();
      assert.equal(await codeOf(handle.status()), 'JOB_CLOSED');
    });
  });
});

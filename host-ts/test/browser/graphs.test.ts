// Jobs of every shape (closures, late rows, a union, windows over windows, several sinks) in a page, three ways: to the
// end; with a killed worker; gone in the middle and restored at another parallelism. All three ways for each are in
// test/golden/graphs.test.ts.
import { assert } from '@esm-bundle/chai';
import { databaseName, startJob } from '../../src/adapter-browser/index.ts';
import type { PageJobHandle, StartOptions } from '../../src/adapter-browser/index.ts';
import type { Schema, TypeName } from '../../src/schema/index.ts';
import { tableJson } from '../../src/table/index.ts';
import { bound, graphs } from '../golden/graphs.ts';
import type { Graph } from '../golden/graphs.ts';

const ROWS = 3_000;
/** Event time runs 1,200 s in all; at this pace a run would take 3 s. */
const SLOW = 400;
const worker = (): Worker => new Worker(new URL('./graphs-worker.ts', import.meta.url), { type: 'module' });

async function running(
  graph: Graph,
  options: Partial<StartOptions>,
  body: (handle: PageJobHandle) => Promise<void>,
): Promise<void> {
  const handle = await startJob(graph.job, { worker, inputs: bound(graph), batchRows: 64, ...options });
  try {
    await body(handle);
  } finally {
    handle.close();
  }
}

/** All tables against the model; files are not for pages. */
async function check(handle: PageJobHandle, graph: Graph): Promise<void> {
  assert.equal((await handle.done).status.phase, 'finished');
  for (const [name, rows] of Object.entries(graph.answer)) {
    if (name.includes('.')) continue;
    const table = handle.table(name);
    const columns = await table.columns();
    const schema: Schema = Object.fromEntries(
      columns.map((column) => [column.name, { type: column.type as TypeName, nullable: true as const }]),
    );
    const text = [...tableJson({ schema, frames: await table.frames() })].join('');
    assert.equal(text, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), name);
  }
}

describe('jobs of every shape in a page', function (this: { timeout(ms: number): void }) {
  this.timeout(120_000);
  const { closures, union, sinks } = graphs(ROWS);

  it('closures, to the end over message channels', async () => {
    await running(closures, { parallelism: 2, channels: 'message' }, (handle) => check(handle, closures));
  });

  it('a union and windows over windows, with a worker killed in the middle', async () => {
    await running(union, { parallelism: 2, pace: SLOW, checkpointIntervalMs: 50 }, async (handle) => {
      await handle.checkpoint();
      await handle.killSlot(1);
      await handle.setPace(null);
      await check(handle, union);
      assert.equal((await handle.status()).recoveries.length, 1);
    });
  });

  it('several sinks, gone in the middle and restored at another parallelism', async () => {
    const checkpoints = `graphs-${Date.now()}`;
    let epoch = 0;
    await running(sinks, { parallelism: 2, checkpoints, pace: SLOW }, async (handle) => {
      epoch = await handle.checkpoint();
    });
    await running(sinks, { parallelism: 3, checkpoints, resume: true }, async (handle) => {
      assert.isAtLeast((await handle.status()).restoredEpoch, epoch);
      await check(handle, sinks);
    });
    indexedDB.deleteDatabase(databaseName(checkpoints));
  });
});

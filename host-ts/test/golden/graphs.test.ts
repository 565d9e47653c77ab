// Jobs of every shape three ways: to the end at several parallelisms; with a slot killed in the middle; stopped and
// restored at another parallelism. Each time all tables and files are what the plain model says, row by row.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { startJob } from '../../src/adapter-node/index.ts';
import type { StartOptions } from '../../src/adapter-node/index.ts';
import type { JobHandle } from '../../src/api/index.ts';
import { bound, graphs } from './graphs.ts';
import type { Graph } from './graphs.ts';
import { rowsReadPast, tablesAsJson } from './run.ts';

const ROWS = 6_000;
/** Event time runs 2,400 s in all; at this pace a run would take 4 s. */
const SLOW = 600;
const all = graphs(ROWS);

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-graphs-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function start(graph: Graph, options: StartOptions, folder: string): Promise<JobHandle> {
  return startJob(graph.job, {
    inputs: bound(graph),
    batchRows: 64,
    checkpointIntervalMs: 40,
    parameters: folder,
    ...options,
  });
}

/** All tables and files of a finished job against the model. */
async function check(handle: JobHandle, graph: Graph, folder: string): Promise<void> {
  const { status } = await handle.done;
  assert.equal(status.phase, 'finished');
  const tables = await tablesAsJson(handle);
  for (const [name, expected] of Object.entries(graph.answer)) {
    assert.ok(expected.length > 3, `${name} proves something`);
    if (name in tables) assert.equal(tables[name], expected.map((row) => `${JSON.stringify(row)}\n`).join(''), name);
    else
      assert.deepEqual(
        await fileRows(path.join(folder, name)),
        expected.map((row) => textOf(name, row)).toSorted(),
        name,
      );
  }
}

async function fileRows(file: string): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).slice(0, -1);
  return (file.endsWith('.csv') ? lines.slice(1) : lines).toSorted();
}

function textOf(name: string, row: Readonly<Record<string, string | number | null>>): string {
  if (name.endsWith('.ndjson')) return JSON.stringify(row);
  return Object.values(row)
    .map((value) => (value === '' ? '""' : String(value ?? '')))
    .join(',');
}

for (const [name, graph] of Object.entries(all)) {
  test(`${name}: to the end on 1 and 3 slots`, async () => {
    for (const parallelism of [1, 3]) {
      await inFolder(async (folder) => check(await start(graph, { parallelism }, folder), graph, folder));
    }
  });

  test(`${name}: a slot is killed in the middle, twice`, () =>
    inFolder(async (folder) => {
      const handle = await start(graph, { parallelism: 2, pace: SLOW }, folder);
      for (const slot of [0, 1]) {
        await rowsReadPast(handle, ROWS / 8);
        await handle.checkpoint();
        await handle.killSlot(slot);
      }
      await handle.setPace(null);
      await check(handle, graph, folder);
      const { recoveries } = await handle.status();
      assert.ok(recoveries.length >= 1 && recoveries.every(({ epoch }) => epoch > 0), JSON.stringify(recoveries));
    }));

  test(`${name}: stopped in the middle, restored at other parallelisms`, () =>
    inFolder(async (folder) => {
      const checkpoints = path.join(folder, 'checkpoints');
      const first = await start(graph, { parallelism: 2, pace: SLOW, checkpoints }, folder);
      await rowsReadPast(first, ROWS / 8);
      const epoch = await first.stop();
      const second = await start(graph, { parallelism: 3, pace: SLOW, checkpoints, resume: true }, folder);
      assert.equal((await second.status()).restoredEpoch, epoch);
      await rowsReadPast(second, ROWS / 4);
      const later = await second.stop();
      const third = await start(graph, { parallelism: 1, checkpoints, resume: true }, folder);
      assert.equal((await third.status()).restoredEpoch, later);
      await check(third, graph, folder);
    }));
}

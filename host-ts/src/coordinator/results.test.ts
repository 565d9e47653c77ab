/** What a job gives: tables grow with epochs, agree with the manifest at a restart, and rows find their receivers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../../test/golden/public-names.ts';
import { buildJob } from '../api/index.ts';
import { HeldValues, MemoryCheckpointStorage } from '../checkpoint/index.ts';
import type { Manifest, TableSegment } from '../checkpoint/index.ts';
import { FrameBuilder } from '../engine/index.ts';
import { callback, collect, i64, input, job, utf8 } from '../entry/index.ts';
import type { Platform } from '../platform/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import { ManualTime } from '../../test/coordinator/manual-time.ts';
import { Results } from './results.ts';

const SCHEMA = { who: utf8(), n: i64() };

function frame(...rows: readonly (readonly [string, bigint])[]): Uint8Array {
  const columns = [{ values: rows.map(([who]) => who) }, { values: rows.map(([, n]) => n) }];
  return new FrameBuilder(schemaTypeCodes(SCHEMA)).build(rows.length, columns);
}

async function resultsOf(called: unknown[] = []): Promise<{
  readonly results: Results;
  /** Stores the rows as a segment of the epoch. */
  readonly segment: (value: string, epoch: number, ...rows: [string, bigint][]) => Promise<TableSegment>;
}> {
  const built = buildJob(
    job('results', (env) => {
      const rows = env.source(input('rows', SCHEMA));
      rows.sink(env.table('counts', { key: ['who'] }));
      rows.sink(collect('all'));
      rows.sink(callback((row) => called.push(row['who'])));
    }),
  );
  const storage = new MemoryCheckpointStorage();
  await storage.fence(1);
  const time = new ManualTime();
  const platform = { timers: time.timers, log: () => undefined, print: () => undefined } as unknown as Platform;
  return {
    results: new Results(built, new HeldValues(storage), platform),
    segment: async (value, epoch, ...rows) => {
      const bytes = frame(...rows);
      await storage.putValue(1, value, bytes);
      return { value, bytes: bytes.length, rows: rows.length, epoch, slot: 0 };
    },
  };
}

const manifest = (epoch: number, counts: readonly TableSegment[]): Manifest =>
  ({ epoch, sinks: [], tables: { counts } }) as unknown as Manifest;

const rowsOf = async (results: Results): Promise<unknown[]> =>
  (await results.table('counts').table.scan()).map(({ who, n }) => [who, n]);

test('an epoch adds its segments; the newer row of a key wins', async () => {
  const { results, segment } = await resultsOf();
  const one = await segment('one', 1, ['a', 1n], ['b', 1n]);
  await results.commit(manifest(1, [one]));
  const two = await segment('two', 2, ['b', 2n]);
  await results.commit(manifest(2, [one, two]));
  assert.deepEqual(await rowsOf(results), [
    ['a', 1n],
    ['b', 2n],
  ]);
});

test('an attempt begins with what its manifest holds, whatever was shown before', async () => {
  const { results, segment } = await resultsOf();
  const one = await segment('one', 1, ['a', 1n]);
  const two = await segment('two', 2, ['b', 2n]);
  await results.commit(manifest(1, [one]));
  await results.commit(manifest(2, [one, two]));
  await results.restore(manifest(1, [one]));
  assert.deepEqual(await rowsOf(results), [['a', 1n]]);
  await results.restore(undefined);
  assert.deepEqual(await rowsOf(results), []);
});

test('merged segments change nothing for readers', async () => {
  const { results, segment } = await resultsOf();
  const one = await segment('one', 1, ['a', 1n], ['b', 1n]);
  const two = await segment('two', 2, ['b', 2n]);
  await results.commit(manifest(1, [one]));
  await results.commit(manifest(2, [one, two]));
  const merged = await segment('merged', 2, ['a', 1n], ['b', 2n]);
  results.replaceSegments({ table: 'counts', replaced: [one, two], merged: [merged] });
  assert.deepEqual(await rowsOf(results), [
    ['a', 1n],
    ['b', 2n],
  ]);
  assert.deepEqual(results.table('counts').table.segments, [merged]);
});

test('forwarded rows find their sink; rows of no sink and tables of no name are told apart', async () => {
  const called: unknown[] = [];
  const { results } = await resultsOf(called);
  const forwarded = { type: 'rows', attempt: 1, slot: 0, vertex: 0 } as const;
  for (const sink of [1, 2, 9]) results.rows({ ...forwarded, sink, frame: frame(['a', 1n], ['b', 2n]) });
  assert.deepEqual(
    results.collected('all').map(({ who }) => who),
    ['a', 'b'],
  );
  assert.deepEqual(called, ['a', 'b']);
  assert.deepEqual(results.tableNames, ['counts']);
  assert.throws(() => results.table('nope'), { code: 'TABLE_UNKNOWN', message: /it has counts/ });
});

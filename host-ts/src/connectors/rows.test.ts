// Collections and generators, and how inputs are bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bool, f64, i64, timestamp, utf8 } from '../schema/index.ts';
import type { Schema } from '../schema/index.ts';
import { contextOf, readAll, readSplit } from '../../test/connectors/fake-home.ts';
import type { Connector } from './contract.ts';
import { bindingForFile, csv, ndjson, parquet, rows, standardConnectors } from './index.ts';

const SCHEMA = { n: i64(), at: timestamp(), name: utf8(), x: f64(), ok: bool() } satisfies Schema;

test('a generator makes the same rows in every split and from every position', async () => {
  const make = (n: number): object => ({ n, at: n * 1000, name: `row ${n % 5}`, x: n / 4, ok: n % 2 === 0 });
  const context = contextOf(SCHEMA, { userFunction: make });
  const open = (splits: number): Promise<Connector> =>
    standardConnectors['generator']!({ connector: 'generator', options: { rows: 10_000, splits } }, context);
  const all = await readAll(await open(1), SCHEMA);
  assert.equal(all.length, 10_000);
  assert.deepEqual(all[4321], { n: 4321n, at: 4_321_000, name: 'row 1', x: 1080.25, ok: false });
  const connector = await open(3);
  assert.deepEqual(await readAll(connector, SCHEMA), all);
  const { splits } = await connector.enumerate();
  const first = await readSplit(connector, splits[1]!, SCHEMA, { rowsMax: 100, batchRows: 100 });
  const rest = await readSplit(connector, splits[1]!, SCHEMA, { position: first.position });
  assert.deepEqual([...first.rows, ...rest.rows], all.slice(3333, 6666));
  await assert.rejects(open(0), { code: 'INPUT_INVALID' });
});

test('a generator keeps to its rate', async () => {
  let nowMs = 0;
  const clock = { now: () => 0, steady: () => nowMs };
  const timers = {
    after: (ms: number, then: () => void) => ((nowMs += ms), then(), () => undefined),
    soon: (then: () => void) => then(),
  };
  const platform = { ...contextOf(SCHEMA).platform, clock, timers };
  const context = contextOf({ n: i64() }, { platform, userFunction: (n: number) => ({ n }) });
  const options = { rows: 500, rowsPerSecond: 200 };
  const connector = await standardConnectors['generator']!({ connector: 'generator', options }, context);
  const rowsRead = await readAll(connector, { n: i64() });
  assert.deepEqual(
    rowsRead.map(({ n }) => Number(n)),
    Array.from({ length: 500 }, (_, n) => n),
  );
  assert.ok(nowMs >= 2500 && nowMs < 2600, `${nowMs} ms for 500 rows at 200 per second`);
});

test('a collection takes splits, silence, dates in three forms, and nulls', async () => {
  const schema = { at: timestamp(), name: utf8() };
  const { options } = rows([[{ at: '2001-01-01T00:00:00Z', name: 'a' }], [], [{ at: 5 }]]);
  const connector = await standardConnectors['collection']!({ connector: 'collection', options }, contextOf(schema));
  assert.deepEqual(
    (await connector.enumerate()).splits.map((split) => split.rows),
    [1, 0, 1],
  );
  const want = [
    { at: 978_307_200_000, name: 'a' },
    { at: 5, name: null },
  ];
  assert.deepEqual(await readAll(connector, schema), want);
  const userFunction = (): object[] => [{ at: new Date(978_307_200_000), name: 'a' }, { at: 5 }];
  const ofJob = await standardConnectors['collection']!(
    { connector: 'collection', options: {} },
    contextOf(schema, { userFunction }),
  );
  assert.deepEqual(await readAll(ofJob, schema), want);
  const silent = { splits: [{ rows: [{ at: 1 }], idleMs: 5 }] };
  const idle = await standardConnectors['collection']!({ connector: 'collection', options: silent }, contextOf(schema));
  assert.deepEqual(await readAll(idle, schema), [{ at: 1, name: null }]);
});

test('a row that does not fit is named by its number', async () => {
  const schema = { n: i64() };
  for (const bad of [{ n: 'x' }, { n: 1.5 }, 7]) {
    const options = { splits: [[{ n: 1 }, { n: 2 }, bad]] };
    const connector = await standardConnectors['collection']!({ connector: 'collection', options }, contextOf(schema));
    await assert.rejects(readAll(connector, schema), { code: 'ROW_INVALID', message: /'things', row 2/ });
  }
});

test('bindings are plain data', () => {
  const url = { kind: 'url', url: 'https://x/y.parquet' };
  assert.deepEqual(parquet('https://x/y.parquet').location, url);
  assert.deepEqual(parquet(new URL('https://x/y.parquet')).location, url);
  assert.deepEqual(csv({ path: 'a.csv' }, { delimiter: ';' }), {
    connector: 'csv',
    location: { kind: 'path', path: 'a.csv' },
    options: { delimiter: ';' },
  });
  const file = new File(['{}'], 'f.ndjson');
  assert.deepEqual(ndjson(file).location, { kind: 'blob', blob: file, name: 'f.ndjson' });
  assert.equal(ndjson(new ReadableStream<Uint8Array>()).location?.kind, 'stream');
  assert.equal(ndjson(new Uint8Array(3)).location?.kind, 'bytes');
  assert.equal(bindingForFile('Some.JSONL', file).connector, 'ndjson');
  assert.equal(bindingForFile('a.b.parquet', file).connector, 'parquet');
  assert.throws(() => bindingForFile('a.constructor', file), { code: 'INPUT_INVALID' });
});

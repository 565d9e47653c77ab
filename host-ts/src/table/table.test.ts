// Tables: sorting, segments, merging of epochs, reads, JSON and compaction, against plain arrays of rows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { f64, i64 } from '../schema/index.ts';
import { expected, makeRows, random, SCHEMA, StoredTable, storeOf } from '../../test/table/stored-tables.ts';
import type { Row } from '../../test/table/stored-tables.ts';
import { encodeRows, encodeSegments, planCompaction, RowStore, Table, TableFeed, tableJson } from './index.ts';

const allRows = (store: RowStore): Row[] => Array.from({ length: store.rows }, (_, row) => store.row(row));

for (const key of [['city', 'at'], ['n'], ['x', 'small'], ['ok', 'city', 'small']]) {
  test(`rows sort by (${key.join(', ')}), the newest of each key stays`, () => {
    const rows = makeRows(3000, random(7));
    const indices = key.map((name) => Object.keys(SCHEMA).indexOf(name));
    const store = storeOf(SCHEMA, indices, rows);
    store.sort();
    assert.deepEqual(allRows(store), expected(rows, key));
  });
}

test('floats sort by value with one zero and one NaN', () => {
  const values = [0, -0, NaN, 1, -1, Infinity, -Infinity, 1e-300, -1e-300, -NaN];
  const store = storeOf(
    { x: f64() },
    [0],
    values.map((x) => ({ x })),
  );
  store.sort();
  assert.deepEqual(
    allRows(store).map(({ x }) => x),
    [-Infinity, -1, -1e-300, -0, 1e-300, 1, Infinity, NaN],
  );
});

test('a segment gives its rows back, whatever the encoding', () => {
  const next = random(3);
  const distinct = makeRows(500, next).map((row, index) => ({ ...row, city: `city number ${index}` }));
  for (const rows of [makeRows(500, next), distinct, [], makeRows(5, next).map((row) => ({ ...row, city: null }))]) {
    const store = storeOf(SCHEMA, [0, 1], rows);
    const again = new RowStore(SCHEMA, [0, 1]);
    const bytes = encodeRows(store, 0, store.rows);
    assert.equal(bytes.length % 16, 0);
    again.append(bytes);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    again.append(shifted.subarray(1));
    assert.deepEqual(allRows(again), [...rows, ...rows]);
  }
});

test('segments are cut at about the wanted size', () => {
  const store = storeOf(SCHEMA, [0, 1], makeRows(5000, random(4)));
  const segments = [...encodeSegments(store, { valueBytes: 32 << 10 })];
  assert.ok(segments.length > 3);
  for (const { bytes } of segments) assert.ok(bytes.length > 16 << 10 && bytes.length < 64 << 10, `${bytes.length} B`);
  assert.equal(
    segments.reduce((sum, { rows }) => sum + rows, 0),
    5000,
  );
});

test('a damaged segment is noticed when it is read, and the next read tries again', async () => {
  const stored = new StoredTable();
  const { disk, table } = stored;
  const [segment] = stored.commit(1, [makeRows(50, random(8))]);
  const { value, rows } = segment!;
  const sound = disk.values.get(value)!;
  const damaged = sound.slice();
  damaged[damaged.length - 1]! ^= 1;
  disk.values.set(value, damaged);
  await assert.rejects(table.rowCount(), { code: 'CHECKPOINT_CORRUPT', message: /'e1-s0-0'.*'cities'/ });
  disk.values.set(value, sound);
  assert.equal(await table.rowCount(), rows);
});

test('a table shows all epochs merged, whenever it is read', async () => {
  const next = random(11);
  for (const readAlways of [true, false]) {
    const stored = new StoredTable();
    const { table, rows } = stored;
    for (let epoch = 1; epoch <= 30; epoch++) {
      stored.commit(epoch, [makeRows(Math.floor(next() * (epoch % 7 === 0 ? 400 : 12)), next)]);
      if (!readAlways && epoch < 30) continue;
      const want = expected(rows, ['city', 'at']);
      assert.equal(await table.rowCount(), want.length);
      assert.deepEqual(await table.scan({ limit: 1e9 }), want);
    }
    const want = expected(rows, ['city', 'at']);
    assert.deepEqual(await table.scan({ offset: 5, limit: 3 }), want.slice(5, 8));
    for (const row of want) assert.deepEqual(await table.get([row['city']!, row['at']!]), row);
    assert.equal(await table.get(['nowhere', 0]), undefined);
    await assert.rejects(table.get(['one']), { code: 'TABLE_KEY_INVALID' });
    await assert.rejects(table.get([1, 2]), { code: 'TABLE_KEY_INVALID' });
  }
});

test('compaction changes the segments and not the rows', async () => {
  const stored = new StoredTable();
  const { table } = stored;
  const next = random(5);
  for (let epoch = 1; epoch <= 40; epoch++) stored.commit(epoch, [makeRows(20, next)]);
  const chosen = planCompaction(table.segments);
  assert.ok(chosen !== undefined && chosen.length >= 16);
  assert.equal(chosen.length, table.segments.length);
  const merged = await stored.compact(chosen);
  assert.ok(merged.length < chosen.length);
  assert.deepEqual(table.segments, merged);
  const again = new Table({ name: 'again', schema: SCHEMA, key: stored.key, values: stored.values });
  again.reset(merged);
  for (const read of [table, again]) assert.deepEqual(await read.scan({ limit: 1e9 }), stored.expected());
  assert.equal(planCompaction(merged), undefined);
});

test('JSON lines are those of JSON.stringify', async () => {
  const stored = new StoredTable();
  const { table, rows } = stored;
  stored.commit(1, [makeRows(800, random(9))]);
  const text = [...tableJson({ schema: SCHEMA, frames: await table.frames() }, { table: 'cities' })].join('');
  const want = expected(rows, ['city', 'at']).map((row) => {
    const { city, at, n, x, ok, small } = row;
    const iso = at === null ? null : new Date(Number(at)).toISOString();
    const cells = { table: 'cities', city, at: iso, n: n === null ? null : '#', x, ok, small };
    return `${JSON.stringify(cells).replace('"#"', () => String(n))}\n`;
  });
  assert.equal(text, want.join(''));
});

test('subscribers get each key once, in pieces, and can stop', async () => {
  const stored = new StoredTable();
  const { table } = stored;
  const due: (() => void)[] = [];
  const timers = {
    after: (_: number, callback: () => void) => (due.push(callback), () => undefined),
    soon: (callback: () => void) => callback(),
  };
  const feed = new TableFeed(table, timers, (error) => assert.fail(String(error)));
  const seen: { epoch: number; rows: number; rowCount: number }[] = [];
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const stop = feed.subscribe(({ epoch, rows, rowCount }) => seen.push({ epoch, rows: rows.length, rowCount }));
  const rows = makeRows(20_000, random(2)).map((row, index) => ({ ...row, city: 'X', at: index % 7000 }));
  feed.committed(1, stored.commit(1, [rows]));
  for (let turn = 0; turn < 4; turn++) {
    await settle();
    due.shift()?.();
  }
  assert.deepEqual(seen, [
    { epoch: 1, rows: 5000, rowCount: 7000 },
    { epoch: 1, rows: 2000, rowCount: 7000 },
  ]);
  stop();
  feed.committed(2, stored.commit(2, [makeRows(3, random(1))]));
  await settle();
  assert.equal(seen.length, 2);
});

test('damaged segments are refused', () => {
  const bytes = encodeRows(storeOf(SCHEMA, [0, 1], makeRows(10, random(1))), 0, 10);
  const code = 'TABLE_BAD_FRAME';
  const store = new RowStore(SCHEMA, [0, 1]);
  assert.throws(() => store.append(bytes.subarray(0, 200)), { code });
  assert.throws(() => store.append(new Uint8Array(100)), { code });
  assert.throws(() => new RowStore({ a: i64() }, [0]).append(bytes), { code });
});

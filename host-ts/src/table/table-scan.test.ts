// Reading tables piece by piece: against a model over many runs, in bounded memory, of one epoch whatever happens
// meanwhile, and with clear errors where something stored is not what was written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { TABLE_BLOCK_BYTES, TABLE_READ_AHEAD_BYTES } from '../base/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import type { RowValue } from '../schema/index.ts';
import { allOf, CITIES, compareRows, makeRows, random, SCHEMA, StoredTable } from '../../test/table/stored-tables.ts';
import type { Row } from '../../test/table/stored-tables.ts';
import { encodeRows, RowStore } from './index.ts';
import type { RowRange, TableScan } from './index.ts';

const rowsIn = ({ store, from, to }: RowRange): Row[] =>
  Array.from({ length: to - from }, (_, at) => store.row(from + at));

async function rowsOf(scan: AsyncIterable<RowRange>): Promise<Row[]> {
  return (await allOf(scan)).flatMap(rowsIn);
}

const KEYS = [['city', 'at'], ['x'], ['ok', 'small'], ['n', 'city']];

const maybe = (values: fc.Arbitrary<RowValue>): fc.Arbitrary<RowValue> =>
  fc.oneof({ weight: 6, arbitrary: values }, { weight: 1, arbitrary: fc.constant(null) });

const anyRow: fc.Arbitrary<Row> = fc.record(
  {
    city: maybe(fc.constantFrom(...CITIES)),
    at: maybe(fc.integer({ min: -5, max: 9 }).map((hour) => hour * 3_600_000)),
    n: maybe(fc.constantFrom(-1n, 0n, 1n, 2n ** 40n, -(2n ** 40n), 2n ** 63n - 1n, -(2n ** 63n))),
    x: maybe(fc.constantFrom(0, 1.5, -1.5, NaN, Infinity, -Infinity, 1e-300, -1e-300)),
    ok: maybe(fc.boolean()),
    small: maybe(fc.constantFrom(-(2 ** 31), -1, 0, 1, 2 ** 31 - 1)),
  },
  { noNullPrototype: true },
);

const anyEpoch = fc.record({
  rows: fc.array(anyRow, { maxLength: 40 }),
  slots: fc.integer({ min: 1, max: 3 }),
  form: fc.constantFrom('blocks' as const, 'blocks' as const, 'single' as const),
  /** Of the epochs so far, the newest this many are merged. */
  compacted: fc.constantFrom(0, 0, 0, 2, 5),
});

/** A key's rows come from one slot. */
function bySlot(rows: readonly Row[], key: readonly string[], slots: number): Row[][] {
  const parts = Array.from({ length: slots }, (): Row[] => []);
  for (const row of rows) {
    const text = key.map((name) => String(row[name])).join('|');
    parts[new TextEncoder().encode(text).reduce((sum, byte) => sum + byte, 0) % slots]!.push(row);
  }
  return parts;
}

test('any epochs, slots, sizes of blocks and compactions: scans, parts and single rows are the model', async () => {
  const anyTable = fc.record({
    epochs: fc.array(anyEpoch, { minLength: 1, maxLength: 12 }),
    key: fc.constantFrom(...KEYS),
    valueBytes: fc.constantFrom(200, 700, 1 << 20),
    blockBytes: fc.constantFrom(1, 100, 400, 1 << 15),
    asked: anyRow,
    offset: fc.nat(60),
    limit: fc.nat(60),
  });
  await fc.assert(
    fc.asyncProperty(anyTable, async ({ epochs, key, valueBytes, blockBytes, asked, offset, limit }) => {
      const stored = new StoredTable({ key, valueBytes, blockBytes, viewBytesMax: 0 });
      const { table } = stored;
      for (const [index, { rows, slots, form, compacted }] of epochs.entries()) {
        stored.commit(index + 1, bySlot(rows, key, slots), form);
        const newest = table.segments.filter(({ epoch }) => epoch > index + 1 - compacted);
        if (newest.length > 1) await stored.compact(newest);
      }
      const want = stored.expected();
      assert.deepEqual(await rowsOf(table.read()), want);
      assert.equal(await table.rowCount(), want.length);
      assert.deepEqual(await table.scan({ offset, limit }), want.slice(offset, offset + limit));
      const compare = compareRows(key);
      const keyOf = (row: Row): RowValue[] => key.map((name) => row[name]!);
      const behind = want.filter((row) => compare(row, asked) > 0);
      assert.deepEqual(await table.scan({ after: keyOf(asked), limit: 1e9 }), behind);
      assert.deepEqual(await table.scan({ after: keyOf(asked), offset: 1, limit }), behind.slice(1, 1 + limit));
      for (const row of want) assert.deepEqual(await table.get(keyOf(row)), row);
      assert.deepEqual(
        await table.get(keyOf(asked)),
        want.find((row) => compare(row, asked) === 0),
      );
      const frames = new RowStore(SCHEMA, []);
      for (const frame of await table.frames()) frames.append(frame);
      assert.deepEqual(rowsIn({ store: frames, from: 0, to: frames.rows }), want);
    }),
    { numRuns: 150 },
  );
});

/** Rows whose keys are one epoch's each, spread over the whole order: every scan has every run open. */
function spread(epochs: number, rowsEach: number): StoredTable {
  const stored = new StoredTable({ viewBytesMax: 0 });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const row = (at: number): Row => ({
      city: `city ${String(at).padStart(8, '0')} of ${epoch}`,
      at: epoch,
      n: BigInt(at),
      x: at / 3,
      ok: true,
      small: at,
    });
    stored.commit(epoch, [Array.from({ length: rowsEach }, (_, at) => row(at))]);
    stored.rows.length = 0; // only the stored bytes are to be in memory
  }
  return stored;
}

test('a scan fetches ahead no more than its share, and holds no more, however large the table is', async () => {
  const [epochs, rowsEach] = [24, 12_000];
  const { table, values } = spread(epochs, rowsEach);
  const bytes = table.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  assert.ok(bytes > 3 * TABLE_READ_AHEAD_BYTES, `the table has ${bytes} B`);
  const bytesPerRow = bytes / (epochs * rowsEach);
  const bound = TABLE_READ_AHEAD_BYTES + epochs * TABLE_BLOCK_BYTES;
  const scan = table.read();
  let rows = 0;
  let aheadMax = 0;
  for (let range = await scan.next(); range !== undefined; range = await scan.next()) {
    aheadMax = Math.max(aheadMax, values.fetchedBytes - rows * bytesPerRow);
    assert.ok(scan.heldBytes <= TABLE_READ_AHEAD_BYTES, `${scan.heldBytes} B held`);
    rows += range.to - range.from;
  }
  assert.equal(rows, epochs * rowsEach);
  assert.ok(aheadMax <= bound, `${aheadMax} B were fetched before they were asked for, ${bound} B are allowed`);
  assert.equal(scan.heldBytes, 0);
  assert.ok(values.fetchedBytes < bytes * 1.02, 'every block is fetched once');
});

/** Bytes of array buffers that something refers to. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn++) collect();
  return process.memoryUsage().arrayBuffers;
}

test('what a scan keeps alive is a part of the table', async () => {
  const { table } = spread(24, 12_000);
  const bytes = table.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const before = liveBytes();
  let peak = 0;
  let round = 0;
  for await (const { store } of table.read()) {
    if (round++ % 40 === 0 && store.rows > 0) peak = Math.max(peak, liveBytes() - before);
  }
  assert.ok(peak > TABLE_BLOCK_BYTES, 'the blocks are seen');
  assert.ok(peak < bytes / 2, `${peak} B were alive for a table of ${bytes} B`);
});

test('one row, and the first rows behind a key, fetch the blocks that may have them and no more', async () => {
  const epochs = 6;
  const { table, values } = spread(epochs, 20_000);
  const last = { city: `city 00019999 of 3`, at: 3 };
  await table.get([last.city, last.at]); // the indexes are kept from here on
  const before = { fetches: values.fetches, fetchedBytes: values.fetchedBytes };
  assert.equal((await table.get([last.city, last.at]))?.['small'], 19_999);
  assert.ok(values.fetches - before.fetches <= epochs);
  assert.ok(values.fetchedBytes - before.fetchedBytes <= epochs * TABLE_BLOCK_BYTES * 1.25);
  const start = values.fetchedBytes;
  const [next] = await table.scan({ after: ['city 00010000 of 6', 6], limit: 1 });
  assert.equal(next?.['city'], 'city 00010001 of 1');
  assert.ok(values.fetchedBytes - start <= 2 * epochs * TABLE_BLOCK_BYTES * 1.25);
});

test('of runs that do not overlap the read-ahead grows to whole segments', async () => {
  const { table, values } = spread(1, 60_000);
  await allOf(table.read());
  assert.ok(values.fetches < table.segments.length * 8, `${values.fetches} fetches`);
});

test('a large table is counted once per epoch, also when it was compacted', async () => {
  const stored = spread(5, 1_000);
  const { table, values } = stored;
  assert.deepEqual(await Promise.all([table.rowCount(), table.rowCount()]), [5_000, 5_000]);
  const bytes = table.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  assert.ok(values.fetchedBytes < 1.1 * bytes, 'one reading serves both');
  await stored.compact(table.segments);
  const before = values.fetchedBytes;
  assert.equal(await table.rowCount(), 5_000);
  assert.equal(values.fetchedBytes, before);
  stored.commit(6, [makeRows(1, random(1))]);
  assert.equal(await table.rowCount(), 5_001);
});

interface Reading {
  readonly stored: StoredTable;
  readonly scan: TableScan;
  readonly want: readonly Row[];
  /** Those that were read already. */
  readonly rows: Row[];
  readonly attempt: number;
}

/** A table of a few epochs, and a scan of it that has begun. */
async function reading(): Promise<Reading> {
  const stored = new StoredTable({ viewBytesMax: 0, valueBytes: 4_000, blockBytes: 300 });
  const next = random(21);
  stored.disk.attempt = 1;
  for (let epoch = 1; epoch <= 8; epoch++) stored.commit(epoch, bySlot(makeRows(120, next), stored.key, 2));
  const want = stored.expected();
  const scan = stored.table.read();
  const rows = rowsIn((await scan.next())!);
  assert.ok(rows.length < want.length / 4, 'it has just begun');
  return { stored, scan, want, rows, attempt: 1 };
}

/** What a running job does meanwhile: newer rows for every key, a compaction, and the old manifests let go. Gives what the scan reads. */
async function goOn({ stored, attempt }: Reading): Promise<readonly TableSegment[]> {
  const old = stored.table.segments;
  const changed = stored.expected().map((row) => ({ ...row, small: 77 }));
  stored.commit(9, [changed]);
  const replaced = stored.table.segments;
  await stored.compact(replaced);
  await stored.held.release(
    attempt,
    [],
    replaced.map(({ value }) => value),
  );
  return old;
}

test('new epochs, a compaction and a release in the middle: the scan stays with its epoch, then all is let go', async () => {
  const begun = await reading();
  const { stored, scan, want, rows } = begun;
  const old = await goOn(begun);
  assert.ok(old.every(({ value }) => stored.disk.values.has(value)));
  const other = stored.table.read();
  assert.ok(
    (await rowsOf(other)).every(({ small }) => small === 77),
    'a later scan sees the later epoch',
  );
  rows.push(...(await rowsOf(scan)));
  assert.deepEqual(rows, want);
  assert.ok(old.every(({ value }) => !stored.disk.values.has(value)));
  assert.equal(stored.held.asideCount, 0);
  assert.deepEqual(
    [...stored.disk.values.keys()],
    stored.table.segments.map(({ value }) => value),
  );
});

test('a scan that is closed, or left by its loop, lets go at once; one of two readers does not', async () => {
  const begun = await reading();
  const { stored, scan } = begun;
  const loop = stored.table.read();
  const old = await goOn(begun);
  scan.close();
  assert.ok(
    old.every(({ value }) => stored.disk.values.has(value)),
    'the loop has them still',
  );
  for await (const { to } of loop) if (to > 0) break;
  assert.ok(old.every(({ value }) => !stored.disk.values.has(value)));
  assert.equal(await scan.next(), undefined);
});

test('a restart from an older epoch in the middle changes nothing for the scan', async () => {
  const { stored, scan, want, rows } = await reading();
  stored.table.reset(stored.table.segments.filter(({ epoch }) => epoch <= 3));
  rows.push(...(await rowsOf(scan)));
  assert.deepEqual(rows, want);
  assert.ok((await stored.table.rowCount()) < want.length);
});

test('what was set aside waits for a release that works: another attempt has the storage meanwhile', async () => {
  const begun = await reading();
  const { stored, scan } = begun;
  const old = await goOn(begun);
  stored.disk.attempt = 2; // the fence of a restart
  scan.close();
  await stored.held.release(1, [], []).catch((error: { code: string }) => assert.equal(error.code, 'STORAGE_FENCED'));
  assert.equal(stored.held.asideCount, old.length);
  await stored.held.release(2, [], []);
  assert.equal(stored.held.asideCount, 0);
  assert.ok(old.every(({ value }) => !stored.disk.values.has(value)));
});

const DAMAGES: Readonly<
  Record<string, [(bytes: Uint8Array, segment: TableSegment) => Uint8Array | undefined, string]>
> = {
  'a bit in a block': [(bytes) => flipped(bytes, 200), 'CHECKPOINT_CORRUPT'],
  'a bit in the index': [(bytes, { index }) => flipped(bytes, index!.at + 70), 'CHECKPOINT_CORRUPT'],
  'the end is missing': [(bytes) => bytes.slice(0, -16), 'CHECKPOINT_CORRUPT'],
  'all is missing': [() => undefined, 'CHECKPOINT_VALUE_MISSING'],
};

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const damaged = bytes.slice();
  damaged[at]! ^= 4;
  return damaged;
}

for (const [what, [damage, code]] of Object.entries(DAMAGES)) {
  test(`a damaged segment: ${what}: ${code}, for scans, lookups and counts, and nothing stays held`, async () => {
    const stored = new StoredTable({ viewBytesMax: 0, blockBytes: 2_000 });
    const segment = stored.commit(1, [makeRows(300, random(5))])[0]!;
    const sound = stored.disk.values.get(segment.value)!;
    const damaged = damage(sound, segment);
    if (damaged === undefined) stored.disk.values.delete(segment.value);
    else stored.disk.values.set(segment.value, damaged);
    const { table } = stored;
    const expectedError = { code, message: new RegExp(`'${segment.value}'`) };
    await assert.rejects(rowsOf(table.read()), expectedError);
    await assert.rejects(table.rowCount(), expectedError);
    await assert.rejects(table.get([null, null]), expectedError);
    stored.disk.attempt = 1;
    await stored.held.release(1, [], [segment.value]);
    assert.equal(stored.held.asideCount, 0);
    stored.disk.values.set(segment.value, sound);
    assert.deepEqual(await rowsOf(table.read()), stored.expected(), 'the next read tries again');
  });
}

test('segments of other columns, or in the wrong order, are TABLE_BAD_FRAME', async () => {
  const stored = new StoredTable({ viewBytesMax: 0 });
  const [high, low] = ['b', 'a'].map((city) => {
    const store = new RowStore(SCHEMA, [0, 1]);
    store.append(encodeRows(storeOfOne(city), 0, 1));
    return { bytes: encodeRows(store, 0, 1), rows: 1 };
  });
  stored.table.addSegments(1, stored.store([high!, low!], { epoch: 1, slot: 0 }));
  await assert.rejects(rowsOf(stored.table.read()), { code: 'TABLE_BAD_FRAME', message: /do not ascend/ });
  const others = new RowStore({ n: SCHEMA.n, at: SCHEMA.at }, [0]);
  others.rows = 1;
  stored.table.reset(stored.store([{ bytes: encodeRows(others, 0, 1), rows: 1 }], { epoch: 1, slot: 0 }));
  await assert.rejects(rowsOf(stored.table.read()), { code: 'TABLE_BAD_FRAME', message: /type/ });
});

function storeOfOne(city: string): RowStore {
  const stored = new StoredTable();
  const [segment] = stored.commit(1, [[{ city, at: 1, n: 1n, x: 1, ok: true, small: 1 }]]);
  const store = new RowStore(SCHEMA, [0, 1]);
  store.append(stored.disk.values.get(segment!.value)!.slice(0, segment!.index!.at));
  return store;
}

// The parquet connector: every encoding it reads against the values that were written, resuming anywhere, the
// flights against hyparquet's own reading, and damaged files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetMetadata, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { SluiceError } from '../base/index.ts';
import { bool, f64, i32, i64, timestamp, utf8 } from '../schema/index.ts';
import type { Schema } from '../schema/index.ts';
import { makeParquet } from '../../test/connectors/make-parquet.ts';
import type { MakeColumn } from '../../test/connectors/make-parquet.ts';
import {
  bindingOf,
  bytesSource,
  contextOf,
  fakePlatform,
  readAll,
  readSplit,
} from '../../test/connectors/fake-home.ts';
import type { Connector } from './contract.ts';
import { parquetConnector } from './parquet.ts';

const FLIGHTS = new URL('../../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url);
const MICROS = { struct: { 8: { struct: { 1: { bool: false }, 2: { struct: { 2: { struct: {} } } } } } } } as const;
const NANOS = { struct: { 8: { struct: { 1: { bool: false }, 2: { struct: { 3: { struct: {} } } } } } } } as const;

function open(bytes: Uint8Array, schema: Schema, timeColumn?: string): Promise<Connector> {
  const platform = fakePlatform(bytesSource(bytes));
  return parquetConnector(bindingOf('parquet'), contextOf(schema, { platform, timeColumn }));
}

const SCHEMA = { ok: bool(), small: i32(), big: i64(), x: f64(), name: utf8(), at: timestamp(), day: timestamp() };
const NAMES = ['', 'ab', 'Zürich', '東京国際空港 with a long tail of letters', '🛫'];

function columnsOf(rows: number, form: Partial<MakeColumn>): MakeColumn[] {
  const nulls = form.optional === true;
  const list = <T extends MakeColumn['values'][number]>(make: (row: number) => T): (T | null)[] =>
    Array.from({ length: rows }, (_, row) => (nulls && (row * 7) % 5 === 0 ? null : make(row)));
  return [
    { ...form, dictionary: false, name: 'ok', type: 0, values: list((row) => row % 3 === 0) },
    { ...form, name: 'small', type: 1, values: list((row) => ((row * 7919) % 1000) - 500) },
    { ...form, name: 'big', type: 2, values: list((row) => BigInt((row % 300) - 150) * 123_456_789_012_345n) },
    { ...form, name: 'x', type: 5, values: list((row) => (row % 100) / 7 - 3) },
    { ...form, name: 'name', type: 6, converted: 0, values: list((row) => NAMES[row % NAMES.length]!) },
    { ...form, name: 'at', type: 2, logical: MICROS, values: list((row) => BigInt(row - 40) * 1_234_567_891n - 1n) },
    { ...form, name: 'day', type: 1, converted: 6, values: list((row) => row - 100) },
    { ...form, dictionary: false, name: 'unread', type: 6, values: list(() => 'x'.repeat(50)) },
  ];
}

function rowsOf(columns: readonly MakeColumn[]): object[] {
  const byName = Object.fromEntries(columns.map(({ name, values }) => [name, values]));
  return Array.from({ length: columns[0]!.values.length }, (_, row) => {
    const cell = (name: string): unknown => byName[name]![row];
    const at = cell('at') as bigint | null;
    const ms = at === null ? null : Number((at - (((at % 1000n) + 1000n) % 1000n)) / 1000n);
    const day = cell('day') as number | null;
    const rest = { ok: cell('ok'), small: cell('small'), big: cell('big'), x: cell('x'), name: cell('name') };
    return { ...rest, at: ms, day: day === null ? null : day * 86_400_000 };
  });
}

const zstd = { id: 6, compress: (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes)) };
const gzip = { id: 2, compress: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)) };
const FORMS: Record<string, Partial<MakeColumn>> = {
  'plain, required': {},
  'plain, nulls, several pages': { optional: true, pageRows: 97 },
  'dictionary, nulls, v2, zstd': { optional: true, dictionary: true, version: 2, pageRows: 150, codec: zstd },
  'dictionary, required, v1, gzip': { dictionary: true, codec: gzip, pageRows: 64 },
  'plain, nulls, v2': { optional: true, version: 2, pageRows: 33 },
};

for (const [title, form] of Object.entries(FORMS)) {
  test(`reads ${title}`, async () => {
    const columns = columnsOf(500, form);
    const connector = await open(makeParquet(columns, 230), SCHEMA);
    const { splits } = await connector.enumerate();
    assert.deepEqual(
      splits.map(({ id, rows }) => [id, rows]),
      [
        ['row-group-0', 230],
        ['row-group-1', 230],
        ['row-group-2', 40],
      ],
    );
    assert.deepEqual(await readAll(connector, SCHEMA), rowsOf(columns));
  });
}

test('a split goes on wherever it stopped', async () => {
  const columns = columnsOf(300, FORMS['dictionary, nulls, v2, zstd']!);
  const connector = await open(makeParquet(columns), SCHEMA);
  const split = (await connector.enumerate()).splits[0]!;
  for (const stop of [1, 149, 150, 151, 299, 300]) {
    const first = await readSplit(connector, split, SCHEMA, { rowsMax: stop, batchRows: stop });
    const rest = await readSplit(connector, split, SCHEMA, { position: first.position, batchRows: 64 });
    assert.deepEqual([...first.rows, ...rest.rows], rowsOf(columns));
  }
});

test('a column of nulls only, nanoseconds, and a large dictionary', async () => {
  const rows = 4500;
  const nulls = new Array<null>(rows).fill(null);
  const names = Array.from({ length: rows }, (_, row) => `a name that is longer than most ${row % 4000}`);
  const times = Array.from({ length: rows }, (_, row) => BigInt(row - 7) * 999_999_999_999n);
  const file = makeParquet([
    { name: 'empty', type: 6, optional: true, dictionary: true, values: nulls },
    { name: 'name', type: 6, dictionary: true, values: names },
    { name: 'at', type: 2, logical: NANOS, values: times },
  ]);
  const schema = { empty: utf8(), name: utf8(), at: timestamp() };
  const want = names.map((name, row) => {
    const ms = (times[row]! - (((times[row]! % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n;
    return { empty: null, name, at: Number(ms) };
  });
  assert.deepEqual(await readAll(await open(file, schema), schema), want);
});

test('timeMin comes from the statistics, floored', async () => {
  const at: MakeColumn = { name: 'at', type: 2, logical: MICROS, min: -1_500_001n, values: [0n] };
  const schema = { at: timestamp() };
  const timeMin = async (column: MakeColumn): Promise<number | null> => {
    const connector = await open(makeParquet([column]), schema, 'at');
    return (await connector.enumerate()).splits[0]!.timeMin;
  };
  assert.equal(await timeMin(at), -1501);
  const { min: _, ...without } = at;
  assert.equal(await timeMin(without), null);
});

test('row groups of the flights equal what hyparquet reads', async () => {
  const bytes = new Uint8Array(readFileSync(FLIGHTS));
  const schema = { delay: i64(), date: timestamp(), origin: utf8() };
  const connector = await open(bytes, schema, 'date');
  const { splits } = await connector.enumerate();
  assert.equal(splits.length, 11);
  const split = splits[7]!;
  const { rows } = await readSplit(connector, split, schema);
  const file = { byteLength: bytes.length, slice: (from: number, to?: number) => bytes.buffer.slice(from, to) };
  const metadata = parquetMetadata(bytes.buffer);
  const rowStart = 272_727 * 7;
  let cells = 0;
  const onChunk = ({
    columnName,
    columnData,
    rowStart: from,
  }: {
    columnName: string;
    columnData: ArrayLike<unknown>;
    rowStart: number;
  }): void => {
    for (let index = 0; index < columnData.length; index++) {
      const want = columnData[index];
      const found = rows[from - rowStart + index]![columnName];
      if (found !== (want instanceof Date ? want.getTime() : want))
        assert.fail(`${columnName} of row ${index}: ${String(found)}`);
      cells++;
    }
  };
  await parquetRead({
    file,
    metadata,
    compressors,
    columns: Object.keys(schema),
    rowStart,
    rowEnd: rowStart + 272_727,
    onChunk,
  });
  assert.equal(cells, 3 * 272_727);
  assert.equal(rows.length, 272_727);
  assert.equal(split.timeMin, rows[0]!['date']);
});

test('what does not fit is refused by name', async () => {
  const file = makeParquet(columnsOf(5, {}));
  await assert.rejects(open(file, { nope: i64() }), (error: SluiceError) => {
    assert.equal(error.code, 'UNKNOWN_COLUMN');
    assert.match(error.message, /'things' has no column 'nope'; it has ok, small, big, x, name, at, day, unread/);
    return true;
  });
  for (const [name, type] of [
    ['name', i64()],
    ['big', i32()],
    ['at', i64()],
    ['x', timestamp()],
    ['ok', utf8()],
  ] as const) {
    await assert.rejects(open(file, { [name]: type }), { code: 'TYPE_MISMATCH' });
  }
  await assert.rejects(open(makeParquet([{ name: 'l', type: 2, repeated: true, values: [] }]), { l: i64() }), {
    code: 'TYPE_MISMATCH',
    message: /repeated INT64/,
  });
});

test('truncated files are called so', async () => {
  const file = makeParquet(columnsOf(100, {}));
  for (const length of [0, 3, 11, 400, file.length - 1]) {
    await assert.rejects(open(file.slice(0, length), SCHEMA), { code: 'PARQUET_TRUNCATED' }, `${length} B`);
  }
  await assert.rejects(open(new TextEncoder().encode('this is not a parquet file at all'), SCHEMA), {
    code: 'PARQUET_CORRUPT',
  });
});

test('damage names the row group and the column', async () => {
  const columns = columnsOf(100, { codec: zstd, dictionary: true });
  const file = makeParquet(columns, 50);
  const { row_groups: groups } = parquetMetadata(file.buffer);
  const chunk = groups[1]!.columns[4]!.meta_data!;
  file.fill(0xff, Number(chunk.data_page_offset) + 40, Number(chunk.data_page_offset) + 60);
  await assert.rejects(
    open(file, SCHEMA).then((connector) => readAll(connector, SCHEMA)),
    (error: SluiceError) => {
      assert.equal(error.code, 'PARQUET_CORRUPT');
      assert.match(error.message, /row group 1, column 'name'/);
      return true;
    },
  );
});

// Any byte may be anything: the answer is rows or an error with a code, soon and without a large allocation.
test('600 mutations end in rows or in an error with a code', { timeout: 60_000 }, async () => {
  let state = 42;
  const next = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const outcomes = new Map<string, number>();
  for (const form of [FORMS['dictionary, nulls, v2, zstd']!, FORMS['plain, nulls, several pages']!]) {
    const file = makeParquet(columnsOf(120, form), 70);
    for (let round = 0; round < 300; round++) {
      const broken = file.slice();
      for (let times = 1 + next(3); times > 0; times--) {
        // half of them in the footer, where the sizes are
        const at = next(2) === 0 ? next(broken.length) : broken.length - 1 - next(Math.min(broken.length, 900));
        broken[at] = next(4) === 0 ? 255 : next(256);
      }
      const outcome = await open(broken, SCHEMA, 'at')
        .then((connector) => readAll(connector, SCHEMA))
        .then(
          () => 'rows',
          (error: unknown) =>
            error instanceof SluiceError ? error.code : assert.fail(`round ${round}: ${String(error)}`),
        );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  assert.ok((outcomes.get('PARQUET_CORRUPT') ?? 0) > 50, JSON.stringify([...outcomes]));
});

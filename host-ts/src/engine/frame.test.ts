/** Frames from JavaScript values and typed arrays, read back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ENCODING_DICTIONARY,
  ENCODING_PLAIN,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from '../abi/index.ts';
import { FrameBuilder } from './frame-builder.ts';
import { FrameDictionary } from './frame-dictionary.ts';
import { FrameReader } from './frame-reader.ts';

const TYPES = [TYPE_BOOL, TYPE_I32, TYPE_I64, TYPE_F64, TYPE_TIMESTAMP, TYPE_UTF8];
const ROWS = [
  [true, 1, 1n, 1.5, 1_000_000_000_000, 'SFO'],
  [null, null, null, null, null, null],
  [false, -(2 ** 31), -(2n ** 63n), -0, -1, ''],
  [true, 2 ** 31 - 1, 2n ** 63n - 1n, Number.NaN, -8_640_000_000_000_000, 'Zürich 東京 🛫'],
];

const columnsOf = (rows: readonly (readonly (boolean | number | bigint | string | null)[])[]) =>
  TYPES.map((_, index) => ({ values: rows.map((row) => row[index] ?? null) }));

test('values of every type come back, nulls too', () => {
  const frame = new FrameReader(new FrameBuilder(TYPES).build(ROWS.length, columnsOf(ROWS)));
  assert.equal(frame.rows, 4);
  assert.deepEqual(
    ROWS.map((_, row) => frame.row(row)),
    ROWS,
  );
  assert.equal(frame.column(5).encoding, ENCODING_PLAIN);
  assert.equal(frame.timed, false);
});

test('i64 takes safe numbers, exactly', () => {
  const values = [
    0,
    -1,
    2 ** 32,
    -(2 ** 32),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    4294967295,
    -4294967297,
  ];
  const frame = new FrameReader(new FrameBuilder([TYPE_I64]).build(values.length, [{ values }]));
  assert.deepEqual([...frame.column(0).bigints], values.map(BigInt));
  assert.deepEqual(
    values.map((_, row) => frame.column(0).number(row)),
    values,
  );
});

test('repeating text becomes a dictionary whose entries are decoded once', () => {
  const values = Array.from({ length: 100 }, (_, row) => (row % 10 === 3 ? null : `key ${row % 4}`));
  const build = () => new FrameReader(new FrameBuilder([TYPE_UTF8]).build(100, [{ values }]));
  const [first, second] = [build().column(0), build().column(0)];
  assert.equal(first.encoding, ENCODING_DICTIONARY);
  assert.deepEqual(
    values.map((_, row) => first.get(row)),
    values,
  );
  assert.equal(second.dictionary?.hash, first.dictionary?.hash);
  assert.equal(second.string(0), 'key 0');
});

test('typed arrays, ids and offsets are taken as they are, at any place in memory', () => {
  const dictionary = FrameDictionary.fromStrings(['a', 'bcd', '']);
  const bytes = new TextEncoder().encode('xyyzzz');
  const builder = new FrameBuilder([TYPE_I32, TYPE_I64, TYPE_F64, TYPE_BOOL, TYPE_UTF8, TYPE_UTF8]);
  const memory = new Uint8Array(4096).fill(0xaa);
  const frame = builder.build(
    3,
    [
      { data: new Int32Array([1, 2, 3, 99]), validity: new Uint8Array([0b101]) },
      { data: new BigInt64Array([1n, 2n, 3n]) },
      { data: new Float64Array([0.5, 1.5, 2.5]) },
      { data: new Uint8Array([0b110]) },
      { ids: new Int32Array([1, 2, 0]), dictionary },
      { offsets: new Int32Array([0, 1, 3, 6]), bytes },
    ],
    (needed) => memory.subarray(48, 48 + needed),
  );
  assert.equal(frame.byteOffset, 48);
  const reader = new FrameReader(frame);
  assert.deepEqual(
    [0, 1, 2].map((row) => reader.row(row)),
    [
      [1, 1n, 0.5, false, 'bcd', 'x'],
      [null, 2n, 1.5, true, '', 'yy'],
      [3, 3n, 2.5, true, 'a', 'zzz'],
    ],
  );
  assert.deepEqual([...reader.column(5).stringBytes(1)], [121, 121]);
  const moved = new Uint8Array(frame.byteLength + 3);
  moved.set(frame, 3);
  assert.deepEqual(new FrameReader(moved.subarray(3)).row(2), reader.row(2));
});

test('a value of the wrong type names row, column and type', () => {
  const build = (type: number, value: string | number | bigint | boolean) => () =>
    new FrameBuilder([type]).build(2, [{ values: [null, value] }]);
  const wrong = { code: 'ROW_VALUE_TYPE', message: /row 1 .* column 0/ };
  assert.throws(build(TYPE_I32, 1.5), wrong);
  assert.throws(build(TYPE_I32, 2 ** 31), wrong);
  assert.throws(build(TYPE_I64, 2n ** 63n), wrong);
  assert.throws(build(TYPE_I64, 1.5), wrong);
  assert.throws(build(TYPE_F64, 1n), wrong);
  assert.throws(build(TYPE_BOOL, 1), wrong);
  assert.throws(build(TYPE_UTF8, 7), wrong);
  assert.throws(build(TYPE_TIMESTAMP, '2001-01-01'), { code: 'ROW_VALUE_TYPE', message: /timestamp/ });
});

test('bytes that are no frame are refused', () => {
  const frame = new FrameBuilder([TYPE_I64]).build(3, [{ values: [1, 2, 3] }]);
  assert.throws(() => new FrameReader(frame.slice(0, 40)), { code: 'FRAME_CORRUPT' });
  assert.throws(() => new FrameReader(frame.slice(0, frame.length - 16)), { code: 'FRAME_CORRUPT' });
  assert.throws(() => new FrameReader(frame.map((byte, at) => (at === 1 ? 0 : byte))), { code: 'FRAME_CORRUPT' });
  const outside = frame.slice();
  new DataView(outside.buffer).setUint32(64 + 8, 1 << 20, true);
  assert.throws(() => new FrameReader(outside), { code: 'FRAME_CORRUPT' });
});

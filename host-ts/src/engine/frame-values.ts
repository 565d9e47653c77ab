/**
 * JavaScript values to the blocks of a column: for collections, closures and small inputs.
 *
 * Nulls get a bit in the validity bitmap and a zero as value. 64-bit integers that are numbers are
 * written as two halves, since making a bigint per value is ten times slower.
 */
import { TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_I64, TYPE_TIMESTAMP, TYPE_UTF8 } from '../abi/index.ts';
import type { RowValue } from '../schema/index.ts';
import { typeOfCode } from '../schema/index.ts';
import { frameValueType } from './errors.ts';
import type { ColumnBlocks } from './frame-builder.ts';
import { FrameDictionary } from './frame-dictionary.ts';

type Values = ArrayLike<RowValue | undefined>;

interface Target {
  readonly type: number;
  readonly column: number;
  readonly rows: number;
}

const TWO_32 = 4294967296;
const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

export function valuesToBlocks(values: Values, target: Target): ColumnBlocks {
  const { type, rows } = target;
  const validity = validityOf(values, rows);
  if (type === TYPE_UTF8) return { validity, ...textOf(values, target) };
  const data =
    type === TYPE_I64 || type === TYPE_TIMESTAMP
      ? wideOf(values, target)
      : type === TYPE_F64
        ? floatsOf(values, target)
        : type === TYPE_I32
          ? narrowOf(values, target)
          : bitsOf(values, target);
  return { data, validity, text: undefined, dictionary: undefined };
}

function validityOf(values: Values, rows: number): Uint8Array | undefined {
  let bitmap: Uint8Array | undefined;
  for (let row = 0; row < rows; row++) {
    if (values[row] !== null && values[row] !== undefined) continue;
    bitmap ??= onesUpTo(rows);
    bitmap[row >> 3]! &= ~(1 << (row & 7));
  }
  return bitmap;
}

/** Bits behind the last row are 0. */
function onesUpTo(rows: number): Uint8Array {
  const bitmap = new Uint8Array((rows + 7) >> 3).fill(255);
  if (rows % 8 !== 0) bitmap[bitmap.length - 1] = (1 << (rows & 7)) - 1;
  return bitmap;
}

function wideOf(values: Values, target: Target): Int32Array {
  const words = new Int32Array(target.rows * 2);
  const wide = new BigInt64Array(words.buffer);
  for (let row = 0; row < target.rows; row++) {
    const value = values[row];
    if (value === null || value === undefined) continue;
    if (typeof value === 'number' && Number.isSafeInteger(value)) {
      words[2 * row] = value % TWO_32;
      words[2 * row + 1] = Math.floor(value / TWO_32);
    } else if (typeof value === 'bigint' && value >= I64_MIN && value <= I64_MAX) wide[row] = value;
    else throw wrong(value, row, target);
  }
  return words;
}

function floatsOf(values: Values, target: Target): Float64Array {
  const floats = new Float64Array(target.rows);
  for (let row = 0; row < target.rows; row++) {
    const value = values[row];
    if (value === null || value === undefined) continue;
    if (typeof value !== 'number') throw wrong(value, row, target);
    floats[row] = value;
  }
  return floats;
}

function narrowOf(values: Values, target: Target): Int32Array {
  const words = new Int32Array(target.rows);
  for (let row = 0; row < target.rows; row++) {
    const value = values[row];
    if (value === null || value === undefined) continue;
    if (typeof value !== 'number' || (value | 0) !== value) throw wrong(value, row, target);
    words[row] = value;
  }
  return words;
}

function bitsOf(values: Values, target: Target): Uint8Array {
  if (target.type !== TYPE_BOOL) throw wrong(null, 0, target);
  const bits = new Uint8Array((target.rows + 7) >> 3);
  for (let row = 0; row < target.rows; row++) {
    const value = values[row];
    if (value === null || value === undefined || value === false) continue;
    if (value !== true) throw wrong(value, row, target);
    bits[row >> 3]! |= 1 << (row & 7);
  }
  return bits;
}

function textOf(values: Values, target: Target): Omit<ColumnBlocks, 'validity'> {
  const { rows } = target;
  const ids = new Int32Array(rows);
  const known = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    // a null refers to some entry too: ids are always in range
    const value = values[row] ?? '';
    if (typeof value !== 'string') throw wrong(value, row, target);
    let id = known.get(value);
    if (id === undefined) {
      id = known.size;
      known.set(value, id);
    }
    ids[row] = id;
  }
  const dictionary = FrameDictionary.fromStrings([...known.keys()]);
  // repeating values travel once; otherwise a dictionary only adds the ids
  if (rows > 0 && known.size * 2 <= rows) return { data: ids, text: undefined, dictionary };
  return { ...plainOf(ids, dictionary), dictionary: undefined };
}

function plainOf(ids: Int32Array, dictionary: FrameDictionary): { data: Int32Array; text: Uint8Array } {
  const data = new Int32Array(ids.length + 1);
  const { offsets, bytes } = dictionary;
  for (let row = 0; row < ids.length; row++) {
    data[row + 1] = data[row]! + offsets[ids[row]! + 1]! - offsets[ids[row]!]!;
  }
  const text = new Uint8Array(data[ids.length]!);
  for (let row = 0; row < ids.length; row++) {
    text.set(bytes.subarray(offsets[ids[row]!], offsets[ids[row]! + 1]), data[row]);
  }
  return { data, text };
}

function wrong(value: RowValue, row: number, target: Target): Error {
  const found = typeof value === 'number' ? `the number ${value}` : `a ${typeof value}`;
  return frameValueType(target.column, row, found, typeOfCode(target.type) ?? `type ${target.type}`);
}

/**
 * The keys of a frame's rows, compared where they lie: nothing is decoded to find a place in a block.
 *
 * The order is that of key-order.ts: nulls first, text by UTF-8 bytes, numbers by value with one zero and one NaN,
 * which comes last.
 */
import {
  COLUMN_BYTES_AT,
  COLUMN_DATA_AT,
  COLUMN_DICT_AT,
  COLUMN_DICT_BYTES_AT,
  COLUMN_DICT_COUNT_AT,
  COLUMN_ENCODING_AT,
  ENCODING_DICTIONARY,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_UTF8,
} from '../abi/index.ts';
import { tableBadFrame } from './errors.ts';
import { blockAt, columnOf, int32s, openFrame, validityAt } from './frame-columns.ts';
import type { FrameColumn } from './frame-columns.ts';

interface KeyColumn {
  readonly type: number;
  readonly frame: Uint8Array;
  /** Offset of the bitmap in the frame; 0 = no nulls. */
  readonly validityAt: number;
  /** Fixed width: the values. Text: where each entry ends. Bool: none. */
  readonly words: Int32Array;
  readonly floats: DataView;
  /** Bool: the bitmap. Text: the entries' bytes. */
  readonly bytesAt: number;
  /** Entries by row, of a dictionary. */
  readonly ids: Int32Array | undefined;
}

const NO_WORDS = new Int32Array(0);

export class FrameKeys {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly #columns: readonly KeyColumn[];

  /** `key`: places of the key columns in the frame; `types`: what they must be. Throws TABLE_BAD_FRAME. */
  constructor(bytes: Uint8Array, key: readonly number[], types: readonly number[]) {
    const open = openFrame(bytes);
    this.bytes = open.frame;
    this.rows = open.rows;
    this.#columns = key.map((place, index) => {
      if (place >= open.columns) {
        throw tableBadFrame(`a frame of ${open.columns} columns has no key column ${place}`, { place });
      }
      const column = columnOf(open, place);
      const type = open.view.getUint8(column.entryAt);
      if (type !== types[index]) {
        throw tableBadFrame(`key column ${place} has type ${type} instead of ${types[index]}`, { place });
      }
      return keyColumn(column, type);
    });
  }

  /** Below 0 when the key of `row` comes before that of the other's `otherRow`. */
  compare(row: number, other: FrameKeys, otherRow: number): number {
    for (let index = 0; index < this.#columns.length; index++) {
      const a = this.#columns[index]!;
      const b = other.#columns[index]!;
      const isPresent = present(a, row);
      const order = isPresent - present(b, otherRow) || (isPresent === 0 ? 0 : compareValues(a, row, b, otherRow));
      if (order !== 0) return order;
    }
    return 0;
  }

  /** The first row from `from` whose key is not below (`above`: is above) the other's. */
  search(other: FrameKeys, otherRow: number, { from = 0, above = false } = {}): number {
    let low = from;
    let high = this.rows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.compare(middle, other, otherRow);
      if (order < 0 || (above && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function keyColumn(column: FrameColumn, type: number): KeyColumn {
  const { frame, view, entryAt, rows } = column;
  const base = { type, frame, validityAt: validityAt(column), floats: view, ids: undefined };
  if (type === TYPE_BOOL) {
    return { ...base, words: NO_WORDS, bytesAt: blockAt(column, COLUMN_DATA_AT, (rows + 7) >> 3) };
  }
  if (type !== TYPE_UTF8) {
    const perRow = type === TYPE_I32 ? 1 : 2;
    const bytesAt = blockAt(column, COLUMN_DATA_AT, rows * perRow * 4);
    return { ...base, words: int32s(column, COLUMN_DATA_AT, rows * perRow), bytesAt };
  }
  if (view.getUint8(entryAt + COLUMN_ENCODING_AT) === ENCODING_DICTIONARY) {
    const count = view.getUint32(entryAt + COLUMN_DICT_COUNT_AT, true);
    const words = int32s(column, COLUMN_DICT_AT, count + 1);
    const bytesAt = blockAt(column, COLUMN_DICT_BYTES_AT, words[count]!);
    return { ...base, words, bytesAt, ids: int32s(column, COLUMN_DATA_AT, rows) };
  }
  const words = int32s(column, COLUMN_DATA_AT, rows + 1);
  return { ...base, words, bytesAt: blockAt(column, COLUMN_BYTES_AT, words[rows]!) };
}

function present({ frame, validityAt: at }: KeyColumn, row: number): number {
  return at === 0 ? 1 : (frame[at + (row >> 3)]! >> (row & 7)) & 1;
}

function compareValues(a: KeyColumn, row: number, b: KeyColumn, otherRow: number): number {
  switch (a.type) {
    case TYPE_UTF8:
      return compareTexts(a, row, b, otherRow);
    case TYPE_BOOL:
      return boolAt(a, row) - boolAt(b, otherRow);
    case TYPE_I32:
      return a.words[row]! - b.words[otherRow]!;
    case TYPE_F64:
      return compareFloats(floatAt(a, row), floatAt(b, otherRow));
    default: {
      const high = a.words[2 * row + 1]! - b.words[2 * otherRow + 1]!;
      return high === 0 ? (a.words[2 * row]! >>> 0) - (b.words[2 * otherRow]! >>> 0) : high;
    }
  }
}

function compareTexts(a: KeyColumn, row: number, b: KeyColumn, otherRow: number): number {
  const entryA = a.ids === undefined ? row : a.ids[row]!;
  const entryB = b.ids === undefined ? otherRow : b.ids[otherRow]!;
  let at = a.bytesAt + a.words[entryA]!;
  let otherAt = b.bytesAt + b.words[entryB]!;
  const bytes = a.words[entryA + 1]! - a.words[entryA]!;
  const otherBytes = b.words[entryB + 1]! - b.words[entryB]!;
  const end = at + Math.min(bytes, otherBytes);
  for (; at < end; at++, otherAt++) {
    const difference = a.frame[at]! - b.frame[otherAt]!;
    if (difference !== 0) return difference;
  }
  return bytes - otherBytes;
}

function boolAt({ frame, bytesAt }: KeyColumn, row: number): number {
  return (frame[bytesAt + (row >> 3)]! >> (row & 7)) & 1;
}

function floatAt({ floats, bytesAt }: KeyColumn, row: number): number {
  return floats.getFloat64(bytesAt + 8 * row, true);
}

function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

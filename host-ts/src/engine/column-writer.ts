/**
 * Writers of one column each: JavaScript values straight into the typed arrays that a frame's blocks are made of.
 *
 * Rows are put in order, from 0. Nulls (and undefined) get a bit in the validity bitmap and a zero as value. What does
 * not fit the column's type is ROW_VALUE_TYPE. A writer is used again for the next frame: its arrays are made once.
 * Each type has a class of its own, so that a call of `put` that sees one column sees one class.
 */
import { FRAME_ROWS_MAX, TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_I64, TYPE_TIMESTAMP, TYPE_UTF8 } from '../abi/index.ts';
import { invariant } from '../base/index.ts';
import { typeOfCode } from '../schema/index.ts';
import { frameValueType } from './errors.ts';
import type { ColumnBlocks } from './frame-builder.ts';
import { TextGatherer } from './text-gatherer.ts';

export interface ColumnWriter {
  /** The next row's value. Errors: ROW_VALUE_TYPE, which names row and column. */
  put(row: number, value: unknown): void;
  /** The blocks of the `rows` rows that were put, good until the next `put`, which begins a new column. */
  take(rows: number): ColumnBlocks;
}

const TWO_32 = 4294967296;

/** `type`: TYPE_…; `column` is its index, for errors; `rowsMax` rows at most are put. */
export function createColumnWriter(type: number, column: number, rowsMax: number = FRAME_ROWS_MAX): ColumnWriter {
  switch (type) {
    case TYPE_I64:
    case TYPE_TIMESTAMP:
      return new WideWriter(type, column, rowsMax);
    case TYPE_F64:
      return new FloatWriter(type, column, rowsMax);
    case TYPE_I32:
      return new NarrowWriter(type, column, rowsMax);
    case TYPE_UTF8:
      return new TextWriter(type, column, rowsMax);
    default:
      invariant(type === TYPE_BOOL, 'a column has an unknown type', { column, type });
      return new BitWriter(type, column, rowsMax);
  }
}

/** What the writers share: the bitmap and the error. */
class Nulls {
  readonly #type: number;
  readonly #column: number;
  /** Ones wherever no null was put. */
  readonly #bitmap: Uint8Array;
  #count = 0;

  constructor(type: number, column: number, rowsMax: number) {
    this.#type = type;
    this.#column = column;
    this.#bitmap = new Uint8Array((rowsMax + 7) >> 3).fill(255);
  }

  /** Notes a null; throws when the value is something else. */
  add(row: number, value: unknown): void {
    if (value !== null && value !== undefined) throw this.wrong(row, value);
    this.#bitmap[row >> 3]! &= ~(1 << (row & 7));
    this.#count += 1;
  }

  wrong(row: number, value: unknown): Error {
    const found = typeof value === 'number' ? `the number ${value}` : `a ${typeof value}`;
    return frameValueType(this.#column, row, found, typeOfCode(this.#type) ?? `type ${this.#type}`);
  }

  take(rows: number): Uint8Array | undefined {
    if (this.#count === 0) return undefined;
    const validity = this.#bitmap.slice(0, (rows + 7) >> 3);
    // bits behind the last row are 0
    if (rows % 8 !== 0) validity[rows >> 3]! &= (1 << (rows & 7)) - 1;
    this.#bitmap.fill(255);
    this.#count = 0;
    return validity;
  }
}

/** i64 and timestamp. Numbers are written as two halves: making a bigint per value is ten times slower. */
class WideWriter implements ColumnWriter {
  readonly #words: Int32Array;
  readonly #wide: BigInt64Array;
  readonly #nulls: Nulls;

  constructor(type: number, column: number, rowsMax: number) {
    this.#words = new Int32Array(rowsMax * 2);
    this.#wide = new BigInt64Array(this.#words.buffer);
    this.#nulls = new Nulls(type, column, rowsMax);
  }

  put(row: number, value: unknown): void {
    if (typeof value === 'number') {
      const low = value | 0;
      const high = Math.floor(value / TWO_32);
      if (!Number.isSafeInteger(value)) throw this.#nulls.wrong(row, value);
      this.#words[2 * row] = low;
      this.#words[2 * row + 1] = high;
    } else if (typeof value === 'bigint') {
      // the array keeps the low 64 bits: what comes back is another value if there were more
      this.#wide[row] = value;
      if (this.#wide[row] !== value) throw this.#nulls.wrong(row, value);
    } else {
      this.#wide[row] = 0n;
      this.#nulls.add(row, value);
    }
  }

  take(rows: number): ColumnBlocks {
    return blocks(this.#words.subarray(0, 2 * rows), this.#nulls.take(rows));
  }
}

class FloatWriter implements ColumnWriter {
  readonly #floats: Float64Array;
  readonly #nulls: Nulls;

  constructor(type: number, column: number, rowsMax: number) {
    this.#floats = new Float64Array(rowsMax);
    this.#nulls = new Nulls(type, column, rowsMax);
  }

  put(row: number, value: unknown): void {
    if (typeof value === 'number') {
      this.#floats[row] = value;
    } else {
      this.#floats[row] = 0;
      this.#nulls.add(row, value);
    }
  }

  take(rows: number): ColumnBlocks {
    return blocks(this.#floats.subarray(0, rows), this.#nulls.take(rows));
  }
}

class NarrowWriter implements ColumnWriter {
  readonly #words: Int32Array;
  readonly #nulls: Nulls;

  constructor(type: number, column: number, rowsMax: number) {
    this.#words = new Int32Array(rowsMax);
    this.#nulls = new Nulls(type, column, rowsMax);
  }

  put(row: number, value: unknown): void {
    if (typeof value === 'number') {
      if ((value | 0) !== value) throw this.#nulls.wrong(row, value);
      this.#words[row] = value;
    } else {
      this.#words[row] = 0;
      this.#nulls.add(row, value);
    }
  }

  take(rows: number): ColumnBlocks {
    return blocks(this.#words.subarray(0, rows), this.#nulls.take(rows));
  }
}

class BitWriter implements ColumnWriter {
  readonly #bits: Uint8Array;
  readonly #nulls: Nulls;

  constructor(type: number, column: number, rowsMax: number) {
    this.#bits = new Uint8Array((rowsMax + 7) >> 3);
    this.#nulls = new Nulls(type, column, rowsMax);
  }

  put(row: number, value: unknown): void {
    const at = row >> 3;
    const mask = 1 << (row & 7);
    if (value === true) {
      this.#bits[at]! |= mask;
    } else {
      this.#bits[at]! &= ~mask;
      if (value !== false) this.#nulls.add(row, value);
    }
  }

  take(rows: number): ColumnBlocks {
    const bits = this.#bits.slice(0, (rows + 7) >> 3);
    if (rows % 8 !== 0) bits[rows >> 3]! &= (1 << (rows & 7)) - 1;
    return blocks(bits, this.#nulls.take(rows));
  }
}

class TextWriter implements ColumnWriter {
  readonly #texts: TextGatherer;
  readonly #nulls: Nulls;

  constructor(type: number, column: number, rowsMax: number) {
    this.#texts = new TextGatherer(rowsMax);
    this.#nulls = new Nulls(type, column, rowsMax);
  }

  put(row: number, value: unknown): void {
    if (typeof value === 'string') {
      this.#texts.put(row, value);
    } else {
      this.#nulls.add(row, value);
      this.#texts.put(row, '');
    }
  }

  take(rows: number): ColumnBlocks {
    return { ...this.#texts.take(rows), validity: this.#nulls.take(rows) };
  }
}

function blocks(data: ColumnBlocks['data'], validity: Uint8Array | undefined): ColumnBlocks {
  return { data, validity, text: undefined, dictionary: undefined };
}

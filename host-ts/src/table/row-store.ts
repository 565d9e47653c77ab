/**
 * Rows in columns, as the host keeps them: what a table sink gathers between two barriers and what a table shows.
 *
 * A column is i32 words: one per row (bool, i32, id of a text) or two (i64, f64, timestamp: low, high), so that rows
 * move without touching BigInt or NaN bits. Texts lie in a pool per column, which several stores may share: their
 * rows then move from one to another as plain words.
 */
import { TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_TIMESTAMP, TYPE_UTF8 } from '../abi/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { appendFrame } from './frame-rows.ts';
import { keyWords, orderRows } from './key-order.ts';
import { TextPool } from './text-pool.ts';

export interface StoreColumn {
  readonly type: number;
  /** i32 words per row: 1 or 2. */
  readonly words: 1 | 2;
  /** i32[words · capacity]; unspecified at null rows. */
  values: Int32Array;
  /** u8[capacity], 1 = null; undefined while no null has come. */
  nulls: Uint8Array | undefined;
  /** Of a text column. */
  readonly pool: TextPool | undefined;
}

const CAPACITY_ROWS_MIN = 256;
const scratch = new DataView(new ArrayBuffer(8));

export class RowStore {
  readonly schema: Schema;
  /** Positions of the key columns, most significant first. */
  readonly key: readonly number[];
  readonly columns: readonly StoreColumn[];
  rows = 0;
  #capacity = CAPACITY_ROWS_MIN;

  /** `share`: a store whose text pools this one uses too. */
  constructor(schema: Schema, key: readonly number[], share?: RowStore) {
    this.schema = schema;
    this.key = key;
    this.columns = schemaTypeCodes(schema).map((type, index) => {
      const words = type === TYPE_BOOL || type === TYPE_I32 || type === TYPE_UTF8 ? 1 : 2;
      const pool = type === TYPE_UTF8 ? (share?.columns[index]?.pool ?? new TextPool()) : undefined;
      return { type, words, values: new Int32Array(CAPACITY_ROWS_MIN * words), nulls: undefined, pool };
    });
  }

  /**
   * Adds the rows of a frame (borrowed); throws TABLE_BAD_FRAME when its columns are others. `sources`: for each
   * column its place in the frame, when the frame has another order.
   */
  append(frame: Uint8Array, sources?: readonly number[]): void {
    appendFrame(this, frame, { sources });
  }

  /** Adds the rows of a store that shares this one's pools. */
  appendStore(other: RowStore): void {
    this.reserve(this.rows + other.rows);
    this.columns.forEach((column, index) => {
      const { values, nulls } = other.columns[index]!;
      column.values.set(values.subarray(0, other.rows * column.words), this.rows * column.words);
      if (nulls !== undefined) this.nullsOf(column).set(nulls.subarray(0, other.rows), this.rows);
      else column.nulls?.fill(0, this.rows, this.rows + other.rows);
    });
    this.rows += other.rows;
  }

  /** Room for `rows` in all. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, Math.ceil(this.#capacity * 1.5));
    for (const column of this.columns) {
      column.values = grown(column.values, this.#capacity * column.words);
      if (column.nulls !== undefined) column.nulls = grown(column.nulls, this.#capacity);
    }
  }

  /** The column's null marks, made when the first null comes. */
  nullsOf(column: StoreColumn): Uint8Array {
    return (column.nulls ??= new Uint8Array(this.#capacity));
  }

  /** Sorts by key; of rows with the same key the one that was added last stays. */
  sort(): void {
    const order = orderRows(keyWords(this.#keyColumns(), this.rows), this.rows);
    this.#capacity = Math.max(order.length, CAPACITY_ROWS_MIN);
    for (const column of this.columns) {
      column.values = gatherWords(column, order, this.#capacity);
      if (column.nulls !== undefined) column.nulls = gatherNulls(column.nulls, order, this.#capacity);
    }
    this.rows = order.length;
  }

  /**
   * Merges the rows of a sorted store (sharing this one's pools) into this sorted one, in place; they win over rows
   * with the same key.
   */
  merge(newer: RowStore): void {
    const places = this.#placesOf(newer);
    const inserted = places.reduce((sum, { same }) => sum + (same ? 0 : 1), 0);
    const rowsBefore = this.rows;
    this.reserve(rowsBefore + inserted);
    // from the back, so that every row moves once, by as many places as keys are inserted before it
    let end = rowsBefore;
    let shift = inserted;
    for (let row = newer.rows - 1; row >= 0; row--) {
      const { at, same } = places[row]!;
      this.#move(same ? at + 1 : at, end, shift);
      if (!same) shift--;
      this.#take(newer, row, at + shift);
      end = at;
    }
    this.rows = rowsBefore + inserted;
  }

  /** The first row whose key is not below that of `row` in `other`, searched in [from, rows). */
  #lowerBound(words: KeyReader, row: number, from: number): number {
    let low = from;
    let high = from + 1;
    // doubling steps first: neighbours of the last place are found quickly
    while (high < this.rows && words.compare(high, row) < 0) {
      low = high;
      high += high - from + 1;
    }
    high = Math.min(high, this.rows);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (words.compare(middle, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placesOf(newer: RowStore): { readonly at: number; readonly same: boolean }[] {
    const reader = new KeyReader(this.#keyColumns(), newer.#keyColumns());
    const places: { at: number; same: boolean }[] = [];
    let at = 0;
    for (let row = 0; row < newer.rows; row++) {
      at = this.#lowerBound(reader, row, at);
      places.push({ at, same: at < this.rows && reader.compare(at, row) === 0 });
    }
    return places;
  }

  /** The row whose key equals that of `other`'s row, or −1. */
  find(other: RowStore, row: number): number {
    const reader = new KeyReader(this.#keyColumns(), other.#keyColumns());
    const at = this.#lowerBound(reader, row, 0);
    return at < this.rows && reader.compare(at, row) === 0 ? at : -1;
  }

  #keyColumns(): readonly StoreColumn[] {
    return this.key.map((index) => this.columns[index]!);
  }

  #move(from: number, to: number, by: number): void {
    if (by === 0 || from === to) return;
    for (const { values, words, nulls } of this.columns) {
      values.copyWithin((from + by) * words, from * words, to * words);
      nulls?.copyWithin(from + by, from, to);
    }
  }

  #take(other: RowStore, row: number, at: number): void {
    for (let index = 0; index < this.columns.length; index++) {
      const column = this.columns[index]!;
      const source = other.columns[index]!;
      for (let word = 0; word < column.words; word++) {
        column.values[at * column.words + word] = source.values[row * column.words + word]!;
      }
      const isNull = source.nulls?.[row] === 1;
      if (isNull || column.nulls !== undefined) this.nullsOf(column)[at] = isNull ? 1 : 0;
    }
  }

  value(index: number, row: number): RowValue {
    const { type, values, nulls, pool } = this.columns[index]!;
    if (nulls?.[row] === 1) return null;
    if (type === TYPE_UTF8) return pool!.text(values[row]!);
    if (type === TYPE_BOOL) return values[row] === 1;
    if (type === TYPE_I32) return values[row]!;
    scratch.setInt32(0, values[2 * row]!, true);
    scratch.setInt32(4, values[2 * row + 1]!, true);
    if (type === TYPE_F64) return scratch.getFloat64(0, true);
    const value = scratch.getBigInt64(0, true);
    return type === TYPE_TIMESTAMP ? Number(value) : value;
  }

  /** One row as an object, columns in the schema's order. */
  row(row: number): Readonly<Record<string, RowValue>> {
    return Object.fromEntries(Object.keys(this.schema).map((name, index) => [name, this.value(index, row)]));
  }
}

/** Compares keys of two stores that share their pools. */
class KeyReader {
  readonly #pairs: readonly (readonly [StoreColumn, StoreColumn])[];
  readonly #ranks: readonly (Uint32Array | undefined)[];

  constructor(left: readonly StoreColumn[], right: readonly StoreColumn[]) {
    this.#pairs = left.map((column, index) => [column, right[index]!]);
    this.#ranks = left.map(({ pool }) => pool?.ranks());
  }

  compare(left: number, right: number): number {
    for (let index = 0; index < this.#pairs.length; index++) {
      const [a, b] = this.#pairs[index]!;
      const present = (a.nulls?.[left] === 1 ? 0 : 1) - (b.nulls?.[right] === 1 ? 0 : 1);
      if (present !== 0) return present;
      if (a.nulls?.[left] === 1) continue;
      const order = compareValues(a, b, { left, right, ranks: this.#ranks[index] });
      if (order !== 0) return order;
    }
    return 0;
  }
}

interface Places {
  readonly left: number;
  readonly right: number;
  readonly ranks: Uint32Array | undefined;
}

function compareValues(a: StoreColumn, b: StoreColumn, { left, right, ranks }: Places): number {
  if (ranks !== undefined) return ranks[a.values[left]!]! - ranks[b.values[right]!]!;
  if (a.words === 1) return a.values[left]! - b.values[right]!;
  if (a.type === TYPE_F64) return compareFloats(floatAt(a.values, left), floatAt(b.values, right));
  const high = a.values[2 * left + 1]! - b.values[2 * right + 1]!;
  return high === 0 ? (a.values[2 * left]! >>> 0) - (b.values[2 * right]! >>> 0) : high;
}

function floatAt(values: Int32Array, row: number): number {
  scratch.setInt32(0, values[2 * row]!, true);
  scratch.setInt32(4, values[2 * row + 1]!, true);
  return scratch.getFloat64(0, true);
}

function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

function gatherWords({ values, words }: StoreColumn, order: Uint32Array, capacity: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(capacity * words);
  if (words === 1) for (let row = 0; row < order.length; row++) out[row] = values[order[row]!]!;
  else {
    for (let row = 0; row < order.length; row++) {
      const at = 2 * order[row]!;
      out[2 * row] = values[at]!;
      out[2 * row + 1] = values[at + 1]!;
    }
  }
  return out;
}

function gatherNulls(nulls: Uint8Array, order: Uint32Array, capacity: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(capacity);
  for (let row = 0; row < order.length; row++) out[row] = nulls[order[row]!]!;
  return out;
}

function grown<T extends Int32Array | Uint8Array>(values: T, length: number): T {
  const out = new (values.constructor as new (length: number) => T)(length);
  out.set(values);
  return out;
}

// Tables on a disk in memory for tests: random rows, the rows that should be left of them, epochs and compactions as a
// coordinator commits them, and values that count what is fetched.
import { checksum } from '../../src/base/index.ts';
import { HeldValues, MemoryCheckpointStorage, MemoryDisk } from '../../src/checkpoint/index.ts';
import type { ReadValues, TableSegment } from '../../src/checkpoint/index.ts';
import { bool, columnIndex, f64, i32, i64, timestamp, utf8 } from '../../src/schema/index.ts';
import type { RowValue, Schema } from '../../src/schema/index.ts';
import { encodeRows, encodeSegments, RowStore, Table } from '../../src/table/index.ts';
import type { SegmentBytes, SegmentSizes } from '../../src/table/index.ts';
import { appendValue } from '../../src/table/row-value.ts';

export type Row = Readonly<Record<string, RowValue>>;

export const SCHEMA = { city: utf8(), at: timestamp(), n: i64(), x: f64(), ok: bool(), small: i32() } satisfies Schema;
export const CITIES = [
  '',
  'ABE',
  'AB',
  'Zürich',
  '\uff61half',
  '🛫plane',
  'San Francisco Intl',
  'San Francisco International',
];

export function random(seed: number): () => number {
  let state = seed;
  return () => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 8) / 2 ** 24;
}

export function makeRows(count: number, next: () => number): Row[] {
  const maybe = (value: RowValue): RowValue => (next() < 0.1 ? null : value);
  return Array.from({ length: count }, () => ({
    city: maybe(CITIES[Math.floor(next() * CITIES.length)]!),
    at: maybe(Math.floor((next() - 0.3) * 50) * 3_600_000),
    n: maybe(BigInt(Math.floor((next() - 0.5) * 1e6)) * 10_000_000_000n),
    x: maybe((next() - 0.5) * 1e-3),
    ok: maybe(next() < 0.5),
    small: maybe(Math.floor((next() - 0.5) * 4e9)),
  }));
}

export function storeOf(schema: Schema, key: readonly number[], rows: readonly Row[]): RowStore {
  const store = new RowStore(schema, key);
  for (const row of rows) {
    store.reserve(store.rows + 1);
    Object.keys(schema).forEach((name, index) => appendValue(store, { index, value: row[name]!, table: 't' }));
    store.rows++;
  }
  return store;
}

function compareValue(a: RowValue, b: RowValue): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (Number.isNaN(a) || Number.isNaN(b)) return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function compareRows(key: readonly string[]): (a: Row, b: Row) => number {
  return (a, b) => {
    for (const name of key) {
      const order = compareValue(a[name]!, b[name]!);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** The rows that should be left, in order: the last one of each key. */
export function expected(rows: readonly Row[], key: readonly string[]): Row[] {
  const last = new Map<string, Row>();
  const id = (row: Row): string => key.map((name) => `${typeof row[name]}${String(row[name])}`).join('|');
  for (const row of rows) last.set(id(row), row);
  return [...last.values()].sort(compareRows(key));
}

export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Values that count what is fetched of them. */
export class CountedValues implements ReadValues {
  readonly held: HeldValues;
  fetchedBytes = 0;
  fetches = 0;

  constructor(held: HeldValues) {
    this.held = held;
  }

  getValue(name: string): Promise<Uint8Array> {
    return this.#counted(this.held.getValue(name));
  }

  getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    return this.#counted(this.held.getPart(name, at, bytes));
  }

  hold(names: readonly string[]): () => void {
    return this.held.hold(names);
  }

  async #counted(bytes: Promise<Uint8Array>): Promise<Uint8Array> {
    const { length } = await bytes;
    this.fetchedBytes += length;
    this.fetches += 1;
    return bytes;
  }
}

export interface StoredTableOptions extends SegmentSizes {
  readonly key?: readonly string[];
  readonly viewBytesMax?: number;
}

export class StoredTable {
  readonly disk = new MemoryDisk();
  readonly held = new HeldValues(new MemoryCheckpointStorage(this.disk));
  readonly values = new CountedValues(this.held);
  readonly table: Table;
  /** All that were committed. */
  readonly rows: Row[] = [];
  readonly key: readonly string[];
  readonly #sizes: SegmentSizes;
  #sequence = 0;

  constructor({ key = ['city', 'at'], viewBytesMax, ...sizes }: StoredTableOptions = {}) {
    this.key = key;
    this.#sizes = sizes;
    this.table = new Table({
      name: 'cities',
      schema: SCHEMA,
      key,
      values: this.values,
      ...(viewBytesMax !== undefined && { viewBytesMax }),
    });
  }

  /** Every slot's rows, whose keys are disjoint in life. `single`: as manifests of version 1 have segments. */
  commit(epoch: number, ofSlots: readonly (readonly Row[])[], form: 'blocks' | 'single' = 'blocks'): TableSegment[] {
    const segments = ofSlots.flatMap((rows, slot) => {
      this.rows.push(...rows);
      const store = storeOf(SCHEMA, this.#places(), rows);
      store.sort();
      return this.store(form === 'blocks' ? encodeSegments(store, this.#sizes) : singles(store), { epoch, slot });
    });
    this.table.addSegments(epoch, segments);
    return segments;
  }

  store(
    segments: Iterable<Pick<SegmentBytes, 'bytes' | 'rows'> & Partial<SegmentBytes>>,
    at: { readonly epoch: number; readonly slot: number },
  ): TableSegment[] {
    return [...segments].map(({ bytes, rows, index }) => {
      const value = `e${at.epoch}-s${at.slot}-${this.#sequence++}`;
      this.disk.values.set(value, bytes);
      return { value, bytes: bytes.length, rows, sum: checksum(bytes), ...(index && { index }), ...at };
    });
  }

  /** As the compactor does: the merged segments take the place of these. */
  async compact(replaced: readonly TableSegment[]): Promise<readonly TableSegment[]> {
    const epoch = Math.max(...replaced.map((segment) => segment.epoch));
    const merged = this.store(await allOf(this.table.compact(replaced)), { epoch, slot: 0 });
    this.table.replaceSegments(replaced, merged);
    return merged;
  }

  /** The newest row of every key, in order. */
  expected(): Row[] {
    return expected(this.rows, this.key);
  }

  #places(): readonly number[] {
    return this.key.map((name) => columnIndex(SCHEMA, name));
  }
}

function* singles(store: RowStore): Generator<Pick<SegmentBytes, 'bytes' | 'rows'>> {
  const half = Math.ceil(store.rows / 2);
  if (half > 0) yield { bytes: encodeRows(store, 0, half), rows: half };
  if (store.rows > half) yield { bytes: encodeRows(store, half, store.rows), rows: store.rows - half };
}

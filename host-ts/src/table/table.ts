/**
 * A table as the coordinator holds it: committed segments by name, and ways to read them.
 *
 * Within an epoch the slots' keys are disjoint; of two epochs the newer wins. Rows are read by merging the segments
 * piece by piece (table-scan.ts), in bounded memory whatever the table's size. A table that is small enough is kept
 * sorted in memory besides (table-view.ts), from the first lookup on: counts, pages by offset and rows by key are
 * then immediate.
 */
import type { ReadValues, TableSegment } from '../checkpoint/index.ts';
import { STORED_VALUE_BYTES, TABLE_VIEW_BYTES_MAX } from '../base/index.ts';
import { columnIndex } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { tableKeyInvalid } from './errors.ts';
import { appendFrame } from './frame-rows.ts';
import { appendValue } from './row-value.ts';
import { RowStore } from './row-store.ts';
import { encodeRows, encodeSegments, estimateBytes } from './segment.ts';
import type { SegmentBytes } from './segment.ts';
import { SegmentMerge } from './segment-merge.ts';
import { SegmentReader } from './segment-reader.ts';
import { TableScan } from './table-scan.ts';
import { TableView } from './table-view.ts';

export type TableRow = Readonly<Record<string, RowValue>>;
/** One value per key column. */
export type TableKey = readonly RowValue[];

export interface ScanOptions {
  /** Rows behind this key only. */
  readonly after?: TableKey;
  readonly offset?: number;
  readonly limit?: number;
}

export interface TableInit {
  readonly name: string;
  /** The table's columns, key first. */
  readonly schema: Schema;
  readonly key: readonly string[];
  readonly values: ReadValues;
  /** Stored bytes up to which the rows are kept in memory. */
  readonly viewBytesMax?: number;
}

/** A table's columns: the key's first, then the others in the order of the rows that feed it. */
export function tableSchema(rows: Schema, key: readonly string[]): Schema {
  const rest = Object.keys(rows).filter((name) => !key.includes(name));
  return Object.fromEntries([...key, ...rest].map((name) => [name, rows[name]!]));
}

/** Rows that a scan returns unless told. */
const SCAN_ROWS = 1_000;

export class Table {
  readonly name: string;
  readonly schema: Schema;
  readonly keyColumns: readonly string[];
  readonly #key: readonly number[];
  readonly #reader: SegmentReader;
  readonly #view: TableView;
  readonly #viewBytesMax: number;
  /** Oldest epoch first. */
  #segments: readonly TableSegment[] = [];
  #count: { readonly of: readonly TableSegment[]; readonly rows: Promise<number> } | undefined;

  constructor({ name, schema, key: keyColumns, values, viewBytesMax = TABLE_VIEW_BYTES_MAX }: TableInit) {
    this.name = name;
    this.schema = schema;
    this.keyColumns = keyColumns;
    const key = keyColumns.map((column) => columnIndex(schema, column));
    if (key.length === 0 || key.includes(-1)) {
      throw tableKeyInvalid(name, `key (${keyColumns.join(', ')}) is not among (${Object.keys(schema).join(', ')})`);
    }
    this.#key = key;
    this.#viewBytesMax = viewBytesMax;
    this.#reader = new SegmentReader({ table: name, schema, key, values });
    this.#view = new TableView({ table: name, schema, key, values });
  }

  /** Segments that an epoch committed. Epochs come in ascending order, each segment once. */
  addSegments(epoch: number, segments: readonly TableSegment[]): void {
    const added = segments.map((segment) => ({ ...segment, epoch }));
    this.#segments = [...this.#segments, ...added];
    this.#view.add(added);
  }

  /** Begins anew with these segments (of any epochs): at a start from a checkpoint. */
  reset(segments: readonly TableSegment[]): void {
    this.#reader.forget(this.#segments);
    this.#segments = [...segments].sort((a, b) => a.epoch - b.epoch);
    this.#view.reset(this.#segments);
  }

  /** After a compaction: `merged` holds the rows of `replaced`. What readers see does not change. */
  replaceSegments(replaced: readonly TableSegment[], merged: readonly TableSegment[]): void {
    const gone = new Set(replaced.map(({ value }) => value));
    const place = this.#segments.findIndex(({ value }) => gone.has(value));
    const kept = this.#segments.filter(({ value }) => !gone.has(value));
    const before = this.#segments;
    this.#segments = [...kept.slice(0, Math.max(0, place)), ...merged, ...kept.slice(Math.max(0, place))];
    if (this.#count?.of === before) this.#count = { ...this.#count, of: this.#segments };
    this.#reader.forget(replaced);
    this.#view.replace(gone, merged);
  }

  /** All committed segments, oldest epoch first: what the manifest names. */
  get segments(): readonly TableSegment[] {
    return this.#segments;
  }

  columns(): readonly { readonly name: string; readonly type: string }[] {
    return Object.entries(this.schema).map(([name, { type }]) => ({ name, type }));
  }

  /** Of a table that is not kept in memory the rows are counted by a scan, once per epoch. */
  async rowCount(): Promise<number> {
    if (this.#isSmall()) return (await this.#view.current()).rows;
    const of = this.#segments;
    if (this.#count?.of !== of) {
      const rows = this.#counted();
      this.#count = { of, rows };
      rows.catch(() => (this.#count = undefined)); // told to those who wait; the next one tries again
    }
    return this.#count.rows;
  }

  /** The row of a key (one value per key column), or undefined. Throws TABLE_KEY_INVALID. */
  async get(key: TableKey): Promise<TableRow | undefined> {
    if (this.#isSmall()) {
      const view = await this.#view.current();
      const probe = this.#probe(key, view);
      const row = view.find(probe, 0);
      return row < 0 ? undefined : view.row(row);
    }
    const probe = this.#reader.keys(encodeRows(this.#probe(key), 0, 1));
    const segments = this.#segments;
    const found = await this.#holding(segments, () => new SegmentMerge(this.#reader, segments).find(probe));
    return found?.row(0);
  }

  /** Rows in key order, at most `limit` (1,000 unless told), behind the key `after`, from `offset`. */
  async scan({ limit = SCAN_ROWS, offset = 0, after }: ScanOptions = {}): Promise<readonly TableRow[]> {
    if (after === undefined && this.#isSmall()) {
      const view = await this.#view.current();
      const from = Math.min(view.rows, Math.max(0, offset));
      const to = Math.min(view.rows, from + Math.max(0, limit));
      return Array.from({ length: to - from }, (_, at) => view.row(from + at));
    }
    const rows: TableRow[] = [];
    for await (const { store, from, to } of this.read({ limit, offset, ...(after && { after }) })) {
      for (let row = from; row < to; row++) rows.push(store.row(row));
    }
    return rows;
  }

  /** The same rows, all unless told, as they are read from storage: see TableScan. Throws TABLE_KEY_INVALID. */
  read({ after, offset, limit }: ScanOptions = {}): TableScan {
    const place = after && { keys: this.#reader.keys(encodeRows(this.#probe(after), 0, 1)), above: true };
    return new TableScan(this.#reader, this.#segments, { after: place, offset, limit });
  }

  /** The same as frames, each of its own memory. It begins when the first one is asked for. */
  async *readFrames(options: ScanOptions = {}): AsyncGenerator<Uint8Array> {
    for await (const { store, from, to } of this.read(options)) yield encodeRows(store, from, to);
  }

  /** The whole table as frames in key order. */
  async frames(): Promise<readonly Uint8Array[]> {
    const frames: Uint8Array[] = [];
    for await (const frame of this.readFrames()) frames.push(frame);
    return frames;
  }

  /** The rows of some segments, coalesced by key and in key order: what a subscriber is told. */
  async rowsOf(segments: readonly TableSegment[]): Promise<RowStore> {
    const store = new RowStore(this.schema, this.#key);
    for await (const { store: rows, from, to } of new TableScan(this.#reader, segments)) {
      appendFrame(store, encodeRows(rows, from, to));
    }
    return store;
  }

  /** The rows of these segments as fewer, larger ones (their bytes; the caller stores and names them). */
  async *compact(segments: readonly TableSegment[]): AsyncGenerator<SegmentBytes> {
    let open = new RowStore(this.schema, this.#key);
    for await (const { store, from, to } of new TableScan(this.#reader, segments)) {
      appendFrame(open, encodeRows(store, from, to));
      if (estimateBytes(open) < STORED_VALUE_BYTES) continue;
      yield* encodeSegments(open);
      open = new RowStore(this.schema, this.#key);
    }
    yield* encodeSegments(open);
  }

  #isSmall(): boolean {
    const bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    if (bytes <= this.#viewBytesMax) return true;
    this.#view.clear(this.#segments);
    return false;
  }

  async #counted(): Promise<number> {
    let rows = 0;
    for await (const { from, to } of this.read()) rows += to - from;
    return rows;
  }

  async #holding<Result>(segments: readonly TableSegment[], step: () => Promise<Result>): Promise<Result> {
    const letGo = this.#reader.init.values.hold(segments.map(({ value }) => value));
    try {
      return await step();
    } finally {
      letGo();
    }
  }

  /** A store whose only row has this key. */
  #probe(key: TableKey, share?: RowStore): RowStore {
    if (key.length !== this.#key.length) {
      throw tableKeyInvalid(this.name, `a key has ${this.#key.length} values, not ${key.length}`);
    }
    const probe = new RowStore(this.schema, this.#key, share);
    probe.reserve(1);
    this.#key.forEach((index, at) => appendValue(probe, { index, value: key[at] ?? null, table: this.name }));
    probe.rows = 1;
    return probe;
  }
}

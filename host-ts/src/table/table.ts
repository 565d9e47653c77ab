/**
 * A table as the coordinator holds it: committed segments by name, and a view of them that is made when someone
 * reads.
 *
 * The view is one sorted store. New epochs are merged into it in place: a reader after an epoch pays for the rows of
 * the epoch and one move of the rows behind them. Within an epoch the slots' keys are disjoint; of two epochs the
 * newer wins. Until the first read only the segments' names are held.
 */
import { checksum } from '../base/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import { columnIndex } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { tableKeyInvalid, tableSegmentDamaged } from './errors.ts';
import { appendFrame, framesOf } from './frame-rows.ts';
import { appendValue } from './row-value.ts';
import { RowStore } from './row-store.ts';
import { encodeRows, encodeSegments } from './segment.ts';

export type TableRow = Readonly<Record<string, RowValue>>;
/** Fetches a stored value. */
export type LoadValue = (value: string) => Promise<Uint8Array>;

/** A table's columns: the key's first, then the others in the order of the rows that feed it. */
export function tableSchema(rows: Schema, key: readonly string[]): Schema {
  const rest = Object.keys(rows).filter((name) => !key.includes(name));
  return Object.fromEntries([...key, ...rest].map((name) => [name, rows[name]!]));
}

const FRAME_ROWS = 1 << 15;
/** Above this share of the view a batch of new rows is cheaper to sort in than to merge in. */
const MERGE_SHARE_MAX = 1 / 8;

export class Table {
  readonly name: string;
  readonly schema: Schema;
  readonly keyColumns: readonly string[];
  readonly #key: readonly number[];
  readonly #load: LoadValue;
  #segments: TableSegment[] = [];
  /** Segments that the view does not hold yet, by epoch. */
  #pending: TableSegment[] = [];
  #view: RowStore;
  #refreshing: Promise<void> = Promise.resolve();

  /** `schema`: the table's columns, key first; `load`: how stored values are fetched. */
  constructor(name: string, schema: Schema, keyColumns: readonly string[], load: LoadValue) {
    this.name = name;
    this.schema = schema;
    this.keyColumns = keyColumns;
    this.#key = keyColumns.map((column) => columnIndex(schema, column));
    if (this.#key.length === 0 || this.#key.includes(-1)) {
      throw tableKeyInvalid(name, `key (${keyColumns.join(', ')}) is not among (${Object.keys(schema).join(', ')})`);
    }
    this.#load = load;
    this.#view = new RowStore(schema, this.#key);
  }

  /** Segments that an epoch committed. Epochs come in ascending order, each segment once. */
  addSegments(epoch: number, segments: readonly TableSegment[]): void {
    const added = segments.map((segment) => ({ ...segment, epoch }));
    this.#segments.push(...added);
    this.#pending.push(...added);
  }

  /** Begins anew with these segments (of any epochs): at a start from a checkpoint. */
  reset(segments: readonly TableSegment[]): void {
    this.#segments = [...segments].sort((a, b) => a.epoch - b.epoch);
    this.#pending = [...this.#segments];
    this.#view = new RowStore(this.schema, this.#key);
  }

  /** After a compaction: `merged` holds the rows of `replaced`. What readers see does not change. */
  replaceSegments(replaced: readonly TableSegment[], merged: readonly TableSegment[]): void {
    const gone = new Set(replaced.map(({ value }) => value));
    const place = this.#segments.findIndex(({ value }) => gone.has(value));
    const kept = this.#segments.filter(({ value }) => !gone.has(value));
    this.#segments = [...kept.slice(0, Math.max(0, place)), ...merged, ...kept.slice(Math.max(0, place))];
    const pending = this.#pending.filter(({ value }) => !gone.has(value));
    if (pending.length === this.#pending.length) return;
    // a part of what was merged is in the view already; having it again changes nothing
    this.#pending = [...merged, ...pending].sort((a, b) => a.epoch - b.epoch);
  }

  /** All committed segments, oldest epoch first: what the manifest names. */
  get segments(): readonly TableSegment[] {
    return this.#segments;
  }

  columns(): readonly { readonly name: string; readonly type: string }[] {
    return Object.entries(this.schema).map(([name, { type }]) => ({ name, type }));
  }

  async rowCount(): Promise<number> {
    return (await this.#current()).rows;
  }

  /** The row of a key (one value per key column), or undefined. Throws TABLE_KEY_INVALID. */
  async get(key: readonly RowValue[]): Promise<TableRow | undefined> {
    const view = await this.#current();
    if (key.length !== this.#key.length) {
      throw tableKeyInvalid(this.name, `a key has ${this.#key.length} values, not ${key.length}`);
    }
    const probe = new RowStore(this.schema, this.#key, view);
    probe.reserve(1);
    this.#key.forEach((index, at) => appendValue(probe, { index, value: key[at] ?? null, table: this.name }));
    probe.rows = 1;
    const row = view.find(probe, 0);
    return row < 0 ? undefined : view.row(row);
  }

  /** Rows in key order, at most `limit` (1,000 unless told), from `offset`. */
  async scan(options: { readonly offset?: number; readonly limit?: number } = {}): Promise<readonly TableRow[]> {
    const view = await this.#current();
    const from = Math.min(view.rows, Math.max(0, options.offset ?? 0));
    const to = Math.min(view.rows, from + Math.max(0, options.limit ?? 1_000));
    return Array.from({ length: to - from }, (_, at) => view.row(from + at));
  }

  /** The whole table as frames in key order. */
  async frames(): Promise<readonly Uint8Array[]> {
    return [...(await this.frameStream())];
  }

  /** The same, each frame made when it is asked for. The table must not be read otherwise in between. */
  async frameStream(): Promise<Iterable<Uint8Array>> {
    return frameRanges(await this.#current());
  }

  /** The rows of some segments, coalesced by key and in key order: what a subscriber is told. */
  async rowsOf(segments: readonly TableSegment[]): Promise<RowStore> {
    const store = new RowStore(this.schema, this.#key);
    await this.#appendAll(store, segments);
    store.sort();
    return store;
  }

  /** The rows of these segments as fewer, larger ones (their bytes; the caller stores and names them). */
  async compact(segments: readonly TableSegment[]): Promise<readonly { bytes: Uint8Array; rows: number }[]> {
    return [...encodeSegments(await this.rowsOf(segments))];
  }

  async #current(): Promise<RowStore> {
    // one refresh at a time; a failed one leaves its segments pending and fails its own caller only
    const turn = this.#refreshing.then(() => this.#refresh());
    this.#refreshing = turn.catch(() => undefined);
    await turn;
    return this.#view;
  }

  async #refresh(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      const view = this.#view;
      const newer = new RowStore(this.schema, this.#key, view);
      try {
        await this.#appendAll(newer, batch);
      } catch (error) {
        if (this.#view === view) throw error; // else the segments are no longer the table's, and may be gone
      }
      if (this.#view !== view) continue; // reset meanwhile
      this.#pending = this.#pending.filter((segment) => !batch.includes(segment));
      newer.sort();
      if (view.rows === 0) this.#view = newer;
      else if (newer.rows <= view.rows * MERGE_SHARE_MAX) view.merge(newer);
      else {
        view.appendStore(newer);
        view.sort();
      }
    }
  }

  async #appendAll(store: RowStore, segments: readonly TableSegment[]): Promise<void> {
    for (const { value, sum } of segments) {
      const bytes = await this.#load(value);
      if (sum !== undefined && checksum(bytes) !== sum) throw tableSegmentDamaged(this.name, value);
      for (const frame of framesOf(bytes)) appendFrame(store, frame);
    }
  }
}

function* frameRanges(view: RowStore): Generator<Uint8Array> {
  for (let from = 0; from < view.rows; from += FRAME_ROWS) {
    yield encodeRows(view, from, Math.min(view.rows, from + FRAME_ROWS));
  }
}

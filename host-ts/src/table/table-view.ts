/**
 * A small table in memory: one sorted store of all its rows.
 *
 * It is made when someone looks something up. New epochs are merged into it in place: a reader after an epoch pays
 * for the rows of the epoch and one move of the rows behind them. Until the first lookup only the segments' names
 * are held.
 */
import { checksum } from '../base/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import { tableSegmentDamaged } from './errors.ts';
import { appendFrame, framesOf } from './frame-rows.ts';
import { RowStore } from './row-store.ts';
import type { SegmentReaderInit } from './segment-reader.ts';

/** Above this share of the view a batch of new rows is cheaper to sort in than to merge in. */
const MERGE_SHARE_MAX = 1 / 8;

export class TableView {
  readonly #init: SegmentReaderInit;
  /** Segments that the store does not hold yet, by epoch. */
  #pending: readonly TableSegment[] = [];
  #store: RowStore;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(init: SegmentReaderInit) {
    this.#init = init;
    this.#store = this.#emptyStore();
  }

  add(segments: readonly TableSegment[]): void {
    this.#pending = [...this.#pending, ...segments];
  }

  /** Begins anew; `segments`: oldest epoch first. */
  reset(segments: readonly TableSegment[]): void {
    this.#pending = [...segments];
    this.#store = this.#emptyStore();
  }

  /** Gives its memory back: the table has become too large. */
  clear(segments: readonly TableSegment[]): void {
    if (this.#store.rows > 0) this.reset(segments);
  }

  replace(gone: ReadonlySet<string>, merged: readonly TableSegment[]): void {
    const pending = this.#pending.filter(({ value }) => !gone.has(value));
    if (pending.length === this.#pending.length) return;
    // a part of what was merged is in the store already; having it again changes nothing
    this.#pending = [...merged, ...pending].sort((a, b) => a.epoch - b.epoch);
  }

  /** The rows of all segments. One refresh at a time; a failed one leaves its segments and fails its own caller only. */
  async current(): Promise<RowStore> {
    const turn = this.#refreshing.then(() => this.#refresh());
    this.#refreshing = turn.catch(() => undefined);
    await turn;
    return this.#store;
  }

  #emptyStore(): RowStore {
    return new RowStore(this.#init.schema, this.#init.key);
  }

  async #refresh(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      const store = this.#store;
      const { schema, key } = this.#init;
      const newer = new RowStore(schema, key, store);
      await this.#appendAll(newer, batch);
      if (this.#store !== store) continue; // reset meanwhile
      this.#pending = this.#pending.filter((segment) => !batch.includes(segment));
      newer.sort();
      if (store.rows === 0) this.#store = newer;
      else if (newer.rows <= store.rows * MERGE_SHARE_MAX) store.merge(newer);
      else {
        store.appendStore(newer);
        store.sort();
      }
    }
  }

  async #appendAll(store: RowStore, segments: readonly TableSegment[]): Promise<void> {
    const { table, values } = this.#init;
    const letGo = values.hold(segments.map(({ value }) => value));
    try {
      for (const { value, sum, index } of segments) {
        const bytes = await values.getValue(value);
        if (sum !== undefined && checksum(bytes) !== sum) throw tableSegmentDamaged(table, value);
        for (const frame of framesOf(bytes.subarray(0, index?.at))) appendFrame(store, frame);
      }
    } finally {
      letGo();
    }
  }
}

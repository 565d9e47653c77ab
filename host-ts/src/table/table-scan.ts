/**
 * One pass over a table's rows in key order: a bounded number of bytes at a time, all of one published epoch.
 *
 * It reads the segments that were committed when it began, and holds them (checkpoint/held-values.ts): new epochs,
 * compactions and restarts of the job change the table's list and not this one. It is pulled: what nobody asks for
 * is not fetched. It lets its segments go at its end, at a failure, and when it is closed; whoever does not read it
 * to the end has to close it.
 */
import type { TableSegment } from '../checkpoint/index.ts';
import type { RowStore } from './row-store.ts';
import type { KeyPlace } from './run-cursor.ts';
import { SegmentMerge } from './segment-merge.ts';
import type { SegmentReader } from './segment-reader.ts';

/** Rows [from, to) of a store, at least one. Valid until the next ones are asked for. */
export interface RowRange {
  readonly store: RowStore;
  readonly from: number;
  readonly to: number;
}

export interface ScanRange {
  /** Rows behind this key only. */
  readonly after?: KeyPlace | undefined;
  /** Rows to leave out, of those behind `after`; they are read all the same. */
  readonly offset?: number | undefined;
  /** Rows at most; all unless told. */
  readonly limit?: number | undefined;
}

export class TableScan implements AsyncIterable<RowRange> {
  readonly #merge: SegmentMerge;
  readonly #after: KeyPlace | undefined;
  readonly #letGo: () => void;
  #skip: number;
  #left: number;
  #phase: 'fresh' | 'open' | 'closed' = 'fresh';

  constructor(reader: SegmentReader, segments: readonly TableSegment[], range: ScanRange = {}) {
    const { after, offset = 0, limit = Infinity } = range;
    this.#merge = new SegmentMerge(reader, segments);
    this.#after = after;
    this.#skip = Math.max(0, offset);
    this.#left = Math.max(0, limit);
    this.#letGo = reader.init.values.hold(segments.map(({ value }) => value));
  }

  /** Bytes of stored blocks in memory. */
  get heldBytes(): number {
    return this.#phase === 'closed' ? 0 : this.#merge.heldBytes;
  }

  /** The next rows; undefined at the end. Not to be called again before it has settled. */
  async next(): Promise<RowRange | undefined> {
    try {
      const rows = await this.#nextRange();
      if (rows === undefined) this.close();
      return rows;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#phase = 'closed';
    this.#letGo();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RowRange> {
    try {
      for (let rows = await this.next(); rows !== undefined; rows = await this.next()) yield rows;
    } finally {
      this.close();
    }
  }

  async #nextRange(): Promise<RowRange | undefined> {
    if (this.#phase === 'fresh') {
      this.#phase = 'open';
      if (this.#after !== undefined) await this.#merge.seek(this.#after);
    }
    while (this.#phase === 'open' && this.#left > 0) {
      const store = await this.#merge.next();
      if (store === undefined) return undefined;
      const from = Math.min(this.#skip, store.rows);
      const to = Math.min(store.rows, from + this.#left);
      this.#skip -= from;
      this.#left -= to - from;
      if (to > from) return { store, from, to };
    }
    return undefined;
  }
}

/**
 * Tells subscribers of a table what each epoch changed: coalesced by key, at most TABLE_UPDATES_PER_SECOND_MAX times
 * a second and CHANGED_ROWS_MAX rows at a time (more rows follow with the next notifications).
 */
import { TABLE_UPDATES_PER_SECOND_MAX } from '../base/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import type { Timers } from '../platform/index.ts';
import type { RowStore } from './row-store.ts';
import type { Table, TableRow } from './table.ts';

/** Rows of one notification: they cross a worker boundary as objects. */
const CHANGED_ROWS_MAX = 5_000;

export interface TableChange {
  readonly epoch: number;
  readonly rows: readonly TableRow[];
  readonly rowCount: number;
}

export class TableFeed {
  readonly #table: Table;
  readonly #timers: Timers;
  readonly #failed: (error: unknown) => void;
  readonly #listeners = new Set<(change: TableChange) => void>();
  #waiting: TableSegment[] = [];
  #rest: { readonly store: RowStore; readonly epoch: number; at: number } | undefined;
  #busy = false;

  /** `failed` is told when a segment cannot be read. */
  constructor(table: Table, timers: Timers, failed: (error: unknown) => void) {
    this.#table = table;
    this.#timers = timers;
    this.#failed = failed;
  }

  /** Returns how to stop. */
  subscribe(listener: (change: TableChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#waiting = [];
      this.#rest = undefined;
    };
  }

  /** After `table.addSegments` of the same segments. */
  committed(epoch: number, segments: readonly TableSegment[]): void {
    if (this.#listeners.size === 0 || segments.length === 0) return;
    this.#waiting.push(...segments.map((segment) => ({ ...segment, epoch })));
    this.#start();
  }

  #start(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#notify().then(
      () => this.#timers.after(1000 / TABLE_UPDATES_PER_SECOND_MAX, () => this.#next()),
      (error: unknown) => {
        this.#busy = false;
        this.#failed(error);
      },
    );
  }

  #next(): void {
    this.#busy = false;
    if (this.#waiting.length > 0 || this.#rest !== undefined) this.#start();
  }

  async #notify(): Promise<void> {
    if (this.#rest === undefined) {
      const segments = this.#waiting;
      this.#waiting = [];
      const epoch = Math.max(...segments.map((segment) => segment.epoch));
      this.#rest = { store: await this.#table.rowsOf(segments), epoch, at: 0 };
    }
    const { store, epoch, at } = this.#rest;
    const to = Math.min(store.rows, at + CHANGED_ROWS_MAX);
    const rows = Array.from({ length: to - at }, (_, index) => store.row(at + index));
    this.#rest.at = to;
    if (to === store.rows) this.#rest = undefined;
    const rowCount = await this.#table.rowCount();
    for (const listener of this.#listeners) listener({ epoch, rows, rowCount });
  }
}

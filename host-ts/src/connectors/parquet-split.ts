/**
 * Reads one row group: pages of all columns are decoded ahead of the rows that have been polled, a bounded number
 * of rows, and frames are cut out of them. The position is the row in the row group.
 */
import type { Json } from '../base/index.ts';
import type { ColumnSlice, WordPool } from './column-batch.ts';
import type { PollResult, SplitReader } from './contract.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { ParquetColumn } from './parquet-column.ts';

/** Rows that are decoded ahead before the reader rests (a page is decoded whole, so it may be more). */
const AHEAD_ROWS = 1 << 15;

interface ColumnQueue {
  readonly column: ParquetColumn;
  readonly slices: ColumnSlice[];
  /** Rows in the slices. */
  rows: number;
}

export interface ParquetSplitInit {
  readonly columns: readonly ParquetColumn[];
  readonly writer: FrameWriter;
  readonly pool: WordPool;
  readonly rows: number;
  /** Rows of the split that have been read before. */
  readonly position: number;
  /** Lets other tasks run between two pages. */
  readonly rest: () => Promise<void>;
}

export class ParquetSplitReader implements SplitReader {
  readonly skippedRows = 0;
  readonly #init: ParquetSplitInit;
  readonly #queues: readonly ColumnQueue[];
  #position: number;
  #error: unknown;
  #failed = false;
  #closed = false;
  #decoding = false;
  #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(init: ParquetSplitInit) {
    this.#init = init;
    this.#position = init.position;
    this.#queues = init.columns.map((column) => ({ column, slices: [], rows: 0 }));
    for (const column of init.columns) column.begin();
    this.#decodeAhead();
  }

  poll(rowsMax: number): PollResult {
    if (this.#failed) throw this.#error;
    if (this.#position >= this.#init.rows) return { kind: 'end' };
    let rows = Math.min(rowsMax, this.#init.rows - this.#position);
    for (const { slices } of this.#queues) {
      const head = slices[0];
      rows = Math.min(rows, head === undefined ? 0 : head.batch.rows - head.from);
    }
    if (rows === 0) return { kind: 'wait' };
    const heads = this.#queues.map(({ slices }) => slices[0]!);
    rows = this.#init.writer.rowsThatFit(heads, rows);
    const framePtr = this.#init.writer.write(heads, rows);
    for (const queue of this.#queues) this.#take(queue, rows);
    this.#position += rows;
    this.#decodeAhead();
    return { kind: 'frame', framePtr, rows };
  }

  ready(): Promise<void> {
    if (this.#failed) return Promise.reject(this.#error);
    if (this.#canPoll()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  position(): Json {
    return this.#position;
  }

  close(): void {
    this.#closed = true;
    this.#init.writer.close();
    this.#tell();
  }

  #canPoll(): boolean {
    return this.#closed || this.#position >= this.#init.rows || this.#queues.every(({ rows }) => rows > 0);
  }

  #decodeAhead(): void {
    if (this.#decoding || this.#closed || this.#hungry() === undefined) return;
    this.#decoding = true;
    this.#decode().then(
      () => {
        this.#decoding = false;
        this.#tell();
        this.#decodeAhead(); // rows may have been taken between the loop's last look and now
      },
      (error: unknown) => {
        this.#failed = true;
        this.#error = error;
        this.#tell();
      },
    );
  }

  async #decode(): Promise<void> {
    for (let queue = this.#hungry(); queue !== undefined && !this.#closed; queue = this.#hungry()) {
      const slice = await queue.column.next();
      if (slice === undefined || this.#closed) return;
      queue.slices.push(slice);
      queue.rows += slice.batch.rows - slice.from;
      if (this.#canPoll()) this.#tell();
      await this.#init.rest();
    }
  }

  /** The column with the fewest decoded rows, if it has fewer than it should. */
  #hungry(): ColumnQueue | undefined {
    const left = this.#init.rows - this.#position;
    const wanted = Math.min(AHEAD_ROWS, left);
    let least: ColumnQueue | undefined;
    for (const queue of this.#queues) {
      if (queue.rows < wanted && queue.rows < (least?.rows ?? Infinity)) least = queue;
    }
    return least;
  }

  #take(queue: ColumnQueue, rows: number): void {
    const { batch, from } = queue.slices[0]!;
    queue.rows -= rows;
    if (from + rows < batch.rows) queue.slices[0] = { batch, from: from + rows };
    else {
      queue.slices.shift();
      if (batch.pooled !== undefined) this.#init.pool.give(batch.pooled);
    }
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve, reject } of waiting) {
      if (this.#failed) reject(this.#error);
      else resolve();
    }
  }
}

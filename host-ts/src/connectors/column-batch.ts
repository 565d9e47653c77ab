/**
 * Decoded columns on the host's side, ready to be cut into frames: what a parquet page or a list of rows becomes.
 * Fixed-width values are i32 words as in a frame, so that cutting is copying.
 */
import type { FrameDictionary } from '../engine/index.ts';

export type ColumnData =
  /** `words` i32 words per row: 1 for i32, 2 for i64, f64 and timestamp (low, high). */
  | { readonly kind: 'words'; readonly words: 1 | 2; readonly values: Int32Array }
  /** 0 or 1 per row. */
  | { readonly kind: 'bools'; readonly values: Uint8Array }
  /** i32[rows] into the dictionary; 0 at null rows. */
  | { readonly kind: 'ids'; readonly ids: Int32Array; readonly dictionary: FrameDictionary }
  /** i32[rows + 1] into bytes. */
  | { readonly kind: 'texts'; readonly offsets: Int32Array; readonly bytes: Uint8Array };

/** Gives out word arrays and takes them back, so that decoding does not touch fresh memory page after page. */
export class WordPool {
  readonly #free: Int32Array[] = [];

  /** i32[length], contents unspecified. */
  take(length: number): Int32Array {
    const at = this.#free.findIndex((words) => words.length >= length && words.length <= length * 4 + 1024);
    const [words] = at < 0 ? [] : this.#free.splice(at, 1);
    return (words ?? new Int32Array(length)).subarray(0, length);
  }

  /** The array (as `take` gave it) must not be used any more. */
  give(words: Int32Array): void {
    if (this.#free.length < WORDS_KEPT) this.#free.push(new Int32Array(words.buffer));
  }
}

/** Arrays that a pool keeps: two pages of a few columns. */
const WORDS_KEPT = 16;

export interface ColumnBatch {
  readonly rows: number;
  /** 1 = valid, 0 = null, per row; undefined = no nulls. */
  readonly valid: Uint8Array | undefined;
  readonly data: ColumnData;
  /** Words of a pool that are free again when the last row has been taken. */
  readonly pooled?: Int32Array;
}

/** Rows [from, from + rows) of one batch. */
export interface ColumnSlice {
  readonly batch: ColumnBatch;
  readonly from: number;
}

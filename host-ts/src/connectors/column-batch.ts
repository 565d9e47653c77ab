/**
 * Decoded columns on the host's side, ready to be cut into frames: what a parquet page or a list of rows becomes.
 * Fixed-width values are i32 words as in a frame, so that cutting is copying.
 */
export interface TextDictionary {
  /** i32[count + 1], from 0, ascending. */
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
  /** Hash v1 of offsets and bytes. */
  readonly hash: bigint;
}

export type ColumnData =
  /** `words` i32 words per row: 1 for i32, 2 for i64, f64 and timestamp (low, high). */
  | { readonly kind: 'words'; readonly words: 1 | 2; readonly values: Int32Array }
  /** 0 or 1 per row. */
  | { readonly kind: 'bools'; readonly values: Uint8Array }
  /** i32[rows] into the dictionary; 0 at null rows. */
  | { readonly kind: 'ids'; readonly ids: Int32Array; readonly dictionary: TextDictionary }
  /** i32[rows + 1] into bytes. */
  | { readonly kind: 'texts'; readonly offsets: Int32Array; readonly bytes: Uint8Array };

export interface ColumnBatch {
  readonly rows: number;
  /** 1 = valid, 0 = null, per row; undefined = no nulls. */
  readonly valid: Uint8Array | undefined;
  readonly data: ColumnData;
}

/** Rows [from, from + rows) of one batch. */
export interface ColumnSlice {
  readonly batch: ColumnBatch;
  readonly from: number;
}

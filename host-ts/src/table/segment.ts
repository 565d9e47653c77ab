/**
 * From a sorted store to the bytes of segments: the writing half of frame-rows.ts.
 *
 *   segment, about STORED_VALUE_BYTES, rows in key order
 *   ┌──────────┬──────────┬─────┬───────────────────────────────────────┐
 *   │ frame    │ frame    │  …  │ frame: the index, one row per block   │
 *   │ block 0  │ block 1  │     │ (segment-index.ts)                    │
 *   └──────────┴──────────┴─────┴───────────────────────────────────────┘
 *   0                           └ index.at of the manifest's TableSegment
 *
 * A block has about TABLE_BLOCK_BYTES: the least that a reader fetches and holds. Text columns with few distinct
 * values carry a dictionary of what the block uses. Segments of manifests of version 1 are a single frame without
 * an index.
 */
import { TYPE_BOOL } from '../abi/index.ts';
import { checksum, STORED_VALUE_BYTES, TABLE_BLOCK_BYTES } from '../base/index.ts';
import type { SegmentIndexRef } from '../checkpoint/index.ts';
import { directoryEnd, padded, writeColumnEntry, writeFrameHead } from '../engine/index.ts';
import type { ColumnEntry, FrameBlock } from '../engine/index.ts';
import type { RowStore, StoreColumn } from './row-store.ts';
import { IndexWriter } from './segment-index.ts';

export interface SegmentBytes {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly index: SegmentIndexRef;
}

export interface SegmentSizes {
  readonly valueBytes?: number;
  readonly blockBytes?: number;
}

/** The store's rows, cut into segments of about 1 MiB; empty for an empty store. */
export function* encodeSegments(store: RowStore, sizes: SegmentSizes = {}): Generator<SegmentBytes> {
  const { valueBytes = STORED_VALUE_BYTES, blockBytes = TABLE_BLOCK_BYTES } = sizes;
  const pieces = Math.min(store.rows, Math.max(1, Math.round(estimateBytes(store) / valueBytes)));
  for (let piece = 0; piece < pieces; piece++) {
    const from = Math.floor((store.rows * piece) / pieces);
    const to = Math.floor((store.rows * (piece + 1)) / pieces);
    yield encodeSegment(store, { from, to, blockBytes });
  }
}

function encodeSegment(
  store: RowStore,
  { from, to, blockBytes }: { readonly from: number; readonly to: number; readonly blockBytes: number },
): SegmentBytes {
  const blocks: Uint8Array[] = [];
  const index = new IndexWriter(store);
  let at = 0;
  for (let row = from; row < to;) {
    const end = blockEnd(store, row, { to, blockBytes });
    const bytes = encodeRows(store, row, end);
    index.add({ row, rows: end - row, at, bytes });
    blocks.push(bytes);
    at += bytes.length;
    row = end;
  }
  const indexBytes = encodeRows(index.store, 0, index.store.rows);
  const value = new Uint8Array(at + indexBytes.length);
  value.set(indexBytes, at);
  let end = 0;
  for (const bytes of blocks) {
    value.set(bytes, end);
    end += bytes.length;
  }
  return {
    bytes: value,
    rows: to - from,
    index: { at, bytes: indexBytes.length, sum: checksum(indexBytes) },
  };
}

/** The row behind the block that begins with `row`: it closes when it is full, at the earliest behind one row. */
function blockEnd(
  store: RowStore,
  row: number,
  { to, blockBytes }: { readonly to: number; readonly blockBytes: number },
): number {
  const texts = store.columns.filter(({ pool }) => pool !== undefined);
  const fixedBytes = store.columns.reduce((sum, { words }) => sum + words * 4, 0);
  let end = row;
  for (let bytes = 0; end < to && bytes < blockBytes; end++) {
    bytes += fixedBytes;
    for (const column of texts) {
      if (column.nulls?.[end] !== 1) bytes += column.pool!.byteLength(column.values[end]!);
    }
  }
  return end;
}

/** Rows [from, to) as one frame. */
export function encodeRows(store: RowStore, from: number, to: number): Uint8Array {
  const { columns } = store;
  const blocks = new BlockWriter(directoryEnd(columns.length));
  const entries = columns.map((column) => encodeColumn(column, { from, to, blocks }));
  const frame = blocks.finish();
  const view = new DataView(frame.buffer);
  writeFrameHead(view, { byteLength: frame.length, rows: to - from, columns: columns.length });
  for (const [index, entry] of entries.entries()) writeColumnEntry(view, index, entry);
  return frame;
}

/** What the rows take about, for cutting them up. */
export function estimateBytes({ columns, rows }: RowStore): number {
  let perRow = 0;
  for (const { words, pool, values } of columns) {
    perRow += words * 4;
    if (pool === undefined) continue;
    let sampled = 0;
    const step = Math.max(1, Math.floor(rows / 64));
    for (let row = 0; row < rows; row += step) sampled += pool.byteLength(values[row]!);
    // texts that repeat will be in a dictionary, which weighs little
    if (pool.count * 2 > rows) perRow += sampled / Math.max(1, Math.ceil(rows / step));
  }
  return perRow * rows;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly blocks: BlockWriter;
}

function encodeColumn(column: StoreColumn, range: Range): ColumnEntry {
  const { type, values, words, nulls, pool } = column;
  const { from, to, blocks } = range;
  const hasNulls = nulls !== undefined && nulls.subarray(from, to).includes(1);
  const validityAt = hasNulls ? blocks.add(bitmap(to - from, (row) => nulls[from + row] === 0)).at : undefined;
  if (pool !== undefined) return { type, validityAt, ...encodeTexts(column, range) };
  const data =
    type === TYPE_BOOL
      ? bitmap(to - from, (row) => values[from + row] === 1 && nulls?.[from + row] !== 1)
      : bytesOf(values.subarray(from * words, to * words));
  return { type, validityAt, data: blocks.add(data) };
}

function encodeTexts(column: StoreColumn, { from, to, blocks }: Range): Omit<ColumnEntry, 'type'> {
  const { values, nulls } = column;
  const pool = column.pool!;
  const rows = to - from;
  // ids of this frame in order of first use; a null row has no text
  const local = new Map<number, number>();
  const ids = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    if (nulls?.[from + row] === 1) continue;
    const id = values[from + row]!;
    let known = local.get(id);
    if (known === undefined) local.set(id, (known = local.size));
    ids[row] = known;
  }
  const asDictionary = local.size * 2 <= rows;
  const used = asDictionary ? [...local.keys()] : Array.from({ length: rows }, (_, row) => textAt(column, from + row));
  if (asDictionary && used.length === 0) used.push(-1); // only nulls: ids still need an entry to point to
  const offsets = new Int32Array(used.length + 1);
  used.forEach((id, index) => (offsets[index + 1] = offsets[index]! + (id < 0 ? 0 : pool.byteLength(id))));
  const bytes = new Uint8Array(offsets[used.length]!);
  used.forEach((id, index) => id >= 0 && bytes.set(pool.bytes(id), offsets[index]));
  const ends = blocks.add(bytesOf(offsets));
  const text = blocks.add(bytes);
  if (!asDictionary) return { data: ends, text };
  const dictionary = { offsetsAt: ends.at, count: used.length, bytes: text, hash: 0n };
  return { data: blocks.add(bytesOf(ids)), dictionary };
}

function textAt({ values, nulls }: StoreColumn, row: number): number {
  return nulls?.[row] === 1 ? -1 : values[row]!;
}

function bitmap(rows: number, bit: (row: number) => boolean): Uint8Array {
  const bytes = new Uint8Array((rows + 7) >> 3);
  for (let row = 0; row < rows; row++) if (bit(row)) bytes[row >> 3]! |= 1 << (row & 7);
  return bytes;
}

function bytesOf(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Gathers blocks at multiples of 16 behind the directory; the frame is made once, when its size is known. */
class BlockWriter {
  readonly #blocks: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #end: number;

  constructor(directoryEnd: number) {
    this.#end = directoryEnd;
  }

  /** Where the block will lie. The bytes are borrowed until `finish`. */
  add(bytes: Uint8Array): FrameBlock {
    const at = padded(this.#end);
    this.#blocks.push({ at, bytes });
    this.#end = at + bytes.length;
    return { at, byteLength: bytes.length };
  }

  finish(): Uint8Array<ArrayBuffer> {
    const frame = new Uint8Array(padded(this.#end));
    for (const { at, bytes } of this.#blocks) frame.set(bytes, at);
    return frame;
  }
}

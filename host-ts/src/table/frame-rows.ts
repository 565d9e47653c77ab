/**
 * From a frame's columns to a store's: the reading half of frames on the host's side of a table.
 */
import {
  COLUMN_BYTES_AT,
  COLUMN_DATA_AT,
  COLUMN_DICT_AT,
  COLUMN_DICT_BYTES_AT,
  COLUMN_DICT_COUNT_AT,
  COLUMN_ENCODING_AT,
  ENCODING_DICTIONARY,
  FRAME_BYTES_AT,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  TYPE_BOOL,
} from '../abi/index.ts';
import { tableBadFrame } from './errors.ts';
import { blockAt, columnOf, int32s, openFrame, validityAt } from './frame-columns.ts';
import type { FrameColumn } from './frame-columns.ts';
import type { RowStore, StoreColumn } from './row-store.ts';

/** One frame of `bytes`, aligned; the frames of a value follow each other. */
export function* framesOf(bytes: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  while (at < bytes.length) {
    const head = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    if (head.byteLength < FRAME_HEADER_BYTES || head.getInt32(0, true) !== FRAME_MAGIC) {
      throw tableBadFrame(`no frame begins at byte ${at}`, { at, bytes: bytes.length });
    }
    const frameBytes = head.getUint32(FRAME_BYTES_AT, true);
    if (frameBytes < FRAME_HEADER_BYTES || frameBytes > head.byteLength) {
      throw tableBadFrame(`a frame of ${frameBytes} B does not fit into ${head.byteLength} B`, { at, frameBytes });
    }
    yield bytes.subarray(at, at + frameBytes);
    at += frameBytes;
  }
}

/** The rows of a frame that are wanted. */
export interface FrameRows {
  readonly from: number;
  readonly to: number;
}

export interface AppendOptions {
  /** Column i of the store is column sources[i] of the frame. */
  readonly sources?: readonly number[] | undefined;
  /** All rows unless told. */
  readonly range?: FrameRows;
}

/** Appends rows of the frame to the store. */
export function appendFrame(store: RowStore, bytes: Uint8Array, { sources, range }: AppendOptions = {}): void {
  const open = openFrame(bytes);
  if (open.columns !== store.columns.length) {
    const columnCount = open.columns;
    throw tableBadFrame(`a frame of ${columnCount} columns where ${store.columns.length} belong`, { columnCount });
  }
  const { from, to } = range ?? { from: 0, to: open.rows };
  store.reserve(store.rows + to - from);
  for (let index = 0; index < open.columns; index++) {
    const reader = columnOf(open, sources?.[index] ?? index);
    const column = store.columns[index]!;
    const type = open.view.getUint8(reader.entryAt);
    if (type !== column.type) {
      throw tableBadFrame(`column ${index} has type ${type} instead of ${column.type}`, { index });
    }
    appendNulls(store, column, { ...reader, from, to });
    if (column.pool !== undefined) appendTexts(store, column, { ...reader, from, to });
    else if (column.type === TYPE_BOOL) appendBools(store, column, { ...reader, from, to });
    else {
      const words = int32s(reader, COLUMN_DATA_AT, open.rows * column.words);
      column.values.set(words.subarray(from * column.words, to * column.words), store.rows * column.words);
    }
  }
  store.rows += to - from;
}

type ColumnRows = FrameColumn & FrameRows;

function appendNulls(store: RowStore, column: StoreColumn, reader: ColumnRows): void {
  const { frame, from, to } = reader;
  const at = validityAt(reader);
  if (at === 0) {
    column.nulls?.fill(0, store.rows, store.rows + to - from);
    return;
  }
  const nulls = store.nullsOf(column);
  for (let row = from; row < to; row++) {
    nulls[store.rows + row - from] = ((frame[at + (row >> 3)]! >> (row & 7)) & 1) ^ 1;
  }
}

function appendBools(store: RowStore, column: StoreColumn, reader: ColumnRows): void {
  const { frame, from, to } = reader;
  const at = blockAt(reader, COLUMN_DATA_AT, (reader.rows + 7) >> 3);
  for (let row = from; row < to; row++) {
    column.values[store.rows + row - from] = (frame[at + (row >> 3)]! >> (row & 7)) & 1;
  }
}

function appendTexts(store: RowStore, column: StoreColumn, reader: ColumnRows): void {
  const { frame, view, entryAt, rows, from, to } = reader;
  const { values, nulls } = column;
  const pool = column.pool!;
  const start = store.rows - from;
  if (view.getUint8(entryAt + COLUMN_ENCODING_AT) === ENCODING_DICTIONARY) {
    const count = view.getUint32(entryAt + COLUMN_DICT_COUNT_AT, true);
    const offsets = int32s(reader, COLUMN_DICT_AT, count + 1);
    const bytesAt = blockAt(reader, COLUMN_DICT_BYTES_AT, offsets[count]!);
    const ids = int32s(reader, COLUMN_DATA_AT, rows);
    const map = new Int32Array(count).fill(-1);
    for (let row = from; row < to; row++) {
      const id = ids[row]!;
      if (nulls?.[start + row] === 1) values[start + row] = 0;
      else {
        if (map[id] === -1) map[id] = pool.intern(frame, bytesAt + offsets[id]!, bytesAt + offsets[id + 1]!);
        values[start + row] = map[id]!;
      }
    }
    return;
  }
  const offsets = int32s(reader, COLUMN_DATA_AT, rows + 1);
  const bytesAt = blockAt(reader, COLUMN_BYTES_AT, offsets[rows]!);
  for (let row = from; row < to; row++) {
    const isNull = nulls?.[start + row] === 1;
    values[start + row] = isNull ? 0 : pool.intern(frame, bytesAt + offsets[row]!, bytesAt + offsets[row + 1]!);
  }
}

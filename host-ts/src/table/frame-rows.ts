/**
 * From a frame's columns to a store's: the reading half of frames on the host's side of a table.
 *
 * Frames come from the own engine and from storage. What a damaged frame could break is checked: the magic number,
 * the columns' types, and that every block lies inside the bytes. Blocks are read where they lie and not through
 * FrameReader: its views of everything would more than halve the speed of small frames.
 */
import {
  COLUMN_BYTES_AT,
  COLUMN_DATA_AT,
  COLUMN_DICT_AT,
  COLUMN_DICT_BYTES_AT,
  COLUMN_DICT_COUNT_AT,
  COLUMN_ENCODING_AT,
  COLUMN_ENTRY_BYTES,
  COLUMN_VALIDITY_AT,
  ENCODING_DICTIONARY,
  FRAME_BYTES_AT,
  FRAME_COLUMNS_AT,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
  TYPE_BOOL,
} from '../abi/index.ts';
import { tableBadFrame } from './errors.ts';
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

/** Appends the frame's rows to the store; column i of the store is column sources[i] of the frame. */
export function appendFrame(store: RowStore, bytes: Uint8Array, sources?: readonly number[]): void {
  const frame = (bytes.byteOffset & 3) === 0 ? bytes : bytes.slice();
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < FRAME_HEADER_BYTES || view.getInt32(0, true) !== FRAME_MAGIC) {
    throw tableBadFrame(`${frame.length} B are not a frame`, { bytes: frame.length });
  }
  const rows = view.getUint32(FRAME_ROWS_AT, true);
  const columnCount = view.getUint32(FRAME_COLUMNS_AT, true);
  if (columnCount !== store.columns.length || FRAME_HEADER_BYTES + columnCount * COLUMN_ENTRY_BYTES > frame.length) {
    throw tableBadFrame(`a frame of ${columnCount} columns where ${store.columns.length} belong`, { columnCount });
  }
  store.reserve(store.rows + rows);
  for (let index = 0; index < columnCount; index++) {
    const entryAt = FRAME_HEADER_BYTES + (sources?.[index] ?? index) * COLUMN_ENTRY_BYTES;
    const reader: FrameColumn = { frame, view, entryAt, rows };
    const column = store.columns[index]!;
    if (view.getUint8(entryAt) !== column.type) {
      throw tableBadFrame(`column ${index} has type ${view.getUint8(entryAt)} instead of ${column.type}`, { index });
    }
    appendNulls(store, column, reader);
    if (column.pool !== undefined) appendTexts(store, column, reader);
    else if (column.type === TYPE_BOOL) appendBools(store, column, reader);
    else {
      const words = int32s(reader, COLUMN_DATA_AT, rows * column.words);
      column.values.set(words, store.rows * column.words);
    }
  }
  store.rows += rows;
}

interface FrameColumn {
  readonly frame: Uint8Array;
  readonly view: DataView;
  readonly entryAt: number;
  readonly rows: number;
}

function block({ frame, view, entryAt }: FrameColumn, field: number, byteLength: number): number {
  const at = view.getUint32(entryAt + field, true);
  if ((at & 3) !== 0 || at < FRAME_HEADER_BYTES || at + byteLength > frame.length) {
    throw tableBadFrame(`a block of ${byteLength} B at ${at} leaves the frame of ${frame.length} B`, {
      at,
      byteLength,
    });
  }
  return at;
}

function int32s(reader: FrameColumn, field: number, length: number): Int32Array {
  const at = block(reader, field, length * 4);
  return new Int32Array(reader.frame.buffer, reader.frame.byteOffset + at, length);
}

function appendNulls(store: RowStore, column: StoreColumn, reader: FrameColumn): void {
  const { frame, view, entryAt, rows } = reader;
  const validityAt = view.getUint32(entryAt + COLUMN_VALIDITY_AT, true);
  if (validityAt === 0) {
    column.nulls?.fill(0, store.rows, store.rows + rows);
    return;
  }
  block(reader, COLUMN_VALIDITY_AT, (rows + 7) >> 3);
  const nulls = store.nullsOf(column);
  for (let row = 0; row < rows; row++) {
    nulls[store.rows + row] = ((frame[validityAt + (row >> 3)]! >> (row & 7)) & 1) ^ 1;
  }
}

function appendBools(store: RowStore, column: StoreColumn, reader: FrameColumn): void {
  const at = block(reader, COLUMN_DATA_AT, (reader.rows + 7) >> 3);
  for (let row = 0; row < reader.rows; row++) {
    column.values[store.rows + row] = (reader.frame[at + (row >> 3)]! >> (row & 7)) & 1;
  }
}

function appendTexts(store: RowStore, column: StoreColumn, reader: FrameColumn): void {
  const { frame, view, entryAt, rows } = reader;
  const { values, nulls } = column;
  const pool = column.pool!;
  const start = store.rows;
  if (view.getUint8(entryAt + COLUMN_ENCODING_AT) === ENCODING_DICTIONARY) {
    const count = view.getUint32(entryAt + COLUMN_DICT_COUNT_AT, true);
    const offsets = int32s(reader, COLUMN_DICT_AT, count + 1);
    const bytesAt = block(reader, COLUMN_DICT_BYTES_AT, offsets[count]!);
    const ids = int32s(reader, COLUMN_DATA_AT, rows);
    const map = new Int32Array(count).fill(-1);
    for (let row = 0; row < rows; row++) {
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
  const bytesAt = block(reader, COLUMN_BYTES_AT, offsets[rows]!);
  for (let row = 0; row < rows; row++) {
    const isNull = nulls?.[start + row] === 1;
    values[start + row] = isNull ? 0 : pool.intern(frame, bytesAt + offsets[row]!, bytesAt + offsets[row + 1]!);
  }
}

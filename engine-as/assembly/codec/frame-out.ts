// From filled columns to a frame (layout in abi.ts).
//
// While rows come in, the data blocks lie at the places that a full frame gives them. At the end they
// move together if the frame is shorter, and bitmaps, dictionaries and text are laid behind them. The
// frame belongs to the decoder and is overwritten by the next one.
import {
  COLUMN_BYTES_AT,
  COLUMN_BYTES_LENGTH_AT,
  COLUMN_DATA_AT,
  COLUMN_DATA_BYTES_AT,
  COLUMN_DICT_AT,
  COLUMN_DICT_BYTES_AT,
  COLUMN_DICT_BYTES_LENGTH_AT,
  COLUMN_DICT_COUNT_AT,
  COLUMN_DICT_HASH_AT,
  COLUMN_ENCODING_AT,
  COLUMN_ENTRY_BYTES,
  COLUMN_TYPE_AT,
  COLUMN_VALIDITY_AT,
  ENCODING_DICTIONARY,
  FRAME_BYTES_AT,
  FRAME_BYTES_TARGET,
  FRAME_COLUMNS_AT,
  FRAME_HEADER_BYTES,
  FRAME_KINDS_AT,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
  FRAME_ROWS_MAX,
  FRAME_TIME_COLUMN_AT,
  ROW_INSERT,
  TYPE_BOOL,
} from "../../abi";
import { blockAlloc, blockFree } from "../memory/index";
import { hashDictionary } from "../kernels/hash";
import { ColumnOut, columnWidth, dataBytes, isPlainText } from "./column-out";
import { columnOut, Decoder } from "./decoder";
import { dictionaryBytes, dictionaryFree, dictionaryId, TextDictionary } from "./text-dictionary";

/** Makes room for up to `rowsMax` rows; false = out of memory. */
export function frameBegin(decoder: Decoder, rowsMax: i32): bool {
  let rowBytes = 0;
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    rowBytes += columnWidth(column);
    column.textBytes = 0;
  }
  // as many as will fit beside the dictionaries, so that a full frame needs no moving
  decoder.rows = 0;
  decoder.rowBytes = rowBytes;
  const room = max(0, FRAME_BYTES_TARGET - heldBytes(decoder));
  const rows = max(1, min(min(rowsMax, FRAME_ROWS_MAX), room / rowBytes));
  let at = FRAME_HEADER_BYTES + decoder.columnCount * COLUMN_ENTRY_BYTES;
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    if (column.wantsPlain) {
      dictionaryFree(column.dictionary);
      column.dictionary = changetype<TextDictionary>(0);
      column.wantsPlain = false;
    }
    at += padded(dataBytes(column, rows));
  }
  if (!frameReserve(decoder, at, 0)) return false;
  at = FRAME_HEADER_BYTES + decoder.columnCount * COLUMN_ENTRY_BYTES;
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    column.data = decoder.frame + <usize>at;
    column.hasNulls = false;
    if (isPlainText(column)) store<i32>(column.data, 0);
    at += padded(dataBytes(column, rows));
  }
  decoder.rowsMax = rows;
  return true;
}

/**
 * Whether the frame has reached its size; asked after every row with the bytes of its record. Counting
 * costs as much as a field, so rows that are short are counted sixteen at a time, with their room kept.
 */
@inline
export function frameIsFull(decoder: Decoder, recordBytes: usize): bool {
  if ((decoder.rows & 15) != 0 && recordBytes <= SHORT_RECORD_BYTES) return decoder.rows == decoder.rowsMax;
  return decoder.rows == decoder.rowsMax || heldBytes(decoder) >= FRAME_BYTES_TARGET;
}

const SHORT_RECORD_BYTES: usize = 256;

function heldBytes(decoder: Decoder): i32 {
  let bytes = decoder.rows * decoder.rowBytes + 16 * (<i32>SHORT_RECORD_BYTES + decoder.rowBytes);
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    if (changetype<usize>(column.dictionary) != 0) bytes += dictionaryBytes(column.dictionary);
    else bytes += column.textBytes;
  }
  return bytes;
}

/** Bytes that the frame still takes; 0 or less: it is full. */
export function frameRoom(decoder: Decoder): i32 {
  return FRAME_BYTES_TARGET - heldBytes(decoder);
}

/** Completes the frame of `decoder.rows` rows; false = out of memory. */
export function frameEnd(decoder: Decoder): bool {
  const rows = decoder.rows;
  let at = FRAME_HEADER_BYTES + decoder.columnCount * COLUMN_ENTRY_BYTES;
  for (let i = 0; i < decoder.columnCount; i++) at = placeData(decoder, i, at);
  const dataEnd = at;
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    if (column.hasNulls) at += padded((rows + 7) >> 3);
    if (isPlainText(column)) at += padded(column.textBytes);
    const dictionary = column.dictionary;
    if (changetype<usize>(dictionary) == 0) continue;
    // rows that are all null still need an id that exists
    if (dictionary.count == 0) dictionaryId(dictionary, dictionary.bytes, 0);
    at += padded((dictionary.count + 1) << 2) + padded(dictionary.bytesUsed);
  }
  if (!frameReserve(decoder, at, dataEnd)) return false;
  const frame = decoder.frame;
  memory.fill(frame, 0, FRAME_HEADER_BYTES);
  store<i32>(frame, FRAME_MAGIC);
  store<i32>(frame, at, FRAME_BYTES_AT);
  store<i32>(frame, rows, FRAME_ROWS_AT);
  store<i32>(frame, decoder.columnCount, FRAME_COLUMNS_AT);
  store<i32>(frame, ROW_INSERT, FRAME_KINDS_AT);
  store<i32>(frame, -1, FRAME_TIME_COLUMN_AT);
  let next = dataEnd;
  for (let i = 0; i < decoder.columnCount; i++) next = placeRest(decoder, i, next);
  decoder.outBytes = next;
  decoder.outRows = rows;
  return true;
}

/** Moves the data block down to its place and begins the directory entry; the end of the block. */
function placeData(decoder: Decoder, index: i32, at: i32): i32 {
  const column = columnOut(decoder, index);
  const rows = decoder.rows;
  const bytes = dataBytes(column, rows);
  const to = decoder.frame + <usize>at;
  if (to != column.data) {
    memory.copy(to, column.data, <usize>bytes);
    column.data = to;
  }
  if (column.type == TYPE_BOOL) clearTail(to, rows);
  // an abandoned row may have left its text behind
  if (isPlainText(column)) column.textBytes = load<i32>(to + ((<usize>rows) << 2));
  const end = padded(bytes);
  memory.fill(to + <usize>bytes, 0, <usize>(end - bytes));
  const entry = decoder.frame + FRAME_HEADER_BYTES + <usize>index * COLUMN_ENTRY_BYTES;
  memory.fill(entry, 0, COLUMN_ENTRY_BYTES);
  store<u8>(entry, <u8>column.type, COLUMN_TYPE_AT);
  store<i32>(entry, at, COLUMN_DATA_AT);
  store<i32>(entry, bytes, COLUMN_DATA_BYTES_AT);
  return at + end;
}

/** Bitmap, text and dictionary of a column; the end of the last block. */
function placeRest(decoder: Decoder, index: i32, start: i32): i32 {
  const column = columnOut(decoder, index);
  const frame = decoder.frame;
  const entry = frame + FRAME_HEADER_BYTES + <usize>index * COLUMN_ENTRY_BYTES;
  let at = start;
  if (column.hasNulls) {
    clearTail(column.validity, decoder.rows);
    store<i32>(entry, at, COLUMN_VALIDITY_AT);
    at = place(frame, at, column.validity, (decoder.rows + 7) >> 3);
  }
  if (isPlainText(column)) {
    store<i32>(entry, at, COLUMN_BYTES_AT);
    store<i32>(entry, column.textBytes, COLUMN_BYTES_LENGTH_AT);
    at = place(frame, at, column.text, column.textBytes);
  }
  const dictionary = column.dictionary;
  if (changetype<usize>(dictionary) == 0) return at;
  if (dictionary.hashCount != dictionary.count) {
    dictionary.hash = hashDictionary(dictionary.offsets, dictionary.count, dictionary.bytes, dictionary.bytesUsed);
    dictionary.hashCount = dictionary.count;
  }
  store<u8>(entry, <u8>ENCODING_DICTIONARY, COLUMN_ENCODING_AT);
  store<i32>(entry, at, COLUMN_DICT_AT);
  store<i32>(entry, dictionary.count, COLUMN_DICT_COUNT_AT);
  at = place(frame, at, dictionary.offsets, (dictionary.count + 1) << 2);
  store<i32>(entry, at, COLUMN_DICT_BYTES_AT);
  store<i32>(entry, dictionary.bytesUsed, COLUMN_DICT_BYTES_LENGTH_AT);
  store<u64>(entry, dictionary.hash, COLUMN_DICT_HASH_AT);
  return place(frame, at, dictionary.bytes, dictionary.bytesUsed);
}

function place(frame: usize, at: i32, from: usize, bytes: i32): i32 {
  const to = frame + <usize>at;
  memory.copy(to, from, <usize>bytes);
  memory.fill(to + <usize>bytes, 0, <usize>(padded(bytes) - bytes));
  return at + padded(bytes);
}

/** Bits behind the last row are 0. */
function clearTail(bitmap: usize, rows: i32): void {
  if ((rows & 7) == 0) return;
  const at = bitmap + ((<usize>rows) >> 3);
  store<u8>(at, <u8>((<i32>load<u8>(at)) & ((1 << (rows & 7)) - 1)));
}

/** A frame buffer of at least so many bytes, of which the first `keep` stay. */
function frameReserve(decoder: Decoder, bytes: i32, keep: i32): bool {
  if (bytes <= decoder.frameCapacity) return true;
  const capacity = bytes + (bytes >> 2) + 4096;
  const frame = blockAlloc(<usize>capacity);
  if (frame == 0) return false;
  if (keep > 0) memory.copy(frame, decoder.frame, <usize>keep);
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    column.data = frame + (column.data - decoder.frame);
  }
  blockFree(decoder.frame);
  decoder.frame = frame;
  decoder.frameCapacity = capacity;
  return true;
}


@inline
function padded(bytes: i32): i32 {
  return (bytes + 15) & ~15;
}

// From filled columns to a frame (layout in abi.ts).
//
// While rows come in, the data blocks lie at the places that a full frame gives them. At the end they
// move together if the frame is shorter, and bitmaps, dictionaries and text are laid behind them. The
// frame belongs to the decoder and is overwritten by the next one.
import { ENCODING_DICTIONARY, ENCODING_PLAIN, FRAME_BYTES_TARGET, FRAME_ROWS_MAX, TYPE_BOOL } from "../../abi";
import { directoryBytes, entryDictionary, entryText, entryValidity, entryWrite, headerWrite } from "../batch/index";
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
  let at = directoryBytes(decoder.columnCount);
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
  at = directoryBytes(decoder.columnCount);
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
  let at = directoryBytes(decoder.columnCount);
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
  headerWrite(frame, at, rows, decoder.columnCount);
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
  const encoding = changetype<usize>(column.dictionary) != 0 ? ENCODING_DICTIONARY : ENCODING_PLAIN;
  entryWrite(decoder.frame, index, column.type, encoding, at, bytes);
  return at + end;
}

/** Bitmap, text and dictionary of a column; the end of the last block. */
function placeRest(decoder: Decoder, index: i32, start: i32): i32 {
  const column = columnOut(decoder, index);
  const frame = decoder.frame;
  let at = start;
  if (column.hasNulls) {
    clearTail(column.validity, decoder.rows);
    entryValidity(frame, index, at);
    at = place(frame, at, column.validity, (decoder.rows + 7) >> 3);
  }
  if (isPlainText(column)) {
    entryText(frame, index, at, column.textBytes);
    at = place(frame, at, column.text, column.textBytes);
  }
  const dictionary = column.dictionary;
  if (changetype<usize>(dictionary) == 0) return at;
  if (dictionary.hashCount != dictionary.count) {
    dictionary.hash = hashDictionary(dictionary.offsets, dictionary.count, dictionary.bytes, dictionary.bytesUsed);
    dictionary.hashCount = dictionary.count;
  }
  const bytesAt = place(frame, at, dictionary.offsets, (dictionary.count + 1) << 2);
  entryDictionary(frame, index, dictionary.count, at, bytesAt, dictionary.bytesUsed, dictionary.hash);
  return place(frame, bytesAt, dictionary.bytes, dictionary.bytesUsed);
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

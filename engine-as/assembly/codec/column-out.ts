// One wanted column while its frame is being filled.
//
// Fixed-width values and ids are stored where the frame will keep them; a bitmap of valid rows and
// the bytes of plain text wait beside it, because most frames need no bitmap and nobody knows how
// long the text becomes. A row is written at `row` and counts only once the decoder has raised its
// row number, so an abandoned row needs no undoing except its bit in the bitmap.
import { FRAME_ROWS_MAX, ROW_BYTES_MAX, TYPE_BOOL, TYPE_I32, TYPE_UTF8 } from "../../abi";
import { blockAlloc, blockFree } from "../memory/index";
import { isUtf8 } from "../kernels/utf8";
import { DICTIONARY_FULL, DICTIONARY_NOT_UTF8, TextDictionary, dictionaryFree, dictionaryId } from "./text-dictionary";

export const PUT_OK: i32 = 0;
/** The dictionary is full: the frame must end before this row and the column goes on plain. */
export const PUT_SPLIT: i32 = 1;
export const PUT_NOT_UTF8: i32 = 2;
export const PUT_OUT_OF_MEMORY: i32 = 3;
export const PUT_TOO_LONG: i32 = 4;
/** The text is no value of the column's type (value.ts). */
export const PUT_WRONG_TYPE: i32 = 5;

export const VALIDITY_BYTES: usize = (<usize>FRAME_ROWS_MAX) >> 3;


@unmanaged
export class ColumnOut {
  type: i32;
  /** UNIT_… of numbers that become timestamps. */
  unit: i32;
  /** CSV: which field of the record, −1 = not known yet. */
  source: i32;
  index: i32;
  namePtr: usize;
  nameBytes: i32;
  /** Values, ids, offsets or bits in the frame that is being filled. */
  data: usize;
  /** Bitmap of valid rows; all ones at the first null of a frame. */
  validity: usize;
  hasNulls: bool;
  /** The dictionary is full; the next frame begins with the column plain. */
  wantsPlain: bool;
  /** 0 = not utf8, or plain */
  dictionary: TextDictionary;
  text: usize;
  textBytes: i32;
  textCapacity: i32;
  /** NDJSON: the number of the line that last gave a value. */
  seen: u32;
  /** NDJSON: where the predicted key order goes on after this column. */
  next: i32;
  /** The last date seen ("YYYY-MM-DD", FIRST_DATE_… before any) and its first millisecond: rows in time order share dates. */
  dateHead: u64;
  dateTail: u64;
  dateMs: i64;
}

/** "1970-01-01", whose first millisecond is 0: a date that is known from the start, so that no other text passes for one. */
export const FIRST_DATE_HEAD: u64 = 0x2d31302d30373931;
export const FIRST_DATE_TAIL: u64 = 0x3130;

/** Bytes of one row's fixed-width value (bool counts as one). */
export function columnWidth(column: ColumnOut): i32 {
  if (column.type == TYPE_BOOL) return 1;
  return column.type == TYPE_I32 || column.type == TYPE_UTF8 ? 4 : 8;
}


@inline
export function isPlainText(column: ColumnOut): bool {
  return column.type == TYPE_UTF8 && changetype<usize>(column.dictionary) == 0;
}

/** Bytes of the column's data block for so many rows, not padded. */
export function dataBytes(column: ColumnOut, rows: i32): i32 {
  if (column.type == TYPE_BOOL) return (rows + 7) >> 3;
  if (isPlainText(column)) return (rows + 1) << 2;
  return rows * columnWidth(column);
}


@inline
export function putI64(column: ColumnOut, row: i32, value: i64): void {
  store<i64>(column.data + ((<usize>row) << 3), value);
}


@inline
export function putI32(column: ColumnOut, row: i32, value: i32): void {
  store<i32>(column.data + ((<usize>row) << 2), value);
}


@inline
export function putF64(column: ColumnOut, row: i32, value: f64): void {
  store<f64>(column.data + ((<usize>row) << 3), value);
}

export function putBool(column: ColumnOut, row: i32, value: bool): void {
  const at = column.data + ((<usize>row) >> 3);
  const bit = 1 << (row & 7);
  store<u8>(at, value ? <u8>((<i32>load<u8>(at)) | bit) : <u8>((<i32>load<u8>(at)) & ~bit));
}

/** The value of a null row is 0 (or the empty text), so that equal input gives equal bytes. */
export function putNull(column: ColumnOut, row: i32): void {
  if (!column.hasNulls) {
    memory.fill(column.validity, 0xff, VALIDITY_BYTES);
    column.hasNulls = true;
  }
  const at = column.validity + ((<usize>row) >> 3);
  store<u8>(at, <u8>((<i32>load<u8>(at)) & ~(1 << (row & 7))));
  if (column.type == TYPE_BOOL) putBool(column, row, false);
  else if (isPlainText(column)) putI32(column, row + 1, load<i32>(column.data + ((<usize>row) << 2)));
  else if (columnWidth(column) == 4) putI32(column, row, 0);
  else putI64(column, row, 0);
}

/** Takes back a null that an abandoned row, or an earlier value of the same key, has left. */
export function markValid(column: ColumnOut, row: i32): void {
  if (!column.hasNulls) return;
  const at = column.validity + ((<usize>row) >> 3);
  store<u8>(at, <u8>((<i32>load<u8>(at)) | (1 << (row & 7))));
}

/** PUT_…; up to 16 bytes beyond the text are read. */
@inline
export function putText(column: ColumnOut, row: i32, ptr: usize, bytes: i32): i32 {
  const dictionary = column.dictionary;
  if (changetype<usize>(dictionary) == 0) return putPlain(column, row, ptr, bytes);
  const id = dictionaryId(dictionary, ptr, bytes);
  if (id < 0) return refused(column, id);
  store<i32>(column.data + ((<usize>row) << 2), id);
  return PUT_OK;
}

function refused(column: ColumnOut, why: i32): i32 {
  if (why == DICTIONARY_NOT_UTF8) return PUT_NOT_UTF8;
  assert(why == DICTIONARY_FULL);
  column.wantsPlain = true;
  return PUT_SPLIT;
}

function putPlain(column: ColumnOut, row: i32, ptr: usize, bytes: i32): i32 {
  const offsetAt = column.data + ((<usize>row) << 2);
  const from = load<i32>(offsetAt);
  if (bytes > ROW_BYTES_MAX) return PUT_TOO_LONG;
  const to = from + bytes;
  if (to + 16 > column.textCapacity && !growText(column, from, to + 16)) return PUT_OUT_OF_MEMORY;
  if (bytes <= 16) {
    const text = v128.load(ptr);
    v128.store(column.text + <usize>from, text);
    if (v128.bitmask<i8>(text) != 0 && !isUtf8(ptr, bytes)) return PUT_NOT_UTF8;
  } else {
    memory.copy(column.text + <usize>from, ptr, <usize>bytes);
    if (!isUtf8(ptr, bytes)) return PUT_NOT_UTF8;
  }
  store<i32>(offsetAt, to, 4);
  column.textBytes = to;
  return PUT_OK;
}

function growText(column: ColumnOut, used: i32, needed: i32): bool {
  const capacity = max(needed, max(4096, column.textCapacity << 1));
  const text = blockAlloc(<usize>capacity);
  if (text == 0) return false;
  if (used > 0) memory.copy(text, column.text, <usize>used);
  blockFree(column.text);
  column.text = text;
  column.textCapacity = capacity;
  return true;
}

export function columnFree(column: ColumnOut): void {
  blockFree(column.validity);
  blockFree(column.text);
  if (changetype<usize>(column.dictionary) != 0) dictionaryFree(column.dictionary);
}

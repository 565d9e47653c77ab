// Writing a frame's header and directory (layout in abi.ts): the one place that sets their fields.
//
// Who fills a frame (exchange/close.ts, codec/frame-out.ts) lays its blocks, columns first, then what lies beside
// them, and says here where they are; the header comes last, when the frame moves no more. What is not said is absent.
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
  FRAME_BYTES_AT,
  FRAME_COLUMNS_AT,
  FRAME_FLAGS_AT,
  FRAME_HEADER_BYTES,
  FRAME_KINDS_AT,
  FRAME_LATE,
  FRAME_LATE_AT,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
  FRAME_SORTED,
  FRAME_TIMED,
  FRAME_TIME_COLUMN_AT,
  FRAME_TIME_MAX_AT,
  FRAME_TIME_MIN_AT,
  ROW_INSERT,
} from "../../abi";

/** Bytes of header and directory: the first block lies behind them. */
@inline
export function directoryBytes(columnCount: i32): i32 {
  return FRAME_HEADER_BYTES + columnCount * COLUMN_ENTRY_BYTES;
}


@inline
function entryAt(frame: usize, column: i32): usize {
  return frame + <usize>directoryBytes(column);
}

/** Begins a column's entry, whatever stood there. */
export function entryWrite(frame: usize, column: i32, type: i32, encoding: i32, dataAt: i32, dataBytes: i32): void {
  const entry = entryAt(frame, column);
  memory.fill(entry, 0, COLUMN_ENTRY_BYTES);
  store<u8>(entry, <u8>type, COLUMN_TYPE_AT);
  store<u8>(entry, <u8>encoding, COLUMN_ENCODING_AT);
  store<i32>(entry, dataAt, COLUMN_DATA_AT);
  store<i32>(entry, dataBytes, COLUMN_DATA_BYTES_AT);
}

/** The data of a column whose entry was begun. */
export function entryData(frame: usize, column: i32): usize {
  return frame + load<u32>(entryAt(frame, column), COLUMN_DATA_AT);
}

export function entryValidity(frame: usize, column: i32, at: i32): void {
  store<i32>(entryAt(frame, column), at, COLUMN_VALIDITY_AT);
}

/** Plain utf8: where its bytes are. */
export function entryText(frame: usize, column: i32, at: i32, bytes: i32): void {
  const entry = entryAt(frame, column);
  store<i32>(entry, at, COLUMN_BYTES_AT);
  store<i32>(entry, bytes, COLUMN_BYTES_LENGTH_AT);
}

/** The dictionary: i32 offsets[count + 1] and its bytes. */
export function entryDictionary(
  frame: usize,
  column: i32,
  count: i32,
  offsetsAt: i32,
  bytesAt: i32,
  bytes: i32,
  hash: u64,
): void {
  const entry = entryAt(frame, column);
  store<i32>(entry, offsetsAt, COLUMN_DICT_AT);
  store<i32>(entry, count, COLUMN_DICT_COUNT_AT);
  store<i32>(entry, bytesAt, COLUMN_DICT_BYTES_AT);
  store<i32>(entry, bytes, COLUMN_DICT_BYTES_LENGTH_AT);
  store<u64>(entry, hash, COLUMN_DICT_HASH_AT);
}

/** The header of a frame of inserted rows whose times nobody knows and of which none is late. */
export function headerWrite(frame: usize, bytes: i32, rows: i32, columnCount: i32): void {
  memory.fill(frame, 0, FRAME_HEADER_BYTES);
  store<i32>(frame, FRAME_MAGIC);
  store<i32>(frame, bytes, FRAME_BYTES_AT);
  store<i32>(frame, rows, FRAME_ROWS_AT);
  store<i32>(frame, columnCount, FRAME_COLUMNS_AT);
  store<i32>(frame, ROW_INSERT, FRAME_KINDS_AT);
  store<i32>(frame, -1, FRAME_TIME_COLUMN_AT);
}

/** Adds what is known of the times. */
export function headerTimes(frame: usize, column: i32, least: i64, most: i64, isSorted: bool): void {
  store<i64>(frame, least, FRAME_TIME_MIN_AT);
  store<i64>(frame, most, FRAME_TIME_MAX_AT);
  store<i32>(frame, column, FRAME_TIME_COLUMN_AT);
  flag(frame, isSorted ? FRAME_TIMED | FRAME_SORTED : FRAME_TIMED);
}

/** Adds the rows' watermarks. */
export function headerLate(frame: usize, at: i32): void {
  store<i32>(frame, at, FRAME_LATE_AT);
  flag(frame, FRAME_LATE);
}

function flag(frame: usize, bits: i32): void {
  store<i32>(frame, load<i32>(frame, FRAME_FLAGS_AT) | bits, FRAME_FLAGS_AT);
}

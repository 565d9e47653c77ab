// From a frame's bytes to a batch, trusting nothing.
//
// Frames come from other workers, from storage and from connectors. Every offset, count, id and
// time bound is checked once here, so that kernels behind it need no checks: after batchFromFrame
// no access through the batch leaves the frame. A violation fills the error slot:
// ERROR_BAD_FRAME with (which check, value found, bound); the checks are numbered below.
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
  COLUMNS_MAX,
  ENCODING_DICTIONARY,
  ENCODING_PLAIN,
  ERROR_BAD_FRAME,
  FRAME_BYTES_AT,
  FRAME_COLUMNS_AT,
  FRAME_FLAGS_AT,
  FRAME_HEADER_BYTES,
  FRAME_KIND_BYTES_AT,
  FRAME_KINDS_AT,
  FRAME_LATE,
  FRAME_LATE_AT,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
  FRAME_ROWS_MAX,
  FRAME_SORTED,
  FRAME_TIMED,
  FRAME_TIME_COLUMN_AT,
  FRAME_TIME_MAX_AT,
  FRAME_TIME_MIN_AT,
  ROW_INSERT,
  TYPE_BOOL,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from "../../abi";
import { arenaAlloc, fail } from "../memory/index";
import { Batch, BATCH_BYTES, Column, COLUMN_BYTES, columnAt, dataBytesOf, Dictionary, DICTIONARY_BYTES } from "./batch";
import { idsBelow, offsetsAscend, timesAscend, timesWithin } from "./frame-checks";

export const CHECK_ADDRESS: i32 = 1;
export const CHECK_MAGIC: i32 = 2;
export const CHECK_FRAME_BYTES: i32 = 3;
export const CHECK_ROWS: i32 = 4;
export const CHECK_COLUMNS: i32 = 5;
export const CHECK_TYPE: i32 = 6;
export const CHECK_ENCODING: i32 = 7;
export const CHECK_VALIDITY: i32 = 8;
export const CHECK_DATA: i32 = 9;
export const CHECK_OFFSETS: i32 = 10;
export const CHECK_BYTES: i32 = 11;
export const CHECK_DICTIONARY: i32 = 12;
export const CHECK_DICTIONARY_ID: i32 = 13;
export const CHECK_LATE: i32 = 14;
export const CHECK_KINDS: i32 = 15;
export const CHECK_TIME_COLUMN: i32 = 16;
export const CHECK_TIMES: i32 = 17;
/** The frame's columns are not those that the task's plan promises (task/runner.ts). */
export const CHECK_SCHEMA: i32 = 18;

/**
 * A batch over the frame at `frame` (borrowed: the batch points into it), made in `arena`;
 * 0 = error slot filled (ERROR_BAD_FRAME, ERROR_OUT_OF_MEMORY).
 */
export function batchFromFrame(frame: usize, arena: usize): usize {
  const memoryEnd = (<u64>memory.size()) << 16;
  if ((frame & 15) != 0 || frame == 0 || <u64>frame + FRAME_HEADER_BYTES > memoryEnd)
    return bad(CHECK_ADDRESS, <i64>frame, <i64>memoryEnd);
  if (load<i32>(frame) != FRAME_MAGIC) return bad(CHECK_MAGIC, load<i32>(frame), FRAME_MAGIC);
  const bytes = load<u32>(frame, FRAME_BYTES_AT);
  if (<u64>frame + bytes > memoryEnd || bytes > <u32>i32.MAX_VALUE || (bytes & 15) != 0)
    return bad(CHECK_FRAME_BYTES, bytes, <i64>(memoryEnd - frame));
  const rows = load<u32>(frame, FRAME_ROWS_AT);
  if (rows > <u32>FRAME_ROWS_MAX) return bad(CHECK_ROWS, rows, FRAME_ROWS_MAX);
  const columnCount = load<usize>(frame, FRAME_COLUMNS_AT);
  if (columnCount > <usize>COLUMNS_MAX) return bad(CHECK_COLUMNS, columnCount, COLUMNS_MAX);
  const directoryEnd = <u32>FRAME_HEADER_BYTES + <u32>columnCount * COLUMN_ENTRY_BYTES;
  if (directoryEnd > bytes) return bad(CHECK_COLUMNS, directoryEnd, bytes);

  const batch = arenaAlloc(arena, BATCH_BYTES + columnCount * COLUMN_BYTES);
  if (batch == 0) return 0;
  const b = changetype<Batch>(batch);
  b.rows = rows;
  b.selected = rows;
  b.sel = 0;
  b.columnCount = <i32>columnCount;
  b.columns = batch + BATCH_BYTES;
  let index: usize = 0;
  while (index < columnCount) {
    const entry = frame + FRAME_HEADER_BYTES + index * COLUMN_ENTRY_BYTES;
    if (!readColumn(frame, bytes, entry, rows, columnAt(batch, <i32>index), arena)) return 0;
    index++;
  }
  return readTimes(frame, bytes, b) ? batch : 0;
}

function readColumn(frame: usize, frameBytes: u32, entry: usize, rows: i32, out: usize, arena: usize): bool {
  const column = changetype<Column>(out);
  const type = <i32>load<u8>(entry, COLUMN_TYPE_AT);
  const encoding = <i32>load<u8>(entry, COLUMN_ENCODING_AT);
  if (type < TYPE_BOOL || type > TYPE_UTF8) return no(CHECK_TYPE, type, TYPE_UTF8);
  if (encoding != ENCODING_PLAIN && (encoding != ENCODING_DICTIONARY || type != TYPE_UTF8)) {
    return no(CHECK_ENCODING, encoding, type);
  }
  column.type = type;
  column.encoding = encoding;
  const validityAt = load<u32>(entry, COLUMN_VALIDITY_AT);
  if (validityAt != 0 && !within(validityAt, (rows + 7) >> 3, frameBytes))
    return no(CHECK_VALIDITY, validityAt, frameBytes);
  column.validity = validityAt == 0 ? 0 : frame + validityAt;
  const dataAt = load<u32>(entry, COLUMN_DATA_AT);
  const dataBytes = dataBytesOf(type, encoding, rows);
  if (load<u32>(entry, COLUMN_DATA_BYTES_AT) < <u32>dataBytes)
    return no(CHECK_DATA, load<u32>(entry, COLUMN_DATA_BYTES_AT), dataBytes);
  if (!within(dataAt, dataBytes, frameBytes)) return no(CHECK_DATA, dataAt, frameBytes);
  column.data = frame + dataAt;
  column.bytes = 0;
  column.dict = 0;
  if (type != TYPE_UTF8) return true;
  return encoding == ENCODING_DICTIONARY
    ? readDictionary(frame, frameBytes, entry, rows, column, arena)
    : readBytes(frame, frameBytes, entry, rows, column);
}

function readBytes(frame: usize, frameBytes: u32, entry: usize, rows: i32, column: Column): bool {
  const bytesAt = load<u32>(entry, COLUMN_BYTES_AT);
  const length = load<u32>(entry, COLUMN_BYTES_LENGTH_AT);
  if (!within(bytesAt, length, frameBytes)) return no(CHECK_BYTES, bytesAt, frameBytes);
  if (!offsetsAscend(column.data, rows, length)) return no(CHECK_OFFSETS, rows, length);
  column.bytes = frame + bytesAt;
  return true;
}

function readDictionary(frame: usize, frameBytes: u32, entry: usize, rows: i32, column: Column, arena: usize): bool {
  const count = load<u32>(entry, COLUMN_DICT_COUNT_AT);
  const dictAt = load<u32>(entry, COLUMN_DICT_AT);
  const bytesAt = load<u32>(entry, COLUMN_DICT_BYTES_AT);
  const length = load<u32>(entry, COLUMN_DICT_BYTES_LENGTH_AT);
  if (count >= frameBytes >> 2) return no(CHECK_DICTIONARY, count, frameBytes >> 2);
  if (!within(dictAt, (count + 1) << 2, frameBytes)) return no(CHECK_DICTIONARY, dictAt, frameBytes);
  if (!within(bytesAt, length, frameBytes)) return no(CHECK_BYTES, bytesAt, frameBytes);
  const offsets = frame + dictAt;
  if (load<i32>(offsets) != 0 || !offsetsAscend(offsets, count, length)) return no(CHECK_OFFSETS, count, length);
  if (!idsBelow(column.data, rows, count)) return no(CHECK_DICTIONARY_ID, rows, count);
  const dict = arenaAlloc(arena, DICTIONARY_BYTES + ((<usize>count) << 3));
  if (dict == 0) return false;
  const d = changetype<Dictionary>(dict);
  d.count = count;
  d.offsets = offsets;
  d.bytes = frame + bytesAt;
  d.hash = load<u64>(entry, COLUMN_DICT_HASH_AT);
  d.entryHashes = dict + DICTIONARY_BYTES;
  d.content = 0;
  column.dict = dict;
  return true;
}

function readTimes(frame: usize, frameBytes: u32, b: Batch): bool {
  const flags = load<i32>(frame, FRAME_FLAGS_AT);
  const rows = b.rows;
  if (load<u32>(frame, FRAME_KIND_BYTES_AT) != 0) return no(CHECK_KINDS, load<u32>(frame, FRAME_KIND_BYTES_AT), 0);
  const kinds = load<i32>(frame, FRAME_KINDS_AT);
  if ((kinds & ~ROW_INSERT) != 0) return no(CHECK_KINDS, kinds, ROW_INSERT);
  b.flags = flags & (FRAME_SORTED | FRAME_LATE | FRAME_TIMED);
  b.late = 0;
  if ((flags & FRAME_LATE) != 0) {
    const lateAt = load<u32>(frame, FRAME_LATE_AT);
    if (!within(lateAt, rows << 3, frameBytes)) return no(CHECK_LATE, lateAt, frameBytes);
    b.late = frame + lateAt;
  }
  b.timeMin = 0;
  b.timeMax = 0;
  b.timeColumn = -1;
  if ((flags & FRAME_TIMED) == 0) {
    b.flags &= ~FRAME_SORTED;
    return true;
  }
  b.timeMin = load<i64>(frame, FRAME_TIME_MIN_AT);
  b.timeMax = load<i64>(frame, FRAME_TIME_MAX_AT);
  b.timeColumn = load<i32>(frame, FRAME_TIME_COLUMN_AT);
  if (<u32>b.timeColumn >= <u32>b.columnCount) return no(CHECK_TIME_COLUMN, b.timeColumn, b.columnCount);
  const column = changetype<Column>(columnAt(changetype<usize>(b), b.timeColumn));
  if (column.type != TYPE_TIMESTAMP && column.type != TYPE_I64)
    return no(CHECK_TIME_COLUMN, column.type, TYPE_TIMESTAMP);
  if (rows == 0) return true;
  // slices are chosen by these bounds, so they have to hold for every row
  const sound =
    (flags & FRAME_SORTED) != 0
      ? timesAscend(column.data, rows, b.timeMin, b.timeMax)
      : timesWithin(column.data, rows, b.timeMin, b.timeMax);
  return sound ? true : no(CHECK_TIMES, b.timeMin, b.timeMax);
}

/** A block lies within the frame, behind the header, aligned, with its padding to 16. */
@inline
function within(at: u32, bytes: u32, frameBytes: u32): bool {
  return (at & 15) == 0 && at >= <u32>FRAME_HEADER_BYTES && ((<u64>at + bytes + 15) & ~15) <= <u64>frameBytes;
}

function no(check: i32, found: i64, bound: i64): bool {
  fail(ERROR_BAD_FRAME, -1, check, found, bound);
  return false;
}

function bad(check: i32, found: i64, bound: i64): usize {
  fail(ERROR_BAD_FRAME, -1, check, found, bound);
  return 0;
}

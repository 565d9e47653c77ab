// Appending rows of a batch to the open frame of a channel, column by column.
//
// The rows are a run of a list of row numbers (a partition's), or a run of the batch itself; the
// first is gathered, the second copied. Lengths of plain utf8 are summed before anything is
// written, so that a frame never exceeds its target by more than one row.
import {
  ENCODING_DICTIONARY,
  ERROR_ROW_TOO_LARGE,
  FRAME_SORTED,
  FRAME_TIMED,
  ROW_BYTES_MAX,
  TYPE_BOOL,
  TYPE_I32,
  TYPE_UTF8,
} from "../../abi";
import { Batch, Column, columnAt, Dictionary } from "../batch/index";
import { appendBits, gather32, gather64 } from "../kernels/gather";
import { blockAlloc, blockFree, fail } from "../memory/index";
import { Channel, ChannelColumn, channelColumnAt, dictionaryAt, Exchange, typeAt } from "./exchange";

/** Beyond a full frame's fixed columns: small dictionaries and bitmaps, before the frame has to move. */
const FRAME_SLACK_BYTES: i32 = 8192;
/** Strings are copied 16 bytes at a time, past their end. */
const COPY_SLACK_BYTES: i32 = 16;

/**
 * How many of `left` rows fit into the channel's frame, at least 1; -1 = a single row is too large
 * (ERROR_ROW_TOO_LARGE). `list` is the address of u16 row numbers, or 0 for rows from `from` on.
 */
export function rowsThatFit(e: Exchange, channel: Channel, list: usize, from: i32, left: i32): i32 {
  const most = min(left, e.rowLimit - channel.rows);
  const batch = e.batch;
  let plain = false;
  for (let index = 0; index < e.columnCount; index++) {
    plain = plain || (typeAt(e, index) == TYPE_UTF8 && dictionaryAt(e, index) == 0);
  }
  if (!plain) return most;
  let room = e.plainBytesMax - channel.plainBytes;
  let count = 0;
  do {
    const row = list == 0 ? from + count : <i32>load<u16>(list + ((<usize>count) << 1));
    let bytes = 0;
    for (let index = 0; index < e.columnCount; index++) {
      if (typeAt(e, index) != TYPE_UTF8 || dictionaryAt(e, index) != 0) continue;
      bytes += lengthAt(changetype<Column>(columnAt(batch, index)), row);
      if (bytes > ROW_BYTES_MAX) return fail(ERROR_ROW_TOO_LARGE, -1, bytes, ROW_BYTES_MAX, row);
    }
    room -= bytes;
    count++;
  } while (count < most && room > 0);
  return count;
}

/** Appends `count` rows, which fit; false = out of memory. */
export function appendRows(e: Exchange, channel: Channel, list: usize, from: i32, count: i32): bool {
  if (!openFrame(e, channel)) return false;
  const batch = e.batch;
  for (let index = 0; index < e.columnCount; index++) {
    const column = changetype<Column>(columnAt(batch, index));
    const own = channelColumnAt(channel, index);
    const data = channel.frame + load<i32>(e.dataAts + ((<usize>index) << 2));
    const type = typeAt(e, index);
    if (type == TYPE_UTF8 && dictionaryAt(e, index) == 0) {
      if (!appendStrings(channel, own, column, data, list, from, count)) return false;
    } else if (type == TYPE_BOOL) appendBits(data, channel.rows, column.data, list, from, count);
    else if (type == TYPE_I32 || type == TYPE_UTF8) append32(data, channel.rows, column.data, list, from, count);
    else append64(data, channel.rows, column.data, list, from, count);
    if (column.validity != 0 || own.validityOn != 0) {
      if (!appendValidity(e, channel, own, column.validity, list, from, count)) return false;
    }
  }
  const late = changetype<Batch>(batch).late;
  if (late != 0 || channel.lateOn != 0) {
    if (!appendLate(e, channel, late, list, from, count)) return false;
  }
  noteTimes(channel, batch, list, from, count);
  channel.rows += count;
  return true;
}


@inline
function append32(data: usize, rows: i32, src: usize, list: usize, from: i32, count: i32): void {
  const out = data + ((<usize>rows) << 2);
  if (list == 0) memory.copy(out, src + ((<usize>from) << 2), (<usize>count) << 2);
  else gather32(src, list, count, out);
}


@inline
function append64(data: usize, rows: i32, src: usize, list: usize, from: i32, count: i32): void {
  const out = data + ((<usize>rows) << 3);
  if (list == 0) memory.copy(out, src + ((<usize>from) << 3), (<usize>count) << 3);
  else gather64(src, list, count, out);
}

function openFrame(e: Exchange, channel: Channel): bool {
  if (channel.frame != 0) return true;
  const capacity = e.fixedEnd + FRAME_SLACK_BYTES;
  channel.frame = blockAlloc(capacity);
  channel.capacity = capacity;
  return channel.frame != 0;
}

/** Where the offsets and the bytes of a utf8 value are, by row or by dictionary entry. */
@inline
function offsetAt(column: Column, row: i32): usize {
  if (column.encoding != ENCODING_DICTIONARY) return column.data + ((<usize>row) << 2);
  const id = load<i32>(column.data + ((<usize>row) << 2));
  return changetype<Dictionary>(column.dict).offsets + ((<usize>id) << 2);
}


@inline
function lengthAt(column: Column, row: i32): i32 {
  const at = offsetAt(column, row);
  return load<i32>(at, 4) - load<i32>(at);
}

function appendStrings(
  channel: Channel,
  own: ChannelColumn,
  column: Column,
  data: usize,
  list: usize,
  from: i32,
  count: i32,
): bool {
  let total = 0;
  let index = 0;
  do {
    total += lengthAt(column, list == 0 ? from + index : <i32>load<u16>(list + ((<usize>index) << 1)));
  } while (++index < count);
  if (!reserveBytes(own, total)) return false;
  const source = column.encoding == ENCODING_DICTIONARY ? changetype<Dictionary>(column.dict).bytes : column.bytes;
  let length = own.bytesLength;
  let out = data + ((<usize>channel.rows) << 2);
  store<i32>(out, length);
  index = 0;
  do {
    const at = offsetAt(column, list == 0 ? from + index : <i32>load<u16>(list + ((<usize>index) << 1)));
    const start = load<i32>(at);
    const bytes = load<i32>(at, 4) - start;
    copyString(own.bytes + length, source + start, bytes);
    length += bytes;
    out += 4;
    store<i32>(out, length);
  } while (++index < count);
  own.bytesLength = length;
  channel.plainBytes += total;
  return true;
}


@inline
function copyString(to: usize, from: usize, bytes: i32): void {
  let at = 0;
  do {
    v128.store(to + at, v128.load(from + at));
    at += 16;
  } while (at < bytes);
}

function reserveBytes(own: ChannelColumn, more: i32): bool {
  const needed = own.bytesLength + more + COPY_SLACK_BYTES;
  if (needed <= own.bytesCapacity) return true;
  const capacity = max(needed, max(4096, own.bytesCapacity << 1));
  const bytes = blockAlloc(capacity);
  if (bytes == 0) return false;
  memory.copy(bytes, own.bytes, own.bytesLength);
  blockFree(own.bytes);
  own.bytes = bytes;
  own.bytesCapacity = capacity;
  return true;
}

function appendValidity(
  e: Exchange,
  channel: Channel,
  own: ChannelColumn,
  bits: usize,
  list: usize,
  from: i32,
  count: i32,
): bool {
  if (own.validity == 0) {
    own.validity = blockAlloc((e.rowLimit + 7) >> 3);
    if (own.validity == 0) return false;
  }
  if (own.validityOn == 0) appendBits(own.validity, 0, 0, 0, 0, channel.rows);
  own.validityOn = 1;
  appendBits(own.validity, channel.rows, bits, list, from, count);
  return true;
}

function appendLate(e: Exchange, channel: Channel, late: usize, list: usize, from: i32, count: i32): bool {
  if (channel.late == 0) {
    channel.late = blockAlloc(e.rowLimit << 3);
    if (channel.late == 0) return false;
  }
  if (channel.lateOn == 0) fillLate(channel.late, channel.rows);
  channel.lateOn = 1;
  if (late == 0) fillLate(channel.late + ((<usize>channel.rows) << 3), count);
  else append64(channel.late, channel.rows, late, list, from, count);
  return true;
}

/** Rows of batches without a late column are behind no watermark. */
function fillLate(late: usize, count: i32): void {
  for (let row = 0; row < count; row++) store<i64>(late + ((<usize>row) << 3), i64.MIN_VALUE);
}

function noteTimes(channel: Channel, batch: usize, list: usize, from: i32, count: i32): void {
  const b = changetype<Batch>(batch);
  const first = channel.rows == 0;
  const timed = (b.flags & FRAME_TIMED) != 0 && (first || b.timeColumn == channel.timeColumn);
  channel.timed = i32(timed && (first || channel.timed != 0));
  if (!timed) return;
  let low = b.timeMin;
  let high = b.timeMax;
  let sorted = (b.flags & FRAME_SORTED) != 0;
  if (sorted) {
    const times = changetype<Column>(columnAt(batch, b.timeColumn)).data;
    const last = list == 0 ? from + count - 1 : <i32>load<u16>(list + ((<usize>(count - 1)) << 1));
    low = load<i64>(times + ((<usize>(list == 0 ? from : <i32>load<u16>(list))) << 3));
    high = load<i64>(times + ((<usize>last) << 3));
    sorted = first || (channel.sorted != 0 && low >= channel.timeLast);
  }
  channel.sorted = i32(sorted);
  channel.timeLast = high;
  channel.timeMin = first ? low : min(low, channel.timeMin);
  channel.timeMax = first ? high : max(high, channel.timeMax);
  channel.timeColumn = b.timeColumn;
}

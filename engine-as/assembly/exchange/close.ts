// Closing a frame: what lies beside it is moved in, the header and the directory are written.
//
// A frame that is full of rows keeps its fixed-width columns where they are; one that closes early
// (flush, other dictionaries, many bytes) has them moved together first. Afterwards the channel is
// empty, and the closed frame stays readable until the next row is appended.
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
  TYPE_UTF8,
} from "../../abi";
import { dataBytesOf } from "../batch/index";
import { blockAlloc, blockFree } from "../memory/index";
import {
  copyBytes,
  copyBytesLength,
  copyCount,
  copyHash,
  copyOffsets,
  dictionaryCompact,
  wantsCompaction,
} from "./dictionary";
import {
  Channel,
  ChannelColumn,
  channelAt,
  channelColumnAt,
  dictionaryAt,
  encodingAt,
  Exchange,
  typeAt,
} from "./exchange";

/** Closes the channel's frame and makes it the exchange's output; false = out of memory. */
export function closeFrame(e: Exchange, index: i32): bool {
  const channel = channelAt(e, index);
  const rows = channel.rows;
  let at = moveTogether(e, channel, rows);
  for (let column = 0; column < e.columnCount && at > 0; column++) at = finishColumn(e, channel, column, at);
  if (at > 0 && channel.lateOn != 0) {
    store<u32>(channel.frame, at, FRAME_LATE_AT);
    at = place(channel, at, channel.late, rows << 3);
  }
  if (at < 0) return false;
  finishHeader(e, channel, at);
  e.out = index;
  e.outBytes = at;
  e.outRows = rows;
  channel.rows = 0;
  channel.lateOn = 0;
  channel.plainBytes = 0;
  for (let column = 0; column < e.columnCount; column++) {
    const own = channelColumnAt(channel, column);
    own.validityOn = 0;
    own.bytesLength = 0;
  }
  return true;
}

/** Writes type, encoding and data of every column; returns where the fixed-width columns end. */
function moveTogether(e: Exchange, channel: Channel, rows: i32): i32 {
  const frame = channel.frame;
  let at = FRAME_HEADER_BYTES + e.columnCount * COLUMN_ENTRY_BYTES;
  memory.fill(frame, 0, at);
  for (let column = 0; column < e.columnCount; column++) {
    const entry = entryOf(frame, column);
    const type = typeAt(e, column);
    const encoding = encodingAt(e, column);
    const bytes = dataBytesOf(type, encoding, rows);
    const from = load<i32>(e.dataAts + ((<usize>column) << 2));
    if (from != at) memory.copy(frame + at, frame + from, bytes);
    store<u8>(entry, <u8>type, COLUMN_TYPE_AT);
    store<u8>(entry, <u8>encoding, COLUMN_ENCODING_AT);
    store<u32>(entry, at, COLUMN_DATA_AT);
    store<u32>(entry, bytes, COLUMN_DATA_BYTES_AT);
    at = pad(frame, at + bytes);
  }
  return at;
}

/** Appends what belongs to a column beside its data; returns the new end, -1 = out of memory. */
function finishColumn(e: Exchange, channel: Channel, column: i32, end: i32): i32 {
  const own = channelColumnAt(channel, column);
  let at = end;
  if (own.validityOn != 0 && !allOnes(own.validity, channel.rows)) {
    store<u32>(entryOf(channel.frame, column), at, COLUMN_VALIDITY_AT);
    at = place(channel, at, own.validity, (channel.rows + 7) >> 3);
    if (at < 0) return -1;
  }
  if (typeAt(e, column) != TYPE_UTF8) return at;
  const dictionary = dictionaryAt(e, column);
  if (dictionary == 0) {
    const entry = entryOf(channel.frame, column);
    store<u32>(entry, at, COLUMN_BYTES_AT);
    store<u32>(entry, own.bytesLength, COLUMN_BYTES_LENGTH_AT);
    return place(channel, at, own.bytes, own.bytesLength);
  }
  if (!wantsCompaction(dictionary, channel.rows)) return placeDictionary(channel, column, at, dictionary);
  const ids = channel.frame + load<u32>(entryOf(channel.frame, column), COLUMN_DATA_AT);
  const compact = dictionaryCompact(dictionary, ids, channel.rows);
  if (compact == 0) return -1;
  at = placeDictionary(channel, column, at, compact);
  blockFree(compact);
  return at;
}

function placeDictionary(channel: Channel, column: i32, at: i32, dictionary: usize): i32 {
  const entry = entryOf(channel.frame, column);
  store<u32>(entry, at, COLUMN_DICT_AT);
  store<u32>(entry, copyCount(dictionary), COLUMN_DICT_COUNT_AT);
  store<u32>(entry, copyBytesLength(dictionary), COLUMN_DICT_BYTES_LENGTH_AT);
  store<u64>(entry, copyHash(dictionary), COLUMN_DICT_HASH_AT);
  const bytesAt = place(channel, at, copyOffsets(dictionary), (copyCount(dictionary) + 1) << 2);
  if (bytesAt < 0) return -1;
  // the frame may have moved
  store<u32>(entryOf(channel.frame, column), bytesAt, COLUMN_DICT_BYTES_AT);
  return place(channel, bytesAt, copyBytes(dictionary), copyBytesLength(dictionary));
}

function finishHeader(e: Exchange, channel: Channel, bytes: i32): void {
  const frame = channel.frame;
  let flags = 0;
  store<i32>(frame, -1, FRAME_TIME_COLUMN_AT);
  if (channel.timed != 0) {
    flags = FRAME_TIMED | (channel.sorted != 0 ? FRAME_SORTED : 0);
    store<i64>(frame, channel.timeMin, FRAME_TIME_MIN_AT);
    store<i64>(frame, channel.timeMax, FRAME_TIME_MAX_AT);
    store<i32>(frame, channel.timeColumn, FRAME_TIME_COLUMN_AT);
  }
  if (channel.lateOn != 0) flags |= FRAME_LATE;
  store<i32>(frame, FRAME_MAGIC);
  store<u32>(frame, bytes, FRAME_BYTES_AT);
  store<u32>(frame, channel.rows, FRAME_ROWS_AT);
  store<u32>(frame, e.columnCount, FRAME_COLUMNS_AT);
  store<u32>(frame, flags, FRAME_FLAGS_AT);
  store<u32>(frame, ROW_INSERT, FRAME_KINDS_AT);
}


@inline
function entryOf(frame: usize, column: i32): usize {
  return frame + FRAME_HEADER_BYTES + column * COLUMN_ENTRY_BYTES;
}

/** Copies a block to `at` of the frame, padded to 16; the frame moves when it is too small. */
function place(channel: Channel, at: i32, from: usize, bytes: i32): i32 {
  const end = (at + bytes + 15) & ~15;
  if (end > channel.capacity) {
    const capacity = end + (end >> 2);
    const frame = blockAlloc(capacity);
    if (frame == 0) return -1;
    memory.copy(frame, channel.frame, at);
    blockFree(channel.frame);
    channel.frame = frame;
    channel.capacity = capacity;
  }
  memory.copy(channel.frame + at, from, bytes);
  return pad(channel.frame, at + bytes);
}

/** Zeros up to the next multiple of 16, which is returned. */
@inline
function pad(frame: usize, at: i32): i32 {
  const end = (at + 15) & ~15;
  let byte = at;
  while (byte < end) store<u8>(frame + byte++, 0);
  return end;
}

function allOnes(bits: usize, rows: i32): bool {
  const whole = rows >> 3;
  for (let at = 0; at < whole; at++) if (load<u8>(bits + at) != 0xff) return false;
  const rest = rows & 7;
  return rest == 0 || load<u8>(bits + whole) == <u8>(((<u32>1) << rest) - 1);
}

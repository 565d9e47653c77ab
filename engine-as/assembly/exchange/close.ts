// Closing a frame: what lies beside it is moved in, the header and the directory are written.
//
// A frame that is full of rows keeps its fixed-width columns where they are; one that closes early
// (flush, other dictionaries, many bytes) has them moved together first. Afterwards the channel is
// empty, and the closed frame stays readable until the next row is appended.
import { TYPE_UTF8 } from "../../abi";
import {
  dataBytesOf,
  directoryBytes,
  entryData,
  entryDictionary,
  entryText,
  entryValidity,
  entryWrite,
  headerLate,
  headerTimes,
  headerWrite,
} from "../batch/index";
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
  const lateAt = at;
  if (at > 0 && channel.lateOn != 0) at = place(channel, at, channel.late, rows << 3);
  if (at < 0) return false;
  headerWrite(channel.frame, at, rows, e.columnCount);
  if (channel.lateOn != 0) headerLate(channel.frame, lateAt);
  if (channel.timed != 0)
    headerTimes(channel.frame, channel.timeColumn, channel.timeMin, channel.timeMax, channel.sorted != 0);
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
  let at = directoryBytes(e.columnCount);
  for (let column = 0; column < e.columnCount; column++) {
    const type = typeAt(e, column);
    const encoding = encodingAt(e, column);
    const bytes = dataBytesOf(type, encoding, rows);
    const from = load<i32>(e.dataAts + ((<usize>column) << 2));
    if (from != at) memory.copy(frame + at, frame + from, bytes);
    entryWrite(frame, column, type, encoding, at, bytes);
    at = pad(frame, at + bytes);
  }
  return at;
}

/** Appends what belongs to a column beside its data; returns the new end, -1 = out of memory. */
function finishColumn(e: Exchange, channel: Channel, column: i32, end: i32): i32 {
  const own = channelColumnAt(channel, column);
  let at = end;
  if (own.validityOn != 0 && !allOnes(own.validity, channel.rows)) {
    entryValidity(channel.frame, column, at);
    at = place(channel, at, own.validity, (channel.rows + 7) >> 3);
    if (at < 0) return -1;
  }
  if (typeAt(e, column) != TYPE_UTF8) return at;
  const dictionary = dictionaryAt(e, column);
  if (dictionary == 0) {
    entryText(channel.frame, column, at, own.bytesLength);
    return place(channel, at, own.bytes, own.bytesLength);
  }
  if (!wantsCompaction(dictionary, channel.rows)) return placeDictionary(channel, column, at, dictionary);
  const compact = dictionaryCompact(dictionary, entryData(channel.frame, column), channel.rows);
  if (compact == 0) return -1;
  at = placeDictionary(channel, column, at, compact);
  blockFree(compact);
  return at;
}

function placeDictionary(channel: Channel, column: i32, at: i32, dictionary: usize): i32 {
  const count = copyCount(dictionary);
  const length = copyBytesLength(dictionary);
  const bytesAt = place(channel, at, copyOffsets(dictionary), (count + 1) << 2);
  if (bytesAt < 0) return -1;
  const end = place(channel, bytesAt, copyBytes(dictionary), length);
  if (end >= 0) entryDictionary(channel.frame, column, count, at, bytesAt, length, copyHash(dictionary));
  return end;
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

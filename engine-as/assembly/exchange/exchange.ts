// The exchange of a task: one open frame per channel, columns written where they will stay.
//
// All channels share one layout: each fixed-width column has its place for `rowLimit` rows, so a
// full frame is already in its final form and is sent without another copy. What is not needed by
// every frame lies beside it until the frame is closed: validity, bytes of plain utf8, late. The
// dictionaries that incoming ids refer to are copied once and belong to the exchange; when a batch
// brings another one (not just a longer one), the open frames are closed and the layout starts anew.
//
//   Exchange ─► Channel[channelCount] ─► frame (block) + ChannelColumn[columnCount]
//            └► types, data offsets, dictionaries per column
import { ENCODING_DICTIONARY, ENCODING_PLAIN, FRAME_BYTES_TARGET, FRAME_ROWS_MAX, TYPE_UTF8 } from "../../abi";
import { Batch, Column, columnAt, dataBytesOf, directoryBytes } from "../batch/index";
import { blockAlloc, blockFree } from "../memory/index";
import {
  copyReserve,
  copyReserved,
  DICTIONARY_EXTENDS,
  DICTIONARY_OTHER,
  dictionaryBytes,
  dictionaryBytesOf,
  dictionaryCopy,
  dictionaryFits,
  dictionaryRelation,
} from "./dictionary";


@unmanaged
export class Exchange {
  columnCount: i32;
  channelCount: i32;
  /** i32[columnCount]. */
  types: usize;
  /** i32[columnCount]: where a column's data lies in every open frame. */
  dataAts: usize;
  /** usize[columnCount]: the exchange's copy of the current dictionary (dictionary.ts), 0 = plain. */
  dictionaries: usize;
  /** Channel[channelCount]. */
  channels: usize;
  /** A frame closes at this many rows; 0 = no layout yet. */
  rowLimit: i32;
  /** Bytes of plain utf8 after which a frame closes before it is full of rows. */
  plainBytesMax: i32;
  /** Where the fixed-width columns of an open frame end. */
  fixedEnd: i32;
  // the batch that is being taken: rows [starts[channel] + done, starts[channel + 1]) are left
  batch: usize;
  /** u16 row numbers, channel by channel; 0 = all rows of the batch, one channel. */
  lists: usize;
  /** i32[channelCount + 1] into lists. */
  starts: usize;
  channel: i32;
  done: i32;
  /** LAYOUT_…: what is to be done before rows of the batch can be taken. */
  change: i32;
  /** The channel whose closed frame the caller is looking at, -1 = none. */
  out: i32;
  outBytes: i32;
  outRows: i32;
  /** The `starts` of a batch that goes to the only channel. */
  wholeFrom: i32;
  wholeTo: i32;
  /** What a dictionary may take of a frame: all of them together leave half of it to rows. */
  dictionaryBytesMax: i32;
}


@unmanaged
export class Channel {
  rows: i32;
  /** The frame under construction (a block of `capacity` bytes), or 0. */
  frame: usize;
  capacity: i32;
  /** ChannelColumn[columnCount]. */
  columns: usize;
  /** i64[rowLimit] beside the frame; used when lateOn. */
  late: usize;
  lateOn: i32;
  /** Bytes of plain utf8 in all columns. */
  plainBytes: i32;
  /** All batches so far were timed by timeColumn; meaningful when rows > 0, like what follows. */
  timed: i32;
  sorted: i32;
  timeColumn: i32;
  timeMin: i64;
  timeMax: i64;
  timeLast: i64;
}


@unmanaged
export class ChannelColumn {
  /** Bitmap for rowLimit rows beside the frame; used when validityOn. */
  validity: usize;
  validityOn: i32;
  /** Bytes of plain utf8. */
  bytes: usize;
  bytesLength: i32;
  bytesCapacity: i32;
}

/** What a batch asks of the layout (layoutChange). */
export const LAYOUT_FITS: i32 = 0;
/** Dictionaries have grown within their reserve: open frames stay open. */
export const LAYOUT_EXTEND: i32 = 1;
/** Open frames have to be closed first. */
export const LAYOUT_NEW: i32 = 2;

const RESERVE_BYTES_MIN: i32 = 1024;
export const CHANNEL_BYTES: usize = 64;
export const CHANNEL_COLUMN_BYTES: usize = 20;
const EXCHANGE_BYTES: usize = offsetof<Exchange>();
if (offsetof<Channel>() != CHANNEL_BYTES) ERROR("Channel must be 64 bytes: channels are contiguous");
if (offsetof<ChannelColumn>() != CHANNEL_COLUMN_BYTES) ERROR("ChannelColumn must be 20 bytes");


@inline
export function channelAt(exchange: Exchange, index: i32): Channel {
  return changetype<Channel>(exchange.channels + <usize>index * CHANNEL_BYTES);
}


@inline
export function channelColumnAt(channel: Channel, index: i32): ChannelColumn {
  return changetype<ChannelColumn>(channel.columns + <usize>index * CHANNEL_COLUMN_BYTES);
}


@inline
export function typeAt(exchange: Exchange, index: i32): i32 {
  return load<i32>(exchange.types + ((<usize>index) << 2));
}


@inline
export function dictionaryAt(exchange: Exchange, index: i32): usize {
  return load<usize>(exchange.dictionaries + ((<usize>index) << 2));
}

/**
 * An exchange for rows of these types (i32[columnCount], copied) over `channelCount` channels;
 * 0 = out of memory.
 */
export function exchangeNew(types: usize, columnCount: i32, channelCount: i32): usize {
  const words = (<usize>columnCount) << 2;
  const columnsBytes = <usize>columnCount * CHANNEL_COLUMN_BYTES;
  const bytes = ((EXCHANGE_BYTES + 3 * words + 7) & ~7) + <usize>channelCount * (CHANNEL_BYTES + columnsBytes);
  const ptr = blockAlloc(bytes);
  if (ptr == 0) return 0;
  memory.fill(ptr, 0, bytes);
  const e = changetype<Exchange>(ptr);
  e.columnCount = columnCount;
  e.channelCount = channelCount;
  e.types = ptr + EXCHANGE_BYTES;
  e.dataAts = e.types + words;
  e.dictionaries = e.dataAts + words;
  e.channels = (e.dictionaries + words + 7) & ~7;
  e.out = -1;
  memory.copy(e.types, types, words);
  let texts = 1;
  for (let index = 0; index < columnCount; index++) texts += i32(typeAt(e, index) == TYPE_UTF8);
  e.dictionaryBytesMax = (FRAME_BYTES_TARGET >> 1) / texts;
  const columns = e.channels + <usize>channelCount * CHANNEL_BYTES;
  for (let index = 0; index < channelCount; index++) {
    channelAt(e, index).columns = columns + <usize>index * columnsBytes;
  }
  return ptr;
}

export function exchangeFree(exchange: usize): void {
  if (exchange == 0) return;
  const e = changetype<Exchange>(exchange);
  dropBuffers(e);
  for (let index = 0; index < e.columnCount; index++) blockFree(dictionaryAt(e, index));
  blockFree(exchange);
}

/** What the batch's encodings and dictionaries ask of the open frames. */
export function layoutChange(e: Exchange, batch: usize): i32 {
  if (e.rowLimit == 0) return LAYOUT_NEW;
  let change = LAYOUT_FITS;
  for (let index = 0; index < e.columnCount; index++) {
    if (typeAt(e, index) != TYPE_UTF8) continue;
    const column = changetype<Column>(columnAt(batch, index));
    const current = dictionaryAt(e, index);
    if (!keepsDictionary(e, column)) {
      if (current != 0) return LAYOUT_NEW;
      continue;
    }
    if (current == 0) return LAYOUT_NEW;
    const relation = dictionaryRelation(current, column.dict);
    if (relation == DICTIONARY_OTHER) return LAYOUT_NEW;
    if (relation != DICTIONARY_EXTENDS) continue;
    if (dictionaryBytesOf(column.dict) > copyReserved(current)) return LAYOUT_NEW;
    change = LAYOUT_EXTEND;
  }
  return change;
}

/** Takes over the batch's dictionaries that extend the current ones; false = out of memory. */
export function layoutExtend(e: Exchange, batch: usize): bool {
  for (let index = 0; index < e.columnCount; index++) {
    const current = dictionaryAt(e, index);
    if (current == 0) continue;
    const dict = changetype<Column>(columnAt(batch, index)).dict;
    if (dictionaryRelation(current, dict) != DICTIONARY_EXTENDS) continue;
    const copy = dictionaryCopy(dict);
    if (copy == 0) return false;
    copyReserve(copy, copyReserved(current));
    blockFree(current);
    store<usize>(e.dictionaries + ((<usize>index) << 2), copy);
  }
  return true;
}

export function hasOpenRows(e: Exchange): bool {
  for (let index = 0; index < e.channelCount; index++) if (channelAt(e, index).rows > 0) return true;
  return false;
}

/** Takes over the batch's dictionaries and lays the frames out anew; no channel holds rows. */
export function layoutFor(e: Exchange, batch: usize): bool {
  dropBuffers(e);
  e.rowLimit = 0;
  const base = directoryBytes(e.columnCount);
  let room = FRAME_BYTES_TARGET - base;
  let rowBits = 64; // the late column, should it appear
  for (let index = 0; index < e.columnCount; index++) {
    const at = e.dictionaries + ((<usize>index) << 2);
    blockFree(load<usize>(at));
    store<usize>(at, 0);
    const column = changetype<Column>(columnAt(batch, index));
    if (typeAt(e, index) == TYPE_UTF8 && keepsDictionary(e, column)) {
      const copy = dictionaryCopy(column.dict);
      if (copy == 0) return false;
      store<usize>(at, copy);
      const reserved = min(e.dictionaryBytesMax + 32, (dictionaryBytes(copy) << 1) + RESERVE_BYTES_MIN);
      copyReserve(copy, reserved);
      room -= reserved;
    }
    rowBits += (dataBytesOf(typeAt(e, index), encodingAt(e, index), 64) >> 3) + 1;
  }
  e.plainBytesMax = max(room >> 1, FRAME_BYTES_TARGET >> 4);
  const rowLimit = max(16, min(FRAME_ROWS_MAX, (max(room, 0) << 3) / rowBits));
  let dataAt = base;
  for (let index = 0; index < e.columnCount; index++) {
    store<i32>(e.dataAts + ((<usize>index) << 2), dataAt);
    dataAt += (dataBytesOf(typeAt(e, index), encodingAt(e, index), rowLimit) + 15) & ~15;
  }
  e.fixedEnd = dataAt;
  e.rowLimit = rowLimit;
  return true;
}


@inline
export function encodingAt(e: Exchange, index: i32): i32 {
  return dictionaryAt(e, index) != 0 ? ENCODING_DICTIONARY : ENCODING_PLAIN;
}

/** A dictionary that is large beside a frame is written out as plain utf8 instead. */
@inline
function keepsDictionary(e: Exchange, column: Column): bool {
  return column.encoding == ENCODING_DICTIONARY && dictionaryFits(column.dict, e.dictionaryBytesMax);
}

function dropBuffers(e: Exchange): void {
  for (let index = 0; index < e.channelCount; index++) {
    const channel = channelAt(e, index);
    blockFree(channel.frame);
    channel.frame = 0;
    blockFree(channel.late);
    channel.late = 0;
    for (let at = 0; at < e.columnCount; at++) {
      const column = channelColumnAt(channel, at);
      blockFree(column.validity);
      column.validity = 0;
      blockFree(column.bytes);
      column.bytes = 0;
      column.bytesCapacity = 0;
    }
  }
}

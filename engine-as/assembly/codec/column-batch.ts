// The second pass over many records: one column after the other.
//
// A format has listed where records are cut (separators.ts) and says by a span where the column's text
// lies in each of them. A loop converts one column of all records: nothing waits for the end of the
// field before, and what the column needs stays in registers. The usual form is converted here; any
// other one is given to the format's own way for single values. A value that it refuses ends the batch
// before its record, which is then parsed alone and met again there, with its error.
import { TYPE_F64, TYPE_I32, TYPE_I64, TYPE_TIMESTAMP, TYPE_UTF8 } from "../../abi";
import { eightDigits, GRAMMAR_JSON, GRAMMAR_LOOSE, parsedF64, parseF64, strayDigits } from "../kernels/number";
import { clockOf, parsedMs, parseTimestamp } from "../kernels/timestamp";
import { ColumnOut, isPlainText, markValid, PUT_OK, putF64, putNull, putText } from "./column-out";
import { putField } from "./csv-field";
import { columnOut, Decoder, STOP_END } from "./decoder";
import { frameRoom } from "./frame-out";
import { plainValue, putValue } from "./json-value";
import { dictionaryBytes, shortHash, shortWord, TEXT_ENTRY_BYTES } from "./text-dictionary";

const MINUS: u32 = 0x2d;

/** Where a column's text lies: from the sign at `span.from` plus `fromMore` to that at `span.to` less `toLess`. */
@unmanaged
export class Span {
  /** Addresses in the list for the first record; a record's signs take `stride` bytes. */
  from: usize;
  to: usize;
  fromMore: usize;
  toLess: usize;
  stride: usize;
  isJson: bool;
  /** JSON: the quotes are not part of the span. */
  isText: bool;
  /** Address after the records, for scans. */
  end: usize;
}

export const SPAN: Span = changetype<Span>(memory.data(48, 16));
/** Bytes of text that the frame still takes; below 0: it ends here. */
let room: i32 = 0;

/** Before the columns of a batch of so many rows: how many of them the frame takes. */
export function batchBegin(decoder: Decoder, rows: i32): i32 {
  const free = frameRoom(decoder);
  const count = min(min(rows, decoder.rowsMax - decoder.rows), max(free, 0) / decoder.rowBytes);
  room = free - count * decoder.rowBytes;
  return count;
}

/** Converts SPAN of `count` records into rows from `decoder.rows` on; how many rows are good. */
export function batchColumn(decoder: Decoder, column: ColumnOut, count: i32): i32 {
  const type = column.type;
  if (SPAN.isJson) {
    if (SPAN.isText)
      return type == TYPE_UTF8 ? texts(decoder, column, count, true) : times(decoder, column, count, true);
    if (type == TYPE_I64) return wholes<i64>(decoder, column, count, true);
    if (type == TYPE_I32) return wholes<i32>(decoder, column, count, true);
    if (type == TYPE_F64) return decimals(decoder, column, count, true);
    return others(decoder, column, count, true);
  }
  if (type == TYPE_UTF8) return texts(decoder, column, count, false);
  if (decoder.nullIsValue) return others(decoder, column, count, false);
  if (type == TYPE_TIMESTAMP) return times(decoder, column, count, false);
  if (type == TYPE_I64) return wholes<i64>(decoder, column, count, false);
  if (type == TYPE_I32) return wholes<i32>(decoder, column, count, false);
  if (type == TYPE_F64) return decimals(decoder, column, count, false);
  return others(decoder, column, count, false);
}

/** Completes a batch: `good` of the `tried` rows count; whether the frame takes more. */
export function batchEnd(decoder: Decoder, good: i32, tried: i32): bool {
  const row = decoder.rows + good;
  if (good < tried) {
    for (let i = 0; i < decoder.columnCount; i++) {
      const column = columnOut(decoder, i);
      if (column.hasNulls) for (let k = row; k < decoder.rows + tried; k++) markValid(column, k);
      if (isPlainText(column)) column.textBytes = load<i32>(column.data + ((<usize>row) << 2));
    }
  }
  decoder.rows = row;
  decoder.lines += good;
  return room >= 0 && frameRoom(decoder) >= decoder.rowBytes;
}

function wholes<T>(decoder: Decoder, column: ColumnOut, count: i32, isJson: bool): i32 {
  const stride = SPAN.stride;
  const fromMore = SPAN.fromMore;
  const toLess = SPAN.toLess;
  const width = SPAN.to - SPAN.from;
  const data = column.data + <usize>decoder.rows * sizeof<T>();
  const dataEnd = data + <usize>count * sizeof<T>();
  let at = SPAN.from;
  for (let out = data; out < dataEnd; out += sizeof<T>()) {
    const from = <usize>load<u32>(at) + fromMore;
    const to = <usize>load<u32>(at + width) - toLess;
    at += stride;
    const negative = <usize>(<u32>load<u8>(from) == MINUS);
    const digits = to - from - negative;
    if (digits - 1 < 8) {
      // the last digit is the last byte of the word; what comes before the first one is cleared
      const word = (load<u64>(to - 8) ^ 0x3030303030303030) & load<u64>(LAST_BYTES + digits);
      if (strayDigits(word) == 0 && !(isJson && digits > 1 && load<u8>(from + negative) == 0x30)) {
        const value = (eightDigits(word) ^ (0 - <u64>negative)) + <u64>negative;
        if (sizeof<T>() == 8) store<u64>(out, value);
        else store<u32>(out, <u32>value);
        continue;
      }
    }
    const i = <i32>((out - data) / sizeof<T>());
    if (!odd(decoder, column, decoder.rows + i, from, to, isJson)) return i;
  }
  return count;
}

/** Loading 8 bytes at n gives a mask of the last n bytes (1 … 8). */
const LAST_BYTES: usize = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);

function times(decoder: Decoder, column: ColumnOut, count: i32, isJson: bool): i32 {
  const stride = SPAN.stride;
  const fromMore = SPAN.fromMore;
  const toLess = SPAN.toLess;
  const width = SPAN.to - SPAN.from;
  const data = column.data + ((<usize>decoder.rows) << 3);
  const dataEnd = data + ((<usize>count) << 3);
  let at = SPAN.from;
  let head = column.dateHead;
  let tail = column.dateTail;
  let dateMs = column.dateMs;
  for (let out = data; out < dataEnd; out += 8) {
    const from = <usize>load<u32>(at) + fromMore;
    const to = <usize>load<u32>(at + width) - toLess;
    at += stride;
    if (to - from == 24 && load<u64>(from) == head) {
      const ms = clockOf(load<u64>(from, 8), load<u64>(from, 16), tail);
      if (ms >= 0) {
        store<i64>(out, dateMs + ms);
        continue;
      }
    }
    const i = <i32>((out - data) >> 3);
    if (parseTimestamp(column, from) == to) store<i64>(out, parsedMs);
    else if (!odd(decoder, column, decoder.rows + i, from - <usize>isJson, to + <usize>isJson, isJson)) return i;
    head = column.dateHead;
    tail = column.dateTail;
    dateMs = column.dateMs;
  }
  return count;
}

function decimals(decoder: Decoder, column: ColumnOut, count: i32, isJson: bool): i32 {
  const span = SPAN;
  let at = span.from;
  const width = span.to - at;
  const first = decoder.rows;
  for (let i = 0; i < count; i++) {
    const from = <usize>load<u32>(at) + span.fromMore;
    const to = <usize>load<u32>(at + width) - span.toLess;
    at += span.stride;
    if (parseF64(from, isJson ? GRAMMAR_JSON : GRAMMAR_LOOSE) == to) putF64(column, first + i, parsedF64);
    else if (!odd(decoder, column, first + i, from, to, isJson)) return i;
  }
  return count;
}

function others(decoder: Decoder, column: ColumnOut, count: i32, isJson: bool): i32 {
  const span = SPAN;
  let at = span.from;
  const width = span.to - at;
  for (let i = 0; i < count; i++) {
    const from = <usize>load<u32>(at) + span.fromMore;
    const to = <usize>load<u32>(at + width) - span.toLess;
    at += span.stride;
    if (!odd(decoder, column, decoder.rows + i, from, to, isJson)) return i;
  }
  return count;
}

function texts(decoder: Decoder, column: ColumnOut, count: i32, isJson: bool): i32 {
  const dictionary = column.dictionary;
  const stride = SPAN.stride;
  const fromMore = SPAN.fromMore;
  const toLess = SPAN.toLess;
  const width = SPAN.to - SPAN.from;
  const data = column.data + ((<usize>decoder.rows) << 2);
  const dataEnd = data + ((<usize>count) << 2);
  const isEncoded = changetype<usize>(dictionary) != 0;
  // a null literal is looked for before anything else
  const shortMax: usize = isEncoded && (isJson || decoder.nullBytes == 0) ? 8 : 0;
  // ids in the slots count from 1
  const slots = isEncoded ? dictionary.slots : 0;
  const entries = isEncoded ? dictionary.entries - TEXT_ENTRY_BYTES : 0;
  let slotsShift: u64 = isEncoded ? 64 - <u64>dictionary.slotsLog2 : 0;
  let at = SPAN.from;
  for (let out = data; out < dataEnd; out += 4) {
    const from = <usize>load<u32>(at) + fromMore;
    const bytes = <usize>load<u32>(at + width) - toLess - from;
    at += stride;
    if (bytes - 1 < shortMax) {
      const word = shortWord(from, bytes);
      const id = <usize>load<u16>(slots + ((<usize>(shortHash(word, bytes) >> slotsShift)) << 1));
      const entry = entries + id * TEXT_ENTRY_BYTES;
      if (id != 0 && load<u64>(entry) == word && <usize>load<u32>(entry, 16) == bytes) {
        store<u32>(out, <u32>id - 1);
        continue;
      }
    }
    const i = <i32>((out - data) >> 2);
    if (!text(decoder, column, decoder.rows + i, from, <i32>bytes, isJson)) return i;
    if (isEncoded) slotsShift = 64 - <u64>dictionary.slotsLog2;
  }
  return count;
}

/** One text that is new, long, or null; false: the batch ends before it. */
function text(decoder: Decoder, column: ColumnOut, row: i32, from: usize, bytes: i32, isJson: bool): bool {
  if (
    !isJson &&
    (bytes == 0 || (bytes == decoder.nullBytes && memory.compare(from, decoder.nullPtr, <usize>bytes) == 0))
  ) {
    putNull(column, row);
    return true;
  }
  const dictionary = column.dictionary;
  if (changetype<usize>(dictionary) == 0) {
    if (room < bytes) {
      room = -1;
      return false;
    }
    room -= bytes;
    return putText(column, row, from, bytes) == PUT_OK;
  }
  const before = dictionaryBytes(dictionary);
  if (putText(column, row, from, bytes) != PUT_OK) return false;
  room -= dictionaryBytes(dictionary) - before;
  return room >= 0;
}

/** One value by the format's own way for single ones; false: refused, and to be met again. */
function odd(decoder: Decoder, column: ColumnOut, row: i32, from: usize, to: usize, isJson: bool): bool {
  let isGood: bool;
  if (isJson) {
    let after = plainValue(column, row, from);
    if (after == 0) after = putValue(decoder, column, row, from);
    isGood = after == to;
  } else isGood = putField(decoder, column, row, from, SPAN.end) != 0;
  if (!isGood) {
    markValid(column, row);
    decoder.stop = STOP_END;
  }
  return isGood;
}

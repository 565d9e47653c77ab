// Single fields of CSV where csv.ts' fast paths do not apply, and fields that nobody wants.
//
// Unquoted scans end at the newline that ends every region; only quoted fields can reach the
// region's end (STOP_PARTIAL: the record goes on in the next chunk).
import {
  ERROR_CSV_FIELD_EXTRA,
  ERROR_CSV_FIELD_MISSING,
  ERROR_CSV_QUOTE_UNCLOSED,
  ERROR_LINE_TOO_LONG,
  ROW_BYTES_MAX,
  TYPE_UTF8,
} from "../../abi";
import { ColumnOut, PUT_OK, putNull } from "./column-out";
import { Decoder, scratchFor, STOP_ERROR, STOP_PARTIAL } from "./decoder";
import { notPut, refuse } from "./refusal";
import { putSlice } from "./value";

const LF: u32 = 0x0a;
const CR: u32 = 0x0d;

/** Newlines within quoted fields of the record so far. */
export let newlinesPassed: i64 = 0;
export let fieldFrom: usize = 0;
export let fieldTo: usize = 0;
let fieldIsQuoted: bool = false;

export function passedReset(): void {
  newlinesPassed = 0;
}

/** Any field into the column; the address of what ends it, or 0 with `decoder.stop` set. */
export function putField(decoder: Decoder, column: ColumnOut, row: i32, start: usize, end: usize): usize {
  const after = cutField(decoder, start, end);
  if (after == 0) return 0;
  if (isNull(decoder, column)) {
    putNull(column, row);
    return after;
  }
  const put = putSlice(column, row, fieldFrom, fieldTo);
  if (put == PUT_OK) return after;
  return notPut(decoder, column, put, start, <i32>(after - start));
}

function isNull(decoder: Decoder, column: ColumnOut): bool {
  const bytes = fieldTo - fieldFrom;
  if (bytes == 0) return !fieldIsQuoted || column.type != TYPE_UTF8;
  if (fieldIsQuoted || bytes != <usize>decoder.nullBytes) return false;
  return memory.compare(fieldFrom, decoder.nullPtr, bytes) == 0;
}

/** Finds the field's text (fieldFrom … fieldTo, unescaped); the address of what ends it, or 0. */
export function cutField(decoder: Decoder, start: usize, end: usize): usize {
  if (<u32>load<u8>(start) == decoder.quote) return cutQuoted(decoder, start, end);
  fieldIsQuoted = false;
  fieldFrom = start;
  fieldTo = unquotedEnd(start, i8x16.splat(<i8>decoder.delimiter), i8x16.splat(<i8>LF));
  return fieldTo;
}

/** The end of an unquoted field: its delimiter, or its newline with the CR before it. */
@inline
export function unquotedEnd(start: usize, delimiters: v128, newlines: v128): usize {
  let p = start;
  let found: u32;
  do {
    const text = v128.load(p);
    found = <u32>i8x16.bitmask(v128.or(i8x16.eq(text, delimiters), i8x16.eq(text, newlines)));
    p += 16;
  } while (found == 0);
  p = p - 16 + <usize>ctz(found);
  return <u32>load<u8>(p) == LF && p > start && load<u8>(p - 1) == CR ? p - 1 : p;
}

function cutQuoted(decoder: Decoder, start: usize, end: usize): usize {
  fieldIsQuoted = true;
  const after = skipQuoted(decoder, start, end);
  if (after == 0) return 0;
  const c = <u32>load<u8>(after);
  if (c != decoder.delimiter && c != LF && !(c == CR && load<u8>(after, 1) == LF)) {
    return refuse(decoder, ERROR_CSV_QUOTE_UNCLOSED, -1, start, <i32>(after - start) + 1);
  }
  fieldFrom = start + 1;
  fieldTo = after - 1;
  return hasDoubled && !unescape(decoder) ? 0 : after;
}

let hasDoubled: bool = false;

/** From an opening quote to the address after the closing one; 0 = the region ends first. */
function skipQuoted(decoder: Decoder, start: usize, end: usize): usize {
  const quote = decoder.quote;
  const quotes = i8x16.splat(<i8>quote);
  const newlines = i8x16.splat(<i8>LF);
  hasDoubled = false;
  let p = start + 1;
  while (p < end) {
    const text = v128.load(p);
    const found = <u32>i8x16.bitmask(i8x16.eq(text, quotes));
    const lines = <u32>i8x16.bitmask(i8x16.eq(text, newlines));
    if (found == 0) {
      newlinesPassed += popcnt(lines);
      p += 16;
      continue;
    }
    const at = ctz(found);
    newlinesPassed += popcnt(lines & ((1 << at) - 1));
    p += <usize>at + 1;
    if (p >= end) break; // the quote lies behind the region
    if (<u32>load<u8>(p) != quote) return p;
    hasDoubled = true;
    p++;
  }
  decoder.stop = STOP_PARTIAL;
  return 0;
}

/** Copies the field with its doubled quotes made single, and a newline behind it. */
function unescape(decoder: Decoder): bool {
  const bytes = <i32>(fieldTo - fieldFrom);
  if (bytes > ROW_BYTES_MAX) {
    refuse(decoder, ERROR_LINE_TOO_LONG, -1, fieldFrom, bytes);
    return false;
  }
  if (!scratchFor(decoder, bytes)) {
    decoder.stop = STOP_ERROR;
    return false;
  }
  let from = fieldFrom;
  let to = decoder.scratch;
  while (from < fieldTo) {
    const c = load<u8>(from);
    store<u8>(to, c);
    from += 1 + <usize>(<u32>c == decoder.quote);
    to++;
  }
  store<u8>(to, <u8>LF);
  fieldFrom = decoder.scratch;
  fieldTo = to;
  return true;
}

/** Passes `count` fields and their delimiters; `column` is the one that is looked for (for the error). */
export function skipFields(decoder: Decoder, start: usize, end: usize, count: i32, column: i32): usize {
  const delimiter = decoder.delimiter;
  const delimiters = i8x16.splat(<i8>delimiter);
  const newlines = i8x16.splat(<i8>LF);
  const quotes = i8x16.splat(decoder.quote < 0x100 ? <i8>decoder.quote : <i8>LF);
  let left = count;
  let field = start;
  let p = start;
  while (true) {
    const text = v128.load(p);
    const signs = v128.or(v128.or(i8x16.eq(text, delimiters), i8x16.eq(text, newlines)), i8x16.eq(text, quotes));
    let found = <u32>i8x16.bitmask(signs);
    let next = p + 16;
    while (found != 0) {
      const at = p + <usize>ctz(found);
      const c = <u32>load<u8>(at);
      found &= found - 1;
      if (c == delimiter) {
        field = at + 1;
        if (--left == 0) return field;
      } else if (c == LF) {
        return refuse(decoder, ERROR_CSV_FIELD_MISSING, column, at, 0);
      } else if (at == field) {
        next = skipQuoted(decoder, at, end);
        if (next == 0) return 0;
        if (<u32>load<u8>(next) != delimiter) return unclosedOrMissing(decoder, at, next, column);
        found = 0;
      }
    }
    p = next;
  }
}

function unclosedOrMissing(decoder: Decoder, start: usize, after: usize, column: i32): usize {
  const c = <u32>load<u8>(after);
  if (c == LF || (c == CR && load<u8>(after, 1) == LF))
    return refuse(decoder, ERROR_CSV_FIELD_MISSING, column, after, 0);
  return refuse(decoder, ERROR_CSV_QUOTE_UNCLOSED, -1, start, <i32>(after - start) + 1);
}

/** Passes the record's unwanted last fields: `more` with a delimiter, then one; the address after the newline. */
export function skipRest(decoder: Decoder, start: usize, end: usize, more: i32): usize {
  const p = more > 0 ? skipFields(decoder, start, end, more, -1) : start;
  if (p == 0) return 0;
  const after = <u32>load<u8>(p) == decoder.quote ? cutQuoted(decoder, p, end) : cutField(decoder, p, end);
  if (after == 0) return 0;
  const c = <u32>load<u8>(after);
  if (c == LF) return after + 1;
  return c == CR ? after + 2 : refuse(decoder, ERROR_CSV_FIELD_EXTRA, -1, after, 1);
}

// One JSON value into a column.
//
// What the types take: bool: true and false. i32, i64: numbers without remainder within range. f64:
// numbers, and the strings NaN, Infinity, -Infinity. timestamp: ISO 8601 strings, or numbers of the
// column's unit. utf8: strings. null in every column.
import {
  ERROR_NOT_JSON,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
  ROW_BYTES_MAX,
} from "../../abi";
import { GRAMMAR_JSON, parsedF64, parsedI64, parseF64, parseI64, parseShortI64 } from "../kernels/number";
import { parsedMs, parseTimestamp, UNIT_SECONDS } from "../kernels/timestamp";
import { parseSpecial } from "../kernels/words";
import {
  ColumnOut,
  PUT_OK,
  PUT_OUT_OF_MEMORY,
  PUT_TOO_LONG,
  PUT_WRONG_TYPE,
  putBool,
  putF64,
  putI32,
  putI64,
  putNull,
  putText,
} from "./column-out";
import { notPut, refuse } from "./refusal";
import { Decoder, scratchFor } from "./decoder";
import { skipBlanks, skipValue, stringStop } from "./json-skip";
import { unescapeJson } from "./json-string";
import { putInteger, putSlice } from "./value";

const QUOTE: u32 = 0x22;
const NULL_WORD: u32 = 0x6c6c756e;

/** The usual form of the column's type; the address after the value, or 0: look closer. */
@inline
export function plainValue(column: ColumnOut, row: i32, p: usize): usize {
  const type = column.type;
  if (type == TYPE_UTF8) {
    if (<u32>load<u8>(p) != QUOTE) return 0;
    const end = stringStop(p + 1);
    if (<u32>load<u8>(end) != QUOTE) return 0;
    return putText(column, row, p + 1, <i32>(end - p - 1)) == PUT_OK ? end + 1 : 0;
  }
  if (type == TYPE_I64) {
    let end = parseShortI64(p, GRAMMAR_JSON);
    if (end == 0) end = parseI64(p, GRAMMAR_JSON);
    if (end == 0 || isMore(end)) return 0;
    putI64(column, row, parsedI64);
    return end;
  }
  if (type == TYPE_TIMESTAMP) {
    if (<u32>load<u8>(p) != QUOTE) return 0;
    const end = parseTimestamp(column, p + 1);
    if (end == 0 || <u32>load<u8>(end) != QUOTE) return 0;
    putI64(column, row, parsedMs);
    return end + 1;
  }
  if (type == TYPE_F64) {
    const end = parseF64(p, GRAMMAR_JSON);
    if (end != 0) putF64(column, row, parsedF64);
    return end;
  }
  if (type == TYPE_I32) {
    let end = parseShortI64(p, GRAMMAR_JSON);
    if (end == 0) end = parseI64(p, GRAMMAR_JSON);
    if (end == 0 || isMore(end) || parsedI64 != <i64>(<i32>parsedI64)) return 0;
    putI32(column, row, <i32>parsedI64);
    return end;
  }
  return 0;
}

/** A fraction or an exponent follows. */
@inline
function isMore(p: usize): bool {
  const c = <u32>load<u8>(p);
  return c == 0x2e || (c | 0x20) == 0x65;
}

/** Any value, after blanks, into the column; the address after it, or 0 with `decoder.stop` set. */
export function putValue(decoder: Decoder, column: ColumnOut, row: i32, from: usize): usize {
  const p = skipBlanks(from);
  const end = skipValue(p);
  if (end == 0) return refuse(decoder, ERROR_NOT_JSON, column.index, p, 0);
  if (load<u32>(p) == NULL_WORD) {
    putNull(column, row);
    return end;
  }
  const first = <u32>load<u8>(p);
  let put = PUT_WRONG_TYPE;
  if (first == QUOTE) put = putString(decoder, column, row, p + 1, end - 1);
  else if (first == 0x74 || first == 0x66) {
    if (column.type == TYPE_BOOL) {
      putBool(column, row, first == 0x74);
      put = PUT_OK;
    }
  } else if (first == 0x2d || first - 0x30 < 10) put = putNumber(column, row, p, end);
  return put == PUT_OK ? end : notPut(decoder, column, put, p, <i32>(end - p));
}

function putString(decoder: Decoder, column: ColumnOut, row: i32, from: usize, to: usize): i32 {
  const type = column.type;
  if (type != TYPE_UTF8 && type != TYPE_TIMESTAMP && type != TYPE_F64) return PUT_WRONG_TYPE;
  let start = from;
  let end = to;
  if (stringStop(from) != to) {
    const bytes = <i32>(to - from);
    if (bytes > ROW_BYTES_MAX) return PUT_TOO_LONG;
    if (!scratchFor(decoder, bytes)) return PUT_OUT_OF_MEMORY;
    start = decoder.scratch;
    end = unescapeJson(from, to, start);
    store<u8>(end, 0x0a);
  }
  if (type == TYPE_UTF8) return putText(column, row, start, <i32>(end - start));
  if (type == TYPE_F64) {
    const value = parseSpecial(start, end);
    if (value == 0) return PUT_WRONG_TYPE;
    putF64(column, row, value);
    return PUT_OK;
  }
  if (parseTimestamp(column, start) != end) return PUT_WRONG_TYPE;
  putI64(column, row, parsedMs);
  return PUT_OK;
}

function putNumber(column: ColumnOut, row: i32, p: usize, end: usize): i32 {
  const type = column.type;
  if (type == TYPE_BOOL || type == TYPE_UTF8) return PUT_WRONG_TYPE;
  if (type == TYPE_F64) return putSlice(column, row, p, end);
  if (parseI64(p, GRAMMAR_JSON) == end) return putInteger(column, row, parsedI64);
  if (parseF64(p, GRAMMAR_JSON) != end) return PUT_WRONG_TYPE;
  // 1e3 and 12.0 are whole; seconds may have a fraction
  let value = parsedF64;
  if (type == TYPE_TIMESTAMP && column.unit == UNIT_SECONDS) {
    value = Math.floor(value * 1000 + 0.5);
    if (abs(value) > 9007199254740992) return PUT_WRONG_TYPE;
    putI64(column, row, <i64>value);
    return PUT_OK;
  }
  if (value != Math.floor(value) || abs(value) > 9007199254740992) return PUT_WRONG_TYPE;
  return putInteger(column, row, <i64>value);
}

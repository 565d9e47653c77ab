// CSV (RFC 4180) to columns.
//
// Only wanted fields are parsed. Each is first tried as the plain thing it nearly always is: digits
// end at a delimiter, text is unquoted; whatever is not, is cut out by csv-field.ts and tried again.
// Accepted beyond the RFC: LF as well as CRLF, a BOM, a last record without newline, blank lines
// (ignored, unless records have one field: then null), quotes inside unquoted fields (plain
// characters). A record must have as many fields as the header. Empty is null, "" is the empty text.
import {
  ERROR_CSV_FIELD_EXTRA,
  ERROR_CSV_FIELD_MISSING,
  ERROR_LINE_TOO_LONG,
  ROW_BYTES_MAX,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from "../../abi";
import { GRAMMAR_LOOSE, parsedF64, parsedI64, parseF64, parseI64, parseShortI64 } from "../kernels/number";
import { parsedMs, parseTimestamp } from "../kernels/timestamp";
import { ColumnOut, PUT_OK, putF64, putI32, putI64, putText } from "./column-out";
import { Decoder, failAt, STEP_BYTES, STEP_SOURCE_AT, STEP_TYPE_AT, STOP_END, STOP_FULL } from "./decoder";
import { csvBatch } from "./csv-batch";
import { csvHeader } from "./csv-header";
import { newlinesPassed, passedReset, putField, skipFields, skipRest, unquotedEnd } from "./csv-field";
import { refuse } from "./refusal";
import { frameIsFull } from "./frame-out";

const LF: u32 = 0x0a;
const CR: u32 = 0x0d;

/**
 * Parses records of [start, end), which ends with a newline, into the frame; `single`: one record or
 * blank line. Returns the address after the last one; `decoder.stop` says why it stopped.
 */
export function csvRecords(decoder: Decoder, start: usize, end: usize, single: bool): usize {
  let p = start;
  if (!decoder.hasStarted) {
    const hasHeader = decoder.fieldCount == 0;
    p = csvHeader(decoder, start, end);
    if (p == 0) return start;
    decoder.hasStarted = true;
    if (single && hasHeader) return p;
  }
  while (p < end) {
    if (decoder.rows == decoder.rowsMax) {
      decoder.stop = STOP_FULL;
      break;
    }
    if (decoder.pause == 0 && !single) {
      p = csvBatch(decoder, p, end);
      if (decoder.stop == STOP_FULL) break;
      continue;
    }
    decoder.pause = max(0, decoder.pause - 1);
    const c = <u32>load<u8>(p);
    if (c <= CR && decoder.fieldCount > 1 && (c == LF || (c == CR && load<u8>(p, 1) == LF))) {
      p += 1 + <usize>(c == CR);
      decoder.lines++;
      if (single) break;
      continue;
    }
    const after = csvRecord(decoder, p, end);
    if (after == 0) {
      if (decoder.stop == STOP_END) continue; // the column became plain: the same record again
      break;
    }
    const bytes = after - p;
    if (bytes > <usize>ROW_BYTES_MAX) {
      failAt(decoder, ERROR_LINE_TOO_LONG, -1, p, <i32>bytes);
      break;
    }
    p = after;
    decoder.rows++;
    decoder.lines += 1 + newlinesPassed;
    if (single) break;
    if (frameIsFull(decoder, bytes)) {
      decoder.stop = STOP_FULL;
      break;
    }
  }
  return p;
}

/** One record into row `decoder.rows`; the address after it, or 0 with `decoder.stop` set. */
function csvRecord(decoder: Decoder, start: usize, end: usize): usize {
  const delimiter = decoder.delimiter;
  const row = decoder.rows;
  const lastField = decoder.fieldCount - 1;
  let order = decoder.order;
  const orderEnd = order + <usize>decoder.columnCount * STEP_BYTES;
  const delimiters = i8x16.splat(<i8>delimiter);
  const newlines = i8x16.splat(<i8>LF);
  let field = 0;
  let p = start;
  passedReset();
  do {
    const column = changetype<ColumnOut>(load<usize>(order));
    const source = load<i32>(order, STEP_SOURCE_AT);
    if (field < source) {
      p = skipFields(decoder, p, end, source - field, column.index);
      if (p == 0) return 0;
      field = source;
    }
    let after = plainField(decoder, column, load<i32>(order, STEP_TYPE_AT), row, p, delimiter, delimiters, newlines);
    if (after == 0) {
      after = putField(decoder, column, row, p, end);
      if (after == 0) return 0;
    }
    p = after;
    const c = <u32>load<u8>(p);
    if (field == lastField) return recordEnd(decoder, p, c);
    if (c != delimiter) return missing(decoder, order + STEP_BYTES, orderEnd, p);
    p++;
    field++;
    order += STEP_BYTES;
  } while (order < orderEnd);
  return skipRest(decoder, p, end, lastField - field);
}

/** A field without quotes, blanks or surprises; the address of what ends it, or 0: look closer. */
@inline
function plainField(
  decoder: Decoder,
  column: ColumnOut,
  type: i32,
  row: i32,
  p: usize,
  delimiter: u32,
  delimiters: v128,
  newlines: v128,
): usize {
  if (type == TYPE_UTF8) return plainText(decoder, column, row, p, delimiters, newlines);
  let after: usize = 0;
  if (type == TYPE_I64) {
    after = parseShortI64(p, GRAMMAR_LOOSE);
    if (after == 0) after = parseI64(p, GRAMMAR_LOOSE);
    putI64(column, row, parsedI64);
  } else if (type == TYPE_TIMESTAMP) {
    after = parseTimestamp(column, p);
    putI64(column, row, parsedMs);
  } else if (type == TYPE_F64) {
    after = parseF64(p, GRAMMAR_LOOSE);
    putF64(column, row, parsedF64);
  } else if (type == TYPE_I32) {
    after = parseShortI64(p, GRAMMAR_LOOSE);
    if (after == 0) after = parseI64(p, GRAMMAR_LOOSE);
    if (parsedI64 != <i64>(<i32>parsedI64)) return 0;
    putI32(column, row, <i32>parsedI64);
  }
  if (after == 0) return 0;
  const c = <u32>load<u8>(after);
  return c == delimiter || c == LF || (c == CR && load<u8>(after, 1) == LF) ? after : 0;
}


@inline
function plainText(
  decoder: Decoder,
  column: ColumnOut,
  row: i32,
  start: usize,
  delimiters: v128,
  newlines: v128,
): usize {
  if (<u32>load<u8>(start) == decoder.quote || decoder.nullBytes != 0) return 0;
  const p = unquotedEnd(start, delimiters, newlines);
  if (p == start || putText(column, row, start, <i32>(p - start)) != PUT_OK) return 0;
  return p;
}


@inline
function recordEnd(decoder: Decoder, p: usize, c: u32): usize {
  if (c == LF) return p + 1;
  if (c == CR) return p + 2; // only before a newline does a field end at a CR
  return refuse(decoder, ERROR_CSV_FIELD_EXTRA, -1, p, 1);
}

/** The record ends before the column of this step, or before a field that nobody wants. */
function missing(decoder: Decoder, step: usize, stepsEnd: usize, at: usize): usize {
  const column = step < stepsEnd ? changetype<ColumnOut>(load<usize>(step)).index : -1;
  return refuse(decoder, ERROR_CSV_FIELD_MISSING, column, at, 0);
}

// The start of a CSV input: the BOM, the header record, and which field each wanted column is.
import { ERROR_CSV_FIELD_MISSING, TYPE_UTF8 } from "../../abi";
import { cutField, fieldFrom, fieldTo, newlinesPassed, passedReset } from "./csv-field";
import { refuse } from "./refusal";
import { columnOut, Decoder, STEP_BYTES, STEP_SOURCE_AT, STEP_TYPE_AT } from "./decoder";

/**
 * Passes BOM and header (when the plan says there is one) and orders the columns; the address after
 * them, or 0: the header is not complete, or lacks a column (ERROR_CSV_FIELD_MISSING while
 * `fieldCount` is still 0).
 */
export function csvHeader(decoder: Decoder, start: usize, end: usize): usize {
  let p = start;
  const offset = decoder.regionOffset + <i64>(start - decoder.regionPtr);
  if (offset == 0 && (load<u32>(p) & 0xffffff) == 0xbfbbef) p += 3;
  if (decoder.fieldCount == 0) {
    p = readHeader(decoder, p, end);
    if (p == 0) return 0;
  }
  orderColumns(decoder);
  return p;
}

function readHeader(decoder: Decoder, start: usize, end: usize): usize {
  for (let i = 0; i < decoder.columnCount; i++) columnOut(decoder, i).source = -1;
  passedReset();
  let field = 0;
  let p = start;
  while (true) {
    p = cutField(decoder, p, end);
    if (p == 0) return 0;
    bind(decoder, field);
    field++;
    const c = <u32>load<u8>(p);
    if (c == 0x0d) p++;
    p++;
    if (c != decoder.delimiter) break;
  }
  for (let i = 0; i < decoder.columnCount; i++) {
    if (columnOut(decoder, i).source < 0) return refuse(decoder, ERROR_CSV_FIELD_MISSING, i, start, <i32>(p - start));
  }
  decoder.fieldCount = field;
  decoder.lines += 1 + newlinesPassed;
  return p;
}

/** Gives the field to the column of its name; of fields with the same name the first counts. */
function bind(decoder: Decoder, field: i32): void {
  const bytes = fieldTo - fieldFrom;
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    if (column.source >= 0 || <usize>column.nameBytes != bytes) continue;
    if (memory.compare(fieldFrom, column.namePtr, bytes) == 0) column.source = field;
  }
}

/** Writes the steps of a record: the wanted columns by ascending field (insertion sort: at most 256, once). */
function orderColumns(decoder: Decoder): void {
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    let at = decoder.order + <usize>i * STEP_BYTES;
    while (at > decoder.order && load<i32>(at - STEP_BYTES, STEP_SOURCE_AT) > column.source) {
      memory.copy(at, at - STEP_BYTES, STEP_BYTES);
      at -= STEP_BYTES;
    }
    store<usize>(at, changetype<usize>(column));
    store<i32>(at, column.source, STEP_SOURCE_AT);
    store<i32>(at, decoder.nullIsValue && column.type != TYPE_UTF8 ? 0 : column.type, STEP_TYPE_AT);
  }
}

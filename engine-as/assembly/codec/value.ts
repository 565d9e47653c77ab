// Values from a slice of text: the way for everything that the formats' fast paths leave over.
//
// The byte behind the slice must be readable and no part of a number or date: a quote, a delimiter, a
// newline. Blanks around numbers, bools and dates are ignored.
import { TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_I64, TYPE_UTF8 } from "../../abi";
import { GRAMMAR_LOOSE, parsedF64, parsedI64, parseF64, parseI64 } from "../kernels/number";
import { parsedMs, parseTimestamp, scaleToMs } from "../kernels/timestamp";
import { FALSE, isWord, parseSpecial, TRUE } from "../kernels/words";
import { ColumnOut, PUT_OK, PUT_WRONG_TYPE, putBool, putF64, putI32, putI64, putText } from "./column-out";

/** Writes the text as the column's type; PUT_…. Numbers follow GRAMMAR_LOOSE. */
export function putSlice(column: ColumnOut, row: i32, from: usize, to: usize): i32 {
  const type = column.type;
  if (type == TYPE_UTF8) return putText(column, row, from, <i32>(to - from));
  let p = from;
  let end = to;
  while (p < end && (load<u8>(p) == 0x20 || load<u8>(p) == 0x09)) p++;
  while (p < end && (load<u8>(end - 1) == 0x20 || load<u8>(end - 1) == 0x09)) end--;
  if (type == TYPE_BOOL) return putWord(column, row, p, end);
  if (type == TYPE_F64) {
    const value = parseSpecial(p, end);
    if (value == 0) {
      if (parseF64(p, GRAMMAR_LOOSE) != end) return PUT_WRONG_TYPE;
      putF64(column, row, parsedF64);
    } else putF64(column, row, value);
    return PUT_OK;
  }
  if (parseI64(p, GRAMMAR_LOOSE) == end) return putInteger(column, row, parsedI64);
  if (type == TYPE_I64 || type == TYPE_I32 || parseTimestamp(column, p) != end) return PUT_WRONG_TYPE;
  putI64(column, row, parsedMs);
  return PUT_OK;
}

/** Writes a whole number to an i32, i64 or timestamp column (the latter by its unit). */
export function putInteger(column: ColumnOut, row: i32, value: i64): i32 {
  if (column.type == TYPE_I32) {
    if (value != <i64>(<i32>value)) return PUT_WRONG_TYPE;
    putI32(column, row, <i32>value);
  } else if (column.type == TYPE_I64) {
    putI64(column, row, value);
  } else {
    if (!scaleToMs(value, column.unit)) return PUT_WRONG_TYPE;
    putI64(column, row, parsedMs);
  }
  return PUT_OK;
}

function putWord(column: ColumnOut, row: i32, from: usize, to: usize): i32 {
  const isTrue = isWord(from, to, TRUE, 4);
  if (!isTrue && !isWord(from, to, FALSE, 5)) return PUT_WRONG_TYPE;
  putBool(column, row, isTrue);
  return PUT_OK;
}

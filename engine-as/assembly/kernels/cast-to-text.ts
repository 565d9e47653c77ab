// Values to text over whole vectors: the bytes one after the other, i32 offsets[rows + 1].
//
// cast-from-text.ts reads back all that is written here.
import { isoTimeFails, writeIsoTime } from "./date";
import { digitsOf, writeDigits } from "./digits";
import { F64_TEXT_BYTES_MAX, writeF64 } from "./number-text";

/** Bytes that one row's text takes at most: a 64-bit integer, an ISO time, an f64. */
export const CAST_TEXT_BYTES_MAX: usize = 32;
if (F64_TEXT_BYTES_MAX > CAST_TEXT_BYTES_MAX) ERROR("an f64's text may take more than CAST_TEXT_BYTES_MAX");

/** Decimal digits of i64[rows]: bytes one after the other, i32 offsets[rows + 1]. */
export function i64ToText(a: usize, offsets: usize, bytes: usize, rows: i32): void {
  let at: usize = 0;
  for (let row = 0; row < rows; row++) {
    store<i32>(offsets + ((<usize>row) << 2), <i32>at);
    at += writeInteger(load<i64>(a + ((<usize>row) << 3)), bytes + at);
  }
  store<i32>(offsets + ((<usize>rows) << 2), <i32>at);
}

function writeInteger(value: i64, out: usize): usize {
  const magnitude: u64 = value < 0 ? <u64>0 - <u64>value : <u64>value;
  const sign = <usize>(value < 0);
  if (sign != 0) store<u8>(out, 0x2d);
  return writeDigits(magnitude, digitsOf(magnitude), out + sign) - out;
}

/** f64[rows] as JavaScript prints numbers. */
export function f64ToText(a: usize, offsets: usize, bytes: usize, rows: i32): void {
  let at: usize = 0;
  for (let row = 0; row < rows; row++) {
    store<i32>(offsets + ((<usize>row) << 2), <i32>at);
    at += writeF64(load<f64>(a + ((<usize>row) << 3)), bytes + at);
  }
  store<i32>(offsets + ((<usize>rows) << 2), <i32>at);
}

/** ISO 8601 of i64[rows]; empty text where it does not exist. True when some row failed. */
export function timeToText(a: usize, offsets: usize, bytes: usize, rows: i32): bool {
  let at: usize = 0;
  let failed = 0;
  for (let row = 0; row < rows; row++) {
    store<i32>(offsets + ((<usize>row) << 2), <i32>at);
    const time = load<i64>(a + ((<usize>row) << 3));
    if (isoTimeFails(time)) failed = 1;
    else at += writeIsoTime(time, bytes + at);
  }
  store<i32>(offsets + ((<usize>rows) << 2), <i32>at);
  return failed != 0;
}

/** 'true' and 'false' from a bitmap. */
export function boolToText(bitmap: usize, offsets: usize, bytes: usize, rows: i32): void {
  let at: usize = 0;
  for (let row = 0; row < rows; row++) {
    store<i32>(offsets + ((<usize>row) << 2), <i32>at);
    const bit = (load<u8>(bitmap + ((<usize>row) >> 3)) >> (<u8>(row & 7))) & 1;
    // 'true' and 'fals' as words, low byte first
    store<u32>(bytes + at, bit != 0 ? 0x65757274 : 0x736c6166);
    if (bit == 0) store<u8>(bytes + at, 0x65, 4);
    at += bit != 0 ? 4 : 5;
  }
  store<i32>(offsets + ((<usize>rows) << 2), <i32>at);
}

// Conversions between types over whole vectors; those that can fail tell whether some row may have.
//
// f64 to integer truncates towards zero; NaN and what lies outside of the target's range fails and gives a
// saturated value. i64 to f64 rounds to nearest, ties to even.
import { isoTimeFails, writeIsoTime } from "./date";

export function i32ToI64(a: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left > 0) {
    const values = v128.load(a);
    v128.store(out, i64x2.extend_low_i32x4_s(values));
    v128.store(out, i64x2.extend_high_i32x4_s(values), 16);
    a += 16;
    out += 32;
    left -= 4;
  }
}

export function i32ToF64(a: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left > 0) {
    const values = v128.load(a);
    v128.store(out, f64x2.convert_low_i32x4_s(values));
    v128.store(out, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(values, values, 2, 3, 2, 3)), 16);
    a += 16;
    out += 32;
    left -= 4;
  }
}

export function i64ToF64(a: usize, out: usize, rows: i32): void {
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    store<f64>(out, <f64>load<i64>(a));
    a += 8;
    out += 8;
  }
}


@inline
export function i64ToI32Fails(value: i64): bool {
  return <i64>(<i32>value) != value;
}

/** True when some row is out of range. */
export function i64ToI32(a: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 2);
  while (out < end) {
    const value = load<i64>(a);
    failed |= i32(i64ToI32Fails(value));
    store<i32>(out, <i32>value);
    a += 8;
    out += 4;
  }
  return failed != 0;
}


@inline
export function f64ToI64Fails(value: f64): bool {
  return !(value >= -9223372036854775808.0 && value < 9223372036854775808.0);
}

export function f64ToI64(a: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    const value = load<f64>(a);
    const fails = f64ToI64Fails(value);
    failed |= i32(fails);
    store<i64>(out, fails ? 0 : <i64>value);
    a += 8;
    out += 8;
  }
  return failed != 0;
}


@inline
export function f64ToI32Fails(value: f64): bool {
  return !(value > -2147483649.0 && value < 2147483648.0);
}

export function f64ToI32(a: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 2);
  while (out < end) {
    const value = load<f64>(a);
    const fails = f64ToI32Fails(value);
    failed |= i32(fails);
    store<i32>(out, fails ? 0 : <i32>value);
    a += 8;
    out += 4;
  }
  return failed != 0;
}

/** `[+-]?[0-9]+` within i64 and nothing else. */
export function textToI64Fails(ptr: usize, bytes: usize): bool {
  return !parse(ptr, bytes);
}

let parsed: i64 = 0;

function parse(ptr: usize, bytes: usize): bool {
  const end = ptr + bytes;
  const sign: u32 = bytes > 0 ? <u32>load<u8>(ptr) : 0;
  if (sign == 0x2b || sign == 0x2d) ptr++;
  if (ptr >= end) return false;
  // computed as a negative number, whose range is larger by one
  let value: i64 = 0;
  while (ptr < end) {
    const digit = <i64>load<u8>(ptr) - 0x30;
    if (<u64>digit > 9) return false;
    if (value < -922337203685477580) return false;
    const next = value * 10 - digit;
    if (next > 0) return false;
    value = next;
    ptr++;
  }
  if (sign != 0x2d && value == i64.MIN_VALUE) return false;
  parsed = sign == 0x2d ? value : 0 - value;
  return true;
}

/** i64 from views of text (kernels/text.ts). */
export function textToI64(views: usize, step: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    const view = load<u64>(views);
    const sound = parse(<usize>(view & 0xffffffff), <usize>(view >> 32));
    failed |= i32(!sound);
    store<i64>(out, sound ? parsed : 0);
    views += step;
    out += 8;
  }
  return failed != 0;
}

/** Bytes that one row's text takes at most: a 64-bit integer, an ISO time. */
export const CAST_TEXT_BYTES_MAX: usize = 32;

/** Decimal digits of i64[rows]: bytes one after the other, i32 offsets[rows + 1]; the bytes written. */
export function i64ToText(a: usize, offsets: usize, bytes: usize, rows: i32): usize {
  let at: usize = 0;
  for (let row = 0; row < rows; row++) {
    store<i32>(offsets + ((<usize>row) << 2), <i32>at);
    at += writeInteger(load<i64>(a + ((<usize>row) << 3)), bytes + at);
  }
  store<i32>(offsets + ((<usize>rows) << 2), <i32>at);
  return at;
}

function writeInteger(value: i64, out: usize): usize {
  let rest: u64 = value < 0 ? <u64>0 - <u64>value : <u64>value;
  let digits: usize = 1;
  let probe = rest;
  while (probe >= 10) {
    probe /= 10;
    digits++;
  }
  const sign = <usize>(value < 0);
  if (value < 0) store<u8>(out, 0x2d);
  let at = out + sign + digits;
  do {
    at--;
    store<u8>(at, <u8>(0x30 + (rest % 10)));
    rest /= 10;
  } while (rest != 0);
  return sign + digits;
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

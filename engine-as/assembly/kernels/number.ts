// Numbers from text: 64-bit integers with overflow detection, f64 correctly rounded.
//
// Eight digits are recognised and converted at a time within one u64. Every parser takes the address
// of the first character and returns the address after the last one it used, or 0; the value lies in
// `parsedI64` or `parsedF64`. Readable memory must follow the text (8 bytes are loaded at once) and a
// byte that is no digit must end it, which a line's newline does. f64: exact products of small powers
// first (Clinger), then 128-bit products (number-lemire.ts), then whole-number comparison
// (number-exact.ts); all three give the double nearest to the decimal, ties to even.
import { doubleExact } from "./number-exact";
import { doubleLemire } from "./number-lemire";

export let parsedI64: i64 = 0;
export let parsedF64: f64 = 0;

const MINUS: u32 = 0x2d;
const PLUS: u32 = 0x2b;
const DOT: u32 = 0x2e;
const ZERO: u32 = 0x30;

/** What a number may look like: JSON's grammar, or also `+1`, `007`, `.5` and `5.`. */
export const GRAMMAR_JSON: i32 = 0;
export const GRAMMAR_LOOSE: i32 = 1;

// prettier-ignore
const POWERS_U64: usize = memory.data<u64>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000]);
// prettier-ignore
const POWERS_F64: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

/** How many of the eight bytes are digits before the first that is none: 0 … 8. */
@inline
export function digitCount(word: u64): u64 {
  const t = word ^ 0x3030303030303030;
  return ctz(((t + 0x7676767676767676) | t) & 0x8080808080808080) >> 3;
}

/** The value of the first `count` (1 … 8) bytes of the word, which are digits. */
@inline
export function digitsValue(word: u64, count: u64): u64 {
  return eightDigits((word << (64 - (count << 3))) & 0x0f0f0f0f0f0f0f0f);
}

/** The value of eight bytes of 0 … 9, the first byte the highest digit. */
@inline
export function eightDigits(word: u64): u64 {
  let v = (word * 2561) >> 8;
  v = ((v & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((v & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

/** Not 0 when some byte is none of 0 … 9 (characters less '0'). */
@inline
export function strayDigits(word: u64): u64 {
  return ((word + 0x7676767676767676) | word) & 0x8080808080808080;
}

/**
 * `-?[0-9]+` of at most seven characters, from one load: what nearly every
 * whole number in a file is. Returns 0 for everything else; then parseI64 knows.
 */
@inline
export function parseShortI64(start: usize, grammar: i32): usize {
  const text = load<u64>(start);
  const negative = <u64>((text & 0xff) == MINUS);
  const word = text >> (negative << 3);
  const count = digitCount(word);
  // all eight characters belong to the number: there may be more of them
  if (count - 1 > 6 - negative) return 0;
  if (grammar == GRAMMAR_JSON && count > 1 && (word & 0xff) == ZERO) return 0;
  parsedI64 = <i64>((digitsValue(word, count) ^ (0 - negative)) + negative);
  return start + <usize>(count + negative);
}

/** `[+-]?[0-9]+`, with JSON's grammar `-?(0|[1-9][0-9]*)`; 0 when there are no digits or they overflow. */
export function parseI64(start: usize, grammar: i32): usize {
  let p = start;
  const sign = <u32>load<u8>(p);
  const negative = sign == MINUS;
  p += (<usize>negative) | (grammar == GRAMMAR_LOOSE ? <usize>(sign == PLUS) : 0);
  const word = load<u64>(p);
  const count = digitCount(word);
  if (count == 0) return 0;
  if (grammar == GRAMMAR_JSON && count > 1 && (word & 0xff) == ZERO) return 0;
  let value = <i64>digitsValue(word, count);
  p += <usize>count;
  if (count == 8) {
    p = longInteger(p, value, negative);
    if (p == 0) return 0;
    value = parsedI64;
  }
  parsedI64 = negative ? -value : value;
  return p;
}

/** The digits after the first eight; leaves the magnitude (2^63 wraps, as its negation does). */
function longInteger(start: usize, head: i64, negative: bool): usize {
  let p = start;
  let value = <u64>head;
  const word = load<u64>(p);
  const count = digitCount(word);
  if (count > 0) value = value * load<u64>(POWERS_U64 + ((<usize>count) << 3)) + digitsValue(word, count);
  p += <usize>count;
  if (count == 8) {
    const limit: u64 = ((<u64>1) << 63) - <u64>!negative;
    let digit = <u64>load<u8>(p) - ZERO;
    while (digit < 10) {
      if (value > limit / 10) return 0;
      value = value * 10 + digit;
      if (value > limit) return 0;
      p++;
      digit = <u64>load<u8>(p) - ZERO;
    }
  }
  parsedI64 = <i64>value;
  return p;
}

/** A decimal number with optional fraction and exponent; 0 when it does not have the grammar. */
export function parseF64(start: usize, grammar: i32): usize {
  let p = start;
  const sign = <u32>load<u8>(p);
  const negative = sign == MINUS;
  p += (<usize>negative) | (grammar == GRAMMAR_LOOSE ? <usize>(sign == PLUS) : 0);

  const digits = p;
  let mantissa: u64 = 0;
  let count: u64;
  do {
    const word = load<u64>(p);
    count = digitCount(word);
    if (count == 0) break;
    mantissa = mantissa * load<u64>(POWERS_U64 + ((<usize>count) << 3)) + digitsValue(word, count);
    p += <usize>count;
  } while (count == 8);
  let digitTotal = <i32>(p - digits);
  if (grammar == GRAMMAR_JSON && (digitTotal == 0 || (digitTotal > 1 && load<u8>(digits) == ZERO))) return 0;

  let exponent = 0;
  if (load<u8>(p) == DOT) {
    const fraction = ++p;
    do {
      const word = load<u64>(p);
      count = digitCount(word);
      if (count == 0) break;
      mantissa = mantissa * load<u64>(POWERS_U64 + ((<usize>count) << 3)) + digitsValue(word, count);
      p += <usize>count;
    } while (count == 8);
    exponent = <i32>(fraction - p);
    if (grammar == GRAMMAR_JSON && exponent == 0) return 0;
    digitTotal -= exponent;
  }
  if (digitTotal == 0) return 0;
  const digitsEnd = p;
  if ((load<u8>(p) | 0x20) == 0x65) {
    p = parseExponent(p + 1);
    if (p == 0) return 0;
    exponent += exponentValue;
  }
  let value: f64;
  if (digitTotal > 19) value = convertLong(digits, digitsEnd, exponent);
  else value = convert(mantissa, exponent);
  parsedF64 = negative ? -value : value;
  return p;
}

let exponentValue: i32 = 0;

function parseExponent(start: usize): usize {
  let p = start;
  const sign = <u32>load<u8>(p);
  if (sign == MINUS || sign == PLUS) p++;
  let digit = <u32>load<u8>(p) - ZERO;
  if (digit > 9) return 0;
  let value = 0;
  do {
    // beyond this every double is 0 or infinite; the bound keeps sums within i32
    if (value < 100000000) value = value * 10 + <i32>digit;
    p++;
    digit = <u32>load<u8>(p) - ZERO;
  } while (digit < 10);
  exponentValue = sign == MINUS ? -value : value;
  return p;
}

/** mantissa * 10^exponent, both exact. */
function convert(mantissa: u64, exponent: i32): f64 {
  if (mantissa <= (<u64>1) << 53) {
    if (exponent <= 0 && exponent >= -22) return <f64>mantissa / load<f64>(POWERS_F64 + ((<usize>-exponent) << 3));
    if (exponent > 0 && exponent <= 22) return <f64>mantissa * load<f64>(POWERS_F64 + ((<usize>exponent) << 3));
  }
  return doubleLemire(mantissa, exponent);
}

/** More than 19 digits (some may be leading zeros): the first 19 that count decide, or all do. */
function convertLong(digits: usize, end: usize, exponent: i32): f64 {
  let p = digits;
  while (p < end && (load<u8>(p) == ZERO || load<u8>(p) == DOT)) p++;
  let mantissa: u64 = 0;
  let taken = 0;
  let left = 0;
  const first = p;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c != DOT) {
      if (taken < 19) {
        mantissa = mantissa * 10 + (c - ZERO);
        taken++;
      } else left++;
    }
    p++;
  }
  if (left == 0) return convert(mantissa, exponent);
  const low = doubleLemire(mantissa, exponent + left);
  if (low == doubleLemire(mantissa + 1, exponent + left)) return low;
  return doubleExact(first, end, exponent, low);
}

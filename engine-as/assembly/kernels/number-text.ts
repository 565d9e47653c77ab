// f64 to text as JavaScript's String(x) prints it: the fewest digits that read back as the same number, of
// those the nearest to it.
//
// Digits by Schubfach: Raffaello Giulietti, "The Schubfach way to render doubles" (2021), in the form of
// Alexander Bolz's drachennest. The rounding interval's ends and the number are scaled by a power of ten, which
// leaves whole numbers with two more bits and a sticky one; one of at most four candidates is the result. The
// powers are those of parsing (power-of-five.ts). The form is ECMA-262's Number::toString: -0 is `0`.
import { digitsOf, writeDigits } from "./digits";
import { powersOfFive } from "./power-of-five";
import { multiply, productHigh, productLow } from "./wide-product";

/** Bytes that writeF64 writes at most: `-0.0000012345678901234567`. */
export const F64_TEXT_BYTES_MAX: usize = 25;

const SPECIAL_BITS: u64 = 0x7ff0000000000000;
const FRACTION_MASK: u64 = 0x000fffffffffffff;
const HIDDEN_BIT: u64 = 0x0010000000000000;
/** What a double's exponent field is more than the power of two that its whole significand is times of. */
const EXPONENT_BIAS: i32 = 1075;

/** The number is decimalDigits * 10^decimalExponent. */
let decimalDigits: u64 = 0;
let decimalExponent: i32 = 0;

/** Writes the number at `out`; the bytes written, at most F64_TEXT_BYTES_MAX. */
export function writeF64(value: f64, out: usize): usize {
  const bits = reinterpret<u64>(value);
  if ((bits & SPECIAL_BITS) == SPECIAL_BITS) return writeSpecial(value, out);
  if (value == 0) {
    store<u8>(out, 0x30);
    return 1;
  }
  const negative = <usize>(bits >> 63);
  if (negative != 0) store<u8>(out, 0x2d);
  shortest(bits & FRACTION_MASK, <i32>((bits >> 52) & 0x7ff));
  return negative + writeDecimal(out + negative);
}

/** NaN, Infinity, -Infinity. */
function writeSpecial(value: f64, out: usize): usize {
  if (value != value) {
    store<u16>(out, 0x614e);
    store<u8>(out, 0x4e, 2);
    return 3;
  }
  const negative = <usize>(value < 0);
  if (negative != 0) store<u8>(out, 0x2d);
  store<u64>(out + negative, 0x7974696e69666e49);
  return 8 + negative;
}

/** Fills decimalDigits, without zeros at their end, and decimalExponent. */
function shortest(fraction: u64, field: i32): void {
  const significand = field == 0 ? fraction : fraction | HIDDEN_BIT;
  const power = (field == 0 ? 1 : field) - EXPONENT_BIAS;
  // whole numbers below 2^53 have their own digits
  if (power <= 0 && power > -53 && <i32>ctz(significand) >= -power) settle(significand >> -power, 0);
  else scaled(significand, power, fraction == 0 && field > 1);
}

/** `narrow`: the next double below is half as far away as the one above. */
function scaled(c: u64, q: i32, narrow: bool): void {
  // floor(log10(2^q)), or of three quarters of that
  const k = (q * 1262611 - (narrow ? 524031 : 0)) >> 22;
  // floor(log2(10^-k))
  const shift = q + ((-k * 1741647) >> 19) + 1;
  loadPower(-k);
  const low = roundToOdd((4 * c - 2 + u64(narrow)) << shift);
  const value = roundToOdd((4 * c) << shift);
  const high = roundToOdd((4 * c + 2) << shift);
  // the interval's ends belong to it when the significand is even: they round to it
  const lower = low + (c & 1);
  const upper = high - (c & 1);
  const s = value >> 2;
  if (s >= 10) {
    const tens = (s / 10) * 40;
    const belowFits = lower <= tens;
    const aboveFits = tens + 40 <= upper;
    if (belowFits != aboveFits) return settle(s / 10 + u64(aboveFits), k + 1);
  }
  const ones = s << 2;
  const belowFits = lower <= ones;
  const aboveFits = ones + 4 <= upper;
  if (belowFits != aboveFits) return settle(s + u64(aboveFits), k);
  const middle = ones + 2;
  settle(s + u64(value > middle || (value == middle && (s & 1) != 0)), k);
}

let powerHigh: u64 = 0;
let powerLow: u64 = 0;

/** The first 128 bits of 10^e, rounded up unless they are exact. */
function loadPower(e: i32): void {
  const entry = powersOfFive() + ((<usize>(e + 342)) << 4);
  // 5^55 is the last that has no more than 128 bits; -27 … -1 are stored rounded up
  const up = u64(e > 55 || e < -27);
  powerLow = load<u64>(entry, 8) + up;
  powerHigh = load<u64>(entry) + u64(powerLow < up);
}

/** The upper 64 bits of the 192-bit product with the power; the last one is set if anything is left below. */
function roundToOdd(scaled: u64): u64 {
  multiply(powerLow, scaled);
  const carried = productHigh;
  multiply(powerHigh, scaled);
  const rest = productLow + carried;
  const top = productHigh + u64(rest < carried);
  return top | u64(rest > 1);
}

function settle(digits: u64, exponent: i32): void {
  let d = digits;
  let e = exponent;
  if (d % 100000000 == 0) {
    d /= 100000000;
    e += 8;
  }
  while (d % 10 == 0) {
    d /= 10;
    e++;
  }
  decimalDigits = d;
  decimalExponent = e;
}

/** ECMA-262, Number::toString: plain from 1e-6 to below 1e21, else with an exponent. */
function writeDecimal(out: usize): usize {
  const count = digitsOf(decimalDigits);
  // where the point is, counted from the first digit
  const point = count + decimalExponent;
  if (decimalExponent >= 0 && point <= 21) {
    writeDigits(decimalDigits, count, out);
    memory.fill(out + <usize>count, 0x30, <usize>decimalExponent);
    return <usize>point;
  }
  if (point > 0 && point <= 21) {
    writeDigits(decimalDigits, count, out + 1);
    memory.copy(out, out + 1, <usize>point);
    store<u8>(out + <usize>point, 0x2e);
    return <usize>count + 1;
  }
  if (point > -6 && point <= 0) {
    const zeros = <usize>-point;
    store<u16>(out, 0x2e30);
    memory.fill(out + 2, 0x30, zeros);
    writeDigits(decimalDigits, count, out + 2 + zeros);
    return 2 + zeros + <usize>count;
  }
  return writeExponent(point - 1, count, out);
}

/** One digit, a point and the others if there are any, `e+` or `e-`, the exponent. */
function writeExponent(exponent: i32, count: i32, out: usize): usize {
  let at = out + 1;
  if (count > 1) {
    writeDigits(decimalDigits, count, at);
    store<u8>(out, load<u8>(at));
    store<u8>(at, 0x2e);
    at += <usize>count;
  } else store<u8>(out, <u8>(0x30 + decimalDigits));
  store<u16>(at, exponent < 0 ? 0x2d65 : 0x2b65);
  const magnitude = <u64>abs(exponent);
  const digits = digitsOf(magnitude);
  writeDigits(magnitude, digits, at + 2);
  return at + 2 + <usize>digits - out;
}

// The last resort of f64 parsing: which double is nearest to a decimal of any length.
//
// A candidate within a few units is given; it is moved until the decimal lies between its two
// midpoints, each compared exactly as whole numbers: digits * 10^e against (2m + 1) * 2^k. At most
// 768 digits decide (no midpoint has more); a non-zero rest counts as one more digit 1.
//
//   a number: +0 i32 limbs in use, +4 … u32 limbs, least significant first
const LIMBS_MAX: i32 = 240; // (770 digits + 1142 decimal places + 1142 binary places) < 7680 bits
const DECIMAL: usize = memory.data(4 + 240 * 4, 16);
const LEFT: usize = memory.data(4 + 240 * 4, 16);
const RIGHT: usize = memory.data(4 + 240 * 4, 16);
const DIGITS_MAX: i32 = 768;

let decimalExponent: i32 = 0;

/**
 * `digits` … `end`: digits with at most one dot, the first not 0; the decimal is their value without
 * the dot, times 10^exponent. Not negative.
 */
export function doubleExact(digits: usize, end: usize, exponent: i32, candidate: f64): f64 {
  readDecimal(digits, end, exponent);
  let bits = reinterpret<u64>(min(candidate, f64.MAX_VALUE));
  // upwards while the decimal lies above the midpoint to the next double (or on it, and odd)
  while (true) {
    const order = compareMidpoint(bits);
    if (order < 0 || (order == 0 && (bits & 1) == 0)) break;
    bits++;
    if (bits == 0x7ff0000000000000) return Infinity;
  }
  while (bits > 0) {
    const order = compareMidpoint(bits - 1);
    if (order > 0 || (order == 0 && (bits & 1) == 0)) break;
    bits--;
  }
  return reinterpret<f64>(bits);
}

/** The decimal against the midpoint of the double with these bits and the next one. */
function compareMidpoint(bits: u64): i32 {
  const field = <i32>(bits >> 52);
  const fraction = bits & 0x000fffffffffffff;
  const m = field == 0 ? fraction : fraction | 0x0010000000000000;
  let binary = (field == 0 ? -1074 : field - 1075) - 1;
  memory.copy(LEFT, DECIMAL, 4 + ((<usize>load<i32>(DECIMAL)) << 2));
  const odd = m * 2 + 1;
  store<i32>(RIGHT, 2);
  store<u32>(RIGHT, <u32>odd, 4);
  store<u32>(RIGHT, <u32>(odd >> 32), 8);
  trim(RIGHT);
  // 10^e = 5^e * 2^e: the fives by multiplication, the twos by shifting whichever side lacks them
  if (decimalExponent >= 0) multiplyFives(LEFT, decimalExponent);
  else multiplyFives(RIGHT, -decimalExponent);
  binary -= decimalExponent;
  if (binary >= 0) shiftLeft(RIGHT, binary);
  else shiftLeft(LEFT, -binary);
  return compare(LEFT, RIGHT);
}

function readDecimal(digits: usize, end: usize, exponent: i32): void {
  store<i32>(DECIMAL, 0);
  let taken = 0;
  let dropped = 0;
  let rest = false;
  for (let p = digits; p < end; p++) {
    const c = <u32>load<u8>(p);
    if (c == 0x2e) continue;
    if (taken < DIGITS_MAX) {
      multiplyAdd(DECIMAL, 10, c - 0x30);
      taken++;
    } else {
      dropped++;
      if (c != 0x30) rest = true;
    }
  }
  decimalExponent = exponent + dropped;
  if (rest) {
    multiplyAdd(DECIMAL, 10, 1);
    decimalExponent--;
  }
}

function multiplyAdd(number: usize, factor: u32, add: u32): void {
  const count = load<i32>(number);
  let carry = <u64>add;
  let at = number + 4;
  for (let i = 0; i < count; i++) {
    carry += <u64>load<u32>(at) * factor;
    store<u32>(at, <u32>carry);
    carry >>= 32;
    at += 4;
  }
  if (carry != 0) {
    assert(count < LIMBS_MAX);
    store<u32>(at, <u32>carry);
    store<i32>(number, count + 1);
  }
}

function multiplyFives(number: usize, power: i32): void {
  let left = power;
  while (left >= 13) {
    multiplyAdd(number, 1220703125, 0);
    left -= 13;
  }
  while (left > 0) {
    multiplyAdd(number, 5, 0);
    left--;
  }
}

function shiftLeft(number: usize, bits: i32): void {
  const words = bits >> 5;
  if ((bits & 31) != 0) multiplyAdd(number, (<u32>1) << (bits & 31), 0);
  const count = load<i32>(number);
  if (words == 0 || count == 0) return;
  assert(count + words <= LIMBS_MAX);
  memory.copy(number + 4 + ((<usize>words) << 2), number + 4, (<usize>count) << 2);
  memory.fill(number + 4, 0, (<usize>words) << 2);
  store<i32>(number, count + words);
}

function trim(number: usize): void {
  let count = load<i32>(number);
  while (count > 0 && load<u32>(number + ((<usize>count) << 2)) == 0) count--;
  store<i32>(number, count);
}

function compare(a: usize, b: usize): i32 {
  const count = load<i32>(a);
  if (count != load<i32>(b)) return count < load<i32>(b) ? -1 : 1;
  for (let i = count; i > 0; i--) {
    const x = load<u32>(a + ((<usize>i) << 2));
    const y = load<u32>(b + ((<usize>i) << 2));
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

// Exact sums of f64, independent of order: a fixed-point number wide enough for every f64.
//
// The accumulator is one two's-complement integer in units of 2^-1074 (the smallest subnormal). The
// largest f64 needs 2098 bits; 34 limbs of 64 bits leave room for 2^77 of them. Adding is exact, so
// it is associative and commutative, and a value can be taken back; only reading rounds, once, to
// nearest even. NaN and infinities are counted beside it.
//
//   +0 … 264   u64 limb[34], least significant first
//   +272 i64 NaNs   +280 i64 +Infinity   +288 i64 −Infinity          (296 B, all zero = empty sum)
// Source of the idea: Kulisch accumulator; Neal, "Fast exact summation using small and large
// superaccumulators" (2015).
export const EXACT_SUM_BYTES: usize = 296;
const LIMB_COUNT: usize = 34;
const LIMBS_END: usize = 272;
const NANS_AT: usize = 272;
const PLUS_AT: usize = 280;
const MINUS_AT: usize = 288;
const MAGNITUDE: usize = memory.data(272);

/** Adds `value` (sign 1) or takes it back (sign −1). */
export function exactAdd(sum: usize, value: f64, sign: i64): void {
  const bits = reinterpret<u64>(value);
  const exponent = <usize>((bits >> 52) & 0x7ff);
  let mantissa = bits & 0xfffffffffffff;
  if (exponent == 0x7ff) {
    const at = sum + (mantissa != 0 ? NANS_AT : <i64>bits < 0 ? MINUS_AT : PLUS_AT);
    store<i64>(at, load<i64>(at) + sign);
    return;
  }
  let position = exponent;
  if (exponent != 0) {
    mantissa |= 1 << 52;
    position--;
  }
  const shift = <u64>(position & 63);
  const low = mantissa << shift;
  const high = shift == 0 ? 0 : mantissa >> (64 - shift);
  const at = sum + ((position >> 6) << 3);
  if (<i64>bits < 0 == sign < 0) addLimbs(at, sum + LIMBS_END, low, high);
  else subtractLimbs(at, sum + LIMBS_END, low, high);
}


@inline
function addLimbs(at: usize, end: usize, low: u64, high: u64): void {
  const a = load<u64>(at) + low;
  store<u64>(at, a);
  const carry = <u64>(a < low);
  const b = load<u64>(at, 8) + high + carry;
  store<u64>(at, b, 8);
  // high < 2^53, so high + carry does not wrap
  let more = b < high + carry;
  at += 16;
  while (more && at < end) {
    const c = load<u64>(at) + 1;
    store<u64>(at, c);
    more = c == 0;
    at += 8;
  }
}


@inline
function subtractLimbs(at: usize, end: usize, low: u64, high: u64): void {
  const a = load<u64>(at);
  store<u64>(at, a - low);
  const rest = high + <u64>(a < low);
  const b = load<u64>(at, 8);
  store<u64>(at, b - rest, 8);
  let more = b < rest;
  at += 16;
  while (more && at < end) {
    const c = load<u64>(at);
    store<u64>(at, c - 1);
    more = c == 0;
    at += 8;
  }
}

/** to += sign · from */
export function exactMerge(to: usize, from: usize, sign: i64): void {
  let carry: u64 = 0;
  for (let at: usize = 0; at < LIMBS_END; at += 8) {
    const a = load<u64>(to + at);
    const b = load<u64>(from + at);
    if (sign > 0) {
      const c = a + b;
      const d = c + carry;
      store<u64>(to + at, d);
      carry = (<u64>(c < a)) | (<u64>(d < c));
    } else {
      const c = a - b;
      store<u64>(to + at, c - carry);
      carry = (<u64>(a < b)) | (<u64>(c < carry));
    }
  }
  for (let at = NANS_AT; at < EXACT_SUM_BYTES; at += 8) {
    store<i64>(to + at, load<i64>(to + at) + sign * load<i64>(from + at));
  }
}

/** The sum as f64, rounded once to nearest even; an exact zero is +0. */
export function exactRead(sum: usize): f64 {
  const plus = load<i64>(sum, PLUS_AT) != 0;
  const minus = load<i64>(sum, MINUS_AT) != 0;
  if (load<i64>(sum, NANS_AT) != 0 || (plus && minus)) return NaN;
  if (plus) return Infinity;
  if (minus) return -Infinity;
  const negative = load<i64>(sum, LIMBS_END - 8) < 0;
  let limbs = sum;
  if (negative) {
    negate(sum);
    limbs = MAGNITUDE;
  }
  const magnitude = roundLimbs(limbs);
  return negative ? -magnitude : magnitude;
}

function negate(sum: usize): void {
  let carry: u64 = 1;
  for (let at: usize = 0; at < LIMBS_END; at += 8) {
    const value = ~load<u64>(sum + at) + carry;
    carry &= <u64>(value == 0);
    store<u64>(MAGNITUDE + at, value);
  }
}

function roundLimbs(limbs: usize): f64 {
  let top = LIMB_COUNT;
  while (top > 0 && load<u64>(limbs + ((top - 1) << 3)) == 0) top--;
  if (top == 0) return 0;
  const highest = ((top - 1) << 6) + 63 - <usize>clz(load<u64>(limbs + ((top - 1) << 3)));
  // up to bit 52 the integer is the bit pattern itself: subnormals and the first binade
  if (highest <= 52) return reinterpret<f64>(load<u64>(limbs));
  const lowest = highest - 52;
  if (lowest >= 0x7fe) return Infinity;
  const limb = limbs + ((lowest >> 6) << 3);
  const shift = <u64>(lowest & 63);
  let mantissa = load<u64>(limb) >> shift;
  if (shift > 11) mantissa |= load<u64>(limb, 8) << (64 - shift);
  mantissa &= 0x1fffffffffffff;
  const bits = ((<u64>lowest) << 52) + mantissa;
  const roundAt = lowest - 1;
  const half = (load<u64>(limbs + ((roundAt >> 6) << 3)) >> (<u64>(roundAt & 63))) & 1;
  const up = half != 0 && ((mantissa & 1) != 0 || anyBelow(limbs, roundAt));
  // the hidden bit adds the exponent's last one; a carry out of the mantissa raises it, up to infinity
  return reinterpret<f64>(bits + <u64>up);
}

function anyBelow(limbs: usize, bit: usize): bool {
  const whole = bit >> 6;
  for (let i: usize = 0; i < whole; i++) {
    if (load<u64>(limbs + (i << 3)) != 0) return true;
  }
  const shift = (<u64>bit) & 63;
  return (load<u64>(limbs + (whole << 3)) << (63 - shift)) << 1 != 0;
}

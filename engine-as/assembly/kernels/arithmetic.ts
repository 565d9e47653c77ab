// Arithmetic over whole vectors: f64 (IEEE 754) and i64 (exact or reported).
//
// An operand is (pointer, step): step 16 walks through a vector, step 0 repeats 16 bytes that hold the
// constant twice, so one loop serves vectors and constants. Integer kernels compute all rows (wrapped where
// they overflow) and tell whether some row *may* have failed; the caller then asks `…FailsAt` row by row, for
// the rows that count. Vectors may be read and written up to the next multiple of 16 bytes.

/** Lane-wise operations of two f64x2; those of one operand ignore `b`. */
@final
@unmanaged
export class AddF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.add(a, b);
  }
}


@final
@unmanaged
export class SubF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.sub(a, b);
  }
}


@final
@unmanaged
export class MulF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.mul(a, b);
  }
}


@final
@unmanaged
export class DivF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.div(a, b);
  }
}


@final
@unmanaged
export class NegF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.neg(a);
  }
}


@final
@unmanaged
export class AbsF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.abs(a);
  }
}
/** The remainder with the dividend's sign, exact (C's fmod, JavaScript's %). */
@final
@unmanaged
export class ModF64 {

  @inline apply(a: v128, b: v128): v128 {
    const low = f64x2.extract_lane(a, 0) % f64x2.extract_lane(b, 0);
    return f64x2(low, f64x2.extract_lane(a, 1) % f64x2.extract_lane(b, 1));
  }
}
/** Every NaN becomes the one NaN: arithmetic leaves its bits to the machine. */
@final
@unmanaged
export class CanonicalF64 {

  @inline apply(a: v128, b: v128): v128 {
    return v128.bitselect(a, i64x2.splat(0x7ff8000000000000), f64x2.eq(a, a));
  }
}

/** out[i] = Op(a[i], b[i]) for `rows` 8-byte values. */
export function mapF64<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): void {
  const end = out + ((<usize>((rows + 1) >> 1)) << 4);
  if (stepA != 0 && stepB != 0) mapVectors<Op>(a, b, out, end);
  else if (stepA != 0) mapWithConstant<Op>(a, v128.load(b), out, end);
  else mapSteps<Op>(a, stepA, b, stepB, out, end);
}

/** Two vectors, eight rows a turn: the usual case, with fixed offsets. */
@inline
function mapVectors<Op>(a: usize, b: usize, out: usize, end: usize): void {
  // no vector lies below address 64, so this cannot wrap
  const last = end - 64;
  while (out <= last) {
    v128.store(out, changetype<Op>(0).apply(v128.load(a), v128.load(b)));
    v128.store(out, changetype<Op>(0).apply(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(out, changetype<Op>(0).apply(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(out, changetype<Op>(0).apply(v128.load(a, 48), v128.load(b, 48)), 48);
    a += 64;
    b += 64;
    out += 64;
  }
  mapSteps<Op>(a, 16, b, 16, out, end);
}

/** A vector and a constant on the right, which stays in a register. */
@inline
function mapWithConstant<Op>(a: usize, b: v128, out: usize, end: usize): void {
  const last = end - 64;
  while (out <= last) {
    v128.store(out, changetype<Op>(0).apply(v128.load(a), b));
    v128.store(out, changetype<Op>(0).apply(v128.load(a, 16), b), 16);
    v128.store(out, changetype<Op>(0).apply(v128.load(a, 32), b), 32);
    v128.store(out, changetype<Op>(0).apply(v128.load(a, 48), b), 48);
    a += 64;
    out += 64;
  }
  while (out < end) {
    v128.store(out, changetype<Op>(0).apply(v128.load(a), b));
    a += 16;
    out += 16;
  }
}

/** Any steps, two rows a turn: constants on the left, and what the others leave over. */
@inline
function mapSteps<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, end: usize): void {
  while (out < end) {
    v128.store(out, changetype<Op>(0).apply(v128.load(a), v128.load(b)));
    a += stepA;
    b += stepB;
    out += 16;
  }
}

/** Lane-wise operations of two i64x2, and which lanes of the result overflowed (by their sign bit). */
@final
@unmanaged
export class AddI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.add(a, b);
  }


  @inline failed(a: v128, b: v128, result: v128): v128 {
    return v128.and(v128.xor(a, result), v128.xor(b, result));
  }


  @inline failsAt(a: i64, b: i64): bool {
    const result = a + b;
    return ((a ^ result) & (b ^ result)) < 0;
  }
}


@final
@unmanaged
export class SubI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.sub(a, b);
  }


  @inline failed(a: v128, b: v128, result: v128): v128 {
    return v128.and(v128.xor(a, b), v128.xor(a, result));
  }


  @inline failsAt(a: i64, b: i64): bool {
    return ((a ^ b) & (a ^ (a - b))) < 0;
  }
}
/** Products of values that fit into 32 bits cannot overflow; others are reported for a closer look. */
@final
@unmanaged
export class MulI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.mul(a, b);
  }


  @inline failed(a: v128, b: v128, result: v128): v128 {
    const smallA = i64x2.eq(i64x2.shr_s(i64x2.shl(a, 32), 32), a);
    const smallB = i64x2.eq(i64x2.shr_s(i64x2.shl(b, 32), 32), b);
    return v128.not(v128.and(smallA, smallB));
  }


  @inline failsAt(a: i64, b: i64): bool {
    if (a == 0 || b == 0) return false;
    if (a == -1) return b == i64.MIN_VALUE;
    if (b == -1) return a == i64.MIN_VALUE;
    return (a * b) / b != a;
  }
}


@final
@unmanaged
export class NegI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.neg(a);
  }


  @inline failed(a: v128, b: v128, result: v128): v128 {
    return v128.and(a, result);
  }


  @inline failsAt(a: i64, b: i64): bool {
    return a == i64.MIN_VALUE;
  }
}


@final
@unmanaged
export class AbsI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.abs(a);
  }


  @inline failed(a: v128, b: v128, result: v128): v128 {
    return result;
  }


  @inline failsAt(a: i64, b: i64): bool {
    return a == i64.MIN_VALUE;
  }
}

/** out[i] = Op(a[i], b[i]), wrapped; true when some row (or the padding) may have overflowed. */
export function mapI64<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): bool {
  let groups = (rows + 1) >> 1;
  let failed = i64x2.splat(0);
  while (groups > 0) {
    const x = v128.load(a);
    const y = v128.load(b);
    const result = changetype<Op>(0).apply(x, y);
    failed = v128.or(failed, changetype<Op>(0).failed(x, y, result));
    v128.store(out, result);
    a += stepA;
    b += stepB;
    out += 16;
    groups--;
  }
  return i64x2.bitmask(failed) != 0;
}

/** Truncating division: 0 in rows that divide by zero, wrapped for MIN / −1. */
@final
@unmanaged
export class DivI64 {

  @inline apply(a: i64, b: i64): i64 {
    if (b == 0) return 0;
    return b == -1 ? 0 - a : a / b;
  }


  @inline failsAt(a: i64, b: i64): bool {
    return b == 0 || (b == -1 && a == i64.MIN_VALUE);
  }
}
/** The remainder of the truncating division: its sign is the dividend's. */
@final
@unmanaged
export class ModI64 {

  @inline apply(a: i64, b: i64): i64 {
    return b == 0 || b == -1 ? 0 : a % b;
  }


  @inline failsAt(a: i64, b: i64): bool {
    return b == 0;
  }
}

/** Division value by value (there is none in SIMD); true when some row failed. Steps are 8 or 0. */
export function divideI64<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    const x = load<i64>(a);
    const y = load<i64>(b);
    failed |= i32(changetype<Op>(0).failsAt(x, y));
    store<i64>(out, changetype<Op>(0).apply(x, y));
    a += stepA;
    b += stepB;
    out += 8;
  }
  return failed != 0;
}

/** Fills `out` with copies of the 16 bytes at `constant`, `bytes` rounded up to 16. */
export function fillVector(constant: usize, out: usize, bytes: usize): void {
  const value = v128.load(constant);
  const end = out + bytes;
  while (out < end) {
    v128.store(out, value);
    out += 16;
  }
}

// Comparison of vectors to bitmaps: 16 rows per step become 16 bits by narrowing masks and one bitmask.
//
// Operands are (pointer, step) as in arithmetic.ts. Only =, <>, <, <= exist: a > b is b < a. f64 compares as
// IEEE 754 says (NaN is equal to nothing, −0 = 0). The bits behind the last row mean nothing.

@final
@unmanaged
export class EqI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.eq(a, b);
  }
}


@final
@unmanaged
export class NeI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.ne(a, b);
  }
}


@final
@unmanaged
export class LtI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.lt_s(a, b);
  }
}


@final
@unmanaged
export class LeI64 {

  @inline apply(a: v128, b: v128): v128 {
    return i64x2.le_s(a, b);
  }
}


@final
@unmanaged
export class EqF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.eq(a, b);
  }
}


@final
@unmanaged
export class NeF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.ne(a, b);
  }
}


@final
@unmanaged
export class LtF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.lt(a, b);
  }
}


@final
@unmanaged
export class LeF64 {

  @inline apply(a: v128, b: v128): v128 {
    return f64x2.le(a, b);
  }
}


@final
@unmanaged
export class EqI32 {

  @inline apply(a: v128, b: v128): v128 {
    return i32x4.eq(a, b);
  }
}


@final
@unmanaged
export class NeI32 {

  @inline apply(a: v128, b: v128): v128 {
    return i32x4.ne(a, b);
  }
}


@final
@unmanaged
export class LtI32 {

  @inline apply(a: v128, b: v128): v128 {
    return i32x4.lt_s(a, b);
  }
}


@final
@unmanaged
export class LeI32 {

  @inline apply(a: v128, b: v128): v128 {
    return i32x4.le_s(a, b);
  }
}

/** Four rows' masks (two of two 64-bit lanes) as four 32-bit lanes. */
@inline
function joinMasks(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** Sixteen rows' masks in four 32-bit-lane vectors as sixteen bits. */
@inline
function maskBits(m0: v128, m1: v128, m2: v128, m3: v128): u16 {
  const low = i16x8.narrow_i32x4_s(m0, m1);
  const high = i16x8.narrow_i32x4_s(m2, m3);
  return <u16>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/** Bit i of `out` = Op(a[i], b[i]) for 8-byte values. */
export function compare64<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left >= 16) {
    const m0 = changetype<Op>(0).apply(v128.load(a), v128.load(b));
    const m1 = changetype<Op>(0).apply(v128.load(a + stepA), v128.load(b + stepB));
    const a2 = a + (stepA << 1);
    const b2 = b + (stepB << 1);
    const m2 = changetype<Op>(0).apply(v128.load(a2), v128.load(b2));
    const m3 = changetype<Op>(0).apply(v128.load(a2 + stepA), v128.load(b2 + stepB));
    const a4 = a2 + (stepA << 1);
    const b4 = b2 + (stepB << 1);
    const m4 = changetype<Op>(0).apply(v128.load(a4), v128.load(b4));
    const m5 = changetype<Op>(0).apply(v128.load(a4 + stepA), v128.load(b4 + stepB));
    const a6 = a4 + (stepA << 1);
    const b6 = b4 + (stepB << 1);
    const m6 = changetype<Op>(0).apply(v128.load(a6), v128.load(b6));
    const m7 = changetype<Op>(0).apply(v128.load(a6 + stepA), v128.load(b6 + stepB));
    store<u16>(out, maskBits(joinMasks(m0, m1), joinMasks(m2, m3), joinMasks(m4, m5), joinMasks(m6, m7)));
    a = a6 + (stepA << 1);
    b = b6 + (stepB << 1);
    out += 2;
    left -= 16;
  }
  let bits: u32 = 0;
  let at: u32 = 0;
  while (left > 0) {
    bits |= (<u32>i64x2.bitmask(changetype<Op>(0).apply(v128.load(a), v128.load(b)))) << at;
    a += stepA;
    b += stepB;
    at += 2;
    left -= 2;
  }
  if (at != 0) store<u16>(out, <u16>bits);
}

/** Bit i of `out` = Op(a[i], b[i]) for 4-byte values. */
export function compare32<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left >= 16) {
    const m0 = changetype<Op>(0).apply(v128.load(a), v128.load(b));
    const m1 = changetype<Op>(0).apply(v128.load(a + stepA), v128.load(b + stepB));
    const a2 = a + (stepA << 1);
    const b2 = b + (stepB << 1);
    const m2 = changetype<Op>(0).apply(v128.load(a2), v128.load(b2));
    const m3 = changetype<Op>(0).apply(v128.load(a2 + stepA), v128.load(b2 + stepB));
    store<u16>(out, maskBits(m0, m1, m2, m3));
    a = a2 + (stepA << 1);
    b = b2 + (stepB << 1);
    out += 2;
    left -= 16;
  }
  let bits: u32 = 0;
  let at: u32 = 0;
  while (left > 0) {
    bits |= (<u32>i32x4.bitmask(changetype<Op>(0).apply(v128.load(a), v128.load(b)))) << at;
    a += stepA;
    b += stepB;
    at += 4;
    left -= 4;
  }
  if (at != 0) store<u16>(out, <u16>bits);
}

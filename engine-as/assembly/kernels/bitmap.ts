// Bitmaps: bools and validity, one bit per row, 128 rows at a time.
//
// A bitmap of n rows has ceil(n / 128) groups of 16 bytes that may be read and written whole; bits behind
// the last row mean nothing. An operand is (pointer, step): step 16 walks through a bitmap, step 0 repeats
// one group of 16 bytes (a constant; "no nulls" is a group of ones).
export const GROUP_BYTES: usize = 16;

/** One group of ones, for the validity of what has no nulls. */
export const ONES: usize = memory.data<u64>([0xffffffffffffffff, 0xffffffffffffffff], 16);
/** A whole bitmap of zeros (FRAME_ROWS_MAX rows), for the validity of a null constant. */
export const ZEROS: usize = memory.data(528, 16);


@inline
export function bitmapGroups(rows: i32): i32 {
  return (rows + 127) >> 7;
}

/** Bitwise operations of two groups; `b` is ignored by those of one operand. */
@final
@unmanaged
export class BitAnd {

  @inline apply(a: v128, b: v128): v128 {
    return v128.and(a, b);
  }
}


@final
@unmanaged
export class BitOr {

  @inline apply(a: v128, b: v128): v128 {
    return v128.or(a, b);
  }
}


@final
@unmanaged
export class BitXor {

  @inline apply(a: v128, b: v128): v128 {
    return v128.xor(a, b);
  }
}
/** Also "equal" of two bools. */
@final
@unmanaged
export class BitXnor {

  @inline apply(a: v128, b: v128): v128 {
    return v128.not(v128.xor(a, b));
  }
}


@final
@unmanaged
export class BitAndNot {

  @inline apply(a: v128, b: v128): v128 {
    return v128.andnot(a, b);
  }
}


@final
@unmanaged
export class BitNot {

  @inline apply(a: v128, b: v128): v128 {
    return v128.not(a);
  }
}
/** A copy; an operand with step 0 is repeated. */
@final
@unmanaged
export class BitCopy {

  @inline apply(a: v128, b: v128): v128 {
    return a;
  }
}

/** out = Op(a, b), group by group. `out` may be one of the operands. */
export function bitmapMap<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): void {
  let groups = bitmapGroups(rows);
  while (groups > 0) {
    v128.store(out, changetype<Op>(0).apply(v128.load(a), v128.load(b)));
    a += stepA;
    b += stepB;
    out += GROUP_BYTES;
    groups--;
  }
}

/** Kleene's and/or are made of what is known to be true and known to be false. */
@final
@unmanaged
export class KleeneAnd {

  @inline isTrue(trueA: v128, trueB: v128): v128 {
    return v128.and(trueA, trueB);
  }


  @inline isFalse(falseA: v128, falseB: v128): v128 {
    return v128.or(falseA, falseB);
  }
}


@final
@unmanaged
export class KleeneOr {

  @inline isTrue(trueA: v128, trueB: v128): v128 {
    return v128.or(trueA, trueB);
  }


  @inline isFalse(falseA: v128, falseB: v128): v128 {
    return v128.and(falseA, falseB);
  }
}

/** Three-valued and/or: out and outValid from the values and validities of both sides. */
// prettier-ignore
export function bitmapKleene<Op>(
  a: usize, stepA: usize, validA: usize, stepValidA: usize,
  b: usize, stepB: usize, validB: usize, stepValidB: usize,
  out: usize, outValid: usize, rows: i32,
): void {
  let groups = bitmapGroups(rows);
  while (groups > 0) {
    const va = v128.load(validA);
    const vb = v128.load(validB);
    const da = v128.load(a);
    const db = v128.load(b);
    const isTrue = changetype<Op>(0).isTrue(v128.and(va, da), v128.and(vb, db));
    const isFalse = changetype<Op>(0).isFalse(v128.andnot(va, da), v128.andnot(vb, db));
    v128.store(out, isTrue);
    v128.store(outValid, v128.or(isTrue, isFalse));
    a += stepA;
    b += stepB;
    validA += stepValidA;
    validB += stepValidB;
    out += GROUP_BYTES;
    outValid += GROUP_BYTES;
    groups--;
  }
}

/** out = where ? a : b, bit by bit. */
export function bitmapChoose(
  where: usize,
  a: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  out: usize,
  rows: i32,
): void {
  let groups = bitmapGroups(rows);
  while (groups > 0) {
    v128.store(out, v128.bitselect(v128.load(a), v128.load(b), v128.load(where)));
    where += GROUP_BYTES;
    a += stepA;
    b += stepB;
    out += GROUP_BYTES;
    groups--;
  }
}

/** Zeroes the bits from `rows` to the end of the last group, so that equal columns have equal bytes. */
export function bitmapClearTail(bitmap: usize, rows: i32): void {
  const end = (<usize>bitmapGroups(rows)) << 4;
  let at = (<usize>rows) >> 3;
  if (at < end && (rows & 7) != 0) {
    store<u8>(bitmap + at, load<u8>(bitmap + at) & (<u8>(((<u32>1) << ((<u32>rows) & 7)) - 1)));
    at++;
  }
  if (at < end) memory.fill(bitmap + at, 0, end - at);
}

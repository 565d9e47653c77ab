// out[i] = bit i of `where` ? a[i] : b[i], for 8-byte and 4-byte values; and bits to values.
//
// Operands are (pointer, step) as in arithmetic.ts; `where` is a bitmap.

/** 8-byte values, eight rows per byte of the bitmap. */
export function choose64(where: usize, a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left > 0) {
    const bits = i64x2.splat(<i64>load<u8>(where));
    let lane = i64x2(1, 2);
    const pairs = min(4, (left + 1) >> 1);
    for (let pair = 0; pair < pairs; pair++) {
      const mask = i64x2.eq(v128.and(bits, lane), lane);
      v128.store(out, v128.bitselect(v128.load(a), v128.load(b), mask));
      lane = i64x2.shl(lane, 2);
      a += stepA;
      b += stepB;
      out += 16;
    }
    where++;
    left -= 8;
  }
}

/** 4-byte values. */
export function choose32(where: usize, a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left > 0) {
    const bits = i32x4.splat(<i32>load<u8>(where));
    let lane = i32x4(1, 2, 4, 8);
    const quads = min(2, (left + 3) >> 2);
    for (let quad = 0; quad < quads; quad++) {
      const mask = i32x4.eq(v128.and(bits, lane), lane);
      v128.store(out, v128.bitselect(v128.load(a), v128.load(b), mask));
      lane = i32x4.shl(lane, 4);
      a += stepA;
      b += stepB;
      out += 16;
    }
    where++;
    left -= 8;
  }
}

/** i32[rows]: 1 where the bit is set, 0 elsewhere. */
export function bitsToI32(bitmap: usize, out: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    store<i32>(out + ((<usize>row) << 2), ((<i32>load<u8>(bitmap + ((<usize>row) >> 3))) >> (row & 7)) & 1);
  }
}

// Selection vectors from bitmaps: which rows a condition keeps, as ascending u16 row numbers.
//
// Eight bits choose a shuffle of eight row numbers (compress.ts), all eight lanes are stored and the output
// moves on by the number of set bits: no branch depends on the data. The output needs room for 8 entries more
// than rows are selected.
import { compressPattern } from "./compress";

/**
 * Rows 0 … rows-1 whose bit is set in `bits` (and in `validity`, unless that is 0), written to `out`
 * (u16[selected + 8]). Returns how many. Bits behind the last row are ignored.
 */
export function selectBits(bits: usize, validity: usize, rows: i32, out: usize): i32 {
  const start = out;
  const end = bits + ((<usize>rows) >> 3);
  const eight = i16x8.splat(8);
  let lanes = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  while (bits < end) {
    let mask = <u32>load<u8>(bits);
    if (validity != 0) {
      mask &= <u32>load<u8>(validity);
      validity++;
    }
    v128.store(out, v128.swizzle(lanes, v128.load(compressPattern(mask))));
    out += (<usize>popcnt<u32>(mask)) << 1;
    lanes = i16x8.add(lanes, eight);
    bits++;
  }
  if ((rows & 7) != 0) {
    let mask = (<u32>load<u8>(bits)) & ((1 << (rows & 7)) - 1);
    if (validity != 0) mask &= <u32>load<u8>(validity);
    v128.store(out, v128.swizzle(lanes, v128.load(compressPattern(mask))));
    out += (<usize>popcnt<u32>(mask)) << 1;
  }
  return <i32>((out - start) >> 1);
}

/**
 * The same among rows already selected: `sel` u16[count]. `out` may be `sel` itself: what is written never
 * overtakes what is read.
 */
export function selectBitsAmong(bits: usize, validity: usize, sel: usize, count: i32, out: usize): i32 {
  const start = out;
  const end = sel + ((<usize>count) << 1);
  while (sel < end) {
    const row = load<u16>(sel);
    const at = (<usize>row) >> 3;
    let bit = ((<u32>load<u8>(bits + at)) >> ((<u32>row) & 7)) & 1;
    if (validity != 0) bit &= (<u32>load<u8>(validity + at)) >> ((<u32>row) & 7);
    store<u16>(out, row);
    out += <usize>(bit << 1);
    sel += 2;
  }
  return <i32>((out - start) >> 1);
}

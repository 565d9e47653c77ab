// Gathering: the values of selected rows, packed one behind the other.
//
// `sel` is u16 row numbers; `out` has room for `count` values. Bitmaps are appended bit by bit, as
// frames grow by any number of rows; bits behind the last one written are 0.
import { bitAt } from "../batch/index";

/** out[k] = src[sel[k]], 4 B values. */
export function gather32(src: usize, sel: usize, count: i32, out: usize): void {
  const end = sel + ((<usize>count) << 1);
  const unrolled = sel + ((<usize>(count & ~3)) << 1);
  while (sel < unrolled) {
    const a = load<u32>(src + ((<usize>load<u16>(sel)) << 2));
    const b = load<u32>(src + ((<usize>load<u16>(sel, 2)) << 2));
    const c = load<u32>(src + ((<usize>load<u16>(sel, 4)) << 2));
    const d = load<u32>(src + ((<usize>load<u16>(sel, 6)) << 2));
    store<u32>(out, a);
    store<u32>(out, b, 4);
    store<u32>(out, c, 8);
    store<u32>(out, d, 12);
    sel += 8;
    out += 16;
  }
  while (sel < end) {
    store<u32>(out, load<u32>(src + ((<usize>load<u16>(sel)) << 2)));
    sel += 2;
    out += 4;
  }
}

/** out[k] = src[sel[k]], 8 B values. */
export function gather64(src: usize, sel: usize, count: i32, out: usize): void {
  const end = sel + ((<usize>count) << 1);
  const unrolled = sel + ((<usize>(count & ~3)) << 1);
  while (sel < unrolled) {
    const a = load<u64>(src + ((<usize>load<u16>(sel)) << 3));
    const b = load<u64>(src + ((<usize>load<u16>(sel, 2)) << 3));
    const c = load<u64>(src + ((<usize>load<u16>(sel, 4)) << 3));
    const d = load<u64>(src + ((<usize>load<u16>(sel, 6)) << 3));
    store<u64>(out, a);
    store<u64>(out, b, 8);
    store<u64>(out, c, 16);
    store<u64>(out, d, 24);
    sel += 8;
    out += 32;
  }
  while (sel < end) {
    store<u64>(out, load<u64>(src + ((<usize>load<u16>(sel)) << 3)));
    sel += 2;
    out += 8;
  }
}

/**
 * Appends bits to the bitmap `out`, which holds `at` bits: bit k comes from row sel[k] of `src`,
 * or from row from + k when sel is 0. src 0 = all ones.
 */
export function appendBits(out: usize, at: i32, src: usize, sel: usize, from: i32, count: i32): void {
  if (count == 0) return;
  let ptr = out + ((<usize>at) >> 3);
  let shift = (<u32>at) & 7;
  let byte: u32 = shift == 0 ? 0 : <u32>load<u8>(ptr);
  let index = 0;
  do {
    const row = sel == 0 ? from + index : <i32>load<u16>(sel + ((<usize>index) << 1));
    const bit = src == 0 ? <u32>1 : <u32>bitAt(src, row);
    byte |= bit << shift;
    if (++shift == 8) {
      store<u8>(ptr, <u8>byte);
      ptr++;
      shift = 0;
      byte = 0;
    }
  } while (++index < count);
  if (shift != 0) store<u8>(ptr, <u8>byte);
}

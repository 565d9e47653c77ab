// Where lines end: the newlines that make regions out of chunks.
const LF: u32 = 0x0a;

/** The address after the first newline at or after p, or the end. */
export function findNewline(start: usize, end: usize): usize {
  const newlines = i8x16.splat(<i8>LF);
  let p = start;
  while (p < end) {
    const found = <u32>i8x16.bitmask(i8x16.eq(v128.load(p), newlines));
    if (found != 0) return min(p + <usize>ctz(found) + 1, end);
    p += 16;
  }
  return end;
}

/** The address after the last newline, or the start. */
export function afterLastNewline(start: usize, end: usize): usize {
  let p = end;
  while (p > start) {
    if (load<u8>(p - 1) == LF) return p;
    p--;
  }
  return start;
}

// Compressing lanes: of eight u16 values the ones whose bit is set, moved to the front.
//
// Pattern p at + 16 · p: for each set bit i of p, ascending, the bytes 2i, 2i + 1; then 0. A swizzle
// with it compresses without a branch; the output then moves on by 2 × popcnt(p) bytes.

const PATTERNS: usize = memory.data(4096, 16);

fillPatterns();

/** Address of the pattern of this mask (0 … 255). */
@inline
export function compressPattern(mask: i32): usize {
  return PATTERNS + ((<usize>mask) << 4);
}

function fillPatterns(): void {
  for (let mask = 0; mask < 256; mask++) {
    let out = compressPattern(mask);
    for (let bit = 0; bit < 8; bit++) {
      if (((mask >> bit) & 1) == 0) continue;
      store<u16>(out, <u16>((((bit << 1) + 1) << 8) | (bit << 1)));
      out += 2;
    }
  }
}

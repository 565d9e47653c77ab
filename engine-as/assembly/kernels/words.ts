// Words that stand for values in text, in any case: true, false, nan, inf, infinity.
//
// Decoders and the cast from text take the same ones. Eight bytes are loaded at once, so readable memory must
// follow the text.

/** Lower-case letters, the first in the lowest byte. */
export const TRUE: u64 = 0x65757274;
export const FALSE: u64 = 0x65736c6166;
const NAN: u64 = 0x6e616e;
const INF: u64 = 0x666e69;
const INFINITY: u64 = 0x7974696e69666e69;

/** Whether the text is this lower-case word of up to 8 letters, in any case. */
export function isWord(from: usize, to: usize, word: u64, bytes: usize): bool {
  if (to - from != bytes) return false;
  const mask: u64 = bytes == 8 ? u64.MAX_VALUE : ((<u64>1) << ((<u64>bytes) << 3)) - 1;
  return ((load<u64>(from) | 0x2020202020202020) & mask) == word;
}

/** NaN and the infinities, the latter with or without sign, `inf` too; 0 = none of them. */
export function parseSpecial(from: usize, to: usize): f64 {
  const sign = <u32>load<u8>(from);
  const isSigned = sign == 0x2d || sign == 0x2b;
  const p = from + <usize>isSigned;
  if (!isSigned && isWord(p, to, NAN, 3)) return NaN;
  if (isWord(p, to, INF, 3) || isWord(p, to, INFINITY, 8)) return sign == 0x2d ? -Infinity : Infinity;
  return 0;
}

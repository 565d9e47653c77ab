// The text of a JSON string with escapes, as UTF-8.
//
// A pair of surrogate escapes is one code point; a surrogate without its other half cannot be written
// in UTF-8 and becomes U+FFFD, as TextEncoder makes it. The text is never longer than its escaped form.
import { putCodePoint } from "../kernels/utf8";

/** Writes the text of [from, end) at `to` (stringEnd has checked the escapes); the address after it. */
export function unescapeJson(from: usize, end: usize, to: usize): usize {
  let p = from;
  let out = to;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c != 0x5c) {
      store<u8>(out, <u8>c);
      p++;
      out++;
      continue;
    }
    const escape = <u32>load<u8>(p, 1);
    if (escape != 0x75) {
      store<u8>(out, <u8>plainEscape(escape));
      p += 2;
      out++;
      continue;
    }
    let code = hex4(p + 2);
    p += 6;
    if (code - 0xd800 < 0x400 && p < end && load<u16>(p) == 0x755c) {
      const low = hex4(p + 2);
      if (low - 0xdc00 < 0x400) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
      }
    }
    out = putCodePoint(out, code - 0xd800 < 0x800 ? 0xfffd : code);
  }
  return out;
}

function plainEscape(c: u32): u32 {
  if (c == 0x6e) return 0x0a;
  if (c == 0x74) return 0x09;
  if (c == 0x72) return 0x0d;
  if (c == 0x62) return 0x08;
  if (c == 0x66) return 0x0c;
  return c;
}

function hex4(p: usize): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(p + i);
    value = (value << 4) | (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57);
  }
  return value;
}

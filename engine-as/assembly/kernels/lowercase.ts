// Lower case by simple mapping, one code point to one, length in bytes unchanged.
//
// The mirror of host-ts/src/expr/lowercase.ts: ASCII, Latin-1, Latin Extended-A, Greek, Cyrillic and
// Armenian capitals below U+0800 (two bytes to two bytes); U+0130, Latin Extended-B and everything from
// U+0800 stay. So texts that lie one behind the other are mapped in one pass, their offsets still hold.
// Bytes that are no UTF-8 are copied; nothing here depends on their being sound.

/** Maps `bytes` bytes from `src` to `out`. ASCII goes sixteen bytes at a time. */
export function lowercase(src: usize, bytes: usize, out: usize): void {
  const end = src + bytes;
  const beforeA = i8x16.splat(0x40);
  const afterZ = i8x16.splat(0x5b);
  const bit = i8x16.splat(0x20);
  while (src < end) {
    if (src + 16 <= end) {
      const text = v128.load(src);
      if (i8x16.bitmask(text) == 0) {
        const capital = v128.and(i8x16.gt_s(text, beforeA), i8x16.lt_s(text, afterZ));
        v128.store(out, v128.or(text, v128.and(capital, bit)));
        src += 16;
        out += 16;
        continue;
      }
    }
    const lead = <u32>load<u8>(src);
    if (lead >= 0xc2 && lead < 0xe0 && src + 2 <= end) {
      const code = lowercaseCodePoint(((lead & 0x1f) << 6) | ((<u32>load<u8>(src, 1)) & 0x3f));
      store<u8>(out, <u8>(0xc0 | (code >> 6)));
      store<u8>(out, (load<u8>(src, 1) & 0xc0) | (<u8>(code & 0x3f)), 1);
      src += 2;
      out += 2;
    } else {
      store<u8>(out, lead < 0x80 ? <u8>lowercaseCodePoint(lead) : <u8>lead);
      src++;
      out++;
    }
  }
}

/** Code points below U+0800; others must not be asked for. */
export function lowercaseCodePoint(c: u32): u32 {
  if (c < 0x80) return c >= 0x41 && c <= 0x5a ? c + 32 : c;
  if (c < 0x100) return c >= 0xc0 && c <= 0xde && c != 0xd7 ? c + 32 : c;
  if (c < 0x180) return latinExtended(c);
  if (c >= 0x370 && c < 0x400) return greek(c);
  if (c >= 0x400 && c < 0x530) return cyrillic(c);
  return c >= 0x531 && c <= 0x556 ? c + 48 : c;
}

function latinExtended(c: u32): u32 {
  if (c == 0x130) return c;
  if (c == 0x178) return 0xff;
  const oddIsCapital = (c >= 0x139 && c <= 0x148) || c >= 0x179;
  const cased = c <= 0x137 || (c >= 0x139 && c <= 0x148) || (c >= 0x14a && c <= 0x17e);
  return cased && (c & 1) == u32(oddIsCapital) ? c + 1 : c;
}

function greek(c: u32): u32 {
  if (c == 0x370 || c == 0x372 || c == 0x376) return c + 1;
  if (c == 0x37f) return 0x3f3;
  if (c == 0x386) return 0x3ac;
  if (c >= 0x388 && c <= 0x38a) return c + 37;
  if (c == 0x38c) return 0x3cc;
  if (c == 0x38e || c == 0x38f) return c + 63;
  if (c >= 0x391 && c <= 0x3ab && c != 0x3a2) return c + 32;
  return c;
}

function cyrillic(c: u32): u32 {
  if (c <= 0x40f) return c + 80;
  if (c <= 0x42f) return c + 32;
  if (c == 0x4c0) return 0x4cf;
  if (c >= 0x4c1 && c <= 0x4ce) return (c & 1) == 1 ? c + 1 : c;
  const evenIsCapital = (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || c >= 0x4d0;
  return evenIsCapital && (c & 1) == 0 ? c + 1 : c;
}

// UTF-8 validation: ASCII sixteen bytes at a time, everything else by the table of the Unicode standard.
//
// Rejects overlong forms, surrogates (ED A0 … ED BF) and code points above U+10FFFF, as TextDecoder's
// fatal mode does. Sixteen bytes may be read beyond the end; they do not influence the answer.

/** Whether the bytes are well-formed UTF-8. */
export function isUtf8(ptr: usize, bytes: i32): bool {
  const end = ptr + <usize>bytes;
  let p = ptr;
  while (p < end) {
    let high = <u32>v128.bitmask<i8>(v128.load(p));
    const left = end - p;
    if (left < 16) high &= (1 << (<u32>left)) - 1;
    if (high == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(high);
    p = sequenceEnd(p, end);
    if (p == 0) return false;
  }
  return true;
}

/** The address after the multi-byte sequence at p, or 0 when it is malformed. */
function sequenceEnd(p: usize, end: usize): usize {
  const first = <u32>load<u8>(p);
  const left = end - p;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (left < 2) return 0;
  const second = <u32>load<u8>(p, 1);
  if (first < 0xe0) return (second & 0xc0) == 0x80 ? p + 2 : 0;
  if (left < 3 || (load<u8>(p, 2) & 0xc0) != 0x80) return 0;
  if (first < 0xf0) {
    const low: u32 = first == 0xe0 ? 0xa0 : 0x80;
    const high: u32 = first == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high ? p + 3 : 0;
  }
  if (left < 4 || (load<u8>(p, 3) & 0xc0) != 0x80) return 0;
  const low: u32 = first == 0xf0 ? 0x90 : 0x80;
  const high: u32 = first == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high ? p + 4 : 0;
}

/** Writes a code point (no surrogate) and returns the address after it; up to 4 bytes. */
export function putCodePoint(at: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(at, <u8>code);
    return at + 1;
  }
  if (code < 0x800) {
    store<u8>(at, <u8>(0xc0 | (code >> 6)));
    store<u8>(at, <u8>(0x80 | (code & 63)), 1);
    return at + 2;
  }
  if (code < 0x10000) {
    store<u8>(at, <u8>(0xe0 | (code >> 12)));
    store<u8>(at, <u8>(0x80 | ((code >> 6) & 63)), 1);
    store<u8>(at, <u8>(0x80 | (code & 63)), 2);
    return at + 3;
  }
  store<u8>(at, <u8>(0xf0 | (code >> 18)));
  store<u8>(at, <u8>(0x80 | ((code >> 12) & 63)), 1);
  store<u8>(at, <u8>(0x80 | ((code >> 6) & 63)), 2);
  store<u8>(at, <u8>(0x80 | (code & 63)), 3);
  return at + 4;
}

// JSON values that are passed over, checked against the grammar (RFC 8259) all the same.
//
// Every function takes the address of the first character and returns the address after the value, or
// 0: not JSON. Text ends with a newline, which is no part of any value here (a record is one line), so
// no scan needs a bound. Bytes of skipped strings are not checked to be UTF-8.
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
/** Nesting is kept in the bits of 16 words. */
export const JSON_DEPTH_MAX: i32 = 512;
const KINDS: usize = memory.data(64);


@inline
export function skipBlanks(p: usize): usize {
  let c = <u32>load<u8>(p);
  while (c == 0x20 || c == 0x09 || c == 0x0d) c = <u32>load<u8>(++p);
  return p;
}

/** The first quote, backslash or control character at or after p. */
@inline
export function stringStop(p: usize): usize {
  let found: u32;
  do {
    const text = v128.load(p);
    const stops = v128.or(
      v128.or(i8x16.eq(text, i8x16.splat(0x22)), i8x16.eq(text, i8x16.splat(0x5c))),
      i8x16.lt_u(text, i8x16.splat(0x20)),
    );
    found = <u32>i8x16.bitmask(stops);
    p += 16;
  } while (found == 0);
  return p - 16 + <usize>ctz(found);
}

/** From the character after the opening quote to the address of the closing one, or 0. */
export function stringEnd(start: usize): usize {
  let p = start;
  while (true) {
    p = stringStop(p);
    const c = <u32>load<u8>(p);
    if (c == QUOTE) return p;
    if (c != BACKSLASH) return 0;
    const escape = <u32>load<u8>(p, 1);
    if (escape == 0x75) {
      if (!isHex(p + 2)) return 0;
      p += 6;
    } else if (isEscape(escape)) p += 2;
    else return 0;
  }
}

function isEscape(c: u32): bool {
  // " \ / b f n r t
  return c == QUOTE || c == BACKSLASH || c == 0x2f || c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74;
}

function isHex(p: usize): bool {
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(p + i);
    if (c - 0x30 > 9 && (c | 0x20) - 0x61 > 5) return false;
  }
  return true;
}

export function skipNumber(start: usize): usize {
  let p = start + <usize>(load<u8>(start) == 0x2d);
  const first = <u32>load<u8>(p) - 0x30;
  if (first > 9) return 0;
  p = first == 0 ? p + 1 : skipDigits(p);
  if (first == 0 && <u32>load<u8>(p) - 0x30 < 10) return 0;
  if (load<u8>(p) == 0x2e) {
    const after = skipDigits(p + 1);
    if (after == p + 1) return 0;
    p = after;
  }
  if ((load<u8>(p) | 0x20) == 0x65) {
    p++;
    if (load<u8>(p) == 0x2b || load<u8>(p) == 0x2d) p++;
    const after = skipDigits(p);
    if (after == p) return 0;
    p = after;
  }
  return p;
}


@inline
function skipDigits(p: usize): usize {
  while (<u32>load<u8>(p) - 0x30 < 10) p++;
  return p;
}

function skipScalar(p: usize): usize {
  const c = <u32>load<u8>(p);
  if (c == QUOTE) {
    const end = stringEnd(p + 1);
    return end == 0 ? 0 : end + 1;
  }
  if (c == 0x74) return load<u32>(p) == 0x65757274 ? p + 4 : 0;
  if (c == 0x66) return load<u32>(p, 1) == 0x65736c61 ? p + 5 : 0;
  if (c == 0x6e) return load<u32>(p) == 0x6c6c756e ? p + 4 : 0;
  return skipNumber(p);
}

/** Any value. */
export function skipValue(p: usize): usize {
  const c = <u32>load<u8>(p);
  return c == 0x7b || c == 0x5b ? skipNested(p) : skipScalar(p);
}

function skipNested(start: usize): usize {
  let depth = 0;
  let p = start;
  while (true) {
    // at the first character of a value
    const c = <u32>load<u8>(p);
    if (c == 0x7b || c == 0x5b) {
      if (depth == JSON_DEPTH_MAX) return 0;
      setKind(depth++, c == 0x7b);
      p = skipBlanks(p + 1);
      if (<u32>load<u8>(p) != c + 2) {
        if (c == 0x7b) p = skipKey(p);
        if (p == 0) return 0;
        continue;
      }
      p++;
      depth--;
    } else {
      p = skipScalar(p);
      if (p == 0) return 0;
    }
    // behind a value
    while (true) {
      if (depth == 0) return p;
      p = skipBlanks(p);
      const isObject = kindAt(depth - 1);
      const sign = <u32>load<u8>(p);
      p++;
      if (sign == 0x2c) {
        p = skipBlanks(p);
        if (isObject) p = skipKey(p);
        if (p == 0) return 0;
        break;
      }
      if (sign != <u32>(isObject ? 0x7d : 0x5d)) return 0;
      depth--;
    }
  }
}

/** A key, its colon and blanks: the address of the value. */
function skipKey(p: usize): usize {
  if (<u32>load<u8>(p) != QUOTE) return 0;
  const end = stringEnd(p + 1);
  if (end == 0) return 0;
  p = skipBlanks(end + 1);
  return load<u8>(p) == 0x3a ? skipBlanks(p + 1) : 0;
}

function setKind(depth: i32, isObject: bool): void {
  const at = KINDS + ((<usize>depth) >> 3);
  const bit = 1 << (depth & 7);
  store<u8>(at, isObject ? <u8>((<i32>load<u8>(at)) | bit) : <u8>((<i32>load<u8>(at)) & ~bit));
}

function kindAt(depth: i32): bool {
  return ((load<u8>(KINDS + ((<usize>depth) >> 3)) >> (depth & 7)) & 1) != 0;
}

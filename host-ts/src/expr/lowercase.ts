/**
 * Lower case by simple mapping, one code point to one code point, as the engine does it (the mirror of
 * engine-as/assembly/kernels/lowercase.ts): ASCII, Latin-1, Latin Extended-A, Greek, Cyrillic and Armenian
 * capitals below U+0800 that have the same length in UTF-8 in lower case. U+0130 (İ), Latin Extended-B and
 * everything from U+0800 stay as they are. No locale, no context (a final Σ becomes σ): deterministic.
 */
export function lowercase(text: string): string {
  let result = '';
  for (const char of text) result += String.fromCodePoint(lowercaseCodePoint(char.codePointAt(0) ?? 0));
  return result;
}

/** Tested against toLowerCase() for every code point below U+0530 that is in its range. */
export function lowercaseCodePoint(c: number): number {
  if (c < 0x80) return c >= 0x41 && c <= 0x5a ? c + 32 : c;
  if (c < 0x100) return c >= 0xc0 && c <= 0xde && c !== 0xd7 ? c + 32 : c;
  if (c < 0x180) return latinExtended(c);
  if (c >= 0x370 && c < 0x400) return greek(c);
  if (c >= 0x400 && c < 0x530) return cyrillic(c);
  return c >= 0x531 && c <= 0x556 ? c + 48 : c;
}

function latinExtended(c: number): number {
  if (c === 0x130) return c;
  if (c === 0x178) return 0xff;
  const oddIsCapital = (c >= 0x139 && c <= 0x148) || c >= 0x179;
  const cased = c <= 0x137 || (c >= 0x139 && c <= 0x148) || (c >= 0x14a && c <= 0x17e);
  return cased && (c & 1) === (oddIsCapital ? 1 : 0) ? c + 1 : c;
}

function greek(c: number): number {
  if (c === 0x370 || c === 0x372 || c === 0x376) return c + 1;
  if (c === 0x37f) return 0x3f3;
  if (c === 0x386) return 0x3ac;
  if (c >= 0x388 && c <= 0x38a) return c + 37;
  if (c === 0x38c) return 0x3cc;
  if (c === 0x38e || c === 0x38f) return c + 63;
  if (c >= 0x391 && c <= 0x3ab && c !== 0x3a2) return c + 32;
  return c;
}

function cyrillic(c: number): number {
  if (c <= 0x40f) return c + 80;
  if (c <= 0x42f) return c + 32;
  if (c === 0x4c0) return 0x4cf;
  if (c >= 0x4c1 && c <= 0x4ce) return (c & 1) === 1 ? c + 1 : c;
  const evenIsCapital = (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || c >= 0x4d0;
  return evenIsCapital && (c & 1) === 0 ? c + 1 : c;
}

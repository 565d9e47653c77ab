// The first of two passes over many records: where they are cut.
//
// 64 bytes become one word of bits per kind of character, and the bits become a list of addresses:
// delimiters and newlines in CSV, quotes and newlines in NDJSON. While every record has as many of them
// as the format expects, a field is found by its number, without a look at the fields before it
// (column-batch.ts). A character that would give others another meaning (a quote in CSV; a backslash
// or a control character in JSON) ends the list.
//
//   the list: +0 u32 address before the first byte (as if a newline stood there), then one u32 per sign
const LF: u32 = 0x0a;
const SEPARATORS_MAX: i32 = 4000;
/** The last 64 bytes may add 64 addresses, and up to 16 addresses are written at once. */
export const SEPARATOR_LIST_BYTES: usize = (<usize>(1 + SEPARATORS_MAX + 64 + 16)) << 2;

/** Of the last list: its signs, and how many of them are newlines. */
export let separatorCount: i32 = 0;
export let separatorNewlines: i32 = 0;
/** A character that the list cannot express stands behind its last record. */
export let separatorsStopped: bool = false;

/** `quote` above 0xff: none. Up to 64 bytes behind `end` are read. */
export function listCsv(list: usize, start: usize, end: usize, delimiter: u32, quote: u32): void {
  listSigns(list, start, end, delimiter, quote > 0xff ? LF : quote, quote > 0xff ? 0 : 0xff, false);
}

export function listJson(list: usize, start: usize, end: usize): void {
  listSigns(list, start, end, 0x22, 0x5c, 0xff, true);
}


@inline
function listSigns(list: usize, start: usize, end: usize, sign: u32, stop: u32, stopMask: u32, isJson: bool): void {
  const signs = i8x16.splat(<i8>sign);
  const stops = i8x16.splat(<i8>stop);
  const stopBits = i8x16.splat(<i8>stopMask);
  const newlines = i8x16.splat(<i8>LF);
  const listEnd = list + ((<usize>SEPARATORS_MAX) << 2);
  store<u32>(list, <u32>start - 1);
  let out = list + 4;
  let lineCount: u64 = 0;
  let p = start;
  separatorsStopped = false;
  while (p < end && out < listEnd) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const lineA = i8x16.eq(a, newlines);
    const lineB = i8x16.eq(b, newlines);
    const lineC = i8x16.eq(c, newlines);
    const lineD = i8x16.eq(d, newlines);
    const stopA = stopping(a, lineA, stops, stopBits, isJson);
    const stopB = stopping(b, lineB, stops, stopBits, isJson);
    const stopC = stopping(c, lineC, stops, stopBits, isJson);
    const stopD = stopping(d, lineD, stops, stopBits, isJson);
    let found = bits(
      v128.or(lineA, i8x16.eq(a, signs)),
      v128.or(lineB, i8x16.eq(b, signs)),
      v128.or(lineC, i8x16.eq(c, signs)),
      v128.or(lineD, i8x16.eq(d, signs)),
    );
    let lines = bits(lineA, lineB, lineC, lineD);
    const left = end - p;
    if (left < 64) {
      const kept = ((<u64>1) << (<u64>left)) - 1;
      found &= kept;
      lines &= kept;
    }
    if (v128.any_true(v128.or(v128.or(stopA, stopB), v128.or(stopC, stopD)))) {
      const at = ctz(bits(stopA, stopB, stopC, stopD));
      if (at < <u64>left) {
        separatorsStopped = true;
        found &= ((<u64>1) << at) - 1;
        lines &= ((<u64>1) << at) - 1;
      }
    }
    const count = <usize>popcnt(found);
    const next = out + (count << 2);
    found = putFour(out, p, found);
    found = putFour(out + 16, p, found);
    if (count > 8) {
      found = putFour(out + 32, p, found);
      out += 48;
      if (isJson) {
        // as many quotes are usual; of delimiters there are fewer
        found = putFour(out, p, found);
        out += 16;
      }
      while (found != 0) {
        found = putFour(out, p, found);
        out += 16;
      }
    }
    out = next;
    lineCount += popcnt(lines);
    if (separatorsStopped) break;
    p += 64;
  }
  separatorCount = <i32>((out - list) >> 2) - 1;
  separatorNewlines = <i32>lineCount;
}

/** Writes the addresses of the lowest four bits (nonsense, where there are fewer); what is left of them. */
@inline
function putFour(out: usize, p: usize, found: u64): u64 {
  store<u32>(out, <u32>(p + <usize>ctz(found)));
  const second = found & (found - 1);
  store<u32>(out, <u32>(p + <usize>ctz(second)), 4);
  const third = second & (second - 1);
  store<u32>(out, <u32>(p + <usize>ctz(third)), 8);
  const fourth = third & (third - 1);
  store<u32>(out, <u32>(p + <usize>ctz(fourth)), 12);
  return fourth & (fourth - 1);
}


@inline
function stopping(text: v128, lines: v128, stops: v128, stopBits: v128, isJson: bool): v128 {
  const found = i8x16.eq(text, stops);
  if (!isJson) return v128.and(found, stopBits);
  return v128.or(found, v128.andnot(i8x16.le_u(text, i8x16.splat(0x1f)), lines));
}


@inline
function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u64>((<u32>i8x16.bitmask(a)) | ((<u32>i8x16.bitmask(b)) << 16));
  const high = <u64>((<u32>i8x16.bitmask(c)) | ((<u32>i8x16.bitmask(d)) << 16));
  return low | (high << 32);
}

/** Whether a CR of its own field stands before the sign at `at`. */
@inline
export function followsCr(at: usize): bool {
  const sign = <usize>load<u32>(at);
  return <u32>load<u8>(sign - 1) == 0x0d && <usize>load<u32>(at - 4) < sign - 1;
}

/** 1 when all the records' newlines follow a CR, 0 when none does; -1 - n when the first n records differ from the next. */
export function crBeforeNewlines(list: usize, count: i32, records: i32): i32 {
  const stride = (<usize>count) << 2;
  let at = list;
  let found = 0;
  for (let i = 0; i < records; i++) {
    at += stride;
    found += <i32>followsCr(at);
  }
  if (found == 0) return 0;
  if (found == records) return 1;
  const first = followsCr(list + stride);
  let same = 1;
  at = list + (stride << 1);
  while (followsCr(at) == first) {
    at += stride;
    same++;
  }
  return -1 - same;
}

/** How many records from the start of the list have exactly `count` signs, the last of them a newline. */
export function regularRecords(list: usize, count: i32): i32 {
  const records = separatorCount / count;
  const stride = (<usize>count) << 2;
  let at = list;
  let strays: u32 = 0;
  for (let i = 0; i < records; i++) {
    at += stride;
    strays |= (<u32>load<u8>(<usize>load<u32>(at))) ^ LF;
  }
  if (strays == 0 && separatorNewlines == records) return records;
  at = list;
  for (let i = 0; i < records; i++) {
    for (let k = 1; k <= count; k++) {
      at += 4;
      if ((<u32>load<u8>(<usize>load<u32>(at)) == LF) != (k == count)) return i;
    }
  }
  return records;
}

// The learned line of NDJSON (key-order.ts) as signs and spans: what many lines at once are compared with.
//
// Quotes and the newline are the signs of a line (separators.ts). Lines of one layout have equally many,
// so that the n-th sign of each belongs to the same key or value. Between the values lie fixed texts; those
// beside a string take its quotes, so that a value that is a string must be one everywhere. A text that stands
// at its last sign in every line, from first to last, leaves nothing unchecked but the values.
//
//   {"a":  12  ,"b":"  xyz  "}\n
//   text 0 │   text 1  │    text 2        spans 12 and xyz
//
//   a step, 32 B: +0 u32 address of its text  +4 i32 bytes  +8 i32 column, -1 = a value that nobody wants,
//     -2 = the end of the line  +12 i32 number of its first sign (1 … signs)  +16 i32 bytes before that sign
//     +20 i32 number of its last sign  +24 i32 bytes from that sign to the end of the text  +28 i32 the
//     value after it is a string
import { TYPE_TIMESTAMP, TYPE_UTF8 } from "../../abi";
import { blockAlloc, blockFree } from "../memory/index";
import { columnOut, Decoder } from "./decoder";
import { STEP_BYTES, STEP_END } from "./key-order";
import { masked } from "./text-dictionary";

const LF: u32 = 0x0a;
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
export const LAYOUT_STEP_BYTES: usize = 32;
export const LAYOUT_COLUMN_AT: usize = 8;
export const LAYOUT_FIRST_AT: usize = 12;
export const LAYOUT_HEAD_AT: usize = 16;
export const LAYOUT_LAST_AT: usize = 20;
export const LAYOUT_TAIL_AT: usize = 24;
export const LAYOUT_STRING_AT: usize = 28;

/** From the learned steps (address, bytes, column of each), while their line still stands in memory. */
export function layoutLearn(decoder: Decoder, learned: usize, count: i32): void {
  decoder.layoutCount = 0;
  let bytes = <usize>count * LAYOUT_STEP_BYTES;
  for (let i = 0; i < count; i++) bytes += <usize>load<i32>(learned + <usize>i * STEP_BYTES, 4) + 18;
  blockFree(decoder.layout);
  decoder.layout = blockAlloc(bytes);
  if (decoder.layout == 0) return;
  let copy = decoder.layout + <usize>count * LAYOUT_STEP_BYTES;
  let signs = 0;
  let from = load<usize>(learned);
  for (let i = 0; i < count; i++) {
    const source = learned + <usize>i * STEP_BYTES;
    const column = load<i32>(source, 8);
    const valueFrom = load<usize>(source) + <usize>load<i32>(source, 4);
    const isString = column != STEP_END && <u32>load<u8>(valueFrom) == QUOTE;
    if (isString && column >= 0) {
      const type = columnOut(decoder, column).type;
      if (type != TYPE_UTF8 && type != TYPE_TIMESTAMP) return;
    }
    const to = valueFrom + <usize>isString;
    const step = decoder.layout + <usize>i * LAYOUT_STEP_BYTES;
    if (!noteSigns(step, from, to, signs)) return;
    signs = load<i32>(step, LAYOUT_LAST_AT);
    memory.copy(copy, from, to - from);
    store<usize>(step, copy);
    store<i32>(step, <i32>(to - from), 4);
    store<i32>(step, column, LAYOUT_COLUMN_AT);
    store<i32>(step, <i32>isString, LAYOUT_STRING_AT);
    copy += to - from + 16;
    if (column == STEP_END) break;
    from = load<usize>(source + STEP_BYTES) - <usize>isString;
    const within = quotesIn(to, from);
    if (isString && within > 0) return;
    signs += within;
  }
  decoder.layoutSigns = signs;
  decoder.layoutCount = count;
}

/** First and last sign of the text; false = there is none, or a backslash. */
function noteSigns(step: usize, from: usize, to: usize, before: i32): bool {
  let count = 0;
  for (let p = from; p < to; p++) {
    const c = <u32>load<u8>(p);
    if (c == BACKSLASH) return false;
    if (c != QUOTE && c != LF) continue;
    count++;
    if (count == 1) {
      store<i32>(step, before + 1, LAYOUT_FIRST_AT);
      store<i32>(step, <i32>(p - from), LAYOUT_HEAD_AT);
    }
    store<i32>(step, before + count, LAYOUT_LAST_AT);
    store<i32>(step, <i32>(to - p), LAYOUT_TAIL_AT);
  }
  return count > 0;
}

function quotesIn(from: usize, to: usize): i32 {
  let count = 0;
  for (let p = from; p < to; p++) count += <i32>(<u32>load<u8>(p) == QUOTE);
  return count;
}

/** How many of the listed lines have all texts at their places. */
export function matchingLines(decoder: Decoder, lines: i32): i32 {
  const list = decoder.separators;
  const stride = (<usize>decoder.layoutSigns) << 2;
  let good = lines;
  let step = decoder.layout;
  // the first text begins behind the newline before it
  const first = (<usize>load<i32>(step, LAYOUT_FIRST_AT)) << 2;
  const head = load<i32>(step, LAYOUT_HEAD_AT);
  for (let i = 0; i < good; i++) {
    const at = list + <usize>i * stride;
    if (load<i32>(at) + 1 + head != load<i32>(at + first)) return i;
  }
  for (let i = 0; i < decoder.layoutCount; i++) {
    const bytes = load<i32>(step, 4);
    const at = list + ((<usize>load<i32>(step, LAYOUT_LAST_AT)) << 2);
    const back = <usize>(load<i32>(step, LAYOUT_TAIL_AT) - bytes);
    for (let done = 0; done < bytes; done += 16) {
      good = matching(at, stride, back + <usize>done, load<usize>(step) + <usize>done, min(16, bytes - done), good);
    }
    step += LAYOUT_STEP_BYTES;
  }
  return good;
}

/** How many lines have up to 16 bytes of text at `more` from the sign at `at`. */
function matching(at: usize, stride: usize, more: usize, text: usize, bytes: i32, lines: i32): i32 {
  const wanted = masked(v128.load(text), bytes);
  const mask = masked(i8x16.splat(-1), bytes);
  let strays = i8x16.splat(0);
  let p = at;
  for (let i = 0; i < lines; i++) {
    const found = v128.load(<usize>load<u32>(p) + more);
    strays = v128.or(strays, v128.and(v128.xor(found, wanted), mask));
    p += stride;
  }
  if (!v128.any_true(strays)) return lines;
  p = at;
  for (let i = 0; i < lines; i++) {
    const found = v128.load(<usize>load<u32>(p) + more);
    if (v128.any_true(v128.and(v128.xor(found, wanted), mask))) return i;
    p += stride;
  }
  return lines;
}

// The predicted order of keys in NDJSON.
//
// Lines of one file nearly always have the same keys in the same order with the same blanks. So the
// text between the values of one line is kept, and later lines are compared with it, sixteen bytes at
// a time: `{"date":` value `,"delay":` value … `}\n`. What does not match is parsed by the grammar
// (ndjson.ts), after which the prediction goes on behind the key that was met. When lines keep
// differing, another one is learned.
//
//   the block: steps of 12 B, then their texts, each followed by 16 readable bytes
//   step: +0 u32 address of the text  +4 i32 its bytes  +8 i32 column, -1 = a key that nobody wants,
//         -2 = the end of the line
import { blockAlloc, blockFree } from "../memory/index";
import { columnOut, Decoder } from "./decoder";
import { layoutLearn } from "./line-layout";

export const STEP_BYTES: usize = 12;
export const STEP_SKIP: i32 = -1;
export const STEP_END: i32 = -2;
const STEPS_MAX: i32 = 512;
const TEXT_BYTES_MAX: usize = 256;
/** Score of differing lines (one that fits takes off one) at which another line is learned. */
const MISSES_MAX: i32 = 16;

/** What is being learned: [from, to) of the text and the column, per step. */
const LEARNED: usize = memory.data(513 * 12, 16);
let learnedCount: i32 = 0;

export function learnBegin(decoder: Decoder): void {
  learnedCount = 0;
  decoder.isLearning = true;
}

/** The text before a value (or after the last one); gives up on lines that are unusual. */
export function learnStep(decoder: Decoder, from: usize, to: usize, column: i32): void {
  if (learnedCount > STEPS_MAX || to - from > TEXT_BYTES_MAX) {
    decoder.isLearning = false;
    return;
  }
  const step = LEARNED + <usize>learnedCount * STEP_BYTES;
  store<usize>(step, from);
  store<i32>(step, <i32>(to - from), 4);
  store<i32>(step, column, 8);
  learnedCount++;
}

/** The line was good: keeps its steps. */
export function learnEnd(decoder: Decoder): void {
  decoder.isLearning = false;
  decoder.misses = 0;
  let bytes = <usize>learnedCount * STEP_BYTES;
  for (let i = 0; i < learnedCount; i++) bytes += <usize>load<i32>(LEARNED + <usize>i * STEP_BYTES, 4) + 16;
  const block = blockAlloc(bytes);
  if (block == 0) return; // prediction is only speed
  blockFree(decoder.sequence);
  decoder.sequence = block;
  decoder.sequenceCount = learnedCount;
  for (let i = 0; i < decoder.columnCount; i++) columnOut(decoder, i).next = -1;
  let text = block + <usize>learnedCount * STEP_BYTES;
  for (let i = 0; i < learnedCount; i++) {
    const from = LEARNED + <usize>i * STEP_BYTES;
    const step = block + <usize>i * STEP_BYTES;
    const length = load<i32>(from, 4);
    const column = load<i32>(from, 8);
    memory.copy(text, load<usize>(from), <usize>length);
    store<usize>(step, text);
    store<i32>(step, length, 4);
    store<i32>(step, column, 8);
    if (column >= 0) columnOut(decoder, column).next = i + 1;
    text += <usize>length + 16;
  }
  layoutLearn(decoder, LEARNED, learnedCount);
}

/** Counts a line that fitted or not; when too many did not, the next one is learned. */
export function noteLine(decoder: Decoder, fitted: bool): void {
  if (fitted) {
    if (decoder.misses > 0) decoder.misses--;
  } else if (++decoder.misses >= MISSES_MAX) {
    decoder.misses = 0;
    decoder.sequenceCount = 0;
    decoder.layoutCount = 0;
  }
}

/** The address after the step's text if it stands at p, else 0. */
@inline
export function matchStep(step: usize, p: usize): usize {
  let text = load<usize>(step);
  let left = load<i32>(step, 4);
  while (left > 16) {
    if (v128.bitmask<i8>(i8x16.eq(v128.load(p), v128.load(text))) != 0xffff) return 0;
    p += 16;
    text += 16;
    left -= 16;
  }
  const mask: i32 = (1 << left) - 1;
  const equal = v128.bitmask<i8>(i8x16.eq(v128.load(p), v128.load(text)));
  return (equal & mask) == mask ? p + <usize>left : 0;
}

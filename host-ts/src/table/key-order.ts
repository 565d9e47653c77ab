/**
 * Sorting rows by key: every key column becomes one to three u32 words that compare like the values, and a stable
 * radix sort orders the row numbers by them. Nulls come first, text by UTF-8 bytes, numbers numerically.
 */
import { TYPE_F64, TYPE_UTF8 } from '../abi/index.ts';
import type { StoreColumn } from './row-store.ts';

const SIGN = 0x80000000;
const NAN_HIGH = 0x7ff80000;
/** Below this many rows the counters of a wide digit would cost more than the rows. */
const NARROW_ROWS = 1 << 13;

/** The words of the key columns, most significant first: u32[rows] each. */
export function keyWords(columns: readonly StoreColumn[], rows: number): Uint32Array[] {
  return columns.flatMap((column) => wordsOf(column, rows));
}

/** Row numbers in key order; of rows with equal keys only the last one (the newest) stays. */
export function orderRows(words: readonly Uint32Array[], rows: number): Uint32Array {
  let order = new Uint32Array(rows);
  let other = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  const digitBits = rows < NARROW_ROWS ? 8 : 16;
  const counts = new Uint32Array((1 << digitBits) + 1);
  for (let index = words.length - 1; index >= 0; index--) {
    const word = words[index]!;
    const varying = varyingBits(word, rows);
    for (let shift = 0; shift < 32; shift += digitBits) {
      if (((varying >>> shift) & ((1 << digitBits) - 1)) === 0) continue;
      scatter({ word, shift, digitBits, counts, from: order, to: other });
      [order, other] = [other, order];
    }
  }
  return newestOnly(words, order);
}

interface Scatter {
  readonly word: Uint32Array;
  readonly shift: number;
  readonly digitBits: number;
  readonly counts: Uint32Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

function scatter({ word, shift, digitBits, counts, from, to }: Scatter): void {
  const mask = (1 << digitBits) - 1;
  const rows = from.length;
  counts.fill(0);
  for (let row = 0; row < rows; row++) {
    const at = ((word[row]! >>> shift) & mask) + 1;
    counts[at] = counts[at]! + 1;
  }
  for (let digit = 1; digit <= mask; digit++) counts[digit] = counts[digit]! + counts[digit - 1]!;
  for (let at = 0; at < rows; at++) {
    const row = from[at]!;
    const digit = (word[row]! >>> shift) & mask;
    const place = counts[digit]!;
    counts[digit] = place + 1;
    to[place] = row;
  }
}

function varyingBits(word: Uint32Array, rows: number): number {
  const first = word[0] ?? 0;
  let varying = 0;
  for (let row = 1; row < rows; row++) varying |= word[row]! ^ first;
  return varying;
}

function newestOnly(words: readonly Uint32Array[], order: Uint32Array): Uint32Array {
  let kept = 0;
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!;
    if (at + 1 < order.length && sameKey(words, row, order[at + 1]!)) continue;
    order[kept++] = row;
  }
  return order.subarray(0, kept);
}

function sameKey(words: readonly Uint32Array[], a: number, b: number): boolean {
  for (const word of words) if (word[a] !== word[b]) return false;
  return true;
}

function wordsOf(column: StoreColumn, rows: number): Uint32Array[] {
  const words = valueWords(column, rows);
  const { nulls } = column;
  if (nulls === undefined) return words;
  const present = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    if (nulls[row] === 1) for (const word of words) word[row] = 0;
    else present[row] = 1;
  }
  return [present, ...words];
}

function valueWords({ type, words, values, pool }: StoreColumn, rows: number): Uint32Array[] {
  const high = new Uint32Array(rows);
  if (type === TYPE_UTF8) {
    const ranks = pool!.ranks();
    for (let row = 0; row < rows; row++) high[row] = ranks[values[row]!] ?? 0;
    return [high];
  }
  if (words === 1) {
    for (let row = 0; row < rows; row++) high[row] = values[row]! ^ SIGN;
    return [high];
  }
  const low = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    low[row] = values[2 * row]!;
    high[row] = values[2 * row + 1]! ^ SIGN;
  }
  if (type === TYPE_F64) for (let row = 0; row < rows; row++) floatWords(high, low, row);
  return [high, low];
}

// IEEE order as unsigned order: the sign bit is flipped already; negative numbers have all other bits flipped too.
// There is one zero and one NaN (behind everything).
function floatWords(high: Uint32Array, low: Uint32Array, row: number): void {
  const bits = (high[row]! ^ SIGN) >>> 0;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && low[row] !== 0)) {
    high[row] = NAN_HIGH | SIGN;
    low[row] = 0;
  } else if (magnitude === 0 && low[row] === 0) high[row] = SIGN;
  else if (bits >= SIGN) {
    high[row] = ~bits;
    low[row] = ~low[row]!;
  }
}

// Accumulator loops: one pass per accumulator over the entries that a chunk of rows (or of another
// table's entries) belongs to. No calls per row except for exact f64 sums.
//
// An i64 sum is an i128 (low u64, high i64), so an intermediate overflow cannot make the result
// depend on the order. MIN and MAX hold order keys: i64 as it is, f64 as bits that compare like
// numbers with NaN as the largest.
import { TYPE_F64 } from "../../abi";
import { canonicalBits, exactAdd, exactMerge } from "../state/index";
import { isTextExtreme, mergeTexts } from "./window-texts";
import { ACC_COUNT, ACC_MAX, ACC_MIN, ACC_SUM_F64, ACC_SUM_I64, WindowOperator } from "./window-types";

/** f64 as an i64 with the same order; also its own inverse on bits (orderBits). */
@inline
export function orderKey(value: f64): i64 {
  return orderBits(canonicalBits(value));
}


@inline
export function orderBits(bits: i64): i64 {
  return bits ^ ((bits >> 63) & 0x7fffffffffffffff);
}

/** Adds rows[i] (u16) of the current batch to entries[i] (u32) for all accumulators but distinct ones. */
export function aggregateRows(op: WindowOperator, rows: usize, entries: usize, n: i32): void {
  for (let i = 0; i < op.accumulatorCount; i++) {
    const acc = op.accumulatorAt(i);
    const at = <usize>acc.at;
    let values: usize = 0;
    let mask: usize = 0;
    let isF64 = false;
    if (acc.source >= 0) {
      const source = op.sourceAt(acc.source);
      values = source.values;
      mask = source.mask;
      isF64 = source.type == TYPE_F64;
    }
    if (acc.kind == ACC_COUNT) {
      if (mask == 0) countAll(entries, n, at);
      else countMasked(rows, entries, n, at, mask);
    } else if (acc.kind == ACC_SUM_I64) {
      if (mask == 0) sumAll(rows, entries, n, at, values);
      else sumMasked(rows, entries, n, at, values, mask);
    } else if (acc.kind == ACC_SUM_F64) {
      sumExact(rows, entries, n, at, values, mask);
    } else if (acc.kind == ACC_MIN || acc.kind == ACC_MAX) {
      extreme(rows, entries, n, at, values, mask, isF64, acc.kind == ACC_MAX);
    }
  }
}


@inline
function entryAt(entries: usize, i: i32): usize {
  return <usize>load<u32>(entries + ((<usize>i) << 2));
}


@inline
function rowAt(rows: usize, i: i32): usize {
  return <usize>load<u16>(rows + ((<usize>i) << 1));
}

function countAll(entries: usize, n: i32, at: usize): void {
  for (let i = 0; i < n; i++) {
    const cell = entryAt(entries, i) + at;
    store<i64>(cell, load<i64>(cell) + 1);
  }
}

function countMasked(rows: usize, entries: usize, n: i32, at: usize, mask: usize): void {
  for (let i = 0; i < n; i++) {
    const cell = entryAt(entries, i) + at;
    store<i64>(cell, load<i64>(cell) + <i64>load<u8>(mask + rowAt(rows, i)));
  }
}


@inline
function addWide(cell: usize, low: u64, high: i64): void {
  const sum = load<u64>(cell) + low;
  store<u64>(cell, sum);
  store<i64>(cell, load<i64>(cell, 8) + high + <i64>(sum < low), 8);
}


@inline
function subtractWide(cell: usize, low: u64, high: i64): void {
  const a = load<u64>(cell);
  store<u64>(cell, a - low);
  store<i64>(cell, load<i64>(cell, 8) - high - <i64>(a < low), 8);
}

function sumAll(rows: usize, entries: usize, n: i32, at: usize, values: usize): void {
  for (let i = 0; i < n; i++) {
    const value = load<i64>(values + (rowAt(rows, i) << 3));
    addWide(entryAt(entries, i) + at, <u64>value, value >> 63);
  }
}

function sumMasked(rows: usize, entries: usize, n: i32, at: usize, values: usize, mask: usize): void {
  for (let i = 0; i < n; i++) {
    const row = rowAt(rows, i);
    const value = load<i64>(values + (row << 3)) & -(<i64>load<u8>(mask + row));
    addWide(entryAt(entries, i) + at, <u64>value, value >> 63);
  }
}

function sumExact(rows: usize, entries: usize, n: i32, at: usize, values: usize, mask: usize): void {
  for (let i = 0; i < n; i++) {
    const row = rowAt(rows, i);
    if (mask != 0 && load<u8>(mask + row) == 0) continue;
    exactAdd(entryAt(entries, i) + at, load<f64>(values + (row << 3)), 1);
  }
}

function extreme(
  rows: usize,
  entries: usize,
  n: i32,
  at: usize,
  values: usize,
  mask: usize,
  isF64: bool,
  largest: bool,
): void {
  for (let i = 0; i < n; i++) {
    const row = rowAt(rows, i);
    if (mask != 0 && load<u8>(mask + row) == 0) continue;
    const cell = entryAt(entries, i) + at;
    const value = isF64 ? orderKey(load<f64>(values + (row << 3))) : load<i64>(values + (row << 3));
    const known = load<i64>(cell);
    store<i64>(cell, largest ? max(known, value) : min(known, value));
  }
}

/**
 * Adds (sign 1) or takes back (sign −1; only COUNT and sums occur then) n entries that lie `width`
 * apart from `first` on to entries[i]. Distinct counts are not touched: they do not add up.
 */
export function aggregateEntries(
  op: WindowOperator,
  first: usize,
  width: usize,
  entries: usize,
  n: i32,
  sign: i64,
): void {
  for (let i = 0; i < op.accumulatorCount; i++) {
    const acc = op.accumulatorAt(i);
    const from = first + acc.at;
    const at = <usize>acc.at;
    if (acc.kind == ACC_COUNT) mergeCount(from, width, entries, n, at, sign);
    else if (acc.kind == ACC_SUM_I64) mergeSum(from, width, entries, n, at, sign);
    else if (acc.kind == ACC_SUM_F64) mergeExact(from, width, entries, n, at, sign);
    else if (acc.kind == ACC_MIN) mergeMin(from, width, entries, n, at);
    else if (acc.kind == ACC_MAX) mergeMax(from, width, entries, n, at);
    else if (isTextExtreme(acc)) mergeTexts(op, acc, first, width, entries, n);
  }
}

function mergeCount(from: usize, width: usize, entries: usize, n: i32, at: usize, sign: i64): void {
  for (let i = 0; i < n; i++, from += width) {
    const cell = entryAt(entries, i) + at;
    store<i64>(cell, load<i64>(cell) + load<i64>(from) * sign);
  }
}

function mergeSum(from: usize, width: usize, entries: usize, n: i32, at: usize, sign: i64): void {
  for (let i = 0; i < n; i++, from += width) {
    const cell = entryAt(entries, i) + at;
    if (sign > 0) addWide(cell, load<u64>(from), load<i64>(from, 8));
    else subtractWide(cell, load<u64>(from), load<i64>(from, 8));
  }
}

function mergeExact(from: usize, width: usize, entries: usize, n: i32, at: usize, sign: i64): void {
  for (let i = 0; i < n; i++, from += width) exactMerge(entryAt(entries, i) + at, from, sign);
}

function mergeMin(from: usize, width: usize, entries: usize, n: i32, at: usize): void {
  for (let i = 0; i < n; i++, from += width) {
    const cell = entryAt(entries, i) + at;
    store<i64>(cell, min(load<i64>(cell), load<i64>(from)));
  }
}

function mergeMax(from: usize, width: usize, entries: usize, n: i32, at: usize): void {
  for (let i = 0; i < n; i++, from += width) {
    const cell = entryAt(entries, i) + at;
    store<i64>(cell, max(load<i64>(cell), load<i64>(from)));
  }
}

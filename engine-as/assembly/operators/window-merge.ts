// Adds namespaces to a merged window, or takes them back (running windows).
//
// The entries of a namespace are heads themselves, so they are looked up in the target as they lie
// in their pages. A distinct count does not add up: it changes when a (key, value) pair appears in
// the target or loses its last row; only then the key's entry is looked up.
import {
  PAGE_COUNT_AT,
  Table,
  TableShape,
  copyWords,
  pageEnd,
  pageEntries,
  tableFree,
  tableNew,
  tablePageAt,
  tableResolve,
} from "../state/index";
import { aggregateEntries } from "./window-aggregate";
import {
  ACC_DISTINCT,
  CHUNK_ROWS,
  Space,
  WindowOperator,
  distinctTableAt,
  distinctTablesFree,
  distinctTablesNew,
} from "./window-types";

/** sign 1: adds the namespace to the target tables; −1: takes it back. False = error slot filled. */
export function mergeSpace(op: WindowOperator, space: Space, main: Table, distinct: usize, sign: i64): bool {
  if (!mergeMain(op, changetype<Table>(space.main), main, sign)) return false;
  for (let i = 0; i < op.accumulatorCount; i++) {
    const acc = op.accumulatorAt(i);
    if (acc.kind != ACC_DISTINCT) continue;
    const from = distinctTableAt(space.distinct, acc.table);
    if (!mergeDistinct(op, from, distinctTableAt(distinct, acc.table), main, acc.at, sign)) return false;
  }
  return true;
}

function mergeMain(op: WindowOperator, from: Table, to: Table, sign: i64): bool {
  const width = <usize>op.entryBytes;
  const pages = changetype<usize>(from.pages);
  for (let p: u32 = 0; p < from.idCount; p++) {
    const page = tablePageAt(from, p);
    const end = pageEnd(page);
    let first = pageEntries(page);
    let rest = load<i32>(page, PAGE_COUNT_AT);
    while (rest > 0) {
      const n = min(rest, CHUNK_ROWS);
      if (!tableResolve(to, first, width, end, n, op.entries, 0, pages)) return false;
      aggregateEntries(op, first, width, op.entries, n, sign);
      first += width * n;
      rest -= n;
    }
  }
  return true;
}

function mergeDistinct(op: WindowOperator, from: Table, to: Table, main: Table, countAt: u32, sign: i64): bool {
  const pages = changetype<usize>(from.pages);
  for (let p: u32 = 0; p < from.idCount; p++) {
    const page = tablePageAt(from, p);
    const end = pageEnd(page);
    const width = <usize>from.shape.entryBytes;
    let first = pageEntries(page);
    let rest = load<i32>(page, PAGE_COUNT_AT);
    while (rest > 0) {
      const n = min(rest, CHUNK_ROWS);
      if (!tableResolve(to, first, width, end, n, op.entries, 0, pages)) return false;
      const changed = countValues(op, from.shape, first, n, sign);
      op.liveValues += <i32>sign * changed;
      if (!countKeys(op, main, end, pages, changed, countAt, sign)) return false;
      first += width * n;
      rest -= n;
    }
  }
  return true;
}

/** Adds the rows per value; builds the key's head for each value that appeared or went. */
function countValues(op: WindowOperator, shape: TableShape, first: usize, n: i32, sign: i64): i32 {
  const width = <usize>shape.entryBytes;
  const valueAt = <usize>shape.headBytes;
  const stride = <usize>op.headBytes;
  let head = op.heads;
  let changed = 0;
  let from = first;
  for (let i = 0; i < n; i++, from += width) {
    const value = <usize>load<u32>(op.entries + ((<usize>i) << 2)) + valueAt;
    const before = load<i64>(value);
    const after = before + sign * load<i64>(from + valueAt);
    store<i64>(value, after);
    if ((before == 0) == (after == 0)) continue;
    // the pair's hash and the key's differ; the key's stands behind the count
    const hash = load<u64>(from + valueAt, 8);
    store<u64>(value, hash, 8);
    copyWords(head, from, stride);
    store<u64>(head, hash);
    head += stride;
    changed++;
  }
  return changed;
}

function countKeys(
  op: WindowOperator,
  main: Table,
  longBase: usize,
  pages: usize,
  n: i32,
  countAt: u32,
  sign: i64,
): bool {
  if (n == 0) return true;
  if (!tableResolve(main, op.heads, <usize>op.headBytes, longBase, n, op.entries2, 0, pages)) return false;
  for (let i = 0; i < n; i++) {
    const cell = <usize>load<u32>(op.entries2 + ((<usize>i) << 2)) + countAt;
    store<i64>(cell, load<i64>(cell) + sign);
  }
  return true;
}

/** Empty tables for a merged window in op.running…; false = error slot filled. */
export function mergedNew(op: WindowOperator): bool {
  op.running = tableNew(op.mainShape, op.scratchPages, 0, 0, op.id);
  if (op.running == 0) return false;
  op.runningDistinct = distinctTablesNew(op, op.scratchPages, 0, 0);
  op.liveValues = 0;
  return op.runningDistinct != 0;
}

export function mergedFree(op: WindowOperator): void {
  tableFree(op.running);
  distinctTablesFree(op.runningDistinct, op.distinctCount);
  op.running = 0;
  op.runningDistinct = 0;
  op.liveValues = 0;
}

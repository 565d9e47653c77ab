// Adds namespaces to a merged window, or takes them back (running windows).
//
// The entries of a namespace are heads themselves, so they are looked up in the merged table as they lie in
// their pages; where they were found is kept with the namespace, so that taking it back looks nothing up.
// A distinct count does not add up: pairs are counted one by one (window-counts.ts), and change their
// key's count when they appear in the window or lose their last namespace.
import { TYPE_UTF8 } from "../../abi";
import { blockAlloc, blockFree } from "../memory/index";
import {
  PAGE_COUNT_AT,
  Table,
  pageEnd,
  pageEntries,
  tableFree,
  tableNew,
  tablePageAt,
  tableResolve,
} from "../state/index";
import { aggregateEntries } from "./window-aggregate";
import { PairCounts, countsAdd, countsFree, countsNew } from "./window-counts";
import { CELL_NUMBER_AT, roomForNumbers } from "./window-distinct";
import { ACC_DISTINCT, Accumulator, CHUNK_ROWS, Space, WindowOperator, distinctTableAt } from "./window-types";

/** sign 1: adds the namespace to the merged window; −1: takes it back. False = error slot filled. */
export function mergeSpace(op: WindowOperator, space: Space, main: Table, sign: i32): bool {
  op.namespaces += sign;
  if (!findTargets(op, space, main)) return false;
  mergeMain(op, space, sign);
  for (let i = 0; i < op.accumulatorCount; i++) {
    const acc = op.accumulatorAt(i);
    if (acc.kind == ACC_DISTINCT && !mergePairs(op, space, acc, sign)) return false;
  }
  return true;
}

/** space.targets = the merged window's entries of the namespace's, in order of its pages. */
function findTargets(op: WindowOperator, space: Space, main: Table): bool {
  if (space.targets != 0 && space.targetsMerge == op.merges && space.targetsMoves == main.moves) return true;
  const from = changetype<Table>(space.main);
  if (space.targets == 0) {
    space.targets = blockAlloc(((<usize>from.count) << 2) + 4);
    if (space.targets == 0) return false;
  }
  const width = <usize>op.entryBytes;
  const pages = changetype<usize>(from.pages);
  // growth moves the entries that were found before it: once more, then without growth
  do {
    space.targetsMoves = main.moves;
    let target = space.targets;
    for (let p: u32 = 0; p < from.idCount; p++) {
      const page = tablePageAt(from, p);
      const end = pageEnd(page);
      let first = pageEntries(page);
      let rest = load<i32>(page, PAGE_COUNT_AT);
      while (rest > 0) {
        const n = min(rest, CHUNK_ROWS);
        if (!tableResolve(main, first, width, end, n, target, 0, pages)) return false;
        first += width * n;
        target += (<usize>n) << 2;
        rest -= n;
      }
    }
  } while (space.targetsMoves != main.moves);
  space.targetsMerge = op.merges;
  return true;
}

function mergeMain(op: WindowOperator, space: Space, sign: i64): void {
  const from = changetype<Table>(space.main);
  let target = space.targets;
  for (let p: u32 = 0; p < from.idCount; p++) {
    const page = tablePageAt(from, p);
    const n = load<i32>(page, PAGE_COUNT_AT);
    aggregateEntries(op, pageEntries(page), op.entryBytes, target, n, sign);
    target += (<usize>n) << 2;
  }
}

function mergePairs(op: WindowOperator, space: Space, acc: Accumulator, sign: i32): bool {
  const table = distinctTableAt(space.distinct, acc.table);
  if (table.count == 0) return true;
  const d = op.distinctAt(acc.table);
  const counts = changetype<PairCounts>(d.counts);
  if (!numberTargets(op, space, <usize>acc.at, table.numbers, counts)) return false;
  return d.type == TYPE_UTF8
    ? countsAdd<u32>(counts, table, op.numbered, sign, d.ids, op.namespaces)
    : countsAdd<u64>(counts, table, op.numbered, sign, 0, op.namespaces);
}

/** op.numbered[number of a key in the namespace] (u32) = its cell in the merged window, which has a number there. */
function numberTargets(op: WindowOperator, space: Space, at: usize, numbers: u32, counts: PairCounts): bool {
  if (!roomForNumbers(op, numbers)) return false;
  const from = changetype<Table>(space.main);
  const width = <usize>op.entryBytes;
  const numbered = op.numbered;
  let target = space.targets;
  let last = counts.keys;
  for (let p: u32 = 0; p < from.idCount; p++) {
    const page = tablePageAt(from, p);
    let entry = pageEntries(page) + at;
    for (let rest = load<i32>(page, PAGE_COUNT_AT); rest > 0; rest--, entry += width, target += 4) {
      const number = load<u32>(entry, CELL_NUMBER_AT);
      const cell = <usize>load<u32>(target) + at;
      // a key without values has no number; what it leaves at 0 is nobody's
      store<u32>(numbered + ((<usize>number) << 2), <u32>cell);
      if (number != 0 && load<u32>(cell, CELL_NUMBER_AT) == 0) store<u32>(cell, ++last, CELL_NUMBER_AT);
    }
  }
  counts.keys = last;
  return true;
}

/** An empty merged window in op.running and the distinct counts; false = error slot filled. */
export function mergedNew(op: WindowOperator): bool {
  op.running = tableNew(op.mainShape, op.scratchPages, 0, 0, op.id);
  if (op.running == 0) return false;
  op.merges++;
  op.namespaces = 0;
  for (let i = 0; i < op.distinctCount; i++) {
    const d = op.distinctAt(i);
    d.counts = countsNew(op.incremental != 0 && d.type == TYPE_UTF8);
    if (d.counts == 0) return false;
  }
  return true;
}

export function mergedFree(op: WindowOperator): void {
  tableFree(op.running);
  op.running = 0;
  for (let i = 0; i < op.distinctCount; i++) {
    countsFree(op.distinctAt(i).counts);
    op.distinctAt(i).counts = 0;
  }
}

/** Bytes of the merged window's counts of pairs. */
export function mergedCountBytes(op: WindowOperator): usize {
  let bytes: usize = 0;
  for (let i = 0; i < op.distinctCount; i++) {
    const counts = op.distinctAt(i).counts;
    if (counts != 0) bytes += changetype<PairCounts>(counts).bytes;
  }
  return bytes;
}

// Distinct counts take rows: (key, value) pairs enter the namespace's sets, and new ones are counted.
//
// The cell of a distinct count in an entry of a main table is {u32 count, u32 number of the key}. Numbers
// are given per namespace and distinct count, from 1 on, when a key's first value comes.
import { TYPE_F64, TYPE_UTF8 } from "../../abi";
import { columnAt } from "../batch/index";
import { blockAlloc, blockFree } from "../memory/index";
import { Table, canonicalBits, pairsAdd } from "../state/index";
import { dictionaryPrepare, textIds } from "./window-dictionary";
import { ACC_DISTINCT, Accumulator, Source, Space, WindowOperator, distinctTableAt } from "./window-types";

export const CELL_NUMBER_AT: usize = 4;

/** Once per batch, before any namespace takes its rows; false = out of memory. */
export function distinctPrepare(op: WindowOperator, batch: usize, rows: i32): bool {
  for (let i = 0; i < op.accumulatorCount; i++) {
    const acc = op.accumulatorAt(i);
    if (acc.kind != ACC_DISTINCT) continue;
    const source = op.sourceAt(acc.source);
    if (!dictionaryPrepare(op.distinctAt(acc.table), columnAt(batch, source.column), rows)) return false;
  }
  return true;
}

/** Counts new values per key; op.entries are the keys' entries of these rows. False = error slot filled. */
export function distinctUpdate(
  op: WindowOperator,
  space: Space,
  acc: Accumulator,
  batch: usize,
  rows: usize,
  n: i32,
): bool {
  const source = op.sourceAt(acc.source);
  let entries = op.entries;
  if (source.mask != 0) {
    n = takeMasked(op, source.mask, rows, n);
    if (n == 0) return true;
    rows = op.rows2;
    entries = op.entries3;
  }
  const table = distinctTableAt(space.distinct, acc.table);
  const at = <usize>acc.at;
  numberKeys(table, entries, n, at, op.pairKeys);
  if (source.type == TYPE_UTF8) {
    const column = columnAt(batch, source.column);
    if (!textIds(op, op.distinctAt(acc.table), batch, column, rows, n, op.pairValues)) return false;
    return pairsAdd<u32>(table, op.pairKeys, op.pairValues, n, entries, at);
  }
  fixedValues(source, rows, n, op.pairValues);
  return pairsAdd<u64>(table, op.pairKeys, op.pairValues, n, entries, at);
}

/** op.rows2 and op.entries3 = the rows that count, and their keys' entries; returns how many. */
function takeMasked(op: WindowOperator, mask: usize, rows: usize, n: i32): i32 {
  let count: usize = 0;
  for (let i = 0; i < n; i++) {
    const row = load<u16>(rows + ((<usize>i) << 1));
    store<u16>(op.rows2 + (count << 1), row);
    store<u32>(op.entries3 + (count << 2), load<u32>(op.entries + ((<usize>i) << 2)));
    count += <usize>load<u8>(mask + <usize>row);
  }
  return <i32>count;
}

/** keys[i] (u32) = the number of the key of entries[i], given now to those without one. */
function numberKeys(table: Table, entries: usize, n: i32, at: usize, keys: usize): void {
  let last = table.numbers;
  for (let i = 0; i < n; i++) {
    const cell = <usize>load<u32>(entries + ((<usize>i) << 2)) + at;
    const known = load<u32>(cell, CELL_NUMBER_AT);
    last += <u32>(known == 0);
    const number = select<u32>(last, known, known == 0);
    store<u32>(cell, number, CELL_NUMBER_AT);
    store<u32>(keys + ((<usize>i) << 2), number);
  }
  table.numbers = last;
}

/** values[i] (u64) = the value's canonical bits: equal values, equal bits. */
function fixedValues(source: Source, rows: usize, n: i32, values: usize): void {
  const from = source.values;
  if (source.type == TYPE_F64) {
    for (let i = 0; i < n; i++) {
      const row = <usize>load<u16>(rows + ((<usize>i) << 1));
      store<i64>(values + ((<usize>i) << 3), canonicalBits(load<f64>(from + (row << 3))));
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const row = <usize>load<u16>(rows + ((<usize>i) << 1));
    store<i64>(values + ((<usize>i) << 3), load<i64>(from + (row << 3)));
  }
}

/** Room in op.numbered for numbers up to this one; false = out of memory. */
export function roomForNumbers(op: WindowOperator, numbers: u32): bool {
  if (op.numberedCapacity > numbers) return true;
  blockFree(op.numbered);
  op.numberedCapacity = 0;
  const capacity = numbers + (numbers >> 1) + 64;
  op.numbered = blockAlloc((<usize>capacity) << 2);
  if (op.numbered == 0) return false;
  op.numberedCapacity = capacity;
  return true;
}

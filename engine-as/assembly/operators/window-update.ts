// One namespace takes rows: keys → entries → accumulators, in chunks that stay in the cache.
import { ENCODING_DICTIONARY, TYPE_UTF8 } from "../../abi";
import { Column, Dictionary, bitAt, columnAt } from "../batch/index";
import { blockAlloc, blockFree } from "../memory/index";
import { Table, headsColumn, headsStart, tableResolve } from "../state/index";
import { aggregateRows } from "./window-aggregate";
import { ACC_DISTINCT, Accumulator, CHUNK_ROWS, Space, WindowOperator, distinctTableAt } from "./window-types";

/** Dictionaries larger than this are not worth a dense array per slice. */
const CACHE_ENTRIES_MAX: i32 = 65536;

/** Adds rows[0 … n) (u16) to the namespace; `hashes` are the keys' (u64[rows]). False = error slot filled. */
export function spaceUpdate(op: WindowOperator, space: Space, batch: usize, hashes: usize, rows: usize, n: i32): bool {
  const cached = openCache(op, space, batch, n);
  let done = 0;
  while (done < n) {
    const count = min(n - done, CHUNK_ROWS);
    const from = rows + ((<usize>done) << 1);
    const found = cached
      ? resolveCached(op, space, batch, hashes, from, count)
      : resolveRows(op, changetype<Table>(space.main), batch, hashes, from, count, op.entries);
    if (!found) return false;
    aggregateRows(op, from, op.entries, count);
    for (let i = 0; i < op.accumulatorCount; i++) {
      const acc = op.accumulatorAt(i);
      if (acc.kind == ACC_DISTINCT && !updateDistinct(op, space, acc, batch, hashes, from, count)) return false;
    }
    done += count;
  }
  return true;
}

/** Builds the heads of n rows and finds or makes their entries. */
function resolveRows(
  op: WindowOperator,
  table: Table,
  batch: usize,
  hashes: usize,
  rows: usize,
  n: i32,
  entries: usize,
): bool {
  const stride = <usize>op.headBytes;
  buildHeads(op, stride, batch, hashes, rows, n);
  return tableResolve(table, op.heads, stride, 0, n, entries, 0);
}

function buildHeads(op: WindowOperator, stride: usize, batch: usize, hashes: usize, rows: usize, n: i32): void {
  headsStart(op.heads, stride, hashes, rows, n);
  for (let i = 0; i < op.keyCount; i++) {
    const column = columnAt(batch, load<i32>(op.keys + ((<usize>i) << 2)));
    headsColumn(op.heads, stride, column, rows, n, <usize>load<u32>(op.slotAts + ((<usize>i) << 2)), i);
  }
}

/** Whether to look keys up by dictionary id; makes the cache ready if so. */
function openCache(op: WindowOperator, space: Space, batch: usize, n: i32): bool {
  if (op.keyCount != 1) return false;
  const column = changetype<Column>(columnAt(batch, load<i32>(op.keys)));
  if (column.type != TYPE_UTF8 || column.encoding != ENCODING_DICTIONARY) return false;
  const dict = changetype<Dictionary>(column.dict);
  if (dict.count > CACHE_ENTRIES_MAX) return false;
  if (space.cache != 0 && space.cacheDictionary == dict.hash && space.cacheCapacity > <u32>dict.count) return true;
  const again = space.seenDictionary == dict.hash;
  space.seenDictionary = dict.hash;
  if (!again && n < dict.count >> 1) return false;
  if (space.cacheCapacity <= <u32>dict.count) {
    const cache = blockAlloc((<usize>dict.count + 1) << 2);
    // without memory for the cache the plain way still works
    if (cache == 0) return false;
    blockFree(space.cache);
    space.cache = cache;
    space.cacheCapacity = <u32>dict.count + 1;
  }
  space.cacheDictionary = dict.hash;
  space.cacheMoves = changetype<Table>(space.main).moves - 1;
  return true;
}

/** Entries by dictionary id; each id that the cache lacks is looked up once, however many rows have it. */
function resolveCached(op: WindowOperator, space: Space, batch: usize, hashes: usize, rows: usize, n: i32): bool {
  const table = changetype<Table>(space.main);
  const column = changetype<Column>(columnAt(batch, load<i32>(op.keys)));
  const cells = op.entries;
  cacheCells(column, space.cache, rows, n, cells);
  while (true) {
    if (space.cacheMoves != table.moves) {
      memory.fill(space.cache, 0, (<usize>space.cacheCapacity) << 2);
      space.cacheMoves = table.moves;
    }
    const missing = missingCells(cells, rows, n, op.entries3, op.rows2);
    if (missing > 0) {
      // should this fail, the marks in the cache must not be taken for entries
      space.cacheMoves = table.moves - 1;
      if (!resolveRows(op, table, batch, hashes, op.rows2, missing, op.entries2)) return false;
      for (let i = 0; i < missing; i++) {
        store<u32>(<usize>load<u32>(op.entries3 + ((<usize>i) << 2)), load<u32>(op.entries2 + ((<usize>i) << 2)));
      }
      if (table.moves != space.cacheMoves + 1) continue;
      space.cacheMoves = table.moves;
    }
    for (let i = 0; i < n; i++) {
      const at = cells + ((<usize>i) << 2);
      store<u32>(at, load<u32>(<usize>load<u32>(at)));
    }
    return true;
  }
}

/** cells[i] (u32) = the cache's cell of the row's id; nulls have the one behind the last id. */
function cacheCells(column: Column, cache: usize, rows: usize, n: i32, cells: usize): void {
  const ids = column.data;
  const validity = column.validity;
  if (validity == 0) {
    for (let i = 0; i < n; i++) {
      const row = <usize>load<u16>(rows + ((<usize>i) << 1));
      store<u32>(cells + ((<usize>i) << 2), <u32>(cache + ((<usize>load<u32>(ids + (row << 2))) << 2)));
    }
    return;
  }
  const nullId = changetype<Dictionary>(column.dict).count;
  for (let i = 0; i < n; i++) {
    const row = <usize>load<u16>(rows + ((<usize>i) << 1));
    const id = bitAt(validity, <i32>row) ? load<i32>(ids + (row << 2)) : nullId;
    store<u32>(cells + ((<usize>i) << 2), <u32>(cache + ((<usize>id) << 2)));
  }
}

/** Empty cells, once each, with a row of each; they are marked by a 1, which no entry's address is. */
function missingCells(cells: usize, rows: usize, n: i32, outCells: usize, outRows: usize): i32 {
  let missing: usize = 0;
  for (let i = 0; i < n; i++) {
    const cell = load<u32>(cells + ((<usize>i) << 2));
    const entry = load<u32>(<usize>cell);
    const isMissing = <u32>(entry == 0);
    store<u32>(outCells + (missing << 2), cell);
    store<u16>(outRows + (missing << 1), load<u16>(rows + ((<usize>i) << 1)));
    store<u32>(<usize>cell, entry | isMissing);
    missing += <usize>isMissing;
  }
  return <i32>missing;
}

/** Counts new values per key; op.entries are the keys' entries of these rows. */
function updateDistinct(
  op: WindowOperator,
  space: Space,
  acc: Accumulator,
  batch: usize,
  hashes: usize,
  rows: usize,
  n: i32,
): bool {
  const source = op.sourceAt(acc.source);
  const taken = op.rows2;
  const keys = op.entries3;
  let count = 0;
  for (let i = 0; i < n; i++) {
    const row = load<u16>(rows + ((<usize>i) << 1));
    store<u16>(taken + ((<usize>count) << 1), row);
    store<u32>(keys + ((<usize>count) << 2), load<u32>(op.entries + ((<usize>i) << 2)));
    count += source.mask == 0 ? 1 : <i32>load<u8>(source.mask + <usize>row);
  }
  if (count == 0) return true;
  const table = distinctTableAt(space.distinct, acc.table);
  const stride = <usize>table.shape.headBytes;
  buildHeads(op, stride, batch, acc.hashes, taken, count);
  headsColumn(op.heads, stride, columnAt(batch, source.column), taken, count, <usize>op.headBytes, 63);
  if (!tableResolve(table, op.heads, stride, 0, count, op.entries2, 0)) return false;
  for (let i = 0; i < count; i++) {
    const value = <usize>load<u32>(op.entries2 + ((<usize>i) << 2)) + stride;
    const known = load<i64>(value);
    store<i64>(value, known + 1);
    if (known != 0) continue;
    store<u64>(value, load<u64>(hashes + ((<usize>load<u16>(taken + ((<usize>i) << 1))) << 3)), 8);
    const key = <usize>load<u32>(keys + ((<usize>i) << 2)) + acc.at;
    store<i64>(key, load<i64>(key) + 1);
  }
  return true;
}

// One namespace takes rows: keys → entries → accumulators, in chunks that stay in the cache.
import { ENCODING_DICTIONARY, TYPE_UTF8 } from "../../abi";
import { Column, Dictionary, bitAt, columnAt } from "../batch/index";
import { blockAlloc, blockFree } from "../memory/index";
import { Table, headsColumn, headsStart, tableResolve } from "../state/index";
import { aggregateRows } from "./window-aggregate";
import { distinctUpdate } from "./window-distinct";
import { isTextExtreme, updateTexts } from "./window-texts";
import { ACC_DISTINCT, CHUNK_ROWS, Space, WindowOperator } from "./window-types";

/** Dictionaries larger than this are not worth a dense array per slice. */
const CACHE_ENTRIES_MAX: i32 = 65536;
/** Dictionaries with fewer entries than this are looked up by shared cells, {u32 stamp, u32 entry} by id. */
const STAMPED_IDS: i32 = 2048;
const STAMPED: usize = memory.data(2048 << 3, 16);
let stamp: u32 = 0;

/** Adds rows[0 … n) (u16) to the namespace; `hashes` are the keys' (u64[rows]). False = error slot filled. */
export function spaceUpdate(op: WindowOperator, space: Space, batch: usize, hashes: usize, rows: usize, n: i32): bool {
  const way = wayOf(op, space, batch, n);
  let done = 0;
  while (done < n) {
    const count = min(n - done, CHUNK_ROWS);
    const from = rows + ((<usize>done) << 1);
    let found: bool;
    if (way == BY_STAMP) found = resolveStamped(op, space, batch, hashes, from, count);
    else if (way == BY_CACHE) found = resolveCached(op, space, batch, hashes, from, count);
    else found = resolveRows(op, changetype<Table>(space.main), batch, hashes, from, count, op.entries);
    if (!found) return false;
    aggregateRows(op, from, op.entries, count);
    for (let i = 0; i < op.accumulatorCount; i++) {
      const acc = op.accumulatorAt(i);
      if (acc.kind == ACC_DISTINCT && !distinctUpdate(op, space, acc, batch, from, count)) return false;
      if (isTextExtreme(acc) && !updateTexts(op, space, acc, batch, from, count)) return false;
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

/** How a namespace's rows find their entries. */
const BY_HEAD: i32 = 0;
const BY_STAMP: i32 = 1;
const BY_CACHE: i32 = 2;

/**
 * With one dictionary key, by id: in cells that all namespaces share while a run of rows is looked up, so that
 * an id that many rows have is looked up once; or, where every visit brings many rows of the same dictionary,
 * in a cache that the namespace keeps.
 */
function wayOf(op: WindowOperator, space: Space, batch: usize, n: i32): i32 {
  if (op.keyCount != 1) return BY_HEAD;
  const column = changetype<Column>(columnAt(batch, load<i32>(op.keys)));
  if (column.type != TYPE_UTF8 || column.encoding != ENCODING_DICTIONARY) return BY_HEAD;
  const dict = changetype<Dictionary>(column.dict);
  if (dict.count > CACHE_ENTRIES_MAX) return BY_HEAD;
  // 0 where the rows are too few for the dictionary to be hashed as a whole: it is like no other then
  const content = dict.content;
  if (content != 0 && space.cacheDictionary == content) return BY_CACHE;
  const again = content != 0 && space.seenDictionary == content;
  space.seenDictionary = content;
  if (n >= dict.count >> 1 && (again || dict.count >= STAMPED_IDS) && openCache(space, dict)) return BY_CACHE;
  return dict.count < STAMPED_IDS ? BY_STAMP : BY_HEAD;
}

/** False without memory for the cache: the other ways still work. */
function openCache(space: Space, dict: Dictionary): bool {
  if (space.cacheCapacity <= <u32>dict.count) {
    const cache = blockAlloc((<usize>dict.count + 1) << 2);
    if (cache == 0) return false;
    blockFree(space.cache);
    space.cache = cache;
    space.cacheCapacity = <u32>dict.count + 1;
  }
  space.cacheDictionary = dict.content;
  space.cacheMoves = changetype<Table>(space.main).moves - 1;
  return true;
}

/** By cells that are valid for this call: each holds the stamp of the call that wrote it. */
function resolveStamped(op: WindowOperator, space: Space, batch: usize, hashes: usize, rows: usize, n: i32): bool {
  const table = changetype<Table>(space.main);
  const cells = op.entries;
  cacheCells(changetype<Column>(columnAt(batch, load<i32>(op.keys))), STAMPED, 3, rows, n, cells);
  if (++stamp == 0) {
    memory.fill(STAMPED, 0, (<usize>STAMPED_IDS) << 3);
    stamp = 1;
  }
  const missing = unstampedCells(cells, rows, n, op.entries3, op.rows2);
  if (!resolveRows(op, table, batch, hashes, op.rows2, missing, op.entries2)) return false;
  for (let i = 0; i < missing; i++) {
    store<u32>(<usize>load<u32>(op.entries3 + ((<usize>i) << 2)), load<u32>(op.entries2 + ((<usize>i) << 2)), 4);
  }
  for (let i = 0; i < n; i++) {
    const at = cells + ((<usize>i) << 2);
    store<u32>(at, load<u32>(<usize>load<u32>(at), 4));
  }
  return true;
}

/** Cells without this call's stamp, once each, with a row of each; they get the stamp. */
function unstampedCells(cells: usize, rows: usize, n: i32, outCells: usize, outRows: usize): i32 {
  const now = stamp;
  let missing: usize = 0;
  for (let i = 0; i < n; i++) {
    const cell = load<u32>(cells + ((<usize>i) << 2));
    store<u32>(outCells + (missing << 2), cell);
    store<u16>(outRows + (missing << 1), load<u16>(rows + ((<usize>i) << 1)));
    missing += <usize>(load<u32>(<usize>cell) != now);
    store<u32>(<usize>cell, now);
  }
  return <i32>missing;
}

/** Entries by dictionary id; each id that the cache lacks is looked up once, however many rows have it. */
function resolveCached(op: WindowOperator, space: Space, batch: usize, hashes: usize, rows: usize, n: i32): bool {
  const table = changetype<Table>(space.main);
  const column = changetype<Column>(columnAt(batch, load<i32>(op.keys)));
  const cells = op.entries;
  cacheCells(column, space.cache, 2, rows, n, cells);
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

/** cells[i] (u32) = the cell of the row's id, 1 << shift bytes each; nulls have the one behind the last id. */
function cacheCells(column: Column, cache: usize, shift: usize, rows: usize, n: i32, cells: usize): void {
  const ids = column.data;
  const validity = column.validity;
  if (validity == 0) {
    for (let i = 0; i < n; i++) {
      const row = <usize>load<u16>(rows + ((<usize>i) << 1));
      store<u32>(cells + ((<usize>i) << 2), <u32>(cache + ((<usize>load<u32>(ids + (row << 2))) << shift)));
    }
    return;
  }
  const nullId = changetype<Dictionary>(column.dict).count;
  for (let i = 0; i < n; i++) {
    const row = <usize>load<u16>(rows + ((<usize>i) << 1));
    const id = bitAt(validity, <i32>row) ? load<i32>(ids + (row << 2)) : nullId;
    store<u32>(cells + ((<usize>i) << 2), <u32>(cache + ((<usize>id) << shift)));
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

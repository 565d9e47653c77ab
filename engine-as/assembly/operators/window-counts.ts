// The pairs of a merged window: in how many of its namespaces each (key, value) is. Derived, never in snapshots.
//
// A running window gains the pairs of a slice and takes them back, so each has a count. Where keys and ids of
// texts are few they index a matrix; otherwise, and for values of fixed width, cells are hashed. Keys have
// numbers here too, given by the merged window: its entries hold them beside the distinct count.
//
//   matrix   u16[(keyMax + 1) × stride]: row by key number, column by id of the text
//   cell     +0 u64 value  +8 u32 key number, 0 = empty  +12 u32 namespaces, 0 = none any more
import { blockAlloc, blockFree } from "../memory/index";
import { PAGE_COUNT_AT, Table, pairHash, pageEntries, tablePageAt } from "../state/index";

/** A matrix may have this many counts, or this many per pair in it. */
const MATRIX_COUNTS_MAX: u64 = 1 << 18;
const MATRIX_COUNTS_PER_PAIR: u64 = 16;
/** Its bytes and the index of a count fit 32 bits, however many pairs there are. */
const MATRIX_COUNTS_LIMIT: u64 = 1 << 29;
/** Counts of a matrix have 16 bits: a window of more namespaces has no matrix. */
const MATRIX_NAMESPACES_MAX: i32 = 65535;
const CELL_BYTES: usize = 16;
const CELLS_MIN: u32 = 64;


@unmanaged
export class PairCounts {
  /** matrix or cells */
  block: usize;
  bytes: usize;
  isMatrix: i32;
  /** matrix: rows and columns */
  rows: u32;
  stride: u32;
  /** hashed: cells − 1, a power of two less one; cells that are not empty */
  mask: u32;
  used: u32;
  /** pairs with rows */
  live: u32;
  /** numbers given to keys */
  keys: u32;
}

/** Without pairs; `mayIndex`: the values are ids of texts and the window keeps running. 0 = out of memory. */
export function countsNew(mayIndex: bool): usize {
  const ptr = blockAlloc(offsetof<PairCounts>());
  if (ptr == 0) return 0;
  memory.fill(ptr, 0, offsetof<PairCounts>());
  const counts = changetype<PairCounts>(ptr);
  counts.isMatrix = <i32>mayIndex;
  if (mayIndex || cellsNew(counts, CELLS_MIN)) return ptr;
  blockFree(ptr);
  return 0;
}

export function countsFree(ptr: usize): void {
  if (ptr == 0) return;
  blockFree(changetype<PairCounts>(ptr).block);
  blockFree(ptr);
}

/**
 * Adds the pairs of a namespace (sign 1) or takes them back (−1). numbered[key] (u32) = address of the
 * merged entry's cell {u32 count, u32 number} for a number of the namespace; `ids`: the largest id of a text;
 * `namespaces`: how many there may be in the window. False = out of memory.
 */
export function countsAdd<V>(
  counts: PairCounts,
  table: Table,
  numbered: usize,
  sign: i32,
  ids: u32,
  namespaces: i32,
): bool {
  if (sizeof<V>() == 4 && counts.isMatrix != 0) {
    if (!roomInMatrix(counts, ids, namespaces)) return false;
    if (counts.isMatrix != 0) {
      for (let p: u32 = 0; p < table.idCount; p++) addIndexed(counts, tablePageAt(table, p), numbered, sign);
      return true;
    }
  }
  for (let p: u32 = 0; p < table.idCount; p++) {
    const page = tablePageAt(table, p);
    if (sign > 0 && !roomForCells(counts, load<u32>(page, PAGE_COUNT_AT))) return false;
    addHashed<V>(counts, page, numbered, sign);
  }
  return true;
}

function addIndexed(counts: PairCounts, page: usize, numbered: usize, sign: i32): void {
  const block = counts.block;
  const stride = counts.stride;
  let live = counts.live;
  let entry = pageEntries(page);
  const end = entry + ((<usize>load<u32>(page, PAGE_COUNT_AT)) << 3);
  for (; entry < end; entry += 8) {
    const cell = <usize>load<u32>(numbered + ((<usize>load<u32>(entry)) << 2));
    const at = block + ((<usize>(load<u32>(cell, 4) * stride + load<u32>(entry, 4))) << 1);
    const before = <u32>load<u16>(at);
    const after = before + sign;
    store<u16>(at, <u16>after);
    const change = sign & -(<i32>((before == 0) | (after == 0)));
    store<u32>(cell, load<u32>(cell) + change);
    live += change;
  }
  counts.live = live;
}

function addHashed<V>(counts: PairCounts, page: usize, numbered: usize, sign: i32): void {
  const width: usize = 4 + sizeof<V>();
  let live = counts.live;
  let entry = pageEntries(page);
  const end = entry + <usize>load<u32>(page, PAGE_COUNT_AT) * width;
  for (; entry < end; entry += width) {
    const cell = <usize>load<u32>(numbered + ((<usize>load<u32>(entry)) << 2));
    const at = cellOf(counts, load<u32>(cell, 4), <u64>load<V>(entry, 4));
    const before = load<u32>(at, 12);
    const after = before + sign;
    store<u32>(at, after, 12);
    const change = sign & -(<i32>((before == 0) | (after == 0)));
    store<u32>(cell, load<u32>(cell) + change);
    live += change;
  }
  counts.live = live;
}

/** The pair's cell, which becomes its own if it was empty. */
function cellOf(counts: PairCounts, key: u32, value: u64): usize {
  let index = (<u32>pairHash<u64>(key, value)) & counts.mask;
  while (true) {
    const at = counts.block + <usize>index * CELL_BYTES;
    const known = load<u32>(at, 8);
    if (known == key && load<u64>(at) == value) return at;
    if (known == 0) {
      store<u64>(at, value);
      store<u32>(at, key, 8);
      counts.used++;
      return at;
    }
    index = (index + 1) & counts.mask;
  }
}

function cellsNew(counts: PairCounts, cells: u32): bool {
  const bytes = <usize>cells * CELL_BYTES;
  // beyond 32 bits an absurd size fails like any other that is too much
  const block = blockAlloc(cells >= 1 << 28 ? 0xfffffff0 : bytes);
  if (block == 0) return false;
  memory.fill(block, 0, bytes);
  counts.block = block;
  counts.bytes = bytes;
  counts.mask = cells - 1;
  counts.used = 0;
  return true;
}

/** Room for `more` pairs at a load of one half; cells of pairs without rows are left behind. */
function roomForCells(counts: PairCounts, more: u32): bool {
  if (counts.used + more <= (counts.mask + 1) >> 1) return true;
  const old = counts.block;
  let at = old;
  const end = old + counts.bytes;
  let cells = CELLS_MIN;
  while (cells >> 1 < counts.live + (counts.live >> 1) + more) cells <<= 1;
  if (!cellsNew(counts, cells)) return false;
  for (; at < end; at += CELL_BYTES) {
    const namespaces = load<u32>(at, 12);
    if (namespaces != 0) store<u32>(cellOf(counts, load<u32>(at, 8), load<u64>(at)), namespaces, 12);
  }
  blockFree(old);
  return true;
}

/** Makes the matrix wide enough, or gives it up for cells. */
function roomInMatrix(counts: PairCounts, ids: u32, namespaces: i32): bool {
  if (counts.keys < counts.rows && ids < counts.stride && namespaces <= MATRIX_NAMESPACES_MAX) return true;
  const rows = counts.keys < counts.rows ? counts.rows : (counts.keys + (counts.keys >> 2) + 16) & ~15;
  const stride = ids < counts.stride ? counts.stride : (ids + (ids >> 2) + 16) & ~15;
  const most = min(max(MATRIX_COUNTS_MAX, <u64>counts.live * MATRIX_COUNTS_PER_PAIR), MATRIX_COUNTS_LIMIT);
  if (<u64>rows * <u64>stride > most || namespaces > MATRIX_NAMESPACES_MAX) return matrixToCells(counts);
  const bytes = (<usize>(rows * stride)) << 1;
  const block = blockAlloc(bytes);
  if (block == 0) return false;
  memory.fill(block, 0, bytes);
  for (let row: u32 = 0; row < counts.rows; row++) {
    memory.copy(
      block + ((<usize>(row * stride)) << 1),
      counts.block + ((<usize>(row * counts.stride)) << 1),
      counts.stride << 1,
    );
  }
  blockFree(counts.block);
  counts.block = block;
  counts.bytes = bytes;
  counts.rows = rows;
  counts.stride = stride;
  return true;
}

function matrixToCells(counts: PairCounts): bool {
  const old = counts.block;
  let cells = CELLS_MIN;
  while (cells >> 1 < counts.live + (counts.live >> 1)) cells <<= 1;
  if (!cellsNew(counts, cells)) return false;
  counts.isMatrix = 0;
  for (let row: u32 = 0; row < counts.rows; row++) {
    for (let id: u32 = 0; id < counts.stride; id++) {
      const namespaces = <u32>load<u16>(old + ((<usize>(row * counts.stride + id)) << 1));
      if (namespaces != 0) store<u32>(cellOf(counts, row, id), namespaces, 12);
    }
  }
  blockFree(old);
  return true;
}

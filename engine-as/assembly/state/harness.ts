// A module for tests and benchmarks only: tables of pages beside a flat table, without windows.
// bench/micro/state.mjs compiles it; nothing of it is in engine.wasm.
//
// Both count i64 keys. The flat table is linear probing over [key | count] slots of 16 B at a load of
// at most one half, doubled by rehashing; it has no hash, no null mask, no snapshot and no movement.
import { hashI64 } from "../kernels/hash";
import { arenaAlloc, arenaNew, memoryInit } from "../memory/index";
import {
  PAGE_HASH,
  PageStore,
  Table,
  TableShape,
  headsEmpty,
  shapeInit,
  storeFreeze,
  storeNew,
  tableNew,
  tableResolve,
} from "./index";

export { blockAlloc as alloc, blockFree as free, errorCode, memoryUsed } from "../memory/index";
export { EXACT_SUM_BYTES, exactAdd, exactMerge, exactRead } from "./exact-sum";

const CHUNK: i32 = 256;
const HEAD_BYTES: usize = 24;
let heads: usize = 0;
let entries: usize = 0;
let table: usize = 0;
let pages: usize = 0;

export function init(bytesMax: usize): i32 {
  memoryInit(bytesMax);
  const arena = arenaNew();
  heads = arenaAlloc(arena, HEAD_BYTES * CHUNK);
  entries = arenaAlloc(arena, CHUNK << 2);
  const shape = changetype<TableShape>(arenaAlloc(arena, offsetof<TableShape>()));
  shape.tableId = 0;
  shape.kind = PAGE_HASH;
  shape.headBytes = <u32>HEAD_BYTES;
  shape.entryBytes = 32;
  shape.refs = 0;
  shape.template = arenaAlloc(arena, 16);
  memory.fill(shape.template, 0, 16);
  if (!shapeInit(shape)) return -1;
  pages = storeNew();
  table = tableNew(shape, changetype<PageStore>(pages), 0, 0, 0);
  return table == 0 ? -1 : 0;
}

/** Counts n keys (i64[]); false = error. */
export function pagesUpdate(keys: usize, n: i32): bool {
  while (n > 0) {
    const count = min(n, CHUNK);
    headsEmpty(heads, HEAD_BYTES, 0, count);
    let head = heads;
    for (let i = 0; i < count; i++, head += HEAD_BYTES, keys += 8) {
      const key = load<i64>(keys);
      store<u64>(head, hashI64(key));
      store<i64>(head, key, 16);
    }
    if (!tableResolve(changetype<Table>(table), heads, HEAD_BYTES, 0, count, entries, 0)) return false;
    for (let i = 0; i < count; i++) {
      const entry = <usize>load<u32>(entries + ((<usize>i) << 2));
      store<i64>(entry, load<i64>(entry, 24) + 1, 24);
    }
    n -= count;
  }
  return true;
}

export function pagesKeys(): u32 {
  return changetype<Table>(table).count;
}

/** Pages, directory and the table's list of ids. */
export function pagesBytes(): usize {
  const t = changetype<Table>(table);
  const store = changetype<PageStore>(pages);
  return store.pageBytes + ((<usize>8) << t.depth) + ((<usize>t.idCapacity) << 2) + <usize>store.capacity * 9;
}

export function pagesFreeze(): bool {
  return storeFreeze(changetype<PageStore>(pages));
}

let flat: usize = 0;
let flatLog2: u64 = 10;
let flatCount: u32 = 0;

function flatNew(log2: u64): usize {
  const bytes = (<usize>16) << (<usize>log2);
  const at = (<usize>memory.size()) << 16;
  if (memory.grow(<i32>((bytes + 65535) >> 16)) < 0) return 0;
  return at;
}

/** Keys at a load of one half. */
function flatRoom(): u64 {
  return (<u64>1) << (flatLog2 - 1);
}

/** The flat table takes its memory from the end; use it in an instance of its own. */
export function flatUpdate(keys: usize, n: i32): bool {
  if (flat == 0) flat = flatNew(flatLog2);
  while (n > 0) {
    const count = min(n, CHUNK);
    while (<u64>flatCount + count > flatRoom()) {
      if (!flatDouble()) return false;
    }
    const mask = ((<usize>1) << (<usize>flatLog2)) - 1;
    const shift = 64 - flatLog2;
    const base = flat;
    for (let i = 0; i < count; i++, keys += 8) {
      const key = load<i64>(keys);
      let slot = <usize>((<u64>key * 0x9e3779b97f4a7c15) >> shift);
      let at = base + (slot << 4);
      while (load<i64>(at, 8) != 0 && load<i64>(at) != key) {
        slot = (slot + 1) & mask;
        at = base + (slot << 4);
      }
      const known = load<i64>(at, 8);
      flatCount += <u32>(known == 0);
      store<i64>(at, key);
      store<i64>(at, known + 1, 8);
    }
    n -= count;
  }
  return true;
}

function flatDouble(): bool {
  const old = flat;
  const end = old + ((<usize>16) << (<usize>flatLog2));
  flatLog2++;
  flat = flatNew(flatLog2);
  if (flat == 0) return false;
  const mask = ((<usize>1) << (<usize>flatLog2)) - 1;
  for (let from = old; from < end; from += 16) {
    if (load<i64>(from, 8) == 0) continue;
    let slot = <usize>((<u64>load<i64>(from) * 0x9e3779b97f4a7c15) >> (64 - flatLog2));
    while (load<i64>(flat + (slot << 4), 8) != 0) slot = (slot + 1) & mask;
    store<i64>(flat + (slot << 4), load<i64>(from));
    store<i64>(flat + (slot << 4), load<i64>(from, 8), 8);
  }
  return true;
}

export function flatBytes(): usize {
  return (<usize>16) << (<usize>flatLog2);
}

export function flatKeys(): u32 {
  return flatCount;
}

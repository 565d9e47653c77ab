// Tables of pairs: each pair once, whatever the order, the width and the number; pages within their bound.
import { hashMix } from "../kernels/hash";
import { CLASS_MAX, PAGE_COUNT_AT, PAGE_PAIRS, classBytes, pageEntries, refClass } from "./layout";
import { PageStore, storeFree, storeNew } from "./page-store";
import { pairShapeInit, pairsAdd } from "./pair-table";
import { pairHash, pairHashAt } from "./pairs";
import { storeFreeze } from "./snapshot";
import { Table, TableShape, tableFree, tableNew, tablePageAt } from "./table";

const SHAPE: usize = memory.data(64, 16);
const KEYS: usize = memory.data(4096, 16);
const VALUES: usize = memory.data(8192, 16);
const CELLS: usize = memory.data(4096, 16);
const COUNT: usize = memory.data(16, 16);
const CHUNK: i32 = 1000;

function newPairs(isText: bool): Table {
  assert(pairShapeInit(changetype<TableShape>(SHAPE), 3, isText));
  const ptr = tableNew(changetype<TableShape>(SHAPE), changetype<PageStore>(storeNew()), 7, 8, 1);
  assert(ptr != 0);
  store<u32>(COUNT, 0, 8);
  for (let i = 0; i < CHUNK; i++) store<u32>(CELLS + ((<usize>i) << 2), <u32>COUNT);
  return changetype<Table>(ptr);
}

/** Adds pairs from … to, of `keys` keys, in an order that is not theirs. */
function add<V>(table: Table, from: i32, to: i32, keys: u32): void {
  while (from < to) {
    const n = min(to - from, CHUNK);
    for (let i = 0; i < n; i++) {
      const number = <u32>hashMix(from + i) % <u32>to;
      store<u32>(KEYS + ((<usize>i) << 2), 1 + (number % keys));
      store<V>(VALUES + <usize>i * sizeof<V>(), <V>(1 + number / keys));
    }
    assert(pairsAdd<V>(table, KEYS, VALUES, n, CELLS, 8));
    from += n;
  }
}

/** Walks all entries: as many as counted, each page within its class, and the bound of the state. */
function check(table: Table): void {
  let entries: u32 = 0;
  let bytes: usize = 0;
  for (let p: u32 = 0; p < table.idCount; p++) {
    const page = tablePageAt(table, p);
    const count = load<u32>(page, PAGE_COUNT_AT);
    const cls = refClass(load<u32>(table.pages.refs + (load<u32>(table.ids + (p << 2)) << 2)));
    assert(cls <= CLASS_MAX && load<u8>(page) == PAGE_PAIRS);
    assert(pageEntries(page) + <usize>(count * table.shape.entryBytes) <= page + classBytes(cls), "inside");
    entries += count;
    bytes += classBytes(cls);
  }
  assert(entries == table.count && load<u32>(COUNT, 8) == table.count, "each new pair is counted");
  assert(bytes <= <usize>(4 * table.count * table.shape.entryBytes) + 4096, "bound");
}

function free(table: Table): void {
  const pages = table.pages;
  tableFree(changetype<usize>(table));
  assert(pages.pageCount == 0 && pages.pageBytes == 0);
  storeFree(changetype<usize>(pages));
}

function fillsAndRepeats<V>(keys: u32): void {
  const table = newPairs(sizeof<V>() == 4);
  for (let to = 1; to <= 40000; to = to * 3 + 1) {
    const before = table.count;
    add<V>(table, 0, to, keys);
    check(table);
    assert(table.count > before);
    const full = table.count;
    add<V>(table, 0, to, keys);
    assert(table.count == full, "a pair that is there is not new");
  }
  free(table);
}

export function test_pairs_of_texts_and_of_fixed_values(): void {
  fillsAndRepeats<u32>(1);
  fillsAndRepeats<u32>(300);
  fillsAndRepeats<u64>(1);
  fillsAndRepeats<u64>(300);
}

export function test_a_frozen_page_is_copied_by_new_pairs_only(): void {
  const table = newPairs(true);
  add<u32>(table, 0, 200, 10);
  assert(storeFreeze(table.pages));
  add<u32>(table, 0, 200, 10);
  assert(table.pages.copiedBytes == 0, "a pair that is there writes nothing");
  add<u32>(table, 0, 250, 10);
  assert(table.pages.copiedBytes == 4096);
  check(table);
  tableFree(changetype<usize>(table));
  storeFree(changetype<usize>(table.pages));
}

export function test_the_hash_of_an_entry_is_that_of_its_pair(): void {
  store<u32>(KEYS, 7);
  store<u64>(KEYS, 0xfedcba9876543210, 4);
  assert(pairHashAt(KEYS, 12) == pairHash<u64>(7, 0xfedcba9876543210));
  assert(pairHashAt(KEYS, 8) == pairHash<u32>(7, 0x76543210));
}

// keys and values that share 7 bits of their hash: the directory goes deeper for them alone
export function test_pairs_of_one_prefix_split_by_later_bits(): void {
  const table = newPairs(true);
  let found = 0;
  let value: u32 = 0;
  while (found < 7000) {
    value++;
    store<u32>(KEYS, 1);
    store<u32>(VALUES, value);
    if (pairHash<u32>(1, value) >> 57 != 0) continue;
    found++;
    assert(pairsAdd<u32>(table, KEYS, VALUES, 1, CELLS, 8));
  }
  assert(table.count == 7000 && table.depth > 7 && table.idCount > 4);
  assert(pairsAdd<u32>(table, KEYS, VALUES, 1, CELLS, 8));
  assert(table.count == 7000, "found again");
  check(table);
  free(table);
}

import { blockAlloc, errorCode, memoryInit, memoryUsed } from "../memory/index";
import { ERROR_ROW_TOO_LARGE } from "../../abi";
import { hashBytes, hashI64 } from "../kernels/hash";
import {
  HEAD_NULLS_AT,
  HEAD_SLOTS_AT,
  KEY_LONG_BYTES_MAX,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_PREFIX_AT,
  capacityOf,
  classBytes,
  entriesAt,
  groupsFor,
  pageEnd,
} from "./layout";
import { slotStore, slotText } from "./heads";
import { PageStore, storeFree, storeNew } from "./page-store";
import { tableResolve } from "./probe";
import { Table, TableShape, prefixOf, shapeInit, tableFree, tableNew, tablePageAt } from "./table";

const HEADS: usize = memory.data(40960);
const ENTRIES: usize = memory.data(4096);
const NEWS: usize = memory.data(1024);
const SHAPE: usize = memory.data(64);
const ZEROS: usize = memory.data(64);

function newTable(headBytes: u32, refs: u64): Table {
  const shape = changetype<TableShape>(SHAPE);
  shape.tableId = 3;
  shape.headBytes = headBytes;
  shape.entryBytes = headBytes + 8;
  shape.refs = refs;
  shape.template = ZEROS;
  assert(shapeInit(shape));
  const ptr = tableNew(shape, changetype<PageStore>(storeNew()), 7, 8, 1);
  assert(ptr != 0);
  return changetype<Table>(ptr);
}

/** Counts keys from … from + n; true when all were new, false when none was. */
function count(table: Table, from: i64, n: i32): bool {
  memory.fill(NEWS, 0, n);
  for (let i = 0; i < n; i++) {
    const head = HEADS + <usize>i * 24;
    store<u64>(head, hashI64(from + i));
    store<u64>(head, 0, HEAD_NULLS_AT);
    store<i64>(head, from + i, HEAD_SLOTS_AT);
  }
  assert(tableResolve(table, HEADS, 24, 0, n, ENTRIES, NEWS));
  for (let i = 0; i < n; i++) {
    const entry = <usize>load<u32>(ENTRIES + ((<usize>i) << 2));
    assert(load<i64>(entry, HEAD_SLOTS_AT) == from + i);
    store<i64>(entry, load<i64>(entry, 24) + 1, 24);
    assert(load<u8>(NEWS + i) == load<u8>(NEWS));
  }
  return load<u8>(NEWS) == 1;
}

export function test_geometry_fits_every_class(): void {
  for (let width: u32 = 24; width < 4000; width += 8) {
    for (let cls: u32 = 0; cls < 3; cls++) {
      const n = capacityOf(cls, width);
      if (n == 0) continue;
      assert(entriesAt(groupsFor(n)) + n * width <= classBytes(cls));
      assert(n < groupsFor(n) * 16, "some tag is always empty");
    }
  }
}

export function test_grows_to_a_million_keys_and_gives_all_back(): void {
  const used = memoryUsed();
  const table = newTable(24, 0);
  for (let key: i64 = 0; key < 1000000; key += 1000) assert(count(table, key, 1000));
  assert(table.count == 1000000);
  for (let key: i64 = 0; key < 1000000; key += 50000) assert(!count(table, key, 1000));
  checkPages(table, 1000000);
  const pages = changetype<usize>(table.pages);
  tableFree(changetype<usize>(table));
  storeFree(pages);
  assert(memoryUsed() <= used + 22 * 65536, "one empty slab per block size may stay, 64 MB of pages do not");
}

/** Every page holds only hashes of its prefix; the counts add up. */
function checkPages(table: Table, keys: u32): void {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < table.idCount; i++) {
    const page = tablePageAt(table, i);
    const n = load<u32>(page, PAGE_COUNT_AT);
    sum += n;
    const depth = <u32>load<u8>(page, PAGE_DEPTH_AT);
    const first = page + entriesAt(groupsFor(load<u32>(SHAPE + offsetof<TableShape>("capacity1"))));
    if (n > 200) assert(prefixOf(load<u64>(first), depth) == load<u64>(page, PAGE_PREFIX_AT));
  }
  assert(sum == keys);
}

/** One subtask owns a small part of the hash range: splits leave no empty pages behind. */
export function test_a_narrow_range_makes_few_pages(): void {
  const table = newTable(24, 0);
  let inserted: u32 = 0;
  for (let key: i64 = 0; inserted < 2000; key++) {
    if (hashI64(key) >> 59 != 9) continue;
    assert(count(table, key, 1));
    inserted++;
  }
  assert(table.count == 2000);
  assert(table.idCount <= 9, "about 2,000 / 228 pages");
}

/** Same hash, different keys: told apart by the key, up to what one page holds. */
export function test_equal_hashes_are_different_keys(): void {
  const table = newTable(24, 0);
  for (let round = 0; round < 2; round++) {
    for (let key: i64 = 0; key < 300; key++) {
      store<u64>(HEADS, 0x1234567812345678);
      store<u64>(HEADS, 0, HEAD_NULLS_AT);
      store<i64>(HEADS, key, HEAD_SLOTS_AT);
      store<u8>(NEWS, 0);
      assert(tableResolve(table, HEADS, 24, 0, 1, ENTRIES, NEWS));
      assert(load<u8>(NEWS) == <u8>(round == 0));
      assert(load<i64>(load<usize>(ENTRIES), HEAD_SLOTS_AT) == key);
    }
  }
}

/** More keys of one hash than the largest page holds: an error, not an endless split. */
export function test_one_hash_cannot_fill_more_than_a_page(): void {
  memoryInit(256 << 20);
  const table = newTable(24, 0);
  let ok = true;
  let key: i64 = 0;
  while (ok && key < 10000) {
    store<u64>(HEADS, 0x1234567812345678);
    store<u64>(HEADS, 0, HEAD_NULLS_AT);
    store<i64>(HEADS, key++, HEAD_SLOTS_AT);
    ok = tableResolve(table, HEADS, 24, 0, 1, ENTRIES, 0);
  }
  assert(!ok && errorCode() == 1);
  assert(key > 1500);
}

export function test_long_strings_move_with_their_page(): void {
  const table = newTable(32, 1 << 3);
  const text = blockAlloc(20000);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3000; i++) {
      const length = 1 + (i % 90);
      writeText(text, i, length);
      stringHead(text, length);
      store<u8>(NEWS, 0);
      assert(tableResolve(table, HEADS, 32, 0, 1, ENTRIES, NEWS));
      assert(load<u8>(NEWS) == <u8>(round == 0));
    }
  }
  assert(table.count == 3000);
  // every string is found in the bytes of its own page
  for (let p: u32 = 0; p < table.idCount; p++) {
    const page = tablePageAt(table, p);
    let entry = page + entriesAt(load<u32>(page, 48));
    for (let i: u32 = 0; i < load<u32>(page, PAGE_COUNT_AT); i++, entry += 40) {
      const at = slotText(entry + HEAD_SLOTS_AT, pageEnd(page));
      assert(at > page && at < pageEnd(page));
      assert(load<u64>(entry) == hashBytes(at, load<i32>(entry, HEAD_SLOTS_AT)));
    }
  }
}

function writeText(text: usize, i: i32, length: i32): void {
  for (let at = 0; at < length; at++) store<u8>(text + at, <u8>(97 + (at % 26)));
  store<u8>(text, <u8>i);
  if (length > 1) store<u8>(text + length - 1, <u8>(i >> 8));
  if (length > 2) store<u8>(text + 1, <u8>(i >> 4));
  // very short texts repeat: make them unique by their length's class
  if (length < 3) (store<u32>(text, i), store<u32>(text, 0x61616161, 4));
}

function stringHead(text: usize, length: i32): void {
  const bytes = length < 3 ? 8 : length;
  store<u64>(HEADS, hashBytes(text, bytes));
  store<u64>(HEADS, 0, HEAD_NULLS_AT);
  slotStore(HEADS + HEAD_SLOTS_AT, text, bytes);
}

export function test_a_key_that_no_page_holds_is_an_error(): void {
  const table = newTable(32, 1 << 3);
  const text = blockAlloc(20000);
  memory.fill(text, 97, 20000);
  stringHead(text, <i32>KEY_LONG_BYTES_MAX);
  assert(tableResolve(table, HEADS, 32, 0, 1, ENTRIES, 0));
  stringHead(text, <i32>KEY_LONG_BYTES_MAX + 1);
  assert(!tableResolve(table, HEADS, 32, 0, 1, ENTRIES, 0));
  assert(errorCode() == ERROR_ROW_TOO_LARGE);
}

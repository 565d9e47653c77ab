import { blockAlloc, errorCode, memoryUsed } from "../memory/index";
import { ERROR_ROW_TOO_LARGE, ROW_BYTES_MAX } from "../../abi";
import { hashBytes, hashI64 } from "../kernels/hash";
import {
  DEPTH_FREE,
  HEAD_NULLS_AT,
  HEAD_SLOTS_AT,
  KEY_LONG_BYTES_MAX,
  KEY_TEXT_BYTES_MAX,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_GROUPS_AT,
  PAGE_HASH,
  PAGE_LOG,
  PAGE_PREFIX_AT,
  capacityOf,
  classBytes,
  entriesAt,
  groupsFor,
  pageEnd,
  refPage,
} from "./layout";
import { slotStore, slotText } from "./heads";
import { textCopy } from "./log";
import { PageStore, STATE_DIRTY, storeFree, storeNew, storePage } from "./page-store";
import { tableResolve } from "./probe";
import { storeFreeze } from "./snapshot";
import { Table, TableShape, prefixOf, shapeInit, tableFree, tableNew, tablePageAt } from "./table";

const HEADS: usize = memory.data(40960);
const ENTRIES: usize = memory.data(4096);
const NEWS: usize = memory.data(1024);
const SHAPE: usize = memory.data(64);
const ZEROS: usize = memory.data(64);

function newTable(headBytes: u32, refs: u64): Table {
  const shape = changetype<TableShape>(SHAPE);
  shape.tableId = 3;
  shape.kind = PAGE_HASH;
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
    const first = page + entriesAt(load<u32>(page, PAGE_GROUPS_AT));
    if (n > 0) assert(prefixOf(load<u64>(first), depth) == load<u64>(page, PAGE_PREFIX_AT));
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

function resolveOne(table: Table, hash: u64, key: i64): bool {
  store<u64>(HEADS, hash);
  store<u64>(HEADS, 0, HEAD_NULLS_AT);
  store<i64>(HEADS, key, HEAD_SLOTS_AT);
  store<u8>(NEWS, 0);
  assert(tableResolve(table, HEADS, 24, 0, 1, ENTRIES, NEWS));
  assert(load<i64>(load<usize>(ENTRIES), HEAD_SLOTS_AT) == key);
  return load<u8>(NEWS) == 1;
}

/** More keys of one hash than the largest page holds go on in a chain, and the directory stays small. */
export function test_keys_of_one_hash_make_a_chain(): void {
  const table = newTable(24, 0);
  for (let key: i64 = 0; key < 6000; key++) assert(resolveOne(table, 0x1234567812345678, key));
  for (let key: i64 = 0; key < 6000; key += 7) assert(!resolveOne(table, 0x1234567812345678, key));
  assert(table.count == 6000);
  checkPages(table, 6000);
  assert(table.idCount >= 4 && table.idCount <= 5, "about 1,750 keys per page of 64 KiB");
  assert(table.depth <= DEPTH_FREE, "the directory does not grow for keys that it cannot part");
  assert(table.pages.pageBytes <= 4 * 6000 * 32 + 4096);
}

/** The same with hashes that differ behind the prefix, beside keys elsewhere. */
export function test_keys_of_one_prefix_make_a_chain(): void {
  const table = newTable(24, 0);
  for (let round = 0; round < 2; round++) {
    for (let key: i64 = 0; key < 20000; key++) {
      const crafted = 0xabcdef0000000000 | (hashI64(key) >> 40);
      assert(resolveOne(table, (key & 1) == 0 ? crafted : hashI64(key), key) == (round == 0));
    }
  }
  assert(table.count == 20000);
  checkPages(table, 20000);
}

/** A frozen page of a chain is copied before an old key in it is written, and only that one. */
export function test_a_chain_freezes_page_by_page(): void {
  const table = newTable(24, 0);
  for (let key: i64 = 0; key < 6000; key++) resolveOne(table, 1 << 40, key);
  assert(storeFreeze(table.pages));
  table.moves++;
  resolveOne(table, 1 << 40, 0);
  let dirty = 0;
  for (let i: u32 = 0; i < table.idCount; i++) {
    const id = load<u32>(table.ids + (i << 2));
    if (load<u8>(table.pages.states + id) == STATE_DIRTY) dirty++;
  }
  // the first page of the chain, where the search begins, and the last, where the key is
  assert(dirty == 2);
  assert(load<u8>(table.pages.states + load<u32>(table.ids)) == STATE_DIRTY);
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

/** Strings of any length: in the slot, in the page, in the log; all are found again, and told apart. */
export function test_long_strings_go_to_the_log(): void {
  const table = newTable(32, 1 << 3);
  const text = blockAlloc(ROW_BYTES_MAX);
  let payload: usize = 0;
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 120; i++) {
      const length = logLength(i);
      writeLong(text, length, <u8>i);
      stringHead(text, length);
      // all have one hash, so that only the comparison tells them apart
      store<u64>(HEADS, 77);
      store<u8>(NEWS, 0);
      assert(tableResolve(table, HEADS, 32, 0, 1, ENTRIES, NEWS));
      assert(load<u8>(NEWS) == <u8>(round == 0));
      if (round == 0) payload += length + 40;
    }
  }
  assert(table.count == 120 && table.logBytes > 1000000);
  assert(table.pages.pageBytes <= 4 * payload + 4096);
  checkLog(table, text);
  const used = memoryUsed();
  const pages = table.pages;
  tableFree(changetype<usize>(table));
  assert(pages.pageBytes == 0 && pages.pageCount == 0, "a table gives its log pages back");
  assert(memoryUsed() < used);
}

/** A few lengths several times each, up to the longest. */
function logLength(i: i32): i32 {
  if (i == 0) return ROW_BYTES_MAX;
  const step = i % 12;
  return step < 3 ? 5 + step : step < 6 ? 15359 + step - 3 : step * 2600;
}

/** Strings of one length differ in the middle and at the end only. */
function writeLong(text: usize, length: i32, mark: u8): void {
  for (let at = 0; at < length; at++) store<u8>(text + at, <u8>at);
  store<u8>(text + (length >> 1), mark);
  store<u8>(text + length - 1, mark);
}

function checkLog(table: Table, text: usize): void {
  const copy = blockAlloc(ROW_BYTES_MAX);
  let seen = 0;
  for (let p: u32 = 0; p < table.idCount; p++) {
    const page = tablePageAt(table, p);
    let entry = page + entriesAt(load<u32>(page, 48));
    for (let rest = load<u32>(page, PAGE_COUNT_AT); rest > 0; rest--, entry += 40) {
      const length = load<i32>(entry, HEAD_SLOTS_AT);
      if (length <= 12) continue;
      assert((load<u32>(entry, 28) != 0) == length > <i32>KEY_LONG_BYTES_MAX);
      textCopy(copy, entry + 24, pageEnd(page), changetype<usize>(table.pages), length);
      writeLong(text, length, load<u8>(copy + length - 1));
      assert(memory.compare(copy, text, length) == 0);
      seen++;
    }
  }
  assert(seen == 120 - 29, "all but those of 5 to 7 bytes");
}

/** Bytes are appended to a frozen log page in a copy; the snapshot's stays as it was. */
export function test_a_frozen_log_page_is_copied(): void {
  const table = newTable(32, 1 << 3);
  const text = blockAlloc(40000);
  for (let i = 0; i < 3; i++) {
    writeLong(text, 20000, <u8>i);
    stringHead(text, 20000);
    assert(tableResolve(table, HEADS, 32, 0, 1, ENTRIES, 0));
    if (i == 0) assert(storeFreeze(table.pages));
  }
  let copies = 0;
  for (let id: u32 = 0; id < table.pages.idCount; id++) {
    const copy = load<u32>(table.pages.copies + (id << 2));
    if (copy == 0 || load<u8>(refPage(copy)) != PAGE_LOG) continue;
    copies++;
    assert(load<u32>(refPage(copy), PAGE_COUNT_AT) < load<u32>(storePage(table.pages, id), PAGE_COUNT_AT));
  }
  assert(copies == 1, "the last page, not the full ones");
}

export function test_a_key_longer_than_rows_can_be_is_an_error(): void {
  const table = newTable(32, 1 << 3);
  const text = blockAlloc(KEY_TEXT_BYTES_MAX + 16);
  memory.fill(text, 97, KEY_TEXT_BYTES_MAX + 16);
  stringHead(text, KEY_TEXT_BYTES_MAX);
  assert(tableResolve(table, HEADS, 32, 0, 1, ENTRIES, 0));
  stringHead(text, KEY_TEXT_BYTES_MAX + 1);
  assert(!tableResolve(table, HEADS, 32, 0, 1, ENTRIES, 0));
  assert(errorCode() == ERROR_ROW_TOO_LARGE);
}

/** Entries of another table whose references are the same words: the bytes decide. */
export function test_equal_references_of_two_tables_are_not_equal_strings(): void {
  const text = blockAlloc(40000);
  for (let length = 100; length <= 30100; length += 30000) {
    const a = newTable(32, 1 << 3);
    const b = newTable(32, 1 << 3);
    for (let i = 0; i < 2; i++) {
      writeLong(text, length, <u8>i);
      stringHead(text, length);
      store<u64>(HEADS, 77);
      assert(tableResolve(i == 0 ? a : b, HEADS, 32, 0, 1, ENTRIES, 0));
    }
    const page = tablePageAt(b, 0);
    const other = page + entriesAt(load<u32>(page, 48));
    store<u8>(NEWS, 0);
    assert(load<u64>(other, 24) == load<u64>(tablePageAt(a, 0) + entriesAt(load<u32>(tablePageAt(a, 0), 48)), 24));
    assert(tableResolve(a, other, 40, pageEnd(page), 1, ENTRIES, NEWS, changetype<usize>(b.pages)));
    assert(load<u8>(NEWS) == 1 && a.count == 2);
  }
}

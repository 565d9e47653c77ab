// Text in values: the order of texts wherever they lie, and what replacing them leaves behind.
import { blockAlloc, memoryUsed } from "../memory/index";
import { hashI64 } from "../kernels/hash";
import { slotStore } from "./heads";
import { HEAD_NULLS_AT, HEAD_SLOTS_AT } from "./layout";
import { textCopy } from "./log";
import { PageStore, storeFree, storeNew } from "./page-store";
import { tableResolve } from "./probe";
import { Table, TableShape, shapeInit, tableFree, tableNew } from "./table";
import { TEXT_NONE, entryTextBytes, isLongText, textOrder, textReplace } from "./text-values";

const SHAPE: usize = memory.data(64);
const TEMPLATE: usize = memory.data(32, 16);
const TEXTS_AT: usize = memory.data<u32>([24, 40]);
const HEADS: usize = memory.data(24 * 100, 16);
const ENTRIES: usize = memory.data(400, 16);
const A: usize = memory.data(16, 16);
const SLOTS: usize = memory.data(16 * 32, 16);
const NUMBERED: usize = memory.data(128, 16);
const OUT: usize = memory.data(128, 16);

if (offsetof<TableShape>() > 64) ERROR("SHAPE is too small");

function newTable(keys: i32): Table {
  const shape = changetype<TableShape>(SHAPE);
  shape.headBytes = 24;
  shape.entryBytes = 56;
  shape.refs = 0;
  shape.template = TEMPLATE;
  store<u32>(TEMPLATE, TEXT_NONE);
  store<u32>(TEMPLATE, TEXT_NONE, 16);
  assert(shapeInit(shape));
  shape.texts = TEXTS_AT;
  shape.textCount = 2;
  const table = changetype<Table>(tableNew(shape, changetype<PageStore>(storeNew()), 7, 8, 1));
  for (let i = 0; i < keys; i++) {
    const head = HEADS + <usize>i * 24;
    store<u64>(head, hashI64(i));
    store<u64>(head, 0, HEAD_NULLS_AT);
    store<i64>(head, i, HEAD_SLOTS_AT);
  }
  assert(tableResolve(table, HEADS, 24, 0, keys, ENTRIES, 0));
  return table;
}

function entryOf(key: i32): usize {
  return <usize>load<u32>(ENTRIES + ((<usize>key) << 2));
}

/** The text as a slot of a head made from a batch. */
function slotOf(text: string, slot: usize): usize {
  const copy = blockAlloc(64);
  const bytes = String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, copy);
  assert(bytes <= 48);
  slotStore(slot, copy, <i32>bytes);
  return slot;
}

/** A text of so many bytes that begins with the number, which has seven digits; without strings of the runtime's. */
function numbered(value: i32, bytes: i32): usize {
  memory.fill(NUMBERED, 0x2e, bytes);
  let rest = value;
  for (let i = 6; i >= 0; i--) {
    store<u8>(NUMBERED + <usize>i, <u8>(0x30 + (rest % 10)));
    rest /= 10;
  }
  slotStore(A, NUMBERED, bytes);
  return A;
}

export function test_order_is_of_bytes(): void {
  const ascending: StaticArray<string> = [
    "",
    "\0",
    "\0\0",
    "a",
    "a\0",
    "ab",
    "abcd",
    "abcd\0",
    "abcde",
    "abcdefghijkl",
    "abcdefghijklm",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyz0",
    "abcdefghijklmnopqrstuvwxz",
    "b",
    "é",
    "\u{e000}",
    "\u{ffff} and more than twelve bytes",
    "😀",
  ];
  for (let i = 0; i < ascending.length; i++) slotOf(ascending[i], SLOTS + ((<usize>i) << 4));
  for (let i = 0; i < ascending.length; i++) {
    for (let k = 0; k < ascending.length; k++) {
      const sign = textOrder(SLOTS + ((<usize>i) << 4), 0, SLOTS + ((<usize>k) << 4), 0);
      assert(sign < 0 == i < k && sign > 0 == i > k, ascending[i] + " and " + ascending[k]);
    }
  }
}

export function test_slots_begin_without_text(): void {
  const table = newTable(3);
  const entry = entryOf(1);
  assert(load<u32>(entry, 24) == TEXT_NONE && !isLongText(entry + 24) && entryTextBytes(entry, table.shape) == 0);
  assert(textReplace(table, entry, 24, slotOf("short", A), 0) && textReplace(table, entry, 40, slotOf("", A), 0));
  assert(entryTextBytes(entry, table.shape) == 5 && table.texts == 0, "short texts need no log");
  assert(load<u32>(entryOf(0), 24) == TEXT_NONE && load<u32>(entryOf(2), 40) == TEXT_NONE, "the others are as before");
}

export function test_replaced_texts_go(): void {
  const table = newTable(100);
  const pages = changetype<usize>(table.pages);
  for (let key = 1; key < 100; key++) assert(textReplace(table, entryOf(key), 40, numbered(key, 33), 0));
  for (let i = 0; i <= 3000; i++) {
    assert(textReplace(table, entryOf(0), 24, numbered(i, 50 + (i & 31)), 0));
    const bytes = changetype<Table>(table.texts).logBytes;
    assert(bytes <= table.textBytes * 2 + 16 * 200 + 4096, "the bound");
  }
  const last = 50 + (3000 & 31);
  assert(table.textBytes == 99 * 33 + last, "what counts");
  for (let key = 0; key < 100; key++) {
    const slot = entryOf(key) + (key == 0 ? 24 : 40);
    const bytes = key == 0 ? last : 33;
    assert(load<i32>(slot) == bytes);
    textCopy(OUT, slot + 8, 0, pages, bytes);
    numbered(key == 0 ? 3000 : key, bytes);
    assert(memory.compare(OUT, NUMBERED, bytes) == 0, "moved, not changed");
  }
}

export function test_all_is_given_back(): void {
  const long = blockAlloc(100000);
  memory.fill(long, 0x78, 100000);
  newTable(100);
  const used = memoryUsed();
  for (let round = 0; round < 3; round++) {
    const table = newTable(100);
    for (let key = 0; key < 100; key++) {
      slotStore(A, long, 40 + key);
      assert(textReplace(table, entryOf(key), 24, A, 0));
    }
    slotStore(A, long, 100000);
    for (let key = 0; key < 20; key++) assert(textReplace(table, entryOf(key), 24, A, 0));
    const pages = changetype<usize>(table.pages);
    assert(changetype<PageStore>(pages).pageBytes > 2000000);
    tableFree(changetype<usize>(table));
    assert(changetype<PageStore>(pages).pageBytes == 0, "no page stays");
    storeFree(pages);
  }
  assert(memoryUsed() - used < 4 * 65536, "nor does anything else, but a slab per block size");
}

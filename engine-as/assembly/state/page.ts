// Filling pages: a new page, an entry appended, its tag set. Layout: layout.ts.
//
// A page is only ever appended to; what moves entries builds new pages (growth.ts).
import {
  GROUP_BYTES,
  HEAD_HASH_AT,
  LAYOUT_VERSION,
  PAGE_CLASS_AT,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_ENTRY_BYTES_AT,
  PAGE_GROUPS_AT,
  PAGE_HEADER_BYTES,
  PAGE_HEAP_AT,
  PAGE_KIND_AT,
  PAGE_LAYOUT_AT,
  PAGE_PREFIX_AT,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  SLOT_INLINE_BYTES,
  classBytes,
  copyWords,
  entriesAt,
  groupsFor,
} from "./layout";
import { storePageNew } from "./page-store";
import { Table, TableShape, shapeCapacity } from "./table";

/** A page with its header written, in no directory yet; 0 = out of memory. */
export function pageNew(table: Table, cls: u32, depth: u32, prefix: u64): usize {
  const shape = table.shape;
  const groups = groupsFor(shapeCapacity(shape, cls));
  const page = storePageNew(table.pages, cls, entriesAt(groups));
  if (page == 0) return 0;
  store<u8>(page, shape.kind, PAGE_KIND_AT);
  store<u8>(page, LAYOUT_VERSION, PAGE_LAYOUT_AT);
  store<u8>(page, <u8>cls, PAGE_CLASS_AT);
  store<u8>(page, <u8>depth, PAGE_DEPTH_AT);
  store<u32>(page, shape.tableId, PAGE_TABLE_AT);
  store<u32>(page, shape.entryBytes, PAGE_ENTRY_BYTES_AT);
  store<i64>(page, table.spaceA, PAGE_SPACE_A_AT);
  store<i64>(page, table.spaceB, PAGE_SPACE_B_AT);
  store<u64>(page, prefix, PAGE_PREFIX_AT);
  store<u32>(page, groups, PAGE_GROUPS_AT);
  return page;
}

/** Whether one more entry with this many bytes of long strings fits. */
export function hasRoom(shape: TableShape, page: usize, cls: u32, longBytes: u32): bool {
  const count = load<u32>(page, PAGE_COUNT_AT);
  if (count >= shapeCapacity(shape, cls)) return false;
  const end = entriesAt(load<u32>(page, PAGE_GROUPS_AT)) + <usize>(count + 1) * shape.entryBytes;
  return end + load<u32>(page, PAGE_HEAP_AT) + longBytes <= classBytes(cls);
}

/** Whether a page of the class holds this much. */
export function fits(shape: TableShape, cls: u32, count: u32, heapBytes: u32): bool {
  const capacity = shapeCapacity(shape, cls);
  return (
    count <= capacity && entriesAt(groupsFor(capacity)) + <usize>count * shape.entryBytes + heapBytes <= classBytes(cls)
  );
}

/** Appends to a page that has room; returns the entry. */
export function pageAppend(
  shape: TableShape,
  page: usize,
  cls: u32,
  head: usize,
  longBase: usize,
  value: usize,
): usize {
  const count = load<u32>(page, PAGE_COUNT_AT);
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const headBytes = <usize>shape.headBytes;
  const entry = page + entriesAt(groups) + <usize>count * shape.entryBytes;
  copyWords(entry, head, headBytes);
  copyWords(entry + headBytes, value == 0 ? shape.template : value, <usize>shape.entryBytes - headBytes);
  store<u32>(page, count + 1, PAGE_COUNT_AT);
  if (shape.refs != 0) takeLongStrings(page, cls, entry, longBase, shape.refs);
  pageIndex(page, groups, load<u64>(head, HEAD_HASH_AT), count);
  return entry;
}

/** The same for a new entry without long strings, with the template value, at a known empty tag. */
export function pageAppendAt(
  shape: TableShape,
  page: usize,
  first: usize,
  head: usize,
  group: usize,
  lane: usize,
): usize {
  const count = load<u32>(page, PAGE_COUNT_AT);
  const headBytes = <usize>shape.headBytes;
  const entry = first + <usize>count * shape.entryBytes;
  copyWords(entry, head, headBytes);
  copyWords(entry + headBytes, shape.template, <usize>shape.entryBytes - headBytes);
  store<u32>(page, count + 1, PAGE_COUNT_AT);
  store<u8>(group + lane, 0x80 | (<u8>(load<u64>(head, HEAD_HASH_AT) & 0x7f)));
  store<u16>(group + (lane << 1), <u16>count, 16);
  return entry;
}

function takeLongStrings(page: usize, cls: u32, entry: usize, longBase: usize, refs: u64): void {
  let rest = refs;
  while (rest != 0) {
    const word = entry + ((<usize>ctz(rest)) << 3);
    const length = load<u32>(word - 8);
    // a string in the table's log stays there
    if (length > SLOT_INLINE_BYTES && load<u32>(word, 4) == 0) {
      const heap = load<u32>(page, PAGE_HEAP_AT) + length;
      memory.copy(page + classBytes(cls) - heap, longBase + load<usize>(word), length);
      store<u32>(page, heap, PAGE_HEAP_AT);
      store<u64>(word, <u64>(<u32>-(<i32>heap)));
    }
    rest &= rest - 1;
  }
}

/** Makes entry `index` findable: the first empty tag from the hash's group on. */
export function pageIndex(page: usize, groups: u32, hash: u64, index: u32): void {
  let group = <u32>(((hash & 0xffffffff) * <u64>groups) >> 32);
  while (true) {
    const at = page + PAGE_HEADER_BYTES + <usize>group * GROUP_BYTES;
    const empty = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0)));
    if (empty != 0) {
      const lane = <usize>ctz(empty);
      store<u8>(at + lane, 0x80 | (<u8>(hash & 0x7f)));
      store<u16>(at + (lane << 1), <u16>index, 16);
      return;
    }
    group = group + 1 == groups ? 0 : group + 1;
  }
}

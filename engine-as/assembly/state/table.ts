// A hash table of one namespace: an extendible directory of pages (layout.ts).
//
// The directory's index is the top `depth` bits of the hash; several neighbours may name the same
// page, and a part of the hash range without keys names none. A full page of 4 KiB grows to 16 KiB,
// a full page of 16 KiB splits by the next bit. 64 KiB are for pages that cannot split: few, very
// wide entries, or many keys with one prefix. So growth never touches more than one page.
//
//   directory entry (8 B): +0 u32 page | class, 0 = none   +4 u32 page id
//
// `moves` counts the changes after which addresses of entries are no longer valid.
import { ERROR_OUT_OF_MEMORY, ERROR_ROW_TOO_LARGE } from "../../abi";
import { blockAlloc, blockFree, fail, memoryUsed } from "../memory/index";
import { headLongBytes } from "./heads";
import {
  CLASS_MAX,
  DEPTH_MAX,
  GROUP_BYTES,
  HEAD_HASH_AT,
  KEY_LONG_BYTES_MAX,
  LAYOUT_VERSION,
  PAGE_CLASS_AT,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_ENTRY_BYTES_AT,
  PAGE_GROUPS_AT,
  PAGE_HASH,
  PAGE_HEADER_BYTES,
  PAGE_HEAP_AT,
  PAGE_KIND_AT,
  PAGE_LAYOUT_AT,
  PAGE_PREFIX_AT,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  SLOT_INLINE_BYTES,
  capacityOf,
  classBytes,
  copyWords,
  entriesAt,
  groupsFor,
  refClass,
  refPage,
} from "./layout";
import {
  PageStore,
  STATE_DIRTY,
  releaseRef,
  storeAdd,
  storePage,
  storePageNew,
  storeRemove,
  storeReplace,
  storeTouch,
} from "./page-store";

/** What the tables of one kind have in common; owned by the operator. */
@unmanaged
export class TableShape {
  tableId: u32;
  entryBytes: u32;
  headBytes: u32;
  /** bit per word of the head that may refer to a long string */
  refs: u64;
  /** value of a new entry, entryBytes − headBytes */
  template: usize;
  /** smallest class that holds at least four entries */
  firstClass: u32;
  capacity0: u32;
  capacity1: u32;
  capacity2: u32;
}

@unmanaged
export class Table {
  shape: TableShape;
  pages: PageStore;
  spaceA: i64;
  spaceB: i64;
  directory: usize;
  depth: u32;
  /** u32[idCount] page ids in order of creation */
  ids: usize;
  idCount: u32;
  idCapacity: u32;
  count: u32;
  moves: u32;
  operator: i32;
}

/** Fills the geometry; false when not even a 64 KiB page holds four entries of this width. */
export function shapeInit(shape: TableShape): bool {
  shape.capacity0 = capacityOf(0, shape.entryBytes);
  shape.capacity1 = capacityOf(1, shape.entryBytes);
  shape.capacity2 = capacityOf(2, shape.entryBytes);
  shape.firstClass = shape.capacity0 >= 4 ? 0 : shape.capacity1 >= 4 ? 1 : 2;
  return shape.capacity2 >= 4;
}

@inline
export function shapeCapacity(shape: TableShape, cls: u32): u32 {
  return cls == 0 ? shape.capacity0 : cls == 1 ? shape.capacity1 : shape.capacity2;
}

/** An empty table without pages; 0 = out of memory. */
export function tableNew(shape: TableShape, pages: PageStore, spaceA: i64, spaceB: i64, operator: i32): usize {
  const ptr = blockAlloc(offsetof<Table>());
  const directory = blockAlloc(16);
  if (ptr == 0 || directory == 0) {
    blockFree(ptr);
    blockFree(directory);
    return 0;
  }
  memory.fill(ptr, 0, offsetof<Table>());
  memory.fill(directory, 0, 16);
  const table = changetype<Table>(ptr);
  table.shape = shape;
  table.pages = pages;
  table.spaceA = spaceA;
  table.spaceB = spaceB;
  table.directory = directory;
  table.depth = 1;
  table.operator = operator;
  return ptr;
}

/** Frees the table and its pages (frozen ones go to the drain). */
export function tableFree(ptr: usize): void {
  if (ptr == 0) return;
  const table = changetype<Table>(ptr);
  for (let i: u32 = 0; i < table.idCount; i++) storeRemove(table.pages, load<u32>(table.ids + (i << 2)));
  blockFree(table.ids);
  blockFree(table.directory);
  blockFree(ptr);
}

/** The page at a position of the table's list, in order of creation. */
@inline
export function tablePageAt(table: Table, index: u32): usize {
  return storePage(table.pages, load<u32>(table.ids + (index << 2)));
}

/** Directory entry of a hash. */
@inline
export function directoryAt(table: Table, hash: u64): usize {
  return table.directory + ((<usize>(hash >> (64 - <u64>table.depth))) << 3);
}

/**
 * Appends an entry for a key that is not in the table: makes room, copies the head (long strings
 * into the page) and the value, or the template when `value` is 0. Returns the entry, 0 = error.
 */
export function tableInsert(table: Table, head: usize, longBase: usize, value: usize): usize {
  const shape = table.shape;
  const hash = load<u64>(head, HEAD_HASH_AT);
  const longBytes: u32 = shape.refs == 0 ? 0 : headLongBytes(head, shape.refs);
  if (longBytes > KEY_LONG_BYTES_MAX) {
    fail(ERROR_ROW_TOO_LARGE, table.operator, longBytes, KEY_LONG_BYTES_MAX, 0);
    return 0;
  }
  while (true) {
    const slot = directoryAt(table, hash);
    const ref = load<u32>(slot);
    if (ref == 0) {
      if (!addFirstPage(table, hash, longBytes)) return 0;
      continue;
    }
    const id = load<u32>(slot, 4);
    if (load<u8>(table.pages.states + id) != STATE_DIRTY && !storeTouch(table.pages, id)) return 0;
    const page = refPage(ref);
    if (hasRoom(shape, page, refClass(ref), longBytes)) {
      table.count++;
      return pageAppend(shape, page, refClass(ref), head, longBase, value);
    }
    if (!makeRoom(table, ref, id)) return 0;
  }
}

function hasRoom(shape: TableShape, page: usize, cls: u32, longBytes: u32): bool {
  const count = load<u32>(page, PAGE_COUNT_AT);
  if (count >= shapeCapacity(shape, cls)) return false;
  const end = entriesAt(load<u32>(page, PAGE_GROUPS_AT)) + <usize>(count + 1) * shape.entryBytes;
  return end + load<u32>(page, PAGE_HEAP_AT) + longBytes <= classBytes(cls);
}

/** Appends to a page that has room; returns the entry. */
export function pageAppend(shape: TableShape, page: usize, cls: u32, head: usize, longBase: usize, value: usize): usize {
  const count = load<u32>(page, PAGE_COUNT_AT);
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const headBytes = <usize>shape.headBytes;
  const entry = page + entriesAt(groups) + (<usize>count) * shape.entryBytes;
  copyWords(entry, head, headBytes);
  copyWords(entry + headBytes, value == 0 ? shape.template : value, <usize>shape.entryBytes - headBytes);
  store<u32>(page, count + 1, PAGE_COUNT_AT);
  if (shape.refs != 0) takeLongStrings(page, cls, entry, longBase, shape.refs);
  pageIndex(page, groups, load<u64>(head, HEAD_HASH_AT), count);
  return entry;
}

function takeLongStrings(page: usize, cls: u32, entry: usize, longBase: usize, refs: u64): void {
  let rest = refs;
  while (rest != 0) {
    const word = entry + ((<usize>ctz(rest)) << 3);
    const length = load<u32>(word - 8);
    if (length > SLOT_INLINE_BYTES) {
      const heap = load<u32>(page, PAGE_HEAP_AT) + length;
      memory.copy(page + classBytes(cls) - heap, longBase + load<usize>(word), length);
      store<u32>(page, heap, PAGE_HEAP_AT);
      store<u64>(word, <u64>(<u32>(-(<i32>heap))));
    }
    rest &= rest - 1;
  }
}

/** Makes entry `index` findable: the first empty tag from the hash's group on. */
export function pageIndex(page: usize, groups: u32, hash: u64, index: u32): void {
  let group = <u32>(((hash & 0xffffffff) * <u64>groups) >> 32);
  while (true) {
    const at = page + PAGE_HEADER_BYTES + (<usize>group) * GROUP_BYTES;
    const empty = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0)));
    if (empty != 0) {
      const lane = <usize>ctz(empty);
      store<u8>(at + lane, 0x80 | <u8>(hash & 0x7f));
      store<u16>(at + (lane << 1), <u16>index, 16);
      return;
    }
    group = group + 1 == groups ? 0 : group + 1;
  }
}

/** A page with its header written, in no directory yet; 0 = out of memory. */
export function pageNew(table: Table, cls: u32, depth: u32, prefix: u64): usize {
  const page = storePageNew(table.pages, cls);
  if (page == 0) return 0;
  const shape = table.shape;
  store<u8>(page, PAGE_HASH, PAGE_KIND_AT);
  store<u8>(page, LAYOUT_VERSION, PAGE_LAYOUT_AT);
  store<u8>(page, <u8>cls, PAGE_CLASS_AT);
  store<u8>(page, <u8>depth, PAGE_DEPTH_AT);
  store<u32>(page, shape.tableId, PAGE_TABLE_AT);
  store<u32>(page, shape.entryBytes, PAGE_ENTRY_BYTES_AT);
  store<i64>(page, table.spaceA, PAGE_SPACE_A_AT);
  store<i64>(page, table.spaceB, PAGE_SPACE_B_AT);
  store<u64>(page, prefix, PAGE_PREFIX_AT);
  store<u32>(page, groupsFor(shapeCapacity(shape, cls)), PAGE_GROUPS_AT);
  return page;
}

/** Gives a new page its id, puts it into the table's list and the directory. */
export function tableAddPage(table: Table, page: usize, cls: u32): bool {
  if (table.idCount == table.idCapacity && !growIds(table)) return false;
  const id = storeAdd(table.pages, page, cls);
  if (id < 0) return false;
  store<u32>(table.ids + (table.idCount << 2), <u32>id);
  table.idCount++;
  directorySet(table, page, <u32>page | cls, <u32>id);
  return true;
}

/** Names the page in all directory entries of its prefix. */
function directorySet(table: Table, page: usize, ref: u32, id: u32): void {
  const depth = <u32>load<u8>(page, PAGE_DEPTH_AT);
  const first = <usize>(load<u64>(page, PAGE_PREFIX_AT) >> (64 - <u64>table.depth));
  let at = table.directory + (first << 3);
  const end = at + ((<usize>1) << (table.depth - depth + 3));
  while (at < end) {
    store<u32>(at, ref);
    store<u32>(at, id, 4);
    at += 8;
  }
}

/** The first page of a part of the hash range without keys: the largest such part around `hash`. */
function addFirstPage(table: Table, hash: u64, longBytes: u32): bool {
  let depth = table.depth;
  while (depth > 0 && rangeIsEmpty(table, hash, depth - 1)) depth--;
  const shape = table.shape;
  let cls = shape.firstClass;
  while (cls < CLASS_MAX && !fits(shape, cls, 1, longBytes)) cls++;
  const page = pageNew(table, cls, depth, prefixOf(hash, depth));
  if (page == 0) return false;
  if (tableAddPage(table, page, cls)) return true;
  releaseRef(table.pages, <u32>page | cls);
  return false;
}

export function rangeIsEmpty(table: Table, hash: u64, depth: u32): bool {
  const first = <usize>(prefixOf(hash, depth) >> (64 - <u64>table.depth));
  let at = table.directory + (first << 3);
  const end = at + ((<usize>1) << (table.depth - depth + 3));
  while (at < end) {
    if (load<u32>(at) != 0) return false;
    at += 8;
  }
  return true;
}

@inline
export function prefixOf(hash: u64, depth: u32): u64 {
  return depth == 0 ? 0 : hash & ~(<u64>(-1) >> <u64>depth);
}

export function fits(shape: TableShape, cls: u32, count: u32, heapBytes: u32): bool {
  const capacity = shapeCapacity(shape, cls);
  return count <= capacity && entriesAt(groupsFor(capacity)) + <usize>count * shape.entryBytes + heapBytes <= classBytes(cls);
}

function makeRoom(table: Table, ref: u32, id: u32): bool {
  const page = refPage(ref);
  const cls = refClass(ref);
  const depth = <u32>load<u8>(page, PAGE_DEPTH_AT);
  const count = load<u32>(page, PAGE_COUNT_AT);
  if (cls == 0 || (cls == 1 && (count < 8 || depth >= DEPTH_MAX))) return rebuild(table, page, cls + 1, id);
  if (depth < DEPTH_MAX && count > 1) return split(table, page, id, depth);
  // one prefix of 22 bits fills the largest page: not by chance, and no page can hold it
  fail(ERROR_OUT_OF_MEMORY, table.operator, <i64>classBytes(CLASS_MAX) + 1, <i64>memoryUsed(), <i64>classBytes(CLASS_MAX));
  return false;
}

function rebuild(table: Table, old: usize, cls: u32, id: u32): bool {
  const page = pageNew(table, cls, load<u8>(old, PAGE_DEPTH_AT), load<u64>(old, PAGE_PREFIX_AT));
  if (page == 0) return false;
  deal(table.shape, old, 0, page, cls, page, cls);
  storeReplace(table.pages, id, page, cls);
  directorySet(table, page, <u32>page | cls, id);
  table.moves++;
  return true;
}

/** Copies all entries, to `one` where the hash has the bit, else to `zero`; a choice, not a branch. */
function deal(shape: TableShape, from: usize, bit: u64, zero: usize, zeroClass: u32, one: usize, oneClass: u32): void {
  const width = <usize>shape.entryBytes;
  const base = from + classBytes(<u32>load<u8>(from, PAGE_CLASS_AT));
  let entry = from + entriesAt(load<u32>(from, PAGE_GROUPS_AT));
  const end = entry + width * load<u32>(from, PAGE_COUNT_AT);
  for (; entry < end; entry += width) {
    const isOne = (load<u64>(entry) & bit) != 0;
    const page = select<usize>(one, zero, isOne);
    pageAppend(shape, page, select<u32>(oneClass, zeroClass, isOne), entry, base, entry + shape.headBytes);
  }
}

function split(table: Table, old: usize, id: u32, depth: u32): bool {
  if (depth == table.depth && !doubleDirectory(table)) return false;
  const shape = table.shape;
  const bit = (<u64>1) << (63 - <u64>depth);
  const prefix = load<u64>(old, PAGE_PREFIX_AT);
  const count = load<u32>(old, PAGE_COUNT_AT);
  let ones: u32 = 0;
  let onesHeap: u32 = 0;
  const first = old + entriesAt(load<u32>(old, PAGE_GROUPS_AT));
  for (let i: u32 = 0; i < count; i++) {
    const entry = first + (<usize>i) * shape.entryBytes;
    const isOne = <u32>((load<u64>(entry) & bit) != 0);
    ones += isOne;
    if (shape.refs != 0) onesHeap += isOne * headLongBytes(entry, shape.refs);
  }
  if (ones == 0 || ones == count) {
    narrow(table, old, id, depth + 1, ones == 0 ? prefix : prefix | bit, bit);
    return true;
  }
  const zeroClass = classFor(shape, count - ones, load<u32>(old, PAGE_HEAP_AT) - onesHeap);
  const oneClass = classFor(shape, ones, onesHeap);
  const zeroPage = pageNew(table, zeroClass, depth + 1, prefix);
  if (zeroPage == 0) return false;
  const onePage = pageNew(table, oneClass, depth + 1, prefix | bit);
  if (onePage == 0) {
    releaseRef(table.pages, <u32>zeroPage | zeroClass);
    return false;
  }
  deal(shape, old, bit, zeroPage, zeroClass, onePage, oneClass);
  table.moves++;
  if (!tableAddPage(table, onePage, oneClass)) {
    releaseRef(table.pages, <u32>zeroPage | zeroClass);
    releaseRef(table.pages, <u32>onePage | oneClass);
    return false;
  }
  storeReplace(table.pages, id, zeroPage, zeroClass);
  directorySet(table, zeroPage, <u32>zeroPage | zeroClass, id);
  return true;
}

/** All keys lie in one half: the page covers only that one from now on, the other has no page. */
function narrow(table: Table, page: usize, id: u32, depth: u32, prefix: u64, bit: u64): void {
  const ref = <u32>page | <u32>load<u8>(page, PAGE_CLASS_AT);
  store<u8>(page, <u8>depth, PAGE_DEPTH_AT);
  store<u64>(page, prefix ^ bit, PAGE_PREFIX_AT);
  directorySet(table, page, 0, 0);
  store<u64>(page, prefix, PAGE_PREFIX_AT);
  directorySet(table, page, ref, id);
}

/** The smallest class that leaves a quarter of its entries free. */
function classFor(shape: TableShape, count: u32, heapBytes: u32): u32 {
  let cls = shape.firstClass;
  while (cls < CLASS_MAX && !fits(shape, cls, count + (count >> 2) + 1, heapBytes + (heapBytes >> 2))) cls++;
  return cls;
}

/** Doubles the directory until it has this depth; false = out of memory. */
export function directoryGrow(table: Table, depth: u32): bool {
  while (table.depth < depth) {
    if (!doubleDirectory(table)) return false;
  }
  return true;
}

function doubleDirectory(table: Table): bool {
  const bytes = (<usize>8) << table.depth;
  const wider = blockAlloc(bytes << 1);
  if (wider == 0) return false;
  for (let at: usize = 0; at < bytes; at += 8) {
    const entry = load<u64>(table.directory + at);
    store<u64>(wider + (at << 1), entry);
    store<u64>(wider + (at << 1), entry, 8);
  }
  blockFree(table.directory);
  table.directory = wider;
  table.depth++;
  return true;
}

function growIds(table: Table): bool {
  const capacity = max(table.idCapacity << 1, 4);
  const ids = blockAlloc(capacity << 2);
  if (ids == 0) return false;
  memory.copy(ids, table.ids, table.idCount << 2);
  blockFree(table.ids);
  table.ids = ids;
  table.idCapacity = capacity;
  return true;
}

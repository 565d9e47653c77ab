// A hash table of one namespace: an extendible directory of pages (layout.ts).
//
// The directory's index is the top `depth` bits of the hash; several neighbours may name the same
// page, and a part of the hash range without keys names none. Pages that cannot split are chained
// (chain.ts); strings that are too long for a page lie in the table's log (log.ts). How pages are filled stands in page.ts,
// how they grow in growth.ts, how keys enter in insert.ts and are found in probe.ts.
//
//   directory entry (8 B): +0 u32 page | class, 0 = none   +4 u32 page id
//
// `moves` counts the changes after which addresses of entries are no longer valid.
import { blockAlloc, blockFree } from "../memory/index";
import {
  DEPTH_FREE,
  DIRECTORY_ENTRIES_PER_PAGE,
  PAGE_DEPTH_AT,
  PAGE_NEXT_AT,
  PAGE_PREFIX_AT,
  capacityOf,
  classBytes,
  refClass,
} from "./layout";
import { PageStore, storeAdd, storePage, storeRemove } from "./page-store";

/** What the tables of one kind have in common; owned by the operator. */
@unmanaged
export class TableShape {
  tableId: u32;
  /** PAGE_HASH or PAGE_TEXTS; PAGE_PAIRS: entries are pairs (pairs.ts) */
  kind: u8;
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
  /** u32[textCount] offsets in an entry of text in its value (text-values.ts) */
  texts: usize;
  textCount: i32;
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
  /** the log: 1 + id of its first and its last page, bytes in it (log.ts) */
  logFirst: u32;
  logLast: u32;
  logBytes: u64;
  /** keys that are about to enter an empty table, at least; its first pages are made for them */
  expected: u32;
  /** Table that holds only the log of text in values, 0 = none yet; bytes in it that entries refer to */
  texts: usize;
  textBytes: u64;
  /** of pairs: numbers given to keys */
  numbers: u32;
}

/** Fills the geometry, without text in values; false when not even a 64 KiB page holds four entries of this width. */
export function shapeInit(shape: TableShape): bool {
  shape.capacity0 = capacityOf(0, shape.entryBytes);
  shape.capacity1 = capacityOf(1, shape.entryBytes);
  shape.capacity2 = capacityOf(2, shape.entryBytes);
  shape.firstClass = shape.capacity0 >= 4 ? 0 : shape.capacity1 >= 4 ? 1 : 2;
  shape.texts = 0;
  shape.textCount = 0;
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
  let log = table.logFirst;
  while (log != 0) {
    const id = log - 1;
    log = load<u32>(storePage(table.pages, id), PAGE_NEXT_AT);
    storeRemove(table.pages, id);
  }
  tableFree(table.texts);
  blockFree(table.ids);
  blockFree(table.directory);
  blockFree(ptr);
}

/** Bytes of the table's pages, and of the strings in its log. */
export function tableBytes(table: Table): u64 {
  let bytes = table.logBytes;
  for (let i: u32 = 0; i < table.idCount; i++) {
    const id = load<u32>(table.ids + (i << 2));
    bytes += <u64>classBytes(refClass(load<u32>(table.pages.refs + (id << 2))));
  }
  return bytes;
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

/** Gives a new page its id, puts it into the table's list and the directory. */
export function tableAddPage(table: Table, page: usize, cls: u32): bool {
  if (table.idCount == table.idCapacity && !growIds(table)) return false;
  const id = storeAdd(table.pages, page, cls);
  if (id < 0) return false;
  store<u32>(table.ids + (table.idCount << 2), <u32>id);
  table.idCount++;
  directorySet(table, page, (<u32>page) | cls, <u32>id);
  return true;
}

/** Names the page in all directory entries of its prefix. */
export function directorySet(table: Table, page: usize, ref: u32, id: u32): void {
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
  return depth == 0 ? 0 : hash & ~((<u64>-1) >> (<u64>depth));
}

/** Doubles the directory until it has this depth; false = out of memory. */
export function directoryGrow(table: Table, depth: u32): bool {
  while (table.depth < depth) {
    if (!doubleDirectory(table)) return false;
  }
  return true;
}

/** Whether the directory may double: by chance it never comes near this bound. */
export function mayDouble(table: Table): bool {
  const entries = (<u64>2) << (<u64>table.depth);
  return table.depth < DEPTH_FREE || entries <= DIRECTORY_ENTRIES_PER_PAGE * table.idCount;
}

export function doubleDirectory(table: Table): bool {
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

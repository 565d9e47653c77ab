// The log of a table: long strings, one after the other, over a chain of pages that are only appended to.
//
// A string starts anywhere in a page and goes on at the start of the next one. The pages belong to the
// table's namespace and go with it; an entry that leaves the table leaves its bytes behind until then
// (entries leave only with their namespace). References are (page id, offset) and stay valid when
// hash pages split or are copied. They mean something together with the page store alone, so what
// reads strings takes (word of the slot, longBase, page store).
//
//   0        64                                  pageBytes
//   ┌────────┬──────────────────────────┬─ free ─┐
//   │ header │ bytes[count]             │        │ ──► next page (+52), whose bytes go on
//   └────────┴──────────────────────────┴────────┘
//   header: layout.ts, kind PAGE_LOG, entryBytes 1, count = bytes > 0, heapBytes, depth, prefix, groups 0
//
// Bound: every page but the last is full, and the last one's class follows what it is made for:
// pages <= 2.1 × bytes + 4 KiB per table.
//
// In a snapshot, ids of several old subtasks may be the same. `origin` (+56, written into every record)
// tells them apart: the hash of the first key that the store's operator met; the key groups of subtasks
// are disjoint, so are their hashes.
import {
  LAYOUT_VERSION,
  PAGE_CLASS_AT,
  PAGE_COUNT_AT,
  PAGE_ENTRY_BYTES_AT,
  PAGE_HEADER_BYTES,
  PAGE_KIND_AT,
  PAGE_LAYOUT_AT,
  PAGE_LOG,
  PAGE_NEXT_AT,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  SLOT_INLINE_BYTES,
  classBytes,
} from "./layout";
import { PageStore, STATE_DIRTY, releaseRef, storeAdd, storePage, storePageNew, storeTouch } from "./page-store";
import { Table } from "./table";

/** A place in a string: `rest` bytes lie at `at`, more of them in the pages behind `page`. */
@unmanaged
class TextCursor {
  at: usize;
  rest: u32;
  page: usize;
  pages: PageStore;
}

const CURSOR_A: usize = memory.data(16);
const CURSOR_B: usize = memory.data(16);

/** Bytes of strings that a log page of the class holds. */
@inline
export function logCapacity(cls: u32): u32 {
  return <u32>(classBytes(cls) - PAGE_HEADER_BYTES);
}

/** Appends a string of `length` > 0 bytes; returns its reference, 0 = out of memory. */
export function logAppend(table: Table, hash: u64, word: usize, base: usize, pages: usize, length: u32): u64 {
  if (table.pages.origin == 0) table.pages.origin = max(hash, 1);
  if (!openLast(table, length)) return 0;
  const from = cursorOpen(CURSOR_A, word, base, pages, length);
  const id = table.logLast - 1;
  const offset = <u32>PAGE_HEADER_BYTES + load<u32>(storePage(table.pages, id), PAGE_COUNT_AT);
  let rest = length;
  while (true) {
    const page = storePage(table.pages, table.logLast - 1);
    const used = load<u32>(page, PAGE_COUNT_AT);
    const n = min(logCapacity(<u32>load<u8>(page, PAGE_CLASS_AT)) - used, rest);
    take(from, page + PAGE_HEADER_BYTES + used, n);
    store<u32>(page, used + n, PAGE_COUNT_AT);
    table.logBytes += <u64>n;
    rest -= n;
    if (rest == 0) return (<u64>id) | ((<u64>offset) << 32);
    if (!addPage(table, rest)) return 0;
  }
}

/** Makes the last page one that is DIRTY and has room. */
function openLast(table: Table, length: u32): bool {
  if (table.logLast == 0) return addPage(table, length);
  const id = table.logLast - 1;
  const page = storePage(table.pages, id);
  if (load<u8>(table.pages.states + id) != STATE_DIRTY && !storeTouch(table.pages, id)) return false;
  if (load<u32>(page, PAGE_COUNT_AT) < logCapacity(<u32>load<u8>(page, PAGE_CLASS_AT))) return true;
  return addPage(table, length);
}

/** A page behind the last one, which is DIRTY and full, for this many bytes and more. */
function addPage(table: Table, length: u32): bool {
  const bytes = table.logBytes;
  const cls: u32 = length > 32768 || bytes >= 262144 ? 2 : length > 8192 || bytes >= 65536 ? 1 : 0;
  const page = storePageNew(table.pages, cls, PAGE_HEADER_BYTES);
  if (page == 0) return false;
  store<u8>(page, PAGE_LOG, PAGE_KIND_AT);
  store<u8>(page, LAYOUT_VERSION, PAGE_LAYOUT_AT);
  store<u8>(page, <u8>cls, PAGE_CLASS_AT);
  store<u32>(page, table.shape.tableId, PAGE_TABLE_AT);
  store<u32>(page, 1, PAGE_ENTRY_BYTES_AT);
  store<i64>(page, table.spaceA, PAGE_SPACE_A_AT);
  store<i64>(page, table.spaceB, PAGE_SPACE_B_AT);
  const id = storeAdd(table.pages, page, cls);
  if (id < 0) {
    releaseRef(table.pages, (<u32>page) | cls);
    return false;
  }
  if (table.logLast == 0) table.logFirst = <u32>id + 1;
  else store<u32>(storePage(table.pages, table.logLast - 1), <u32>id + 1, PAGE_NEXT_AT);
  table.logLast = <u32>id + 1;
  return true;
}

/** Whether two strings of `length` bytes, in logs or not, are equal; `a`, `b`: second words of their slots. */
export function textEqual(
  a: usize,
  aBase: usize,
  aPages: usize,
  b: usize,
  bBase: usize,
  bPages: usize,
  length: u32,
): bool {
  const x = cursorOpen(CURSOR_A, a, aBase, aPages, length);
  const y = cursorOpen(CURSOR_B, b, bBase, bPages, length);
  while (true) {
    const n = min(min(x.rest, y.rest), length);
    if (memory.compare(x.at, y.at, n) != 0) return false;
    length -= n;
    if (length == 0) return true;
    skip(x, n);
    skip(y, n);
  }
}

/** < 0, 0, > 0: the first `length` bytes of two slots' strings, which have as many, by their order. */
export function textCompare(a: usize, aPages: usize, b: usize, bPages: usize, length: u32): i32 {
  const x = slotOpen(CURSOR_A, a, aPages);
  const y = slotOpen(CURSOR_B, b, bPages);
  while (true) {
    const n = min(min(x.rest, y.rest), length);
    const order = memory.compare(x.at, y.at, n);
    length -= n;
    if (order != 0 || length == 0) return order;
    skip(x, n);
    skip(y, n);
  }
}

/** At a slot's string: in the slot, at an address, or in a log. */
function slotOpen(cursor: usize, slot: usize, pages: usize): TextCursor {
  const length = load<u32>(slot);
  if (length > SLOT_INLINE_BYTES) return cursorOpen(cursor, slot + 8, 0, pages, length);
  const c = changetype<TextCursor>(cursor);
  c.at = slot + 4;
  c.rest = length;
  return c;
}

/** Copies a string of `length` > 0 bytes; `word`: second word of its slot. */
export function textCopy(to: usize, word: usize, base: usize, pages: usize, length: u32): void {
  take(cursorOpen(CURSOR_A, word, base, pages, length), to, length);
}

function cursorOpen(cursor: usize, word: usize, base: usize, pages: usize, length: u32): TextCursor {
  const c = changetype<TextCursor>(cursor);
  const offset = load<u32>(word, 4);
  c.pages = changetype<PageStore>(pages);
  if (offset == 0) {
    c.page = 0;
    c.at = base + load<usize>(word);
    c.rest = length;
  } else {
    c.page = storePage(c.pages, load<u32>(word));
    c.at = c.page + offset;
    c.rest = <u32>PAGE_HEADER_BYTES + load<u32>(c.page, PAGE_COUNT_AT) - offset;
  }
  return c;
}


@inline
function skip(c: TextCursor, n: u32): void {
  c.at += n;
  c.rest -= n;
  if (c.rest == 0) cursorNext(c);
}

/** Only called where the string goes on. */
function cursorNext(c: TextCursor): void {
  c.page = storePage(c.pages, load<u32>(c.page, PAGE_NEXT_AT) - 1);
  c.at = c.page + PAGE_HEADER_BYTES;
  c.rest = load<u32>(c.page, PAGE_COUNT_AT);
}

function take(c: TextCursor, to: usize, length: u32): void {
  while (length > 0) {
    if (c.rest == 0) cursorNext(c);
    const n = min(c.rest, length);
    memory.copy(to, c.at, n);
    c.at += n;
    c.rest -= n;
    to += n;
    length -= n;
  }
}

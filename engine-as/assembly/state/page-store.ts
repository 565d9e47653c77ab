// The page table of one operator: page id → page, and one state byte per page.
//
// Writers test the byte; only DIRTY may be written. Anything else goes through `storeTouch`: a clean
// page becomes dirty, a frozen one is copied first, so that the snapshot keeps the page as it was at
// the barrier. Copies are bounded by the bytes that were frozen (each page is copied at most once)
// and by the memory's limit. A frozen page that is dropped or replaced is kept for the drain, not
// copied. An id is given out again only when no snapshot still wants its page.
//
//   state      page        copy      meaning
//   CLEAN      in use      0         as in the last snapshot
//   DIRTY      in use      0 | page  written since; `copy` = as of the running snapshot's barrier
//   FROZEN     in use      0         as of the barrier, not written out yet
//   ORPHAN     kept        0         dropped by its table, not written out yet
//   FREE       next free   0
import { blockAlloc, blockFree, pageAlloc, pageFree } from "../memory/index";
import { PAGE_CLASS_AT, PAGE_ID_AT, classBytes, refClass, refPage } from "./layout";

export const STATE_CLEAN: u8 = 0;
export const STATE_DIRTY: u8 = 1;
export const STATE_FROZEN: u8 = 2;
export const STATE_ORPHAN: u8 = 3;
export const STATE_FREE: u8 = 4;

const NO_ID: u32 = 0xffffffff;


@unmanaged
export class PageStore {
  /** u8[capacity] */
  states: usize;
  /** u32[capacity]: page | class; of a free id: the next free id */
  refs: usize;
  /** u32[capacity]: page | class of the copy that the running snapshot wants, or 0 */
  copies: usize;
  capacity: u32;
  /** ids ever given out */
  idCount: u32;
  freeId: u32;
  pageCount: u32;
  /** bytes of pages in use, copies and orphans included */
  pageBytes: usize;
  /** running snapshot: u32[liveCount] ids at the barrier, or 0 */
  live: usize;
  liveCount: u32;
  liveWritten: u32;
  drained: u32;
  /** hash of the first key that was met, 0 = none: tells subtasks apart, whose hashes differ */
  origin: u64;
  /** bytes that were copied because a writer met a frozen page (a measure, not persisted) */
  copiedBytes: u64;
}

/** A new page table; 0 = out of memory. */
export function storeNew(): usize {
  const ptr = blockAlloc(offsetof<PageStore>());
  if (ptr == 0) return 0;
  memory.fill(ptr, 0, offsetof<PageStore>());
  changetype<PageStore>(ptr).freeId = NO_ID;
  return ptr;
}

/** Frees the table and every page that it still knows. */
export function storeFree(ptr: usize): void {
  if (ptr == 0) return;
  const pages = changetype<PageStore>(ptr);
  for (let id: u32 = 0; id < pages.idCount; id++) {
    if (load<u8>(pages.states + id) == STATE_FREE) continue;
    releaseRef(pages, load<u32>(pages.refs + (id << 2)));
    const copy = load<u32>(pages.copies + (id << 2));
    if (copy != 0) releaseRef(pages, copy);
  }
  blockFree(pages.states);
  blockFree(pages.refs);
  blockFree(pages.copies);
  blockFree(pages.live);
  blockFree(ptr);
}


@inline
export function storePage(pages: PageStore, id: u32): usize {
  return refPage(load<u32>(pages.refs + (id << 2)));
}

/**
 * A page of the class with its first `zeroed` bytes (a multiple of 16) zero, not yet in the table;
 * 0 = out of memory. Entries are written before they are read, so the rest may hold anything.
 */
export function storePageNew(pages: PageStore, cls: u32, zeroed: usize): usize {
  const page = pageAlloc(classBytes(cls));
  if (page == 0) return 0;
  for (let at: usize = 0; at < zeroed; at += 16) v128.store(page + at, i64x2.splat(0));
  pages.pageBytes += classBytes(cls);
  store<u8>(page, <u8>cls, PAGE_CLASS_AT);
  return page;
}

/** Gives the page an id, state DIRTY; -1 = out of memory (the page stays the caller's). */
export function storeAdd(pages: PageStore, page: usize, cls: u32): i32 {
  let id = pages.freeId;
  if (id != NO_ID) {
    pages.freeId = load<u32>(pages.refs + (id << 2));
  } else {
    if (pages.idCount == pages.capacity && !growStore(pages)) return -1;
    id = pages.idCount++;
  }
  store<u32>(pages.refs + (id << 2), (<u32>page) | cls);
  store<u32>(pages.copies + (id << 2), 0);
  store<u8>(pages.states + id, STATE_DIRTY);
  store<u32>(page, id, PAGE_ID_AT);
  pages.pageCount++;
  return <i32>id;
}

/** Puts a rebuilt page in the place of an id's old one, which is freed or left to the drain. */
export function storeReplace(pages: PageStore, id: u32, page: usize, cls: u32): void {
  const old = load<u32>(pages.refs + (id << 2));
  if (load<u8>(pages.states + id) == STATE_FROZEN) store<u32>(pages.copies + (id << 2), old);
  else releaseRef(pages, old);
  store<u32>(pages.refs + (id << 2), (<u32>page) | cls);
  store<u8>(pages.states + id, STATE_DIRTY);
  store<u32>(page, id, PAGE_ID_AT);
}

/** The slow path of a write: makes the page DIRTY; false = out of memory. */
export function storeTouch(pages: PageStore, id: u32): bool {
  const state = load<u8>(pages.states + id);
  if (state == STATE_FROZEN) {
    const ref = load<u32>(pages.refs + (id << 2));
    const bytes = classBytes(refClass(ref));
    const copy = pageAlloc(bytes);
    if (copy == 0) return false;
    memory.copy(copy, refPage(ref), bytes);
    pages.pageBytes += bytes;
    pages.copiedBytes += <u64>bytes;
    store<u32>(pages.copies + (id << 2), (<u32>copy) | refClass(ref));
  }
  store<u8>(pages.states + id, STATE_DIRTY);
  return true;
}

/** The id's table no longer wants the page. */
export function storeRemove(pages: PageStore, id: u32): void {
  pages.pageCount--;
  const copy = load<u32>(pages.copies + (id << 2));
  if (copy != 0) {
    releaseRef(pages, load<u32>(pages.refs + (id << 2)));
    store<u32>(pages.refs + (id << 2), copy);
    store<u32>(pages.copies + (id << 2), 0);
    store<u8>(pages.states + id, STATE_ORPHAN);
  } else if (load<u8>(pages.states + id) == STATE_FROZEN) {
    store<u8>(pages.states + id, STATE_ORPHAN);
  } else {
    storeRelease(pages, id);
  }
}

/** Frees the id's page and the id. */
export function storeRelease(pages: PageStore, id: u32): void {
  releaseRef(pages, load<u32>(pages.refs + (id << 2)));
  store<u32>(pages.refs + (id << 2), pages.freeId);
  store<u8>(pages.states + id, STATE_FREE);
  pages.freeId = id;
}

export function releaseRef(pages: PageStore, ref: u32): void {
  const bytes = classBytes(refClass(ref));
  pageFree(refPage(ref), bytes);
  pages.pageBytes -= bytes;
}

function growStore(pages: PageStore): bool {
  const capacity = max(pages.capacity << 1, 64);
  const states = blockAlloc(capacity);
  const refs = blockAlloc(capacity << 2);
  const copies = blockAlloc(capacity << 2);
  if (states == 0 || refs == 0 || copies == 0) {
    blockFree(states);
    blockFree(refs);
    blockFree(copies);
    return false;
  }
  memory.copy(states, pages.states, pages.capacity);
  memory.copy(refs, pages.refs, pages.capacity << 2);
  memory.copy(copies, pages.copies, pages.capacity << 2);
  blockFree(pages.states);
  blockFree(pages.refs);
  blockFree(pages.copies);
  pages.states = states;
  pages.refs = refs;
  pages.copies = copies;
  pages.capacity = capacity;
  return true;
}

// Pages of state in three size classes: 4, 16 and 64 KiB, each aligned to 4 KiB at least.
//
// A buddy scheme with fours: a chunk of 64 KiB is cut into four pages of 16 KiB, one of those into
// four of 4 KiB. When four siblings are free they become one page of the next class again. Which
// pages of a chunk are free stands in the chunk's table entry; a free page holds its list links.
//
//   free bits (entry +4): 0 … 15 free pages of 4 KiB, 16 … 19 free pages of 16 KiB
//   free page: +0 u32 next  +4 u32 prev (addresses, 0 = none)
import {
  CHUNK_BYTES,
  CHUNK_PAGES,
  CHUNK_SHIFT,
  CHUNK_USED,
  chunkBytesUsed,
  chunkEntry,
  runAlloc,
  runFree,
} from "./chunks";

export const PAGE_SMALL_BYTES: usize = 4096;
export const PAGE_MEDIUM_BYTES: usize = 16384;
export const PAGE_LARGE_BYTES: usize = 65536;

let smallHead: usize = 0;
let mediumHead: usize = 0;
let freeBytes: usize = 0;

/** A page of 4096, 16384 or 65536 bytes, not zeroed; 0 = out of memory (error slot filled). */
export function pageAlloc(bytes: usize): usize {
  if (bytes <= PAGE_SMALL_BYTES) return takeSmall();
  if (bytes <= PAGE_MEDIUM_BYTES) return takeMedium();
  return runAlloc(1, CHUNK_USED);
}

/** Gives a page back; `bytes` is what it was allocated with. */
export function pageFree(ptr: usize, bytes: usize): void {
  if (bytes <= PAGE_SMALL_BYTES) freeSmall(ptr);
  else if (bytes <= PAGE_MEDIUM_BYTES) freeMedium(ptr);
  else runFree(ptr, 1);
}

/** Bytes of pages, blocks and arenas in use. */
export function memoryUsed(): usize {
  return chunkBytesUsed() - freeBytes;
}


@inline
function smallBit(ptr: usize): u32 {
  const index = <u32>((ptr & (CHUNK_BYTES - 1)) >> 12);
  return 1 << index;
}


@inline
function mediumBit(ptr: usize): u32 {
  return 0x10000 << mediumIndex(ptr);
}

/** Which of its chunk's four pages of 16 KiB an address lies in. */
@inline
function mediumIndex(ptr: usize): u32 {
  return <u32>((ptr & (CHUNK_BYTES - 1)) >> 14);
}

function takeSmall(): usize {
  let ptr = smallHead;
  if (ptr != 0) {
    smallHead = unlinkPage(ptr, smallHead);
    clearBit(ptr, smallBit(ptr));
    freeBytes -= PAGE_SMALL_BYTES;
    return ptr;
  }
  ptr = takeMedium();
  if (ptr == 0) return 0;
  putSmall(ptr + 3 * PAGE_SMALL_BYTES);
  putSmall(ptr + 2 * PAGE_SMALL_BYTES);
  putSmall(ptr + PAGE_SMALL_BYTES);
  return ptr;
}

function takeMedium(): usize {
  let ptr = mediumHead;
  if (ptr != 0) {
    mediumHead = unlinkPage(ptr, mediumHead);
    clearBit(ptr, mediumBit(ptr));
    freeBytes -= PAGE_MEDIUM_BYTES;
    return ptr;
  }
  ptr = runAlloc(1, CHUNK_PAGES);
  if (ptr == 0) return 0;
  store<u32>(chunkEntry(ptr), 0, 4);
  putMedium(ptr + 3 * PAGE_MEDIUM_BYTES);
  putMedium(ptr + 2 * PAGE_MEDIUM_BYTES);
  putMedium(ptr + PAGE_MEDIUM_BYTES);
  return ptr;
}

function freeSmall(ptr: usize): void {
  const entry = chunkEntry(ptr);
  const quad: u32 = 0xf << (mediumIndex(ptr) << 2);
  if (((load<u32>(entry, 4) | smallBit(ptr)) & quad) != quad) {
    putSmall(ptr);
    return;
  }
  const first = ptr & ~(PAGE_MEDIUM_BYTES - 1);
  let page = first;
  do {
    if (page != ptr) {
      smallHead = unlinkPage(page, smallHead);
      freeBytes -= PAGE_SMALL_BYTES;
    }
    page += PAGE_SMALL_BYTES;
  } while (page < first + PAGE_MEDIUM_BYTES);
  store<u32>(entry, load<u32>(entry, 4) & ~quad, 4);
  freeMedium(first);
}

function freeMedium(ptr: usize): void {
  const entry = chunkEntry(ptr);
  if (((load<u32>(entry, 4) | mediumBit(ptr)) & 0xf0000) != 0xf0000) {
    putMedium(ptr);
    return;
  }
  const first = (ptr >> CHUNK_SHIFT) << CHUNK_SHIFT;
  let page = first;
  let rest = 4;
  do {
    if (page != ptr) {
      mediumHead = unlinkPage(page, mediumHead);
      freeBytes -= PAGE_MEDIUM_BYTES;
    }
    page += PAGE_MEDIUM_BYTES;
  } while (--rest);
  runFree(first, 1);
}

function putSmall(ptr: usize): void {
  smallHead = linkPage(ptr, smallHead);
  setBit(ptr, smallBit(ptr));
  freeBytes += PAGE_SMALL_BYTES;
}

function putMedium(ptr: usize): void {
  mediumHead = linkPage(ptr, mediumHead);
  setBit(ptr, mediumBit(ptr));
  freeBytes += PAGE_MEDIUM_BYTES;
}

function setBit(ptr: usize, bit: u32): void {
  const entry = chunkEntry(ptr);
  store<u32>(entry, load<u32>(entry, 4) | bit, 4);
}

function clearBit(ptr: usize, bit: u32): void {
  const entry = chunkEntry(ptr);
  store<u32>(entry, load<u32>(entry, 4) & ~bit, 4);
}

/** Both return the list's new head. */
function linkPage(ptr: usize, head: usize): usize {
  store<usize>(ptr, head);
  store<usize>(ptr, 0, 4);
  if (head != 0) store<usize>(head, ptr, 4);
  return ptr;
}

function unlinkPage(ptr: usize, head: usize): usize {
  const next = load<usize>(ptr);
  const prev = load<usize>(ptr, 4);
  if (next != 0) store<usize>(next, prev, 4);
  if (prev == 0) return next;
  store<usize>(prev, next);
  return head;
}

// The bytes of a hash page, and how many entries fit. The header is that of log pages too (log.ts).
//
// A page belongs to one table and one namespace and covers one prefix of the key hash. Entries are
// dense and in order of arrival; tags find them (16 are compared at once), long strings grow from
// the page's end towards the entries. Nothing in a page is an address. Only strings of keys that are
// too long for a page lie elsewhere, in the table's log, and are named by page id and offset; a page
// without any can be written, read back and moved by itself.
//
//   0        64              entriesAt                                     heap          pageBytes
//   ┌────────┬───────────────┬───────────────────────────────┬─── free ───┬──────────────┐
//   │ header │ tag groups    │ entries[count] (entryBytes)   │            │ long strings │
//   └────────┴───────────────┴───────────────────────────────┴────────────┴──────────────┘
//   header (64 B)                                tag group (48 B)
//   +0  u8  kind (PAGE_HASH, PAGE_LOG, …)        +0  u8[16]  0 = empty, 128 | low 7 bits of the hash
//   +1  u8  layout version                       +16 u16[16] number of the entry
//   +2  u8  size class 0 | 1 | 2
//   +3  u8  depth: bits of the prefix            entry
//   +4  u32 table id                             +0  u64 hash v1 of the key
//   +8  u32 page id                              +8  u64 null mask (bit per key slot)
//   +12 u32 entryBytes                           +16 key slots  8 B fixed types, 16 B utf8
//   +16 i64 namespace, first word                +headBytes  value (accumulators)
//   +24 i64 namespace, second word
//   +32 u64 prefix, left-aligned, rest 0         utf8 slot (16 B): u32 length, then
//   +40 u32 count                                ≤ 12 B: the bytes, rest 0
//   +44 u32 heapBytes                            > 12 B: 4 prefix bytes, i32 −(distance of the bytes
//   +48 u32 groups                                       from the page's end), u32 0; or, in the
//   +52 u32 1 + id of the next page, 0 = none            log: u32 page id, u32 offset in that page
//   +56 u64 origin, in records: whose ids the page uses (log.ts)
//
// The next page of a hash page is an older one with the same prefix (chain.ts). A page of pairs (pairs.ts) has
// the same parts, but entries without a head, found by slots of 2 B that lie where the tag groups do.
//
// The head of an entry (hash, null mask, slots) has the same form outside of pages (heads.ts); its
// long strings then hold "address − longBase", so one comparison serves both.
import { ROW_BYTES_MAX } from "../../abi";

export const PAGE_HASH: u8 = 1;
export const PAGE_LOG: u8 = 2;
export const PAGE_PAIRS: u8 = 3;
/** A hash page whose keys belong to no key group: all subtasks may need them. */
export const PAGE_TEXTS: u8 = 4;
/**
 * 2: log pages, the words at +52 and +56. 3: pages of pairs and texts; before, distinct values stood in hash pages.
 * Versions 1 and 2 are read.
 */
export const LAYOUT_VERSION: u8 = 3;
export const LAYOUT_VERSION_OLDEST: u8 = 1;
export const LAYOUT_VERSION_LOGS: u8 = 2;
export const LAYOUT_VERSION_PAIRS: u8 = 3;

export const PAGE_HEADER_BYTES: usize = 64;
export const PAGE_KIND_AT: usize = 0;
export const PAGE_LAYOUT_AT: usize = 1;
export const PAGE_CLASS_AT: usize = 2;
export const PAGE_DEPTH_AT: usize = 3;
export const PAGE_TABLE_AT: usize = 4;
export const PAGE_ID_AT: usize = 8;
export const PAGE_ENTRY_BYTES_AT: usize = 12;
export const PAGE_SPACE_A_AT: usize = 16;
export const PAGE_SPACE_B_AT: usize = 24;
export const PAGE_PREFIX_AT: usize = 32;
export const PAGE_COUNT_AT: usize = 40;
export const PAGE_HEAP_AT: usize = 44;
export const PAGE_GROUPS_AT: usize = 48;
export const PAGE_NEXT_AT: usize = 52;
export const PAGE_ORIGIN_AT: usize = 56;

export const GROUP_BYTES: usize = 48;
/** Entries per tag group when a page is full: 12 of 16, so that most probes end in one group. */
const ENTRIES_PER_GROUP: u32 = 12;

export const HEAD_HASH_AT: usize = 0;
export const HEAD_NULLS_AT: usize = 8;
export const HEAD_SLOTS_AT: usize = 16;
/** Strings up to this length stand in their slot. */
export const SLOT_INLINE_BYTES: u32 = 12;

/** Largest size class. */
export const CLASS_MAX: u32 = 2;
/** Pages of a subtask at most 2^22: a deeper prefix than this is not split any more. */
export const DEPTH_MAX: u32 = 22;
/**
 * A directory of this depth (512 KiB) any table may have; a deeper one only by this many entries per
 * page, so that many keys with one prefix make chains of pages instead of a huge directory.
 */
export const DEPTH_FREE: u32 = 16;
export const DIRECTORY_ENTRIES_PER_PAGE: u64 = 4096;
/** Long strings of one key in its page: four of them still fit the largest page. */
export const KEY_LONG_BYTES_MAX: u32 = 15360;
/** Strings of one entry: those of a row; before version 3 one of them again, as the value of a distinct count. */
export const KEY_TEXT_BYTES_MAX: u32 = 2 * ROW_BYTES_MAX;
/**
 * Of a key with more, the strings longer than this go to the log; the rest then fits the page, of 24
 * keys and a distinct value.
 */
export const KEY_STRING_BYTES_KEPT: u32 = 600;

/** Low bits of a page reference (directory, page store) hold the size class. */
export const REF_CLASS_MASK: u32 = 3;


@inline
export function classBytes(cls: u32): usize {
  return (<usize>4096) << (cls << 1);
}


@inline
export function refPage(ref: u32): usize {
  return <usize>(ref & ~REF_CLASS_MASK);
}


@inline
export function refClass(ref: u32): u32 {
  return ref & REF_CLASS_MASK;
}

/** Start of the entries of a page whose groups are known. */
@inline
export function entriesAt(groups: u32): usize {
  return PAGE_HEADER_BYTES + <usize>groups * GROUP_BYTES;
}

export function pageEntries(page: usize): usize {
  return page + entriesAt(load<u32>(page, PAGE_GROUPS_AT));
}

/** Where "−distance" of a long string counts from. */
export function pageEnd(page: usize): usize {
  return page + classBytes(<u32>load<u8>(page, PAGE_CLASS_AT));
}

export function groupsFor(capacity: u32): u32 {
  return max((capacity + ENTRIES_PER_GROUP - 1) / ENTRIES_PER_GROUP, 1);
}

/** Entries of this width that a page of the class holds (0 = none). */
export function capacityOf(cls: u32, entryBytes: u32): u32 {
  const room = <u32>(classBytes(cls) - PAGE_HEADER_BYTES);
  let n = (room * ENTRIES_PER_GROUP) / (entryBytes * ENTRIES_PER_GROUP + <u32>GROUP_BYTES);
  while (n > 0 && n * entryBytes + groupsFor(n) * <u32>GROUP_BYTES > room) n--;
  return n;
}

/** Copies whole words; short copies beat memory.copy, which is a call. */
@inline
export function copyWords(to: usize, from: usize, bytes: usize): void {
  let at: usize = 0;
  while (at + 16 <= bytes) {
    v128.store(to + at, v128.load(from + at));
    at += 16;
  }
  if (at < bytes) store<u64>(to + at, load<u64>(from + at));
}

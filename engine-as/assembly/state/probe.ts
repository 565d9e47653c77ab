// Finding keys: heads in, addresses of entries out, many at a time.
//
// Two passes over blocks of rows: one proposes an entry per row by its tag, without a branch that the
// data decides, so that the cache misses of many rows are under way at once; the other compares. A
// split or a rebuild moves entries: the whole chunk is then looked up again, this time without
// inserts, so every address it returns is valid (until then a proposed one may be stale, and is
// only ever read).
import { chainFind } from "./chain";
import { headLongBytes, headsEqual } from "./heads";
import {
  GROUP_BYTES,
  PAGE_GROUPS_AT,
  PAGE_HEADER_BYTES,
  PAGE_NEXT_AT,
  classBytes,
  groupsFor,
  refClass,
  refPage,
} from "./layout";
import { STATE_DIRTY, storeTouch } from "./page-store";
import { tableInsert } from "./insert";
import { hasRoom, pageAppendAt } from "./page";
import { Table, directoryAt } from "./table";

const FAILED: usize = 2;
/** Marks the address of an entry that was not there before; entries lie at multiples of 8. */
const NEW: usize = 1;
/** Rows between the two passes: what they touch stays in the first-level cache. */
const BLOCK_ROWS: i32 = 256;
const SEEN_BITS: u32 = 8192;
const SEEN: usize = memory.data(1024, 16);

/**
 * entries[i] (u32) = the entry of heads[i], whose long strings lie at longBase or in logs of the page
 * store `headPages` (0 = none), inserted with the template value when it is new; all
 * pages met are DIRTY afterwards. `news` (u8[n], zeroed by the caller, or 0) marks new ones.
 * Addresses are valid until `table.moves` changes. False = error slot filled.
 */
export function tableResolve(
  table: Table,
  heads: usize,
  stride: usize,
  longBase: usize,
  n: i32,
  entries: usize,
  news: usize,
  headPages: usize = 0,
): bool {
  if (table.idCount == 0) table.expected = <u32>n > table.shape.capacity0 ? distinctAtLeast(heads, stride, n) : 0;
  while (true) {
    const moves = table.moves;
    if (!resolveOnce(table, heads, stride, longBase, headPages, n, entries, news)) return false;
    if (table.moves == moves) return true;
  }
}

/** How many different hashes there are among n: as many as bits that they set, or more. */
function distinctAtLeast(heads: usize, stride: usize, n: i32): u32 {
  memory.fill(SEEN, 0, SEEN_BITS >> 3);
  let distinct: u32 = 0;
  let head = heads;
  for (let i = 0; i < n; i++, head += stride) {
    const bit = (<u32>(load<u64>(head) >> 16)) & (SEEN_BITS - 1);
    const at = SEEN + (bit >> 3);
    const byte = <u32>load<u8>(at);
    distinct += ((byte >> (bit & 7)) & 1) ^ 1;
    store<u8>(at, <u8>(byte | (1 << (bit & 7))));
  }
  return distinct;
}

function resolveOnce(
  table: Table,
  heads: usize,
  stride: usize,
  longBase: usize,
  headPages: usize,
  n: i32,
  entries: usize,
  news: usize,
): bool {
  let done = 0;
  while (done < n) {
    const count = min(n - done, BLOCK_ROWS);
    const head = heads + <usize>done * stride;
    const out = entries + ((<usize>done) << 2);
    propose(table, head, stride, count, out);
    if (!confirm(table, head, stride, longBase, headPages, count, out, news == 0 ? 0 : news + done)) return false;
    done += count;
  }
  return true;
}

/**
 * out[i] = the entry of the first hit in the key's first tag group, nearly always the right one; 0 =
 * no hit, no page, or a page that is not dirty. Without branches on the data, so that many rows'
 * cache misses are under way at once.
 */
function propose(table: Table, heads: usize, stride: usize, n: i32, entries: usize): void {
  const shape = table.shape;
  const width = <usize>shape.entryBytes;
  const groups0 = groupsFor(shape.capacity0);
  const groups1 = groupsFor(shape.capacity1);
  const groups2 = groupsFor(shape.capacity2);
  const states = table.pages.states;
  const directory = table.directory;
  const shift = 64 - <u64>table.depth;
  let head = heads;
  let out = entries;
  const end = entries + ((<usize>n) << 2);
  if (table.idCount == 0) {
    memory.fill(entries, 0, end - entries);
    return;
  }
  while (out < end) {
    const hash = load<u64>(head);
    const slot = directory + ((<usize>(hash >> shift)) << 3);
    const ref = load<u32>(slot);
    const cls = refClass(ref);
    const groups = cls == 1 ? groups1 : cls == 0 ? groups0 : groups2;
    // a part of the directory without a page leads to harmless low memory; its hit is masked below
    const page = refPage(ref);
    const at = page + PAGE_HEADER_BYTES + <usize>(((hash & 0xffffffff) * <u64>groups) >> 32) * GROUP_BYTES;
    const hits = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>(0x80 | (<u8>(hash & 0x7f))))));
    const lane = (<usize>ctz(hits | 0x8000)) << 1;
    const entry = page + PAGE_HEADER_BYTES + <usize>groups * GROUP_BYTES + <usize>load<u16>(at + lane, 16) * width;
    const usable =
      (<i32>(hits != 0)) & (<i32>(ref != 0)) & (<i32>(load<u8>(states + load<u32>(slot, 4)) == STATE_DIRTY));
    store<u32>(out, select<u32>(<u32>entry, 0, usable));
    head += stride;
    out += 4;
  }
}

/** Compares the proposed entries with their heads; what differs is searched, and inserted if it is new. */
function confirm(
  table: Table,
  heads: usize,
  stride: usize,
  longBase: usize,
  headPages: usize,
  n: i32,
  entries: usize,
  news: usize,
): bool {
  const headBytes = <usize>table.shape.headBytes;
  const refs = table.shape.refs;
  // of another page's entries equal references are not equal strings; a batch's refer like no entry's
  const careful = <u64>(refs != 0 && longBase != 0);
  let head = heads;
  let out = entries;
  const end = entries + ((<usize>n) << 2);
  while (out < end) {
    let entry = <usize>load<u32>(out);
    if (entry == 0 || (headDifference(entry, head, headBytes) | careful) != 0) {
      const same = careful != 0 && entry != 0 && headDifference(entry, head, headBytes) == 0;
      if (!same || headLongBytes(head, refs) != 0) {
        const slot = directoryAt(table, load<u64>(head));
        const ref = load<u32>(slot);
        entry = ref == 0 ? 0 : search(table, ref, load<u32>(slot, 4), head, longBase, headPages);
      }
      if (entry == FAILED) return false;
      if (entry == 0) entry = tableInsert(table, head, longBase, headPages, 0) | NEW;
      if ((entry & NEW) != 0) {
        entry &= ~NEW;
        if (entry == 0) return false;
        if (news != 0) store<u8>(news + ((out - entries) >> 2), 1);
      }
      store<u32>(out, <u32>entry);
    }
    head += stride;
    out += 4;
  }
  return true;
}

/** 0 when the heads are the same words; the branches depend on the shape alone. */
@inline
function headDifference(entry: usize, head: usize, headBytes: usize): u64 {
  let difference = (load<u64>(entry) ^ load<u64>(head)) | (load<u64>(entry, 8) ^ load<u64>(head, 8));
  if (headBytes > 16) difference |= load<u64>(entry, 16) ^ load<u64>(head, 16);
  if (headBytes > 24) difference |= load<u64>(entry, 24) ^ load<u64>(head, 24);
  let at: usize = 32;
  while (at < headBytes) {
    difference |= load<u64>(entry + at) ^ load<u64>(head + at);
    at += 8;
  }
  return difference;
}

/**
 * The whole search in one page, which becomes DIRTY, and in those behind it. A key that is not there is appended where the
 * search ended if the page has room (the address is then marked NEW), else 0; FAILED = out of memory.
 */
function search(table: Table, ref: u32, id: u32, head: usize, longBase: usize, headPages: usize): usize {
  if (load<u8>(table.pages.states + id) != STATE_DIRTY && !storeTouch(table.pages, id)) return FAILED;
  const shape = table.shape;
  const page = refPage(ref);
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const hash = load<u64>(head);
  const first = page + PAGE_HEADER_BYTES + <usize>groups * GROUP_BYTES;
  const base = page + classBytes(refClass(ref));
  const tag = i8x16.splat(<i8>(0x80 | (<u8>(hash & 0x7f))));
  let at = page + PAGE_HEADER_BYTES + <usize>(((hash & 0xffffffff) * <u64>groups) >> 32) * GROUP_BYTES;
  while (true) {
    const tags = v128.load(at);
    let hits = i8x16.bitmask(i8x16.eq(tags, tag));
    while (hits != 0) {
      const entry = first + <usize>load<u16>(at + ((<usize>ctz(hits)) << 1), 16) * shape.entryBytes;
      if (
        load<u64>(entry) == hash &&
        headsEqual(entry, base, changetype<usize>(table.pages), head, longBase, headPages, shape.headBytes, shape.refs)
      )
        return entry;
      hits &= hits - 1;
    }
    // an empty tag ends the key's run of groups; a full page always has some
    const empty = i8x16.bitmask(i8x16.eq(tags, i8x16.splat(0)));
    if (empty != 0) {
      const next = load<u32>(page, PAGE_NEXT_AT);
      if (next != 0) {
        const found = chainFind(table, next, head, longBase, headPages);
        if (found != 0) return found;
      }
      const longBytes: u32 = shape.refs == 0 ? 0 : headLongBytes(head, shape.refs);
      if (longBytes != 0 || !hasRoom(shape, page, refClass(ref), 0)) return 0;
      table.count++;
      return pageAppendAt(shape, page, first, head, at, <usize>ctz(empty)) | NEW;
    }
    at += GROUP_BYTES;
    if (at == first) at = page + PAGE_HEADER_BYTES;
  }
}

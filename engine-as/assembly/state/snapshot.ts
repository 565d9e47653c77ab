// Writing pages out: what changed since the last snapshot, as of the barrier.
//
// `storeFreeze` (the barrier) lists the live ids and freezes the dirty pages; no byte is copied.
// `snapshotPages` then packs whole records into the host's buffer, call by call, while writers go on
// (page-store.ts keeps what they would overwrite). A page is clean once it has been written here. If
// the host throws a written snapshot away, it says so with `storeDirtyAll`: the next one is full.
//
//   RECORD_LIVE payload   u32 ids[]; header +40 u32 part, +44 u32 parts (a record holds 24,576 ids)
//   RECORD_PAGE payload   page header (64 B) | entries | long strings: what restores a page; tags
//                         and free space are left out and rebuilt; +56 origin of the store's ids
import {
  ERROR_BUG,
  RECORD_CHECKSUM_AT,
  RECORD_GROUP_FROM_AT,
  RECORD_GROUP_TO_AT,
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LAYOUT_AT,
  RECORD_LIVE,
  RECORD_MAGIC,
  RECORD_OPERATOR_AT,
  RECORD_PAGE,
  RECORD_PAGE_AT,
  RECORD_PAYLOAD_BYTES_AT,
} from "../../abi";
import { hashBytes } from "../kernels/hash";
import { blockAlloc, blockFree, fail } from "../memory/index";
import {
  LAYOUT_VERSION,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_ENTRY_BYTES_AT,
  PAGE_HASH,
  PAGE_HEADER_BYTES,
  PAGE_HEAP_AT,
  PAGE_KIND_AT,
  PAGE_ORIGIN_AT,
  PAGE_PREFIX_AT,
  pageEnd,
  pageEntries,
  refPage,
} from "./layout";
import {
  PageStore,
  STATE_CLEAN,
  STATE_DIRTY,
  STATE_FREE,
  STATE_FROZEN,
  STATE_ORPHAN,
  releaseRef,
  storeRelease,
} from "./page-store";

/** Ids in one RECORD_LIVE, so that a record fits the smallest buffer (128 KiB). */
const LIVE_IDS_MAX: u32 = 24576;
const PART_AT: usize = 40;
const PARTS_AT: usize = 44;

/** The part of the key groups that a subtask owns. */
@unmanaged
export class KeyGroups {
  from: u32;
  /** exclusive */
  to: u32;
  log2: u32;
}


@inline
export function keyGroupOf(hash: u64, log2: u32): u32 {
  return log2 == 0 ? 0 : <u32>(hash >> (64 - <u64>log2));
}

/** First key group that a prefix covers. */
export function prefixGroupFrom(prefix: u64, log2: u32): u32 {
  return keyGroupOf(prefix, log2);
}

/** One past the last key group that a prefix covers. */
export function prefixGroupTo(prefix: u64, depth: u32, log2: u32): u32 {
  return keyGroupOf(depth == 0 ? <u64>-1 : prefix | ((<u64>-1) >> (<u64>depth)), log2) + 1;
}

/** Freezes all dirty pages and notes the live ids; false = out of memory. */
export function storeFreeze(pages: PageStore): bool {
  if (pages.live != 0) {
    dropPending(pages);
    storeDirtyAll(pages);
  }
  const live = blockAlloc(max(pages.pageCount << 2, 16));
  if (live == 0) return false;
  let count: u32 = 0;
  for (let id: u32 = 0; id < pages.idCount; id++) {
    const state = load<u8>(pages.states + id);
    if (state != STATE_CLEAN && state != STATE_DIRTY) continue;
    if (state == STATE_DIRTY) store<u8>(pages.states + id, STATE_FROZEN);
    store<u32>(live + (count << 2), id);
    count++;
  }
  pages.live = live;
  pages.liveCount = count;
  pages.liveWritten = 0;
  pages.drained = 0;
  return true;
}

/** Counts every page as changed: the next snapshot is full. */
export function storeDirtyAll(pages: PageStore): void {
  for (let id: u32 = 0; id < pages.idCount; id++) {
    const state = load<u8>(pages.states + id);
    if (state == STATE_CLEAN) store<u8>(pages.states + id, STATE_DIRTY);
  }
}

/** Forgets a snapshot that was not drained to its end. */
function dropPending(pages: PageStore): void {
  for (let id: u32 = 0; id < pages.idCount; id++) {
    const state = load<u8>(pages.states + id);
    if (state == STATE_FREE) continue;
    const copy = load<u32>(pages.copies + (id << 2));
    if (copy != 0) {
      releaseRef(pages, copy);
      store<u32>(pages.copies + (id << 2), 0);
    }
    if (state == STATE_ORPHAN) storeRelease(pages, id);
    else if (state == STATE_FROZEN) store<u8>(pages.states + id, STATE_DIRTY);
  }
  blockFree(pages.live);
  pages.live = 0;
}

/** Whole records into [into, into + capacity); bytes written, 0 = the snapshot is complete, < 0 = error. */
export function snapshotPages(pages: PageStore, into: usize, capacity: i32, operator: i32, groups: KeyGroups): i32 {
  if (pages.live == 0) return 0;
  let at = into;
  const end = into + <usize>capacity;
  while (pages.liveWritten <= pages.liveCount) {
    const bytes = liveRecord(pages, at, end, operator);
    if (bytes == 0) return full(at - into, operator);
    at += bytes;
  }
  while (pages.drained < pages.liveCount) {
    const id = load<u32>(pages.live + (pages.drained << 2));
    const ref = pendingRef(pages, id);
    if (ref != 0) {
      const bytes = pageRecord(pages, refPage(ref), id, at, end, operator, groups);
      if (bytes == 0) return full(at - into, operator);
      at += bytes;
      settle(pages, id, ref);
    }
    pages.drained++;
  }
  if (at > into) return <i32>(at - into);
  blockFree(pages.live);
  pages.live = 0;
  return 0;
}

function full(written: usize, operator: i32): i32 {
  return written > 0 ? <i32>written : fail(ERROR_BUG, operator, RECORD_HEADER_BYTES, 0, 0);
}

/** The page that the snapshot wants under this id, 0 = nothing to write. */
function pendingRef(pages: PageStore, id: u32): u32 {
  const copy = load<u32>(pages.copies + (id << 2));
  if (copy != 0) return copy;
  const state = load<u8>(pages.states + id);
  return state == STATE_FROZEN || state == STATE_ORPHAN ? load<u32>(pages.refs + (id << 2)) : 0;
}

function settle(pages: PageStore, id: u32, ref: u32): void {
  const state = load<u8>(pages.states + id);
  if (state == STATE_ORPHAN) storeRelease(pages, id);
  else if (state == STATE_FROZEN) store<u8>(pages.states + id, STATE_CLEAN);
  else {
    releaseRef(pages, ref);
    store<u32>(pages.copies + (id << 2), 0);
  }
}

/** Writes a record's header over a payload that stands behind it; returns the record's bytes. */
export function recordSeal(
  at: usize,
  kind: u32,
  operator: i32,
  pageId: u32,
  from: u32,
  to: u32,
  payloadBytes: u32,
): usize {
  const payload = at + RECORD_HEADER_BYTES;
  const padded = (<usize>payloadBytes + 15) & ~15;
  memory.fill(payload + payloadBytes, 0, padded - payloadBytes);
  memory.fill(at, 0, RECORD_HEADER_BYTES);
  store<u32>(at, RECORD_MAGIC);
  store<u32>(at, kind, RECORD_KIND_AT);
  store<u32>(at, LAYOUT_VERSION, RECORD_LAYOUT_AT);
  store<i32>(at, operator, RECORD_OPERATOR_AT);
  store<u32>(at, pageId, RECORD_PAGE_AT);
  store<u32>(at, from, RECORD_GROUP_FROM_AT);
  store<u32>(at, to, RECORD_GROUP_TO_AT);
  store<u32>(at, payloadBytes, RECORD_PAYLOAD_BYTES_AT);
  store<u64>(at, hashBytes(payload, payloadBytes), RECORD_CHECKSUM_AT);
  return <usize>RECORD_HEADER_BYTES + padded;
}

function liveRecord(pages: PageStore, at: usize, end: usize, operator: i32): usize {
  const count = min(pages.liveCount - pages.liveWritten, LIVE_IDS_MAX);
  if (at + RECORD_HEADER_BYTES + ((<usize>count) << 2) + 16 > end) return 0;
  memory.copy(at + RECORD_HEADER_BYTES, pages.live + (pages.liveWritten << 2), count << 2);
  const bytes = recordSeal(at, RECORD_LIVE, operator, 0, 0, 0, count << 2);
  store<u32>(at, pages.liveWritten / LIVE_IDS_MAX, PART_AT);
  store<u32>(at, max((pages.liveCount + LIVE_IDS_MAX - 1) / LIVE_IDS_MAX, 1), PARTS_AT);
  pages.liveWritten += count;
  // one past the end says that the last part is written, also when there are no ids at all
  if (pages.liveWritten == pages.liveCount) pages.liveWritten++;
  return bytes;
}

function pageRecord(
  pages: PageStore,
  page: usize,
  id: u32,
  at: usize,
  end: usize,
  operator: i32,
  groups: KeyGroups,
): usize {
  const entryBytes = load<u32>(page, PAGE_COUNT_AT) * load<u32>(page, PAGE_ENTRY_BYTES_AT);
  const heapBytes = load<u32>(page, PAGE_HEAP_AT);
  const payloadBytes = <u32>PAGE_HEADER_BYTES + entryBytes + heapBytes;
  if (at + RECORD_HEADER_BYTES + payloadBytes + 16 > end) return 0;
  const payload = at + RECORD_HEADER_BYTES;
  memory.copy(payload, page, PAGE_HEADER_BYTES);
  store<u64>(payload, pages.origin, PAGE_ORIGIN_AT);
  memory.copy(payload + PAGE_HEADER_BYTES, pageEntries(page), entryBytes);
  memory.copy(payload + PAGE_HEADER_BYTES + entryBytes, pageEnd(page) - heapBytes, heapBytes);
  // what is not placed by the hash of a key may be of any of the own key groups
  const isPlaced = load<u8>(page, PAGE_KIND_AT) == PAGE_HASH;
  const prefix = isPlaced ? load<u64>(page, PAGE_PREFIX_AT) : 0;
  const depth = isPlaced ? <u32>load<u8>(page, PAGE_DEPTH_AT) : 0;
  const from = max(prefixGroupFrom(prefix, groups.log2), groups.from);
  const to = min(prefixGroupTo(prefix, depth, groups.log2), groups.to);
  return recordSeal(at, RECORD_PAGE, operator, id, from, to, payloadBytes);
}

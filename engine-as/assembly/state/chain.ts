// Chains: more keys with one prefix than the largest page holds, by an adversary or by one hash.
//
// A page that is full and cannot split stays as it is; a new first page is put before it and takes
// its place in the directory. Only the first page is written to by new keys, so the others stay clean
// until their own keys are written. The look-up of a key costs as many pages as its chain has, and
// keys of one hash are compared one by one: that is the price of such keys, not an error.
//
//   directory → page (any class) → page (64 KiB, full) → page (64 KiB, full)
//
// Chains are not restored as they were: what is in them is inserted again.
import { headsEqual } from "./heads";
import {
  GROUP_BYTES,
  PAGE_DEPTH_AT,
  PAGE_GROUPS_AT,
  PAGE_HEADER_BYTES,
  PAGE_NEXT_AT,
  PAGE_PREFIX_AT,
  classBytes,
  refClass,
  refPage,
} from "./layout";
import { pageNew } from "./page";
import { STATE_DIRTY, releaseRef, storeTouch } from "./page-store";
import { Table, tableAddPage } from "./table";

/** What chainFind returns instead of an entry: out of memory. */
const FAILED: usize = 2;

/** Puts an empty page before a full one; false = out of memory. */
export function chainPush(table: Table, full: usize, fullId: u32): bool {
  const cls = table.shape.firstClass;
  const page = pageNew(table, cls, load<u8>(full, PAGE_DEPTH_AT), load<u64>(full, PAGE_PREFIX_AT));
  if (page == 0) return false;
  store<u32>(page, fullId + 1, PAGE_NEXT_AT);
  if (tableAddPage(table, page, cls)) return true;
  releaseRef(table.pages, (<u32>page) | cls);
  return false;
}

/** The key's entry in the chain from page `next` − 1 on, its page DIRTY; 0 = none, 2 = out of memory. */
export function chainFind(table: Table, next: u32, head: usize, longBase: usize, headPages: usize): usize {
  const pages = table.pages;
  while (next != 0) {
    const id = next - 1;
    const ref = load<u32>(pages.refs + (id << 2));
    const entry = pageFind(table, ref, head, longBase, headPages);
    if (entry != 0) {
      // the page does not move: a frozen one is copied for the snapshot
      return load<u8>(pages.states + id) == STATE_DIRTY || storeTouch(pages, id) ? entry : FAILED;
    }
    next = load<u32>(refPage(ref), PAGE_NEXT_AT);
  }
  return 0;
}

function pageFind(table: Table, ref: u32, head: usize, longBase: usize, headPages: usize): usize {
  const shape = table.shape;
  const page = refPage(ref);
  const end = page + classBytes(refClass(ref));
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const hash = load<u64>(head);
  const first = page + PAGE_HEADER_BYTES + <usize>groups * GROUP_BYTES;
  const tag = i8x16.splat(<i8>(0x80 | (<u8>(hash & 0x7f))));
  const own = changetype<usize>(table.pages);
  let at = page + PAGE_HEADER_BYTES + <usize>(((hash & 0xffffffff) * <u64>groups) >> 32) * GROUP_BYTES;
  while (true) {
    const tags = v128.load(at);
    let hits = i8x16.bitmask(i8x16.eq(tags, tag));
    while (hits != 0) {
      const entry = first + <usize>load<u16>(at + ((<usize>ctz(hits)) << 1), 16) * shape.entryBytes;
      if (
        load<u64>(entry) == hash &&
        headsEqual(entry, end, own, head, longBase, headPages, shape.headBytes, shape.refs)
      )
        return entry;
      hits &= hits - 1;
    }
    if (i8x16.bitmask(i8x16.eq(tags, i8x16.splat(0))) != 0) return 0;
    at += GROUP_BYTES;
    if (at == first) at = page + PAGE_HEADER_BYTES;
  }
}

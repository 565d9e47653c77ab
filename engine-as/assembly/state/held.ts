// Pages of a restore that wait for each other: records come in any order, and an entry whose string
// lies in a log can be inserted only when the log's pages are there.
//
// Log pages, and hash pages with such entries, are kept as their payloads in a page store of their own
// until all records have come; then the strings' bytes are appended to the new tables' logs with their
// entries, those of the own key groups only. So the peak of a restore is twice the logs' bytes; what
// is not needed is not kept. A kept page has its old id at +48, where records have nothing.
import { STATUS_DONE, STATUS_ERROR } from "../../abi";
import { blockAlloc, blockFree } from "../memory/index";
import {
  CLASS_MAX,
  PAGE_COUNT_AT,
  PAGE_ENTRY_BYTES_AT,
  PAGE_GROUPS_AT,
  PAGE_HEADER_BYTES,
  PAGE_HEAP_AT,
  PAGE_ID_AT,
  PAGE_KIND_AT,
  PAGE_LOG,
  PAGE_NEXT_AT,
  PAGE_ORIGIN_AT,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  SLOT_INLINE_BYTES,
  classBytes,
} from "./layout";
import { PageStore, releaseRef, storeAdd, storePage, storePageNew } from "./page-store";
import { CHECK_KEY_TWICE, CHECK_LOG, CHECK_PAGE_BYTES, badSnapshot } from "./checks";
import { TableShape } from "./table";
import { entryHasLongText, isLongText, textAt } from "./text-values";

/** u32[cells] of 1 + number of a kept log page, by (origin, old id); made by heldReady. */
let index: usize = 0;
let indexMask: u32 = 0;

/** Keeps a checked payload. */
export function heldAdd(held: PageStore, payload: usize, payloadBytes: u32, operator: i32): i32 {
  let cls: u32 = 0;
  while (cls <= CLASS_MAX && classBytes(cls) < <usize>payloadBytes) cls++;
  if (cls > CLASS_MAX) return badSnapshot(operator, CHECK_PAGE_BYTES, payloadBytes, classBytes(CLASS_MAX));
  const page = storePageNew(held, cls, 0);
  if (page == 0) return STATUS_ERROR;
  memory.copy(page, payload, payloadBytes);
  store<u32>(page, load<u32>(payload, PAGE_ID_AT), PAGE_GROUPS_AT);
  if (storeAdd(held, page, cls) >= 0) return STATUS_DONE;
  releaseRef(held, (<u32>page) | cls);
  return STATUS_ERROR;
}

/** After the last record: log pages are found by (origin, id), and their chains lead to kept pages. */
export function heldReady(held: PageStore, operator: i32): i32 {
  let cells: u32 = 16;
  while (cells < held.idCount << 1) cells <<= 1;
  index = blockAlloc(cells << 2);
  if (index == 0) return STATUS_ERROR;
  memory.fill(index, 0, cells << 2);
  indexMask = cells - 1;
  for (let id: u32 = 0; id < held.idCount; id++) {
    const page = storePage(held, id);
    if (load<u8>(page, PAGE_KIND_AT) != PAGE_LOG) continue;
    const cell = cellOf(held, load<u64>(page, PAGE_ORIGIN_AT), load<u32>(page, PAGE_GROUPS_AT));
    if (load<u32>(cell) != 0) return badSnapshot(operator, CHECK_KEY_TWICE, load<u32>(page, PAGE_GROUPS_AT), 0);
    store<u32>(cell, id + 1);
  }
  for (let id: u32 = 0; id < held.idCount; id++) {
    const page = storePage(held, id);
    if (load<u8>(page, PAGE_KIND_AT) != PAGE_LOG) continue;
    const next = load<u32>(page, PAGE_NEXT_AT);
    if (next == 0) continue;
    store<u32>(page, load<u32>(cellOf(held, load<u64>(page, PAGE_ORIGIN_AT), next - 1)), PAGE_NEXT_AT);
  }
  return STATUS_DONE;
}

export function heldDone(): void {
  blockFree(index);
  index = 0;
}

/** The cell of this page, or the empty one where it would be. */
function cellOf(held: PageStore, origin: u64, oldId: u32): usize {
  let at = (<u32>(((origin ^ (<u64>oldId)) * 0x9e3779b97f4a7c15) >> 32)) & indexMask;
  while (true) {
    const cell = index + ((<usize>at) << 2);
    const known = load<u32>(cell);
    if (known == 0) return cell;
    const page = storePage(held, known - 1);
    if (load<u32>(page, PAGE_GROUPS_AT) == oldId && load<u64>(page, PAGE_ORIGIN_AT) == origin) return cell;
    at = (at + 1) & indexMask;
  }
}

/** Bytes of a page payload as its own header says. */
export function payloadBytesOf(payload: usize): u32 {
  const entries = load<u32>(payload, PAGE_COUNT_AT) * load<u32>(payload, PAGE_ENTRY_BYTES_AT);
  return <u32>PAGE_HEADER_BYTES + entries + load<u32>(payload, PAGE_HEAP_AT);
}

/** Whether some string of a checked hash page lies in a log. */
export function usesLog(payload: usize, shape: TableShape): bool {
  if (shape.refs == 0 && shape.textCount == 0) return false;
  let entry = payload + PAGE_HEADER_BYTES;
  for (let rest = load<u32>(payload, PAGE_COUNT_AT); rest > 0; rest--, entry += shape.entryBytes) {
    if (entryUsesLog(entry, shape.refs) || entryHasLongText(entry, shape)) return true;
  }
  return false;
}


@inline
function entryUsesLog(entry: usize, refs: u64): bool {
  while (refs != 0) {
    const word = entry + ((<usize>ctz(refs)) << 3);
    if (load<u32>(word - 8) > SLOT_INLINE_BYTES && load<u32>(word, 4) != 0) return true;
    refs &= refs - 1;
  }
  return false;
}

/** Turns an entry's references into those of kept pages, and checks that the bytes are there. */
export function heldResolve(held: PageStore, payload: usize, entry: usize, shape: TableShape, operator: i32): i32 {
  let refs = shape.refs;
  while (refs != 0) {
    const word = entry + ((<usize>ctz(refs)) << 3);
    refs &= refs - 1;
    if (load<u32>(word - 8) <= SLOT_INLINE_BYTES || load<u32>(word, 4) == 0) continue;
    if (!resolveWord(held, payload, word))
      return badSnapshot(operator, CHECK_LOG, load<u32>(word), load<u32>(word - 8));
  }
  for (let i = 0; i < shape.textCount; i++) {
    const slot = entry + textAt(shape, i);
    if (!isLongText(slot)) continue;
    if (!resolveWord(held, payload, slot + 8))
      return badSnapshot(operator, CHECK_LOG, load<u32>(slot, 8), load<u32>(slot));
  }
  return STATUS_DONE;
}

function resolveWord(held: PageStore, payload: usize, word: usize): bool {
  const found = load<u32>(cellOf(held, load<u64>(payload, PAGE_ORIGIN_AT), load<u32>(word)));
  if (found == 0 || !isSpan(held, payload, found - 1, load<u32>(word, 4), load<u32>(word - 8))) return false;
  store<u32>(word, found - 1);
  return true;
}

/** Whether `length` bytes follow in the log from there on, in the namespace of the hash page. */
function isSpan(held: PageStore, payload: usize, id: u32, offset: u32, length: u32): bool {
  let page = storePage(held, id);
  if (
    load<u32>(page, PAGE_TABLE_AT) != load<u32>(payload, PAGE_TABLE_AT) ||
    load<i64>(page, PAGE_SPACE_A_AT) != load<i64>(payload, PAGE_SPACE_A_AT) ||
    load<i64>(page, PAGE_SPACE_B_AT) != load<i64>(payload, PAGE_SPACE_B_AT)
  )
    return false;
  let end = <u32>PAGE_HEADER_BYTES + load<u32>(page, PAGE_COUNT_AT);
  if (offset < <u32>PAGE_HEADER_BYTES || offset >= end) return false;
  let here = end - offset;
  // pages with a next one are full, so a chain of any 500 KB has few
  while (length > here) {
    length -= here;
    const next = load<u32>(page, PAGE_NEXT_AT);
    if (next == 0) return false;
    page = storePage(held, next - 1);
    here = load<u32>(page, PAGE_COUNT_AT);
  }
  return true;
}

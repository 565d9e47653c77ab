// A new key enters a table: page found or made, room made, entry appended.
import { headLongBytes, headPageBytes } from "./heads";
import { headPlace } from "./long-keys";
import { makeRoom } from "./growth";
import { CLASS_MAX, DEPTH_MAX, HEAD_HASH_AT, KEY_LONG_BYTES_MAX, refClass, refPage } from "./layout";
import { fits, hasRoom, pageAppend, pageNew } from "./page";
import { STATE_DIRTY, releaseRef, storeTouch } from "./page-store";
import { Table, directoryAt, directoryGrow, prefixOf, rangeIsEmpty, tableAddPage } from "./table";

/**
 * Appends an entry for a key that is not in the table: makes room, copies the head (long strings
 * into the page or the log) and the value, or the template when `value` is 0. The head's strings lie
 * at longBase or in logs of the page store `headPages`. Returns the entry, 0 = error.
 */
export function tableInsert(table: Table, head: usize, longBase: usize, headPages: usize, value: usize): usize {
  const shape = table.shape;
  const hash = load<u64>(head, HEAD_HASH_AT);
  let longBytes: u32 = shape.refs == 0 ? 0 : headLongBytes(head, shape.refs);
  if (longBytes != 0 && (longBytes > KEY_LONG_BYTES_MAX || longBytes != headPageBytes(head, shape.refs))) {
    head = headPlace(table, head, longBase, headPages);
    if (head == 0) return 0;
    longBytes = headPageBytes(head, shape.refs);
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

/** The first page of a part of the hash range without keys: the largest such part around `hash`. */
export function addFirstPage(table: Table, hash: u64, longBytes: u32): bool {
  const shape = table.shape;
  const least = expectedDepth(table);
  if (least > table.depth && !directoryGrow(table, least)) return false;
  let depth = table.depth;
  while (depth > least && rangeIsEmpty(table, hash, depth - 1)) depth--;
  let cls = shape.firstClass;
  if (cls == 0 && table.expected >> depth > shape.capacity0) cls = 1;
  while (cls < CLASS_MAX && !fits(shape, cls, 1, longBytes)) cls++;
  const page = pageNew(table, cls, depth, prefixOf(hash, depth));
  if (page == 0) return false;
  if (tableAddPage(table, page, cls)) return true;
  releaseRef(table.pages, (<u32>page) | cls);
  return false;
}

/** Bits of the prefix with which pages of 16 KiB take the expected keys without being full. */
function expectedDepth(table: Table): u32 {
  const room = (table.shape.capacity1 * 3) >> 2;
  let depth: u32 = 0;
  while (depth < DEPTH_MAX && table.expected >> depth > room) depth++;
  return depth;
}

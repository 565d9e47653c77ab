// Growth: a full page of 4 KiB becomes one of 16 KiB, a full page of 16 KiB splits by the next bit of
// the hash. 64 KiB are for pages that cannot split: few, very wide entries, or many keys with one
// prefix, which go on in a chain of pages. So growth never touches more than one page; a replaced page that a snapshot still wants
// is left to its drain.
import { chainPush } from "./chain";
import { headPageBytes } from "./heads";
import {
  CLASS_MAX,
  DEPTH_MAX,
  PAGE_CLASS_AT,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_GROUPS_AT,
  PAGE_HEAP_AT,
  PAGE_NEXT_AT,
  PAGE_PAIRS,
  PAGE_PREFIX_AT,
  classBytes,
  entriesAt,
  refClass,
  refPage,
} from "./layout";
import { fits, pageAppend, pageNew } from "./page";
import { releaseRef, storeReplace } from "./page-store";
import { pairAppend, pairHashAt, pairsMove } from "./pairs";
import { Table, TableShape, directorySet, doubleDirectory, mayDouble, tableAddPage } from "./table";

/** Makes room in a full page, of which the caller looks the successor up again; false = error slot filled. */
export function makeRoom(table: Table, ref: u32, id: u32): bool {
  const page = refPage(ref);
  const cls = refClass(ref);
  const depth = <u32>load<u8>(page, PAGE_DEPTH_AT);
  const count = load<u32>(page, PAGE_COUNT_AT);
  const splits = depth < DEPTH_MAX && load<u32>(page, PAGE_NEXT_AT) == 0 && (depth < table.depth || mayDouble(table));
  if (cls == 0 || (cls == 1 && (count < 8 || !splits))) return rebuild(table, page, cls + 1, id);
  if (splits && count > 1) return split(table, page, id, depth);
  // one prefix fills the largest page: not by chance
  return chainPush(table, page, id);
}

function rebuild(table: Table, old: usize, cls: u32, id: u32): bool {
  const page = pageNew(table, cls, load<u8>(old, PAGE_DEPTH_AT), load<u64>(old, PAGE_PREFIX_AT));
  if (page == 0) return false;
  store<u32>(page, load<u32>(old, PAGE_NEXT_AT), PAGE_NEXT_AT);
  deal(table.shape, old, 0, page, cls, page, cls);
  storeReplace(table.pages, id, page, cls);
  directorySet(table, page, (<u32>page) | cls, id);
  table.moves++;
  return true;
}

/** Copies all entries, to `one` where the hash has the bit, else to `zero`; a choice, not a branch. */
function deal(shape: TableShape, from: usize, bit: u64, zero: usize, zeroClass: u32, one: usize, oneClass: u32): void {
  const width = <usize>shape.entryBytes;
  const base = from + classBytes(<u32>load<u8>(from, PAGE_CLASS_AT));
  let entry = from + entriesAt(load<u32>(from, PAGE_GROUPS_AT));
  const end = entry + width * load<u32>(from, PAGE_COUNT_AT);
  if (shape.kind == PAGE_PAIRS) {
    if (one == zero) pairsMove(one, entry, end, width);
    for (; one != zero && entry < end; entry += width) {
      const hash = pairHashAt(entry, width);
      pairAppend(select<usize>(one, zero, (hash & bit) != 0), entry, width, hash);
    }
    return;
  }
  for (; entry < end; entry += width) {
    const isOne = (load<u64>(entry) & bit) != 0;
    const page = select<usize>(one, zero, isOne);
    pageAppend(shape, page, select<u32>(oneClass, zeroClass, isOne), entry, base, entry + shape.headBytes);
  }
}

function split(table: Table, old: usize, id: u32, depth: u32): bool {
  if (depth == table.depth && !doubleDirectory(table)) return false;
  const shape = table.shape;
  const bit = (<u64>1) << (63 - <u64>depth);
  const prefix = load<u64>(old, PAGE_PREFIX_AT);
  const count = load<u32>(old, PAGE_COUNT_AT);
  let ones: u32 = 0;
  let onesHeap: u32 = 0;
  const first = old + entriesAt(load<u32>(old, PAGE_GROUPS_AT));
  for (let i: u32 = 0; i < count; i++) {
    const entry = first + <usize>i * shape.entryBytes;
    const hash = shape.kind == PAGE_PAIRS ? pairHashAt(entry, shape.entryBytes) : load<u64>(entry);
    const isOne = <u32>((hash & bit) != 0);
    ones += isOne;
    if (shape.refs != 0) onesHeap += isOne * headPageBytes(entry, shape.refs);
  }
  if (ones == 0 || ones == count) {
    narrow(table, old, id, depth + 1, ones == 0 ? prefix : prefix | bit, bit);
    return true;
  }
  const zeroClass = classFor(shape, count - ones, load<u32>(old, PAGE_HEAP_AT) - onesHeap);
  const oneClass = classFor(shape, ones, onesHeap);
  const zeroPage = pageNew(table, zeroClass, depth + 1, prefix);
  if (zeroPage == 0) return false;
  const onePage = pageNew(table, oneClass, depth + 1, prefix | bit);
  if (onePage == 0) {
    releaseRef(table.pages, (<u32>zeroPage) | zeroClass);
    return false;
  }
  deal(shape, old, bit, zeroPage, zeroClass, onePage, oneClass);
  table.moves++;
  if (!tableAddPage(table, onePage, oneClass)) {
    releaseRef(table.pages, (<u32>zeroPage) | zeroClass);
    releaseRef(table.pages, (<u32>onePage) | oneClass);
    return false;
  }
  storeReplace(table.pages, id, zeroPage, zeroClass);
  directorySet(table, zeroPage, (<u32>zeroPage) | zeroClass, id);
  return true;
}

/** All keys lie in one half: the page covers only that one from now on, the other has no page. */
function narrow(table: Table, page: usize, id: u32, depth: u32, prefix: u64, bit: u64): void {
  const ref = (<u32>page) | (<u32>load<u8>(page, PAGE_CLASS_AT));
  store<u8>(page, <u8>depth, PAGE_DEPTH_AT);
  store<u64>(page, prefix ^ bit, PAGE_PREFIX_AT);
  directorySet(table, page, 0, 0);
  store<u64>(page, prefix, PAGE_PREFIX_AT);
  directorySet(table, page, ref, id);
}

/** The smallest class that leaves a quarter of its entries free. */
function classFor(shape: TableShape, count: u32, heapBytes: u32): u32 {
  let cls = shape.firstClass;
  while (cls < CLASS_MAX && !fits(shape, cls, count + (count >> 2) + 1, heapBytes + (heapBytes >> 2))) cls++;
  return cls;
}

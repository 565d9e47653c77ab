// Reading pages back: records of one or several old subtasks into the tables of a new one.
//
// Nothing in a record is trusted: header, checksum, sizes, prefix, counts and the references to long
// strings are checked before use, and tags are rebuilt, so no bytes can make the engine trap. A page
// whose prefix lies wholly in the own range takes a free place in the directory as it is; any other
// is inserted entry by entry, keeping the own key groups only. Restored pages count as dirty: the
// first snapshot after a restore is full.
//
// ERROR_BAD_SNAPSHOT values: the check (below), value found, expected.
import {
  ERROR_BAD_SNAPSHOT,
  RECORD_CHECKSUM_AT,
  RECORD_HEADER_BYTES,
  RECORD_LAYOUT_AT,
  RECORD_MAGIC,
  RECORD_OPERATOR_AT,
  RECORD_PAYLOAD_BYTES_AT,
  STATUS_DONE,
  STATUS_ERROR,
} from "../../abi";
import { hashBytes } from "../kernels/hash";
import { fail } from "../memory/index";
import {
  CLASS_MAX,
  DEPTH_MAX,
  KEY_LONG_BYTES_MAX,
  LAYOUT_VERSION,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_ENTRY_BYTES_AT,
  PAGE_HASH,
  PAGE_HEADER_BYTES,
  PAGE_HEAP_AT,
  PAGE_KIND_AT,
  PAGE_LAYOUT_AT,
  PAGE_PREFIX_AT,
  SLOT_INLINE_BYTES,
  copyWords,
} from "./layout";
import { headLongBytes } from "./heads";
import { releaseRef } from "./page-store";
import { tableResolve } from "./probe";
import { KeyGroups, keyGroupOf, prefixGroupFrom, prefixGroupTo } from "./snapshot";
import { fits, pageAppend, pageNew } from "./page";
import { Table, TableShape, directoryGrow, prefixOf, rangeIsEmpty, tableAddPage } from "./table";

export const CHECK_RECORD_BYTES: i32 = 1;
export const CHECK_RECORD_MAGIC: i32 = 2;
export const CHECK_LAYOUT: i32 = 3;
export const CHECK_OPERATOR: i32 = 4;
export const CHECK_CHECKSUM: i32 = 5;
export const CHECK_KIND: i32 = 6;
export const CHECK_PAGE_KIND: i32 = 7;
export const CHECK_TABLE: i32 = 8;
export const CHECK_ENTRY_BYTES: i32 = 9;
export const CHECK_PAGE_BYTES: i32 = 10;
export const CHECK_DEPTH: i32 = 11;
export const CHECK_PREFIX: i32 = 12;
export const CHECK_HASH: i32 = 13;
export const CHECK_STRING: i32 = 14;
export const CHECK_KEY_TWICE: i32 = 15;
export const CHECK_META: i32 = 16;
export const CHECK_NAMESPACE: i32 = 17;
export const CHECK_WATERMARK: i32 = 18;
export const CHECK_SHAPE: i32 = 19;

/** Prefixes longer than this are re-inserted instead of growing the directory for them at once. */
const ADOPT_DEPTH_MAX: u32 = 16;
/** Long strings of one page at most. */
const HEAP_BYTES_MAX: u32 = 65536;
const FOUND: usize = memory.data(16);

export function badSnapshot(operator: i32, check: i32, found: i64, expected: i64): i32 {
  return fail(ERROR_BAD_SNAPSHOT, operator, check, found, expected);
}

/** Header, size and checksum of the record at ptr; `bytes` is what the caller was given. */
export function recordCheck(ptr: usize, bytes: i32, operator: i32): i32 {
  if (bytes < RECORD_HEADER_BYTES) return badSnapshot(operator, CHECK_RECORD_BYTES, bytes, RECORD_HEADER_BYTES);
  if (load<i32>(ptr) != RECORD_MAGIC) return badSnapshot(operator, CHECK_RECORD_MAGIC, load<u32>(ptr), RECORD_MAGIC);
  const layout = load<u32>(ptr, RECORD_LAYOUT_AT);
  if (layout != LAYOUT_VERSION) return badSnapshot(operator, CHECK_LAYOUT, layout, LAYOUT_VERSION);
  const owner = load<i32>(ptr, RECORD_OPERATOR_AT);
  if (owner != operator) return badSnapshot(operator, CHECK_OPERATOR, owner, operator);
  const payloadBytes = load<u32>(ptr, RECORD_PAYLOAD_BYTES_AT);
  const room = <u32>(bytes - RECORD_HEADER_BYTES);
  if (payloadBytes > room) return badSnapshot(operator, CHECK_RECORD_BYTES, payloadBytes, room);
  const checksum = hashBytes(ptr + RECORD_HEADER_BYTES, payloadBytes);
  const stated = load<u64>(ptr, RECORD_CHECKSUM_AT);
  return stated == checksum ? STATUS_DONE : badSnapshot(operator, CHECK_CHECKSUM, stated, checksum);
}

/** Checks a page payload against the shape of its table, before a table is made for it. */
export function pageCheck(payload: usize, payloadBytes: u32, shape: TableShape, operator: i32): i32 {
  if (load<u8>(payload, PAGE_KIND_AT) != PAGE_HASH) {
    return badSnapshot(operator, CHECK_PAGE_KIND, load<u8>(payload, PAGE_KIND_AT), PAGE_HASH);
  }
  const layout = load<u8>(payload, PAGE_LAYOUT_AT);
  if (layout != LAYOUT_VERSION) return badSnapshot(operator, CHECK_LAYOUT, layout, LAYOUT_VERSION);
  const entryBytes = load<u32>(payload, PAGE_ENTRY_BYTES_AT);
  if (entryBytes != shape.entryBytes) return badSnapshot(operator, CHECK_ENTRY_BYTES, entryBytes, shape.entryBytes);
  const heapBytes = load<u32>(payload, PAGE_HEAP_AT);
  const bytes = <u64>PAGE_HEADER_BYTES + <u64>load<u32>(payload, PAGE_COUNT_AT) * entryBytes + heapBytes;
  if (bytes != payloadBytes || heapBytes > HEAP_BYTES_MAX)
    return badSnapshot(operator, CHECK_PAGE_BYTES, payloadBytes, bytes);
  const depth = <u32>load<u8>(payload, PAGE_DEPTH_AT);
  if (depth > DEPTH_MAX) return badSnapshot(operator, CHECK_DEPTH, depth, DEPTH_MAX);
  const prefix = load<u64>(payload, PAGE_PREFIX_AT);
  if (prefixOf(prefix, depth) != prefix) return badSnapshot(operator, CHECK_PREFIX, prefix, prefixOf(prefix, depth));
  return entriesCheck(payload, payloadBytes, shape, operator);
}

function entriesCheck(payload: usize, payloadBytes: u32, shape: TableShape, operator: i32): i32 {
  const depth = <u32>load<u8>(payload, PAGE_DEPTH_AT);
  const prefix = load<u64>(payload, PAGE_PREFIX_AT);
  const heapBytes = load<u32>(payload, PAGE_HEAP_AT);
  const width = <usize>shape.entryBytes;
  let entry = payload + PAGE_HEADER_BYTES;
  const end = payload + payloadBytes - heapBytes;
  for (; entry < end; entry += width) {
    const hash = load<u64>(entry);
    if (prefixOf(hash, depth) != prefix) return badSnapshot(operator, CHECK_HASH, hash, prefix);
    let rest = shape.refs;
    while (rest != 0) {
      const word = entry + ((<usize>ctz(rest)) << 3);
      const length = load<u32>(word - 8);
      const distance: u32 = 0 - load<u32>(word);
      if (length > SLOT_INLINE_BYTES && (length > distance || distance > heapBytes || load<u32>(word, 4) != 0)) {
        return badSnapshot(operator, CHECK_STRING, length, heapBytes);
      }
      rest &= rest - 1;
    }
    if (shape.refs != 0 && headLongBytes(entry, shape.refs) > KEY_LONG_BYTES_MAX) {
      return badSnapshot(operator, CHECK_STRING, headLongBytes(entry, shape.refs), KEY_LONG_BYTES_MAX);
    }
  }
  return STATUS_DONE;
}

/** Puts a checked page's entries into the table, own key groups only. */
export function pageRestore(table: Table, payload: usize, payloadBytes: u32, groups: KeyGroups): i32 {
  const depth = <u32>load<u8>(payload, PAGE_DEPTH_AT);
  const prefix = load<u64>(payload, PAGE_PREFIX_AT);
  const from = prefixGroupFrom(prefix, groups.log2);
  const to = prefixGroupTo(prefix, depth, groups.log2);
  if (from >= groups.to || to <= groups.from) return STATUS_DONE;
  if (from >= groups.from && to <= groups.to && depth <= ADOPT_DEPTH_MAX) {
    if (!directoryGrow(table, depth)) return STATUS_ERROR;
    const cls = classForPage(table.shape, payload);
    if (cls <= CLASS_MAX && rangeIsEmpty(table, prefix, depth)) return adopt(table, payload, payloadBytes, cls);
  }
  return insertEach(table, payload, payloadBytes, groups);
}

function classForPage(shape: TableShape, payload: usize): u32 {
  let cls = shape.firstClass;
  while (cls <= CLASS_MAX && !fits(shape, cls, load<u32>(payload, PAGE_COUNT_AT), longBytesOf(shape, payload))) cls++;
  return cls;
}

/** What the page's long strings take when each is stored once more (hostile ones may overlap). */
function longBytesOf(shape: TableShape, payload: usize): u32 {
  if (shape.refs == 0) return 0;
  const width = <usize>shape.entryBytes;
  let bytes: u32 = 0;
  let entry = payload + PAGE_HEADER_BYTES;
  const end = entry + width * load<u32>(payload, PAGE_COUNT_AT);
  for (; entry < end; entry += width) bytes = min(bytes + headLongBytes(entry, shape.refs), (<u32>1) << 30);
  return bytes;
}

function adopt(table: Table, payload: usize, payloadBytes: u32, cls: u32): i32 {
  const shape = table.shape;
  const count = load<u32>(payload, PAGE_COUNT_AT);
  const page = pageNew(table, cls, load<u8>(payload, PAGE_DEPTH_AT), load<u64>(payload, PAGE_PREFIX_AT));
  if (page == 0) return STATUS_ERROR;
  let entry = payload + PAGE_HEADER_BYTES;
  for (let i: u32 = 0; i < count; i++) {
    pageAppend(shape, page, cls, entry, payload + payloadBytes, entry + shape.headBytes);
    entry += shape.entryBytes;
  }
  if (!tableAddPage(table, page, cls)) {
    releaseRef(table.pages, (<u32>page) | cls);
    return STATUS_ERROR;
  }
  table.count += count;
  return STATUS_DONE;
}

function insertEach(table: Table, payload: usize, payloadBytes: u32, groups: KeyGroups): i32 {
  const shape = table.shape;
  const count = load<u32>(payload, PAGE_COUNT_AT);
  const valueBytes = <usize>(shape.entryBytes - shape.headBytes);
  let entry = payload + PAGE_HEADER_BYTES;
  for (let i: u32 = 0; i < count; i++, entry += shape.entryBytes) {
    const group = keyGroupOf(load<u64>(entry), groups.log2);
    if (group - groups.from >= groups.to - groups.from) continue;
    store<u8>(FOUND, 0, 8);
    if (!tableResolve(table, entry, 0, payload + payloadBytes, 1, FOUND, FOUND + 8)) return STATUS_ERROR;
    if (load<u8>(FOUND, 8) == 0) return badSnapshot(table.operator, CHECK_KEY_TWICE, load<u64>(entry), 0);
    copyWords(load<usize>(FOUND) + shape.headBytes, entry + shape.headBytes, valueBytes);
  }
  return STATUS_DONE;
}

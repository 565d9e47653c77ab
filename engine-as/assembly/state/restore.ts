// Reading pages back: records of one or several old subtasks into the tables of a new one.
//
// Nothing in a record is trusted: header, checksum, sizes, prefix, counts and the references to long
// strings are checked before use, and tags are rebuilt, so no bytes can make the engine trap. A page
// whose prefix lies wholly in the own range takes a free place in the directory as it is; any other
// is inserted entry by entry, keeping the own key groups only. Restored pages count as dirty: the
// first snapshot after a restore is full. Entries with strings in a log wait for its pages (held.ts).
import {
  RECORD_CHECKSUM_AT,
  RECORD_HEADER_BYTES,
  RECORD_LAYOUT_AT,
  RECORD_MAGIC,
  RECORD_OPERATOR_AT,
  RECORD_PAYLOAD_BYTES_AT,
  ROW_BYTES_MAX,
  STATUS_DONE,
  STATUS_ERROR,
} from "../../abi";
import { hashBytes } from "../kernels/hash";
import {
  CHECK_CHECKSUM,
  CHECK_DEPTH,
  CHECK_ENTRY_BYTES,
  CHECK_HASH,
  CHECK_KEY_TWICE,
  CHECK_LAYOUT,
  CHECK_LOG,
  CHECK_OPERATOR,
  CHECK_PAGE_BYTES,
  CHECK_PAGE_KIND,
  CHECK_PREFIX,
  CHECK_RECORD_BYTES,
  CHECK_RECORD_MAGIC,
  CHECK_STRING,
  badSnapshot,
} from "./checks";
import {
  CLASS_MAX,
  DEPTH_MAX,
  KEY_LONG_BYTES_MAX,
  KEY_TEXT_BYTES_MAX,
  LAYOUT_VERSION,
  LAYOUT_VERSION_LOGS,
  LAYOUT_VERSION_OLDEST,
  LAYOUT_VERSION_PAIRS,
  PAGE_CLASS_AT,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_ENTRY_BYTES_AT,
  PAGE_HEADER_BYTES,
  PAGE_HEAP_AT,
  PAGE_KIND_AT,
  PAGE_LAYOUT_AT,
  PAGE_LOG,
  PAGE_NEXT_AT,
  PAGE_PAIRS,
  PAGE_PREFIX_AT,
  SLOT_INLINE_BYTES,
  copyWords,
} from "./layout";
import { headLongBytes, headPageBytes } from "./heads";
import { heldResolve, payloadBytesOf } from "./held";
import { logCapacity } from "./log";
import { PageStore, releaseRef } from "./page-store";
import { tableResolve } from "./probe";
import { KeyGroups, keyGroupOf, prefixGroupFrom, prefixGroupTo } from "./snapshot";
import { fits, pageAppend, pageNew } from "./page";
import { Table, TableShape, directoryGrow, prefixOf, rangeIsEmpty, tableAddPage } from "./table";
import { textsCheck, textsRestore } from "./text-values";

/** Prefixes longer than this are re-inserted instead of growing the directory for them at once. */
const ADOPT_DEPTH_MAX: u32 = 16;
/** Long strings of one page at most. */
const HEAP_BYTES_MAX: u32 = 65536;
const FOUND: usize = memory.data(16);

/** Header, size and checksum of the record at ptr; `bytes` is what the caller was given. */
export function recordCheck(ptr: usize, bytes: i32, operator: i32): i32 {
  if (bytes < RECORD_HEADER_BYTES) return badSnapshot(operator, CHECK_RECORD_BYTES, bytes, RECORD_HEADER_BYTES);
  if (load<i32>(ptr) != RECORD_MAGIC) return badSnapshot(operator, CHECK_RECORD_MAGIC, load<u32>(ptr), RECORD_MAGIC);
  const layout = load<u32>(ptr, RECORD_LAYOUT_AT);
  if (!isLayout(layout)) return badSnapshot(operator, CHECK_LAYOUT, layout, LAYOUT_VERSION);
  const owner = load<i32>(ptr, RECORD_OPERATOR_AT);
  if (owner != operator) return badSnapshot(operator, CHECK_OPERATOR, owner, operator);
  const payloadBytes = load<u32>(ptr, RECORD_PAYLOAD_BYTES_AT);
  const room = <u32>(bytes - RECORD_HEADER_BYTES);
  if (payloadBytes > room) return badSnapshot(operator, CHECK_RECORD_BYTES, payloadBytes, room);
  const checksum = hashBytes(ptr + RECORD_HEADER_BYTES, payloadBytes);
  const stated = load<u64>(ptr, RECORD_CHECKSUM_AT);
  return stated == checksum ? STATUS_DONE : badSnapshot(operator, CHECK_CHECKSUM, stated, checksum);
}

function isLayout(version: u32): bool {
  return version >= LAYOUT_VERSION_OLDEST && version <= LAYOUT_VERSION;
}

/** Checks the payload of a log page. */
export function logCheck(payload: usize, payloadBytes: u32, operator: i32): i32 {
  const layout = load<u8>(payload, PAGE_LAYOUT_AT);
  if (!isLayout(layout) || layout < LAYOUT_VERSION_LOGS)
    return badSnapshot(operator, CHECK_LAYOUT, layout, LAYOUT_VERSION_LOGS);
  const width = load<u32>(payload, PAGE_ENTRY_BYTES_AT);
  if (width != 1) return badSnapshot(operator, CHECK_ENTRY_BYTES, width, 1);
  const bytes = load<u32>(payload, PAGE_COUNT_AT);
  const cls = <u32>load<u8>(payload, PAGE_CLASS_AT);
  if (cls > CLASS_MAX || bytes == 0 || bytes > logCapacity(cls) || load<u32>(payload, PAGE_HEAP_AT) != 0)
    return badSnapshot(operator, CHECK_LOG, bytes, cls);
  if (bytes + <u32>PAGE_HEADER_BYTES != payloadBytes)
    return badSnapshot(operator, CHECK_PAGE_BYTES, payloadBytes, bytes);
  // a string goes on in the next page only when this one is full
  if (load<u32>(payload, PAGE_NEXT_AT) != 0 && bytes != logCapacity(cls))
    return badSnapshot(operator, CHECK_LOG, bytes, logCapacity(cls));
  return STATUS_DONE;
}

/** Checks a hash page's payload against the shape of its table, before a table is made for it. */
export function pageCheck(payload: usize, payloadBytes: u32, shape: TableShape, operator: i32): i32 {
  if (load<u8>(payload, PAGE_KIND_AT) != shape.kind) {
    return badSnapshot(operator, CHECK_PAGE_KIND, load<u8>(payload, PAGE_KIND_AT), shape.kind);
  }
  const layout = load<u8>(payload, PAGE_LAYOUT_AT);
  if (!isLayout(layout)) return badSnapshot(operator, CHECK_LAYOUT, layout, LAYOUT_VERSION);
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

/** Checks the payload of a page of pairs; what the pairs name is checked when all of it is there. */
export function pairsCheck(payload: usize, payloadBytes: u32, shape: TableShape, operator: i32): i32 {
  // a table of another kind has no distinct count that the pairs could be of
  if (shape.kind != PAGE_PAIRS) return badSnapshot(operator, CHECK_PAGE_KIND, PAGE_PAIRS, shape.kind);
  const layout = load<u8>(payload, PAGE_LAYOUT_AT);
  if (!isLayout(layout) || layout < LAYOUT_VERSION_PAIRS)
    return badSnapshot(operator, CHECK_LAYOUT, layout, LAYOUT_VERSION_PAIRS);
  const entryBytes = load<u32>(payload, PAGE_ENTRY_BYTES_AT);
  if (entryBytes != shape.entryBytes) return badSnapshot(operator, CHECK_ENTRY_BYTES, entryBytes, shape.entryBytes);
  const bytes = <u64>PAGE_HEADER_BYTES + <u64>load<u32>(payload, PAGE_COUNT_AT) * entryBytes;
  if (bytes != payloadBytes || load<u32>(payload, PAGE_HEAP_AT) != 0)
    return badSnapshot(operator, CHECK_PAGE_BYTES, payloadBytes, bytes);
  return STATUS_DONE;
}

function entriesCheck(payload: usize, payloadBytes: u32, shape: TableShape, operator: i32): i32 {
  const depth = <u32>load<u8>(payload, PAGE_DEPTH_AT);
  const prefix = load<u64>(payload, PAGE_PREFIX_AT);
  const heapBytes = load<u32>(payload, PAGE_HEAP_AT);
  const hasLogs = load<u8>(payload, PAGE_LAYOUT_AT) > LAYOUT_VERSION_OLDEST;
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
      const inLog = hasLogs && load<u32>(word, 4) != 0;
      // what a log's reference names is checked when the log is there
      const isWrong = inLog
        ? length > <u32>ROW_BYTES_MAX
        : length > distance || distance > heapBytes || load<u32>(word, 4) != 0;
      if (length > SLOT_INLINE_BYTES && isWrong) return badSnapshot(operator, CHECK_STRING, length, heapBytes);
      rest &= rest - 1;
    }
    const texts = textsCheck(entry, shape, hasLogs, operator);
    if (texts != STATUS_DONE) return texts;
    if (shape.refs == 0) continue;
    const pageBytes = headPageBytes(entry, shape.refs);
    if (pageBytes > KEY_LONG_BYTES_MAX) return badSnapshot(operator, CHECK_STRING, pageBytes, KEY_LONG_BYTES_MAX);
    const longBytes = headLongBytes(entry, shape.refs);
    if (longBytes > KEY_TEXT_BYTES_MAX) return badSnapshot(operator, CHECK_STRING, longBytes, KEY_TEXT_BYTES_MAX);
  }
  return STATUS_DONE;
}

/** Whether a checked hash page may have entries of these key groups. */
export function pageConcerns(payload: usize, groups: KeyGroups): bool {
  const prefix = load<u64>(payload, PAGE_PREFIX_AT);
  const to = prefixGroupTo(prefix, load<u8>(payload, PAGE_DEPTH_AT), groups.log2);
  return prefixGroupFrom(prefix, groups.log2) < groups.to && to > groups.from;
}

/** Puts a checked page's entries, none with strings in a log, into the table, own key groups only. */
export function pageRestore(table: Table, payload: usize, payloadBytes: u32, groups: KeyGroups): i32 {
  const depth = <u32>load<u8>(payload, PAGE_DEPTH_AT);
  const prefix = load<u64>(payload, PAGE_PREFIX_AT);
  const from = prefixGroupFrom(prefix, groups.log2);
  const to = prefixGroupTo(prefix, depth, groups.log2);
  if (!pageConcerns(payload, groups)) return STATUS_DONE;
  if (from >= groups.from && to <= groups.to && depth <= ADOPT_DEPTH_MAX) {
    if (!directoryGrow(table, depth)) return STATUS_ERROR;
    const cls = classForPage(table.shape, payload);
    if (cls <= CLASS_MAX && rangeIsEmpty(table, prefix, depth)) return adopt(table, payload, payloadBytes, cls);
  }
  return insertEach(table, payload, payloadBytes, groups, 0);
}

/** The same for a page kept by held.ts, all of whose log pages have come. */
export function heldRestore(table: Table, held: usize, payload: usize, groups: KeyGroups): i32 {
  return insertEach(table, payload, payloadBytesOf(payload), groups, held);
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

function insertEach(table: Table, payload: usize, payloadBytes: u32, groups: KeyGroups, held: usize): i32 {
  const shape = table.shape;
  const count = load<u32>(payload, PAGE_COUNT_AT);
  const valueBytes = <usize>(shape.entryBytes - shape.headBytes);
  let entry = payload + PAGE_HEADER_BYTES;
  for (let i: u32 = 0; i < count; i++, entry += shape.entryBytes) {
    const group = keyGroupOf(load<u64>(entry), groups.log2);
    if (group - groups.from >= groups.to - groups.from) continue;
    if (held != 0) {
      const status = heldResolve(changetype<PageStore>(held), payload, entry, shape, table.operator);
      if (status != STATUS_DONE) return status;
    }
    store<u8>(FOUND, 0, 8);
    if (!tableResolve(table, entry, 0, payload + payloadBytes, 1, FOUND, FOUND + 8, held)) return STATUS_ERROR;
    if (load<u8>(FOUND, 8) == 0) return badSnapshot(table.operator, CHECK_KEY_TWICE, load<u64>(entry), 0);
    copyWords(load<usize>(FOUND) + shape.headBytes, entry + shape.headBytes, valueBytes);
    if (held != 0 && !textsRestore(table, load<usize>(FOUND), entry, held)) return STATUS_ERROR;
  }
  return STATUS_DONE;
}

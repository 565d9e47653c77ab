// Pairs, texts and old distinct values of a snapshot get the numbers and ids of the restoring subtask.
//
// Numbers and ids of several old subtasks may be equal; the origin in each page tells whose they are (log.ts). A
// page of a main table gives its keys new numbers when it comes; texts are entered when the first own pair
// names them, so that each subtask keeps its own ones only. Counts are made anew from the pairs.
import { STATUS_DONE, STATUS_ERROR, TYPE_UTF8 } from "../../abi";
import { hashBytes } from "../kernels/hash";
import { blockAlloc, blockFree, failIn } from "../memory/index";
import {
  CHECK_KEY_TWICE,
  CHECK_PAIR,
  HEAD_NULLS_AT,
  LAYOUT_VERSION_PAIRS,
  PAGE_COUNT_AT,
  PAGE_HASH,
  PAGE_HEADER_BYTES,
  PAGE_LAYOUT_AT,
  PAGE_NEXT_AT,
  PAGE_ORIGIN_AT,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  PageStore,
  Table,
  TableShape,
  badSnapshot,
  copyWords,
  heldResolve,
  keyGroupOf,
  pageEntries,
  pairsAdd,
  payloadBytesOf,
  shapeInit,
  slotBytes,
  tablePageAt,
  tableResolve,
  textCopy,
} from "../state/index";
import { TEXT_ENTRY_BYTES, TEXT_HEAD_BYTES, dictionaryOf, textIdNew } from "./window-dictionary";
import { CELL_NUMBER_AT, roomForNumbers } from "./window-distinct";
import { spaceFind } from "./window-space";
import { ACC_DISTINCT, CHUNK_ROWS, Distinct, Space, WindowOperator, distinctTableAt } from "./window-types";

/** Numbers and ids are dense: larger ones would be of more keys than memory holds. */
const NUMBERS_MAX: u32 = 1 << 26;
const OLD_SHAPE: usize = memory.data(64, 16);
const FOUND: usize = memory.data(16, 16);


@unmanaged
class NumberMap {
  next: usize;
  /** whose numbers, and of which distinct count */
  origin: u64;
  index: i32;
  /** u32[capacity] by old number: own number, or of texts the address of the kept entry; 0 = none */
  capacity: u32;
  to: usize;
}

function mapFind(first: usize, origin: u64, index: i32): usize {
  while (first != 0) {
    const map = changetype<NumberMap>(first);
    if (map.origin == origin && map.index == index) return first;
    first = map.next;
  }
  return 0;
}


@inline
function mapGet(map: usize, number: u32): u32 {
  const m = changetype<NumberMap>(map);
  return number < m.capacity ? load<u32>(m.to + ((<usize>number) << 2)) : 0;
}

/** Adds to the list at `first` (its address); a number that is there already is an error. */
function mapPut(op: WindowOperator, first: usize, origin: u64, index: i32, from: u32, to: u32): i32 {
  if (from >= NUMBERS_MAX) return badSnapshot(op.id, CHECK_PAIR, from, NUMBERS_MAX);
  let ptr = mapFind(load<usize>(first), origin, index);
  if (ptr == 0) {
    ptr = blockAlloc(offsetof<NumberMap>());
    if (ptr == 0) return failIn(op.id);
    memory.fill(ptr, 0, offsetof<NumberMap>());
    changetype<NumberMap>(ptr).next = load<usize>(first);
    changetype<NumberMap>(ptr).origin = origin;
    changetype<NumberMap>(ptr).index = index;
    store<usize>(first, ptr);
  }
  const map = changetype<NumberMap>(ptr);
  if (from >= map.capacity) {
    const capacity = max(from + 1, max(map.capacity << 1, 64));
    const wider = blockAlloc((<usize>capacity) << 2);
    if (wider == 0) return failIn(op.id);
    memory.copy(wider, map.to, (<usize>map.capacity) << 2);
    memory.fill(wider + ((<usize>map.capacity) << 2), 0, (<usize>(capacity - map.capacity)) << 2);
    blockFree(map.to);
    map.to = wider;
    map.capacity = capacity;
  }
  const at = map.to + ((<usize>from) << 2);
  if (load<u32>(at) != 0) return badSnapshot(op.id, CHECK_KEY_TWICE, from, 0);
  store<u32>(at, to);
  return STATUS_DONE;
}

function mapsFree(first: usize): void {
  let ptr = load<usize>(first);
  store<usize>(first, 0);
  while (ptr != 0) {
    const next = changetype<NumberMap>(ptr).next;
    blockFree(changetype<NumberMap>(ptr).to);
    blockFree(ptr);
    ptr = next;
  }
}

export function restoreMapsFree(op: WindowOperator): void {
  for (let i = 0; i < op.spaceCount; i++) mapsFree(changetype<usize>(op.spaceAt(i)) + offsetof<Space>("maps"));
  for (let i = 0; i < op.distinctCount; i++) mapsFree(changetype<usize>(op.distinctAt(i)) + offsetof<Distinct>("maps"));
}

/** Gives the own keys of a main table's checked page their numbers, in the page itself; counts start at 0. */
export function renumberKeys(op: WindowOperator, space: Space, payload: usize): i32 {
  const origin = load<u64>(payload, PAGE_ORIGIN_AT);
  const hasNumbers = load<u8>(payload, PAGE_LAYOUT_AT) >= LAYOUT_VERSION_PAIRS;
  const width = <usize>op.entryBytes;
  let entry = payload + PAGE_HEADER_BYTES;
  for (let rest = load<u32>(payload, PAGE_COUNT_AT); rest > 0; rest--, entry += width) {
    const hash = load<u64>(entry);
    if (keyGroupOf(hash, op.groups.log2) - op.groups.from >= op.groups.to - op.groups.from) continue;
    if (op.pages.origin == 0) op.pages.origin = max(hash, 1);
    for (let i = 0; i < op.accumulatorCount; i++) {
      const acc = op.accumulatorAt(i);
      if (acc.kind != ACC_DISTINCT) continue;
      const cell = entry + acc.at;
      const number = hasNumbers ? load<u32>(cell, CELL_NUMBER_AT) : 0;
      store<u64>(cell, 0);
      if (number == 0) continue;
      const own = ++distinctTableAt(space.distinct, acc.table).numbers;
      store<u32>(cell, own, CELL_NUMBER_AT);
      const maps = changetype<usize>(space) + offsetof<Space>("maps");
      const status = mapPut(op, maps, origin, acc.table, number, own);
      if (status != STATUS_DONE) return status;
    }
  }
  return STATUS_DONE;
}

/** Makes a kept page's texts findable by their old ids: +32 old id, +36 what its long strings count from. */
export function restoreTexts(op: WindowOperator, payload: usize): i32 {
  const held = changetype<PageStore>(op.held);
  const index = <i32>load<u32>(payload, PAGE_TABLE_AT) - op.distinctCount - 1;
  const maps = changetype<usize>(op.distinctAt(index)) + offsetof<Distinct>("maps");
  const end = payload + payloadBytesOf(payload);
  let entry = payload + PAGE_HEADER_BYTES;
  for (let rest = load<u32>(payload, PAGE_COUNT_AT); rest > 0; rest--, entry += TEXT_ENTRY_BYTES) {
    if (load<u64>(entry, HEAD_NULLS_AT) != 0) return badSnapshot(op.id, CHECK_PAIR, load<u64>(entry, HEAD_NULLS_AT), 0);
    let status = heldResolve(held, payload, entry, op.distinctAt(index).textShape, op.id);
    if (status != STATUS_DONE) return status;
    store<u32>(entry, <u32>end, TEXT_HEAD_BYTES + 4);
    const id = load<u32>(entry, TEXT_HEAD_BYTES);
    status = mapPut(op, maps, load<u64>(payload, PAGE_ORIGIN_AT), index, id, <u32>entry);
    if (status != STATUS_DONE) return status;
  }
  return STATUS_DONE;
}

/** The own id of a kept text, which is entered by the first pair that names it; 0 = error slot filled. */
function ownTextId(op: WindowOperator, d: Distinct, entry: usize): u32 {
  const base = <usize>load<u32>(entry, TEXT_HEAD_BYTES + 4);
  if (base != 0) {
    const id = textIdOf(op, d, entry, base);
    if (id == 0) return 0;
    store<u32>(entry, id, TEXT_HEAD_BYTES);
    store<u32>(entry, 0, TEXT_HEAD_BYTES + 4);
  }
  return load<u32>(entry, TEXT_HEAD_BYTES);
}

function textIdOf(op: WindowOperator, d: Distinct, head: usize, longBase: usize): u32 {
  const dictionary = dictionaryOf(op, d);
  if (dictionary == 0) return 0;
  if (!tableResolve(changetype<Table>(dictionary), head, TEXT_HEAD_BYTES, longBase, 1, FOUND, 0, op.held)) return 0;
  const known = <usize>load<u32>(FOUND);
  if (load<u32>(known, TEXT_HEAD_BYTES) == 0) store<u32>(known, textIdNew(d), TEXT_HEAD_BYTES);
  return load<u32>(known, TEXT_HEAD_BYTES);
}

/** Enters a kept page's pairs of own keys. */
export function restorePairs(op: WindowOperator, payload: usize): i32 {
  const index = <i32>load<u32>(payload, PAGE_TABLE_AT) - 1;
  const origin = load<u64>(payload, PAGE_ORIGIN_AT);
  // of a subtask that had other key groups too, pairs without a key here are those of others
  const isOwn = load<u32>(payload, PAGE_NEXT_AT) != 0;
  const space = spaceFind(op, load<i64>(payload, PAGE_SPACE_A_AT), load<i64>(payload, PAGE_SPACE_B_AT));
  const numbers: usize = space == 0 ? 0 : mapFind(changetype<Space>(space).maps, origin, index);
  const d = op.distinctAt(index);
  const isText = d.type == TYPE_UTF8;
  const texts: usize = isText ? mapFind(d.maps, origin, index) : 0;
  const width: usize = isText ? 8 : 12;
  let entry = payload + PAGE_HEADER_BYTES;
  let n = 0;
  for (let rest = load<u32>(payload, PAGE_COUNT_AT); rest > 0; rest--, entry += width) {
    const own = numbers == 0 ? 0 : mapGet(numbers, load<u32>(entry));
    if (own == 0) {
      if (isOwn) return badSnapshot(op.id, CHECK_PAIR, load<u32>(entry), 0);
      continue;
    }
    store<u32>(op.pairKeys + ((<usize>n) << 2), own);
    if (isText) {
      const text: usize = texts == 0 ? 0 : <usize>mapGet(texts, load<u32>(entry, 4));
      if (text == 0) return badSnapshot(op.id, CHECK_PAIR, load<u32>(entry, 4), 1);
      const id = ownTextId(op, d, text);
      if (id == 0) return STATUS_ERROR;
      store<u32>(op.pairValues + ((<usize>n) << 2), id);
    } else {
      store<u64>(op.pairValues + ((<usize>n) << 3), load<u64>(entry, 4));
    }
    if (++n == CHUNK_ROWS) {
      if (!addPairs(op, changetype<Space>(space), index, n)) return STATUS_ERROR;
      n = 0;
    }
  }
  return n == 0 || addPairs(op, changetype<Space>(space), index, n) ? STATUS_DONE : STATUS_ERROR;
}

/** Counts are made at the end: these go nowhere. */
function addPairs(op: WindowOperator, space: Space, index: i32, n: i32): bool {
  const table = distinctTableAt(space.distinct, index);
  for (let i = 0; i < n; i++) store<u32>(op.entries2 + ((<usize>i) << 2), <u32>FOUND);
  return op.distinctAt(index).type == TYPE_UTF8
    ? pairsAdd<u32>(table, op.pairKeys, op.pairValues, n, op.entries2, 8)
    : pairsAdd<u64>(table, op.pairKeys, op.pairValues, n, op.entries2, 8);
}

/** The count of each key, from the pairs of its namespace. */
export function countPairs(op: WindowOperator): i32 {
  for (let s = 0; s < op.spaceCount; s++) {
    const space = op.spaceAt(s);
    for (let i = 0; i < op.accumulatorCount; i++) {
      const acc = op.accumulatorAt(i);
      if (acc.kind != ACC_DISTINCT) continue;
      const table = distinctTableAt(space.distinct, acc.table);
      if (table.count == 0) continue;
      if (!roomForNumbers(op, table.numbers)) return STATUS_ERROR;
      memory.fill(op.numbered, 0, (<usize>table.numbers + 1) << 2);
      const main = changetype<Table>(space.main);
      for (let p: u32 = 0; p < main.idCount; p++) {
        const page = tablePageAt(main, p);
        let cell = pageEntries(page) + acc.at;
        for (let rest = load<u32>(page, PAGE_COUNT_AT); rest > 0; rest--, cell += op.entryBytes)
          store<u32>(op.numbered + ((<usize>load<u32>(cell, CELL_NUMBER_AT)) << 2), <u32>cell);
      }
      const status = countNumbered(op, table);
      if (status != STATUS_DONE) return status;
    }
  }
  return STATUS_DONE;
}

function countNumbered(op: WindowOperator, table: Table): i32 {
  for (let p: u32 = 0; p < table.idCount; p++) {
    const page = tablePageAt(table, p);
    let entry = pageEntries(page);
    for (let rest = load<u32>(page, PAGE_COUNT_AT); rest > 0; rest--, entry += table.shape.entryBytes) {
      const cell = <usize>load<u32>(op.numbered + ((<usize>load<u32>(entry)) << 2));
      if (cell == 0) return badSnapshot(op.id, CHECK_PAIR, load<u32>(entry), 2);
      store<u32>(cell, load<u32>(cell) + 1);
    }
  }
  return STATUS_DONE;
}

/** Before version 3: head of the key with one slot more, the value's || i64 rows | u64 hash of the key. */
export function oldValueShape(op: WindowOperator, index: i32): TableShape {
  const shape = changetype<TableShape>(OLD_SHAPE);
  const type = op.distinctAt(index).type;
  shape.tableId = 1 + index;
  shape.kind = PAGE_HASH;
  shape.headBytes = op.headBytes + slotBytes(type);
  shape.entryBytes = shape.headBytes + 16;
  const word: u64 = (op.headBytes >> 3) + 1;
  shape.refs = op.refs | (type == TYPE_UTF8 ? (<u64>1) << word : 0);
  shape.template = 0;
  shapeInit(shape);
  return shape;
}

/** Turns a kept page's distinct values into pairs. */
export function restoreOldValues(op: WindowOperator, payload: usize): i32 {
  const held = changetype<PageStore>(op.held);
  const index = <i32>load<u32>(payload, PAGE_TABLE_AT) - 1;
  const shape = oldValueShape(op, index);
  const end = payload + payloadBytesOf(payload);
  const space = spaceFind(op, load<i64>(payload, PAGE_SPACE_A_AT), load<i64>(payload, PAGE_SPACE_B_AT));
  let entry = payload + PAGE_HEADER_BYTES;
  for (let rest = load<u32>(payload, PAGE_COUNT_AT); rest > 0; rest--, entry += shape.entryBytes) {
    const group = keyGroupOf(load<u64>(entry), op.groups.log2);
    if (group - op.groups.from >= op.groups.to - op.groups.from) continue;
    if (space == 0) return badSnapshot(op.id, CHECK_PAIR, 0, 3);
    let status = heldResolve(held, payload, entry, shape, op.id);
    if (status == STATUS_DONE) status = restoreOldValue(op, changetype<Space>(space), index, entry, end);
    if (status != STATUS_DONE) return status;
  }
  return STATUS_DONE;
}

function restoreOldValue(op: WindowOperator, space: Space, index: i32, entry: usize, end: usize): i32 {
  const d = op.distinctAt(index);
  const slot = entry + op.headBytes;
  const head = op.heads;
  copyWords(head, entry, op.headBytes);
  store<u64>(head, load<u64>(slot + slotBytes(d.type), 8));
  store<u64>(head, load<u64>(entry, HEAD_NULLS_AT) & 0x7fffffffffffffff, HEAD_NULLS_AT);
  store<u8>(FOUND, 0, 12);
  if (!tableResolve(changetype<Table>(space.main), head, op.headBytes, end, 1, FOUND, FOUND + 12, op.held))
    return STATUS_ERROR;
  if (load<u8>(FOUND, 12) != 0) return badSnapshot(op.id, CHECK_PAIR, load<u64>(head), 4);
  const cell = <usize>load<u32>(FOUND) + cellAt(op, index);
  const table = distinctTableAt(space.distinct, index);
  if (load<u32>(cell, CELL_NUMBER_AT) == 0) store<u32>(cell, ++table.numbers, CELL_NUMBER_AT);
  store<u32>(op.pairKeys, load<u32>(cell, CELL_NUMBER_AT));
  if (d.type == TYPE_UTF8) {
    store<u64>(head, 0, HEAD_NULLS_AT);
    copyWords(head + 16, slot, 16);
    if (!hashText(op, head, end)) return STATUS_ERROR;
    const id = textIdOf(op, d, head, end);
    if (id == 0) return STATUS_ERROR;
    store<u32>(op.pairValues, id);
  } else {
    store<u64>(op.pairValues, load<u64>(slot));
  }
  return addPairs(op, space, index, 1) ? STATUS_DONE : STATUS_ERROR;
}

function cellAt(op: WindowOperator, index: i32): usize {
  let i = 0;
  while (op.accumulatorAt(i).kind != ACC_DISTINCT || op.accumulatorAt(i).table != index) i++;
  return op.accumulatorAt(i).at;
}

/** Writes the hash of the one text of a head, which may lie in several pages. */
function hashText(op: WindowOperator, head: usize, longBase: usize): bool {
  const length = load<u32>(head, 16);
  if (length <= 12) {
    store<u64>(head, hashBytes(head + 20, length));
    return true;
  }
  const text = blockAlloc(length);
  if (text == 0) return false;
  textCopy(text, head + 24, longBase, op.held, length);
  store<u64>(head, hashBytes(text, length));
  blockFree(text);
  return true;
}

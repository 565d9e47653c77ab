// Adding pairs to a table of pairs, many at a time. Layout and meaning: pairs.ts.
import { addFirstPage } from "./insert";
import { makeRoom } from "./growth";
import {
  PAGE_CLASS_AT,
  PAGE_COUNT_AT,
  PAGE_DEPTH_AT,
  PAGE_GROUPS_AT,
  PAGE_HEADER_BYTES,
  PAGE_NEXT_AT,
  PAGE_PAIRS,
  entriesAt,
  refClass,
  refPage,
} from "./layout";
import { STATE_DIRTY, storePage, storeTouch } from "./page-store";
import { PAIR_FIXED_BYTES, PAIR_TEXT_BYTES, firstSlot, pairHash, pairSlots } from "./pairs";
import { Table, TableShape, directoryAt, shapeCapacity, shapeInit } from "./table";

/** The shape of a table of pairs with ids of texts, or with values of fixed width. */
export function pairShapeInit(shape: TableShape, tableId: u32, isText: bool): bool {
  shape.tableId = tableId;
  shape.kind = PAGE_PAIRS;
  shape.entryBytes = isText ? PAIR_TEXT_BYTES : PAIR_FIXED_BYTES;
  shape.headBytes = shape.entryBytes;
  shape.refs = 0;
  shape.template = 0;
  return shapeInit(shape);
}

/**
 * Adds (keys[i], values[i]), u32[n] and V[n]. For each pair that is new, the u32 at cells[i] (u32[n] of addresses)
 * + at goes up by one. False = out of memory.
 */
export function pairsAdd<V>(table: Table, keys: usize, values: usize, n: i32, cells: usize, at: usize): bool {
  const width: usize = 4 + sizeof<V>();
  let i: usize = 0;
  while (i < <usize>n) {
    if (table.idCount == 1) {
      i = addToPage<V>(table, keys, values, i, n, cells, at);
      if (i == <usize>n) break;
    }
    const key = load<u32>(keys + (i << 2));
    const value = load<V>(values + i * sizeof<V>());
    const hash = pairHash<V>(key, value);
    const place = directoryAt(table, hash);
    const ref = load<u32>(place);
    if (ref == 0) {
      if (!addFirstPage(table, hash, 0)) return false;
      continue;
    }
    const page = refPage(ref);
    const slot = findSlot<V>(page, hash, key, value);
    if (load<u16>(slot) == 0 && !isInChain<V>(table, page, hash, key, value)) {
      const id = load<u32>(place, 4);
      if (load<u8>(table.pages.states + id) != STATE_DIRTY && !storeTouch(table.pages, id)) return false;
      const count = load<u32>(page, PAGE_COUNT_AT);
      if (count == shapeCapacity(table.shape, refClass(ref))) {
        if (!makeRoom(table, ref, id)) return false;
        continue;
      }
      const entry = page + entriesAt(load<u32>(page, PAGE_GROUPS_AT)) + <usize>count * width;
      store<u32>(entry, key);
      store<V>(entry, value, 4);
      store<u16>(slot, <u16>(count + 1));
      store<u32>(page, count + 1, PAGE_COUNT_AT);
      table.count++;
      const cell = <usize>load<u32>(cells + (i << 2)) + at;
      store<u32>(cell, load<u32>(cell) + 1);
    }
    i++;
  }
  return true;
}

/**
 * Adds pairs from `i` on to the table's only page, if it is one that may be written and covers all hashes, until it is
 * full; returns the first that it did not add. Whether a pair is new decides no branch: it is hard to foresee.
 */
function addToPage<V>(table: Table, keys: usize, values: usize, i: usize, n: i32, cells: usize, at: usize): usize {
  const width: usize = 4 + sizeof<V>();
  const id = load<u32>(table.ids);
  const page = storePage(table.pages, id);
  if (load<u8>(page, PAGE_DEPTH_AT) != 0 || load<u8>(table.pages.states + id) != STATE_DIRTY) return i;
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const slotCount = pairSlots(groups);
  const slots = page + PAGE_HEADER_BYTES;
  const end = page + entriesAt(groups);
  const entries = end - width;
  const capacity = shapeCapacity(table.shape, <u32>load<u8>(page, PAGE_CLASS_AT));
  const before = load<u32>(page, PAGE_COUNT_AT);
  let count = before;
  while (i < <usize>n && count < capacity) {
    const key = load<u32>(keys + (i << 2));
    const value = load<V>(values + i * sizeof<V>());
    let slot = slots + ((<usize>firstSlot(pairHash<V>(key, value), slotCount)) << 1);
    let index = <u32>load<u16>(slot);
    while (true) {
      // of an empty slot the entry before the first one is looked at, which is slots
      const entry = entries + <usize>index * width;
      const same = (<u32>(load<u32>(entry) == key)) & (<u32>(load<V>(entry, 4) == value));
      if ((same | (<u32>(index == 0))) != 0) break;
      slot += 2;
      if (slot == end) slot = slots;
      index = <u32>load<u16>(slot);
    }
    const isNew = <u32>(index == 0);
    const next = end + <usize>count * width;
    store<u32>(next, key);
    store<V>(next, value, 4);
    count += isNew;
    store<u16>(slot, <u16>select<u32>(count, index, isNew != 0));
    const cell = <usize>load<u32>(cells + (i << 2)) + at;
    store<u32>(cell, load<u32>(cell) + isNew);
    i++;
  }
  store<u32>(page, count, PAGE_COUNT_AT);
  table.count += count - before;
  return i;
}

/** The pair's slot in a page, or the empty one where it would be. */
function findSlot<V>(page: usize, hash: u64, key: u32, value: V): usize {
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const slots = page + PAGE_HEADER_BYTES;
  const end = page + entriesAt(groups);
  // entries are numbered from 1 on
  const entries = end - (4 + sizeof<V>());
  let slot = slots + ((<usize>firstSlot(hash, pairSlots(groups))) << 1);
  let index = <usize>load<u16>(slot);
  while (index != 0) {
    const entry = entries + index * (4 + sizeof<V>());
    if (load<u32>(entry) == key && load<V>(entry, 4) == value) break;
    slot += 2;
    if (slot == end) slot = slots;
    index = <usize>load<u16>(slot);
  }
  return slot;
}

/** Whether one of the full pages behind this one has the pair. */
function isInChain<V>(table: Table, page: usize, hash: u64, key: u32, value: V): bool {
  let next = load<u32>(page, PAGE_NEXT_AT);
  while (next != 0) {
    const older = storePage(table.pages, next - 1);
    if (load<u16>(findSlot<V>(older, hash, key, value)) != 0) return true;
    next = load<u32>(older, PAGE_NEXT_AT);
  }
  return false;
}

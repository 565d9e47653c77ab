// The texts of a distinct count, each once, with ids that stand for them in pairs (state/pairs.ts).
//
// A dictionary is a hash table of the operator's state whose key is the text: it has the pages, logs and
// snapshots of any other. It belongs to no slice, so texts whose last slice has gone are dropped from time
// to time: when it has grown by half since then, it is built again from the texts that pairs still
// name. Ids keep their texts for life, so pairs need no change; ids of dropped texts are given out again.
//
//   entry: head of one utf8 key (32 B) | u32 id, from 1 on | u32 0
//
// Ids of a frame's dictionary lead to these by an array, made for one dictionary at a time.
import { ENCODING_DICTIONARY, TYPE_UTF8 } from "../../abi";
import { Column, Dictionary, columnAt } from "../batch/index";
import { contentOf, hashColumn } from "../kernels/hash";
import { arenaAlloc, blockAlloc, blockFree } from "../memory/index";
import {
  PAGE_COUNT_AT,
  Table,
  headsColumn,
  headsStart,
  pageEnd,
  pageEntries,
  tableBytes,
  tableFree,
  tableInsert,
  tableNew,
  tablePageAt,
  tableResolve,
} from "../state/index";
import { Distinct, WindowOperator, distinctTableAt } from "./window-types";

export const TEXT_HEAD_BYTES: u32 = 32;
export const TEXT_ENTRY_BYTES: u32 = 40;
/** Word of the head that may refer to a long text's bytes. */
export const TEXT_REFS: u64 = 1 << 3;
/** A dictionary is built again when its bytes have come to one and a half times those of then, and this. */
const COLLECT_BYTES_MIN: u64 = 16384;
/** Frame dictionaries larger than this are not worth an array. */
const CACHE_ENTRIES_MAX: i32 = 65536;

/** The table of the texts; 0 = out of memory. */
export function dictionaryOf(op: WindowOperator, d: Distinct): usize {
  if (d.dictionary == 0) {
    d.dictionary = tableNew(d.textShape, op.pages, 0, 0, op.id);
    d.collectBytes = COLLECT_BYTES_MIN;
  }
  return d.dictionary;
}

export function dictionaryFree(d: Distinct): void {
  tableFree(d.dictionary);
  blockFree(d.freeIds);
  blockFree(d.cache);
  d.dictionary = 0;
  d.ids = 0;
  d.freeIds = 0;
  d.freeCount = 0;
  d.cache = 0;
  d.cacheCapacity = 0;
  d.cacheDictionary = 0;
}

/** Per batch: the array for the column's dictionary, if it has one that is worth it; false = out of memory. */
export function dictionaryPrepare(d: Distinct, column: usize, rows: i32): bool {
  d.hashes = 0;
  d.cached = 0;
  const c = changetype<Column>(column);
  if (c.type != TYPE_UTF8 || c.encoding != ENCODING_DICTIONARY) return true;
  const dict = changetype<Dictionary>(c.dict);
  if (dict.count > CACHE_ENTRIES_MAX) return true;
  const content = contentOf(c.dict, rows);
  if (content == 0) return true;
  if (d.cacheDictionary != content) {
    if (d.cacheCapacity < dict.count) {
      blockFree(d.cache);
      d.cacheCapacity = 0;
      d.cacheDictionary = 0;
      d.cache = blockAlloc((<usize>dict.count) << 2);
      if (d.cache == 0) return false;
      d.cacheCapacity = dict.count;
    }
    memory.fill(d.cache, 0, (<usize>dict.count) << 2);
    d.cacheDictionary = content;
  }
  d.cached = 1;
  return true;
}

/** ids[i] (u32) = the id of the text of rows[i] (u16), none of them null; false = error slot filled. */
export function textIds(
  op: WindowOperator,
  d: Distinct,
  batch: usize,
  column: usize,
  rows: usize,
  n: i32,
  ids: usize,
): bool {
  if (d.cached == 0) return internRows(op, d, batch, column, rows, n, ids);
  const frameIds = changetype<Column>(column).data;
  const cache = d.cache;
  let known: u32 = 1;
  for (let i = 0; i < n; i++) {
    const row = <usize>load<u16>(rows + ((<usize>i) << 1));
    const id = load<u32>(cache + ((<usize>load<u32>(frameIds + (row << 2))) << 2));
    store<u32>(ids + ((<usize>i) << 2), id);
    known &= <u32>(id != 0);
  }
  if (known != 0) return true;
  let missing = 0;
  for (let i = 0; i < n; i++) {
    store<u16>(op.rows3 + ((<usize>missing) << 1), load<u16>(rows + ((<usize>i) << 1)));
    missing += <i32>(load<u32>(ids + ((<usize>i) << 2)) == 0);
  }
  // a text that comes several times is looked up as often, once per dictionary
  if (!internRows(op, d, batch, column, op.rows3, missing, ids)) return false;
  for (let i = 0; i < missing; i++) {
    const row = <usize>load<u16>(op.rows3 + ((<usize>i) << 1));
    store<u32>(cache + ((<usize>load<u32>(frameIds + (row << 2))) << 2), load<u32>(ids + ((<usize>i) << 2)));
  }
  for (let i = 0; i < n; i++) {
    const row = <usize>load<u16>(rows + ((<usize>i) << 1));
    store<u32>(ids + ((<usize>i) << 2), load<u32>(cache + ((<usize>load<u32>(frameIds + (row << 2))) << 2)));
  }
  return true;
}

function internRows(
  op: WindowOperator,
  d: Distinct,
  batch: usize,
  column: usize,
  rows: usize,
  n: i32,
  ids: usize,
): bool {
  if (d.hashes == 0) {
    d.hashes = arenaAlloc(op.arena, (<usize>load<i32>(batch)) << 3);
    if (d.hashes == 0) return false;
    hashColumn(column, batch, d.hashes, false);
  }
  const dictionary = dictionaryOf(op, d);
  if (dictionary == 0) return false;
  headsStart(op.heads, TEXT_HEAD_BYTES, d.hashes, rows, n);
  headsColumn(op.heads, TEXT_HEAD_BYTES, column, rows, n, 16, 0);
  if (!tableResolve(changetype<Table>(dictionary), op.heads, TEXT_HEAD_BYTES, 0, n, op.entries2, 0)) return false;
  for (let i = 0; i < n; i++) {
    const entry = <usize>load<u32>(op.entries2 + ((<usize>i) << 2));
    if (load<u32>(entry, TEXT_HEAD_BYTES) == 0) store<u32>(entry, textIdNew(d), TEXT_HEAD_BYTES);
    store<u32>(ids + ((<usize>i) << 2), load<u32>(entry, TEXT_HEAD_BYTES));
  }
  return true;
}

/** An id that no text has. */
export function textIdNew(d: Distinct): u32 {
  if (d.freeCount == 0) return ++d.ids;
  d.freeCount--;
  return load<u32>(d.freeIds + ((<usize>d.freeCount) << 2));
}

/** After slices have gone: drops the texts that no pair names, if there may be many. False = out of memory. */
export function dictionaryCollect(op: WindowOperator, index: i32): bool {
  const d = op.distinctAt(index);
  if (d.dictionary == 0) return true;
  if (op.spaceCount == 0) {
    dictionaryFree(d);
    return true;
  }
  if (tableBytes(changetype<Table>(d.dictionary)) <= d.collectBytes) return true;
  const bitmapBytes = ((<usize>d.ids) >> 3) + 1;
  const named = blockAlloc(bitmapBytes);
  const freeIds = blockAlloc((<usize>d.ids + 1) << 2);
  const fresh = tableNew(d.textShape, op.pages, 0, 0, op.id);
  if (named != 0) {
    memory.fill(named, 0, bitmapBytes);
    for (let i = 0; i < op.spaceCount; i++) markTexts(distinctTableAt(op.spaceAt(i).distinct, index), named);
  }
  const done = named != 0 && freeIds != 0 && fresh != 0 && copyNamed(changetype<Table>(d.dictionary), fresh, named);
  if (!done) {
    blockFree(named);
    blockFree(freeIds);
    tableFree(fresh);
    return false;
  }
  tableFree(d.dictionary);
  d.dictionary = fresh;
  d.cacheDictionary = 0;
  blockFree(d.freeIds);
  d.freeIds = freeIds;
  d.freeCount = 0;
  for (let id = d.ids; id > 0; id--) {
    if (((load<u8>(named + (id >> 3)) >> ((<u8>id) & 7)) & 1) != 0) continue;
    store<u32>(freeIds + ((<usize>d.freeCount) << 2), id);
    d.freeCount++;
  }
  blockFree(named);
  const bytes = tableBytes(changetype<Table>(fresh));
  d.collectBytes = bytes + (bytes >> 1) + COLLECT_BYTES_MIN;
  return true;
}

function markTexts(table: Table, named: usize): void {
  for (let p: u32 = 0; p < table.idCount; p++) {
    const page = tablePageAt(table, p);
    let entry = pageEntries(page);
    for (let rest = load<u32>(page, PAGE_COUNT_AT); rest > 0; rest--, entry += 8) {
      const id = load<u32>(entry, 4);
      const at = named + (id >> 3);
      store<u8>(at, load<u8>(at) | ((<u8>1) << ((<u8>id) & 7)));
    }
  }
}

function copyNamed(from: Table, to: usize, named: usize): bool {
  for (let p: u32 = 0; p < from.idCount; p++) {
    const page = tablePageAt(from, p);
    const end = pageEnd(page);
    let entry = pageEntries(page);
    for (let rest = load<u32>(page, PAGE_COUNT_AT); rest > 0; rest--, entry += TEXT_ENTRY_BYTES) {
      const id = load<u32>(entry, TEXT_HEAD_BYTES);
      if (((load<u8>(named + (id >> 3)) >> ((<u8>id) & 7)) & 1) == 0) continue;
      const value = entry + TEXT_HEAD_BYTES;
      if (tableInsert(changetype<Table>(to), entry, end, changetype<usize>(from.pages), value) == 0) return false;
    }
  }
  return true;
}

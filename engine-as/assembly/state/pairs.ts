// Pages of pairs: the set of (number of a key, value) of one distinct count in one namespace.
//
// A number stands for a key of the namespace's main table, whose entry holds it, so a pair is 8 or 12 B
// instead of a key, a value and their hash. Values of fixed width stand for themselves, in canonical bits;
// texts by ids of the operator's dictionary (operators/window-dictionary.ts). Numbers and ids mean
// something within one operator's state only: snapshots are read with new ones (window-restore-pairs.ts).
//
//   0        64              entriesAt
//   ┌────────┬───────────────┬───────────────────────────────┬─── free ───┐
//   │ header │ slots         │ entries[count] (entryBytes)   │            │
//   └────────┴───────────────┴───────────────────────────────┴────────────┘
//   header: layout.ts, kind PAGE_PAIRS, heapBytes 0     entry
//   slots: u16[24 × groups], 1 + number of the entry,   +0 u32 number of the key, from 1 on
//   0 = empty; half of them at most are taken           +4 u32 id of the text, from 1 on, or 8 B of the value
//
// Pages grow, split and are chained like hash pages (growth.ts, chain.ts), by the hash of the pair: it is
// made of numbers that were given in order of arrival, and is no part of any format.
import { GROUP_BYTES, PAGE_COUNT_AT, PAGE_GROUPS_AT, PAGE_HEADER_BYTES, entriesAt } from "./layout";

export const PAIR_TEXT_BYTES: u32 = 8;
export const PAIR_FIXED_BYTES: u32 = 12;
const MIX1: u64 = 0x9e3779b97f4a7c15;
const MIX2: u64 = 0xd6e8feb86659fd93;

/** V: u32 for ids, u64 for values of fixed width. Top bits choose the page, the low 32 the slot. */
@inline
export function pairHash<V>(key: u32, value: V): u64 {
  let x: u64;
  if (sizeof<V>() == 4) {
    // both count from 1 on: one multiplication spreads them
    x = (((<u64>key) << 32) | (<u64>value)) * MIX1;
  } else {
    x = ((<u64>value) ^ (<u64>key * MIX2)) * MIX2;
    x = (x ^ (x >> 32)) * MIX1;
  }
  return x ^ (x >> 32);
}

export function pairHashAt(entry: usize, width: usize): u64 {
  const key = load<u32>(entry);
  return width == PAIR_TEXT_BYTES ? pairHash<u32>(key, load<u32>(entry, 4)) : pairHash<u64>(key, load<u64>(entry, 4));
}


@inline
export function pairSlots(groups: u32): u32 {
  return groups * ((<u32>GROUP_BYTES) >> 1);
}


@inline
export function firstSlot(hash: u64, slots: u32): u32 {
  return <u32>(((hash & 0xffffffff) * <u64>slots) >> 32);
}

/** Appends a copy of a pair that is not there to a page with room. */
export function pairAppend(page: usize, from: usize, width: usize, hash: u64): void {
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const count = load<u32>(page, PAGE_COUNT_AT);
  const entry = page + entriesAt(groups) + <usize>count * width;
  store<u64>(entry, load<u64>(from));
  if (width != PAIR_TEXT_BYTES) store<u32>(entry, load<u32>(from, 8), 8);
  store<u32>(page, count + 1, PAGE_COUNT_AT);
  const slots = pairSlots(groups);
  let slot = firstSlot(hash, slots);
  while (load<u16>(page + PAGE_HEADER_BYTES + ((<usize>slot) << 1)) != 0) slot = slot + 1 == slots ? 0 : slot + 1;
  store<u16>(page + PAGE_HEADER_BYTES + ((<usize>slot) << 1), <u16>(count + 1));
}

/** Copies all pairs of a page into an empty one of a larger class. */
export function pairsMove(page: usize, entry: usize, end: usize, width: usize): void {
  const groups = load<u32>(page, PAGE_GROUPS_AT);
  const slots = pairSlots(groups);
  const first = page + PAGE_HEADER_BYTES;
  memory.copy(page + entriesAt(groups), entry, end - entry);
  let count: u32 = 0;
  for (; entry < end; entry += width) {
    count++;
    let slot = firstSlot(pairHashAt(entry, width), slots);
    while (load<u16>(first + ((<usize>slot) << 1)) != 0) slot = slot + 1 == slots ? 0 : slot + 1;
    store<u16>(first + ((<usize>slot) << 1), <u16>count);
  }
  store<u32>(page, count, PAGE_COUNT_AT);
}

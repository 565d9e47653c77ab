// Heads: the key of a row or entry as words that are compared and copied as they are.
//
// A head is [hash v1 | null mask | slots] (layout.ts). Values are canonical: integers widened to
// i64, one NaN, no -0, 0 at nulls, so equal keys have equal words. Only a string of more than 12
// bytes needs a look at its bytes: its slot holds "address − longBase", where longBase is 0 for heads
// made from a batch and the page's end for entries, or refers to a log of the entry's page store.
import { ENCODING_DICTIONARY, TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_UTF8 } from "../../abi";
import { Column, Dictionary, bitAt } from "../batch/index";
import { HEAD_NULLS_AT, HEAD_SLOTS_AT, SLOT_INLINE_BYTES } from "./layout";
import { textEqual } from "./log";

const NAN_BITS: i64 = 0x7ff8000000000000;


@inline
export function slotBytes(type: i32): u32 {
  return type == TYPE_UTF8 ? 16 : 8;
}

/** One f64 as canonical bits. */
@inline
export function canonicalBits(value: f64): i64 {
  return value != value ? NAN_BITS : reinterpret<i64>(value + 0.0);
}

/** Writes hash and null mask of n heads: hashes[rows[i]] (u64[], u16[]); mask 0. */
export function headsStart(heads: usize, stride: usize, hashes: usize, rows: usize, n: i32): void {
  let at = heads;
  let row = rows;
  const end = rows + ((<usize>n) << 1);
  while (row < end) {
    store<u64>(at, load<u64>(hashes + ((<usize>load<u16>(row)) << 3)));
    store<u64>(at, 0, HEAD_NULLS_AT);
    at += stride;
    row += 2;
  }
}

/** The same without key columns: every row has the same, empty key. */
export function headsEmpty(heads: usize, stride: usize, hash: u64, n: i32): void {
  let at = heads;
  for (let i = 0; i < n; i++) {
    store<u64>(at, hash);
    store<u64>(at, 0, HEAD_NULLS_AT);
    at += stride;
  }
}

/** Writes the slot of one key column into n heads; `slotAt` counts from the head, `index` is its null bit. */
export function headsColumn(
  heads: usize,
  stride: usize,
  column: usize,
  rows: usize,
  n: i32,
  slotAt: usize,
  index: i32,
): void {
  const c = changetype<Column>(column);
  const type = c.type;
  const out = heads + slotAt;
  if (type == TYPE_UTF8) {
    if (c.encoding == ENCODING_DICTIONARY) dictionarySlots(out, stride, c, rows, n);
    else plainSlots(out, stride, c, rows, n);
  } else {
    fixedSlots(out, stride, c, rows, n);
  }
  if (c.validity != 0) nullSlots(heads, stride, c, rows, n, slotAt, index);
}

function fixedSlots(out: usize, stride: usize, c: Column, rows: usize, n: i32): void {
  const type = c.type;
  const data = c.data;
  let at = out;
  let row = rows;
  const end = rows + ((<usize>n) << 1);
  if (type == TYPE_BOOL) {
    for (; row < end; row += 2, at += stride) store<i64>(at, <i64>bitAt(data, <i32>load<u16>(row)));
  } else if (type == TYPE_I32) {
    for (; row < end; row += 2, at += stride) store<i64>(at, <i64>load<i32>(data + ((<usize>load<u16>(row)) << 2)));
  } else if (type == TYPE_F64) {
    for (; row < end; row += 2, at += stride)
      store<i64>(at, canonicalBits(load<f64>(data + ((<usize>load<u16>(row)) << 3))));
  } else {
    for (; row < end; row += 2, at += stride) store<i64>(at, load<i64>(data + ((<usize>load<u16>(row)) << 3)));
  }
}

function plainSlots(out: usize, stride: usize, c: Column, rows: usize, n: i32): void {
  const bytes = c.bytes;
  const offsets = c.data;
  let at = out;
  const end = rows + ((<usize>n) << 1);
  for (let row = rows; row < end; row += 2, at += stride) {
    const offset = offsets + ((<usize>load<u16>(row)) << 2);
    const from = load<i32>(offset);
    slotStore(at, bytes + from, load<i32>(offset, 4) - from);
  }
}

function dictionarySlots(out: usize, stride: usize, c: Column, rows: usize, n: i32): void {
  const dict = changetype<Dictionary>(c.dict);
  const bytes = dict.bytes;
  const offsets = dict.offsets;
  const ids = c.data;
  let at = out;
  const end = rows + ((<usize>n) << 1);
  for (let row = rows; row < end; row += 2, at += stride) {
    const id = load<u32>(ids + ((<usize>load<u16>(row)) << 2));
    const offset = offsets + ((<usize>id) << 2);
    const from = load<i32>(offset);
    slotStore(at, bytes + from, load<i32>(offset, 4) - from);
  }
}

function nullSlots(heads: usize, stride: usize, c: Column, rows: usize, n: i32, slotAt: usize, index: i32): void {
  const validity = c.validity;
  const wide = c.type == TYPE_UTF8;
  let head = heads;
  const end = rows + ((<usize>n) << 1);
  for (let row = rows; row < end; row += 2, head += stride) {
    if (bitAt(validity, <i32>load<u16>(row))) continue;
    store<u64>(head, load<u64>(head, HEAD_NULLS_AT) | ((<u64>1) << index), HEAD_NULLS_AT);
    store<u64>(head + slotAt, 0);
    if (wide) store<u64>(head + slotAt, 0, 8);
  }
}

/** Writes a string's slot; the bytes of a long one stay where they are (longBase 0). */
@inline
export function slotStore(slot: usize, bytes: usize, length: i32): void {
  if (<u32>length > SLOT_INLINE_BYTES) {
    store<u32>(slot, length);
    store<u32>(slot, load<u32>(bytes), 4);
    store<u64>(slot, <u64>bytes, 8);
    return;
  }
  store<u64>(slot, <u64>(<u32>length));
  store<u64>(slot, 0, 8);
  // two overlapping moves instead of a loop over bytes; neither leaves the string
  if (length >= 8) {
    store<u64>(slot, load<u64>(bytes), 4);
    store<u32>(slot + length, load<u32>(bytes + length - 4));
  } else if (length >= 4) {
    store<u32>(slot, load<u32>(bytes), 4);
    store<u32>(slot + length, load<u32>(bytes + length - 4));
  } else if (length > 0) {
    store<u8>(slot, load<u8>(bytes), 4);
    store<u8>(slot + 4 + (length >> 1), load<u8>(bytes + (length >> 1)));
    store<u8>(slot + 3 + length, load<u8>(bytes + length - 1));
  }
}

/** Where a slot's bytes are, if they are not in a log. */
@inline
export function slotText(slot: usize, longBase: usize): usize {
  return load<u32>(slot) <= SLOT_INLINE_BYTES ? slot + 4 : longBase + load<usize>(slot, 8);
}

/**
 * Whether an entry and a head of equal hash hold the same key. `refs` has a bit per 8-byte word of the
 * head that may refer to a long string's bytes; the page stores are those of the logs (0 = none).
 */
@inline
export function headsEqual(
  a: usize,
  aBase: usize,
  aPages: usize,
  b: usize,
  bBase: usize,
  bPages: usize,
  headBytes: usize,
  refs: u64,
): bool {
  if (load<u64>(a, 8) != load<u64>(b, 8)) return false;
  let at: usize = HEAD_SLOTS_AT;
  while (at < headBytes) {
    // equal references say nothing: they count from different pages
    if (((refs >> (<u64>(at >> 3))) & 1) != 0 && load<u32>(a + at - 8) > SLOT_INLINE_BYTES) {
      // the first words are equal, so the lengths are
      const length = load<u32>(a + at - 8);
      const same =
        (load<u32>(a + at, 4) | load<u32>(b + at, 4)) == 0
          ? memory.compare(aBase + load<usize>(a + at), bBase + load<usize>(b + at), length) == 0
          : textEqual(a + at, aBase, aPages, b + at, bBase, bPages, length);
      if (!same) return false;
    } else if (load<u64>(a + at) != load<u64>(b + at)) {
      return false;
    }
    at += 8;
  }
  return true;
}

/** Bytes of the long strings of a head. */
export function headLongBytes(head: usize, refs: u64): u32 {
  let bytes: u32 = 0;
  let rest = refs;
  while (rest != 0) {
    const slot = head + ((<usize>ctz(rest)) << 3) - 8;
    const length = load<u32>(slot);
    if (length > SLOT_INLINE_BYTES) bytes += length;
    rest &= rest - 1;
  }
  return bytes;
}

/** The same without those in a log. */
export function headPageBytes(head: usize, refs: u64): u32 {
  let bytes: u32 = 0;
  let rest = refs;
  while (rest != 0) {
    const word = head + ((<usize>ctz(rest)) << 3);
    const length = load<u32>(word - 8);
    if (length > SLOT_INLINE_BYTES && load<u32>(word, 4) == 0) bytes += length;
    rest &= rest - 1;
  }
  return bytes;
}

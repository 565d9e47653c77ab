// Hash v1: the 64-bit hash of keys. It is a format (docs/design/hash-v1.md): never change a result.
//
// Every bit of the result depends on every bit of the value, so disjoint bit ranges may choose key
// group, directory, bucket and tag. Integers of all widths are widened to i64, f64 has one NaN and
// no -0, null has its own value, utf8 is hashed by its bytes whatever the column's encoding.
// Several key columns are combined in order. The vectors are in hash.spec.ts.
import { ENCODING_DICTIONARY, TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_UTF8 } from "../../abi";
import { Batch, bitAt, Column, Dictionary } from "../batch/index";
import { rememberedHashes, rememberHashes } from "./dictionary-hashes";

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const MIX1: u64 = 0x3c79ac492ba7b653;
const MIX2: u64 = 0x1c69b3f74ac4ae35;
const SEED_INTEGER: u64 = 0x9e3779b97f4a7c15;
const SEED_F64: u64 = 0xd1b54a32d192ed03;
const SEED_BYTES: u64 = 0x2545f4914f6cdd1d;
const NAN_BITS: u64 = 0x7ff8000000000000;
/** What a null key hashes to, in every type. */
export const HASH_NULL: u64 = 0x6a09e667f3bcc909;

/** A bijection of 64 bits with full avalanche (Evensen's moremur). */
@inline
export function hashMix(value: u64): u64 {
  let x = value;
  x = (x ^ (x >> 27)) * MIX1;
  x = (x ^ (x >> 33)) * MIX2;
  return x ^ (x >> 27);
}

/** bool (0 | 1), i32, i64 and timestamp. */
@inline
export function hashI64(value: i64): u64 {
  return hashMix(<u64>value + SEED_INTEGER);
}


@inline
export function hashF64(value: f64): u64 {
  // adding +0 turns -0 into +0 and changes nothing else
  const bits = value != value ? NAN_BITS : reinterpret<u64>(value + 0.0);
  return hashMix(bits + SEED_F64);
}

/** The hash of a composite key from the hash of its first columns and that of the next one. */
@inline
export function hashCombine(hash: u64, next: u64): u64 {
  return hashMix(hash * P1 + next);
}


@inline
function round(lane: u64, value: u64): u64 {
  return rotl(lane + value * P2, 31) * P1;
}

/** UTF-8 or any bytes: two independent lanes of 8 B each, 16 B per round. */
export function hashBytes(ptr: usize, bytes: i32): u64 {
  let a = SEED_BYTES ^ (<u64>(<u32>bytes));
  let b = ~SEED_BYTES;
  let left = bytes;
  while (left > 16) {
    a = round(a, load<u64>(ptr));
    b = round(b, load<u64>(ptr, 8));
    ptr += 16;
    left -= 16;
  }
  // the last 0 … 16 bytes: two words that overlap; the length is in the seed, so nothing is lost
  let x: u64 = 0;
  let y: u64 = 0;
  if (left >= 8) {
    x = load<u64>(ptr);
    y = load<u64>(ptr + left - 8);
  } else if (left >= 4) {
    x = <u64>load<u32>(ptr);
    y = <u64>load<u32>(ptr + left - 4);
  } else if (left > 0) {
    x = (<u64>load<u8>(ptr)) | ((<u64>load<u8>(ptr + (left >> 1))) << 8) | ((<u64>load<u8>(ptr + left - 1)) << 16);
  }
  return hashCombine(round(a, x), round(b, y));
}

/** A dictionary's content: hash of the i32 offsets[count + 1] combined with that of the bytes. */
export function hashDictionary(offsets: usize, count: i32, bytes: usize, bytesLength: i32): u64 {
  return hashCombine(hashBytes(offsets, (count + 1) << 2), hashBytes(bytes, bytesLength));
}

/**
 * Hashes a key column: out[row] for every selected row (others are left alone), at physical row
 * numbers, u64[rows]. `combine`: out[row] holds the hash of the columns before this one.
 */
export function hashColumn(column: usize, batch: usize, out: usize, combine: bool): void {
  const c = changetype<Column>(column);
  const type = c.type;
  if (type == TYPE_UTF8) {
    if (c.encoding != ENCODING_DICTIONARY) hashRows<PlainHash>(c, batch, out, combine);
    else if (entriesHashed(c.dict, changetype<Batch>(batch).selected)) hashRows<EntryHash>(c, batch, out, combine);
    else hashRows<DictionaryHash>(c, batch, out, combine);
  } else if (type == TYPE_BOOL) hashRows<BoolHash>(c, batch, out, combine);
  else if (type == TYPE_I32) hashRows<I32Hash>(c, batch, out, combine);
  else if (type == TYPE_F64) hashRows<F64Hash>(c, batch, out, combine);
  else hashRows<I64Hash>(c, batch, out, combine);
}

/** The number of a dictionary's content, for `rows` rows that ask; 0 = it is too large for so few. */
export function contentOf(dict: usize, rows: i32): u32 {
  return entriesHashed(dict, rows) ? changetype<Dictionary>(dict).content : 0;
}

/** Hashes every entry once per dictionary, unless it is much larger than the rows that ask. */
function entriesHashed(dict: usize, rows: i32): bool {
  const d = changetype<Dictionary>(dict);
  if (d.entryHashes == 0) return false;
  if (d.content != 0) return true;
  const count = d.count;
  if (count > rows << 1) return false;
  if (!rememberedHashes(d)) {
    let entry = 0;
    while (entry < count) {
      store<u64>(d.entryHashes + ((<usize>entry) << 3), hashEntry(d, entry));
      entry++;
    }
    rememberHashes(d);
  }
  return true;
}


@inline
function hashEntry(d: Dictionary, entry: i32): u64 {
  const at = d.offsets + ((<usize>entry) << 2);
  const from = load<i32>(at);
  return hashBytes(d.bytes + from, load<i32>(at, 4) - from);
}


@final
@unmanaged
class BoolHash {

  @inline
  apply(c: Column, row: i32): u64 {
    return hashI64(<i64>bitAt(c.data, row));
  }
}


@final
@unmanaged
class I32Hash {

  @inline
  apply(c: Column, row: i32): u64 {
    return hashI64(<i64>load<i32>(c.data + ((<usize>row) << 2)));
  }
}


@final
@unmanaged
class I64Hash {

  @inline
  apply(c: Column, row: i32): u64 {
    return hashI64(load<i64>(c.data + ((<usize>row) << 3)));
  }
}


@final
@unmanaged
class F64Hash {

  @inline
  apply(c: Column, row: i32): u64 {
    return hashF64(load<f64>(c.data + ((<usize>row) << 3)));
  }
}


@final
@unmanaged
class PlainHash {

  @inline
  apply(c: Column, row: i32): u64 {
    const at = c.data + ((<usize>row) << 2);
    const from = load<i32>(at);
    return hashBytes(c.bytes + from, load<i32>(at, 4) - from);
  }
}


@final
@unmanaged
class DictionaryHash {

  @inline
  apply(c: Column, row: i32): u64 {
    return hashEntry(changetype<Dictionary>(c.dict), load<i32>(c.data + ((<usize>row) << 2)));
  }
}


@final
@unmanaged
class EntryHash {

  @inline
  apply(c: Column, row: i32): u64 {
    const id = <usize>load<u32>(c.data + ((<usize>row) << 2));
    return load<u64>(changetype<Dictionary>(c.dict).entryHashes + (id << 3));
  }
}

function hashRows<H>(c: Column, batch: usize, out: usize, combine: bool): void {
  const b = changetype<Batch>(batch);
  const count = b.selected;
  if (count == 0) return;
  const hash = changetype<H>(0);
  const validity = c.validity;
  let sel = b.sel;
  let row = 0;
  if (sel == 0 && validity == 0) {
    const end = out + ((<usize>count) << 3);
    if (combine) {
      do {
        // @ts-ignore: every functor has apply
        store<u64>(out, hashCombine(load<u64>(out), hash.apply(c, row)));
        row++;
        out += 8;
      } while (out < end);
    } else {
      do {
        // @ts-ignore: every functor has apply
        store<u64>(out, hash.apply(c, row));
        row++;
        out += 8;
      } while (out < end);
    }
    return;
  }
  let rest = count;
  do {
    if (sel != 0) {
      row = <i32>load<u16>(sel);
      sel += 2;
    }
    const at = out + ((<usize>row) << 3);
    // @ts-ignore: every functor has apply
    const value: u64 = validity == 0 || bitAt(validity, row) ? hash.apply(c, row) : HASH_NULL;
    store<u64>(at, combine ? hashCombine(load<u64>(at), value) : value);
    row++;
  } while (--rest);
}

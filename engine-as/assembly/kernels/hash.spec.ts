// Hash v1 against the vectors of docs/design/hash-v1.md, its avalanche, and every type of hashColumn.
import {
  ENCODING_DICTIONARY,
  ENCODING_PLAIN,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from "../../abi";
import { Batch, BATCH_BYTES, Column, COLUMN_BYTES, Dictionary, DICTIONARY_BYTES } from "../batch/index";
import { blockAlloc } from "../memory/index";
import { HASH_NULL, hashBytes, hashColumn, hashCombine, hashDictionary, hashF64, hashI64 } from "./hash";

function text(ptr: usize, value: string): i32 {
  return <i32>String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, ptr);
}

function hashText(value: string): u64 {
  const ptr = memory.data(256);
  return hashBytes(ptr, text(ptr, value));
}

export function test_vectors(): void {
  assert(hashI64(0) == 0xb70fb2cc55af013f, "0");
  assert(hashI64(1) == 0x90fa784dff59df1d, "1");
  assert(hashI64(-1) == 0x087164d5c9e6ae5e, "-1");
  assert(hashI64(i64.MIN_VALUE) == 0x92f98e7361aacf96, "min");
  assert(hashF64(0) == 0x3ebfc17e22b13337, "0.0");
  assert(hashF64(-0.0) == 0x3ebfc17e22b13337, "-0.0 is 0.0");
  assert(hashF64(-1.5) == 0x932eceb83dda7f69, "-1.5");
  assert(hashF64(NaN) == 0x0fb071255817f643, "NaN");
  assert(hashF64(reinterpret<f64>(0xfff8000000000123)) == 0x0fb071255817f643, "any NaN");
  assert(hashText("") == 0x0726c5253ac55de9, "empty");
  assert(hashText("a") == 0x8c7d4e3772a27aaf, "a");
  assert(hashText("SFO") == 0x116b9607915555ed, "SFO");
  assert(hashText("Zürich") == 0xde9f569664fc0c82, "Zürich");
  assert(hashText("12345678") == 0xa0c865ba9c9be167, "8 bytes");
  assert(hashText("0123456789abcdef") == 0x2b725851d9207a6f, "16 bytes");
  assert(hashText("0123456789abcdefg") == 0x06d571afcaf87eb0, "17 bytes");
  assert(hashText("The quick brown fox jumps over the lazy dog") == 0xf66ab3fdf116541c, "43 bytes");
  assert(hashCombine(hashText("SFO"), hashI64(1)) == 0x00fb2270bff78378, "composite");
  assert(hashCombine(HASH_NULL, HASH_NULL) == 0x847f9750d1034150, "nulls");
  const offsets = memory.data<i32>([0, 3, 6]);
  const bytes = memory.data(16);
  assert(hashDictionary(offsets, 2, bytes, text(bytes, "SFOLAX")) == 0x4fd7b07eec368fe1, "dictionary");
}

// each of 64 input bits flips each of 64 output bits in about half of the samples
export function test_avalanche_of_integers(): void {
  const flips = memory.data(64 * 64 * 4);
  const samples = 1500;
  for (let s = 0; s < samples; s++) {
    const value = <i64>s * 0x10001;
    for (let bit = 0; bit < 64; bit++) {
      count(flips + bit * 256, hashI64(value) ^ hashI64(value ^ ((<i64>1) << bit)));
    }
  }
  for (let at = 0; at < 64 * 64; at++) {
    const share = <f64>load<u32>(flips + at * 4) / samples;
    assert(share > 0.4 && share < 0.6, "a bit is biased");
  }
}

export function test_avalanche_of_bytes(): void {
  const flips = memory.data(64 * 4);
  const ptr = memory.data(48);
  let samples = 0;
  for (let length = 1; length <= 40; length++) {
    for (let seed = 0; seed < 40; seed++) {
      for (let i = 0; i < length; i++) store<u8>(ptr + i, <u8>(seed * 31 + i * 7));
      const before = hashBytes(ptr, length);
      const bit = (seed * 37) % (length * 8);
      const mask = (<u32>1) << (bit & 7);
      store<u8>(ptr + (bit >> 3), load<u8>(ptr + (bit >> 3)) ^ (<u8>mask));
      count(flips, before ^ hashBytes(ptr, length));
      samples++;
    }
  }
  for (let at = 0; at < 64; at++) {
    const share = <f64>load<u32>(flips + at * 4) / samples;
    assert(share > 0.42 && share < 0.58, "a bit is biased");
  }
}

function count(flips: usize, changed: u64): void {
  for (let bit = 0; bit < 64; bit++) {
    const at = flips + bit * 4;
    store<u32>(at, load<u32>(at) + <u32>((changed >> bit) & 1));
  }
}

// the top bits of consecutive integers fill 128 groups evenly
export function test_key_groups_are_even(): void {
  const groups = memory.data(128 * 4);
  for (let i = 0; i < 128 * 500; i++) {
    const at = groups + ((<usize>(hashI64(i) >> 57)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  for (let g = 0; g < 128; g++) {
    const size = load<u32>(groups + g * 4);
    assert(size > 400 && size < 600, "a key group is far from its share");
  }
}

function column(type: i32, encoding: i32, data: usize): usize {
  const ptr = blockAlloc(COLUMN_BYTES);
  memory.fill(ptr, 0, COLUMN_BYTES);
  changetype<Column>(ptr).type = type;
  changetype<Column>(ptr).encoding = encoding;
  changetype<Column>(ptr).data = data;
  return ptr;
}

function batch(rows: i32): usize {
  const ptr = blockAlloc(BATCH_BYTES);
  memory.fill(ptr, 0, BATCH_BYTES);
  changetype<Batch>(ptr).rows = rows;
  changetype<Batch>(ptr).selected = rows;
  return ptr;
}


@inline
function hashAt(out: usize, row: i32): u64 {
  return load<u64>(out + ((<usize>row) << 3));
}

export function test_types_are_widened(): void {
  const out = memory.data(64, 8);
  const b = batch(3);
  hashColumn(column(TYPE_BOOL, ENCODING_PLAIN, memory.data<u8>([0b101])), b, out, false);
  assert(hashAt(out, 0) == hashI64(1) && hashAt(out, 1) == hashI64(0) && hashAt(out, 2) == hashI64(1), "bool");
  hashColumn(column(TYPE_I32, ENCODING_PLAIN, memory.data<i32>([-7, 0, 9])), b, out, false);
  assert(hashAt(out, 0) == hashI64(-7) && hashAt(out, 2) == hashI64(9), "i32");
  hashColumn(column(TYPE_I64, ENCODING_PLAIN, memory.data<i64>([-7, 0, 9])), b, out, false);
  assert(hashAt(out, 0) == hashI64(-7) && hashAt(out, 2) == hashI64(9), "i64");
  hashColumn(column(TYPE_TIMESTAMP, ENCODING_PLAIN, memory.data<i64>([5, 0, 9])), b, out, false);
  assert(hashAt(out, 0) == hashI64(5), "timestamp");
  hashColumn(column(TYPE_F64, ENCODING_PLAIN, memory.data<f64>([2.5, 0, 9])), b, out, false);
  assert(hashAt(out, 0) == hashF64(2.5) && hashAt(out, 2) == hashF64(9), "f64");
}

export function test_encoding_makes_no_difference(): void {
  const out = memory.data(64, 8);
  const b = batch(3);
  const bytes = memory.data(16);
  text(bytes, "SFOLAXSFO");
  const plain = column(TYPE_UTF8, ENCODING_PLAIN, memory.data<i32>([0, 3, 6, 9]));
  changetype<Column>(plain).bytes = bytes;
  hashColumn(plain, b, out, false);
  const sfo = hashAt(out, 0);
  const lax = hashAt(out, 1);
  assert(sfo == hashText("SFO") && lax == hashText("LAX") && hashAt(out, 2) == sfo, "plain");
  const dict = blockAlloc(DICTIONARY_BYTES);
  memory.fill(dict, 0, DICTIONARY_BYTES);
  const d = changetype<Dictionary>(dict);
  d.count = 2;
  d.offsets = memory.data<i32>([0, 3, 6]);
  d.bytes = bytes;
  const c = column(TYPE_UTF8, ENCODING_DICTIONARY, memory.data<i32>([1, 0, 1]));
  changetype<Column>(c).dict = dict;
  hashColumn(c, b, out, false);
  assert(hashAt(out, 0) == lax && hashAt(out, 1) == sfo, "without room for entry hashes");
  d.entryHashes = memory.data(16, 8);
  hashColumn(c, b, out, false);
  assert(hashAt(out, 0) == lax && hashAt(out, 2) == lax && hashAt(out, 1) == sfo, "by entry");
  assert(d.content != 0 && load<u64>(d.entryHashes) == sfo, "entries are kept");
}

export function test_nulls_selection_and_combining(): void {
  const out = memory.data(64, 8);
  const b = batch(4);
  changetype<Batch>(b).sel = memory.data<u16>([1, 3]);
  changetype<Batch>(b).selected = 2;
  const c = column(TYPE_I64, ENCODING_PLAIN, memory.data<i64>([10, 11, 12, 13]));
  changetype<Column>(c).validity = memory.data<u8>([0b0111]);
  store<u64>(out, 99);
  hashColumn(c, b, out, false);
  assert(hashAt(out, 0) == 99, "rows that are not selected are left alone");
  assert(hashAt(out, 1) == hashI64(11) && hashAt(out, 3) == HASH_NULL, "by physical row");
  hashColumn(c, b, out, true);
  assert(hashAt(out, 1) == hashCombine(hashI64(11), hashI64(11)), "combined");
  assert(hashAt(out, 3) == hashCombine(HASH_NULL, HASH_NULL), "combined null");
}

// two dictionaries that claim the same dictHash, one after the other: each gets its own hashes
export function test_remembered_hashes_compare_content(): void {
  const out = memory.data(64, 8);
  const b = batch(2);
  const c = column(TYPE_UTF8, ENCODING_DICTIONARY, memory.data<i32>([1, 0]));
  for (let round = 0; round < 6; round++) {
    const bytes = memory.data(16);
    text(bytes, round % 3 == 0 ? "SFOLAX" : round % 3 == 1 ? "LAXSFO" : "LAXSF");
    const dict = blockAlloc(DICTIONARY_BYTES);
    memory.fill(dict, 0, DICTIONARY_BYTES);
    const d = changetype<Dictionary>(dict);
    d.count = 2;
    d.hash = 77;
    d.offsets = round % 3 == 2 ? memory.data<i32>([0, 3, 5]) : memory.data<i32>([0, 3, 6]);
    d.bytes = bytes;
    d.entryHashes = blockAlloc(16);
    changetype<Column>(c).dict = dict;
    hashColumn(c, b, out, false);
    const first = round % 3 == 0 ? "SFO" : "LAX";
    const second = round % 3 == 0 ? "LAX" : round % 3 == 1 ? "SFO" : "SF";
    assert(hashAt(out, 1) == hashText(first) && hashAt(out, 0) == hashText(second), "own hashes");
  }
}

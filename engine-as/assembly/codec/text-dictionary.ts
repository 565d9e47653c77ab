// The dictionary that a utf8 column grows while its values repeat.
//
// Entries are never removed, so an id keeps its meaning for the decoder's life, and a frame's
// dictionary is a prefix of the next one's. A text of up to 16 bytes is one masked vector load, a hash
// of two words and one comparison; longer ones are hashed in blocks and compared byte by byte. The
// hash here is private and never leaves the decoder. Bytes are validated when they become an entry:
// a text equal to an entry needs no second look.
//
//   entry (24 B): +0 u64 first 8 bytes | hash   +8 u64 next 8 bytes | hash   +16 i32 bytes
import { blockAlloc, blockFree } from "../memory/index";
import { isUtf8 } from "../kernels/utf8";

export const DICTIONARY_ENTRIES_MAX: i32 = 4096;
/** Offsets and bytes of all dictionaries of one frame. */
export const DICTIONARY_BYTES_MAX: i32 = 65536;
export const DICTIONARY_FULL: i32 = -1;
export const DICTIONARY_NOT_UTF8: i32 = -2;
const MISSING: i32 = -3;

export const TEXT_ENTRY_BYTES: usize = 24;
const SLOTS_LOG2_FIRST: u32 = 9;
const SLOTS_LOG2_LAST: u32 = 14;
const K1: u64 = 0x9e3779b97f4a7c15;
const K2: u64 = 0xc2b2ae3d27d4eb4f;

/** 16 bytes of ones, 16 of zeros: loading at 16 - n gives a mask of the first n bytes. */
// prettier-ignore
const MASKS: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0,
], 16);


@unmanaged
export class TextDictionary {
  count: i32;
  entriesMax: i32;
  bytesUsed: i32;
  bytesMax: i32;
  /** u16[1 << slotsLog2], id + 1 or 0 */
  slots: usize;
  slotsLog2: u32;
  entries: usize;
  /** i32[count + 1] */
  offsets: usize;
  bytes: usize;
  /** Of the first `hashCount` entries; −1 = not computed yet. */
  hash: u64;
  hashCount: i32;
}

/** bytesMax counts offsets and bytes; 0 = out of memory. */
export function dictionaryNew(bytesMax: i32): TextDictionary {
  const entriesMax = min(DICTIONARY_ENTRIES_MAX, bytesMax >> 3);
  const slotBytes = (<usize>2) << SLOTS_LOG2_LAST;
  const fixed = (offsetof<TextDictionary>() + 15) & ~15;
  const total = fixed + slotBytes + <usize>entriesMax * (TEXT_ENTRY_BYTES + 4) + 16 + <usize>bytesMax + 16;
  const block = blockAlloc(total);
  const dictionary = changetype<TextDictionary>(block);
  if (block == 0) return dictionary;
  memory.fill(block, 0, fixed + slotBytes);
  dictionary.entriesMax = entriesMax;
  dictionary.bytesMax = bytesMax;
  dictionary.slots = block + fixed;
  dictionary.slotsLog2 = SLOTS_LOG2_FIRST;
  dictionary.entries = dictionary.slots + slotBytes;
  dictionary.offsets = dictionary.entries + <usize>entriesMax * TEXT_ENTRY_BYTES;
  dictionary.bytes = dictionary.offsets + ((<usize>entriesMax + 1) << 2);
  store<i32>(dictionary.offsets, 0);
  dictionary.hashCount = -1;
  return dictionary;
}

export function dictionaryFree(dictionary: TextDictionary): void {
  blockFree(changetype<usize>(dictionary));
}

/** Offsets and bytes that a frame with this dictionary carries. */
@inline
export function dictionaryBytes(dictionary: TextDictionary): i32 {
  return ((dictionary.count + 1) << 2) + dictionary.bytesUsed;
}

/** The id of the text, which is entered if it is new; DICTIONARY_FULL or DICTIONARY_NOT_UTF8 otherwise. */
@inline
export function dictionaryId(dictionary: TextDictionary, ptr: usize, bytes: i32): i32 {
  if (bytes <= 8 && bytes > 0) {
    const word = shortWord(ptr, <usize>bytes);
    const hash = shortHash(word, <usize>bytes);
    const id = <i32>load<u16>(dictionary.slots + ((<usize>(hash >> (64 - dictionary.slotsLog2))) << 1)) - 1;
    if (id >= 0) {
      const entry = dictionary.entries + <usize>id * TEXT_ENTRY_BYTES;
      if (load<u64>(entry) == word && load<i32>(entry, 16) == bytes) return id;
    }
    return probe(dictionary, hash, word, 0, ptr, bytes, true);
  }
  return wideId(dictionary, ptr, bytes);
}

/** A text of 1 … 8 bytes as one word, and the hash by which it is found. */
@inline
export function shortWord(ptr: usize, bytes: usize): u64 {
  return load<u64>(ptr) & load<u64>(MASKS + 16 - bytes);
}


@inline
export function shortHash(word: u64, bytes: usize): u64 {
  return (word ^ (<u64>bytes)) * K1;
}

/** The first `bytes` (0 … 16) of the vector, the others 0. */
@inline
export function masked(text: v128, bytes: i32): v128 {
  return v128.and(text, v128.load(MASKS + 16 - <usize>bytes));
}

function wideId(dictionary: TextDictionary, ptr: usize, bytes: i32): i32 {
  if (bytes > 16) return longId(dictionary, ptr, bytes, true);
  const text = masked(v128.load(ptr), bytes);
  const a = v128.extract_lane<u64>(text, 0);
  const b = v128.extract_lane<u64>(text, 1);
  const hash = hashOf(a, b, bytes);
  const found = <i32>load<u16>(dictionary.slots + ((<usize>(hash >> (64 - dictionary.slotsLog2))) << 1)) - 1;
  if (found >= 0) {
    const entry = dictionary.entries + <usize>found * TEXT_ENTRY_BYTES;
    if (load<u64>(entry) == a && load<u64>(entry, 8) == b && load<i32>(entry, 16) == bytes) return found;
  }
  return probe(dictionary, hash, a, b, ptr, bytes, true);
}

/** The id of the text or a negative number; never enters it. */
export function dictionaryFind(dictionary: TextDictionary, ptr: usize, bytes: i32): i32 {
  if (bytes > 16) return longId(dictionary, ptr, bytes, false);
  const text = masked(v128.load(ptr), bytes);
  const a = v128.extract_lane<u64>(text, 0);
  const b = v128.extract_lane<u64>(text, 1);
  return probe(dictionary, hashOf(a, b, bytes), a, b, ptr, bytes, false);
}


@inline
function hashOf(a: u64, b: u64, bytes: i32): u64 {
  return (a ^ rotl(b * K2, 29) ^ (<u64>bytes)) * K1;
}

function longId(dictionary: TextDictionary, ptr: usize, bytes: i32, enter: bool): i32 {
  const last = ptr + <usize>bytes - 16;
  let a = <u64>bytes;
  let b: u64 = K1;
  let p = ptr;
  while (p < last) {
    a = rotl((a ^ load<u64>(p)) * K1, 31);
    b = rotl((b ^ load<u64>(p, 8)) * K2, 29);
    p += 16;
  }
  a = rotl((a ^ load<u64>(last)) * K1, 31);
  b = rotl((b ^ load<u64>(last, 8)) * K2, 29);
  return probe(dictionary, hashOf(a, b, bytes), a, b, ptr, bytes, enter);
}

function probe(dictionary: TextDictionary, hash: u64, a: u64, b: u64, ptr: usize, bytes: i32, enter: bool): i32 {
  const mask = ((<usize>1) << dictionary.slotsLog2) - 1;
  let slot = <usize>(hash >> (64 - dictionary.slotsLog2));
  let id = <i32>load<u16>(dictionary.slots + (slot << 1)) - 1;
  while (id >= 0) {
    const entry = dictionary.entries + <usize>id * TEXT_ENTRY_BYTES;
    if (load<u64>(entry) == a && load<u64>(entry, 8) == b && load<i32>(entry, 16) == bytes) {
      const at = dictionary.bytes + <usize>load<i32>(dictionary.offsets + ((<usize>id) << 2));
      if (bytes <= 16 || memory.compare(at, ptr, <usize>bytes) == 0) return id;
    }
    slot = (slot + 1) & mask;
    id = <i32>load<u16>(dictionary.slots + (slot << 1)) - 1;
  }
  return enter ? add(dictionary, slot, a, b, ptr, bytes) : MISSING;
}

function add(dictionary: TextDictionary, slot: usize, a: u64, b: u64, ptr: usize, bytes: i32): i32 {
  if (!isUtf8(ptr, bytes)) return DICTIONARY_NOT_UTF8;
  const id = dictionary.count;
  if (id == dictionary.entriesMax || dictionaryBytes(dictionary) + 4 + bytes > dictionary.bytesMax) {
    return DICTIONARY_FULL;
  }
  memory.copy(dictionary.bytes + <usize>dictionary.bytesUsed, ptr, <usize>bytes);
  dictionary.bytesUsed += bytes;
  dictionary.count = id + 1;
  store<i32>(dictionary.offsets + ((<usize>(id + 1)) << 2), dictionary.bytesUsed);
  const entry = dictionary.entries + <usize>id * TEXT_ENTRY_BYTES;
  store<u64>(entry, a);
  store<u64>(entry, b, 8);
  store<i32>(entry, bytes, 16);
  store<u16>(dictionary.slots + (slot << 1), <u16>(id + 1));
  // few entries stay in few cache lines; an eighth full, the table doubles
  if (dictionary.slotsLog2 < SLOTS_LOG2_LAST && dictionary.count << 3 >= 1 << dictionary.slotsLog2) grow(dictionary);
  return id;
}

function grow(dictionary: TextDictionary): void {
  const log2 = dictionary.slotsLog2 + 1;
  dictionary.slotsLog2 = log2;
  const mask = ((<usize>1) << log2) - 1;
  memory.fill(dictionary.slots, 0, (<usize>2) << log2);
  for (let id = 0; id < dictionary.count; id++) {
    const entry = dictionary.entries + <usize>id * TEXT_ENTRY_BYTES;
    let slot = <usize>(hashOf(load<u64>(entry), load<u64>(entry, 8), load<i32>(entry, 16)) >> (64 - log2));
    while (load<u16>(dictionary.slots + (slot << 1)) != 0) slot = (slot + 1) & mask;
    store<u16>(dictionary.slots + (slot << 1), <u16>(id + 1));
  }
}

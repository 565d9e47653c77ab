// The exchange's own copies of dictionaries, and cutting them down to what a frame refers to.
//
// A copy outlives the batch that brought it: open frames refer to it by id until they are closed.
// A dictionary that a later one extends (decoders' grow so) gives way to it: ids keep their meaning.
//
//   copy (a block): +0 i32 count  +4 i32 bytesLength  +8 u64 hash  +16 i32 bytes reserved in a frame
//                   +32 i32 offsets[count + 1]  … bytes
import { Dictionary } from "../batch/index";
import { hashDictionary } from "../kernels/hash";
import { sameBytes } from "../kernels/same-bytes";
import { blockAlloc, blockFree } from "../memory/index";

const COPY_HEADER_BYTES: usize = 32;

/** How a batch's dictionary stands to the copy. */
export const DICTIONARY_OTHER: i32 = 0;
/** Its ids mean the same in the copy. */
export const DICTIONARY_WITHIN: i32 = 1;
/** The copy's ids mean the same in it, and it has more. */
export const DICTIONARY_EXTENDS: i32 = 2;


@inline
export function copyCount(copy: usize): i32 {
  return load<i32>(copy);
}


@inline
export function copyBytesLength(copy: usize): i32 {
  return load<i32>(copy, 4);
}


@inline
export function copyHash(copy: usize): u64 {
  return load<u64>(copy, 8);
}


@inline
export function copyOffsets(copy: usize): usize {
  return copy + COPY_HEADER_BYTES;
}


@inline
export function copyBytes(copy: usize): usize {
  return copy + COPY_HEADER_BYTES + ((<usize>(copyCount(copy) + 1)) << 2);
}

/** Bytes of a frame that are kept free for the dictionary: it may grow this far while frames are open. */
@inline
export function copyReserved(copy: usize): i32 {
  return load<i32>(copy, 16);
}


@inline
export function copyReserve(copy: usize, bytes: i32): void {
  store<i32>(copy, bytes, 16);
}

/** Bytes that this dictionary takes in a frame. */
export function dictionaryBytes(copy: usize): i32 {
  return ((((copyCount(copy) + 1) << 2) + 15) & ~15) + ((copyBytesLength(copy) + 15) & ~15);
}


@inline
function bytesLengthOf(d: Dictionary): i32 {
  return load<i32>(d.offsets + ((<usize>d.count) << 2));
}

/** Whether a dictionary is small enough to travel with every frame. */
export function dictionaryFits(dict: usize, bytesMax: i32): bool {
  const d = changetype<Dictionary>(dict);
  return d.count <= bytesMax >> 2 && ((d.count + 1) << 2) + bytesLengthOf(d) <= bytesMax;
}

/** Compares the content, not only the hash: a frame's hash is a claim of whoever wrote it. */
export function dictionaryRelation(copy: usize, dict: usize): i32 {
  const d = changetype<Dictionary>(dict);
  const count = min(d.count, copyCount(copy));
  const offsets = copyOffsets(copy);
  if (!sameBytes(offsets, d.offsets, (<usize>(count + 1)) << 2)) return DICTIONARY_OTHER;
  if (!sameBytes(copyBytes(copy), d.bytes, load<u32>(offsets + ((<usize>count) << 2)))) return DICTIONARY_OTHER;
  return d.count > count ? DICTIONARY_EXTENDS : DICTIONARY_WITHIN;
}

/** Bytes that a batch's dictionary would take in a frame. */
export function dictionaryBytesOf(dict: usize): i32 {
  const d = changetype<Dictionary>(dict);
  return ((((d.count + 1) << 2) + 15) & ~15) + ((bytesLengthOf(d) + 15) & ~15);
}

/** 0 = out of memory. */
export function dictionaryCopy(dict: usize): usize {
  const d = changetype<Dictionary>(dict);
  const offsetsBytes = (<usize>(d.count + 1)) << 2;
  const length = bytesLengthOf(d);
  const copy = blockAlloc(COPY_HEADER_BYTES + offsetsBytes + length);
  if (copy == 0) return 0;
  store<i32>(copy, d.count);
  store<i32>(copy, length, 4);
  store<u64>(copy, d.hash, 8);
  memory.copy(copy + COPY_HEADER_BYTES, d.offsets, offsetsBytes);
  memory.copy(copy + COPY_HEADER_BYTES + offsetsBytes, d.bytes, length);
  return copy;
}

/** Worth it when most of the entries are not referred to. */
export function wantsCompaction(copy: usize, rows: i32): bool {
  return copyCount(copy) > (rows << 1) + 16;
}

/**
 * A new copy with only the entries that ids[rows] refer to, in their old order; rewrites the ids.
 * 0 = out of memory. The caller frees it.
 */
export function dictionaryCompact(copy: usize, ids: usize, rows: i32): usize {
  const count = copyCount(copy);
  const map = blockAlloc((<usize>count) << 2);
  if (map == 0) return 0;
  memory.fill(map, 0, (<usize>count) << 2);
  for (let row = 0; row < rows; row++) {
    store<i32>(map + ((<usize>load<i32>(ids + ((<usize>row) << 2))) << 2), 1);
  }
  const offsets = copyOffsets(copy);
  let kept = 0;
  let length = 0;
  for (let entry = 0; entry < count; entry++) {
    const at = map + ((<usize>entry) << 2);
    if (load<i32>(at) == 0) continue;
    store<i32>(at, kept++);
    const offset = offsets + ((<usize>entry) << 2);
    length += load<i32>(offset, 4) - load<i32>(offset);
    store<i32>(at, load<i32>(at) | i32.MIN_VALUE);
  }
  const compact = blockAlloc(COPY_HEADER_BYTES + ((<usize>(kept + 1)) << 2) + length);
  if (compact != 0) fillCompact(compact, copy, map, kept, length);
  if (compact != 0) {
    for (let row = 0; row < rows; row++) {
      const at = ids + ((<usize>row) << 2);
      store<i32>(at, load<i32>(map + ((<usize>load<i32>(at)) << 2)) & i32.MAX_VALUE);
    }
  }
  blockFree(map);
  return compact;
}

/** map[entry]: the new id with the sign bit set, or 0 when the entry is left out. */
function fillCompact(compact: usize, copy: usize, map: usize, kept: i32, length: i32): void {
  store<i32>(compact, kept);
  store<i32>(compact, length, 4);
  const from = copyOffsets(copy);
  const fromBytes = copyBytes(copy);
  const to = copyOffsets(compact);
  const toBytes = copyBytes(compact);
  const count = copyCount(copy);
  let at = 0;
  store<i32>(to, 0);
  for (let entry = 0; entry < count; entry++) {
    const id = load<i32>(map + ((<usize>entry) << 2));
    if (id >= 0) continue;
    const offset = load<i32>(from + ((<usize>entry) << 2));
    const bytes = load<i32>(from + ((<usize>entry) << 2), 4) - offset;
    memory.copy(toBytes + at, fromBytes + offset, bytes);
    at += bytes;
    store<i32>(to + ((<usize>((id & i32.MAX_VALUE) + 1)) << 2), at);
  }
  store<u64>(compact, hashDictionary(to, kept, toBytes, length), 8);
}

// Hashes of the entries of recent dictionaries: frames of one stream repeat a few.
//
// A slot keeps a copy of the content beside the hashes and compares it, so a frame that lies about
// its dictHash gets no wrong hashes; comparing costs a tenth of hashing. A hit copies the hashes
// into the batch, which therefore never points into a slot that another batch replaces. The content has
// a number, by which others who keep something for a dictionary know it again without comparing.
//
//   slot (a block): +0 i32 count  +4 i32 bytesLength  +8 u32 content  +12 0  +16 u64 hashes[count]
//                   i32 offsets[count + 1]  bytes
import { Dictionary } from "../batch/index";
import { blockAlloc, blockFree, errorClear } from "../memory/index";
import { sameBytes } from "./same-bytes";

/** Direct-mapped by the dictionary's hash. */
const SLOT_COUNT: u64 = 16;
const SLOTS: usize = memory.data(64);
/** Where a slot's hashes begin. */
const HASHES_AT: usize = 16;
/** Larger dictionaries are rare, and would keep memory that state could use. */
const SLOT_BYTES_MAX: usize = 131072;
/** Numbers given to contents. */
let contents: u32 = 0;


@inline
function slotOf(d: Dictionary): usize {
  return SLOTS + ((<usize>(d.hash & (SLOT_COUNT - 1))) << 2);
}


@inline
function bytesLengthOf(d: Dictionary): usize {
  return <usize>load<u32>(d.offsets + ((<usize>d.count) << 2));
}

/** Fills d.entryHashes and d.content from a slot with the same content; false = there is none. */
export function rememberedHashes(d: Dictionary): bool {
  const slot = load<usize>(slotOf(d));
  if (slot == 0 || load<i32>(slot) != d.count || <usize>load<u32>(slot, 4) != bytesLengthOf(d)) return false;
  const count = <usize>d.count;
  const offsets = slot + HASHES_AT + (count << 3);
  const offsetsBytes = (count + 1) << 2;
  if (!sameBytes(offsets, d.offsets, offsetsBytes)) return false;
  if (!sameBytes(offsets + offsetsBytes, d.bytes, bytesLengthOf(d))) return false;
  memory.copy(d.entryHashes, slot + HASHES_AT, count << 3);
  d.content = load<u32>(slot, 8);
  return true;
}

/** Gives the content a number, and keeps it and d.entryHashes for the next batch with this dictionary. */
export function rememberHashes(d: Dictionary): void {
  contents = contents == u32.MAX_VALUE ? 1 : contents + 1;
  d.content = contents;
  const count = <usize>d.count;
  const offsetsBytes = (count + 1) << 2;
  const bytes: usize = HASHES_AT + (count << 3) + offsetsBytes + bytesLengthOf(d);
  if (bytes > SLOT_BYTES_MAX) return;
  const at = slotOf(d);
  blockFree(load<usize>(at));
  const slot = blockAlloc(bytes);
  store<usize>(at, slot);
  if (slot == 0) {
    // going on without is no failure
    errorClear();
    return;
  }
  store<i32>(slot, d.count);
  store<u32>(slot, <u32>bytesLengthOf(d), 4);
  store<u64>(slot, <u64>d.content, 8);
  memory.copy(slot + HASHES_AT, d.entryHashes, count << 3);
  memory.copy(slot + HASHES_AT + (count << 3), d.offsets, offsetsBytes);
  memory.copy(slot + HASHES_AT + (count << 3) + offsetsBytes, d.bytes, bytesLengthOf(d));
}

// Blocks of any size that live until they are freed: plans, frames, operators' structs, buffers.
//
// Small blocks come from slabs: a chunk that holds blocks of one size class behind a header. Large
// blocks are runs of chunks and therefore start at a chunk boundary, which a small one never does:
// that is how blockFree tells them apart without a header per block. A slab that becomes empty is
// given back unless it is its class's last one with room.
//
//   slab header (64 B): +0 u32 class  +4 u32 used  +8 usize free list  +12 usize never used from here
//                       +16 usize next slab with room  +20 usize prev
import { CHUNK_BLOCKS, CHUNK_BYTES, CHUNK_SHIFT, CHUNK_USED, chunkEntry, runAlloc, runFree } from "./chunks";

const SLAB_HEADER_BYTES: usize = 64;
/** The last classes divide a slab by 5, 4, 3 and 2. */
const CLASS_COUNT: i32 = 22;
// prettier-ignore
const CLASS_BYTES: usize = memory.data<u32>([
  16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 13088, 16368, 21824, 32736,
]);
const SMALL_BYTES_MAX: usize = 32736;
const SLABS: usize = memory.data(88);

/** A block, aligned to 16, not zeroed; 0 = out of memory (error slot filled). */
export function blockAlloc(bytes: usize): usize {
  if (bytes > SMALL_BYTES_MAX) {
    // the sum must not wrap around for absurd sizes
    const chunks = <u32>(bytes >> CHUNK_SHIFT) + <u32>((bytes & (CHUNK_BYTES - 1)) != 0);
    return runAlloc(chunks, CHUNK_USED);
  }
  const size = classOf(bytes);
  let slab = load<usize>(SLABS + (size << 2));
  if (slab == 0) {
    slab = slabNew(size);
    if (slab == 0) return 0;
  }
  const stride = <usize>load<u32>(CLASS_BYTES + (size << 2));
  let ptr = load<usize>(slab, 8);
  if (ptr != 0) {
    store<usize>(slab, load<usize>(ptr), 8);
  } else {
    ptr = load<usize>(slab, 12);
    store<usize>(slab, ptr + stride, 12);
  }
  store<u32>(slab, load<u32>(slab, 4) + 1, 4);
  if (!hasRoom(slab, stride)) unlinkSlab(slab, size);
  return ptr;
}

/** Gives a block back; 0 is ignored. */
export function blockFree(ptr: usize): void {
  if (ptr == 0) return;
  if ((ptr & (CHUNK_BYTES - 1)) == 0) {
    runFree(ptr, load<u32>(chunkEntry(ptr), 4));
    return;
  }
  const slab = ptr & ~(CHUNK_BYTES - 1);
  const size = load<i32>(slab);
  const hadRoom = hasRoom(slab, <usize>load<u32>(CLASS_BYTES + (size << 2)));
  store<usize>(ptr, load<usize>(slab, 8));
  store<usize>(slab, ptr, 8);
  const used = load<u32>(slab, 4) - 1;
  store<u32>(slab, used, 4);
  if (!hadRoom) linkSlab(slab, size);
  const alone = load<usize>(slab, 16) == 0 && load<usize>(slab, 20) == 0;
  if (used == 0 && !alone) {
    unlinkSlab(slab, size);
    runFree(slab, 1);
  }
}

function classOf(bytes: usize): i32 {
  let low = 0;
  let high = CLASS_COUNT - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<usize>load<u32>(CLASS_BYTES + (middle << 2)) < bytes) low = middle + 1;
    else high = middle;
  }
  return low;
}


@inline
function hasRoom(slab: usize, stride: usize): bool {
  return load<usize>(slab, 8) != 0 || load<usize>(slab, 12) + stride <= slab + CHUNK_BYTES;
}

function slabNew(size: i32): usize {
  const slab = runAlloc(1, CHUNK_BLOCKS);
  if (slab == 0) return 0;
  store<i32>(slab, size);
  store<u32>(slab, 0, 4);
  store<usize>(slab, 0, 8);
  store<usize>(slab, slab + SLAB_HEADER_BYTES, 12);
  linkSlab(slab, size);
  return slab;
}

function linkSlab(slab: usize, size: i32): void {
  const head = load<usize>(SLABS + (size << 2));
  store<usize>(slab, head, 16);
  store<usize>(slab, 0, 20);
  if (head != 0) store<usize>(head, slab, 20);
  store<usize>(SLABS + (size << 2), slab);
}

function unlinkSlab(slab: usize, size: i32): void {
  const next = load<usize>(slab, 16);
  const prev = load<usize>(slab, 20);
  if (next != 0) store<usize>(next, prev, 20);
  if (prev != 0) store<usize>(prev, next, 16);
  else store<usize>(SLABS + (size << 2), next);
}

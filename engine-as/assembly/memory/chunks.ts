// Chunks of 64 KiB: the only place that grows the memory.
//
// Pages, blocks and arenas are all made of runs of chunks. A free run is merged with its free
// neighbours at once and kept in a list by the power of two of its length, so memory that one user
// gives back serves any other. Growing never traps: at the limit, or when the home refuses, the
// error slot says ERROR_OUT_OF_MEMORY and the caller gets 0.
//
//   table entry (16 B per chunk of the address space up to the limit)
//   +0 u32 kind    +4 u32 length of the run | free bits of a page chunk    +8 u32 next  +12 u32 prev
//   A run is described at its first chunk, a free run at its last one too; what lies between is 0.
import { ERROR_OUT_OF_MEMORY } from "../../abi";
import { fail } from "./errors";

export const CHUNK_BYTES: usize = 65536;
export const CHUNK_SHIFT: u32 = 16;

/** Inside a run, or not ours. */
const CHUNK_NONE: u32 = 0;
const CHUNK_FREE: u32 = 1;
/** First chunk of a run in use. */
export const CHUNK_USED: u32 = 2;
/** Cut into pages of 4 and 16 KiB (pages.ts). */
export const CHUNK_PAGES: u32 = 3;
/** Cut into blocks of one size (blocks.ts). */
export const CHUNK_BLOCKS: u32 = 4;

const ENTRY_SHIFT: u32 = 4;
const CHUNKS_MAX: u32 = 65535;
/**
 * Memory grows by half of itself, at least 1 MiB, at most 64 MiB: at each growth the host renews its views, and the
 * home's collector may look at everything. What is not used yet is not touched, and so costs no memory.
 */
const GROW_CHUNKS_MIN: u32 = 16;
const GROW_CHUNKS_MAX: u32 = 1024;
const BIN_COUNT: i32 = 17;
const BINS: usize = memory.data(68);

let table: usize = 0;
let chunkEnd: u32 = 0;
let chunkLimit: u32 = 0;
let usedChunks: u32 = 0;

/**
 * Sets the limit of the whole linear memory (0 = as much as 32 bits address). Called once, before
 * any allocation; a first allocation without it means no limit.
 */
export function memoryInit(bytesMax: usize): void {
  if (table != 0) return;
  let limit = <u32>(bytesMax >> CHUNK_SHIFT);
  if (limit == 0 || limit > CHUNKS_MAX) limit = CHUNKS_MAX;
  const tableChunks = <i32>(((limit << ENTRY_SHIFT) + <u32>CHUNK_BYTES - 1) >> CHUNK_SHIFT);
  const first = memory.grow(tableChunks);
  if (first < 0) return;
  table = (<usize>first) << CHUNK_SHIFT;
  chunkEnd = <u32>(first + tableChunks);
  chunkLimit = limit;
}

/** Bytes of whole chunks in use; pages.ts subtracts what is free inside of them. */
export function chunkBytesUsed(): usize {
  return (<usize>usedChunks) << CHUNK_SHIFT;
}

export function memoryLimit(): usize {
  return (<usize>chunkLimit) << CHUNK_SHIFT;
}

/** Address of the table entry of the chunk that holds this address. */
@inline
export function chunkEntry(ptr: usize): usize {
  return table + ((ptr >> CHUNK_SHIFT) << ENTRY_SHIFT);
}


@inline
function entryAt(chunk: u32): usize {
  return table + ((<usize>chunk) << ENTRY_SHIFT);
}

/** A run of `count` chunks, not zeroed; 0 = out of memory (error slot filled). */
export function runAlloc(count: u32, kind: u32): usize {
  if (table == 0) memoryInit(0);
  if (count == 0 || count > chunkLimit || table == 0) return outOfMemory(count);
  let chunk = takeFree(count);
  if (chunk == 0) {
    if (!grow(count)) return outOfMemory(count);
    chunk = takeFree(count);
    if (chunk == 0) return outOfMemory(count);
  }
  const entry = entryAt(chunk);
  store<u32>(entry, kind);
  store<u32>(entry, count, 4);
  usedChunks += count;
  return (<usize>chunk) << CHUNK_SHIFT;
}

/** Gives a run back; `ptr` is what runAlloc returned, `count` its length. */
export function runFree(ptr: usize, count: u32): void {
  usedChunks -= count;
  putFree(<u32>(ptr >> CHUNK_SHIFT), count);
}

function outOfMemory(count: u32): usize {
  fail(ERROR_OUT_OF_MEMORY, -1, (<i64>count) << CHUNK_SHIFT, <i64>chunkBytesUsed(), <i64>memoryLimit());
  return 0;
}

function takeFree(count: u32): u32 {
  const exact = <i32>(31 - clz(count));
  // within its own bin a run may be too short; in every later bin the first one fits
  let chunk = load<u32>(BINS + (exact << 2));
  while (chunk != 0 && load<u32>(entryAt(chunk), 4) < count) chunk = load<u32>(entryAt(chunk), 8);
  let bin = exact + 1;
  while (chunk == 0 && bin < BIN_COUNT) {
    chunk = load<u32>(BINS + (bin << 2));
    bin++;
  }
  if (chunk == 0) return 0;
  const length = load<u32>(entryAt(chunk), 4);
  unlink(chunk, length);
  if (length > count) link(chunk + count, length - count);
  return chunk;
}

function putFree(start: u32, count: u32): void {
  let chunk = start;
  let length = count;
  store<u32>(entryAt(chunk), CHUNK_NONE);
  const before = entryAt(chunk - 1);
  if (load<u32>(before) == CHUNK_FREE) {
    const left = load<u32>(before, 4);
    unlink(chunk - left, left);
    chunk -= left;
    length += left;
  }
  const after = chunk + length;
  if (after < chunkEnd && load<u32>(entryAt(after)) == CHUNK_FREE) {
    const right = load<u32>(entryAt(after), 4);
    unlink(after, right);
    length += right;
  }
  link(chunk, length);
}

function link(chunk: u32, length: u32): void {
  const entry = entryAt(chunk);
  const last = entryAt(chunk + length - 1);
  store<u32>(last, CHUNK_FREE);
  store<u32>(last, length, 4);
  store<u32>(entry, CHUNK_FREE);
  store<u32>(entry, length, 4);
  const bin = BINS + ((31 - clz(length)) << 2);
  const next = load<u32>(bin);
  store<u32>(entry, next, 8);
  store<u32>(entry, 0, 12);
  if (next != 0) store<u32>(entryAt(next), chunk, 12);
  store<u32>(bin, chunk);
}

function unlink(chunk: u32, length: u32): void {
  const entry = entryAt(chunk);
  const next = load<u32>(entry, 8);
  const prev = load<u32>(entry, 12);
  if (next != 0) store<u32>(entryAt(next), prev, 12);
  if (prev != 0) store<u32>(entryAt(prev), next, 8);
  else store<u32>(BINS + ((31 - clz(length)) << 2), next);
  store<u32>(entry, CHUNK_NONE);
  store<u32>(entryAt(chunk + length - 1), CHUNK_NONE);
}

function grow(count: u32): bool {
  // the chunk at the end of memory is never handed out: kernels may read a vector past their data
  const last = entryAt(chunkEnd - 1);
  const tail = load<u32>(last) == CHUNK_FREE ? load<u32>(last, 4) : 0;
  const need = count - tail + (memoryChunks() == chunkEnd ? 1 : 0);
  const now = memoryChunks();
  if (now >= chunkLimit || need > chunkLimit - now) return false;
  let step = max(need, max(GROW_CHUNKS_MIN, min(now >> 1, GROW_CHUNKS_MAX)));
  step = min(step, chunkLimit - now);
  let first = memory.grow(<i32>step);
  if (first < 0 && step > need) {
    step = need;
    first = memory.grow(<i32>step);
  }
  if (first < 0 || <u32>first + step > chunkLimit) return false;
  // the old last chunk is now in the middle, unless somebody else grew the memory in between
  const from = <u32>first == chunkEnd + 1 ? chunkEnd : <u32>first;
  chunkEnd = <u32>first + step - 1;
  usedChunks += chunkEnd - from;
  if (chunkEnd > from) runFree((<usize>from) << CHUNK_SHIFT, chunkEnd - from);
  return true;
}


@inline
function memoryChunks(): u32 {
  return <u32>memory.size();
}

// Arenas: growing bump allocators for what lives as long as one batch.
//
// An arena is a list of runs of chunks. Reset forgets the contents and keeps the runs, so a steady
// stream of batches allocates nothing. Pointers stay valid until reset or free.
//
//   arena (a block, 16 B): +0 cursor  +4 end of the current run  +8 current run  +12 first run
//   run: +0 next run  +4 bytes of the run  +16 … contents
import { CHUNK_BYTES, CHUNK_SHIFT, CHUNK_USED, runAlloc, runFree } from "./chunks";
import { blockAlloc, blockFree } from "./blocks";

const ARENA_BYTES: usize = 16;
const RUN_HEADER_BYTES: usize = 16;
/** The first run is small; a second one shows that batches are large here. */
const FIRST_RUN_CHUNKS: u32 = 1;
const LATER_RUN_CHUNKS: u32 = 4;

/** A new, empty arena; 0 = out of memory. */
export function arenaNew(): usize {
  const arena = blockAlloc(ARENA_BYTES);
  if (arena == 0) return 0;
  const run = runNew(FIRST_RUN_CHUNKS);
  if (run == 0) {
    blockFree(arena);
    return 0;
  }
  store<usize>(arena, run, 12);
  enter(arena, run);
  return arena;
}

/** `bytes` aligned to 16, not zeroed, valid until reset; 0 = out of memory (error slot filled). */
@inline
export function arenaAlloc(arena: usize, bytes: usize): usize {
  const ptr = load<usize>(arena);
  // compared as a difference, so that a huge size cannot wrap around
  if (bytes > load<usize>(arena, 4) - ptr) return allocSlow(arena, bytes);
  store<usize>(arena, min((ptr + bytes + 15) & ~15, load<usize>(arena, 4)));
  return ptr;
}

/** Forgets everything that was allocated; keeps the memory for the next batch. */
export function arenaReset(arena: usize): void {
  enter(arena, load<usize>(arena, 12));
}

export function arenaFree(arena: usize): void {
  if (arena == 0) return;
  let run = load<usize>(arena, 12);
  while (run != 0) {
    const next = load<usize>(run);
    runFree(run, <u32>(load<usize>(run, 4) >> CHUNK_SHIFT));
    run = next;
  }
  blockFree(arena);
}

function allocSlow(arena: usize, bytes: usize): usize {
  let run = load<usize>(arena, 8);
  let next = load<usize>(run);
  while (next != 0 && load<usize>(next, 4) - RUN_HEADER_BYTES < bytes) {
    run = next;
    next = load<usize>(run);
  }
  if (next == 0) {
    const chunks =
      <u32>(bytes >> CHUNK_SHIFT) + 1 + <u32>((bytes & (CHUNK_BYTES - 1)) > CHUNK_BYTES - RUN_HEADER_BYTES);
    next = runNew(max(LATER_RUN_CHUNKS, chunks));
    if (next == 0) next = runNew(chunks);
    if (next == 0) return 0;
    store<usize>(run, next);
  }
  enter(arena, next);
  const ptr = load<usize>(arena);
  store<usize>(arena, min((ptr + bytes + 15) & ~15, load<usize>(arena, 4)));
  return ptr;
}

function runNew(chunks: u32): usize {
  const run = runAlloc(chunks, CHUNK_USED);
  if (run == 0) return 0;
  store<usize>(run, 0);
  store<usize>(run, (<usize>chunks) << CHUNK_SHIFT, 4);
  return run;
}

function enter(arena: usize, run: usize): void {
  store<usize>(arena, run + RUN_HEADER_BYTES);
  store<usize>(arena, run + load<usize>(run, 4), 4);
  store<usize>(arena, run, 8);
}

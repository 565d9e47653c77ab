// Memory: what is given back is used again, neighbours do not overlap, and the limit is an error, not a trap.
import { ERROR_OUT_OF_MEMORY } from "../../abi";
import {
  arenaAlloc,
  arenaFree,
  arenaNew,
  arenaReset,
  blockAlloc,
  blockFree,
  errorClear,
  errorCode,
  errorValue,
  memoryInit,
  memoryUsed,
  pageAlloc,
  pageFree,
} from "./index";

const slots: usize = memory.data(4096, 16);


@inline
function at(index: i32): usize {
  return slots + ((<usize>index) << 3);
}

export function test_pages_are_aligned_and_merge(): void {
  memoryInit(0);
  const before = memoryUsed();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 64; i++) {
      const bytes: usize = i % 3 == 0 ? 4096 : i % 3 == 1 ? 16384 : 65536;
      const page = pageAlloc(bytes);
      assert(page != 0 && (page & 4095) == 0, "aligned");
      memory.fill(page, 0xff, bytes);
      store<usize>(at(i), page);
    }
    const size = memory.size();
    for (let i = 0; i < 64; i++) {
      const k = (i * 29) & 63;
      pageFree(load<usize>(at(k)), k % 3 == 0 ? 4096 : k % 3 == 1 ? 16384 : 65536);
    }
    assert(memoryUsed() == before, "all is given back");
    // everything merged again: the same amount fits without growing, as whole chunks
    if (round > 0) assert(memory.size() == size, "no growth in a steady state");
  }
}

export function test_small_pages_become_large_ones(): void {
  memoryInit(0);
  for (let i = 0; i < 256; i++) store<usize>(at(i), pageAlloc(4096));
  for (let i = 0; i < 256; i++) pageFree(load<usize>(at((i * 77) & 255)), 4096);
  const size = memory.size();
  for (let i = 0; i < 16; i++) assert(pageAlloc(65536) != 0, "64 KiB out of 4 KiB");
  assert(memory.size() == size, "no growth");
}

// 4,000 random allocations and frees: no block may change another one's bytes
export function test_blocks_do_not_overlap(): void {
  memoryInit(0);
  const before = memoryUsed();
  let random: u32 = 12345;
  memory.fill(slots, 0, 4096);
  for (let step = 0; step < 4000; step++) {
    random = random * 1664525 + 1013904223;
    const i = (<i32>(random >> 8)) & 255;
    const ptr = load<usize>(at(i));
    if (ptr != 0) {
      const bytes = load<u32>(at(i), 4);
      assert(load<u8>(ptr) == <u8>i && load<u8>(ptr + bytes - 1) == <u8>i, "intact");
      blockFree(ptr);
      store<usize>(at(i), 0);
      continue;
    }
    const small = (random & 7) != 0;
    const bytes = (<usize>(random >> 10) % (small ? 5000 : 300000)) + 1;
    const block = blockAlloc(bytes);
    assert(block != 0 && (block & 15) == 0, "aligned");
    memory.fill(block, <u8>i, bytes);
    store<usize>(at(i), block);
    store<u32>(at(i), <u32>bytes, 4);
  }
  const size = memory.size();
  for (let i = 0; i < 256; i++) blockFree(load<usize>(at(i)));
  assert(memoryUsed() - before <= 22 * 65536, "at most one empty slab per size class stays");
  assert(memory.size() == size, "freeing does not grow");
}

export function test_block_of_every_class_and_zero_bytes(): void {
  memoryInit(0);
  for (let bytes: usize = 0; bytes < 70000; bytes += 331) {
    const a = blockAlloc(bytes);
    const b = blockAlloc(bytes);
    memory.fill(a, 1, bytes);
    memory.fill(b, 2, bytes);
    assert(bytes == 0 || (load<u8>(a) == 1 && load<u8>(a + bytes - 1) == 1), "apart");
    blockFree(a);
    assert(blockAlloc(bytes) == a, "used again at once");
    blockFree(a);
    blockFree(b);
  }
}

export function test_arena_reset_keeps_its_memory(): void {
  memoryInit(0);
  const arena = arenaNew();
  const first = arenaAlloc(arena, 100);
  assert(arenaAlloc(arena, 1) == first + 112, "rounded up to 16");
  for (let i = 0; i < 50; i++) assert(arenaAlloc(arena, 40000) != 0, "grows");
  const huge = arenaAlloc(arena, 1000000);
  memory.fill(huge, 7, 1000000);
  const used = memoryUsed();
  for (let round = 0; round < 5; round++) {
    arenaReset(arena);
    assert(arenaAlloc(arena, 100) == first, "starts over");
    for (let i = 0; i < 50; i++) arenaAlloc(arena, 40000);
    assert(arenaAlloc(arena, 1000000) == huge, "the large run serves again");
  }
  assert(memoryUsed() == used, "nothing more is taken");
  arenaFree(arena);
  assert(memoryUsed() < used - 2000000, "given back");
}

export function test_limit_is_an_error(): void {
  memoryInit(4 << 20);
  let taken = 0;
  while (pageAlloc(65536) != 0) taken++;
  assert(taken > 50 && taken < 64, "most of 4 MiB is usable");
  assert(errorCode() == ERROR_OUT_OF_MEMORY, "code");
  assert(errorValue(0) == 65536 && errorValue(2) == 4 << 20, "values");
  errorClear();
  assert(blockAlloc(100) == 0 && errorCode() == ERROR_OUT_OF_MEMORY, "blocks too");
  assert(arenaNew() == 0, "arenas too");
  assert(blockAlloc(0xfffffff0) == 0, "absurd sizes do not wrap around");
  assert((<u64>memory.size()) << 16 <= 4 << 20, "the limit holds");
}

export function test_arena_survives_running_out(): void {
  memoryInit(2 << 20);
  const arena = arenaNew();
  while (arenaAlloc(arena, 50000) != 0) {}
  assert(errorCode() == ERROR_OUT_OF_MEMORY, "code");
  assert(arenaAlloc(arena, 0xffffff00) == 0, "absurd sizes do not wrap around");
  arenaReset(arena);
  assert(arenaAlloc(arena, 50000) != 0, "usable again");
}

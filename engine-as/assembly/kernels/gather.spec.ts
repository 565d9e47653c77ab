// Gathering and appending against a loop that does it the obvious way, over all small shapes.
import { compressPattern } from "./compress";
import { appendBits, gather32, gather64 } from "./gather";

export function test_gather_all_lengths(): void {
  const src = memory.data(512, 16);
  const sel = memory.data(256, 16);
  const out = memory.data(600, 16);
  for (let i = 0; i < 64; i++) store<u16>(sel + i * 2, <u16>((i * 7) & 63));
  for (let i = 0; i < 64; i++) store<u64>(src + i * 8, <u64>i * 0x100000003);
  for (let n = 0; n <= 40; n++) {
    memory.fill(out, 0xee, 600);
    gather64(src, sel, n, out);
    for (let i = 0; i < n; i++) assert(load<u64>(out + i * 8) == <u64>((i * 7) & 63) * 0x100000003, "64");
    assert(load<u8>(out + n * 8) == 0xee, "64: nothing behind the last value");
    memory.fill(out, 0xee, 600);
    gather32(src, sel, n, out);
    for (let i = 0; i < n; i++) assert(load<u32>(out + i * 4) == load<u32>(src + ((i * 7) & 63) * 4), "32");
    assert(load<u8>(out + n * 4) == 0xee, "32: nothing behind the last value");
  }
}

export function test_append_bits(): void {
  const src = memory.data(16, 16);
  const sel = memory.data(64, 16);
  const out = memory.data(32, 16);
  store<u64>(src, 0xb5e3_91d7_02fa_64c8);
  for (let i = 0; i < 24; i++) store<u16>(sel + i * 2, <u16>((i * 11 + 3) & 63));
  for (let at = 0; at < 20; at++) {
    for (let n = 0; n <= 24; n++) {
      memory.fill(out, 0, 32);
      appendBits(out, 0, 0, 0, 0, at);
      appendBits(out, at, src, sel, 0, n);
      appendBits(out, at + n, src, 0, 5, 9);
      for (let i = 0; i < at; i++) assert(bit(out, i) == 1, "ones stay");
      for (let i = 0; i < n; i++) assert(bit(out, at + i) == bit(src, (i * 11 + 3) & 63), "selected");
      for (let i = 0; i < 9; i++) assert(bit(out, at + n + i) == bit(src, 5 + i), "contiguous");
      const end = at + n + 9;
      if ((end & 7) != 0) assert(load<u8>(out + (end >> 3)) >> (<u8>(end & 7)) == 0, "bits behind the end are 0");
    }
  }
}

export function test_compress_patterns(): void {
  const lanes = i16x8(10, 11, 12, 13, 14, 15, 16, 17);
  const out = memory.data(16, 16);
  for (let mask = 0; mask < 256; mask++) {
    v128.store(out, i8x16.swizzle(lanes, v128.load(compressPattern(mask))));
    let at = 0;
    for (let i = 0; i < 8; i++) {
      if (((mask >> i) & 1) == 0) continue;
      assert(load<u16>(out + at * 2) == <u16>(10 + i), "lane");
      at++;
    }
  }
}

function bit(bitmap: usize, at: i32): i32 {
  return (load<u8>(bitmap + (at >> 3)) >> (<u8>(at & 7))) & 1;
}

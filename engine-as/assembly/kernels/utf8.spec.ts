// UTF-8: every code point is taken, every broken sequence refused, wherever it stands in the vector.
import { isUtf8, putCodePoint } from "./utf8";

const TEXT: usize = memory.data(128, 16);

export function test_every_code_point(): void {
  for (let code: u32 = 0; code < 0x110000; code += code < 0x3000 ? 1 : 37) {
    memory.fill(TEXT, 0x61, 64);
    const at = TEXT + <usize>(code & 31);
    const end = putCodePoint(at, code);
    const isSurrogate = code - 0xd800 < 0x800;
    assert(isUtf8(TEXT, 40) != isSurrogate, "whole");
    if (code >= 0x80 && !isSurrogate) {
      assert(!isUtf8(TEXT, <i32>(end - TEXT) - 1), "cut short");
      assert(!isUtf8(at + 1, 20), "without its first byte");
    }
  }
}

export function test_broken_sequences(): void {
  const words: StaticArray<u32> = [
    0x80c0, 0xbfc1, 0x8080e0, 0x80a0ed, 0x808080f0, 0x808090f4, 0x808080f5, 0xff, 0xfe, 0x80, 0x41c3,
  ];
  for (let i = 0; i < words.length; i++) {
    for (let at: usize = 0; at < 40; at++) {
      memory.fill(TEXT, 0x61, 64);
      store<u32>(TEXT + at, words[i] | (words[i] < 0x10000 ? 0x61610000 : words[i] < 0x1000000 ? 0x61000000 : 0));
      if (words[i] < 0x100) store<u8>(TEXT + at + 1, 0x61);
      assert(!isUtf8(TEXT, 64), "refused");
    }
  }
  memory.fill(TEXT, 0xff, 64);
  assert(isUtf8(TEXT, 0), "nothing is well-formed, whatever follows");
}

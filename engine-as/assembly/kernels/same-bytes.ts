// Comparing two runs of bytes, 16 at a time.

/** Whether `bytes` bytes at `a` and at `b` are the same. */
export function sameBytes(a: usize, b: usize, bytes: usize): bool {
  let at: usize = 0;
  while (at + 16 <= bytes) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false;
    at += 16;
  }
  while (at < bytes) {
    if (load<u8>(a + at) != load<u8>(b + at)) return false;
    at++;
  }
  return true;
}

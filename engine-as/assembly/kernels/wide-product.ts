// The 128-bit product of two 64-bit numbers, for parsing (number-lemire.ts) and printing (number-text.ts) f64.

export let productHigh: u64 = 0;
export let productLow: u64 = 0;

export function multiply(a: u64, b: u64): void {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const mid1 = aHigh * bLow + (low >> 32);
  const mid2 = aLow * bHigh + (mid1 & 0xffffffff);
  productLow = (mid2 << 32) | (low & 0xffffffff);
  productHigh = aHigh * bHigh + (mid1 >> 32) + (mid2 >> 32);
}

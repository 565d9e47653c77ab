// mantissa * 10^exponent to the nearest double by one or two 64x64-bit products.
//
// Daniel Lemire, "Number Parsing at a Gigabyte per Second" (2021), with the proof of Mushtak and
// Lemire (2023) that no further check is needed for mantissas below 2^64. The table of 128-bit powers
// of five is computed at its first use (about 0.1 ms) instead of adding 10 KB to the module.
import { powersOfFive } from "./power-of-five";
import { multiply, productHigh, productLow } from "./wide-product";

/** The double nearest to mantissa * 10^exponent, ties to even. */
export function doubleLemire(mantissa: u64, exponent: i32): f64 {
  if (mantissa == 0 || exponent < -342) return 0;
  if (exponent > 308) return Infinity;
  const zeros = <i32>clz(mantissa);
  const w = mantissa << zeros;
  const entry = powersOfFive() + ((<usize>(exponent + 342)) << 4);
  multiply(w, load<u64>(entry));
  if ((productHigh & 0x1ff) == 0x1ff) {
    const high = productHigh;
    const low = productLow;
    multiply(w, load<u64>(entry, 8));
    productLow = low + productHigh;
    productHigh = high + <u64>(productHigh > productLow);
  }
  const upper = <i32>(productHigh >> 63);
  const shift = upper + 9;
  let m = productHigh >> shift;
  let power = ((217706 * exponent) >> 16) + 63 + upper - zeros + 1023;
  if (power <= 0) {
    if (1 - power >= 64) return 0;
    m >>= 1 - power;
    m = (m + (m & 1)) >> 1;
    return reinterpret<f64>(m); // the carry into bit 52 is the exponent of the smallest normal number
  }
  if (productLow <= 1 && exponent >= -4 && exponent <= 23 && (m & 3) == 1 && m << shift == productHigh) m &= ~1;
  m = (m + (m & 1)) >> 1;
  if (m >= (<u64>1) << 53) {
    m = (<u64>1) << 52;
    power++;
  }
  if (power >= 0x7ff) return Infinity;
  return reinterpret<f64>((m & ~((<u64>1) << 52)) | ((<u64>power) << 52));
}

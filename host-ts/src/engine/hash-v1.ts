/**
 * Hash v1 of bytes, as the engine computes it (docs/design/hash-v1.md): what a frame's dictHash is.
 *
 * JavaScript has no 64-bit integers that are quick, so a word is a pair of 32-bit halves and the
 * result of an operation is left in the module's registers `high` and `low`.
 */
let high = 0;
let low = 0;

/** high:low = high:low × bHigh:bLow mod 2^64. */
function multiply(bHigh: number, bLow: number): void {
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const p00 = Math.imul(a0, b0) >>> 0;
  const middle = a0 * b1 + (p00 >>> 16);
  const upper = a1 * b0 + (middle & 0xffff);
  const carry = a1 * b1 + Math.floor(middle / 65536) + Math.floor(upper / 65536);
  high = ((carry | 0) + Math.imul(high, bLow) + Math.imul(low, bHigh)) | 0;
  low = ((upper & 0xffff) << 16) | (p00 & 0xffff);
}

function add(bHigh: number, bLow: number): void {
  const sum = (low >>> 0) + (bLow >>> 0);
  high = (high + bHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  low = sum | 0;
}

/** x ^= x >> shift, 0 < shift < 64. */
function xorShift(shift: number): void {
  if (shift < 32) {
    low ^= (low >>> shift) | (high << (32 - shift));
    high ^= high >>> shift;
  } else {
    low ^= high >>> (shift - 32);
  }
}

const P1_HIGH = 0x9e3779b1;
const P1_LOW = 0x85ebca87;
const P2_HIGH = 0xc2b2ae3d;
const P2_LOW = 0x27d4eb4f;
const SEED_HIGH = 0x2545f491;
const SEED_LOW = 0x4f6cdd1d;

function mix(): void {
  xorShift(27);
  multiply(0x3c79ac49, 0x2ba7b653);
  xorShift(33);
  multiply(0x1c69b3f7, 0x4ac4ae35);
  xorShift(27);
}

/** high:low = rotl(lane + value · P2, 31) · P1; the value is in high:low. */
function round(laneHigh: number, laneLow: number): void {
  multiply(P2_HIGH, P2_LOW);
  add(laneHigh, laneLow);
  const rotated = (high << 31) | (low >>> 1);
  low = (low << 31) | (high >>> 1);
  high = rotated;
  multiply(P1_HIGH, P1_LOW);
}

/** Hash of the bytes, left in high:low. */
function hashInto(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let aHigh = SEED_HIGH;
  let aLow = SEED_LOW ^ bytes.byteLength;
  let bHigh = ~SEED_HIGH;
  let bLow = ~SEED_LOW;
  let at = 0;
  let left = bytes.byteLength;
  const take = (xHigh: number, xLow: number, yHigh: number, yLow: number): void => {
    high = xHigh;
    low = xLow;
    round(aHigh, aLow);
    aHigh = high;
    aLow = low;
    high = yHigh;
    low = yLow;
    round(bHigh, bLow);
    bHigh = high;
    bLow = low;
  };
  const word = (offset: number): number => view.getInt32(offset, true);
  for (; left > 16; left -= 16, at += 16) take(word(at + 4), word(at), word(at + 12), word(at + 8));
  const end = at + left;
  if (left >= 8) take(word(at + 4), word(at), word(end - 4), word(end - 8));
  else if (left >= 4) take(0, word(at), 0, word(end - 4));
  else if (left > 0) {
    const few = view.getUint8(at) | (view.getUint8(at + (left >> 1)) << 8) | (view.getUint8(end - 1) << 16);
    take(0, few, 0, 0);
  } else take(0, 0, 0, 0);
  combine(aHigh, aLow, bHigh, bLow);
}

function combine(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  high = aHigh;
  low = aLow;
  multiply(P1_HIGH, P1_LOW);
  add(bHigh, bLow);
  mix();
}

const result = (): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Hash v1 of bytes. */
export function hashBytes(bytes: Uint8Array): bigint {
  hashInto(bytes);
  return result();
}

/** A frame's dictHash. `offsets`: i32[count + 1] from 0; `bytes`: the entries' bytes, offsets[count] long. */
export function hashDictionary(offsets: Int32Array, bytes: Uint8Array): bigint {
  hashInto(new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength));
  const aHigh = high;
  const aLow = low;
  hashInto(bytes);
  combine(aHigh, aLow, high, low);
  return result();
}

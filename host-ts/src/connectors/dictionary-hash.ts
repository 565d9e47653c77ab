/**
 * Hash v1 of a dictionary's content, as engine-as/assembly/kernels/hash.ts defines it (a format; the test compares
 * them). Computed once per dictionary, so BigInt is quick enough.
 */
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const MIX1 = 0x3c79ac492ba7b653n;
const MIX2 = 0x1c69b3f74ac4ae35n;
const SEED_BYTES = 0x2545f4914f6cdd1dn;
const MASK = (1n << 64n) - 1n;

/** u64 over i32 offsets[count + 1] and the bytes. */
export function dictionaryHash(offsets: Int32Array, bytes: Uint8Array): bigint {
  const offsetBytes = new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  return combine(hashBytes(offsetBytes), hashBytes(bytes));
}

/** u64 of any bytes. */
export function hashBytes(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let a = SEED_BYTES ^ BigInt(bytes.length);
  let b = ~SEED_BYTES & MASK;
  let at = 0;
  let left = bytes.length;
  for (; left > 16; at += 16, left -= 16) {
    a = round(a, view.getBigUint64(at, true));
    b = round(b, view.getBigUint64(at + 8, true));
  }
  let x = 0n;
  let y = 0n;
  if (left >= 8) {
    x = view.getBigUint64(at, true);
    y = view.getBigUint64(at + left - 8, true);
  } else if (left >= 4) {
    x = BigInt(view.getUint32(at, true));
    y = BigInt(view.getUint32(at + left - 4, true));
  } else if (left > 0) {
    x = BigInt(bytes[at]! | (bytes[at + (left >> 1)]! << 8) | (bytes[at + left - 1]! << 16));
  }
  return combine(round(a, x), round(b, y));
}

function mix(value: bigint): bigint {
  let x = value;
  x = ((x ^ (x >> 27n)) * MIX1) & MASK;
  x = ((x ^ (x >> 33n)) * MIX2) & MASK;
  return x ^ (x >> 27n);
}

function combine(hash: bigint, next: bigint): bigint {
  return mix((hash * P1 + next) & MASK);
}

function round(lane: bigint, value: bigint): bigint {
  const sum = (lane + value * P2) & MASK;
  return ((((sum << 31n) | (sum >> 33n)) & MASK) * P1) & MASK;
}

// The first 128 bits of 5^q for q = -342 … 324, computed once.
//
//   entry (16 B): +0 u64 high half, top bit set   +8 u64 low half
//   Truncated for q >= 0 and q < -27; rounded up for -27 <= q < 0 (the reciprocal is never exact and
//   the algorithm wants it not below the true value there).
//
// Parsing takes -342 … 308 (number-lemire.ts), printing -292 … 324 (number-text.ts).
// Positive powers by exact multiplication; negative ones as floor(2^K / 5^n), which dividing by five
// again and again gives exactly.
const ENTRIES: usize = memory.data(667 * 16, 16);
/** 2^1056 / 5^342 still has more than 128 bits. */
const LIMBS: i32 = 34;
const NUMBER: usize = memory.data(34 * 4 + 16, 16);

let ready: bool = false;

export function powersOfFive(): usize {
  if (!ready) compute();
  return ENTRIES;
}

function compute(): void {
  memory.fill(NUMBER, 0, 34 * 4);
  store<u32>(NUMBER, 1);
  for (let q = 0; q <= 324; q++) {
    storeTop(q, 0);
    let carry: u64 = 0;
    for (let i = 0; i < LIMBS; i++) {
      const at = NUMBER + ((<usize>i) << 2);
      carry += <u64>load<u32>(at) * 5;
      store<u32>(at, <u32>carry);
      carry >>= 32;
    }
  }
  memory.fill(NUMBER, 0, 34 * 4);
  store<u32>(NUMBER + ((<usize>LIMBS - 1) << 2), 1);
  for (let n = 1; n <= 342; n++) {
    let rest: u64 = 0;
    for (let i = LIMBS - 1; i >= 0; i--) {
      const at = NUMBER + ((<usize>i) << 2);
      rest = (rest << 32) | load<u32>(at);
      store<u32>(at, <u32>(rest / 5));
      rest %= 5;
    }
    storeTop(-n, <u64>(n <= 27));
  }
  ready = true;
}

/** Notes the 128 highest bits of the number, plus `up`. */
function storeTop(q: i32, up: u64): void {
  let top = LIMBS - 1;
  while (load<u32>(NUMBER + ((<usize>top) << 2)) == 0) top--;
  const shift = <u64>clz(load<u32>(NUMBER + ((<usize>top) << 2)));
  let high = ((<u64>limb(top)) << 32) | limb(top - 1);
  let low = ((<u64>limb(top - 2)) << 32) | limb(top - 3);
  if (shift > 0) {
    high = (high << shift) | (low >> (64 - shift));
    low = (low << shift) | ((<u64>limb(top - 4)) >> (32 - shift));
  }
  low += up;
  high += <u64>(low < up);
  const entry = ENTRIES + ((<usize>(q + 342)) << 4);
  store<u64>(entry, high);
  store<u64>(entry, low, 8);
}


@inline
function limb(index: i32): u32 {
  return index < 0 ? 0 : load<u32>(NUMBER + ((<usize>index) << 2));
}

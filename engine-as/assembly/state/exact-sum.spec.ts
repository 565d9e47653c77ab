import { EXACT_SUM_BYTES, exactAdd, exactMerge, exactRead } from "./exact-sum";

const A: usize = memory.data(296);
const B: usize = memory.data(296);

function clear(): void {
  assert(EXACT_SUM_BYTES == 296);
  memory.fill(A, 0, EXACT_SUM_BYTES);
  memory.fill(B, 0, EXACT_SUM_BYTES);
}

function sum3(a: f64, b: f64, c: f64): f64 {
  memory.fill(A, 0, EXACT_SUM_BYTES);
  exactAdd(A, a, 1);
  exactAdd(A, b, 1);
  exactAdd(A, c, 1);
  return exactRead(A);
}

export function test_large_values_cancel_exactly(): void {
  assert(sum3(1e308, 1, -1e308) == 1);
  assert(sum3(1, 1e308, -1e308) == 1);
  assert(sum3(1e16, 1, 1) == 10000000000000002);
  assert(sum3(0.1, 0.2, 0.3) == 0.6, "rounded once: 0.1 + 0.2 + 0.3 in f64 steps is 0.6000000000000001");
}

export function test_intermediate_overflow_is_none(): void {
  assert(sum3(f64.MAX_VALUE, f64.MAX_VALUE, -f64.MAX_VALUE) == f64.MAX_VALUE);
  assert(sum3(f64.MAX_VALUE, f64.MAX_VALUE, 0) == Infinity);
  assert(sum3(-f64.MAX_VALUE, -f64.MAX_VALUE, 0) == -Infinity);
}

export function test_subnormals_and_the_first_binades(): void {
  const least = f64.MIN_VALUE;
  assert(sum3(least, least, least) == 3 * least);
  assert(sum3(-least, -least, 0) == -2 * least);
  assert(sum3(f64.MIN_NORMAL_VALUE, -least, 0) == f64.MIN_NORMAL_VALUE - least);
  assert(sum3(f64.MIN_NORMAL_VALUE, f64.MIN_NORMAL_VALUE, least) == 2 * f64.MIN_NORMAL_VALUE);
}

export function test_ties_go_to_even(): void {
  assert(sum3(9007199254740992, 1, 0) == 9007199254740992);
  assert(sum3(9007199254740994, 1, 0) == 9007199254740996);
  assert(sum3(9007199254740992, 1, f64.MIN_VALUE) == 9007199254740994, "a bit far below breaks the tie");
}

export function test_zero_is_plus_zero(): void {
  assert(reinterpret<u64>(sum3(-0.0, -0.0, -0.0)) == 0);
  assert(reinterpret<u64>(sum3(5, -5, -0.0)) == 0);
}

export function test_special_values(): void {
  assert(isNaN(sum3(NaN, 1, 2)));
  assert(isNaN(sum3(Infinity, -Infinity, 2)));
  assert(sum3(Infinity, 1e308, 1e308) == Infinity);
  assert(sum3(-Infinity, 1e308, 1e308) == -Infinity);
}

/** Random values in two orders, in two halves, and with extra values taken back again. */
export function test_order_merge_and_retraction_do_not_matter(): void {
  let state: u64 = 88172645463325252;
  for (let round = 0; round < 50; round++) {
    clear();
    const start = state;
    for (let i = 0; i < 200; i++) {
      state = step(state);
      exactAdd(A, valueOf(state), 1);
    }
    const forward = exactRead(A);
    // the second half first, then the first; half of them through a merge
    memory.fill(A, 0, EXACT_SUM_BYTES);
    state = start;
    for (let i = 0; i < 200; i++) {
      state = step(state);
      exactAdd(i & 1 ? B : A, valueOf(state), 1);
      exactAdd(A, 1e300 * <f64>i, 1);
    }
    for (let i = 199; i >= 0; i--) exactAdd(A, 1e300 * <f64>i, -1);
    exactMerge(A, B, 1);
    assert(reinterpret<u64>(exactRead(A)) == reinterpret<u64>(forward));
    exactMerge(A, B, -1);
    exactMerge(A, B, 1);
    assert(reinterpret<u64>(exactRead(A)) == reinterpret<u64>(forward));
  }
}

function step(state: u64): u64 {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^ (state << 17);
}

/** Any finite f64 of the middle range, both signs. */
function valueOf(state: u64): f64 {
  return reinterpret<f64>((state & 0x800fffffffffffff) | ((512 + ((state >> 52) & 1023)) << 52));
}

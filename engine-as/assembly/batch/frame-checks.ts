// The row-long checks of frame.ts, four values at a time: about 0.1 ns per row and column.
//
// Each answers for the whole vector at the end instead of leaving at the first violation: frames
// are sound nearly always, and a loop without exits runs at the speed of memory.

/** i32 offsets[count + 1]: not negative, never descending, the last one at most `limit`. */
export function offsetsAscend(offsets: usize, count: i32, limit: u32): bool {
  if (load<i32>(offsets) < 0 || load<u32>(offsets + ((<usize>count) << 2)) > limit) return false;
  let ptr = offsets;
  const end = offsets + ((<usize>count) << 2);
  let wrong = i32x4.splat(0);
  while (ptr + 16 <= end) {
    wrong = v128.or(wrong, i32x4.gt_s(v128.load(ptr), v128.load(ptr, 4)));
    ptr += 16;
  }
  let single = 0;
  while (ptr < end) {
    single |= i32(load<i32>(ptr) > load<i32>(ptr, 4));
    ptr += 4;
  }
  return single == 0 && !v128.any_true(wrong);
}

/** i32 ids[rows]: 0 <= id < count. */
export function idsBelow(ids: usize, rows: i32, count: u32): bool {
  let ptr = ids;
  const end = ids + ((<usize>rows) << 2);
  let most = i32x4.splat(0);
  while (ptr + 16 <= end) {
    most = i32x4.max_u(most, v128.load(ptr));
    ptr += 16;
  }
  let highest: u32 = 0;
  while (ptr < end) {
    highest = max(highest, load<u32>(ptr));
    ptr += 4;
  }
  highest = max(highest, <u32>i32x4.extract_lane(most, 0));
  highest = max(highest, <u32>i32x4.extract_lane(most, 1));
  highest = max(highest, <u32>i32x4.extract_lane(most, 2));
  highest = max(highest, <u32>i32x4.extract_lane(most, 3));
  return rows == 0 || highest < count;
}

/** i64 times[rows], rows > 0: each within [low, high]. */
export function timesWithin(times: usize, rows: i32, low: i64, high: i64): bool {
  let ptr = times;
  const end = times + ((<usize>rows) << 3);
  const lows = i64x2.splat(low);
  const highs = i64x2.splat(high);
  let wrong = i64x2.splat(0);
  while (ptr + 16 <= end) {
    const value = v128.load(ptr);
    wrong = v128.or(wrong, v128.or(i64x2.lt_s(value, lows), i64x2.gt_s(value, highs)));
    ptr += 16;
  }
  if (ptr < end && (load<i64>(ptr) < low || load<i64>(ptr) > high)) return false;
  return !v128.any_true(wrong);
}

/** i64 times[rows], rows > 0: never descending, the first at least `low`, the last at most `high`. */
export function timesAscend(times: usize, rows: i32, low: i64, high: i64): bool {
  let ptr = times;
  const last = times + ((<usize>(rows - 1)) << 3);
  if (load<i64>(times) < low || load<i64>(last) > high) return false;
  let wrong = i64x2.splat(0);
  while (ptr + 16 <= last) {
    wrong = v128.or(wrong, i64x2.gt_s(v128.load(ptr), v128.load(ptr, 8)));
    ptr += 16;
  }
  if (ptr < last && load<i64>(ptr) > load<i64>(ptr, 8)) return false;
  return !v128.any_true(wrong);
}

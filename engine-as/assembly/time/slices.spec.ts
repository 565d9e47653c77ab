import { endAfterWatermark, firstWindowEnd, floorTo, gcd, lastWindowEnd } from "./slices";

export function test_floor_is_correct_below_zero(): void {
  assert(floorTo(0, 10, 0) == 0);
  assert(floorTo(9, 10, 0) == 0);
  assert(floorTo(-1, 10, 0) == -10);
  assert(floorTo(-10, 10, 0) == -10);
  assert(floorTo(-11, 10, 0) == -20);
  assert(floorTo(2, 10, 3) == -7);
  assert(floorTo(3, 10, 3) == 3);
  assert(floorTo(-8, 10, -17) == -17);
}

export function test_gcd(): void {
  assert(gcd(240, 40) == 40);
  assert(gcd(100, 30) == 10);
  assert(gcd(7, 7) == 7);
}

/** Every row of a wide range against the definition of windows, several sizes and offsets. */
export function test_slices_have_the_windows_of_their_rows(): void {
  windowsOf(10, 10, 0);
  windowsOf(10, 10, 4);
  windowsOf(24, 4, -5);
  windowsOf(10, 3, 1);
  windowsOf(6, 9, 2);
}

function windowsOf(size: i64, slide: i64, offset: i64): void {
  const width = gcd(size, slide);
  for (let time: i64 = -60; time < 60; time++) {
    let first = i64.MAX_VALUE;
    let last = i64.MIN_VALUE;
    for (let k: i64 = -80; k <= 80; k++) {
      const start = k * slide + offset;
      if (time < start || time >= start + size) continue;
      first = min(first, start + size);
      last = max(last, start + size);
    }
    const slice = floorTo(time, width, offset);
    const sliceFirst = firstWindowEnd(slice, size, slide, width, offset);
    const sliceLast = lastWindowEnd(slice, size, slide, offset);
    if (first > last) {
      assert(sliceLast < sliceFirst, "a gap has no windows");
      continue;
    }
    assert(sliceFirst == first && sliceLast == last);
    for (let watermark = first - 3; watermark < last - 1; watermark++) {
      let expected = first;
      while (expected - 1 <= watermark) expected += slide;
      assert(endAfterWatermark(first, watermark, slide) == expected);
    }
  }
}

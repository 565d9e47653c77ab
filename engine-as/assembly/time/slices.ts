// Window and slice arithmetic: pure functions of i64 milliseconds.
//
// Windows [k·slide + offset, k·slide + offset + size) are cut into slices of gcd(size, slide), the
// widest pieces of which every window is a union. A window is named by its end; it is closed by a
// watermark W with end − 1 <= W. Times are within ±2^60 (the caller checks), so that nothing here
// overflows.
//
//   time     ──┬──┬──┬──┬──┬──┬──┬──          size 4, slide 2: slices of 2
//   slice s        └s─┘                       ends of its windows: e1 = s + 2, e2 = s + 4
export const TIME_LIMIT: i64 = 1 << 60;

export function gcd(a: i64, b: i64): i64 {
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/** Largest multiple of `step` (plus offset) that is <= time; correct for negative times. */
@inline
export function floorTo(time: i64, step: i64, offset: i64): i64 {
  const rest = (time - offset) % step;
  return time - rest - (rest < 0 ? step : 0);
}

/** End of the first window that contains the slice (or, if windows leave gaps, of the next window). */
export function firstWindowEnd(slice: i64, size: i64, slide: i64, width: i64, offset: i64): i64 {
  const least = slice + width;
  // ends lie on offset + size + k·slide
  const floor = floorTo(least, slide, offset + size);
  return floor == least ? floor : floor + slide;
}

/** End of the last window that contains the slice; < firstWindowEnd when the slice lies in a gap. */
export function lastWindowEnd(slice: i64, size: i64, slide: i64, offset: i64): i64 {
  return floorTo(slice, slide, offset) + size;
}

/** The first end >= `end` (an end itself) that a watermark has not closed; needs watermark < TIME_LIMIT · 2. */
export function endAfterWatermark(end: i64, watermark: i64, slide: i64): i64 {
  if (end - 1 > watermark) return end;
  const behind = watermark + 2 - end;
  return end + ((behind + slide - 1) / slide) * slide;
}

/**
 * Windows in event time. A window covers [start, end); starts are whole multiples of the slide
 * since 1970-01-01T00:00:00Z, moved by the offset.
 */

export interface WindowSpec {
  readonly sizeMs: number;
  /** Equal to the size for tumbling windows. */
  readonly slideMs: number;
  readonly offsetMs: number;
}

export interface WindowOptions {
  /** Moves all windows, in ms: `tumble(days(1), { offset: hours(-8) })` gives days of UTC+8. */
  readonly offset?: number;
}

/** Windows side by side: every row is in exactly one. Sizes are ms, see `hours` and its like. */
export function tumble(size: number, options: WindowOptions = {}): WindowSpec {
  return { sizeMs: size, slideMs: size, offsetMs: options.offset ?? 0 };
}

/** A window of `size` every `slide`: every row is in size / slide windows. The slide divides the size. */
export function hop(size: number, slide: number, options: WindowOptions = {}): WindowSpec {
  return { sizeMs: size, slideMs: slide, offsetMs: options.offset ?? 0 };
}

/** The two special watermarks: no event time known yet, and end of input. */
export const WATERMARK_NONE = -(2n ** 63n);
export const WATERMARK_END = 2n ** 63n - 1n;

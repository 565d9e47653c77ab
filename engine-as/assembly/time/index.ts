// Event-time arithmetic: slices and windows.
export { TIME_LIMIT, endAfterWatermark, firstWindowEnd, floorTo, gcd, lastWindowEnd } from "./slices";

// Linear memory: who owns which bytes, and the error slot. Every other room allocates here.
export { memoryInit, memoryLimit } from "./chunks";
export { pageAlloc, pageFree, memoryUsed, PAGE_SMALL_BYTES, PAGE_MEDIUM_BYTES, PAGE_LARGE_BYTES } from "./pages";
export { blockAlloc, blockFree } from "./blocks";
export { arenaNew, arenaAlloc, arenaReset, arenaFree } from "./arena";
export { fail, failIn, errorClear, errorCode, errorOperator, errorValue } from "./errors";

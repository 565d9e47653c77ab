// A module for tests and benchmarks only: the window operator over frames, without tasks.
// host-ts/test/engine/window-harness.ts and bench/micro/state.mjs compile it; nothing of it is in engine.wasm.
import { Batch, batchFromFrame } from "../batch/index";
import { arenaNew, arenaReset, memoryInit } from "../memory/index";
import { keyHashes } from "./window-sources";
import { windowLateBatch, windowNextBatch, windowPush, windowRestoreRecord } from "./window";
import { WindowOperator } from "./window-types";

export { blockAlloc as alloc, blockFree as free, errorCode, errorValue, memoryUsed } from "../memory/index";
export { hashBytes } from "../kernels/hash";
export {
  windowCounter,
  windowCreate,
  windowFree,
  windowOutputTypes,
  windowRestoreBegin,
  windowRestoreEnd,
  windowSnapshotBegin,
  windowSnapshotDiscard,
  windowSnapshotNext,
  windowStatus,
  windowWatermark,
} from "./window";

let inArena: usize = 0;
let outArena: usize = 0;

export function init(bytesMax: usize): i32 {
  memoryInit(bytesMax);
  inArena = arenaNew();
  outArena = arenaNew();
  return inArena == 0 || outArena == 0 ? -1 : 0;
}

/** Pushes the frame; `sel` u16[selected] or 0. */
export function push(op: usize, frame: usize, sel: usize, selected: i32): i32 {
  arenaReset(inArena);
  const batch = batchFromFrame(frame, inArena);
  if (batch == 0) return -1;
  if (sel != 0) {
    changetype<Batch>(batch).sel = sel;
    changetype<Batch>(batch).selected = selected;
  }
  return windowPush(op, batch);
}

/** u32 key groups of the frame's rows into `out`; rows, or −1. */
export function keyGroups(op: usize, frame: usize, out: usize): i32 {
  arenaReset(inArena);
  const batch = batchFromFrame(frame, inArena);
  if (batch == 0) return -1;
  const window = changetype<WindowOperator>(op);
  const hashes = keyHashes(window, batch);
  const rows = changetype<Batch>(batch).rows;
  for (let row = 0; row < rows; row++) {
    const hash = load<u64>(hashes + ((<usize>row) << 3));
    const log2 = <u64>window.groups.log2;
    store<u32>(out + ((<usize>row) << 2), log2 == 0 ? 0 : <u32>(hash >> (64 - log2)));
  }
  return rows;
}

/** Turns a frame into a batch once, for pushOpen. */
export function open(frame: usize): usize {
  return batchFromFrame(frame, outArena);
}

export function pushOpen(op: usize, batch: usize, sel: usize, selected: i32): i32 {
  const b = changetype<Batch>(batch);
  b.sel = sel;
  b.selected = sel != 0 ? selected : b.rows;
  return windowPush(op, batch);
}

export function late(op: usize): usize {
  return windowLateBatch(op);
}

/** The next output batch (in an arena that the next call resets). */
export function next(op: usize): usize {
  arenaReset(outArena);
  return windowNextBatch(op, outArena);
}

/** Takes all pending batches; rows, or −1. */
export function drain(op: usize): i32 {
  let rows = 0;
  while (true) {
    arenaReset(inArena);
    const batch = windowNextBatch(op, inArena);
    if (batch == 0) return changetype<WindowOperator>(op).status < 0 ? -1 : rows;
    rows += changetype<Batch>(batch).rows;
  }
}

export function restoreRecord(op: usize, record: usize, bytes: i32): i32 {
  return windowRestoreRecord(op, record, bytes);
}

/** Turns the running form of hopping windows off (merge from scratch), to compare the two. */
export function mergeOnly(op: usize): void {
  changetype<WindowOperator>(op).incremental = 0;
}

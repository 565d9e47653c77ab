// A module for tests and benchmarks only: expressions over frames, without tasks. The host's expr tests
// compile it (host-ts/src/expr/engine-harness.ts); nothing of it is in engine.wasm.
import { Batch, batchFromFrame, Column, Dictionary } from "../batch/index";
import { arenaNew, arenaReset, blockAlloc, errorCode, errorValue, memoryInit } from "../memory/index";
import { exprEval, exprSelect } from "./index";

export { blockAlloc as alloc, blockFree as free, errorCode, errorValue } from "../memory/index";
export { exprCheck as check, exprWords as words } from "./index";

let arena: usize = 0;
let out: usize = 0;
let batch: usize = 0;

export function init(bytesMax: usize): i32 {
  memoryInit(bytesMax);
  arena = arenaNew();
  out = blockAlloc(offsetof<Column>() + 8);
  return arena == 0 || out == 0 ? -1 : 0;
}

/** Makes the batch of a frame; `sel` u16[selected] or 0. The number of rows, or -1. */
export function open(frame: usize, sel: usize, selected: i32): i32 {
  arenaReset(arena);
  batch = batchFromFrame(frame, arena);
  if (batch == 0) return -1;
  if (sel != 0) {
    changetype<Batch>(batch).sel = sel;
    changetype<Batch>(batch).selected = selected;
  }
  return changetype<Batch>(batch).rows;
}

/** Status; the column is at `column()`. */
export function evaluate(program: usize): i32 {
  return exprEval(program, batch, arena, out, 7);
}
export function select(program: usize): i32 {
  return exprSelect(program, batch, arena, 7);
}
export function selected(): i32 {
  return changetype<Batch>(batch).selected;
}
export function selection(): usize {
  return changetype<Batch>(batch).sel;
}
/** type, encoding, validity, data, bytes, dict: six i32. */
export function column(): usize {
  return out;
}
/** count, offsets, bytes of a dictionary. */
export function dictionaryCount(dict: usize): i32 {
  return changetype<Dictionary>(dict).count;
}
export function dictionaryOffsets(dict: usize): usize {
  return changetype<Dictionary>(dict).offsets;
}
export function dictionaryBytes(dict: usize): usize {
  return changetype<Dictionary>(dict).bytes;
}

/** Runs `rounds` selections of the open batch, from all rows each time; rows selected by the last. */
export function benchSelect(program: usize, frame: usize, rounds: i32): i32 {
  for (let i = 0; i < rounds; i++) {
    changetype<Batch>(batch).sel = 0;
    changetype<Batch>(batch).selected = changetype<Batch>(batch).rows;
    if ((i & 15) == 15) open(frame, 0, 0);
    if (exprSelect(program, batch, arena, 7) != 0) return -1;
  }
  return changetype<Batch>(batch).selected;
}

/** Runs `rounds` evaluations of the open batch. */
export function benchEvaluate(program: usize, frame: usize, rounds: i32): i32 {
  for (let i = 0; i < rounds; i++) {
    if ((i & 7) == 7) open(frame, 0, 0);
    if (exprEval(program, batch, arena, out, 7) != 0) return -1;
  }
  return 0;
}

// The engine's exports (docs/design/engine.md, Tasks): nothing but calls into task/ and memory/.
//
// Names are snake_case because they are the ABI. Statuses and error codes are in abi.ts. The host
// calls abi_version first and engine_init once, before anything else.
import { ABI_VERSION, STATUS_DONE } from "../abi";
import {
  blockAlloc,
  blockFree,
  errorClear,
  errorCode,
  errorOperator,
  errorValue,
  memoryInit,
  memoryUsed,
} from "./memory/index";
import {
  planRead,
  restoreBegin,
  restoreEnd,
  restoreRecord,
  snapshotBegin,
  snapshotDiscard,
  snapshotNext,
  taskCounter,
  taskFlush,
  taskFree,
  taskOutBytes,
  taskOutChannel,
  taskOutPtr,
  taskOutRows,
  taskPush,
  taskResume,
  taskSplit,
  taskSplitMax,
  taskWatermark,
} from "./task/index";

export * from "./codec/index";

export function abi_version(): i32 {
  return ABI_VERSION;
}

/** Bytes of linear memory at most; 0 = as much as the home gives. */
export function engine_init(bytesMax: u32): i32 {
  memoryInit(bytesMax);
  return STATUS_DONE;
}

/** Bytes of pages, blocks and arenas in use. */
export function memory_used(): usize {
  return memoryUsed();
}

/** For frames, plans and records that the host writes; 16-aligned; 0 = out of memory. */
export function buffer_alloc(bytes: i32): usize {
  errorClear();
  return blockAlloc(<usize>max(bytes, 0));
}

export function buffer_free(ptr: usize): void {
  blockFree(ptr);
}

export function error_code(): i32 {
  return errorCode();
}

export function error_operator(): i32 {
  return errorOperator();
}

export function error_value(index: i32): i64 {
  return errorValue(index);
}

/** 0 = error slot filled. The plan is copied. */
export function task_create(plan: usize, words: i32): usize {
  errorClear();
  return planRead(plan, words);
}

export function task_free(task: usize): void {
  taskFree(task);
}

export function task_push(task: usize, frame: usize): i32 {
  return taskPush(task, frame);
}

export function task_watermark(task: usize, watermark: i64): i32 {
  return taskWatermark(task, watermark);
}

export function task_flush(task: usize): i32 {
  return taskFlush(task);
}

export function task_resume(task: usize): i32 {
  return taskResume(task);
}

export function task_out_ptr(task: usize): usize {
  return taskOutPtr(task);
}

export function task_out_bytes(task: usize): i32 {
  return taskOutBytes(task);
}

export function task_out_channel(task: usize): i32 {
  return taskOutChannel(task);
}

export function task_out_rows(task: usize): i32 {
  return taskOutRows(task);
}

export function task_split(task: usize, maxTime: i64): void {
  taskSplit(task, maxTime);
}

export function task_split_max(task: usize): i64 {
  return taskSplitMax(task);
}

export function task_counter(task: usize, operatorId: i32, counter: i32): i64 {
  return taskCounter(task, operatorId, counter);
}

export function snapshot_begin(task: usize): i32 {
  return snapshotBegin(task);
}

export function snapshot_next(task: usize, into: usize, capacity: i32): i32 {
  return snapshotNext(task, into, capacity);
}

/** The host threw away what the last snapshot wrote: the next one is full. */
export function snapshot_discard(task: usize): void {
  snapshotDiscard(task);
}

export function restore_begin(task: usize, keyGroupFrom: i32, keyGroupTo: i32): i32 {
  return restoreBegin(task, keyGroupFrom, keyGroupTo);
}

export function restore_record(task: usize, record: usize, bytes: i32): i32 {
  return restoreRecord(task, record, bytes);
}

export function restore_end(task: usize): i32 {
  return restoreEnd(task);
}

// Snapshot and restore of a task: of its stateful operator, if it has one.
//
// Called between STATUS_DONE and the next call: a task in the middle of one has rows under way that
// no state holds. A task without state writes no records and takes none.
import { ERROR_BAD_SNAPSHOT, ERROR_BUG, STATUS_DONE, STATUS_ERROR } from "../../abi";
import { errorClear, fail, failIn } from "../memory/index";
import {
  windowRestoreBegin,
  windowRestoreEnd,
  windowRestoreRecord,
  windowSnapshotBegin,
  windowSnapshotDiscard,
  windowSnapshotNext,
} from "../operators/window";
import { operatorAt, PHASE_IDLE, Task } from "./task";

const BUG_SNAPSHOT_DURING_CALL: i64 = 3;
/** Value 0 of ERROR_BAD_SNAPSHOT: a record for a task that keeps no state. */
const CHECK_STATELESS: i64 = 100;

function enter(task: Task): bool {
  errorClear();
  if (task.phase == PHASE_IDLE) return true;
  fail(ERROR_BUG, -1, BUG_SNAPSHOT_DURING_CALL, task.phase, 0);
  return false;
}


@inline
function named(task: Task, status: i32): i32 {
  return status < 0 ? failIn(operatorAt(task, task.window).id) : status;
}

export function snapshotBegin(ptr: usize): i32 {
  const task = changetype<Task>(ptr);
  if (!enter(task)) return STATUS_ERROR;
  if (task.window < 0) return STATUS_DONE;
  return named(task, windowSnapshotBegin(operatorAt(task, task.window).state));
}

/** Whole records into `into`; bytes written, 0 = finished, < 0 = error. */
export function snapshotNext(ptr: usize, into: usize, capacity: i32): i32 {
  const task = changetype<Task>(ptr);
  errorClear();
  if (task.window < 0) return 0;
  return named(task, windowSnapshotNext(operatorAt(task, task.window).state, into, capacity));
}

/** The records of the last snapshot were not kept: the next one holds every page. */
export function snapshotDiscard(ptr: usize): void {
  const task = changetype<Task>(ptr);
  if (task.window >= 0) windowSnapshotDiscard(operatorAt(task, task.window).state);
}

export function restoreBegin(ptr: usize, keyGroupFrom: i32, keyGroupTo: i32): i32 {
  const task = changetype<Task>(ptr);
  if (!enter(task)) return STATUS_ERROR;
  if (task.window < 0) return STATUS_DONE;
  return named(task, windowRestoreBegin(operatorAt(task, task.window).state, keyGroupFrom, keyGroupTo));
}

export function restoreRecord(ptr: usize, record: usize, bytes: i32): i32 {
  const task = changetype<Task>(ptr);
  errorClear();
  if (task.window < 0) return fail(ERROR_BAD_SNAPSHOT, -1, CHECK_STATELESS, bytes, 0);
  return named(task, windowRestoreRecord(operatorAt(task, task.window).state, record, bytes));
}

export function restoreEnd(ptr: usize): i32 {
  const task = changetype<Task>(ptr);
  errorClear();
  if (task.window < 0) return STATUS_DONE;
  return named(task, windowRestoreEnd(operatorAt(task, task.window).state));
}

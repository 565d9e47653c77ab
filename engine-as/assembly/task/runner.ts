// Running a task: batches go from operator to operator, frames leave one at a time.
//
// Every call (push, watermark, flush) sets a phase and runs until a frame closes or the phase is
// over; resume goes on where it stopped. Stateless operators hand a batch on within one call, so
// the only places to stop are the exchange at the end, the exchange of late rows, and the window's
// queue of fired batches. The arena is reset when nothing points into it any more.
import {
  ERROR_BAD_FRAME,
  ERROR_BUG,
  OP_FILTER,
  OP_PARTITION,
  OP_PROJECT,
  OP_TIME,
  OP_WINDOW,
  STATUS_DONE,
  STATUS_ERROR,
  STATUS_OUTPUT,
} from "../../abi";
import { Batch, batchFromFrame, CHECK_SCHEMA, Column, columnAt } from "../batch/index";
import { exchangeFlush, exchangeStartWhole, exchangeStep } from "../exchange/index";
import { arenaReset, errorClear, fail, failIn } from "../memory/index";
import { filterPush } from "../operators/filter";
import { outputPush } from "../operators/output";
import { partitionPush } from "../operators/partition";
import { projectPush } from "../operators/project";
import { timePush } from "../operators/time";
import { windowLateBatch, windowNextBatch, windowPush, windowStatus, windowWatermark } from "../operators/window";
import { Operator, operatorAt, PHASE_FIRE, PHASE_FLUSH, PHASE_IDLE, PHASE_PUSH, Task } from "./task";

/** Assertions of ERROR_BUG. */
const BUG_CALL_DURING_OUTPUT: i64 = 1;
const BUG_RESUME_WHEN_IDLE: i64 = 2;

/** Takes a frame, borrowed until STATUS_DONE. */
export function taskPush(ptr: usize, frame: usize): i32 {
  const task = changetype<Task>(ptr);
  if (!enter(task)) return STATUS_ERROR;
  arenaReset(task.arena);
  const input = operatorAt(task, 0);
  const batch = batchFromFrame(frame, task.arena);
  if (batch == 0 || !hasTypes(batch, operatorAt(task, 1))) return leave(task, failIn(input.id));
  const rows = changetype<Batch>(batch).selected;
  input.rowsIn += rows;
  input.rowsOut += rows;
  task.phase = PHASE_PUSH;
  return advance(task, batch, 1) < 0 ? leave(task, STATUS_ERROR) : proceed(task);
}

/** No row with a time at or below `watermark` follows, but for late ones. */
export function taskWatermark(ptr: usize, watermark: i64): i32 {
  const task = changetype<Task>(ptr);
  if (!enter(task)) return STATUS_ERROR;
  if (task.window < 0) return STATUS_DONE;
  const window = operatorAt(task, task.window);
  const status = windowWatermark(window.state, watermark);
  if (status < 0) return leave(task, failIn(window.id));
  if (status != STATUS_OUTPUT) return STATUS_DONE;
  task.phase = PHASE_FIRE;
  return proceed(task);
}

/** Closes all open frames, one per STATUS_OUTPUT. */
export function taskFlush(ptr: usize): i32 {
  const task = changetype<Task>(ptr);
  if (!enter(task)) return STATUS_ERROR;
  task.phase = PHASE_FLUSH;
  return proceed(task);
}

/** Goes on after STATUS_OUTPUT. */
export function taskResume(ptr: usize): i32 {
  const task = changetype<Task>(ptr);
  errorClear();
  if (task.phase == PHASE_IDLE) return fail(ERROR_BUG, -1, BUG_RESUME_WHEN_IDLE, 0, 0);
  return proceed(task);
}

function enter(task: Task): bool {
  errorClear();
  if (task.phase != PHASE_IDLE) {
    fail(ERROR_BUG, -1, BUG_CALL_DURING_OUTPUT, task.phase, 0);
    return false;
  }
  task.out = 0;
  return true;
}

function leave(task: Task, status: i32): i32 {
  task.phase = PHASE_IDLE;
  task.taking = 0;
  task.takingLate = 0;
  task.out = 0;
  return status;
}

/** Works until there is a frame to take or nothing is left of the phase. */
function proceed(task: Task): i32 {
  task.out = 0;
  while (true) {
    const status = task.takingLate != 0 ? stepLate(task) : task.taking != 0 ? step(task) : next(task);
    if (status == STATUS_OUTPUT) return STATUS_OUTPUT;
    if (status < 0) return leave(task, STATUS_ERROR);
    if (task.phase == PHASE_IDLE) return STATUS_DONE;
  }
  return STATUS_DONE;
}

function step(task: Task): i32 {
  const status = exchangeStep(task.exchange);
  if (status == STATUS_DONE) task.taking = 0;
  else if (status == STATUS_OUTPUT) task.out = task.exchange;
  else failIn(operatorAt(task, task.operatorCount - 1).id);
  return status;
}

function stepLate(task: Task): i32 {
  const status = exchangeStep(task.lateExchange);
  if (status == STATUS_DONE) task.takingLate = 0;
  else if (status == STATUS_OUTPUT) task.out = task.lateExchange;
  else failIn(operatorAt(task, task.window).id);
  return status;
}

/** The next piece of work of the phase; PHASE_IDLE when it is over. */
function next(task: Task): i32 {
  if (task.phase == PHASE_FIRE) return fireNext(task);
  if (task.phase == PHASE_FLUSH) {
    task.out = task.exchange;
    let status = exchangeFlush(task.exchange);
    if (status == STATUS_DONE && task.lateExchange != 0) {
      task.out = task.lateExchange;
      status = exchangeFlush(task.lateExchange);
    }
    if (status != STATUS_DONE) return status;
  }
  task.out = 0;
  task.phase = PHASE_IDLE;
  return STATUS_DONE;
}

function fireNext(task: Task): i32 {
  arenaReset(task.arena);
  const window = operatorAt(task, task.window);
  const batch = windowNextBatch(window.state, task.arena);
  if (batch == 0) {
    // not the error slot: an allocation that could be done without may have filled it
    if (windowStatus(window.state) < 0) return failIn(window.id);
    task.phase = PHASE_IDLE;
    return STATUS_DONE;
  }
  window.rowsOut += changetype<Batch>(batch).selected;
  return advance(task, batch, task.window + 1);
}

/** Hands a batch through the operators from `from` on, up to the window or the terminal. */
function advance(task: Task, first: usize, from: i32): i32 {
  let batch = first;
  for (let index = from; index < task.operatorCount; index++) {
    const operator = operatorAt(task, index);
    operator.rowsIn += changetype<Batch>(batch).selected;
    const kind = operator.kind;
    let status = STATUS_DONE;
    if (kind == OP_FILTER) status = filterPush(operator.payload, batch, task.arena, operator.id);
    else if (kind == OP_TIME) {
      const splitMax = changetype<usize>(task) + offsetof<Task>("splitMax");
      status = timePush(operator.payload, batch, task.arena, operator.id, splitMax);
    } else if (kind == OP_PROJECT) {
      batch = projectPush(operator.payload, batch, task.arena, operator.id);
      if (batch == 0) status = STATUS_ERROR;
    } else if (kind == OP_WINDOW) return intoWindow(task, operator, batch);
    else return intoExchange(task, operator, batch);
    if (status < 0) return failIn(operator.id);
    const rows = changetype<Batch>(batch).selected;
    operator.rowsOut += rows;
    if (rows == 0) return STATUS_DONE;
  }
  return STATUS_DONE;
}

function intoWindow(task: Task, operator: Operator, batch: usize): i32 {
  if (windowPush(operator.state, batch) < 0) return failIn(operator.id);
  if (task.lateExchange == 0) return STATUS_DONE;
  const late = windowLateBatch(operator.state);
  if (late == 0) return STATUS_DONE;
  exchangeStartWhole(task.lateExchange, late);
  task.takingLate = 1;
  return STATUS_DONE;
}

function intoExchange(task: Task, operator: Operator, batch: usize): i32 {
  const rows = changetype<Batch>(batch).selected;
  operator.rowsOut += rows;
  if (rows == 0) return STATUS_DONE;
  if (operator.kind == OP_PARTITION) partitionPush(operator.state, task.exchange, batch);
  else outputPush(task.exchange, batch);
  task.taking = 1;
  return STATUS_DONE;
}

/** Whether the frame has the columns that the plan was checked against. */
function hasTypes(batch: usize, first: Operator): bool {
  const b = changetype<Batch>(batch);
  if (b.columnCount != first.columnCount) {
    fail(ERROR_BAD_FRAME, -1, CHECK_SCHEMA, b.columnCount, first.columnCount);
    return false;
  }
  for (let index = 0; index < first.columnCount; index++) {
    const type = changetype<Column>(columnAt(batch, index)).type;
    const wanted = load<i32>(first.types + ((<usize>index) << 2));
    if (type != wanted) {
      fail(ERROR_BAD_FRAME, -1, CHECK_SCHEMA, type, wanted);
      return false;
    }
  }
  return true;
}

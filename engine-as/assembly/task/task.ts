// A task: one native part of a chain, as structs in linear memory.
//
// The plan is copied and stays behind the operators, which point into it. A task holds a cursor
// (phase, whether an exchange is in the middle of a batch) only between STATUS_OUTPUT and the
// resume that ends in STATUS_DONE.
import { arenaFree, arenaNew, blockAlloc, blockFree } from "../memory/index";
import { exchangeFree } from "../exchange/index";
import { partitionFree } from "../operators/partition";
import { windowFree } from "../operators/window";


@unmanaged
export class Operator {
  kind: i32;
  id: i32;
  /** i32 words in the task's copy of the plan. */
  payload: usize;
  payloadWords: i32;
  /** OP_PARTITION: Partition; OP_WINDOW: the window; else 0. */
  state: usize;
  /** i32[columnCount]: types of the rows that come in. */
  types: usize;
  columnCount: i32;
  late: i32;
  rowsIn: i64;
  rowsOut: i64;
}

/** No call is under way. */
export const PHASE_IDLE: i32 = 0;
export const PHASE_PUSH: i32 = 1;
/** The window's fired batches are being drained. */
export const PHASE_FIRE: i32 = 2;
export const PHASE_FLUSH: i32 = 3;


@unmanaged
export class Task {
  operatorCount: i32;
  /** Operator[operatorCount]. */
  operators: usize;
  plan: usize;
  /** Types of every operator's input, one row of COLUMNS_MAX per operator. */
  types: usize;
  arena: usize;
  /** Of the terminal operator. */
  exchange: usize;
  /** For the window's late rows, or 0. */
  lateExchange: usize;
  /** Index of the stateful operator, or -1. */
  window: i32;
  phase: i32;
  /** 1 = the terminal's exchange is taking a batch. */
  taking: i32;
  /** 1 = the late exchange is taking a batch. */
  takingLate: i32;
  /** The exchange whose closed frame is the output, or 0. */
  out: usize;
  splitMax: i64;
}

export const OPERATOR_BYTES: usize = 48;
const TASK_BYTES: usize = 64;
if (offsetof<Operator>() != OPERATOR_BYTES) ERROR("Operator must be 48 bytes: operators are contiguous");
if (offsetof<Task>() > TASK_BYTES) ERROR("Task must fit into 64 bytes");


@inline
export function operatorAt(task: Task, index: i32): Operator {
  return changetype<Operator>(task.operators + <usize>index * OPERATOR_BYTES);
}

/** A task without operators yet; 0 = out of memory. */
export function taskNew(): usize {
  const ptr = blockAlloc(TASK_BYTES);
  if (ptr == 0) return 0;
  memory.fill(ptr, 0, TASK_BYTES);
  const task = changetype<Task>(ptr);
  task.window = -1;
  task.splitMax = i64.MIN_VALUE;
  task.arena = arenaNew();
  if (task.arena != 0) return ptr;
  blockFree(ptr);
  return 0;
}

/** Frees everything, also of a task whose plan was only read in part. */
export function taskFree(ptr: usize): void {
  if (ptr == 0) return;
  const task = changetype<Task>(ptr);
  for (let index = 0; index < task.operatorCount; index++) {
    const operator = operatorAt(task, index);
    if (operator.state == 0) continue;
    if (index == task.window) windowFree(operator.state);
    else partitionFree(operator.state);
  }
  exchangeFree(task.exchange);
  exchangeFree(task.lateExchange);
  blockFree(task.operators);
  blockFree(task.types);
  blockFree(task.plan);
  arenaFree(task.arena);
  blockFree(ptr);
}

/** The operator with this id, or 0. */
export function operatorById(task: Task, id: i32): usize {
  for (let index = 0; index < task.operatorCount; index++) {
    const operator = operatorAt(task, index);
    if (operator.id == id) return changetype<usize>(operator);
  }
  return 0;
}

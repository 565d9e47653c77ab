// What the host reads from a task and tells it between calls: the output frame, counters, the split.
import { CHANNEL_LATE, COUNTER_ROWS_IN, COUNTER_ROWS_OUT, OP_WINDOW } from "../../abi";
import { exchangeOutBytes, exchangeOutChannel, exchangeOutPtr, exchangeOutRows } from "../exchange/index";
import { windowCounter } from "../operators/window";
import { Operator, operatorById, Task } from "./task";

export function taskOutPtr(task: usize): usize {
  const out = changetype<Task>(task).out;
  return out == 0 ? 0 : exchangeOutPtr(out);
}

export function taskOutBytes(task: usize): i32 {
  const out = changetype<Task>(task).out;
  return out == 0 ? 0 : exchangeOutBytes(out);
}

export function taskOutRows(task: usize): i32 {
  const out = changetype<Task>(task).out;
  return out == 0 ? 0 : exchangeOutRows(out);
}

export function taskOutChannel(task: usize): i32 {
  const t = changetype<Task>(task);
  if (t.out == 0) return 0;
  return t.out == t.lateExchange ? CHANNEL_LATE : exchangeOutChannel(t.out);
}

/** The split that the next pushes belong to, by its largest time so far (i64.MIN_VALUE = none). */
export function taskSplit(task: usize, maxTime: i64): void {
  changetype<Task>(task).splitMax = maxTime;
}

export function taskSplitMax(task: usize): i64 {
  return changetype<Task>(task).splitMax;
}

/** A counter of an operator, by its id in the plan; 0 for what it does not count. */
export function taskCounter(task: usize, operatorId: i32, counter: i32): i64 {
  const ptr = operatorById(changetype<Task>(task), operatorId);
  if (ptr == 0) return 0;
  const operator = changetype<Operator>(ptr);
  if (counter == COUNTER_ROWS_IN) return operator.rowsIn;
  if (counter == COUNTER_ROWS_OUT) return operator.rowsOut;
  return operator.kind == OP_WINDOW ? windowCounter(operator.state, counter) : 0;
}

// The error slot: what went wrong in the call that just returned STATUS_ERROR (or 0 for a pointer).
//
// There is one slot per instance. It holds a code of abi.ts, the operator (id of the plan, -1 = not
// an operator) and three values whose meaning abi.ts gives per code. The innermost failure fills it,
// callers pass STATUS_ERROR on; the host reads it before the next call.
import { ERROR_NONE, STATUS_ERROR } from "../../abi";

let slotCode: i32 = ERROR_NONE;
let slotOperator: i32 = -1;
let slotA: i64 = 0;
let slotB: i64 = 0;
let slotC: i64 = 0;

/** Fills the error slot and returns STATUS_ERROR, so that `return fail(…)` reads well. */
export function fail(code: i32, operator: i32, a: i64, b: i64, c: i64): i32 {
  slotCode = code;
  slotOperator = operator;
  slotA = a;
  slotB = b;
  slotC = c;
  return STATUS_ERROR;
}

/** Names the operator of a failure that happened below it (an allocation, a kernel). */
export function failIn(operator: i32): i32 {
  if (slotOperator < 0) slotOperator = operator;
  return STATUS_ERROR;
}

export function errorClear(): void {
  slotCode = ERROR_NONE;
  slotOperator = -1;
}

export function errorCode(): i32 {
  return slotCode;
}

export function errorOperator(): i32 {
  return slotOperator;
}

/** index 0 … 2; anything else reads as 0. */
export function errorValue(index: i32): i64 {
  return index == 0 ? slotA : index == 1 ? slotB : index == 2 ? slotC : 0;
}

// ADD … ABS: picks the kernel by type; integer failures are looked for only when a kernel reports that there
// may be one, and only in the rows that count.
import {
  ERROR_DIVISION_BY_ZERO,
  ERROR_OVERFLOW,
  EXPR_ABS,
  EXPR_ADD,
  EXPR_DIV,
  EXPR_MOD,
  EXPR_MUL,
  EXPR_NEG,
  EXPR_SUB,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_F64,
} from "../../abi";
import {
  AbsF64,
  AbsI64,
  AddF64,
  AddI64,
  divideI64,
  DivF64,
  DivI64,
  mapF64,
  mapI64,
  ModF64,
  ModI64,
  MulF64,
  MulI64,
  NegF64,
  NegI64,
  SubF64,
  SubI64,
} from "../kernels/arithmetic";
import { fail } from "../memory/index";
import { opOf, typeOf } from "./program";
import {
  define,
  errorCounts,
  nullWhereEither,
  operand,
  operator,
  Register,
  rows,
  selectedRow,
  selectedRows,
  source,
  step,
} from "./registers";
import { physicalType } from "./check";

export function evalArithmetic(at: usize): i32 {
  const op = opOf(at);
  const type = physicalType(typeOf(at));
  const a = operand(at, 0);
  const b = operand(at, 1);
  const out = define(at, type);
  if (out == 0) return STATUS_ERROR;
  nullWhereEither(out, a, b);
  if (type == TYPE_F64) {
    if (op == EXPR_ADD) runF64<AddF64>(a, b, out);
    else if (op == EXPR_SUB) runF64<SubF64>(a, b, out);
    else if (op == EXPR_MUL) runF64<MulF64>(a, b, out);
    else if (op == EXPR_DIV) runF64<DivF64>(a, b, out);
    else if (op == EXPR_MOD) runF64<ModF64>(a, b, out);
    else if (op == EXPR_NEG) runF64<NegF64>(a, b, out);
    else runF64<AbsF64>(a, b, out);
    return STATUS_DONE;
  }
  if (op == EXPR_ADD) return runI64<AddI64>(at, a, b, out);
  if (op == EXPR_SUB) return runI64<SubI64>(at, a, b, out);
  if (op == EXPR_MUL) return runI64<MulI64>(at, a, b, out);
  if (op == EXPR_NEG) return runI64<NegI64>(at, a, b, out);
  if (op == EXPR_ABS) return runI64<AbsI64>(at, a, b, out);
  if (op == EXPR_DIV) return runDivision<DivI64>(at, a, b, out);
  return runDivision<ModI64>(at, a, b, out);
}


@inline
function runF64<Op>(a: usize, b: usize, out: usize): void {
  mapF64<Op>(source(a), step(a), source(b), step(b), changetype<Register>(out).data, rows);
}


@inline
function runI64<Op>(at: usize, a: usize, b: usize, out: usize): i32 {
  const data = changetype<Register>(out).data;
  if (!mapI64<Op>(source(a), step(a), source(b), step(b), data, rows)) return STATUS_DONE;
  return searchFailure<Op>(at, a, b, out);
}


@inline
function runDivision<Op>(at: usize, a: usize, b: usize, out: usize): i32 {
  const data = changetype<Register>(out).data;
  if (!divideI64<Op>(source(a), step(a) >> 1, source(b), step(b) >> 1, data, rows)) return STATUS_DONE;
  return searchFailure<Op>(at, a, b, out);
}

/** The first row that counts and fails, or STATUS_DONE. */
function searchFailure<Op>(at: usize, a: usize, b: usize, out: usize): i32 {
  const count = selectedRows();
  const stepA = step(a) >> 1;
  const stepB = step(b) >> 1;
  for (let i = 0; i < count; i++) {
    const row = selectedRow(i);
    const x = load<i64>(source(a) + <usize>row * stepA);
    const y = load<i64>(source(b) + <usize>row * stepB);
    if (!changetype<Op>(0).failsAt(x, y) || !errorCounts(at, out, row)) continue;
    const op = opOf(at);
    const byZero = (op == EXPR_DIV || op == EXPR_MOD) && y == 0;
    return fail(byZero ? ERROR_DIVISION_BY_ZERO : ERROR_OVERFLOW, operator, row, op, 0);
  }
  return STATUS_DONE;
}

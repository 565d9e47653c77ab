// Runs a checked program over a batch: one kernel per instruction, whole vectors at a time.
//
// exprEval leaves the result in a column (in the arena, or the batch's own column when the program only names
// one); exprSelect narrows the batch's selection to the rows where the result is true, going from vectors to
// a bitmap to the selection vector without anything in between.
import {
  ENCODING_DICTIONARY,
  ERROR_BAD_PLAN,
  EXPR_ABS,
  EXPR_CAST,
  EXPR_COLUMN,
  EXPR_CONSTANT,
  EXPR_CONTAINS,
  EXPR_GE,
  EXPR_IF,
  EXPR_IS_FALSE,
  EXPR_LENGTH,
  EXPR_NULL,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_UTF8,
} from "../../abi";
import { Batch, Column, columnAt } from "../batch/index";
import { CanonicalF64, fillVector, mapF64 } from "../kernels/arithmetic";
import { bitmapClearTail, ZEROS } from "../kernels/bitmap";
import { selectBits, selectBitsAmong } from "../kernels/selection";
import { viewOf } from "../kernels/text";
import { arenaAlloc, fail, failIn } from "../memory/index";
import { physicalType } from "./check";
import { evalArithmetic } from "./eval-arithmetic";
import { evalCast, evalTime } from "./eval-cast";
import { evalIf } from "./eval-choose";
import { evalComparison, evalLogic } from "./eval-logic";
import { dictionaryNew, evalText, evalTextTest } from "./eval-text";
import {
  immediateOf,
  instructionAt,
  opOf,
  programInstructions,
  programResult,
  programResultType,
  typeOf,
  writtenOf,
} from "./program";
import {
  arena,
  batch,
  constantPtr,
  enter,
  ownValidity,
  ownVector,
  Register,
  register,
  rows,
  VECTOR_BYTES,
} from "./registers";

/**
 * Evaluates a checked program over all rows of the batch into `out` (a Column; its memory is the arena's or the
 * batch's). Values of rows that are not selected are unspecified. Errors (OVERFLOW, DIVISION_BY_ZERO, CAST with
 * the row; OUT_OF_MEMORY) fill the error slot.
 */
export function exprEval(program: usize, batch: usize, arena: usize, out: usize, operator: i32): i32 {
  enter(batch, arena, operator);
  const result = changetype<Register>(register(programResult(program)));
  // the result outlives this call, so its register computes into the arena this once
  const kept = result.vector;
  result.vector = arenaAlloc(arena, VECTOR_BYTES);
  const status = result.vector != 0 && run(program) == STATUS_DONE ? deliver(program, out) : STATUS_ERROR;
  result.vector = kept;
  return status == STATUS_DONE ? STATUS_DONE : failIn(operator);
}

/** Keeps of the batch's selected rows those for which the (bool) program is true. */
export function exprSelect(program: usize, batch: usize, arena: usize, operator: i32): i32 {
  if (programResultType(program) != TYPE_BOOL) return fail(ERROR_BAD_PLAN, operator, 6, programResultType(program), 0);
  enter(batch, arena, operator);
  if (run(program) != STATUS_DONE) return failIn(operator);
  const reg = register(programResult(program));
  const r = changetype<Register>(reg);
  if (r.constant != 0) {
    if (!ownVector(r)) return failIn(operator);
    fillVector(constantPtr(reg), r.vector, (<usize>(rows + 7)) >> 3);
    r.data = r.vector;
  }
  const b = changetype<Batch>(batch);
  const sel = arenaAlloc(arena, (<usize>b.selected + 8) << 1);
  if (sel == 0) return failIn(operator);
  if (b.sel != 0) b.selected = selectBitsAmong(r.data, r.validity, b.sel, b.selected, sel);
  else b.selected = selectBits(r.data, r.validity, rows, sel);
  // all rows kept: "no selection" is the faster way to say so
  if (b.sel != 0 || b.selected != rows) b.sel = sel;
  return STATUS_DONE;
}

function run(program: usize): i32 {
  const count = programInstructions(program);
  for (let i = 0; i < count; i++) {
    const at = instructionAt(program, i);
    const op = opOf(at);
    let status = STATUS_DONE;
    if (op == EXPR_COLUMN) bindColumn(at);
    else if (op <= EXPR_NULL) bindConstant(at, program);
    else if (op <= EXPR_ABS) status = evalArithmetic(at);
    else if (op <= EXPR_GE) status = evalComparison(at);
    else if (op <= EXPR_IS_FALSE) status = evalLogic(at);
    else if (op == EXPR_IF) status = evalIf(at);
    else if (op == EXPR_CAST) status = evalCast(at);
    else if (op <= EXPR_CONTAINS) status = evalTextTest(at);
    else if (op <= EXPR_LENGTH) status = evalText(at);
    else status = evalTime(at);
    if (status != STATUS_DONE) return STATUS_ERROR;
  }
  return STATUS_DONE;
}

function bindColumn(at: usize): void {
  const column = changetype<Column>(columnAt(batch, immediateOf(at)));
  const r = changetype<Register>(register(writtenOf(at)));
  r.type = physicalType(column.type);
  r.constant = 0;
  r.encoding = column.encoding;
  r.validity = column.validity;
  r.data = column.data;
  r.bytes = column.bytes;
  r.dict = column.dict;
}

function bindConstant(at: usize, program: usize): void {
  const reg = register(writtenOf(at));
  const r = changetype<Register>(reg);
  const into = constantPtr(reg);
  const isNull = opOf(at) == EXPR_NULL;
  const ptr = program + ((<usize>immediateOf(at)) << 2);
  r.type = physicalType(typeOf(at));
  r.constant = 1;
  r.encoding = 0;
  r.validity = isNull ? ZEROS : 0;
  r.data = 0;
  r.bytes = 0;
  r.dict = 0;
  if (isNull) {
    const nothing = r.type == TYPE_UTF8 ? viewOf(program, 0) : 0;
    v128.store(into, i64x2.splat(nothing));
  } else if (r.type == TYPE_UTF8) store<u64>(into, viewOf(ptr + 4, load<i32>(ptr)));
  else if (r.type == TYPE_BOOL) v128.store(into, i64x2.splat(load<i32>(ptr) != 0 ? -1 : 0));
  else if (r.type == TYPE_I32) v128.store(into, i32x4.splat(load<i32>(ptr)));
  else v128.store(into, i64x2.splat(load<i64>(ptr)));
}

/** Makes a column of the result register. */
function deliver(program: usize, out: usize): i32 {
  const reg = register(programResult(program));
  const r = changetype<Register>(reg);
  if (r.constant != 0 && !spreadConstant(reg)) return STATUS_ERROR;
  const own = r.data == r.vector;
  if (own && r.type == TYPE_F64) mapF64<CanonicalF64>(r.data, 16, r.data, 16, r.data, rows);
  if (own && r.type == TYPE_BOOL) bitmapClearTail(r.data, rows);
  if (r.validity == ownValidity(reg)) bitmapClearTail(r.validity, rows);
  const column = changetype<Column>(out);
  column.type = programResultType(program);
  column.encoding = r.encoding;
  column.validity = r.validity;
  column.data = r.data;
  column.bytes = r.bytes;
  column.dict = r.dict;
  return STATUS_DONE;
}

/** A constant result becomes a vector; text becomes a dictionary of one entry. */
function spreadConstant(reg: usize): bool {
  const r = changetype<Register>(reg);
  r.constant = 0;
  r.data = r.vector;
  if (r.type != TYPE_UTF8) {
    const bytes = r.type == TYPE_BOOL ? (<usize>(rows + 7)) >> 3 : (<usize>rows) << (r.type == TYPE_I32 ? 2 : 3);
    fillVector(constantPtr(reg), r.data, bytes);
    return true;
  }
  const view = load<u64>(constantPtr(reg));
  const bytes = <i32>(view >> 32);
  const offsets = arenaAlloc(arena, 16);
  const text = arenaAlloc(arena, <usize>bytes + 16);
  if (offsets == 0 || text == 0) return false;
  store<i32>(offsets, 0);
  store<i32>(offsets, bytes, 4);
  memory.copy(text, <usize>(view & 0xffffffff), <usize>bytes);
  memory.fill(r.data, 0, (<usize>rows) << 2);
  r.encoding = ENCODING_DICTIONARY;
  r.dict = dictionaryNew(offsets, 1, text, bytes);
  return r.dict != 0;
}

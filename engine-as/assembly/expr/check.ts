// Checks a program before it is ever run: after exprCheck no instruction can trap or leave its memory.
//
// One pass over the instructions with the type that every register holds. A program comes from the host, or
// from a job graph that somebody else wrote, so nothing in it is believed. What is wrong is reported as
// ERROR_BAD_PLAN with the word's offset in the program and the word.
import {
  COLUMNS_MAX,
  ERROR_BAD_PLAN,
  EXPR_ABS,
  EXPR_ADD,
  EXPR_AND,
  EXPR_CAST,
  EXPR_COLUMN,
  EXPR_CONSTANT,
  EXPR_CONTAINS,
  EXPR_DATE_PART,
  EXPR_ENDS_WITH,
  EXPR_EQ,
  EXPR_GE,
  EXPR_HEADER_WORDS,
  EXPR_IF,
  EXPR_INSTRUCTION_WORDS,
  EXPR_IS_FALSE,
  EXPR_IS_NOT_NULL,
  EXPR_IS_NULL,
  EXPR_IS_TRUE,
  EXPR_LENGTH,
  EXPR_LOWER,
  EXPR_LT,
  EXPR_MOD,
  EXPR_NE,
  EXPR_NEG,
  EXPR_NOT,
  EXPR_NULL,
  EXPR_OR,
  EXPR_REGISTERS_MAX,
  EXPR_STARTS_WITH,
  EXPR_TRUNCATE,
  PART_DAY_OF_YEAR,
  STATUS_DONE,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
  UNIT_YEAR,
} from "../../abi";
import { fail } from "../memory/index";
import {
  exprWords,
  guardOf,
  immediateOf,
  instructionAt,
  operandOf,
  opOf,
  programInstructions,
  programPool,
  programRegisters,
  programResult,
  programResultType,
  typeOf,
  writtenOf,
} from "./program";

/** u8 per register: the physical type it holds, 0 = not written yet. */
const held: usize = memory.data(EXPR_REGISTERS_MAX);

/** Timestamps compute as i64. */
@inline
export function physicalType(type: i32): i32 {
  return type == TYPE_TIMESTAMP ? TYPE_I64 : type;
}


@inline
function isType(type: i32): bool {
  return type >= TYPE_BOOL && type <= TYPE_UTF8;
}

/**
 * STATUS_DONE, or STATUS_ERROR with the error slot filled. `columnTypes`: i32[columnCount] of TYPE_…; the
 * caller has made sure that exprWords(program) words are readable.
 */
export function exprCheck(program: usize, columnTypes: usize, columnCount: i32): i32 {
  const words = exprWords(program);
  if (words == 0) return wrong(program, program);
  const count = programInstructions(program);
  if (count < 1 || count > words / EXPR_INSTRUCTION_WORDS) return wrong(program, program + 12);
  const pool = programPool(program);
  if (pool != EXPR_HEADER_WORDS + count * EXPR_INSTRUCTION_WORDS || pool > words) return wrong(program, program + 16);
  const registers = programRegisters(program);
  if (registers < 1 || registers > EXPR_REGISTERS_MAX) return wrong(program, program + 8);
  if (columnCount < 0 || columnCount > COLUMNS_MAX) return wrong(program, program);
  memory.fill(held, 0, EXPR_REGISTERS_MAX);
  for (let i = 0; i < count; i++) {
    const at = instructionAt(program, i);
    const result = checkInstruction(at, registers, program, columnTypes, columnCount);
    if (result < 0) return wrong(program, at + ((<usize>(0 - result - 1)) << 2));
    store<u8>(held + writtenOf(at), <u8>result);
  }
  const result = programResult(program);
  if (<u32>result >= <u32>registers || load<u8>(held + result) == 0) return wrong(program, program + 20);
  const type = programResultType(program);
  if (!isType(type) || <i32>load<u8>(held + result) != physicalType(type)) return wrong(program, program + 24);
  return STATUS_DONE;
}

function wrong(program: usize, word: usize): i32 {
  return fail(ERROR_BAD_PLAN, -1, <i64>((word - program) >> 2), load<i32>(word), 0);
}

/** The type of what the instruction writes, or -1 - (the word that is wrong). */
function checkInstruction(at: usize, registers: i32, program: usize, columnTypes: usize, columnCount: i32): i32 {
  const op = opOf(at);
  const written = writtenOf(at);
  if (op < EXPR_COLUMN || op > EXPR_TRUNCATE) return -1;
  if (!isType(typeOf(at))) return -2;
  if (<u32>written >= <u32>registers) return -3;
  for (let i = 0; i < 4; i++) {
    const register = i < 3 ? operandOf(at, i) : guardOf(at);
    const used = i == 3 ? register != -1 : i < operandCount(op);
    // kernels of one operand read "the second" too, so what is not used has to be absent
    if (!used && register != -1) return -4 - i;
    if (!used) continue;
    if (<u32>register >= <u32>registers || register == written || load<u8>(held + register) == 0) return -4 - i;
    if (i == 3 && load<u8>(held + register) != <u8>TYPE_BOOL) return -7;
  }
  if (op == EXPR_COLUMN) {
    const column = immediateOf(at);
    if (<u32>column >= <u32>columnCount || load<i32>(columnTypes + ((<usize>column) << 2)) != typeOf(at)) return -8;
    return physicalType(typeOf(at));
  }
  if (op == EXPR_CONSTANT) return checkConstant(at, program);
  return checkTypes(at);
}

function operandCount(op: i32): i32 {
  if (op <= EXPR_NULL) return 0;
  if (op == EXPR_IF) return 3;
  const one =
    op == EXPR_NEG || op == EXPR_ABS || (op >= EXPR_NOT && op <= EXPR_IS_FALSE) || op == EXPR_CAST || op >= EXPR_LOWER;
  return one ? 1 : 2;
}

function checkConstant(at: usize, program: usize): i32 {
  const type = physicalType(typeOf(at));
  const offset = immediateOf(at);
  const words = exprWords(program);
  if (offset < programPool(program) || offset >= words) return -8;
  const rest = words - offset - 1;
  if (type != TYPE_UTF8) return rest < 1 ? -8 : type;
  const bytes = load<i32>(program + ((<usize>offset) << 2));
  return bytes < 0 || bytes > rest << 2 ? -8 : type;
}


@inline
function holds(at: usize, index: i32): i32 {
  return <i32>load<u8>(held + operandOf(at, index));
}

function checkTypes(at: usize): i32 {
  const op = opOf(at);
  const type = physicalType(typeOf(at));
  if (op == EXPR_NULL) return type;
  if (op == EXPR_IF) {
    if (holds(at, 0) != TYPE_BOOL) return -4;
    return holds(at, 1) != type ? -5 : holds(at, 2) != type ? -6 : type;
  }
  if (holds(at, 0) != type) return -4;
  if (operandCount(op) == 2 && holds(at, 1) != type) return -5;
  if (op >= EXPR_ADD && op <= EXPR_ABS) return type == TYPE_I64 || type == TYPE_F64 ? type : -2;
  if (op == EXPR_EQ || op == EXPR_NE) return TYPE_BOOL;
  if (op >= EXPR_LT && op <= EXPR_GE) return type == TYPE_BOOL ? -2 : TYPE_BOOL;
  if (op == EXPR_IS_NULL || op == EXPR_IS_NOT_NULL) return TYPE_BOOL;
  if (op == EXPR_AND || op == EXPR_OR || op == EXPR_NOT || op == EXPR_IS_TRUE || op == EXPR_IS_FALSE) {
    return type == TYPE_BOOL ? TYPE_BOOL : -2;
  }
  if (op == EXPR_CAST) return checkCast(typeOf(at), immediateOf(at));
  if (op >= EXPR_STARTS_WITH && op <= EXPR_CONTAINS) return type == TYPE_UTF8 ? TYPE_BOOL : -2;
  if (op == EXPR_LOWER) return type == TYPE_UTF8 ? TYPE_UTF8 : -2;
  if (op == EXPR_LENGTH) return type == TYPE_UTF8 ? TYPE_I64 : -2;
  // DATE_PART and TRUNCATE are what is left
  if (type != TYPE_I64) return -2;
  return <u32>immediateOf(at) <= <u32>(op == EXPR_DATE_PART ? PART_DAY_OF_YEAR : UNIT_YEAR) ? TYPE_I64 : -8;
}

/** The casts that kernels exist for; the host makes longer ways of them (bool to i64 by i32). */
function checkCast(from: i32, to: i32): i32 {
  let sound = false;
  if (from == TYPE_BOOL) sound = to == TYPE_I32 || to == TYPE_UTF8;
  else if (from == TYPE_I32) sound = to == TYPE_I64 || to == TYPE_F64;
  else if (from == TYPE_I64) sound = to == TYPE_I32 || to == TYPE_F64 || to == TYPE_UTF8;
  else if (from == TYPE_F64) sound = to == TYPE_I32 || to == TYPE_I64 || to == TYPE_UTF8;
  else if (from == TYPE_TIMESTAMP) sound = to == TYPE_UTF8;
  else sound = to == TYPE_BOOL || to == TYPE_I64 || to == TYPE_F64 || to == TYPE_TIMESTAMP;
  return sound ? physicalType(to) : -8;
}

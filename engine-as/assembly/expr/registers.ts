// The register file: one vector per register, kept from batch to batch, shared by all programs.
//
// A register refers to a column of the batch, holds a constant, or has been computed into its own vector.
// Evaluation is never nested, so one file serves the instance; its vectors stay warm in the cache. Text that
// is computed lies in the batch's arena, so text registers may share offsets and bytes.
//
//   register (64 B): the fields below, then +48 the constant: 16 bytes that hold the value as often as it
//   fits, or for text one view (kernels/text.ts)
//   vector: [data, 8 B per row][validity bitmap], both with room for whole 16-byte groups
import { ENCODING_PLAIN, EXPR_REGISTERS_MAX, FRAME_ROWS_MAX } from "../../abi";
import { Batch, bitAt } from "../batch/index";
import { BitAnd, bitmapMap, ONES } from "../kernels/bitmap";
import { blockAlloc } from "../memory/index";
import { guardOf, operandOf, writtenOf } from "./program";


@unmanaged
export class Register {
  /** Physical type. */
  type: i32;
  /** 1 = the constant at +48. */
  constant: i32;
  encoding: i32;
  /** Bitmap, or 0 = no nulls. */
  validity: usize;
  data: usize;
  bytes: usize;
  dict: usize;
  /** Own vector, or 0 = not needed so far. */
  vector: usize;
}

const REGISTER_BYTES: usize = 64;
const CONSTANT_AT: usize = 48;
const DATA_BYTES: usize = ((<usize>FRAME_ROWS_MAX) << 3) + 64;
const VALIDITY_BYTES: usize = ((<usize>FRAME_ROWS_MAX) >> 3) + 16;
export const VECTOR_BYTES: usize = DATA_BYTES + VALIDITY_BYTES;

if (offsetof<Register>() > CONSTANT_AT) ERROR("the constant would overlap the register's fields");

const file: usize = memory.data(8192, 16);
if (REGISTER_BYTES * <usize>EXPR_REGISTERS_MAX > 8192) ERROR("the register file is too small");

/** What the running program works on; set by `enter`. */
export let rows: i32 = 0;
export let batch: usize = 0;
export let arena: usize = 0;
export let operator: i32 = -1;

export function enter(theBatch: usize, theArena: usize, theOperator: i32): void {
  batch = theBatch;
  arena = theArena;
  operator = theOperator;
  rows = changetype<Batch>(theBatch).rows;
}


@inline
export function register(index: i32): usize {
  return file + <usize>index * REGISTER_BYTES;
}
/** The register of an operand; the first one where the instruction has fewer (unary kernels ignore it). */
@inline
export function operand(at: usize, index: i32): usize {
  const number = operandOf(at, index);
  return register(number < 0 ? operandOf(at, 0) : number);
}


@inline
export function constantPtr(reg: usize): usize {
  return reg + CONSTANT_AT;
}
/** Where kernels read a fixed-width register: its data or the repeated constant. */
@inline
export function source(reg: usize): usize {
  return changetype<Register>(reg).constant != 0 ? reg + CONSTANT_AT : changetype<Register>(reg).data;
}


@inline
export function step(reg: usize): usize {
  return changetype<Register>(reg).constant != 0 ? 0 : 16;
}
/** The validity as a bitmap operand: ones where there are no nulls. */
@inline
export function validSource(reg: usize): usize {
  const validity = changetype<Register>(reg).validity;
  return validity == 0 ? ONES : validity;
}


@inline
export function validStep(reg: usize): usize {
  return changetype<Register>(reg).validity == 0 ? 0 : 16;
}
/** Where the register's own validity is computed to. */
@inline
export function ownValidity(reg: usize): usize {
  return changetype<Register>(reg).vector + DATA_BYTES;
}

/** The register that the instruction writes, ready to be computed into; 0 = out of memory. */
export function define(at: usize, type: i32): usize {
  const reg = register(writtenOf(at));
  const r = changetype<Register>(reg);
  if (!ownVector(r)) return 0;
  r.type = type;
  r.constant = 0;
  r.encoding = ENCODING_PLAIN;
  r.validity = 0;
  r.data = r.vector;
  r.bytes = 0;
  r.dict = 0;
  return reg;
}

export function ownVector(r: Register): bool {
  if (r.vector == 0) r.vector = blockAlloc(VECTOR_BYTES);
  return r.vector != 0;
}

/** The result is null where an operand is. */
export function nullWhereEither(reg: usize, a: usize, b: usize): void {
  const none = changetype<Register>(a).validity == 0 && changetype<Register>(b).validity == 0;
  if (none) return;
  const out = ownValidity(reg);
  bitmapMap<BitAnd>(validSource(a), validStep(a), validSource(b), validStep(b), out, rows);
  changetype<Register>(reg).validity = out;
}


@inline
export function selectedRows(): i32 {
  return changetype<Batch>(batch).selected;
}


@inline
export function selectedRow(index: i32): i32 {
  const sel = changetype<Batch>(batch).sel;
  return sel == 0 ? index : <i32>load<u16>(sel + ((<usize>index) << 1));
}

/** Whether an error in this row counts: the result is not null and the guard is true. */
export function errorCounts(at: usize, result: usize, row: i32): bool {
  const validity = changetype<Register>(result).validity;
  if (validity != 0 && !bitAt(validity, row)) return false;
  const guard = guardOf(at);
  if (guard < 0) return true;
  const g = changetype<Register>(register(guard));
  if (g.validity != 0 && !bitAt(g.validity, row)) return false;
  return g.constant != 0 ? load<u8>(register(guard) + CONSTANT_AT) != 0 : bitAt(g.data, row);
}

/**
 * The words of an expression program: the host's side of the layout that is drawn in
 * engine-as/assembly/expr/program.ts. The compiler makes instructions over values (single assignment);
 * here they are given registers and written down, constants after them.
 */
import {
  EXPR_HEADER_WORDS,
  EXPR_INSTRUCTION_WORDS,
  EXPR_MAGIC,
  EXPR_REGISTERS_MAX,
  EXPR_WORDS_MAX,
} from '../abi/index.ts';
import type { TypeName } from '../schema/index.ts';
import { typeCode } from '../schema/index.ts';
import { exprTooLarge } from './errors.ts';
import type { Value } from './literal.ts';

/** An instruction; it defines the value whose number is its position in the list. */
export interface Instruction {
  /** EXPR_… */
  readonly op: number;
  /** The type of the operands, of the constant or column, or of the result for EXPR_IF and EXPR_NULL. */
  readonly type: TypeName;
  /** Numbers of earlier values, at most three. */
  readonly args: readonly number[];
  /** Column position, target type, date part or unit. */
  readonly immediate?: number;
  readonly constant?: Value;
  /** A bool value without nulls: errors count only in rows where it is true. */
  readonly guard?: number;
}

/** Throws EXPRESSION_TOO_LARGE. `result` is the number of the value to deliver. */
export function encodeProgram(instructions: readonly Instruction[], result: number, type: TypeName): Int32Array {
  const { registers, count } = assignRegisters(instructions, result);
  if (count > EXPR_REGISTERS_MAX) throw exprTooLarge('registers', count, EXPR_REGISTERS_MAX);
  const poolAt = EXPR_HEADER_WORDS + instructions.length * EXPR_INSTRUCTION_WORDS;
  const pool: number[] = [];
  const words: number[] = [];
  const register = (value: number | undefined): number => (value === undefined ? -1 : (registers[value] ?? -1));
  for (const [value, instruction] of instructions.entries()) {
    const { op, args, guard, constant } = instruction;
    let immediate = instruction.immediate ?? 0;
    if (constant !== undefined) {
      immediate = poolAt + pool.length;
      for (const word of constantWords(constant, instruction.type)) pool.push(word);
    }
    const operands = [register(args[0]), register(args[1]), register(args[2])];
    words.push(op, typeCode(instruction.type), register(value), ...operands, register(guard), immediate);
  }
  const total = poolAt + pool.length;
  if (total > EXPR_WORDS_MAX) throw exprTooLarge('words', total, EXPR_WORDS_MAX);
  const header = [EXPR_MAGIC, total, count, instructions.length, poolAt, register(result), typeCode(type), 0];
  const program = new Int32Array(total);
  program.set(header);
  program.set(words, EXPR_HEADER_WORDS);
  program.set(pool, poolAt);
  return program;
}

/**
 * Linear scan: a register is free again after the last use of its value. An instruction never writes a
 * register that it reads (kernels that change the width of values could not work in place).
 */
function assignRegisters(instructions: readonly Instruction[], result: number): { registers: number[]; count: number } {
  const lastUse = new Array<number>(instructions.length).fill(-1);
  const operandsOf = ({ args, guard }: Instruction): readonly number[] =>
    guard === undefined ? args : [...args, guard];
  for (const [at, instruction] of instructions.entries()) {
    for (const operand of operandsOf(instruction)) lastUse[operand] = at;
  }
  lastUse[result] = instructions.length;
  const registers: number[] = [];
  const free: number[] = [];
  let count = 0;
  const release = (value: number): void => {
    free.push(registers[value] as number);
    free.sort((a, b) => b - a);
  };
  for (const [at, instruction] of instructions.entries()) {
    registers.push(free.pop() ?? count++);
    for (const operand of new Set(operandsOf(instruction))) if (lastUse[operand] === at) release(operand);
    if (lastUse[at] === -1) release(at);
  }
  return { registers, count };
}

/** utf8: [bytes, UTF-8 padded to words]; everything else is 8 bytes, low word first. */
function constantWords(value: Value, type: TypeName): readonly number[] {
  if (type === 'utf8') {
    const bytes = encodeUtf8(String(value));
    const padded = new Uint8Array((bytes.length + 3) & ~3);
    padded.set(bytes);
    return [bytes.length, ...wordsOf(padded)];
  }
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (type === 'f64') view.setFloat64(0, Number(value), true);
  else view.setBigInt64(0, BigInt(value as number | bigint | boolean), true);
  return wordsOf(bytes);
}

function wordsOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getInt32(i * 4, true));
}

/** TextEncoder belongs to the platform; this room has none. */
function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    const c = char.codePointAt(0) ?? 0;
    if (c < 0x80) bytes.push(c);
    else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else bytes.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return Uint8Array.from(bytes);
}

// The expression program: relocatable i32 words that the host compiles (host-ts/src/expr/program.ts).
//
//   0           8                        poolAt                                    words
//   ┌───────────┬────────────────────────┬──────────────────────────────────────────┐
//   │ header    │ instructions, 8 each   │ constants                                │
//   └───────────┴────────────────────────┴──────────────────────────────────────────┘
//   header                                 instruction
//   +0 EXPR_MAGIC  +1 words in all         +0 operation EXPR_…   +1 type TYPE_…
//   +2 registers   +3 instructions         +2 register written
//   +4 poolAt      +5 result register      +3 +4 +5 registers read, -1 = none
//   +6 result type +7 0                    +6 guard: register (bool) or -1
//                                          +7 immediate
//   constants: 8 bytes, low word first (bool and i32 widened to i64, f64 as bits);
//              utf8: [bytes, the bytes padded to words]
//
// Registers hold vectors of physical type: bool, i32, i64 (also timestamps), f64, utf8. No instruction
// writes a register that it reads. `type` is the operands' type; for COLUMN the column's, for CONSTANT, NULL
// and IF the result's, for CAST the source's. What the operations do:
//   COLUMN    batch column `immediate`         CONSTANT, NULL  word offset `immediate` | a typed null
//   ADD SUB MUL DIV MOD NEG ABS                i64 (overflow and x / 0 are errors), f64 (IEEE 754)
//   EQ NE                                      all types        LT LE GT GE   all but bool
//   AND OR NOT                                 Kleene's three-valued logic
//   IS_NULL IS_NOT_NULL (all types), IS_TRUE IS_FALSE (bool)    never null
//   IF        bool, then, else                 all types; else where the condition is false or null
//   CAST      to type `immediate`              see CAST in check.ts
//   STARTS_WITH ENDS_WITH CONTAINS (utf8, utf8)   LOWER (utf8)   LENGTH (utf8, i64 code points)
//   DATE_PART part `immediate`, TRUNCATE unit `immediate` (i64, i64)
// Every other operation is null where an operand is. Errors count in rows that are selected, whose result is
// not null and where the guard (if any) is true.
import { EXPR_HEADER_WORDS, EXPR_INSTRUCTION_WORDS, EXPR_MAGIC, EXPR_WORDS_MAX } from "../../abi";

export const INSTRUCTION_BYTES: usize = (<usize>EXPR_INSTRUCTION_WORDS) << 2;


@inline
export function programWords(program: usize): i32 {
  return load<i32>(program, 4);
}


@inline
export function programRegisters(program: usize): i32 {
  return load<i32>(program, 8);
}


@inline
export function programInstructions(program: usize): i32 {
  return load<i32>(program, 12);
}


@inline
export function programPool(program: usize): i32 {
  return load<i32>(program, 16);
}


@inline
export function programResult(program: usize): i32 {
  return load<i32>(program, 20);
}


@inline
export function programResultType(program: usize): i32 {
  return load<i32>(program, 24);
}

/** Address of an instruction. */
@inline
export function instructionAt(program: usize, index: i32): usize {
  return program + ((<usize>EXPR_HEADER_WORDS) << 2) + <usize>index * INSTRUCTION_BYTES;
}


@inline
export function opOf(at: usize): i32 {
  return load<i32>(at);
}


@inline
export function typeOf(at: usize): i32 {
  return load<i32>(at, 4);
}


@inline
export function writtenOf(at: usize): i32 {
  return load<i32>(at, 8);
}
/** The register of operand 0 … 2, or -1. */
@inline
export function operandOf(at: usize, index: i32): i32 {
  return load<i32>(at + ((<usize>index) << 2), 12);
}


@inline
export function guardOf(at: usize): i32 {
  return load<i32>(at, 24);
}


@inline
export function immediateOf(at: usize): i32 {
  return load<i32>(at, 28);
}

/**
 * Words of the program at this address, which has at least EXPR_HEADER_WORDS readable words; 0 when it is no
 * program. Whether so many words are there is for the caller to compare before exprCheck.
 */
export function exprWords(program: usize): i32 {
  if (load<i32>(program) != EXPR_MAGIC) return 0;
  const words = programWords(program);
  return words < EXPR_HEADER_WORDS + EXPR_INSTRUCTION_WORDS || words > EXPR_WORDS_MAX ? 0 : words;
}

/**
 * Typed tree → words of a register program for the engine (exprEval, exprSelect).
 *
 * Every operation runs over the whole batch, so later operands of and/or/coalesce/case are computed in all
 * rows; what the reference interpreter would not evaluate must not fail either. Operations that can fail
 * therefore carry a *guard*: a bool value that is true in the rows where their errors count. Guards are
 * computed only when such an operation asks for one. Equal operations on equal values are computed once.
 */
import {
  EXPR_ABS,
  EXPR_ADD,
  EXPR_AND,
  EXPR_CAST,
  EXPR_COLUMN,
  EXPR_CONSTANT,
  EXPR_CONTAINS,
  EXPR_DATE_PART,
  EXPR_DIV,
  EXPR_ENDS_WITH,
  EXPR_EQ,
  EXPR_GE,
  EXPR_GT,
  EXPR_IF,
  EXPR_IS_FALSE,
  EXPR_IS_NOT_NULL,
  EXPR_IS_NULL,
  EXPR_IS_TRUE,
  EXPR_LE,
  EXPR_LENGTH,
  EXPR_LOWER,
  EXPR_LT,
  EXPR_MOD,
  EXPR_MUL,
  EXPR_NE,
  EXPR_NEG,
  EXPR_NOT,
  EXPR_NULL,
  EXPR_OR,
  EXPR_STARTS_WITH,
  EXPR_SUB,
  EXPR_TRUNCATE,
} from '../abi/index.ts';
import type { TypeName } from '../schema/index.ts';
import { typeCode } from '../schema/index.ts';
import { foldExpr } from './fold.ts';
import type { CallOp } from './json.ts';
import { DATE_PARTS, DATE_UNITS } from './json.ts';
import type { Instruction } from './program.ts';
import { encodeProgram } from './program.ts';
import type { TypedCall, TypedCast, TypedExpr } from './typed.ts';

/** The program's words; throws EXPRESSION_TOO_LARGE. Constants are folded first. */
export function compileExpr(expr: TypedExpr): Int32Array {
  const compiler = new Compiler();
  const result = compiler.emit(foldExpr(expr), undefined);
  return encodeProgram(compiler.instructions, result, expr.type);
}

const OPERATIONS: Readonly<Record<Exclude<CallOp, 'coalesce' | 'case'>, number>> = {
  add: EXPR_ADD,
  sub: EXPR_SUB,
  mul: EXPR_MUL,
  div: EXPR_DIV,
  mod: EXPR_MOD,
  neg: EXPR_NEG,
  abs: EXPR_ABS,
  eq: EXPR_EQ,
  ne: EXPR_NE,
  lt: EXPR_LT,
  le: EXPR_LE,
  gt: EXPR_GT,
  ge: EXPR_GE,
  and: EXPR_AND,
  or: EXPR_OR,
  not: EXPR_NOT,
  isNull: EXPR_IS_NULL,
  isNotNull: EXPR_IS_NOT_NULL,
  startsWith: EXPR_STARTS_WITH,
  endsWith: EXPR_ENDS_WITH,
  contains: EXPR_CONTAINS,
  lower: EXPR_LOWER,
  length: EXPR_LENGTH,
};

/** What an error's operation number means, for messages: 'add', 'div', 'cast'. */
export function exprOperationName(op: number): string {
  if (op === EXPR_CAST) return 'cast';
  return Object.entries(OPERATIONS).find(([, code]) => code === op)?.[0] ?? `operation ${op}`;
}

/** Rows where `value` is true / not true / not false / null, within the rows of `outer`. */
interface Guard {
  readonly outer: Guard | undefined;
  readonly value: number;
  readonly rows: 'true' | 'notTrue' | 'notFalse' | 'null';
}

class Compiler {
  readonly instructions: Instruction[] = [];
  private readonly known = new Map<string, number>();

  /** The number of the expression's value; emits what is not there yet. */
  emit(expr: TypedExpr, guard: Guard | undefined): number {
    switch (expr.op) {
      case 'column':
        return this.add({ op: EXPR_COLUMN, type: expr.type, args: [], immediate: expr.index });
      case 'literal':
        if (expr.value === null) return this.add({ op: EXPR_NULL, type: physical(expr.type), args: [] });
        return this.add({ op: EXPR_CONSTANT, type: physical(expr.type), args: [], constant: expr.value });
      case 'cast':
        return this.cast(expr, guard);
      case 'datePart': {
        const args = [this.emit(expr.args[0], guard)];
        return this.add({ op: EXPR_DATE_PART, type: 'i64', args, immediate: DATE_PARTS.indexOf(expr.part) });
      }
      case 'truncate': {
        const args = [this.emit(expr.args[0], guard)];
        return this.add({ op: EXPR_TRUNCATE, type: 'i64', args, immediate: DATE_UNITS.indexOf(expr.unit) });
      }
      default:
        return this.call(expr, guard);
    }
  }

  private call(expr: TypedCall, guard: Guard | undefined): number {
    const { op, args } = expr;
    if (op === 'case') return this.choose(expr, 0, guard);
    if (op === 'coalesce') return this.firstOf(expr, 0, guard);
    const [left, right] = args as readonly [TypedExpr, TypedExpr | undefined];
    const a = this.emit(left, guard);
    const operation = { op: OPERATIONS[op], type: physical(left.type) };
    if (right === undefined) return this.add({ ...operation, args: [a], ...this.guardOf(op, left.type, guard) });
    let inner = guard;
    if (op === 'and') inner = { outer: guard, value: a, rows: 'notFalse' };
    if (op === 'or') inner = { outer: guard, value: a, rows: 'notTrue' };
    const b = this.emit(right, inner);
    return this.add({ ...operation, args: [a, b], ...this.guardOf(op, left.type, guard) });
  }

  private choose(expr: TypedCall, at: number, guard: Guard | undefined): number {
    const condition = expr.args[at] as TypedExpr;
    if (at === expr.args.length - 1) return this.emit(condition, guard);
    const when = this.emit(condition, guard);
    const then = this.emit(expr.args[at + 1] as TypedExpr, { outer: guard, value: when, rows: 'true' });
    const otherwise = this.choose(expr, at + 2, { outer: guard, value: when, rows: 'notTrue' });
    return this.add({ op: EXPR_IF, type: physical(expr.type), args: [when, then, otherwise] });
  }

  private firstOf(expr: TypedCall, at: number, guard: Guard | undefined): number {
    const operand = expr.args[at] as TypedExpr;
    const value = this.emit(operand, guard);
    if (at === expr.args.length - 1) return value;
    const rest = this.firstOf(expr, at + 1, { outer: guard, value, rows: 'null' });
    const present = this.add({ op: EXPR_IS_NOT_NULL, type: physical(operand.type), args: [value] });
    return this.add({ op: EXPR_IF, type: physical(expr.type), args: [present, value, rest] });
  }

  private cast(expr: TypedCast, guard: Guard | undefined): number {
    const from = expr.args[0].type;
    const value = this.emit(expr.args[0], guard);
    // i64 and timestamp are the same bits: only the result's name changes.
    if (physical(from) === physical(expr.type)) return value;
    // text that is a time and text that is a number are read differently
    const to = from === 'utf8' ? expr.type : physical(expr.type);
    if (from === 'i32' && to === 'utf8') return this.castOne(this.castOne(value, 'i32', 'i64'), 'i64', 'utf8');
    if (from === 'bool' && to === 'i64') return this.castOne(this.castOne(value, 'bool', 'i32'), 'i32', 'i64');
    if (from === 'utf8' && to === 'i32') return this.castOne(this.castOne(value, from, 'i64', guard), 'i64', to, guard);
    const canFail =
      (from === 'f64' && to !== 'utf8') || from === 'utf8' || from === 'timestamp' || (from === 'i64' && to === 'i32');
    return this.castOne(value, from, to, canFail ? guard : undefined);
  }

  private castOne(value: number, from: TypeName, to: TypeName, guard?: Guard): number {
    const base = { op: EXPR_CAST, type: from, args: [value], immediate: typeCode(to) };
    return this.add(guard === undefined ? base : { ...base, guard: this.guardValue(guard) });
  }

  /** The guard of an operation that can fail: integer arithmetic. */
  private guardOf(op: CallOp, type: TypeName, guard: Guard | undefined): { guard?: number } {
    const arithmetic = op === 'add' || op === 'sub' || op === 'mul' || op === 'div' || op === 'mod';
    const canFail = (arithmetic || op === 'neg' || op === 'abs') && type !== 'f64';
    return canFail && guard !== undefined ? { guard: this.guardValue(guard) } : {};
  }

  private guardValue({ outer, value, rows }: Guard): number {
    const test = (op: number, arg: number): number => this.add({ op, type: 'bool', args: [arg] });
    const type = this.resultType(value);
    let own: number;
    if (rows === 'null') own = this.add({ op: EXPR_IS_NULL, type, args: [value] });
    else if (rows === 'true') own = test(EXPR_IS_TRUE, value);
    else own = test(EXPR_NOT, test(rows === 'notTrue' ? EXPR_IS_TRUE : EXPR_IS_FALSE, value));
    if (outer === undefined) return own;
    return this.add({ op: EXPR_AND, type: 'bool', args: [this.guardValue(outer), own] });
  }

  private resultType(value: number): TypeName {
    return resultType(this.instructions[value] as Instruction);
  }

  private add(instruction: Instruction): number {
    const { op, type, args, immediate, constant, guard } = instruction;
    const literal = Object.is(constant, -0) ? '-0' : `${typeof constant} ${String(constant)}`;
    const key = [op, type, args.join(','), immediate ?? '', guard ?? '', literal].join('|');
    const existing = this.known.get(key);
    if (existing !== undefined) return existing;
    this.instructions.push(instruction);
    this.known.set(key, this.instructions.length - 1);
    return this.instructions.length - 1;
  }
}

/** Timestamps compute as i64. */
function physical(type: TypeName): TypeName {
  return type === 'timestamp' ? 'i64' : type;
}

const TYPE_KEEPING: readonly number[] = [
  EXPR_COLUMN,
  EXPR_CONSTANT,
  EXPR_NULL,
  EXPR_ADD,
  EXPR_SUB,
  EXPR_MUL,
  EXPR_DIV,
  EXPR_MOD,
  EXPR_NEG,
  EXPR_ABS,
  EXPR_IF,
];

function resultType({ op, type, immediate }: Instruction): TypeName {
  if (TYPE_KEEPING.includes(op)) return physical(type);
  if (op === EXPR_CAST) return CAST_TARGETS.find((name) => typeCode(name) === immediate) ?? 'i64';
  if (op === EXPR_LOWER) return 'utf8';
  return op === EXPR_LENGTH || op === EXPR_DATE_PART || op === EXPR_TRUNCATE ? 'i64' : 'bool';
}

/** A timestamp computes as i64, as every target that is not here. */
const CAST_TARGETS: readonly TypeName[] = ['bool', 'i32', 'f64', 'utf8'];

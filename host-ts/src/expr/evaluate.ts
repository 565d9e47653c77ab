/**
 * The reference interpreter: what an expression means, over JavaScript values, one row at a time. The engine
 * must give the same (a property test says so), and constant folding computes with it.
 *
 * Values: i64 and timestamp are bigints, i32 and f64 numbers. and/or/coalesce/case evaluate a later operand
 * only where the earlier ones leave the result open, so an error in it counts only there.
 */
import type { TypeName } from '../schema/index.ts';
import { datePart, parseIsoTime, truncateTime } from './calendar.ts';
import { evaluationFailed } from './errors.ts';
import { I64_MAX, I64_MIN } from './literal.ts';
import type { Value } from './literal.ts';
import { lowercase } from './lowercase.ts';
import type { TypedCall, TypedCast, TypedExpr } from './typed.ts';

/** Throws OVERFLOW, DIVISION_BY_ZERO or CAST_FAILED with `row`. `columns` are the row's values by position. */
export function evaluate(expr: TypedExpr, columns: readonly Value[], row: number): Value {
  switch (expr.op) {
    case 'column':
      return columns[expr.index] ?? null;
    case 'literal':
      return expr.value;
    case 'cast': {
      const value = evaluate(expr.args[0], columns, row);
      return value === null ? null : cast(expr, value, row);
    }
    case 'datePart': {
      const time = evaluate(expr.args[0], columns, row);
      return time === null ? null : datePart(time as bigint, expr.part);
    }
    case 'truncate': {
      const time = evaluate(expr.args[0], columns, row);
      return time === null ? null : BigInt.asIntN(64, truncateTime(time as bigint, expr.unit));
    }
    default:
      return call(expr, columns, row);
  }
}

function call(expr: TypedCall, columns: readonly Value[], row: number): Value {
  const { op, args } = expr;
  const value = (index: number): Value => evaluate(args[index] as TypedExpr, columns, row);
  switch (op) {
    case 'and': {
      const left = value(0);
      if (left === false) return false;
      const right = value(1);
      return right === false ? false : left === null || right === null ? null : true;
    }
    case 'or': {
      const left = value(0);
      if (left === true) return true;
      const right = value(1);
      return right === true ? true : left === null || right === null ? null : false;
    }
    case 'isNull':
      return value(0) === null;
    case 'isNotNull':
      return value(0) !== null;
    case 'coalesce': {
      for (let i = 0; i < args.length; i++) {
        const candidate = value(i);
        if (candidate !== null) return candidate;
      }
      return null;
    }
    case 'case': {
      for (let i = 0; i + 1 < args.length; i += 2) if (value(i) === true) return value(i + 1);
      return value(args.length - 1);
    }
    default: {
      const operands = args.map((_, i) => value(i));
      if (operands.includes(null)) return null;
      const [a, b] = operands as [NonNullable<Value>, NonNullable<Value>];
      return strict(expr, a, b, row);
    }
  }
}

/** Operations that are null when an operand is. */
function strict(expr: TypedCall, a: NonNullable<Value>, b: NonNullable<Value>, row: number): Value {
  switch (expr.op) {
    case 'not':
      return !a;
    case 'lower':
      return lowercase(a as string);
    case 'length':
      return BigInt(Array.from(a as string).length);
    case 'startsWith':
      return (a as string).startsWith(b as string);
    case 'endsWith':
      return (a as string).endsWith(b as string);
    case 'contains':
      return (a as string).includes(b as string);
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'lt':
      return typeof a === 'string' ? compareText(a, b as string) < 0 : a < b;
    case 'le':
      return typeof a === 'string' ? compareText(a, b as string) <= 0 : a <= b;
    case 'gt':
      return typeof a === 'string' ? compareText(a, b as string) > 0 : a > b;
    case 'ge':
      return typeof a === 'string' ? compareText(a, b as string) >= 0 : a >= b;
    default:
      return typeof a === 'bigint' ? integer(expr.op, a, b as bigint, row) : float(expr.op, a as number, b as number);
  }
}

function integer(op: TypedCall['op'], a: bigint, b: bigint, row: number): bigint {
  if ((op === 'div' || op === 'mod') && b === 0n) throw evaluationFailed('DIVISION_BY_ZERO', op, row);
  const result = integerResult(op, a, b);
  if (result < I64_MIN || result > I64_MAX) throw evaluationFailed('OVERFLOW', op, row);
  return result;
}

function integerResult(op: TypedCall['op'], a: bigint, b: bigint): bigint {
  if (op === 'add') return a + b;
  if (op === 'sub') return a - b;
  if (op === 'mul') return a * b;
  if (op === 'div') return a / b;
  if (op === 'mod') return a % b;
  return op === 'neg' || a < 0n ? -a : a;
}

function float(op: TypedCall['op'], a: number, b: number): number {
  if (op === 'add') return a + b;
  if (op === 'sub') return a - b;
  if (op === 'mul') return a * b;
  if (op === 'div') return a / b;
  if (op === 'mod') return a % b;
  return op === 'neg' ? -a : Math.abs(a);
}

/** Order of the UTF-8 bytes, which is the order of the code points (UTF-16 units would misplace U+E000 up). */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codeUnitRank(x) - codeUnitRank(y);
  }
  return a.length - b.length;
}

/** Surrogates (D800–DFFF) stand for code points above all others. */
function codeUnitRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function cast(expr: TypedCast, value: NonNullable<Value>, row: number): Value {
  const from = expr.args[0].type;
  const result = castValue(value, from, expr.type);
  if (result === undefined) throw evaluationFailed('CAST_FAILED', `cast from ${from} to ${expr.type}`, row);
  return result;
}

const I32_MIN = -2147483648n;
const I32_MAX = 2147483647n;

/** The value in another type; undefined when that type has no such value. */
export function castValue(value: NonNullable<Value>, from: TypeName, to: TypeName): Value | undefined {
  if (to === 'utf8') return from === 'timestamp' ? isoTime(value as bigint) : String(value);
  if (typeof value === 'string') {
    if (to === 'bool') return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined;
    if (to === 'f64') return parseFloatText(value);
    if (to === 'timestamp') return parseIsoTime(value);
  }
  if (to === 'f64') return Number(value);
  const whole = wholeNumber(value);
  if (whole === undefined) return undefined;
  if (to === 'i32') return whole >= I32_MIN && whole <= I32_MAX ? Number(whole) : undefined;
  return whole >= I64_MIN && whole <= I64_MAX ? whole : undefined;
}

function wholeNumber(value: NonNullable<Value>): bigint | undefined {
  if (typeof value === 'string') return /^[+-]?[0-9]+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
  return BigInt(value);
}

/** What the CSV decoder takes for f64, without blanks: the nearest number, beyond the range the infinities. */
function parseFloatText(text: string): number | undefined {
  if (/^nan$/i.test(text)) return NaN;
  const special = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (special !== null) return special[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** ISO 8601 with milliseconds and Z; undefined outside of JavaScript's range of dates. */
function isoTime(time: bigint): string | undefined {
  const date = new Date(Number(time));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

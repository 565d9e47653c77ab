/** Literals: from JavaScript values to JSON nodes and back to the values that expressions compute with. */
import type { TypeName } from '../schema/index.ts';
import { literalInvalid } from './errors.ts';
import type { LiteralNode } from './json.ts';

/** What `lit` and every operand position take. */
export type LiteralValue = number | bigint | string | boolean | null | Date;

/** A value inside an expression: i64 and timestamp are bigints (64 bits), i32 and f64 numbers. */
export type Value = boolean | number | bigint | string | null;

export const I64_MIN = -(2n ** 63n);
export const I64_MAX = 2n ** 63n - 1n;

/** Throws LITERAL_INVALID when the value does not exist in the type. */
export function literalNode(value: LiteralValue, type: TypeName | undefined): LiteralNode {
  if (value === null) return { op: 'literal', type: type ?? 'null', value: null };
  const wanted = type ?? typeOfLiteral(value);
  return { op: 'literal', type: wanted, value: encode(value, wanted) };
}

function typeOfLiteral(value: Exclude<LiteralValue, null>): TypeName {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'utf8';
  if (typeof value === 'bigint') return 'i64';
  if (value instanceof Date) return 'timestamp';
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'i64' : 'f64';
  throw literalInvalid(String(value), 'an expression', 'use a number, bigint, string, boolean, Date or null');
}

function encode(value: Exclude<LiteralValue, null>, type: TypeName): boolean | number | string {
  if (type === 'bool' && typeof value === 'boolean') return value;
  if (type === 'utf8' && typeof value === 'string') {
    if (value.isWellFormed()) return value;
    throw literalInvalid(JSON.stringify(value), type, 'text must be well-formed Unicode: it has a lone surrogate');
  }
  if (type === 'f64' && (typeof value === 'number' || typeof value === 'bigint')) return encodeF64(Number(value));
  if (type === 'timestamp') return encodeInteger(milliseconds(value), -(2n ** 63n), 2n ** 63n - 1n, type).toString();
  if (type === 'i64') return encodeInteger(value, I64_MIN, I64_MAX, type).toString();
  if (type === 'i32') return Number(encodeInteger(value, -(2n ** 31n), 2n ** 31n - 1n, type));
  throw literalInvalid(show(value), type, `give a value of type ${type}, or leave the type out`);
}

function milliseconds(value: Exclude<LiteralValue, null>): Exclude<LiteralValue, null> {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return value;
  // A date-time without zone means UTC everywhere in Sluice; Date would take it as local time.
  const zoned = /[Zz]$|[+-]\d\d:?\d\d$/.test(value) || /^[+-]?\d+(-\d\d){0,2}$/.test(value);
  return Date.parse(zoned ? value : `${value}Z`);
}

function encodeInteger(value: Exclude<LiteralValue, null>, min: bigint, max: bigint, type: TypeName): bigint {
  const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (whole) {
    const integer = BigInt(value);
    if (integer >= min && integer <= max) return integer;
  }
  const expected = type === 'timestamp' ? 'ISO 8601 text, a Date or whole milliseconds' : `an integer ${min} … ${max}`;
  throw literalInvalid(show(value), type, `give ${expected}`);
}

function encodeF64(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value);
}

const show = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

/** The value of a literal node; throws LITERAL_INVALID for JSON that no builder makes. */
export function literalValue(node: LiteralNode): Value {
  const { type, value } = node;
  if (value === null) return null;
  if (type === 'bool' && typeof value === 'boolean') return value;
  if (type === 'utf8' && typeof value === 'string' && value.isWellFormed()) return value;
  if (type === 'i32' && typeof value === 'number' && (value | 0) === value) return value;
  if (type === 'f64' && typeof value === 'number') return value;
  if (type === 'f64' && typeof value === 'string' && /^(NaN|-?Infinity|-0)$/.test(value)) return Number(value);
  if ((type === 'i64' || type === 'timestamp') && typeof value === 'string' && /^-?\d{1,19}$/.test(value)) {
    const integer = BigInt(value);
    if (integer >= I64_MIN && integer <= I64_MAX) return integer;
  }
  throw literalInvalid(show(value), type, 'build literals with lit()');
}

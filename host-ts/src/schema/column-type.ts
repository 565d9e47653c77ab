/**
 * Column types as plain values: what a schema is made of, in the job graph, on the wire and in a savepoint.
 *
 * Every column may hold nulls at run time and every kernel of the engine expects them. So `nullable` says
 * nothing about bytes: it only tells the compiler whether a row's value has `| null`. The constructors below
 * say `nullable: true`; `required(…)` is the author's promise that a column has no nulls.
 */
import { TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_I64, TYPE_TIMESTAMP, TYPE_UTF8 } from '../abi/index.ts';

export type TypeName = 'bool' | 'i32' | 'i64' | 'f64' | 'timestamp' | 'utf8';

/** One column's type: JSON, structured-cloneable. */
export interface ColumnType<T extends TypeName = TypeName, Nullable extends boolean = boolean> {
  readonly type: T;
  readonly nullable: Nullable;
}

const nullable = <T extends TypeName>(type: T): ColumnType<T, true> => ({ type, nullable: true });

/** true or false; `boolean` in rows. */
export const bool = (): ColumnType<'bool', true> => nullable('bool');
/** 32-bit signed integer; `number` in rows. Arithmetic on it gives i64. */
export const i32 = (): ColumnType<'i32', true> => nullable('i32');
/** 64-bit signed integer; `bigint` in rows, so that all digits survive. */
export const i64 = (): ColumnType<'i64', true> => nullable('i64');
/** IEEE 754 double; `number` in rows. */
export const f64 = (): ColumnType<'f64', true> => nullable('f64');
/** Milliseconds since 1970-01-01T00:00:00Z (64-bit in the engine); `number` of ms in rows, as `Date` takes it. */
export const timestamp = (): ColumnType<'timestamp', true> => nullable('timestamp');
/** Unicode text, UTF-8 in the engine; `string` in rows. */
export const utf8 = (): ColumnType<'utf8', true> => nullable('utf8');

/**
 * The same type with the author's promise that no row holds null: row values lose their `| null`. Nobody
 * checks it; a null that comes all the same is a null at run time.
 */
export function required<T extends TypeName>(type: ColumnType<T>): ColumnType<T, false> {
  return { type: type.type, nullable: false };
}

const CODES: Readonly<Record<TypeName, number>> = {
  bool: TYPE_BOOL,
  i32: TYPE_I32,
  i64: TYPE_I64,
  f64: TYPE_F64,
  timestamp: TYPE_TIMESTAMP,
  utf8: TYPE_UTF8,
};

export const TYPE_NAMES: readonly TypeName[] = ['bool', 'i32', 'i64', 'f64', 'timestamp', 'utf8'];

/** The ABI code (TYPE_…) of a type. */
export function typeCode(type: TypeName | ColumnType): number {
  return CODES[typeof type === 'string' ? type : type.type];
}

/** The type of an ABI code, or undefined for a code that names none. */
export function typeOfCode(code: number): TypeName | undefined {
  return TYPE_NAMES.find((name) => CODES[name] === code);
}

export function isTypeName(name: unknown): name is TypeName {
  return typeof name === 'string' && Object.hasOwn(CODES, name);
}

/**
 * Expression types at compile time. `col('delay')` is legal before anyone knows the schema, so an expression
 * carries two phantom types: the union of the column names it reads, and a *shape*: its type as a function of
 * the schema to come (`TypeOfColumn<'delay'>`, `TypeOfArithmetic<…>`), which `ResolveType` applies to a schema.
 * The rules are those of check.ts; expr-types.test.ts holds the two together.
 */
import type { ColumnType, Schema, TypeName } from '../schema/index.ts';

export interface TypeOfColumn<Name extends string> {
  readonly typeOfColumn: Name;
}
export interface TypeOfArithmetic<Op, A, B> {
  readonly arithmetic: readonly [Op, A, B];
}
/** What coalesce and caseWhen give for two of their values. */
export interface TypeInCommon<A, B> {
  readonly common: readonly [A, B];
}

/** The type of a shape in a schema; `never` where check.ts would say TYPE_MISMATCH. */
export type ResolveType<T, S extends Schema> = T extends TypeName | 'null'
  ? T
  : T extends TypeOfColumn<infer Name>
    ? Name extends keyof S
      ? S[Name]['type']
      : never
    : T extends TypeOfArithmetic<infer Op, infer A, infer B>
      ? Arithmetic<Op, ResolveType<A, S>, ResolveType<B, S>>
      : T extends TypeInCommon<infer A, infer B>
        ? Common<ResolveType<A, S>, ResolveType<B, S>>
        : never;

type Integer = 'i32' | 'i64' | 'null';
type Numeric = Integer | 'f64';

type Arithmetic<Op, A, B> = A extends 'timestamp'
  ? B extends 'timestamp'
    ? Op extends 'sub'
      ? 'i64'
      : never
    : B extends Integer
      ? Op extends 'add' | 'sub'
        ? 'timestamp'
        : never
      : never
  : B extends 'timestamp'
    ? A extends Integer
      ? Op extends 'add'
        ? 'timestamp'
        : never
      : never
    : A extends Numeric
      ? B extends Numeric
        ? 'f64' extends A | B
          ? 'f64'
          : 'i64'
        : never
      : never;

type Common<A, B> = A extends 'null'
  ? B
  : B extends 'null'
    ? A
    : A extends Numeric
      ? B extends Numeric
        ? 'f64' extends A | B
          ? 'f64'
          : 'i64' extends A | B
            ? 'i64'
            : 'i32'
        : never
      : A extends B
        ? A
        : never;

/** The shape of a literal: integers are i64 and fractions f64; a plain `number` may be either. */
export type LiteralType<V> = V extends number
  ? number extends V
    ? 'i64' | 'f64'
    : `${V}` extends `${bigint}`
      ? 'i64'
      : 'f64'
  : V extends bigint
    ? 'i64'
    : V extends string
      ? 'utf8'
      : V extends boolean
        ? 'bool'
        : V extends Date
          ? 'timestamp'
          : 'null';

/** The column type of a shape in a schema, as a projection makes it. */
export type ResultColumn<T, S extends Schema> =
  ResolveType<T, S> extends infer R ? (R extends TypeName ? ColumnType<R, true> : never) : never;

/**
 * Intersect a parameter's type with it to demand a type: `filter<T>(e: Expr<ColumnName<S>, T> & Expects<'bool', T, S>)`.
 * The property's name is the compiler's message.
 */
export type Expects<Wanted extends TypeName, T, S extends Schema> = [ResolveType<T, S>] extends [Wanted | 'null']
  ? unknown
  : { readonly [K in `the expression must be ${Wanted}`]: ResolveType<T, S> };

/**
 * Aggregates of a window: `count()`, `max('delay')`, `count().where(col('delay').gt(15))`.
 *
 * An argument is a column's name or an expression. Nulls do not count, as in SQL: an aggregate of
 * nothing but nulls is null, `count('x')` of them is 0.
 */
import type { ColumnsOf, Expr, ExprJson, ResolveType, ShapeOf } from '../expr/index.ts';
import { col, toExprJson } from '../expr/index.ts';
import type { LogicalAggregate } from '../plan/index.ts';
import type { ColumnType, Schema, TypeName } from '../schema/index.ts';

export type AggregateFunction = LogicalAggregate['fn'];

/** A column's name, or an expression over columns. */
export type Argument = string | Expr;

/** What an argument reads, and its shape (see expr/types.ts). */
type ArgumentColumns<A> = A extends string ? A : ColumnsOf<A>;
type ArgumentShape<A> = A extends string ? { readonly typeOfColumn: A } : ShapeOf<A>;

/**
 * One aggregate. `Columns` is what it reads, `Fn` its function, `Shape` its argument's, `Where` its
 * filter's. Immutable.
 */
export class Aggregation<
  out Columns extends string = string,
  out Fn extends AggregateFunction = AggregateFunction,
  out Shape = unknown,
  out Where = unknown,
> {
  /** Only for the compiler; undefined at run time. */
  declare readonly phantom: { readonly columns: Columns; readonly shape: Shape; readonly where: Where };
  readonly fn: Fn;
  readonly argument: ExprJson | undefined;
  readonly filter: ExprJson | undefined;

  constructor(fn: Fn, argument: ExprJson | undefined, filter: ExprJson | undefined) {
    this.fn = fn;
    this.argument = argument;
    this.filter = filter;
  }

  /** Only rows for which the condition is true. A second `where` replaces the first. */
  where<const C extends Expr>(condition: C): Aggregation<Columns | ColumnsOf<C>, Fn, Shape, ShapeOf<C>> {
    return new Aggregation(this.fn, this.argument, toExprJson(condition));
  }
}

/** Rows, or with an argument the rows in which it is not null. i64, never null. */
export function count(): Aggregation<never, 'count', 'null', 'bool'>;
export function count<const A extends Argument>(
  argument: A,
): Aggregation<ArgumentColumns<A>, 'count', ArgumentShape<A>, 'bool'>;
export function count(argument?: Argument): Aggregation<string, 'count'> {
  return new Aggregation('count', argument === undefined ? undefined : argumentJson(argument), undefined);
}

/** i64 of integers (leaving its range is an error), f64 of f64 (independent of the order of rows). */
export function sum<const A extends Argument>(
  argument: A,
): Aggregation<ArgumentColumns<A>, 'sum', ArgumentShape<A>, 'bool'> {
  return make('sum', argument);
}

/** The smallest value, of the argument's type: numbers, timestamps and text, which is in order of its UTF-8 bytes. */
export function min<const A extends Argument>(
  argument: A,
): Aggregation<ArgumentColumns<A>, 'min', ArgumentShape<A>, 'bool'> {
  return make('min', argument);
}

/** The largest value, of the argument's type: numbers, timestamps and text, which is in order of its UTF-8 bytes. */
export function max<const A extends Argument>(
  argument: A,
): Aggregation<ArgumentColumns<A>, 'max', ArgumentShape<A>, 'bool'> {
  return make('max', argument);
}

/** f64: the exact sum, divided once. */
export function avg<const A extends Argument>(
  argument: A,
): Aggregation<ArgumentColumns<A>, 'avg', ArgumentShape<A>, 'bool'> {
  return make('avg', argument);
}

/** How many different values, exactly. i64, never null. */
export function countDistinct<const A extends Argument>(
  argument: A,
): Aggregation<ArgumentColumns<A>, 'countDistinct', ArgumentShape<A>, 'bool'> {
  return make('countDistinct', argument);
}

function make<Result extends Aggregation>(fn: AggregateFunction, argument: Argument): Result {
  return new Aggregation(fn, argumentJson(argument), undefined) as Result;
}

function argumentJson(argument: Argument): ExprJson {
  return toExprJson(typeof argument === 'string' ? col(argument) : argument);
}

// ---- types ------------------------------------------------------------------------------------

type Numeric = 'i32' | 'i64' | 'f64' | 'null';
type Accepted = {
  readonly count: TypeName | 'null';
  readonly countDistinct: TypeName | 'null';
  readonly sum: Numeric;
  readonly avg: Numeric;
  readonly min: Numeric | 'timestamp' | 'utf8';
  readonly max: Numeric | 'timestamp' | 'utf8';
};

/** The column that an aggregate makes of rows with schema S. */
export type AggregateColumn<A, S extends Schema> =
  A extends Aggregation<string, infer Fn, infer Shape>
    ? Fn extends 'count' | 'countDistinct'
      ? ColumnType<'i64', false>
      : Fn extends 'avg'
        ? ColumnType<'f64', true>
        : Fn extends 'sum'
          ? ColumnType<ResolveType<Shape, S> extends 'f64' ? 'f64' : 'i64', true>
          : ResolveType<Shape, S> extends infer T extends TypeName
            ? ColumnType<T, true>
            : never
    : never;

/** Refuses arguments and filters of the wrong type; the property's name is the compiler's message. */
export type ExpectsArgument<A, S extends Schema> =
  A extends Aggregation<string, infer Fn, infer Shape, infer Where>
    ? [ResolveType<Where, S>] extends ['bool' | 'null']
      ? [ResolveType<Shape, S>] extends [Accepted[Fn]]
        ? unknown
        : { readonly [K in `${Fn} cannot take this type`]: ResolveType<Shape, S> }
      : { readonly 'where() takes a condition': ResolveType<Where, S> }
    : never;

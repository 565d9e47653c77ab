/**
 * The fluent builder: `col('price').mul(0.908).gt(5)`. Every method returns a new expression around a JSON
 * tree; nothing is evaluated or checked here except literals. Nulls follow SQL: an operation on a null is
 * null, `and`/`or` are Kleene's, a filter keeps the rows that are true.
 *
 * Expressions are recognised by `Symbol.for`, not `instanceof`: a job may carry its own copy of the library.
 */
import type { ColumnType, TypeName } from '../schema/index.ts';
import type { CallOp, DatePart, DateUnit, ExprJson, ExprNode } from './json.ts';
import { EXPR_VERSION } from './json.ts';
import { literalNode, type LiteralValue } from './literal.ts';
import type { LiteralType, TypeInCommon, TypeOfArithmetic, TypeOfColumn } from './types.ts';

const EXPR = Symbol.for('sluice.expr');

/** What may stand where an expression is wanted; plain values become literals. */
export type Operand = Expr<string, unknown> | LiteralValue;

/** Names of the columns that an operand reads. */
export type ColumnsOf<O> = O extends Expr<infer Columns, unknown> ? Columns : never;
/** Shape of an operand (see types.ts). */
export type ShapeOf<O> = O extends Expr<string, infer T> ? T : LiteralType<O>;

type Test<Columns extends string, O> = Expr<Columns | ColumnsOf<O>, 'bool'>;
type Calculation<Columns extends string, Op, T, O> = Expr<Columns | ColumnsOf<O>, TypeOfArithmetic<Op, T, ShapeOf<O>>>;

/**
 * A typed expression over rows. `Columns` is the union of the column names that it reads, `T` its shape.
 * Passing it where `Expr<'a' | 'b'>` is wanted is a compile error when it reads another column.
 */
export class Expr<out Columns extends string = string, out T = unknown> {
  /** Only for the compiler: holds the type parameters; undefined at run time. */
  declare readonly phantom: { readonly columns: Columns; readonly shape: T };
  readonly node: ExprNode;

  constructor(node: ExprNode) {
    this.node = node;
    Object.defineProperty(this, EXPR, { value: true });
  }

  toJSON(): ExprJson {
    return { version: EXPR_VERSION, node: this.node };
  }

  // Arithmetic. Integers (i32, i64) compute in i64; with an f64 on either side both become f64.
  // Leaving the range of i64 is an error (OVERFLOW), as is an integer division by zero.
  add<const O extends Operand>(other: O): Calculation<Columns, 'add', T, O> {
    return this.with('add', other);
  }
  sub<const O extends Operand>(other: O): Calculation<Columns, 'sub', T, O> {
    return this.with('sub', other);
  }
  mul<const O extends Operand>(other: O): Calculation<Columns, 'mul', T, O> {
    return this.with('mul', other);
  }
  /** Integers: truncated towards zero (7 / −2 = −3). f64: IEEE 754 (1 / 0 = Infinity). */
  div<const O extends Operand>(other: O): Calculation<Columns, 'div', T, O> {
    return this.with('div', other);
  }
  /** The remainder of `div`; its sign is the dividend's. */
  mod<const O extends Operand>(other: O): Calculation<Columns, 'mod', T, O> {
    return this.with('mod', other);
  }
  neg(): Expr<Columns, TypeOfArithmetic<'neg', T, T>> {
    return call('neg', [this.node]);
  }
  abs(): Expr<Columns, TypeOfArithmetic<'abs', T, T>> {
    return call('abs', [this.node]);
  }

  // Comparison: numbers by value (i64 beside f64 is compared as f64), text by its UTF-8 bytes, NaN as IEEE 754.
  eq<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('eq', other);
  }
  ne<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('ne', other);
  }
  lt<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('lt', other);
  }
  le<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('le', other);
  }
  gt<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('gt', other);
  }
  ge<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('ge', other);
  }
  /** low <= this <= high */
  between<const L extends Operand, const H extends Operand>(
    low: L,
    high: H,
  ): Expr<Columns | ColumnsOf<L> | ColumnsOf<H>, 'bool'> {
    return call('and', [call('ge', [this.node, nodeOf(low)]).node, call('le', [this.node, nodeOf(high)]).node]);
  }

  // Kleene logic. The right side's errors (overflow …) count only where the left side leaves the result open.
  and<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('and', other);
  }
  or<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('or', other);
  }
  not(): Expr<Columns, 'bool'> {
    return call('not', [this.node]);
  }

  isNull(): Expr<Columns, 'bool'> {
    return call('isNull', [this.node]);
  }
  isNotNull(): Expr<Columns, 'bool'> {
    return call('isNotNull', [this.node]);
  }
  /** This value, or `other` where it is null. */
  coalesce<const O extends Operand>(other: O): Expr<Columns | ColumnsOf<O>, TypeInCommon<T, ShapeOf<O>>> {
    return this.with('coalesce', other);
  }

  /**
   * Another type: between numbers (towards zero), bool to integer (0, 1), i64 to and from timestamp (ms), and
   * everything to and from utf8: `true`, decimal digits, f64 as JavaScript prints it, ISO 8601 with milliseconds
   * and Z. What has no counterpart, text of another form among it, is CAST_FAILED.
   */
  cast<To extends TypeName>(to: ColumnType<To>): Expr<Columns, To> {
    return new Expr({ op: 'cast', to: to.type, args: [this.node] });
  }

  startsWith<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('startsWith', other);
  }
  endsWith<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('endsWith', other);
  }
  contains<const O extends Operand>(other: O): Test<Columns, O> {
    return this.with('contains', other);
  }
  /** Lower case by simple mapping of Latin, Greek, Cyrillic and Armenian letters below U+0800; see lowercase.ts. */
  lower(): Expr<Columns, 'utf8'> {
    return call('lower', [this.node]);
  }
  /** Unicode code points, i64. */
  length(): Expr<Columns, 'i64'> {
    return call('length', [this.node]);
  }

  // Parts of a timestamp in UTC, proleptic Gregorian calendar, i64; exact for ±8.64e15 ms (JavaScript's range).
  year(): Expr<Columns, 'i64'> {
    return this.part('year');
  }
  /** 1 … 12 */
  month(): Expr<Columns, 'i64'> {
    return this.part('month');
  }
  /** Day of the month, 1 … 31 */
  day(): Expr<Columns, 'i64'> {
    return this.part('day');
  }
  hour(): Expr<Columns, 'i64'> {
    return this.part('hour');
  }
  minute(): Expr<Columns, 'i64'> {
    return this.part('minute');
  }
  second(): Expr<Columns, 'i64'> {
    return this.part('second');
  }
  millisecond(): Expr<Columns, 'i64'> {
    return this.part('millisecond');
  }
  /** ISO: Monday = 1 … Sunday = 7 */
  dayOfWeek(): Expr<Columns, 'i64'> {
    return this.part('dayOfWeek');
  }
  /** 1 … 366 */
  dayOfYear(): Expr<Columns, 'i64'> {
    return this.part('dayOfYear');
  }
  /** The start of the unit that the timestamp lies in; weeks begin on Monday. */
  truncate(unit: DateUnit): Expr<Columns, 'timestamp'> {
    return new Expr({ op: 'truncate', unit, args: [this.node] });
  }

  private with<Result extends Expr>(op: CallOp, other: Operand): Result {
    return call(op, [this.node, nodeOf(other)]);
  }

  private part(part: DatePart): Expr<Columns, 'i64'> {
    return new Expr({ op: 'datePart', part, args: [this.node] });
  }
}

/** A column by its name. Whether it exists is checked where the expression meets a schema. */
export function col<const Name extends string>(name: Name): Expr<Name, TypeOfColumn<Name>> {
  return new Expr({ op: 'column', name });
}

/**
 * A constant. Without a type: bigint and whole safe numbers are i64, other numbers f64, Date is timestamp, null
 * takes the type of what it meets. With a type: the value in it; timestamps also from ISO 8601 text or ms.
 */
export function lit<const V extends LiteralValue>(value: V): Expr<never, LiteralType<V>>;
export function lit<T extends TypeName>(value: LiteralValue, type: ColumnType<T>): Expr<never, T>;
export function lit(value: LiteralValue, type?: ColumnType): Expr<never> {
  return new Expr(literalNode(value, type?.type));
}

/** The first of the values that is not null. */
export function coalesce<const O extends Operand, const P extends Operand>(
  first: O,
  second: P,
): Expr<ColumnsOf<O> | ColumnsOf<P>, TypeInCommon<ShapeOf<O>, ShapeOf<P>>> {
  return call('coalesce', [nodeOf(first), nodeOf(second)]);
}

/** `caseWhen(a, x).when(b, y).otherwise(z)`: the value of the first condition that is true. */
export function caseWhen<const C extends Operand, const V extends Operand>(
  condition: C,
  value: V,
): CaseBuilder<ColumnsOf<C> | ColumnsOf<V>, ShapeOf<V>> {
  return new CaseBuilder([nodeOf(condition), nodeOf(value)]);
}

export class CaseBuilder<out Columns extends string, out T> {
  declare readonly phantom: { readonly columns: Columns; readonly shape: T };
  private readonly args: readonly ExprNode[];

  constructor(args: readonly ExprNode[]) {
    this.args = args;
  }

  when<const C extends Operand, const V extends Operand>(
    condition: C,
    value: V,
  ): CaseBuilder<Columns | ColumnsOf<C> | ColumnsOf<V>, TypeInCommon<T, ShapeOf<V>>> {
    return new CaseBuilder([...this.args, nodeOf(condition), nodeOf(value)]);
  }

  /** The value where no condition is true. */
  otherwise<const V extends Operand>(value: V): Expr<Columns | ColumnsOf<V>, TypeInCommon<T, ShapeOf<V>>> {
    return call('case', [...this.args, nodeOf(value)]);
  }

  /** Null where no condition is true. */
  otherwiseNull(): Expr<Columns, T> {
    return call('case', [...this.args, literalNode(null, undefined)]);
  }
}

/** Whether a value is an expression, of this or another copy of the library. */
export function isExpr(value: unknown): value is Expr {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[EXPR] === true;
}

/** The JSON of an expression or of a plain value. */
export function toExprJson(operand: Operand): ExprJson {
  return { version: EXPR_VERSION, node: nodeOf(operand) };
}

function nodeOf(operand: Operand): ExprNode {
  return isExpr(operand) ? operand.node : literalNode(operand, undefined);
}

function call<Result extends Expr>(op: CallOp, args: readonly ExprNode[]): Result {
  return new Expr({ op, args }) as Result;
}

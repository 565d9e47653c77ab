/**
 * The fluent way to say a job. A stream is a step of the plan under construction and the schema of
 * its rows; every method adds a step and returns a new stream, so that a stream can be used twice.
 *
 * Column names and types are checked by the compiler, and again by the plan builder for jobs that
 * were not compiled.
 */
import type { Expects, Expr, ExprJson, ResultColumn, ShapeOf } from '../expr/index.ts';
import { col, isExpr, toExprJson } from '../expr/index.ts';
import type { ProjectedColumn } from '../plan/index.ts';
import { foreignStream } from '../plan/index.ts';
import type { ColumnType, Schema, ValueOfType } from '../schema/index.ts';
import { columnNames } from '../schema/index.ts';
import type { AggregateColumn, Aggregation, ExpectsArgument } from './aggregates.ts';
import type { Draft } from './draft.ts';
import type { Sink } from './sinks.ts';
import type { WindowSpec } from './windows.ts';

/** Writes a computed schema out, so that an editor shows columns and not the computation. */
type Plain<T> = T extends infer U extends Schema ? { readonly [Name in keyof U]: U[Name] } : never;

/** A row as users' functions see it (RowOf), written out likewise. */
type Row<S extends Schema> = S extends infer U extends Schema
  ? { readonly [Name in keyof U]: ValueOfType[U[Name]['type']] | (U[Name]['nullable'] extends false ? never : null) }
  : never;

/** The columns' names, as a plain union. */
type Names<S extends Schema> = Extract<keyof S, string>;

/** An expression over a schema's columns. */
type ExprOver<S extends Schema> = Expr<Names<S>>;

/** The column that an expression makes: a plain column stays as it is. */
type ExprColumn<E, S extends Schema> =
  ShapeOf<E> extends { readonly typeOfColumn: infer Name extends keyof S } ? S[Name] : ResultColumn<ShapeOf<E>, S>;

type Selected<S extends Schema, C> = Plain<{ readonly [Name in keyof C]: ExprColumn<C[Name], S> }>;

type WindowRows<S extends Schema, Key extends keyof S, A> = Plain<
  { readonly [Name in Key]: S[Name] } & {
    readonly window_start: ColumnType<'timestamp', false>;
    readonly window_end: ColumnType<'timestamp', false>;
  } & { readonly [Name in keyof A]: AggregateColumn<A[Name], S> }
>;

/** Refuses a stream with other columns; the property's name is the compiler's message. */
type SameColumns<T, S> = [keyof T] extends [keyof S]
  ? unknown
  : { readonly 'has other columns': Exclude<keyof T, keyof S> };

export interface WatermarkOptions<Column extends string> {
  /** A timestamp column: the event time. */
  readonly column: Column;
  /** How much earlier than the latest time before it a row may be, in ms; later ones are late. */
  readonly outOfOrder: number;
  /**
   * A split without rows for this long (ms of wall time) no longer holds the watermark back. What
   * then counts as late depends on the wall clock, so results may differ from run to run.
   */
  readonly idleAfter?: number;
}

type TimestampColumn<S extends Schema> = {
  [Name in Names<S>]: S[Name]['type'] extends 'timestamp' ? Name : never;
}[Names<S>];

/** Rows with schema S. */
export class Stream<S extends Schema> {
  protected readonly draft: Draft;
  /** The step in the plan. */
  protected readonly id: number;

  constructor(draft: Draft, id: number) {
    this.draft = draft;
    this.id = id;
  }

  /** The schema of the rows. */
  get schema(): S {
    return this.draft.builder.schemaOf(this.id) as S;
  }

  /**
   * The rows for which the condition is true (not false, not null). An expression runs in the
   * engine; a function runs in JavaScript for every row.
   */
  filter<const T>(condition: Expr<Names<S>, T> & Expects<'bool', T, S>): Stream<S>;
  filter(condition: (row: Row<S>) => boolean): Stream<S>;
  filter(condition: Expr | ((row: Row<S>) => boolean)): Stream<S> {
    if (isExpr(condition)) return this.#next(this.draft.builder.filter(this.id, toExprJson(condition)));
    return this.#closure('filter', condition, this.schema);
  }

  /** New columns and no others: `select({ route: col('origin'), hours: col('delay').div(60) })`. */
  select<const C extends Readonly<Record<string, ExprOver<S>>>>(columns: C): Stream<Selected<S, C>> {
    return this.#project(columnList(columns));
  }

  /** These columns and no others, in this order. */
  project<const Name extends Names<S>>(...names: readonly Name[]): Stream<Plain<Pick<S, Name>>> {
    return this.#project(names.map((name) => ({ name, expr: toExprJson(col(name)) })));
  }

  /** All columns, and these: one that exists is replaced in its place, the others follow. */
  withColumns<const C extends Readonly<Record<string, ExprOver<S>>>>(
    columns: C,
  ): Stream<Plain<Omit<S, keyof C> & Selected<S, C>>> {
    return this.#withColumns(columnList(columns));
  }

  /** All columns, and this one. */
  withColumn<const Name extends string, const E extends ExprOver<S>>(
    name: Name,
    expr: E,
  ): Stream<Plain<Omit<S, Name> & { readonly [N in Name]: ExprColumn<E, S> }>> {
    return this.#withColumns([{ name, expr: toExprJson(expr) }]);
  }

  /**
   * Another row for each, by a function in JavaScript. If the new schema has the event-time column,
   * the function must leave its value alone.
   */
  map<const R extends Schema>(fn: (row: Row<S>) => Row<NoInfer<R>>, schema: R): Stream<R> {
    return this.#closure('map', fn, schema);
  }

  /** Any number of rows for each, by a function in JavaScript. */
  flatMap<const R extends Schema>(fn: (row: Row<S>) => Iterable<Row<NoInfer<R>>>, schema: R): Stream<R> {
    return this.#closure('flatMap', fn, schema);
  }

  /** The rows of both, in no particular order. Names, types and order of the columns are the same. */
  union<T extends S>(other: Stream<T> & SameColumns<T, S>): Stream<S> {
    if (other.draft !== this.draft) throw foreignStream(this.draft.job);
    return this.#next(this.draft.builder.union([this.id, other.id]));
  }

  /** The same rows, those of one key in one place. */
  keyBy<const Key extends Names<S>>(...columns: readonly [Key, ...Key[]]): KeyedStream<S, Key> {
    this.draft.builder.checkKeys(this.id, columns);
    return new KeyedStream(this.draft, this.id, columns);
  }

  /** Ends (one branch of) the stream. A stream may have several sinks. */
  sink(sink: Sink<Row<S>>): SinkStep {
    return new SinkStep(this.draft, this.draft.addSink(this.id, sink.plan));
  }

  /** What state and metrics of this step are known by; unique in the job, kept when the job changes. */
  uid(uid: string): this {
    this.draft.builder.setUid(this.id, uid);
    return this;
  }

  /** What people see. */
  name(name: string): this {
    this.draft.builder.setName(this.id, name);
    return this;
  }

  #next<R extends Schema>(id: number): Stream<R> {
    return new Stream<R>(this.draft, id);
  }

  #project<R extends Schema>(columns: readonly ProjectedColumn[]): Stream<R> {
    return this.#next(this.draft.builder.project(this.id, columns));
  }

  #withColumns<R extends Schema>(columns: readonly ProjectedColumn[]): Stream<R> {
    const names = columnNames(this.schema);
    const given = new Map(columns.map((column) => [column.name, column]));
    const kept = names.map((name) => given.get(name) ?? { name, expr: toExprJson(col(name)) });
    return this.#project([...kept, ...columns.filter(({ name }) => !names.includes(name))]);
  }

  #closure<R extends Schema>(form: 'map' | 'filter' | 'flatMap', fn: (row: Row<S>) => unknown, schema: R): Stream<R> {
    return this.#next(this.draft.builder.closure(this.id, form, this.draft.addFunction(fn), schema, fn.name));
  }
}

/** A stream as it comes from a source. */
export class SourceStream<S extends Schema> extends Stream<S> {
  /** Declares the event time, which windows need. */
  watermarks(options: WatermarkOptions<TimestampColumn<S>>): SourceStream<S> {
    const { column, outOfOrder, idleAfter } = options;
    const idle = idleAfter === undefined ? {} : { idleAfterMs: idleAfter };
    this.draft.builder.watermarks(this.id, { column, outOfOrderMs: outOfOrder, ...idle });
    return this;
  }
}

/** A stream by key; windows are the only thing to do with it. */
export class KeyedStream<S extends Schema, Key extends Names<S>> {
  readonly #draft: Draft;
  readonly #input: number;
  readonly #keys: readonly Key[];

  constructor(draft: Draft, input: number, keys: readonly Key[]) {
    this.#draft = draft;
    this.#input = input;
    this.#keys = keys;
  }

  /** Windows per key: `tumble(hours(1))`, `hop(hours(24), hours(1))`. */
  window(window: WindowSpec): WindowedStream<S, Key> {
    return new WindowedStream(this.#draft, this.#input, this.#keys, window);
  }
}

/** Rows by key and window. */
export class WindowedStream<S extends Schema, Key extends Names<S>> {
  readonly #draft: Draft;
  readonly #input: number;
  readonly #keys: readonly Key[];
  readonly #window: WindowSpec;

  constructor(draft: Draft, input: number, keys: readonly Key[], window: WindowSpec) {
    this.#draft = draft;
    this.#input = input;
    this.#keys = keys;
    this.#window = window;
  }

  /**
   * One row per key and window when the watermark has passed the window's end: the key columns,
   * window_start, window_end, and the aggregates. Its event time is window_end − 1 ms.
   */
  aggregate<const A extends Readonly<Record<string, Aggregation<Names<S>>>>>(
    aggregates: A & { readonly [Name in keyof A]: ExpectsArgument<A[Name], S> },
  ): AggregatedStream<WindowRows<S, Key, A>, S> {
    const list = Object.entries<Aggregation>(aggregates).map(([name, { fn, argument, filter }]) => ({
      name,
      fn,
      argument,
      filter,
    }));
    const id = this.#draft.builder.window(this.#input, { keys: this.#keys, ...this.#window, aggregates: list });
    return new AggregatedStream(this.#draft, id);
  }
}

/** Rows of closed windows; `In` is the schema of the rows that went in. */
export class AggregatedStream<S extends Schema, In extends Schema> extends Stream<S> {
  /** Rows that came when all their windows had closed. Without this they are counted and dropped. */
  late(): Stream<In> {
    return new Stream<In>(this.draft, this.draft.builder.late(this.id));
  }

  /** Sends late rows to a sink and goes on with the windows. */
  lateTo(sink: Sink<Row<In>>): this {
    this.late().sink(sink);
    return this;
  }
}

/** An attached sink, to give it a uid or a name. */
export class SinkStep {
  readonly #draft: Draft;
  readonly #id: number;

  constructor(draft: Draft, id: number) {
    this.#draft = draft;
    this.#id = id;
  }

  uid(uid: string): this {
    this.#draft.builder.setUid(this.#id, uid);
    return this;
  }

  name(name: string): this {
    this.#draft.builder.setName(this.#id, name);
    return this;
  }
}

function columnList(columns: Readonly<Record<string, Expr>>): readonly ProjectedColumn[] {
  return Object.entries(columns).map(([name, expr]): { name: string; expr: ExprJson } => ({
    name,
    expr: toExprJson(expr),
  }));
}

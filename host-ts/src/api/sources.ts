/** What a job reads: inputs bound when it starts, rows made by a function, rows given as a list. */
import { checkSchema } from '../schema/index.ts';
import type { RowOf, Schema } from '../schema/index.ts';

/** A source of rows with schema S, for `env.source`. Plain data, except for the functions in it. */
export type SourceDefinition<S extends Schema = Schema> =
  InputDefinition<S> | GeneratorDefinition<S> | CollectionDefinition<S>;

export interface InputDefinition<S extends Schema = Schema> {
  readonly kind: 'input';
  readonly name: string;
  readonly schema: S;
}

export interface GeneratorDefinition<S extends Schema = Schema> {
  readonly kind: 'generator';
  readonly schema: S;
  /** The row of a number; must depend on nothing else, because rows are made again after a crash. */
  readonly make: (index: number) => RowOf<S>;
  readonly options: GeneratorOptions;
}

export interface CollectionDefinition<S extends Schema = Schema> {
  readonly kind: 'collection';
  readonly schema: S;
  readonly rows: readonly RowOf<S>[];
}

export interface GeneratorOptions {
  /** Rows in all, numbered from 0. */
  readonly rows: number;
  /** Parts that can be read in parallel, each a contiguous range of numbers; 1 unless given. */
  readonly splits?: number;
  /** Rows per second and split at most; unlimited unless given. */
  readonly rowsPerSecond?: number;
}

/**
 * Rows that come from outside, bound by name when the job starts:
 * `--input flights=flights.parquet`, `start(job, { inputs: { flights: parquet(url) } })`.
 * The data may have more columns than the schema, never fewer. Throws SCHEMA_INVALID.
 */
export function input<const S extends Schema>(name: string, schema: S): InputDefinition<S> {
  checkSchema(schema);
  return { kind: 'input', name, schema };
}

/** Rows made by a function of their number: `generator(schema, (i) => ({ … }), { rows: 1000 })`. */
export function generator<const S extends Schema>(
  schema: S,
  make: (index: number) => RowOf<NoInfer<S>>,
  options: GeneratorOptions,
): GeneratorDefinition<S> {
  checkSchema(schema);
  return { kind: 'generator', schema, make, options };
}

/** Rows given as a list, one split. For tests and small tables. */
export function collection<const S extends Schema>(
  schema: S,
  rows: readonly RowOf<NoInfer<S>>[],
): CollectionDefinition<S> {
  checkSchema(schema);
  return { kind: 'collection', schema, rows };
}

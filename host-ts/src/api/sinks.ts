/**
 * Where rows go. `Row` is what a sink needs of a row: a table its key columns, a callback what its
 * function reads; the compiler compares it with the stream's rows.
 *
 * Tables and files are exact after a recovery. print, callback and collect act at once and are
 * at least once: after a crash, rows since the last checkpoint come again.
 */
import type { SinkInit } from '../plan/index.ts';

/** What becomes of the definition when it is attached; a callback's function gets its id then. */
export type SinkPlan = Exclude<SinkInit, { readonly kind: 'callback' }> | CallbackPlan;

interface CallbackPlan {
  readonly kind: 'callback';
  readonly callback: (row: never) => void;
}

export interface Sink<in Row> {
  readonly plan: SinkPlan;
  /** Only for the compiler; undefined at run time. */
  readonly accepts: (row: Row) => void;
}

export interface TableOptions<Column extends string> {
  /** Columns that name a row; a later row with the same key replaces the earlier one. */
  readonly key: readonly Column[];
}

/** A table that is queried and watched through the job's handle: `env.table(name, { key })`. Exact. */
export function table<const Column extends string>(
  name: string,
  options: TableOptions<Column>,
): Sink<{ readonly [Name in Column]: unknown }> {
  return sink({ kind: 'table', name, key: options.key });
}

/** One line per row in the log, after the prefix. At least once. */
export function print(prefix = ''): Sink<unknown> {
  return sink({ kind: 'print', prefix });
}

/** Calls a function with every row, where the job was started. At least once. */
export function callback<Row>(fn: (row: Row) => void): Sink<Row> {
  return sink({ kind: 'callback', callback: fn });
}

/** Keeps rows in memory for `handle.collected(name)`: for tests and small results. At least once. */
export function collect(name: string): Sink<unknown> {
  return sink({ kind: 'collect', name });
}

/** A file in homes that have files. Exact: rows appear with the checkpoint that covers them. */
export function toFile(path: string, format: 'csv' | 'ndjson'): Sink<unknown> {
  return sink({ kind: 'file', path, format });
}

/** Drops the rows, as Flink's `blackhole` does: for measuring a job, or for one of its branches. */
export function blackhole(): Sink<unknown> {
  return sink({ kind: 'blackhole' });
}

function sink<Row>(plan: SinkPlan): Sink<Row> {
  return { plan } as Sink<Row>;
}

// The job over the reader's own file: one window, built from parameters, because columns are known only when the file
// is there. Parameters travel as plain JSON; every slot builds the same graph from them.
import { avg, bool, col, count, f64, i32, i64, input, job, max, min, sum, timestamp, tumble, utf8 } from 'sluice';
import type { Schema, Sink, TypeName } from 'sluice';

export const MEASURES = ['count', 'sum', 'avg', 'max', 'min'] as const;
export type MeasureFunction = (typeof MEASURES)[number];

export interface OwnFileParameters {
  /** The file's columns with their types, as they were inferred. */
  readonly columns: Readonly<Record<string, TypeName>>;
  readonly time: string;
  readonly key: string;
  readonly fn: MeasureFunction;
  /** What is summed, averaged, …; count needs none. */
  readonly measure: string | null;
  readonly windowMs: number;
  readonly outOfOrderMs: number;
}

export const OWN_FILE_INPUT = 'file';
export const OWN_FILE_TABLE = 'windows';

const TYPES = { bool, i32, i64, f64, timestamp, utf8 } as const;

export default job('your file', (env) => {
  const { columns, time, key, fn, measure, windowMs, outOfOrderMs } = env.parameters as unknown as OwnFileParameters;
  const wanted = new Set([time, key, ...(measure === null ? [] : [measure])]);
  const schema = Object.fromEntries([...wanted].map((name) => [name, TYPES[columns[name]!]()])) as Schema;
  return env
    .source(input(OWN_FILE_INPUT, schema))
    .watermarks({ column: time as never, outOfOrder: outOfOrderMs })
    .filter(col(time).isNotNull())
    .keyBy(key)
    .window(tumble(windowMs))
    .aggregate({ rows: count(), ...(measure === null ? {} : { value: aggregate(fn, measure) }) })
    .sink(env.table(OWN_FILE_TABLE, { key: [key, 'window_start'] }) as Sink<unknown>);
});

function aggregate(fn: MeasureFunction, column: string) {
  if (fn === 'sum') return sum(column);
  if (fn === 'avg') return avg(column);
  if (fn === 'max') return max(column);
  if (fn === 'min') return min(column);
  return count(column);
}

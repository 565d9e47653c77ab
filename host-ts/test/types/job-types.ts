// What the compiler must accept and refuse of a job. Nothing here runs: tsc checks it (`npm run types`), and
// an `@ts-expect-error` over a line without an error is an error itself.
import {
  avg,
  callback,
  col,
  collection,
  count,
  countDistinct,
  f64,
  generator,
  hop,
  hours,
  i64,
  input,
  job,
  lit,
  max,
  min,
  minutes,
  print,
  required,
  sum,
  timestamp,
  tumble,
  utf8,
} from 'sluice';
import type { RowOf, Stream } from 'sluice';

type Exact<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const exact = <A, B>(same: Exact<A, B>): void => void same;
type SchemaOf<T> = T extends Stream<infer S> ? S : never;

const flights = input('flights', {
  date: timestamp(),
  delay: i64(),
  share: required(f64()),
  origin: utf8(),
});

export default job('types', (env) => {
  const source = env.source(flights);

  // watermarks: an existing column, and a timestamp
  const timed = source.watermarks({ column: 'date', outOfOrder: minutes(60) });
  // @ts-expect-error no such column
  source.watermarks({ column: 'dat', outOfOrder: 0 });
  // @ts-expect-error not a timestamp
  source.watermarks({ column: 'delay', outOfOrder: 0 });

  // filter: columns and type of an expression, row of a function
  timed.filter(col('delay').gt(15).and(col('origin').eq('SEA')));
  // @ts-expect-error no such column
  timed.filter(col('delya').gt(15));
  // @ts-expect-error not a condition
  timed.filter(col('delay').add(1));
  timed.filter((row) => row.delay !== null && row.delay > 15n && row.share > 0.5);
  // @ts-expect-error no such column
  timed.filter((row) => row.delya !== null);

  // select: names and types of the result
  const routes = timed.select({ when: col('date'), half: col('delay').div(2), part: col('share'), one: lit(1) });
  exact<
    RowOf<SchemaOf<typeof routes>>,
    { readonly when: number | null; readonly half: bigint | null; readonly part: number; readonly one: bigint | null }
  >(true);
  // @ts-expect-error no such column
  timed.select({ x: col('delya') });
  exact<RowOf<SchemaOf<ReturnType<typeof picked>>>, { readonly origin: string | null; readonly share: number }>(true);
  function picked() {
    return timed.project('origin', 'share');
  }
  // @ts-expect-error no such column
  timed.project('orign');
  const more = timed.withColumn('late', col('delay').gt(15)).withColumns({ delay: col('delay').cast(f64()) });
  exact<
    RowOf<SchemaOf<typeof more>>,
    {
      readonly date: number | null;
      readonly delay: number | null;
      readonly share: number;
      readonly origin: string | null;
      readonly late: boolean | null;
    }
  >(true);

  // closures: the row that comes in, the row that must come out
  timed.map((row) => ({ name: row.origin }), { name: utf8() });
  // @ts-expect-error the result lacks the column
  timed.map((row) => ({ nam: row.origin }), { name: utf8() });
  // @ts-expect-error the result has the wrong type
  timed.map((row) => ({ name: row.delay }), { name: utf8() });
  timed.flatMap((row) => (row.origin === null ? [] : [{ name: row.origin }]), { name: required(utf8()) });

  // union: the same columns
  timed.union(timed.filter(col('delay').gt(0)));
  // @ts-expect-error another column
  timed.union(more);
  // @ts-expect-error fewer columns
  timed.union(timed.project('origin'));

  // keyBy
  // @ts-expect-error no such column
  timed.keyBy('orign');
  // @ts-expect-error no column at all
  timed.keyBy();
  const keyed = timed.keyBy('origin', 'share').window(hop(hours(24), hours(1)));

  // aggregate: arguments, their types, filters
  const totals = keyed.aggregate({
    flights: count(),
    late: count().where(col('delay').gt(15)),
    worst: max('delay'),
    latest: max('date'),
    first: min('origin'),
    last: max(col('origin').lower()).where(col('delay').gt(15)),
    mean: avg(col('delay').mul(2)),
    shares: sum('share'),
    origins: countDistinct('origin'),
  });
  exact<
    RowOf<SchemaOf<typeof totals>>,
    {
      readonly origin: string | null;
      readonly share: number;
      readonly window_start: number;
      readonly window_end: number;
      readonly flights: bigint;
      readonly late: bigint;
      readonly worst: bigint | null;
      readonly latest: number | null;
      readonly first: string | null;
      readonly last: string | null;
      readonly mean: number | null;
      readonly shares: number | null;
      readonly origins: bigint;
    }
  >(true);
  // @ts-expect-error no such column
  keyed.aggregate({ worst: max('delya') });
  // @ts-expect-error no such column in an expression
  keyed.aggregate({ worst: max(col('delya').add(1)) });
  // @ts-expect-error no such column in a filter
  keyed.aggregate({ late: count().where(col('delya').gt(15)) });
  // @ts-expect-error a filter that is no condition
  keyed.aggregate({ late: count().where(col('delay')) });
  // @ts-expect-error the sum of text
  keyed.aggregate({ total: sum('origin') });
  // @ts-expect-error the largest condition
  keyed.aggregate({ late: max(col('delay').gt(15)) });
  // @ts-expect-error the least condition
  keyed.aggregate({ late: min(col('delay').gt(15)) });

  // after the window: its columns, and a window over windows
  totals
    .filter(col('flights').gt(10))
    .keyBy('origin')
    .window(tumble(hours(24)))
    .aggregate({ most: max('flights') });
  // @ts-expect-error the input's column is gone
  totals.filter(col('delay').gt(10));

  // late rows are rows of the input
  totals.late().filter(col('delay').gt(0)).sink(print());
  totals.lateTo(callback((row) => void (row.delay satisfies bigint | null)));
  // @ts-expect-error a window's column on a late row
  totals.late().filter(col('window_end').isNull());

  // sinks: keys of a table, rows of a callback
  totals.sink(env.table('totals', { key: ['origin', 'window_start'] }));
  // @ts-expect-error no such column
  totals.sink(env.table('totals', { key: ['orign'] }));
  totals.sink(callback((row) => void (row.flights satisfies bigint)));
  // @ts-expect-error no such column
  totals.sink(callback((row) => void row.fligths));

  // sources made in place
  env.source(generator({ n: required(i64()) }, (i) => ({ n: BigInt(i) }), { rows: 10 }));
  // @ts-expect-error a number is no bigint
  env.source(generator({ n: required(i64()) }, (i) => ({ n: i }), { rows: 10 }));
  env.source(collection({ s: utf8() }, [{ s: 'a' }, { s: null }])).filter(col('s').isNotNull());
  // @ts-expect-error a row without the column
  env.source(collection({ s: utf8() }, [{ t: 'a' }]));
});

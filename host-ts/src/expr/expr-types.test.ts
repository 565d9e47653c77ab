/** What the compiler must accept and refuse. It runs too, so that the builders' values are seen to exist. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnName, ColumnType, Schema } from '../schema/index.ts';
import { bool, f64, i32, i64, timestamp, utf8 } from '../schema/index.ts';
import type { Expects, Expr, ResolveType, ResultColumn } from './index.ts';
import { caseWhen, checkExpr, coalesce, col, lit } from './index.ts';

const schema = { date: timestamp(), delay: i64(), gate: i32(), price: f64(), origin: utf8(), late: bool() };
type S = typeof schema;

type Exact<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** As a stream's methods declare their parameters. */
const filter = <T>(expr: Expr<ColumnName<S>, T> & Expects<'bool', T, S>): Expr => expr;
const select = <P extends Readonly<Record<string, Expr<ColumnName<S>, unknown>>>>(columns: P): Projected<P> =>
  Object.fromEntries(
    Object.entries(columns).map(([name, expr]) => [
      name,
      { type: checkExpr(expr.toJSON(), schema).type, nullable: true },
    ]),
  ) as Schema as Projected<P>;
type Projected<P> = { readonly [K in keyof P]: P[K] extends Expr<string, infer T> ? ResultColumn<T, S> : never };

/** The compiler's type and the checker's are the same. */
function typed<T, const Name extends string>(
  expr: Expr<ColumnName<S>, T>,
  name: Name & ([ResolveType<T, S>] extends [Name] ? unknown : { readonly 'the type is': ResolveType<T, S> }),
): void {
  assert.equal(checkExpr(expr.toJSON(), schema).type, name);
}

test('columns are checked by the compiler', () => {
  filter(col('delay').gt(15));
  filter(col('late'));
  filter(
    col('delay')
      .gt(15)
      .and(col('origin').eq('SEA'))
      .or(col('price').lt(col('delay'))),
  );
  // @ts-expect-error there is no column 'dellay'
  filter(col('dellay').gt(15));
  const deep = caseWhen(col('orign').isNull(), true).otherwise(false);
  // @ts-expect-error nor deep inside
  filter(col('delay').gt(15).and(col('late').or(deep)));
  // @ts-expect-error a filter is bool
  filter(col('delay').add(1));
  // @ts-expect-error a column that is not bool is no filter
  filter(col('origin'));
  // @ts-expect-error an object is no operand
  assert.throws(() => col('delay').gt({}), { code: 'LITERAL_INVALID' });
  // @ts-expect-error there is no such unit
  col('date').truncate('fortnight');
});

test('types follow from the schema, and are the checker’s', () => {
  typed(col('delay'), 'i64');
  typed(col('delay').mul(2), 'i64');
  typed(col('delay').mul(0.908), 'f64');
  typed(col('gate').add(col('gate')), 'i64');
  typed(col('gate').mul(col('price')), 'f64');
  typed(col('gate').neg(), 'i64');
  typed(col('price').abs(), 'f64');
  typed(col('delay').add(1n), 'i64');
  typed(col('date').add(60_000), 'timestamp');
  typed(lit(1).add(col('date')), 'timestamp');
  typed(col('date').sub(1000), 'timestamp');
  typed(col('date').sub(col('date')), 'i64');
  typed(col('date').truncate('hour'), 'timestamp');
  typed(col('date').dayOfWeek(), 'i64');
  typed(col('origin').lower(), 'utf8');
  typed(col('origin').length(), 'i64');
  typed(col('gate').coalesce(0), 'i64');
  typed(col('gate').coalesce(col('gate')), 'i32');
  typed(coalesce(col('origin'), '?'), 'utf8');
  typed(caseWhen(col('late'), col('gate')).otherwise(0.5), 'f64');
  typed(caseWhen(col('late'), 'yes').when(col('late').isNull(), null).otherwise('no'), 'utf8');
  typed(col('delay').cast(utf8()), 'utf8');
  typed(col('price').cast(utf8()), 'utf8');
  typed(col('origin').cast(f64()), 'f64');
  typed(col('origin').cast(timestamp()).truncate('hour'), 'timestamp');
  typed(col('origin').cast(bool()), 'bool');
  typed(lit(5, f64()), 'f64');
  // @ts-expect-error it is i64
  assert.throws(() => typed(col('delay').mul(2), 'f64'));
});

test('a projection’s schema has exact column types', () => {
  const projected = select({ eur: col('price').mul(0.908), origin: col('origin'), hour: col('date').truncate('hour') });
  const exact: Exact<
    typeof projected,
    {
      readonly eur: ColumnType<'f64', true>;
      readonly origin: ColumnType<'utf8', true>;
      readonly hour: ColumnType<'timestamp', true>;
    }
  > = true;
  assert.ok(exact);
  assert.deepEqual(projected, { eur: f64(), origin: utf8(), hour: timestamp() });
  // @ts-expect-error there is no column 'prize'
  assert.throws(() => select({ eur: col('prize') }), { code: 'UNKNOWN_COLUMN' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bool, f64, i32, i64, timestamp, utf8 } from '../schema/index.ts';
import type { Expr, ExprJson } from './index.ts';
import {
  caseWhen,
  checkExpr,
  checkPredicate,
  coalesce,
  col,
  exprColumns,
  formatExpr,
  isExpr,
  lit,
  substituteColumns,
  toExprJson,
} from './index.ts';

const schema = { date: timestamp(), delay: i64(), gate: i32(), price: f64(), origin: utf8(), late: bool() };
const check = (expr: Expr<string, unknown>) => checkExpr(expr.toJSON(), schema);
const refuses = (expr: Expr<string, unknown>, code: string, message: RegExp): void =>
  assert.throws(
    () => check(expr),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    },
  );

test('an unknown column is named with those that exist and the nearest', () => {
  refuses(
    col('dellay').gt(1),
    'UNKNOWN_COLUMN',
    /no column 'dellay'; there are 'date', 'delay', .*did you mean 'delay'\?/,
  );
  refuses(col('Origin').isNull(), 'UNKNOWN_COLUMN', /did you mean 'origin'/);
  refuses(col('zzzzzz').isNull(), 'UNKNOWN_COLUMN', /use one of the columns/);
  refuses(col('toString').isNull(), 'UNKNOWN_COLUMN', /no column 'toString'/);
});

test('a type mismatch names the operation, the types, the expression and the remedy', () => {
  refuses(col('origin').add(1), 'TYPE_MISMATCH', /add cannot take \(utf8, i64\) in origin \+ 1; use numbers/);
  refuses(col('origin').gt(1), 'TYPE_MISMATCH', /gt cannot take \(utf8, i64\)/);
  refuses(col('date').gt('2001-01-01'), 'TYPE_MISMATCH', /lit\('2001-01-31T12:00:00Z', timestamp\(\)\)/);
  refuses(col('late').lt(col('late')), 'TYPE_MISMATCH', /bool has eq and ne only/);
  refuses(col('delay').and(true), 'TYPE_MISMATCH', /and needs bool/);
  refuses(col('date').mul(2), 'TYPE_MISMATCH', /mul cannot take \(timestamp, i64\)/);
  refuses(lit(1).sub(col('date')), 'TYPE_MISMATCH', /sub cannot take \(i64, timestamp\)/);
  refuses(col('date').add(0.5), 'TYPE_MISMATCH', /whole milliseconds/);
  refuses(caseWhen(col('delay'), 1).otherwise(2), 'TYPE_MISMATCH', /conditions of caseWhen must be bool/);
  refuses(caseWhen(col('late'), 1).otherwise('x'), 'TYPE_MISMATCH', /bring the values to one type/);
  refuses(coalesce(col('origin'), 1), 'TYPE_MISMATCH', /coalesce cannot take \(utf8, i64\)/);
  refuses(col('price').cast(timestamp()), 'TYPE_MISMATCH', /f64 casts to i32, i64, utf8/);
  refuses(col('price').cast(bool()), 'TYPE_MISMATCH', /f64 casts to i32, i64, utf8/);
  refuses(col('date').cast(f64()), 'TYPE_MISMATCH', /timestamp casts to i64, utf8/);
  refuses(col('delay').hour(), 'TYPE_MISMATCH', /hour needs a timestamp/);
  refuses(lit(null), 'TYPE_MISMATCH', /give the null a type/);
  assert.throws(() => checkPredicate(col('delay').add(1).toJSON(), schema), { code: 'TYPE_MISMATCH' });
});

test('numbers widen, constants narrow to an i32 column, casts are explicit', () => {
  assert.deepEqual(check(col('gate').lt(5)), {
    op: 'lt',
    type: 'bool',
    args: [
      { op: 'column', type: 'i32', name: 'gate', index: 2 },
      { op: 'literal', type: 'i32', value: 5 },
    ],
  });
  assert.equal(check(col('gate').lt(2 ** 40)).op, 'lt');
  assert.deepEqual(check(col('gate').add(0.5)), {
    op: 'add',
    type: 'f64',
    args: [
      { op: 'cast', type: 'f64', args: [{ op: 'column', type: 'i32', name: 'gate', index: 2 }] },
      { op: 'literal', type: 'f64', value: 0.5 },
    ],
  });
  assert.equal(checkPredicate(lit(null).toJSON(), schema).type, 'bool');
  assert.equal(check(coalesce(null, col('price'))).type, 'f64');
});

test('literals take what exists in their type', () => {
  assert.deepEqual(lit(3).node, { op: 'literal', type: 'i64', value: '3' });
  assert.deepEqual(lit(-0).node, { op: 'literal', type: 'f64', value: '-0' });
  assert.deepEqual(lit(NaN).node, { op: 'literal', type: 'f64', value: 'NaN' });
  assert.deepEqual(lit(2 ** 60).node, { op: 'literal', type: 'f64', value: 2 ** 60 });
  assert.deepEqual(lit(2n ** 63n - 1n).node, { op: 'literal', type: 'i64', value: '9223372036854775807' });
  assert.deepEqual(lit(3, f64()).node, { op: 'literal', type: 'f64', value: 3 });
  const noon = { op: 'literal', type: 'timestamp', value: '980942400000' };
  assert.deepEqual(lit('2001-01-31T12:00:00Z', timestamp()).node, noon);
  assert.deepEqual(lit('2001-01-31T12:00:00', timestamp()).node, noon);
  assert.deepEqual(lit('2001-01-31T13:00:00+01:00', timestamp()).node, noon);
  assert.deepEqual(lit(new Date('2001-01-31T12:00:00Z')).node, noon);
  assert.equal((lit('2001-01-31', timestamp()).node as { value: string }).value, '980899200000');
  for (const make of [
    () => lit(2n ** 63n),
    () => lit(1.5, i64()),
    () => lit(2 ** 31, i32()),
    () => lit('soon', timestamp()),
    () => lit('\ud800'),
    () => lit('1', i64()),
    () => lit(1, bool()),
    () => lit(new Date(NaN)),
  ]) {
    assert.throws(make, { code: 'LITERAL_INVALID' });
  }
});

test('an expression is plain JSON, survives it, and can be rewritten', () => {
  const expr = caseWhen(col('delay').gt(15), col('price').mul(0.908)).otherwise(null);
  const json: ExprJson = JSON.parse(JSON.stringify(expr));
  assert.deepEqual(json, expr.toJSON());
  assert.deepEqual(checkExpr(json, schema), check(expr));
  assert.deepEqual(exprColumns(json), ['delay', 'price']);
  assert.equal(formatExpr(json), 'case when delay > 15 then price * 0.908 else null end');
  const renamed = substituteColumns(json, (name) => (name === 'delay' ? col('gate').add(1).toJSON() : undefined));
  assert.equal(formatExpr(renamed), 'case when (gate + 1) > 15 then price * 0.908 else null end');
  assert.ok(isExpr(expr) && !isExpr({ node: 1 }));
  assert.deepEqual(toExprJson("it's").node, { op: 'literal', type: 'utf8', value: "it's" });
  assert.equal(formatExpr(toExprJson("it's")), "'it''s'");
});

test('trees that no builder makes are refused', () => {
  const raw = (node: unknown): ExprJson => JSON.parse(JSON.stringify({ version: 1, node }));
  const code = 'EXPRESSION_MALFORMED';
  assert.throws(() => checkExpr(raw({ op: 'pow', args: [] }), schema), { code });
  assert.throws(() => checkExpr(raw({ op: 'constructor', args: [] }), schema), { code });
  assert.throws(() => checkExpr(raw({ op: 'add', args: [lit(1).node] }), schema), { code });
  assert.throws(() => checkExpr(raw({ op: 'case', args: [1, 2].map(() => lit(true).node) }), schema), { code });
  assert.throws(() => checkExpr(raw({ op: 'cast', to: 'i128', args: [lit(1).node] }), schema), { code });
  assert.throws(() => checkExpr(raw({ op: 'truncate', unit: 'eon', args: [col('date').node] }), schema), { code });
  const literal = { op: 'literal', type: 'i64', value: '99999999999999999999' };
  assert.throws(() => checkExpr(raw(literal), schema), { code: 'LITERAL_INVALID' });
  assert.throws(() => checkExpr({ ...raw(literal), version: 2 as 1 }, schema), { code: 'EXPRESSION_VERSION' });
});

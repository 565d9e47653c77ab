import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EXPR_ADD,
  EXPR_AND,
  EXPR_CAST,
  EXPR_COLUMN,
  EXPR_CONSTANT,
  EXPR_DIV,
  EXPR_GT,
  EXPR_HEADER_WORDS,
  EXPR_IF,
  EXPR_INSTRUCTION_WORDS,
  EXPR_IS_TRUE,
  EXPR_MAGIC,
  EXPR_MUL,
  EXPR_NE,
  EXPR_NOT,
  TYPE_F64,
  TYPE_I64,
  TYPE_TIMESTAMP,
} from '../abi/index.ts';
import { bool, f64, i64, timestamp, utf8 } from '../schema/index.ts';
import type { Expr } from './index.ts';
import { caseWhen, checkExpr, col, compileExpr, exprOperationName, lit } from './index.ts';

const schema = { n: i64(), m: i64(), f: f64(), t: timestamp(), s: utf8(), b: bool() };
const compile = (expr: Expr<string, unknown>): Int32Array => compileExpr(checkExpr(expr.toJSON(), schema));

/** [op, type, written, a, b, c, guard, immediate] per instruction. */
function instructions(words: Int32Array): number[][] {
  return Array.from({ length: words[3] ?? 0 }, (_, i) => {
    const at = EXPR_HEADER_WORDS + i * EXPR_INSTRUCTION_WORDS;
    return Array.from(words.subarray(at, at + EXPR_INSTRUCTION_WORDS));
  });
}
const ops = (expr: Expr<string, unknown>): (number | undefined)[] => instructions(compile(expr)).map(([op]) => op);

test('a comparison is column, constant, comparison', () => {
  const words = compile(col('n').gt(15));
  assert.deepEqual(Array.from(words.subarray(0, 8)), [EXPR_MAGIC, 34, 3, 3, 32, 2, 1, 0]);
  assert.deepEqual(instructions(words), [
    [EXPR_COLUMN, TYPE_I64, 0, -1, -1, -1, -1, 0],
    [EXPR_CONSTANT, TYPE_I64, 1, -1, -1, -1, -1, 32],
    [EXPR_GT, TYPE_I64, 2, 0, 1, -1, -1, 0],
  ]);
  assert.deepEqual(Array.from(words.subarray(32)), [15, 0]);
});

test('constants are folded, by the interpreter’s rules', () => {
  assert.deepEqual(ops(lit(2).mul(3).add(1)), [EXPR_CONSTANT]);
  assert.deepEqual(ops(lit('ABC').lower().eq('abc')), [EXPR_CONSTANT]);
  assert.deepEqual(ops(col('n').gt(lit(10).add(5))), [EXPR_COLUMN, EXPR_CONSTANT, EXPR_GT]);
  assert.deepEqual(ops(lit(true).and(col('b'))), [EXPR_COLUMN]);
  assert.deepEqual(ops(caseWhen(lit(false), col('n')).otherwise(col('m'))), [EXPR_COLUMN]);
  // an error waits for a row
  assert.deepEqual(ops(lit(1).div(0)), [EXPR_CONSTANT, EXPR_CONSTANT, EXPR_DIV]);
});

test('equal operations are computed once', () => {
  const square = col('f').add(0.5).mul(col('f').add(0.5));
  assert.deepEqual(ops(square), [EXPR_COLUMN, EXPR_CONSTANT, EXPR_ADD, EXPR_MUL]);
  const twice = caseWhen(col('f').gt(1), col('f')).otherwise(lit(1, f64()));
  assert.deepEqual(ops(twice), [EXPR_COLUMN, EXPR_CONSTANT, EXPR_GT, EXPR_IF]);
  assert.equal(ops(lit(-0).add(col('f')).add(lit(0, f64()))).filter((op) => op === EXPR_CONSTANT).length, 2);
});

test('registers are used again, and never written by the instruction that reads them', () => {
  let sum: Expr<string, unknown> = col('f');
  for (let i = 0; i < 200; i++) sum = sum.mul(i + 0.5).add(1.25);
  const words = compile(sum);
  assert.equal(words[3], 602);
  assert.ok((words[2] ?? 99) <= 5, `${words[2]} registers`);
  for (const [, , written, ...read] of instructions(words)) assert.ok(!read.slice(0, 4).includes(written ?? -1));
});

test('operations that can fail are guarded inside of case, and only those', () => {
  const quotient = col('n').div(col('m'));
  const guarded = instructions(compile(caseWhen(col('m').ne(0), quotient).otherwise(0)));
  assert.deepEqual(
    guarded.map(([op]) => op),
    [EXPR_COLUMN, EXPR_CONSTANT, EXPR_NE, EXPR_COLUMN, EXPR_IS_TRUE, EXPR_DIV, EXPR_IF],
  );
  assert.equal(guarded[5]?.[6], guarded[4]?.[2]);
  assert.equal(instructions(compile(quotient))[2]?.[6], -1);
  const float = caseWhen(col('m').ne(0), col('f').div(2)).otherwise(0.5);
  assert.ok(!ops(float).includes(EXPR_IS_TRUE));
  // nested: both conditions
  const nested = caseWhen(col('b'), caseWhen(col('m').ne(0), quotient).otherwise(0)).otherwise(1);
  assert.ok(ops(nested).includes(EXPR_AND));
  assert.ok(ops(caseWhen(col('b'), 1).otherwise(quotient)).includes(EXPR_NOT));
});

test('timestamps compute as i64 and come out as timestamps', () => {
  const words = compile(col('t').add(60_000));
  assert.equal(words[6], TYPE_TIMESTAMP);
  assert.deepEqual(
    instructions(words).map(([op, type]) => [op, type]),
    [
      [EXPR_COLUMN, TYPE_TIMESTAMP],
      [EXPR_CONSTANT, TYPE_I64],
      [EXPR_ADD, TYPE_I64],
    ],
  );
  assert.deepEqual(ops(col('t').cast(i64())), [EXPR_COLUMN], 'a cast of bits to themselves');
  assert.equal(instructions(compile(col('n').cast(f64())))[1]?.[7], TYPE_F64);
});

test('what is too large says so', () => {
  let deep: Expr<string, unknown> = col('f');
  for (let i = 0; i < 200; i++)
    deep = lit(i + 0.5).mul(
      col('f')
        .add(i + 0.25)
        .add(deep)
        .mul(1.125),
    );
  assert.throws(() => compile(caseWhen(col('b'), 'x'.repeat(300_000)).otherwise(col('s'))), {
    code: 'EXPRESSION_TOO_LARGE',
  });
  assert.throws(() => compile(deep), { code: 'EXPRESSION_TOO_LARGE' });
});

test('operation numbers have names for errors', () => {
  assert.equal(exprOperationName(EXPR_DIV), 'div');
  assert.equal(exprOperationName(EXPR_CAST), 'cast');
});

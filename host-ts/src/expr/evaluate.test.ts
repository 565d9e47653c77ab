/** The semantics, by example; the property test then holds the engine to this interpreter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bool, f64, i32, i64, timestamp, utf8 } from '../schema/index.ts';
import { datePart, truncateTime } from './calendar.ts';
import { compareText } from './evaluate.ts';
import type { Expr, Value } from './index.ts';
import { caseWhen, checkExpr, coalesce, col, evaluate, lit } from './index.ts';
import { DATE_PARTS, DATE_UNITS } from './json.ts';
import { lowercase, lowercaseCodePoint } from './lowercase.ts';

const schema = { n: i64(), b: bool() };
const value = (expr: Expr<string, unknown>, n: bigint | null = null, b: boolean | null = null): Value =>
  evaluate(checkExpr(expr.toJSON(), schema), [n, b], 4);
const fails = (expr: Expr<string, unknown>, code: string, n: bigint | null = null): void => {
  assert.throws(() => value(expr, n), { code });
  assert.throws(() => value(expr, n), /in row 4/);
};

test('integer arithmetic is exact or an error', () => {
  assert.equal(value(lit(7).div(-2)), -3n);
  assert.equal(value(lit(-7).mod(2)), -1n);
  assert.equal(value(lit(7).div(2.0)), 3n, 'a JavaScript 2.0 is the integer 2');
  assert.equal(value(lit(7).div(lit(2, f64()))), 3.5);
  assert.equal(value(lit(-(2n ** 63n)).mod(-1)), 0n);
  fails(lit(2n ** 63n - 1n).add(1), 'OVERFLOW');
  fails(lit(-(2n ** 63n)).div(-1), 'OVERFLOW');
  fails(lit(-(2n ** 63n)).abs(), 'OVERFLOW');
  fails(lit(1).div(col('n')), 'DIVISION_BY_ZERO', 0n);
  fails(lit(1).mod(col('n')), 'DIVISION_BY_ZERO', 0n);
  assert.equal(value(lit(1, f64()).div(0)), Infinity);
  assert.equal(value(lit(1).div(col('n')), null), null);
});

test('nulls are SQL’s', () => {
  const b = col('b');
  const table = [true, false, null].map((x) => [true, false, null].map((y) => value(b.and(lit(y, bool())), null, x)));
  assert.deepEqual(table, [
    [true, false, null],
    [false, false, false],
    [null, false, null],
  ]);
  const or = [true, false, null].map((x) => [true, false, null].map((y) => value(b.or(lit(y, bool())), null, x)));
  assert.deepEqual(or, [
    [true, true, true],
    [true, false, null],
    [true, null, null],
  ]);
  assert.equal(value(b.not()), null);
  assert.equal(value(col('n').eq(col('n'))), null);
  assert.equal(value(col('n').isNull()), true);
  assert.equal(value(coalesce(col('n'), 5)), 5n);
  assert.equal(value(caseWhen(b, 1).otherwise(2)), 2n);
  assert.equal(value(caseWhen(b, 1).otherwiseNull()), null);
});

test('later operands are evaluated only where the result is open', () => {
  const inverse = lit(1).div(col('n')).gt(0);
  assert.equal(value(col('n').ne(0).and(inverse), 0n), false);
  assert.equal(value(col('n').eq(0).or(inverse), 0n), true);
  assert.equal(value(caseWhen(col('n').eq(0), 0).otherwise(lit(1).div(col('n'))), 0n), 0n);
  assert.equal(value(coalesce(col('n'), lit(1).div(0)), 3n), 3n);
  fails(inverse.and(col('n').ne(0)), 'DIVISION_BY_ZERO', 0n);
});

test('casts', () => {
  assert.equal(value(lit(-1.9).cast(i64())), -1n);
  assert.equal(value(lit(2147483647.9).cast(i32())), 2147483647);
  fails(lit(2147483648).cast(i32()), 'CAST_FAILED');
  fails(lit(NaN).cast(i64()), 'CAST_FAILED');
  fails(lit(2 ** 63).cast(i64()), 'CAST_FAILED');
  fails(lit('1.5').cast(i64()), 'CAST_FAILED');
  fails(lit('').cast(i64()), 'CAST_FAILED');
  fails(lit('9223372036854775808').cast(i64()), 'CAST_FAILED');
  assert.equal(value(lit('-9223372036854775808').cast(i64())), -(2n ** 63n));
  assert.equal(value(lit('+07').cast(i32())), 7);
  assert.equal(value(lit(true).cast(i64())), 1n);
  assert.equal(value(lit(false).cast(utf8())), 'false');
  assert.equal(value(lit(978307200000).cast(timestamp()).cast(utf8())), '2001-01-01T00:00:00.000Z');
  fails(lit(8640000000000001).cast(timestamp()).cast(utf8()), 'CAST_FAILED');
});

test('casts between text and f64, timestamp, bool', () => {
  const texts = [1e21, 123456789012345680000, 1e-6, 1e-7, -1.5, 5e-324, -0, NaN, -Infinity].map((x) =>
    value(lit(x, f64()).cast(utf8())),
  );
  const printed = ['1e+21', '123456789012345680000', '0.000001', '1e-7', '-1.5', '5e-324', '0', 'NaN', '-Infinity'];
  assert.deepEqual(texts, printed);
  assert.deepEqual(
    ['1.', '.5', '+1e3', '-0', 'nan', '-inf', 'Infinity', '1e400'].map((text) => value(lit(text).cast(f64()))),
    [1, 0.5, 1000, -0, NaN, -Infinity, Infinity, Infinity],
  );
  for (const text of ['', ' 1', '1e', '.', '0x10', '1_000', '-nan']) fails(lit(text).cast(f64()), 'CAST_FAILED');
  const times = ['2001-01-01', '2001-01-01 00:00', '2001-01-01T01:00:00.0009+01:00', '+002001-01-01t00:00:00Z'];
  for (const text of times) assert.equal(value(lit(text).cast(timestamp())), 978307200000n, text);
  for (const text of ['2001-02-29', '2001-1-1', '2001', '978307200000', '2001-01-01T24:00', '-000000-01-01']) {
    fails(lit(text).cast(timestamp()), 'CAST_FAILED');
  }
  assert.deepEqual(
    ['true', 'FALSE', 'True'].map((text) => value(lit(text).cast(bool()))),
    [true, false, true],
  );
  for (const text of ['', 't', '1', 'yes', 'true ']) fails(lit(text).cast(bool()), 'CAST_FAILED');
});

test('text', () => {
  assert.equal(value(lit('日本😀').length()), 3n);
  assert.equal(value(lit('Straße').contains('ß')), true);
  assert.equal(value(lit('abc').startsWith('')), true);
  assert.equal(value(lit('abc').endsWith('bc')), true);
  assert.ok(compareText('\u{e000}', '😀') < 0, 'code points, not UTF-16 units');
  assert.ok(compareText('a', 'ab') < 0 && compareText('b', 'ab') > 0 && compareText('é', 'z') > 0);
});

test('lower case is the simple mapping below U+0530, as Unicode has it', () => {
  const kept = (c: number): boolean => c === 0x130 || (c >= 0x180 && c < 0x370);
  for (let c = 0; c < 0x588; c++) {
    const lower = String.fromCodePoint(lowercaseCodePoint(c));
    const expected = kept(c) ? String.fromCodePoint(c) : String.fromCodePoint(c).toLowerCase();
    // the Greek letters that look like other scripts' are the ones with variants: they stay
    const variant = c === 0x3cf || c === 0x3f4 || (c >= 0x3d8 && c <= 0x3ff);
    assert.equal(lower, variant ? String.fromCodePoint(c) : expected, c.toString(16));
    assert.equal(new TextEncoder().encode(lower).length, new TextEncoder().encode(String.fromCodePoint(c)).length);
  }
  assert.equal(lowercase('ÄÖÜ ΣΑΣ ЖЁ 😀 İ'), 'äöü σασ жё 😀 İ');
});

test('date parts and truncation are those of Date', () => {
  const times = [0, -1, 951782400000, 951868799999, -62135596800000, 253402300799999, 978307200000, 8.64e15, -8.64e15];
  for (let i = 0; i < 400; i++) times.push(Math.trunc(Math.sin(i) * 4e12));
  for (const time of times) {
    const d = new Date(time);
    const year = d.getUTCFullYear();
    const startOfYear = new Date(0).setUTCFullYear(year, 0, 1);
    const dayMs = 86_400_000;
    const startOfDay = Math.floor(time / dayMs) * dayMs;
    const expected = {
      year,
      month: d.getUTCMonth() + 1,
      day: d.getUTCDate(),
      hour: d.getUTCHours(),
      minute: d.getUTCMinutes(),
      second: d.getUTCSeconds(),
      millisecond: d.getUTCMilliseconds(),
      dayOfWeek: ((d.getUTCDay() + 6) % 7) + 1,
      dayOfYear: time < -8.6e15 ? Number(datePart(BigInt(time), 'dayOfYear')) : (startOfDay - startOfYear) / dayMs + 1,
    };
    for (const part of DATE_PARTS)
      assert.equal(datePart(BigInt(time), part), BigInt(expected[part]), `${part} ${time}`);
    for (const unit of DATE_UNITS) {
      const start = truncateTime(BigInt(time), unit);
      assert.ok(start <= BigInt(time) && truncateTime(start, unit) === start, `${unit} ${time}`);
    }
    assert.equal(truncateTime(BigInt(time), 'day'), BigInt(startOfDay));
    assert.equal(datePart(truncateTime(BigInt(time), 'week'), 'dayOfWeek'), 1n);
    assert.equal(datePart(truncateTime(BigInt(time), 'month'), 'day'), 1n);
    assert.equal(datePart(truncateTime(BigInt(time), 'year'), 'dayOfYear'), 1n);
  }
});

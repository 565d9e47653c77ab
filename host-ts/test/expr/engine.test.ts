/**
 * The engine and the reference interpreter give the same: random typed expressions over random batches with
 * nulls, on all rows (errors included) and on a selection. The seed is printed by fast-check on failure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { STATUS_DONE } from '../../src/abi/index.ts';
import { SluiceError } from '../../src/base/index.ts';
import type { Expr, TypedExpr, Value } from '../../src/expr/index.ts';
import { caseWhen, checkExpr, col, compileExpr, evaluate, lit } from '../../src/expr/index.ts';
import { f64, i64, TYPE_NAMES } from '../../src/schema/index.ts';
import { ExprEngine, frameOf } from './engine-harness.ts';
import { columnsOf, DICTIONARIES, exprOf, SCHEMA } from './random-expr.ts';

const engine = await ExprEngine.load();

type Columns = readonly (readonly Value[])[];
type Outcome = { readonly value: Value } | { readonly code: string };

function reference(typed: TypedExpr, columns: Columns, row: number): Outcome {
  const values = columns.map((column) => column[row] ?? null);
  try {
    return { value: evaluate(typed, values, row) };
  } catch (error) {
    if (error instanceof SluiceError) return { code: error.code };
    throw error;
  }
}

interface Run {
  readonly status: number;
  readonly values: readonly Value[];
  readonly selected: readonly number[];
}

/** Evaluates, or selects, in the engine; `rows` chosen, or all of them. */
function runEngine(typed: TypedExpr, columns: Columns, chosen: readonly number[] | undefined, select: boolean): Run {
  const words = compileExpr(typed);
  const program = engine.putWords(words);
  const frame = engine.put(frameOf(SCHEMA, columns, DICTIONARIES));
  const sel = chosen === undefined ? 0 : engine.put(new Uint8Array(Uint16Array.from(chosen).buffer));
  try {
    assert.ok(
      engine.check(program, words.length, SCHEMA),
      `the program was refused: ${engine.failure().values.join()}`,
    );
    const rows = engine.exports.open(frame, sel, chosen?.length ?? 0);
    assert.equal(rows, columns[0]?.length, `the frame was refused: ${engine.failure().values.join()}`);
    const status = select ? engine.exports.select(program) : engine.exports.evaluate(program);
    if (status !== STATUS_DONE) return { status, values: [], selected: [] };
    if (select) return { status, values: [], selected: engine.selectedRows() };
    const column = engine.readColumn(rows);
    assert.equal(column.type, typed.type);
    return { status, values: column.values, selected: [] };
  } finally {
    for (const ptr of [program, frame, sel]) if (ptr !== 0) engine.exports.free(ptr);
  }
}

function agree(expr: Expr<string, unknown>, columns: Columns, chosen: readonly number[]): void {
  const typed = checkExpr(expr.toJSON(), SCHEMA);
  const rows = columns[0]?.length ?? 0;
  const expected = Array.from({ length: rows }, (_, row) => reference(typed, columns, row));
  const all = runEngine(typed, columns, undefined, false);
  if (all.status !== STATUS_DONE) {
    const failure = engine.failure();
    assert.deepEqual(expected[failure.row], { code: failure.code }, `row ${failure.row} fails otherwise`);
  } else compare(typed, all.values, expected, [...expected.keys()]);
  const sound = chosen.filter((row) => row < rows && 'value' in expected[row]!);
  const some = runEngine(typed, columns, sound, false);
  assert.equal(some.status, STATUS_DONE, 'a row that is not selected failed');
  compare(typed, some.values, expected, sound);
  if (typed.type !== 'bool') return;
  const selected = runEngine(typed, columns, sound, true).selected;
  const isTrue = (row: number): boolean => {
    const outcome = expected[row];
    return outcome !== undefined && 'value' in outcome && outcome.value === true;
  };
  assert.deepEqual(selected, sound.filter(isTrue));
  if (all.status === STATUS_DONE) {
    assert.deepEqual(runEngine(typed, columns, undefined, true).selected, [...expected.keys()].filter(isTrue));
  }
}

function compare(
  typed: TypedExpr,
  found: readonly Value[],
  expected: readonly Outcome[],
  rows: readonly number[],
): void {
  for (const row of rows) {
    const outcome = expected[row]!;
    const same = 'value' in outcome && Object.is(found[row], outcome.value);
    if (!same) assert.deepEqual({ row, found: found[row] }, { row, ...outcome }, JSON.stringify(typed, printable));
  }
}

const printable = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

const cases = fc.integer({ min: 0, max: 300 }).chain((rows) =>
  fc.record({
    columns: columnsOf(rows),
    chosen: fc
      .uniqueArray(fc.nat({ max: Math.max(0, rows - 1) }), { maxLength: rows })
      .map((list) => list.sort((a, b) => a - b)),
  }),
);

for (const [index, type] of TYPE_NAMES.entries()) {
  test(`engine and reference agree on random ${type} expressions`, () => {
    const property = fc.property(exprOf(type, 3), cases, (expr, { columns, chosen }) => agree(expr, columns, chosen));
    fc.assert(property, { seed: 1913 + index, numRuns: 250, endOnFailure: false });
  });
}

/** One batch of 300 rows for the cases below. */
const batch = fc.sample(columnsOf(300), { seed: 3, numRuns: 1 })[0]!;
const everyThird = Array.from({ length: 100 }, (_, i) => i * 3);

test('every operation alone, on a full batch and in small ones', () => {
  for (const type of TYPE_NAMES) {
    for (const expr of fc.sample(exprOf(type, 1), { seed: 11, numRuns: 150 })) {
      agree(expr, batch, everyThird);
      agree(
        expr,
        batch.map((column) => column.slice(0, 17)),
        [0, 5, 16],
      );
    }
  }
});

test('errors behind a guard do not count', () => {
  const divisor = col('l');
  agree(caseWhen(divisor.ne(0), col('l2').div(divisor)).otherwise(0), batch, everyThird);
  agree(divisor.ne(0).and(col('l2').mod(divisor).gt(1)), batch, everyThird);
  agree(divisor.eq(0).or(col('l2').mod(divisor).gt(1)), batch, everyThird);
  agree(col('l').coalesce(col('s').cast(i64())), batch, everyThird);
  const typed = checkExpr(caseWhen(divisor.ne(0), col('i').div(divisor)).otherwise(0).toJSON(), SCHEMA);
  assert.equal(runEngine(typed, batch, undefined, false).status, STATUS_DONE);
});

test('constants fill the column; one computed NaN has the one pattern', () => {
  for (const expr of [lit(5), lit(1.5), lit('text'), lit(true), lit(false), lit(null, f64()), lit(new Date(0))]) {
    agree(expr, batch, everyThird);
  }
  const typed = checkExpr(col('f').sub(col('f')).div(0.0).mul(-1).toJSON(), SCHEMA);
  runEngine(typed, batch, undefined, false);
  const data = engine.view().getUint32(engine.exports.column() + 12, true);
  for (let row = 0; row < 300; row++) {
    const bits = engine.view().getBigUint64(data + row * 8, true);
    if ((bits & 0x7ff0000000000000n) === 0x7ff0000000000000n && (bits & 0xfffffffffffffn) !== 0n) {
      assert.equal(bits, 0x7ff8000000000000n);
    }
  }
});

test('hostile programs are refused or run without a trap', () => {
  const exprs = TYPE_NAMES.flatMap((type) => fc.sample(exprOf(type, 3), { seed: 5, numRuns: 12 }));
  const frame = engine.put(
    frameOf(
      SCHEMA,
      batch.map((column) => column.slice(0, 33)),
      DICTIONARIES,
    ),
  );
  let accepted = 0;
  const mutation = fc.record({
    which: fc.nat({ max: exprs.length - 1 }),
    edits: fc.array(
      fc.record({
        at: fc.nat(),
        to: fc.oneof(fc.integer({ min: -2, max: 40 }), fc.integer(), fc.constantFrom(65536, -2147483648, 2147483647)),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  });
  const property = fc.property(mutation, ({ which, edits }) => {
    const words = compileExpr(checkExpr(exprs[which]!.toJSON(), SCHEMA));
    for (const { at, to } of edits) words[at % words.length] = to;
    const program = engine.putWords(words);
    if (engine.check(program, words.length, SCHEMA)) {
      accepted++;
      assert.equal(engine.exports.open(frame, 0, 0), 33);
      engine.exports.evaluate(program);
      engine.exports.open(frame, 0, 0);
      engine.exports.select(program);
    }
    engine.exports.free(program);
  });
  fc.assert(property, { seed: 77, numRuns: 4000 });
  assert.ok(accepted > 50, `only ${accepted} mutants were accepted: the fuzz reaches no kernel`);
});

/** The user's functions over frames: forms, nulls, many rows, late rows, and what is said of their errors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import { FrameBuilder, FrameReader } from '../engine/index.ts';
import type { ClosureTaskPlan } from '../plan/index.ts';
import { i64, schemaTypeCodes, utf8 } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { ClosureStage } from './closure-stage.ts';
import type { RowView } from './row-view.ts';
import type { FrameRef } from './stage.ts';

const SCHEMA: Schema = { n: i64(), who: utf8() };
type Form = 'map' | 'filter' | 'flatMap';

function stageOf(form: Form, run: (row: RowView) => unknown): ClosureStage {
  const plan = {
    kind: 'closure',
    stage: { kind: 'closure', form, uid: 'u', name: 'mine', functionId: 0, outSchema: SCHEMA },
    operator: { id: 1, name: 'mine' },
    inSchema: SCHEMA,
    outSchema: SCHEMA,
  } as unknown as ClosureTaskPlan;
  return new ClosureStage(plan, [run], undefined);
}

function frameOf(rows: readonly (readonly [RowValue, RowValue])[], late?: readonly bigint[]): FrameRef {
  const columns = [{ values: rows.map(([n]) => n) }, { values: rows.map(([, who]) => who) }];
  const lateColumn = late === undefined ? undefined : BigInt64Array.from(late);
  const bytes = new FrameBuilder(schemaTypeCodes(SCHEMA)).build(rows.length, columns, undefined, lateColumn);
  return { ptr: 0, bytes, rows: rows.length, channel: 0, late: false };
}

/** All output frames of a push. */
function pushed(stage: ClosureStage, frame: FrameRef): FrameReader[] {
  const frames: FrameReader[] = [];
  stage.push(frame);
  for (let output = stage.output; output !== undefined; output = stage.output) {
    assert.ok(output.rows <= FRAME_ROWS_MAX);
    frames.push(new FrameReader(output.bytes.slice()));
    stage.next();
  }
  return frames;
}

const rowsOf = (frames: readonly FrameReader[]): RowValue[][] =>
  frames.flatMap((frame) => Array.from({ length: frame.rows }, (_, row) => frame.row(row)));

const numbered = (count: number): [RowValue, RowValue][] =>
  Array.from({ length: count }, (_, at) => [BigInt(at), at % 7 === 0 ? null : `w${at % 5}`]);

test('map: every row becomes one, nulls and missing columns are null', () => {
  const stage = stageOf('map', (row) => (row['who'] === null ? { n: 1n } : { n: (row['n'] as bigint) * 2n, who: 'x' }));
  assert.deepEqual(rowsOf(pushed(stage, frameOf(numbered(4)))), [
    [1n, null],
    [2n, 'x'],
    [4n, 'x'],
    [6n, 'x'],
  ]);
  assert.deepEqual([stage.counters.rowsIn, stage.counters.rowsOut], [4, 4]);
});

test('filter: rows stay as they are or go', () => {
  const stage = stageOf('filter', (row) => (row['n'] as bigint) % 3n === 0n);
  const expected = numbered(FRAME_ROWS_MAX).filter((_, at) => at % 3 === 0);
  assert.deepEqual(rowsOf(pushed(stage, frameOf(numbered(FRAME_ROWS_MAX)))), expected);
  assert.deepEqual(
    pushed(
      stageOf('filter', () => false),
      frameOf(numbered(9)),
    ),
    [],
    'no frame without rows',
  );
});

for (const perRow of [0, 1, 3, FRAME_ROWS_MAX, 2 * FRAME_ROWS_MAX + 1]) {
  test(`flatMap: ${perRow} rows per row, in their order, whatever the frames`, () => {
    const stage = stageOf('flatMap', function* (row) {
      for (let at = 0; at < perRow; at++) yield { n: (row['n'] as bigint) * 1_000_000n + BigInt(at), who: row['who'] };
    });
    const frames = pushed(stage, frameOf(numbered(3)));
    const rows = rowsOf(frames);
    assert.equal(rows.length, 3 * perRow);
    assert.equal(frames.length, Math.ceil((3 * perRow) / FRAME_ROWS_MAX));
    for (const [at, [n]] of rows.entries()) {
      assert.equal(n, BigInt(Math.floor(at / perRow)) * 1_000_000n + BigInt(at % perRow));
    }
    assert.equal(stage.counters.rowsOut, 3 * perRow);
  });
}

test('a row that came late keeps its split’s watermark, in every form', () => {
  const late = [5n, 0n, 7n];
  const input = frameOf(numbered(3), late);
  const [mapped] = pushed(
    stageOf('map', (row) => ({ n: row['n'], who: null })),
    input,
  );
  assert.deepEqual(Array.from(mapped?.late ?? []), late);
  const [kept] = pushed(
    stageOf('filter', (row) => row['n'] !== 1n),
    input,
  );
  assert.deepEqual(Array.from(kept?.late ?? []), [5n, 7n]);
  const [spread] = pushed(
    stageOf('flatMap', (row) => [{ n: row['n'] }, { n: row['n'] }]),
    input,
  );
  assert.deepEqual(Array.from(spread?.late ?? []), [5n, 5n, 0n, 0n, 7n, 7n]);
  const [onTime] = pushed(
    stageOf('filter', () => true),
    frameOf(numbered(2)),
  );
  assert.equal(onTime?.late, undefined);
});

test('a function that throws is told with its row, counted over all frames', () => {
  const stage = stageOf('map', (row) => {
    if (row['n'] === 12n) throw new RangeError('no twelve');
    return { n: 1n, who: null };
  });
  pushed(stage, frameOf(numbered(10)));
  assert.throws(() => pushed(stage, frameOf(numbered(20))), {
    code: 'CLOSURE_THREW',
    message: /map function of operator 'mine' threw "no twelve" on row 22 of its input: \{ n: 12, who: w2 \}/,
  });
});

test('a generator that throws in the middle is told likewise', () => {
  const stage = stageOf('flatMap', function* () {
    yield { n: 1n, who: null };
    throw new Error('enough');
  });
  assert.throws(() => pushed(stage, frameOf(numbered(2))), { code: 'CLOSURE_THREW', message: /"enough" on row 0/ });
});

for (const [form, result, got, wanted] of [
  ['map', null, 'null', 'a row object'],
  ['map', 5, 'number', 'a row object'],
  ['filter', 1, 'number', 'true or false'],
  ['filter', undefined, 'undefined', 'true or false'],
  ['flatMap', 'text', 'string', 'a list of rows'],
  ['flatMap', null, 'null', 'a list of rows'],
  ['flatMap', [3], 'number', 'a row object'],
] as const) {
  test(`${form} that returns ${JSON.stringify(result)} is told what it should return`, () => {
    const stage = stageOf(form, () => result);
    assert.throws(() => pushed(stage, frameOf(numbered(1))), {
      code: 'CLOSURE_RESULT',
      message: new RegExp(`returned ${got} for row 0 of its input, not ${wanted}`),
    });
  });
}

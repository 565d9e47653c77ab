/**
 * The engine's windows against the model: random rows, keys of all types, nulls, lateness, hopping
 * and tumbling windows, negative times; snapshots restored at other parallelisms.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ColumnData,
  type TypeName,
  type Value,
  type WindowPlan,
  WindowUnderTest,
  compileEntry,
  encodeFrame,
  instantiate,
} from './window-harness.ts';
import { WindowModel, sortedRows } from './window-model.ts';

const module = compileEntry('engine-as/assembly/operators/window-harness.ts');
const MAX = 2n ** 63n - 1n;

/** A small deterministic generator (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const TYPES: TypeName[] = ['timestamp', 'utf8', 'i64', 'f64', 'i32', 'bool', 'utf8'];
const TEXTS = [
  '',
  'a',
  'ATL',
  'zwölf Bytes',
  'genau 12 Byte',
  'exactly12byt',
  'Straße nach Überallhin',
  '日本語のとても長いキー',
  'x'.repeat(300),
];
const FLOATS = [0, -0, 1.5, -2.25, 1e300, -1e300, 5e-324, 0.1, NaN, 3];

const totals = { rows: 0, late: 0 };

interface Case {
  readonly plan: WindowPlan;
  readonly seed: number;
  readonly rows: number;
  readonly span: number;
  readonly late: boolean;
  readonly nulls: boolean;
  readonly dictionary: boolean;
  readonly keys: number;
  readonly base: number;
}

function randomRow(c: Case, random: (below: number) => number, at: number): Value[] {
  const orNull = (value: Value): Value => (c.nulls && random(8) === 0 ? null : value);
  const text = random(c.keys);
  return [
    BigInt(at),
    orNull(text < TEXTS.length ? (TEXTS[text] ?? '') : `key ${text} of many`),
    orNull(BigInt(random(c.keys)) - 3n),
    orNull(FLOATS[random(c.seed % 3 === 0 ? FLOATS.length - 2 : FLOATS.length)] ?? 0),
    orNull(random(1000) - 500),
    orNull(random(2) === 1),
    orNull(TEXTS[random(TEXTS.length)] ?? ''),
  ];
}

/** Pushes the same random batches into both; returns both sides' results. */
function runCase(c: Case, between?: (step: number, window: WindowUnderTest) => WindowUnderTest | undefined): void {
  const random = randomOf(c.seed);
  let window = new WindowUnderTest(instantiate(module), c.plan);
  const model = new WindowModel(c.plan);
  let clock = c.base;
  let split = -(2n ** 62n);
  const batches = 12;
  for (let step = 0; step < batches; step++) {
    const rows: Value[][] = [];
    const late: bigint[] = [];
    const count = 1 + random(Math.ceil((2 * c.rows) / batches));
    for (let i = 0; i < count; i++) {
      clock += random(Math.ceil((2 * c.span) / c.rows));
      rows.push(randomRow(c, random, clock - random(Math.ceil(c.span / 4))));
      late.push(split);
      if (c.late && random(10) === 0) split = BigInt(clock - random(Math.ceil(c.span / 3)));
    }
    // sorted batches take a path of their own
    if (!c.late && step % 3 > 0) rows.sort((a, b) => Number(BigInt(a[0] ?? 0) - BigInt(b[0] ?? 0)));
    const columns: ColumnData[] = c.plan.types.map((type, index) => ({
      type,
      values: rows.map((row) => row[index] ?? null),
      dictionary: c.dictionary,
    }));
    const selected = random(2) === 0 ? undefined : rows.map((_, i) => i).filter(() => random(3) > 0);
    const frame = encodeFrame(columns, { timed: 0, ...(c.late ? { late } : {}) });
    assert.equal(window.push(frame, selected), 0, `push: error ${window.e.errorCode()}`);
    const chosen = selected ?? rows.map((_, i) => i);
    const pick = <T>(list: readonly T[]): T[] => chosen.map((i) => list[i] as T);
    model.push(pick(rows), c.late ? pick(late) : undefined);
    assert.deepEqual(sortedRows(window.lateRows), sortedRows(model.lateRows), `late rows of step ${step}`);
    // a merged watermark lags behind every split's own
    const watermark =
      BigInt(clock - Math.ceil(c.span / 4)) < split || !c.late ? BigInt(clock - Math.ceil(c.span / 4)) : split;
    const rowsOut = window.watermark(watermark);
    assert.deepEqual(sortedRows(rowsOut), sortedRows(model.watermark(watermark)), `step ${step}`);
    totals.rows += rowsOut.length;
    totals.late += window.lateRows.length;
    const ends = rowsOut.map((row) => row[c.plan.keys.length + 1] as bigint);
    assert.ok(
      ends.every((end, i) => i === 0 || end >= (ends[i - 1] ?? end)),
      'windows leave in ascending order',
    );
    window = between?.(step, window) ?? window;
  }
  assert.deepEqual(sortedRows(window.watermark(MAX)), sortedRows(model.watermark(MAX)), 'at the end');
  assert.equal(window.counter(4), 0, 'no keys are left');
  const before = window.e.memoryUsed();
  window.free();
  assert.ok(window.e.memoryUsed() < before);
}

const ALL: WindowPlan['aggregates'] = [
  { fn: 'count', column: -1 },
  { fn: 'count', column: 2 },
  { fn: 'count', column: -1, filter: 5 },
  { fn: 'sum', column: 4 },
  { fn: 'sum', column: 2, filter: 5 },
  { fn: 'avg', column: 4 },
  { fn: 'distinct', column: 6 },
];
const EXTREMES: WindowPlan['aggregates'] = [
  ...ALL,
  { fn: 'min', column: 2 },
  { fn: 'max', column: 4, filter: 5 },
  { fn: 'min', column: 3 },
  { fn: 'max', column: 3 },
  { fn: 'max', column: 0 },
  { fn: 'min', column: 5 },
  { fn: 'sum', column: 3 },
  { fn: 'avg', column: 3 },
  { fn: 'distinct', column: 3 },
  { fn: 'distinct', column: 5, filter: 5 },
];
const WINDOWS = [
  { size: 100, slide: 100 },
  { size: 100, slide: 100, offset: 37 },
  { size: 240, slide: 40, offset: -15 },
  { size: 100, slide: 30 },
  { size: 60, slide: 90 },
];
const KEYS = [[1], [2], [1, 2], [3], [5, 6], [4, 1, 3], []];

for (let seed = 1; seed <= 40; seed++) {
  const shape = WINDOWS[seed % WINDOWS.length] ?? { size: 1, slide: 1 };
  const plan: WindowPlan = {
    types: TYPES,
    keys: KEYS[seed % KEYS.length] ?? [],
    time: 0,
    ...shape,
    aggregates: seed % 2 === 0 ? ALL : EXTREMES,
  };
  const c: Case = {
    plan,
    seed,
    rows: seed % 4 === 0 ? 4000 : 400,
    span: 1000,
    late: seed % 3 !== 0,
    nulls: seed % 5 !== 0,
    dictionary: seed % 2 === 1,
    keys: seed % 4 === 0 ? 2000 : 12,
    base: seed % 2 === 0 ? -500 : 1_000_000_007,
  };
  test(`windows equal the model, seed ${seed}`, () => runCase(c));
}

test('the cases above were not empty', () => {
  assert.ok(totals.rows > 5000, `${totals.rows} rows`);
  assert.ok(totals.late > 100, `${totals.late} late rows`);
});

test('keys and values that never come again leave no state behind', () => {
  const types: TypeName[] = ['timestamp', 'i64'];
  const aggregates: WindowPlan['aggregates'] = [
    { fn: 'count', column: -1 },
    { fn: 'distinct', column: 1 },
  ];
  const plan: WindowPlan = { types, keys: [1], time: 0, size: 100, slide: 20, aggregates };
  const window = new WindowUnderTest(instantiate(module), plan);
  const model = new WindowModel(plan);
  let early = 0;
  let most = 0;
  for (let step = 0; step < 150; step++) {
    const rows = Array.from(
      { length: 400 },
      (_, i) => [BigInt(step * 20 + (i % 20)), BigInt(step * 350 + i)] as Value[],
    );
    const columns = types.map((type, c) => ({ type, values: rows.map((row) => row[c] ?? null) }));
    assert.equal(window.push(encodeFrame(columns, { timed: 0 })), 0);
    model.push(rows);
    const watermark = BigInt(step * 20 - 1);
    assert.deepEqual(sortedRows(window.watermark(watermark)), sortedRows(model.watermark(watermark)), `step ${step}`);
    if (step < 40) early = Math.max(early, window.counter(3));
    most = Math.max(most, window.counter(3));
  }
  assert.ok(most <= 1.2 * early, `${most} bytes, ${early} in the first 40 steps`);
  window.watermark(MAX);
  assert.equal(window.counter(3), 0);
});

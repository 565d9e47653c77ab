/** Rows for tests of distinct counts: texts of all lengths, numbers, nulls. Snapshots in fixtures were made of them. */
import { type ColumnData, type TypeName, type Value, type WindowPlan, encodeFrame } from './window-harness.ts';

export const TYPES: TypeName[] = ['timestamp', 'utf8', 'utf8', 'i64', 'f64', 'bool'];
export const PLAN: WindowPlan = {
  types: TYPES,
  keys: [1],
  time: 0,
  size: 100,
  slide: 20,
  aggregates: [
    { fn: 'count', column: -1 },
    { fn: 'distinct', column: 2 },
    { fn: 'distinct', column: 3, filter: 5 },
    { fn: 'distinct', column: 4 },
  ],
};
/** min cannot be taken back: windows are merged at each fire. */
export const MERGED: WindowPlan = { ...PLAN, aggregates: [...PLAN.aggregates, { fn: 'min', column: 3 }] };

const LENGTHS = [0, 1, 12, 13, 40, 600, 601, 15_360, 15_361, 40_000];
const FLOATS = [0, -0, NaN, 1.5, -1e300, 5e-324];

/** A generator of 32 bits (LCG), the same in all engines for all times. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

export interface Feed {
  readonly rows: Value[][];
  readonly frame: Uint8Array;
}

/** `late`: of each row, the watermark of its split. */
export function frameOf(
  rows: readonly Value[][],
  dictionary: boolean,
  types: readonly TypeName[] = TYPES,
  late?: readonly bigint[],
): Uint8Array {
  const columns: ColumnData[] = types.map((type, c) => ({ type, values: rows.map((r) => r[c] ?? null), dictionary }));
  return encodeFrame(columns, { timed: 0, ...(late && { late }) });
}

/** `values`: how many different values there are; `long`: texts of 601 B and more too. */
export function feed(
  random: (below: number) => number,
  step: number,
  shape: { count: number; keys: number; values: number; long: boolean },
): Feed {
  const text = (number: number): Value => {
    if (random(10) === 0) return null;
    const length = LENGTHS[number % (shape.long && random(8) === 0 ? LENGTHS.length : 6)] ?? 0;
    return `${number}`.padEnd(length, number % 3 === 0 ? 'é' : 'x');
  };
  const rows = Array.from(
    { length: shape.count },
    () =>
      [
        BigInt(step * 20 + random(30)),
        text(random(shape.keys)),
        text(random(shape.values)),
        random(9) === 0 ? null : BigInt(random(shape.values)) << BigInt(8 * random(7)),
        FLOATS[random(FLOATS.length)] ?? 0,
        random(3) > 0,
      ] as Value[],
  );
  return { rows, frame: frameOf(rows, step % 2 === 0) };
}

/** What the fixture of layout version 2 holds: two subtasks' state after these steps. */
export const LAYOUT_2 = { seed: 2, steps: 4, shape: { count: 60, keys: 25, values: 30, long: true } } as const;

/**
 * What windows mean, said again in plain JavaScript: rows in, results out, no slices, no state tricks.
 * Only for tests; slow on purpose.
 */
import type { Value, WindowPlan } from './window-harness.ts';

const mod = (a: bigint, b: bigint): bigint => ((a % b) + b) % b;

interface Pane {
  readonly key: Value[];
  readonly start: bigint;
  readonly end: bigint;
  readonly rows: Value[][];
}

export class WindowModel {
  private readonly panes = new Map<string, Pane>();
  private readonly plan: WindowPlan;
  private closed = -(2n ** 63n);
  lateRows: Value[][] = [];

  constructor(plan: WindowPlan) {
    this.plan = plan;
  }

  push(rows: readonly Value[][], late?: readonly bigint[]): void {
    const { size, slide, offset = 0, keys, time } = this.plan;
    this.lateRows = [];
    rows.forEach((row, index) => {
      const at = row[time] as bigint;
      const split = late?.[index] ?? this.closed;
      const watermark = split > this.closed ? split : this.closed;
      let windows = 0;
      let taken = 0;
      for (
        let start = at - mod(at - BigInt(offset), BigInt(slide));
        start > at - BigInt(size);
        start -= BigInt(slide)
      ) {
        windows++;
        const end = start + BigInt(size);
        if (end - 1n <= watermark) continue;
        taken++;
        this.pane(
          keys.map((k) => canonical(row[k] ?? null)),
          start,
          end,
        ).rows.push(row);
      }
      if (windows > 0 && taken === 0) this.lateRows.push(row);
    });
  }

  watermark(time: bigint): Value[][] {
    if (time > this.closed) this.closed = time;
    const fired = [...this.panes.entries()].filter(([, pane]) => pane.end - 1n <= this.closed);
    for (const [name] of fired) this.panes.delete(name);
    return fired.map(([, pane]) => [...pane.key, pane.start, pane.end, ...this.results(pane.rows)]);
  }

  private pane(key: Value[], start: bigint, end: bigint): Pane {
    const name = `${start}|${key.map(show).join('|')}`;
    let pane = this.panes.get(name);
    if (!pane) this.panes.set(name, (pane = { key, start, end, rows: [] }));
    return pane;
  }

  private results(rows: readonly Value[][]): Value[] {
    return this.plan.aggregates.map(({ fn, column, filter }) => {
      const taken = rows.filter((row) => filter === undefined || row[filter] === true);
      if (column < 0) return BigInt(taken.length);
      const type = this.plan.types[column];
      const values = taken.map((row) => canonical(row[column] ?? null)).filter((v) => v !== null);
      if (fn === 'count') return BigInt(values.length);
      if (fn === 'distinct') return BigInt(new Set(values.map(show)).size);
      if (values.length === 0) return null;
      if (fn === 'min' || fn === 'max') return values.reduce((a, b) => (less(b, a) === (fn === 'min') ? b : a));
      if (type === 'f64') {
        const sum = exactSum(values as number[]);
        return fn === 'sum' ? sum : sum / values.length;
      }
      const sum = values.reduce<bigint>((a, b) => a + BigInt(b), 0n);
      return fn === 'sum' ? sum : Number(sum) / values.length;
    });
  }
}

function canonical(value: Value): Value {
  return typeof value === 'number' && value === 0 ? 0 : value;
}

export function show(value: Value): string {
  return value === null ? 'null' : `${typeof value}:${String(value)}`;
}

function less(a: NonNullable<Value>, b: NonNullable<Value>): boolean {
  // by UTF-8 bytes, which UTF-16 units are not in the order of
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string)) < 0;
  if (Number.isNaN(a)) return false;
  return Number.isNaN(b) || a < b;
}

/** The sum of f64 values rounded once: every value is an integer multiple of 2^-1074. */
export function exactSum(values: readonly number[]): number {
  if (values.some((v) => Number.isNaN(v))) return NaN;
  const plus = values.includes(Infinity);
  const minus = values.includes(-Infinity);
  if (plus || minus) return plus && minus ? NaN : plus ? Infinity : -Infinity;
  let total = 0n;
  for (const value of values) total += units(value);
  return rounded(total);
}

const scratch = new DataView(new ArrayBuffer(8));

function units(value: number): bigint {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n ? -magnitude : magnitude;
}

function rounded(total: bigint): number {
  const negative = total < 0n;
  let magnitude = negative ? -total : total;
  const drop = BigInt(Math.max(0, magnitude.toString(2).length - 53));
  const half = drop > 0n ? 1n << (drop - 1n) : 0n;
  const rest = magnitude & ((1n << drop) - 1n);
  magnitude >>= drop;
  if (drop > 0n && (rest > half || (rest === half && magnitude & 1n))) magnitude++;
  // (53 bits) · 2^drop in units of 2^-1074; two steps, so that neither factor leaves the range of f64
  const scale = Number(drop) - 1074;
  const value = Number(magnitude) * 2 ** Math.max(scale, -1022) * 2 ** Math.min(0, scale + 1022);
  return negative ? -value : value;
}

/** Order does not matter within a window; windows leave in ascending order. */
export function sortedRows(rows: readonly Value[][]): string[] {
  return rows.map((row) => row.map(show).join(' ')).sort();
}

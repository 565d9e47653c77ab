// What the page knows of a job's table, folded for the chart and the ranking as rows come in. Rows of the same key
// and window may come again (a subscription, then a scan): they replace, and never count twice.
//
// Per key one sparse grid of windows; per window and per key the folded sums. Sums move by differences; a maximum
// or minimum only ever grows, because a row's later version covers its earlier one.
import type { TableRow } from 'sluice';
import type { Measure, ResultView } from './result-view.ts';

const CHUNK_WINDOWS = 128;
/** Columns of a grid's cell: chart value, chart divisor, ranking value, ranking divisor. */
const FIELDS = 4;

export interface RankedKey {
  readonly key: string;
  readonly value: number;
  /** The measure's sum before division: how much a percentage rests on. */
  readonly amount: number;
}

interface Folded {
  value: number;
  divisor: number;
}

export class ResultStore {
  readonly view: ResultView;
  readonly #grids = new Map<string, Map<number, Float64Array>>();
  readonly #totals = new Map<string, Folded>();
  readonly #windows = new Map<number, Folded>();
  /**
   * The input has ended: the windows that reach beyond it hold only part of their time, so the chart and the ranking
   * stop at the last one that lies within.
   */
  ended = false;
  /** Start times of all windows, ascending. */
  #starts: number[] = [];
  #sorted = true;
  #rows = 0;

  constructor(view: ResultView) {
    this.view = view;
  }

  /** Different rows seen so far. */
  get rowCount(): number {
    return this.#rows;
  }

  /** End of the newest window that has rows; undefined before the first. */
  get newestEnd(): number | undefined {
    const newest = this.#sortedStarts().at(-1);
    return newest === undefined ? undefined : newest + this.view.windowMs;
  }

  apply(rows: readonly TableRow[]): void {
    const { key, chart, ranking } = this.view;
    for (const row of rows) {
      const name = String(row[key] ?? '∅');
      const start = Number(row['window_start']);
      this.#put(name, start, amount(row, chart), divisor(row, chart), amount(row, ranking), divisor(row, ranking));
    }
  }

  /**
   * Chart points from `fromMs` on, as [seconds, values]; `binMs` joins windows into longer ones. A window that overlaps
   * others stands at its last slide, which is what it adds to the one before.
   */
  series(fromMs: number, binMs: number): [number[], (number | null)[]] {
    const { chart, slideMs, windowMs } = this.view;
    const newest = this.#newestWhole() ?? -Infinity;
    const times: number[] = [];
    const values: (number | null)[] = [];
    let open: Folded = empty(chart);
    let openAt = NaN;
    const close = (): void => {
      if (Number.isNaN(openAt)) return;
      times.push(openAt / 1000);
      values.push(result(open, chart));
    };
    for (const start of this.#sortedStarts()) {
      if (start < fromMs || start > newest) continue;
      const at = Math.floor((start + windowMs - slideMs) / binMs) * binMs;
      if (at !== openAt) {
        close();
        const step = Math.max(binMs, slideMs);
        if (at - openAt > step * 1.5) {
          // windows without rows: nothing was counted there; of an average or a share nothing is known
          const nothing = chart.fold === 'sum' && chart.divisor === undefined ? 0 : null;
          times.push((openAt + step) / 1000);
          values.push(nothing);
          if (nothing !== null && at - openAt > step * 2.5) {
            times.push((at - step) / 1000);
            values.push(nothing);
          }
        }
        open = empty(chart);
        openAt = at;
      }
      const window = this.#windows.get(start)!;
      open.value = folded(open.value, window.value, chart);
      open.divisor += window.divisor;
    }
    close();
    return [times, values];
  }

  /** The `count` keys that rank highest. */
  ranking(count: number): readonly RankedKey[] {
    const { ranking } = this.view;
    const all: RankedKey[] = [];
    const newest = this.#newestWhole();
    for (const [key, grid] of this.#grids) {
      const folded = ranking.over === 'total' ? this.#totals.get(key) : cellOf(grid, newest, this.view.slideMs);
      if (folded === undefined) continue;
      const value = result(folded, ranking);
      if (value !== null) all.push({ key, value, amount: folded.value });
    }
    // the amount decides, so that a share of very few does not lead
    all.sort((a, b) => b.amount - a.amount || (a.key < b.key ? -1 : 1));
    return all.slice(0, count);
  }

  #put(name: string, start: number, value: number, chartDivisor: number, ranked: number, rankDivisor: number): void {
    const { chart, ranking, slideMs } = this.view;
    const index = Math.floor(start / slideMs);
    const chunkIndex = Math.floor(index / CHUNK_WINDOWS);
    let grid = this.#grids.get(name);
    if (grid === undefined) {
      this.#grids.set(name, (grid = new Map()));
      this.#totals.set(name, empty(ranking));
    }
    let chunk = grid.get(chunkIndex);
    if (chunk === undefined) grid.set(chunkIndex, (chunk = new Float64Array(CHUNK_WINDOWS * FIELDS).fill(NaN)));
    let window = this.#windows.get(start);
    if (window === undefined) {
      this.#windows.set(start, (window = empty(chart)));
      this.#sorted &&= this.#starts.length === 0 || this.#starts.at(-1)! < start;
      this.#starts.push(start);
    }
    const at = (index - chunkIndex * CHUNK_WINDOWS) * FIELDS;
    const isNew = Number.isNaN(chunk[at]!) && Number.isNaN(chunk[at + 1]!);
    if (isNew) this.#rows++;
    const old = (field: number): number => (isNew ? 0 : chunk[at + field]!);
    const total = this.#totals.get(name)!;
    window.value = moved(window.value, old(0), value, chart);
    window.divisor += chartDivisor - old(1);
    total.value = moved(total.value, old(2), ranked, ranking);
    total.divisor += rankDivisor - old(3);
    chunk[at] = value;
    chunk[at + 1] = chartDivisor;
    chunk[at + 2] = ranked;
    chunk[at + 3] = rankDivisor;
  }

  #newestWhole(): number | undefined {
    const newest = this.#sortedStarts().at(-1);
    return newest === undefined || !this.ended ? newest : newest - (this.view.windowMs - this.view.slideMs);
  }

  #sortedStarts(): readonly number[] {
    if (!this.#sorted) {
      this.#starts.sort((a, b) => a - b);
      this.#sorted = true;
    }
    return this.#starts;
  }
}

function cellOf(grid: Map<number, Float64Array>, start: number | undefined, slideMs: number): Folded | undefined {
  if (start === undefined) return undefined;
  const index = Math.floor(start / slideMs);
  const chunkIndex = Math.floor(index / CHUNK_WINDOWS);
  const chunk = grid.get(chunkIndex);
  const at = (index - chunkIndex * CHUNK_WINDOWS) * FIELDS;
  if (chunk === undefined || Number.isNaN(chunk[at + 2]!)) return undefined;
  return { value: chunk[at + 2]!, divisor: chunk[at + 3]! };
}

/** A null adds nothing: 0 to a sum, NaN (no value) to a maximum. */
function amount(row: TableRow, { column, fold }: Measure): number {
  const value = row[column];
  if (value === null || value === undefined) return fold === 'sum' ? 0 : NaN;
  return Number(value);
}

function divisor(row: TableRow, measure: Measure): number {
  return measure.divisor === undefined ? 0 : Number(row[measure.divisor] ?? 0);
}

function empty({ fold }: Measure): Folded {
  return { value: fold === 'sum' ? 0 : NaN, divisor: 0 };
}

function moved(total: number, before: number, now: number, measure: Measure): number {
  return measure.fold === 'sum' ? total + now - before : folded(total, now, measure);
}

function folded(a: number, b: number, { fold }: Measure): number {
  if (fold === 'sum') return a + b;
  if (Number.isNaN(a)) return b;
  if (Number.isNaN(b)) return a;
  return fold === 'max' ? Math.max(a, b) : Math.min(a, b);
}

function result({ value, divisor }: Folded, measure: Measure): number | null {
  if (measure.divisor !== undefined) return divisor === 0 ? null : value / divisor;
  return Number.isNaN(value) ? null : value;
}

// From counters to rates. Metrics count from the start of an attempt; a rate is the difference over about a second.
// Counters that went down belong to a new attempt: measuring begins again.
import type { JobMetrics } from 'sluice';

type SubtaskMetrics = JobMetrics['subtasks'][number];

/** Long enough to be calm, short enough to follow a change. */
const WINDOW_MS = 1_000;

export interface SubtaskRates {
  readonly vertex: number;
  readonly slot: number;
  readonly rowsInPerSecond: number;
  readonly rowsOutPerSecond: number;
  readonly bytesOutPerSecond: number;
  /** Shares of the time; busy + backpressured + idle = 1. */
  readonly busy: number;
  readonly backpressured: number;
}

interface Sample {
  readonly atMs: number;
  readonly subtask: SubtaskMetrics;
}

export class RateMeter {
  readonly #samples = new Map<string, Sample[]>();

  /** Notes the metrics of now and returns the rates by `vertex/slot`. */
  note(metrics: JobMetrics, nowMs: number): ReadonlyMap<string, SubtaskRates> {
    const rates = new Map<string, SubtaskRates>();
    for (const subtask of metrics.subtasks) {
      const id = `${subtask.vertex}/${subtask.slot}`;
      let samples = this.#samples.get(id) ?? [];
      const last = samples.at(-1)?.subtask;
      if (last !== undefined && (subtask.rowsIn < last.rowsIn || elapsed(subtask) < elapsed(last))) samples = [];
      samples.push({ atMs: nowMs, subtask });
      while (samples.length > 2 && samples[1]!.atMs < nowMs - WINDOW_MS) samples.shift();
      this.#samples.set(id, samples);
      rates.set(id, between(samples[0]!, samples.at(-1)!));
    }
    for (const id of this.#samples.keys()) if (!rates.has(id)) this.#samples.delete(id);
    return rates;
  }

  reset(): void {
    this.#samples.clear();
  }
}

function between(from: Sample, to: Sample): SubtaskRates {
  const { vertex, slot } = to.subtask;
  const seconds = (to.atMs - from.atMs) / 1000;
  const perSecond = (name: 'rowsIn' | 'rowsOut' | 'bytesOut'): number =>
    seconds <= 0 ? 0 : Math.max(0, to.subtask[name] - from.subtask[name]) / seconds;
  const timeMs = elapsed(to.subtask) - elapsed(from.subtask);
  const share = (name: 'busyMs' | 'backpressuredMs'): number =>
    timeMs <= 0 ? 0 : Math.min(1, Math.max(0, (to.subtask[name] - from.subtask[name]) / timeMs));
  return {
    vertex,
    slot,
    rowsInPerSecond: perSecond('rowsIn'),
    rowsOutPerSecond: perSecond('rowsOut'),
    bytesOutPerSecond: perSecond('bytesOut'),
    busy: share('busyMs'),
    backpressured: share('backpressuredMs'),
  };
}

function elapsed({ busyMs, backpressuredMs, idleMs }: SubtaskMetrics): number {
  return busyMs + backpressuredMs + idleMs;
}

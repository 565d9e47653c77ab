/**
 * What the step loop knows of a subtask: do one piece of work, say how it went.
 */
import type { SubtaskMetrics } from '../metrics/index.ts';

/** 'worked': something was done; 'idle': nothing to do; 'blocked': no credit on the way out. */
export type StepResult = 'worked' | 'idle' | 'blocked';

export interface Subtask {
  readonly vertex: number;
  step(): StepResult;
  metrics(clock: SubtaskClock): SubtaskMetrics;
  close(): void;
}

/** Where a subtask's time went, kept by the step loop; milliseconds. */
export class SubtaskClock {
  busyMs = 0;
  blockedMs = 0;
  idleMs = 0;
}

/** Watermarks as numbers for people: undefined times become null, the end stays +Infinity-free. */
export function watermarkForMetrics(watermark: bigint, none: bigint, end: bigint): number | null {
  return watermark === none || watermark === end ? null : Number(watermark);
}

/**
 * Metrics per subtask: cumulative counters since the attempt began, sampled every 200 ms.
 * Times are milliseconds of the slot's steady clock; busy + backpressured + idle ≈ elapsed.
 */
export interface SubtaskMetrics {
  readonly vertex: number;
  readonly slot: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly busyMs: number;
  readonly backpressuredMs: number;
  readonly idleMs: number;
  /** Event time up to which this subtask is complete (ms); null = none yet. */
  readonly watermark: number | null;
  readonly lateRows: number;
  /** Rows of bad input that the source skipped by policy. */
  readonly skippedRows: number;
  readonly stateBytes: number;
  readonly stateKeys: number;
}

export interface CheckpointMetrics {
  readonly epoch: number;
  readonly completedAt: number;
  readonly durationMs: number;
  /** Bytes newly written for this epoch. */
  readonly bytesWritten: number;
  /** Bytes the epoch refers to in all. */
  readonly bytesTotal: number;
  readonly final: boolean;
}

export interface JobMetrics {
  readonly subtasks: readonly SubtaskMetrics[];
  readonly checkpoints: readonly CheckpointMetrics[];
}

/** What the slots report of themselves, summed up: metrics, rows read, where the sources are. */
import type { Manifest } from '../checkpoint/index.ts';
import type { CheckpointMetrics, JobMetrics, SubtaskMetrics } from '../metrics/index.ts';

/** Checkpoints listed in the metrics; older ones are forgotten. */
const CHECKPOINTS_LISTED = 100;

export class JobProgress {
  readonly #subtasks = new Map<string, SubtaskMetrics>();
  #checkpoints: CheckpointMetrics[] = [];
  #rowsRestored = 0;
  #lagMs: ReadonlyMap<number, number> = new Map();
  #snapshotBytes = 0;

  /** Rows before the restored epoch. */
  get rowsRestored(): number {
    return this.#rowsRestored;
  }

  /** Rows of the inputs that have been read, those before the restored epoch included. */
  get rowsRead(): number {
    let rows = this.#rowsRestored;
    for (const subtask of this.#subtasks.values()) {
      if (this.#lagMs.has(subtask.vertex)) rows += subtask.rowsIn;
    }
    return rows;
  }

  /** Source vertices, with the bound by which each one's watermark lags behind its rows. */
  setSources(sources: readonly { readonly vertex: number; readonly outOfOrderMs: number }[]): void {
    this.#lagMs = new Map(sources.map(({ vertex, outOfOrderMs }) => [vertex, outOfOrderMs + 1]));
  }

  restart(restored: Manifest | undefined): void {
    this.#subtasks.clear();
    this.#snapshotBytes = 0;
    this.#rowsRestored = restored?.splits.reduce((sum, split) => sum + split.rows, 0) ?? 0;
  }

  note(slot: number, subtasks: readonly SubtaskMetrics[]): void {
    for (const subtask of subtasks) this.#subtasks.set(`${slot}/${subtask.vertex}`, subtask);
  }

  noteSnapshot(bytes: number): void {
    this.#snapshotBytes += bytes;
  }

  /** A manifest was published. */
  noteCheckpoint(manifest: Manifest): CheckpointMetrics {
    const { epoch, durationMs, final, createdAt } = manifest;
    const bytesTotal = Object.values(manifest.values).reduce((sum, bytes) => sum + bytes, 0);
    const bytesWritten = this.#snapshotBytes;
    this.#snapshotBytes = 0;
    const noted = { epoch, completedAt: createdAt, durationMs, bytesWritten, bytesTotal, final };
    this.#checkpoints.push(noted);
    if (this.#checkpoints.length > CHECKPOINTS_LISTED) this.#checkpoints = this.#checkpoints.slice(-CHECKPOINTS_LISTED);
    return noted;
  }

  metrics(): JobMetrics {
    const subtasks = [...this.#subtasks.values()].sort((a, b) => a.vertex - b.vertex || a.slot - b.slot);
    return { subtasks, checkpoints: this.#checkpoints };
  }

  /** The event time of the rows that the slowest source subtask is at, or null. */
  sourceTime(): number | null {
    let slowest: number | null = null;
    for (const { vertex, watermark } of this.#subtasks.values()) {
      const lagMs = this.#lagMs.get(vertex);
      if (lagMs === undefined || watermark === null) continue;
      slowest = Math.min(slowest ?? Infinity, watermark + lagMs);
    }
    return slowest;
  }
}

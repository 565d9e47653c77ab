/** What the slots report of themselves, summed up: metrics, rows read, where the sources are. */
import type { Manifest } from '../checkpoint/index.ts';
import type { CheckpointMetrics, JobMetrics, SubtaskMetrics } from '../metrics/index.ts';

/** Checkpoints listed in the metrics; older ones are forgotten. */
const CHECKPOINTS_LISTED = 100;

export class JobProgress {
  readonly #subtasks = new Map<string, SubtaskMetrics>();
  #checkpoints: CheckpointMetrics[] = [];
  #rowsRestored = 0;
  #sourceVertices: ReadonlySet<number> = new Set();
  #snapshotBytes = 0;

  /** Rows before the restored epoch. */
  get rowsRestored(): number {
    return this.#rowsRestored;
  }

  /** Rows of the inputs that have been read, those before the restored epoch included. */
  get rowsRead(): number {
    let rows = this.#rowsRestored;
    for (const subtask of this.#subtasks.values()) {
      if (this.#sourceVertices.has(subtask.vertex)) rows += subtask.rowsIn;
    }
    return rows;
  }

  setSources(vertices: readonly number[]): void {
    this.#sourceVertices = new Set(vertices);
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

  /** The event time that the slowest source subtask has reached, or null. */
  sourceTime(): number | null {
    const times = [...this.#subtasks.values()]
      .filter((subtask) => this.#sourceVertices.has(subtask.vertex))
      .map((subtask) => subtask.watermark)
      .filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }
}

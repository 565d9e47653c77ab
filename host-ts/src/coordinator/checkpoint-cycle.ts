/**
 * The rhythm of checkpoints: triggers epochs by the clock and on request, publishes what the
 * slots acknowledged, releases what is old or was left behind and merges small table segments.
 *
 * Rows of tables are seen with their epoch. In a run that is watched an epoch begins as soon as a slot holds the first
 * rows; the next ones come soon after each other, each taking twice as long as the one before.
 */
import { errorToData, withContext } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';
import type { Manifest } from '../checkpoint/index.ts';
import type { Attempt, Decision } from './attempt.ts';
import type { Checkpoints } from './checkpoints.ts';
import { Compactor } from './compactor.ts';
import type { CoordinatorInit } from './coordinator-init.ts';
import { EpochWaiters } from './epoch-waiters.ts';
import type { Results } from './results.ts';

export interface CheckpointCycleInit {
  readonly init: CoordinatorInit;
  readonly checkpoints: Checkpoints;
  readonly results: Results;
  readonly inputs: () => Manifest['inputs'];
  /** The attempt if its slots run, else undefined. */
  readonly running: () => Attempt | undefined;
  readonly apply: (decisions: readonly Decision[]) => void;
  /** An epoch is published; called before its decisions are applied. */
  readonly published: (manifest: Manifest) => void;
  readonly failed: (error: ErrorData) => void;
}

export class CheckpointCycle {
  readonly #cycle: CheckpointCycleInit;
  readonly #compactor: Compactor;
  readonly waiters = new EpochWaiters();
  #timer: (() => void) | undefined;
  #startedMs = 0;
  #intervalMs: number;
  #publishing: Promise<unknown> = Promise.resolve();
  /** Merges of tables that write to storage. */
  #merging: Promise<unknown> = Promise.resolve();

  constructor(cycle: CheckpointCycleInit) {
    this.#cycle = cycle;
    this.#intervalMs = cycle.init.checkpointIntervalMs;
    this.#compactor = new Compactor(cycle.init.storage, cycle.results);
  }

  /** All slots run: begins at once if someone waits for an epoch, else when it is time. */
  start(): void {
    const attempt = this.#cycle.running();
    if (attempt !== undefined) void this.#cycle.checkpoints.sweep(attempt.number);
    if (this.waiters.any) this.trigger();
    else this.#schedule();
  }

  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  /**
   * A slot holds the first rows of its attempt: their epoch begins now, and those that follow come soon. Rows that come
   * too late for an epoch in flight are in the next of these.
   */
  rowsWait(): void {
    const { checkpointIntervalMs, firstCheckpointMs = checkpointIntervalMs } = this.#cycle.init;
    this.#intervalMs = Math.min(firstCheckpointMs, checkpointIntervalMs);
    this.trigger();
  }

  trigger(): void {
    const attempt = this.#cycle.running();
    if (attempt !== undefined) this.#cycle.apply(attempt.trigger(false));
  }

  /** An epoch's barriers leave. */
  begun(): void {
    this.#startedMs = this.#cycle.init.platform.clock.steady();
  }

  /** Settles when no publication and no merge of tables is under way. */
  async settled(): Promise<void> {
    await this.#publishing;
    await this.#merging;
  }

  /** All slots have acknowledged. */
  async publish(attempt: Attempt): Promise<void> {
    const { checkpoints, failed } = this.#cycle;
    try {
      const manifest = this.#manifest(attempt);
      const committed = this.#commit(manifest);
      this.#publishing = committed.catch(() => undefined); // told below
      await committed;
      if (this.#cycle.running() !== attempt) return;
      this.#cycle.published(manifest);
      // who hears that the job has ended may take the storage away; as a rule there is nothing left to sweep
      if (manifest.final) {
        await this.#merging;
        await checkpoints.sweep(attempt.number);
        await checkpoints.releaseOld(attempt.number);
      }
      if (this.#cycle.running() !== attempt) return;
      this.#cycle.apply(attempt.published(manifest));
      this.waiters.completed(manifest.epoch);
      if (this.#cycle.running() === attempt) this.start();
      this.#intervalMs = Math.min(this.#intervalMs * 2, this.#cycle.init.checkpointIntervalMs);
      if (manifest.final) return;
      await checkpoints.releaseOld(attempt.number);
      await this.#merge(attempt, manifest);
    } catch (error) {
      if (this.#cycle.running() === attempt) failed(errorToData(withContext(error, { epoch: attempt.epoch })));
    }
  }

  async #commit(manifest: Manifest): Promise<void> {
    await this.#cycle.checkpoints.publish(manifest);
    await this.#cycle.results.commit(manifest);
  }

  #manifest(attempt: Attempt): Manifest {
    const { init, results, inputs } = this.#cycle;
    const { built, platform } = init;
    return attempt.manifest({
      job: built.graph.name,
      graphHash: built.graphHash,
      keyGroups: built.graph.keyGroups,
      inputs: inputs(),
      createdAt: platform.clock.now(),
      durationMs: platform.clock.steady() - this.#startedMs,
      place: (sinks) => results.place(sinks),
    });
  }

  /** As `#compact`, in the sight of who waits for the end: a merge that goes on while others begin is not forgotten. */
  async #merge(attempt: Attempt, manifest: Manifest): Promise<void> {
    const merged = this.#compact(attempt, manifest);
    this.#merging = Promise.all([this.#merging, merged]);
    await merged;
  }

  /** Fewer segments make reading faster and change nothing else: a failure is logged and forgotten. */
  async #compact(attempt: Attempt, manifest: Manifest): Promise<void> {
    const { results, init } = this.#cycle;
    try {
      for (const done of await this.#compactor.run(attempt.number, attempt.unmerged(manifest))) {
        if (this.#cycle.running() !== attempt) return;
        attempt.replaceSegments(done.table, done.replaced, done.merged);
        results.replaceSegments(done);
      }
    } catch (error) {
      const { code, message } = errorToData(error);
      init.platform.log({ level: 'warn', message: 'table segments were not merged', values: { code, message } });
    }
  }

  #schedule(): void {
    this.#timer?.();
    this.#timer = this.#cycle.init.platform.timers.after(this.#intervalMs, () => this.trigger());
  }
}

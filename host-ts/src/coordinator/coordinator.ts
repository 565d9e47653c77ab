/**
 * The coordinator: carries out what the pure protocol decides, and brings it the facts.
 *
 * One attempt runs at a time. Slots that outlive a failed attempt are deployed again with the
 * next one; a slot that failed or vanished is replaced. Every message and every storage call
 * carries the attempt, so that late ones have no effect.
 */
import { PARALLELISM_MAX, SluiceError, errorFromData, errorToData, withContext } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';
import type { FromSlot, JobResult, JobStatus, Pace, Recovery, SlotLink, Spawner, ToSlot, Transferable } from '../control/index.ts';
import { recordsForSlot } from '../checkpoint/index.ts';
import type { Manifest } from '../checkpoint/index.ts';
import type { CheckpointMetrics, JobMetrics } from '../metrics/index.ts';
import { Attempt } from './attempt.ts';
import type { Decision } from './attempt.ts';
import { Checkpoints } from './checkpoints.ts';
import type { CoordinatorInit } from './coordinator-init.ts';
import { deployInputs } from './deploy-inputs.ts';
import { jobChanged, jobNameDiffers, jobNotRunning, parallelismOutOfRange, slotLost, sourceNotReplayable } from './errors.ts';
import { bindSources, checkUnchanged, manifestInputs, splitPools } from './inputs.ts';
import type { BoundSource } from './inputs.ts';
import { JobLog } from './job-log.ts';
import { JobProgress } from './job-progress.ts';
import { RestartPolicy } from './restart-policy.ts';
import { Results } from './results.ts';
import { TIME_END, TIME_NONE } from './split-pool.ts';

interface Worker {
  readonly link: SlotLink;
  ready: boolean;
}

export class Coordinator {
  readonly #init: CoordinatorInit;
  readonly #spawner: Spawner;
  readonly #checkpoints: Checkpoints;
  readonly #policy: RestartPolicy;
  readonly #progress = new JobProgress();
  readonly #workers = new Map<number, Worker>();
  readonly results: Results;
  readonly log: JobLog;
  #sources: readonly BoundSource[] = [];
  #attempt: Attempt | undefined;
  #attemptNumber = 0;
  #parallelism: number;
  #phase: JobStatus['phase'] = 'starting';
  #paused: boolean;
  #paceSpeed: number | null;
  #restoredEpoch = 0;
  #recoveries: readonly Recovery[] = [];
  #failure: { readonly atMs: number; readonly reason: string; readonly rowsRead: number } | undefined;
  #error: ErrorData | null = null;
  #checkpointTimer: (() => void) | undefined;
  #restartTimer: (() => void) | undefined;
  #epochStartedMs = 0;
  #stopAfterEpoch = false;
  #epochWaiters: { readonly after: number; resolve(epoch: number): void; reject(error: unknown): void }[] = [];
  readonly #observers = new Set<() => void>();
  readonly done: Promise<JobResult>;
  #resolveDone!: (result: JobResult) => void;
  #rejectDone!: (error: unknown) => void;

  constructor(init: CoordinatorInit) {
    this.#init = init;
    this.#spawner = init.spawner;
    this.#parallelism = init.parallelism;
    this.#paused = init.paused ?? false;
    this.#paceSpeed = init.paceSpeed ?? null;
    this.#policy = new RestartPolicy(init.restartsMax);
    this.log = new JobLog(init.platform, init.logLevel ?? 'info');
    this.#checkpoints = new Checkpoints(init.storage, init.platform);
    this.results = new Results(init.built, init.storage, init.platform);
    this.done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve;
      this.#rejectDone = reject;
    });
    this.done.catch(() => undefined); // also seen through status()
  }

  get parallelism(): number {
    return this.#parallelism;
  }

  /** Binds the inputs, finds what to resume from and starts the first attempt. */
  async start(): Promise<void> {
    try {
      const { parallelism, built, resume } = this.#init;
      const max = Math.min(PARALLELISM_MAX, built.graph.keyGroups);
      if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > max) throw parallelismOutOfRange(parallelism, max);
      this.#attemptNumber = await this.#checkpoints.nextAttempt(1);
      if (resume) await this.#checkpoints.load();
      else await this.#checkpoints.forgetAll(this.#attemptNumber);
      const newest = this.#checkpoints.newest;
      if (newest !== undefined) this.#checkFits(newest);
      this.#sources = await bindSources(this.#init);
      this.#progress.setSources(this.#sources.map((source) => source.vertex));
      if (newest !== undefined) checkUnchanged(this.#sources, newest);
      await this.#checkpoints.sweep(this.#attemptNumber);
      this.#restoredEpoch = newest?.epoch ?? 0;
      if (newest !== undefined) await this.results.restore(newest);
      if (newest?.final === true) this.#finish();
      else this.#startAttempt();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  status(): JobStatus {
    return {
      job: this.#init.built.graph.name,
      phase: this.#phase,
      paused: this.#paused,
      attempt: this.#attemptNumber,
      parallelism: this.#parallelism,
      epoch: this.#checkpoints.newest?.epoch ?? 0,
      restoredEpoch: this.#restoredEpoch,
      recoveries: this.#recoveries,
      channel: this.#spawner.channelKind,
      paceSpeed: this.#paceSpeed,
      error: this.#error,
      rowsRead: this.#progress.rowsRead,
      rowsTotal: rowsTotal(this.#sources),
    };
  }

  metrics(): JobMetrics {
    return this.#progress.metrics();
  }

  observe(listener: () => void): () => void {
    this.#observers.add(listener);
    return () => this.#observers.delete(listener);
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#sendPace();
  }

  setPace(speed: number | null): void {
    this.#paceSpeed = speed;
    this.#sendPace();
  }

  /** Resolves with the epoch of a checkpoint that began after this call. */
  checkpoint(): Promise<number> {
    if (this.#phase === 'finished') return Promise.resolve(this.#checkpoints.newest?.epoch ?? 0);
    const attempt = this.#attempt;
    if (this.#phase === 'failed' || this.#phase === 'cancelled') {
      return Promise.reject(jobNotRunning(this.#init.built.graph.name, this.#phase, 'a checkpoint'));
    }
    const after = attempt?.epoch ?? 0;
    const result = new Promise<number>((resolve, reject) => this.#epochWaiters.push({ after, resolve, reject }));
    this.#trigger();
    return result;
  }

  async stop(): Promise<number> {
    if (this.#phase === 'finished') return this.#checkpoints.newest?.epoch ?? 0;
    this.#stopAfterEpoch = true;
    const epoch = await this.checkpoint();
    if (this.status().phase !== 'finished') this.#end('cancelled');
    return epoch;
  }

  cancel(): void {
    if (!this.#ended) this.#end('cancelled');
  }

  /** Goes on from a fresh checkpoint with another number of slots. */
  async rescale(parallelism: number): Promise<void> {
    const max = Math.min(PARALLELISM_MAX, this.#init.built.graph.keyGroups);
    if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > max) throw parallelismOutOfRange(parallelism, max);
    await this.checkpoint();
    if (this.#ended) throw jobNotRunning(this.#init.built.graph.name, this.#phase, 'rescaling');
    this.#parallelism = parallelism;
    this.#phase = 'restarting';
    this.#failure = undefined;
    await this.#nextAttempt();
  }

  killSlot(slot: number): void {
    const worker = this.#workers.get(slot);
    if (worker === undefined) return;
    worker.link.kill();
    this.#onExit(slot, worker.link, 'killed by request');
  }

  get #ended(): boolean {
    return this.#phase === 'finished' || this.#phase === 'failed' || this.#phase === 'cancelled';
  }

  #checkFits(manifest: Manifest): void {
    const { graph, graphHash } = this.#init.built;
    if (manifest.job !== graph.name) throw jobNameDiffers(manifest.job, graph.name);
    if (manifest.graphHash !== graphHash) throw jobChanged(graph.name, manifest.epoch, manifest.graphHash, graphHash);
  }

  // ---- attempts --------------------------------------------------------------------------

  #startAttempt(): void {
    const restored = this.#checkpoints.newest;
    const pools = splitPools(this.#sources, restored);
    const pinned = new Map(this.#sources.filter((s) => s.stream).map((s) => [s.vertex, 0]));
    const lastEpoch = Math.max(restored?.epoch ?? 0, this.#attempt?.epoch ?? 0);
    const { parallelism } = this;
    this.#attempt = new Attempt({ attempt: this.#attemptNumber, parallelism, pools, restored, lastEpoch, pinned });
    this.#attempt.setTables(restored?.tables ?? {});
    this.#progress.restart(restored);
    for (const [slot, worker] of this.#workers) if (slot >= parallelism) this.#dismiss(slot, worker);
    this.#plans = this.#spawner.channelPlan(
      this.#init.built.graph.edges.filter((edge) => edge.kind === 'hash').map((edge) => edge.id),
      parallelism,
    );
    for (let slot = 0; slot < parallelism; slot++) {
      const worker = this.#workers.get(slot);
      if (worker === undefined) this.#spawn(slot);
      else if (worker.ready) this.#apply(this.#attempt.ready(slot));
    }
    this.#changed();
  }

  #plans: ReturnType<Spawner['channelPlan']> | undefined;

  #spawn(slot: number): void {
    const link: SlotLink = this.#spawner.spawn(slot, {
      message: (message) => {
        if (this.#workers.get(slot)?.link === link) this.#onMessage(slot, message);
      },
      exit: (reason) => this.#onExit(slot, link, reason),
    });
    this.#workers.set(slot, { link, ready: false });
  }

  #dismiss(slot: number, worker: Worker): void {
    this.#workers.delete(slot);
    worker.link.kill();
  }

  async #nextAttempt(): Promise<void> {
    try {
      this.#stopTimers();
      this.#attempt = undefined;
      this.#attemptNumber = await this.#checkpoints.nextAttempt(this.#attemptNumber + 1);
      if (this.#ended) return;
      this.#startAttempt();
    } catch (error) {
      this.#fail(error);
    }
  }

  #onMessage(slot: number, message: FromSlot): void {
    if (message.type === 'ready') {
      const worker = this.#workers.get(slot);
      if (worker !== undefined) worker.ready = true;
      if (this.#attempt !== undefined) this.#apply(this.#attempt.ready(slot));
      return;
    }
    if (message.type === 'log') {
      this.log.write({ ...message.line, values: { slot, ...message.line.values } });
      return;
    }
    const attempt = this.#attempt;
    if (attempt === undefined || message.attempt !== attempt.number || this.#ended) return;
    switch (message.type) {
      case 'deployed':
        return this.#apply(attempt.deployed(slot));
      case 'want-split':
        return this.#apply(attempt.wantSplit(slot, message.vertex));
      case 'split-done':
        return this.#apply(attempt.splitDone(message.vertex, message.splitId));
      case 'snapshot':
        this.#progress.noteSnapshot(message.bytes);
        return this.#apply(attempt.acknowledge(message.epoch, message.snapshot));
      case 'metrics':
        this.#progress.note(slot, message.subtasks);
        return this.#changed();
      case 'rows':
        return this.results.rows(message);
      case 'failed':
        return this.#onFailure(slot, message.error);
      case 'stopped':
        return;
    }
  }

  #apply(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      const attempt = this.#attempt;
      if (attempt === undefined || this.#ended) return;
      if (decision.kind === 'deploy') this.#deploy(attempt, decision.slot);
      else if (decision.kind === 'post') this.#post(decision.slot, decision.message);
      else if (decision.kind === 'running') this.#running(attempt);
      else if (decision.kind === 'publish') void this.#publish(attempt);
      else this.#finish();
    }
  }

  #deploy(attempt: Attempt, slot: number): void {
    const { built, inputs, slotStorage, memoryBytesMax, batchRows } = this.#init;
    const { restored, parallelism } = attempt;
    const records = restored === undefined ? [] : recordsForSlot(restored, slot, parallelism);
    const given = deployInputs(inputs, slot);
    this.#post(
      slot,
      {
        type: 'deploy',
        attempt: attempt.number,
        slot,
        parallelism,
        jobName: built.graph.name,
        graphHash: built.graphHash,
        inputs: given.inputs,
        channels: this.#plans?.plans[slot],
        storage: slotStorage,
        restore: restored === undefined ? undefined : { epoch: restored.epoch, records },
        paused: this.#paused,
        pace: this.#pace(attempt),
        memoryBytesMax,
        batchRows,
      },
      [...(this.#plans?.transfers[slot] ?? []), ...given.transfer],
    );
  }

  #post(slot: number, message: ToSlot, transfer: readonly Transferable[] = []): void {
    this.#workers.get(slot)?.link.post(message, transfer);
  }

  #running(attempt: Attempt): void {
    this.#phase = 'running';
    if (this.#failure !== undefined) this.#noteRecovery(attempt, this.#failure);
    this.#failure = undefined;
    if (this.#epochWaiters.length > 0) this.#trigger();
    else this.#scheduleCheckpoint();
    this.#changed();
  }

  #noteRecovery(attempt: Attempt, failure: { readonly atMs: number; readonly reason: string; readonly rowsRead: number }): void {
    const recovery: Recovery = {
      attempt: attempt.number,
      epoch: attempt.restored?.epoch ?? 0,
      reason: failure.reason,
      durationMs: this.#init.platform.clock.steady() - failure.atMs,
      rowsReadAgain: Math.max(0, failure.rowsRead - this.#progress.rowsRestored),
    };
    this.#recoveries = [...this.#recoveries, recovery];
    const { epoch, durationMs, rowsReadAgain, reason } = recovery;
    this.log.write({ level: 'info', message: 'recovered', values: { epoch, durationMs, rowsReadAgain, reason } });
  }

  // ---- checkpoints -----------------------------------------------------------------------

  #scheduleCheckpoint(): void {
    this.#checkpointTimer?.();
    this.#checkpointTimer = this.#init.platform.timers.after(this.#init.checkpointIntervalMs, () => this.#trigger());
  }

  #trigger(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#phase !== 'running' || attempt.checkpointInFlight) return;
    this.#epochStartedMs = this.#init.platform.clock.steady();
    this.#apply(attempt.trigger(false));
  }

  async #publish(attempt: Attempt): Promise<void> {
    const { built, platform } = this.#init;
    try {
      const durationMs = platform.clock.steady() - this.#epochStartedMs;
      const manifest = attempt.manifest({
        job: built.graph.name,
        graphHash: built.graphHash,
        keyGroups: built.graph.keyGroups,
        inputs: manifestInputs(this.#sources),
        createdAt: platform.clock.now(),
        durationMs,
      });
      await this.#checkpoints.publish(manifest);
      await this.results.commit(manifest);
      if (this.#attempt !== attempt) return;
      this.#notePublished(attempt, manifest);
      await this.#checkpoints.releaseOld(attempt.number);
    } catch (error) {
      if (this.#attempt === attempt) this.#onFailure(undefined, errorToData(withContext(error, { epoch: attempt.epoch })));
    }
  }

  #notePublished(attempt: Attempt, manifest: Manifest): void {
    this.#policy.progressed();
    attempt.setTables(manifest.tables);
    const { epoch, durationMs, final, createdAt } = manifest;
    const bytesTotal = Object.values(manifest.values).reduce((sum, bytes) => sum + bytes, 0);
    const noted: CheckpointMetrics = {
      epoch,
      completedAt: createdAt,
      durationMs,
      bytesWritten: this.#progress.takeSnapshotBytes(),
      bytesTotal,
      final,
    };
    this.#progress.noteCheckpoint(noted);
    this.log.write({ level: 'debug', message: 'checkpoint complete', values: { epoch, durationMs, bytesTotal } });
    this.#apply(attempt.published(epoch));
    this.#settleWaiters(epoch);
    if (!this.#ended && !this.#stopAfterEpoch) {
      if (this.#epochWaiters.length > 0) this.#trigger();
      else this.#scheduleCheckpoint();
    }
    this.#changed();
  }

  #settleWaiters(epoch: number): void {
    const waiting = this.#epochWaiters;
    this.#epochWaiters = waiting.filter((waiter) => waiter.after >= epoch && !this.#ended);
    for (const waiter of waiting) if (waiter.after < epoch || this.#ended) waiter.resolve(epoch);
  }

  // ---- failures and the end --------------------------------------------------------------

  #onExit(slot: number, link: SlotLink, reason: string): void {
    const worker = this.#workers.get(slot);
    if (worker?.link !== link) return;
    this.#workers.delete(slot);
    if (!this.#ended) this.#restart(errorToData(slotLost(slot, reason)));
  }

  #onFailure(slot: number | undefined, error: ErrorData): void {
    const worker = slot === undefined ? undefined : this.#workers.get(slot);
    if (slot !== undefined && worker !== undefined) this.#dismiss(slot, worker);
    this.#restart(error);
  }

  #restart(error: ErrorData): void {
    if (this.#attempt === undefined && this.#restartTimer !== undefined) return;
    const once = this.#sources.find((source) => !source.connector.replayable);
    if (once !== undefined && error.kind !== 'user') return this.#fail(sourceNotReplayable(once.name, error.message));
    const delayMs = this.#policy.failed(error);
    if (delayMs === undefined) return this.#fail(errorFromData(error));
    this.log.write({ level: 'warn', message: 'the job restarts', values: { code: error.code, reason: error.message } });
    this.#failure ??= {
      atMs: this.#init.platform.clock.steady(),
      reason: `${error.code}: ${error.message}`,
      rowsRead: this.#progress.rowsRead,
    };
    this.#phase = 'restarting';
    this.#attempt = undefined;
    this.#stopTimers();
    this.#restartTimer = this.#init.platform.timers.after(delayMs, () => {
      this.#restartTimer = undefined;
      void this.#nextAttempt();
    });
    this.#changed();
  }

  #finish(): void {
    this.#end('finished');
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    const named = withContext(error, { job: this.#init.built.graph.name });
    this.#error = errorToData(named);
    this.log.write({ level: 'error', message: named.message, values: named.context });
    this.#end('failed');
  }

  #end(phase: 'finished' | 'failed' | 'cancelled'): void {
    this.#phase = phase;
    this.#stopTimers();
    for (const [slot, worker] of [...this.#workers]) {
      if (phase === 'finished') worker.link.post({ type: 'stop', attempt: this.#attemptNumber });
      this.#dismiss(slot, worker);
    }
    for (const source of this.#sources) void source.connector.close();
    const error = this.#error === null ? undefined : errorFromData(this.#error);
    const waiters = this.#epochWaiters;
    this.#epochWaiters = [];
    for (const waiter of waiters) {
      if (phase === 'finished') waiter.resolve(this.status().epoch);
      else waiter.reject(error ?? jobNotRunning(this.#init.built.graph.name, phase, 'a checkpoint'));
    }
    if (error instanceof SluiceError) this.#rejectDone(error);
    else this.#resolveDone({ status: this.status(), metrics: this.metrics() });
    this.#changed();
  }

  #stopTimers(): void {
    this.#checkpointTimer?.();
    this.#checkpointTimer = undefined;
    this.#restartTimer?.();
    this.#restartTimer = undefined;
  }

  // ---- pace ------------------------------------------------------------------------------

  #sendPace(): void {
    const attempt = this.#attempt;
    this.#changed();
    if (attempt === undefined) return;
    const message: ToSlot = { type: 'pace', attempt: attempt.number, pace: this.#pace(undefined), paused: this.#paused };
    for (const slot of this.#workers.keys()) this.#post(slot, message);
  }

  /** Event time counts on from where the sources are. */
  #pace(starting: Attempt | undefined): Pace {
    const wallMs = this.#init.platform.clock.now();
    const eventMs = starting === undefined ? this.#progress.sourceTime() : firstTime(starting);
    return { speed: this.#paceSpeed, eventMs, wallMs };
  }

  #changed(): void {
    for (const observer of this.#observers) observer();
  }
}

function firstTime(attempt: Attempt): number | null {
  const floors = attempt.pools.map((pool) => pool.floor).filter((floor) => floor !== TIME_END);
  if (floors.length === 0 || floors.includes(TIME_NONE)) return null;
  return Math.min(...floors.map(Number));
}

function rowsTotal(sources: readonly BoundSource[]): number | null {
  let total = 0;
  for (const split of sources.flatMap((source) => source.splits)) {
    if (split.rows === null) return null;
    total += split.rows;
  }
  return total;
}

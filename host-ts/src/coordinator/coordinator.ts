/**
 * The coordinator: carries out what the pure protocol decides, and brings it the facts.
 *
 * One attempt runs at a time. Slots that outlive a failed attempt are deployed again with the
 * next one; a slot that failed or vanished is replaced. Every message and every storage call
 * carries the attempt, so that late ones have no effect.
 */
import { errorFromData, errorToData, withContext } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';
import { HeldValues } from '../checkpoint/index.ts';
import type { Manifest } from '../checkpoint/index.ts';
import type { ChannelPlans, FromSlot, JobPhase, JobResult, JobStatus, Pace } from '../control/index.ts';
import type { JobMetrics } from '../metrics/index.ts';
import { Attempt } from './attempt.ts';
import type { Decision } from './attempt.ts';
import { CheckpointCycle } from './checkpoint-cycle.ts';
import { Checkpoints } from './checkpoints.ts';
import type { CoordinatorInit } from './coordinator-init.ts';
import { deployMessage } from './deploy-message.ts';
import { jobNotRunning, slotLost, sourceNotReplayable } from './errors.ts';
import { closeSources, manifestInputs, rowsTotal, splitPools } from './inputs.ts';
import type { BoundSource } from './inputs.ts';
import { JobLog } from './job-log.ts';
import { JobProgress } from './job-progress.ts';
import { Recoveries } from './recoveries.ts';
import { RestartPolicy } from './restart-policy.ts';
import { Results } from './results.ts';
import { checkPace, checkParallelism, checkStart } from './start-checks.ts';
import { WorkerPool } from './worker-pool.ts';

export class Coordinator {
  readonly #init: CoordinatorInit;
  readonly #workers: WorkerPool;
  readonly #checkpoints: Checkpoints;
  readonly #policy: RestartPolicy;
  readonly #progress = new JobProgress();
  readonly #recoveries = new Recoveries();
  readonly #cycle: CheckpointCycle;
  readonly #observers = new Set<() => void>();
  readonly results: Results;
  readonly log: JobLog;
  readonly done: Promise<JobResult>;
  #resolveDone!: (result: JobResult) => void;
  #rejectDone!: (error: unknown) => void;
  #sources: readonly BoundSource[] = [];
  #attempt: Attempt | undefined;
  #attemptNumber = 0;
  #channels: ChannelPlans | undefined;
  #parallelism: number;
  #phase: JobPhase = 'starting';
  #paused: boolean;
  #paceSpeed: number | null;
  #restoredEpoch = 0;
  #error: ErrorData | null = null;
  #restartTimer: (() => void) | undefined;
  /** The next attempt is being made ready: what fails meanwhile is mended by it. */
  #preparing = false;

  constructor(init: CoordinatorInit) {
    this.#init = init;
    this.#parallelism = init.parallelism;
    this.#paused = init.paused ?? false;
    this.#paceSpeed = init.paceSpeed ?? null;
    this.#policy = new RestartPolicy(init.restartsMax);
    this.log = new JobLog(init.platform, init.logLevel ?? 'info');
    const held = init.heldValues ?? new HeldValues(init.storage);
    this.#checkpoints = new Checkpoints(init.storage, held, (line) => this.log.write(line));
    this.results = new Results(init.built, held, init.platform, init.tableViewBytesMax);
    this.#cycle = new CheckpointCycle({
      init,
      checkpoints: this.#checkpoints,
      results: this.results,
      inputs: () => manifestInputs(this.#sources),
      running: () => (this.#phase === 'running' ? this.#attempt : undefined),
      apply: (decisions) => this.#guarded(() => this.#apply(decisions)),
      published: (manifest) => this.#published(manifest),
      failed: (error) => this.#restart(error),
    });
    this.#workers = new WorkerPool(init.spawner, init.platform.timers, {
      message: (slot, message) => this.#guarded(() => this.#onMessage(slot, message)),
      lost: (slot, reason) => this.#restart(errorToData(slotLost(slot, reason))),
    });
    this.done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve;
      this.#rejectDone = reject;
    });
    this.done.catch(() => undefined); // the failure is also in status()
  }

  /** Binds the inputs, finds what to resume from and starts the first attempt. */
  async start(): Promise<void> {
    this.#preparing = true;
    try {
      checkParallelism(this.#parallelism, this.#init.built);
      this.#workers.resize(this.#parallelism); // they load while the inputs are looked at
      this.#sources = await checkStart(this.#init, this.#checkpoints);
      this.#progress.setSources(this.#sources);
      // only now is the fence raised: a start that is refused or was cancelled disturbs no other run and changes nothing
      if (this.#ended) return this.#closeSources();
      this.#attemptNumber = await this.#checkpoints.nextAttempt(1);
      if (this.#ended) return this.#closeSources();
      if (this.#init.resume) await this.#checkpoints.loadAndSweep(this.#attemptNumber);
      else await this.#checkpoints.forgetAll(this.#attemptNumber);
      const newest = this.#checkpoints.newest;
      this.#restoredEpoch = newest?.epoch ?? 0;
      this.#progress.restart(newest);
      await this.results.restore(newest);
      this.#preparing = false;
      if (this.#ended) return this.#closeSources();
      if (newest?.final === true) this.#end('finished');
      else this.#startAttempt();
    } catch (error) {
      this.#fail(error);
      throw withContext(error, { job: this.#init.built.graph.name });
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
      recoveries: this.#recoveries.list,
      channel: this.#init.spawner.channelKind,
      paceSpeed: this.#paceSpeed,
      error: this.#error,
      rowsRead: this.#progress.rowsRead,
      rowsTotal: rowsTotal(this.#sources),
    };
  }

  metrics(): JobMetrics {
    return this.#progress.metrics();
  }

  /** Calls back at every change of status or metrics; returns how to stop. */
  observe(listener: () => void): () => void {
    this.#observers.add(listener);
    return () => this.#observers.delete(listener);
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#sendPace();
  }

  setPace(speed: number | null): void {
    checkPace(speed);
    this.#paceSpeed = speed;
    this.#sendPace();
  }

  /** Resolves with the epoch of a checkpoint that began after this call. */
  async checkpoint(): Promise<number> {
    if (this.#phase === 'finished') return this.status().epoch;
    this.#mustRun('a checkpoint');
    const epoch = this.#cycle.waiters.wait(this.#attempt?.epoch ?? this.status().epoch);
    this.#cycle.trigger();
    return epoch;
  }

  /** Takes a last checkpoint and ends. */
  async stop(): Promise<number> {
    const epoch = await this.checkpoint();
    if (!this.#ended) this.#end('cancelled');
    return epoch;
  }

  cancel(): void {
    if (!this.#ended) this.#end('cancelled');
  }

  /** Goes on from a fresh checkpoint with another number of slots. */
  async rescale(parallelism: number): Promise<void> {
    checkParallelism(parallelism, this.#init.built);
    await this.checkpoint();
    this.#mustRun('rescaling');
    this.#parallelism = parallelism;
    await this.#nextAttempt();
  }

  killSlot(slot: number): void {
    this.#workers.kill(slot);
  }

  get #ended(): boolean {
    return this.#phase === 'finished' || this.#phase === 'failed' || this.#phase === 'cancelled';
  }

  #mustRun(wanted: string): void {
    if (this.#ended) throw jobNotRunning(this.#init.built.graph.name, this.#phase, wanted);
  }

  // ---- attempts --------------------------------------------------------------------------

  #startAttempt(): void {
    const restored = this.#checkpoints.newest;
    const parallelism = this.#parallelism;
    const attempt = new Attempt({
      attempt: this.#attemptNumber,
      parallelism,
      pools: splitPools(this.#sources, restored),
      restored,
      pinned: new Map(this.#sources.filter((source) => source.stream).map((source) => [source.vertex, 0])),
    });
    this.#attempt = attempt;
    this.#progress.restart(restored);
    const { built, spawner } = this.#init;
    const edges = built.graph.edges.filter((edge) => edge.kind === 'hash').map((edge) => edge.id);
    this.#channels = spawner.channelPlan(edges, parallelism);
    for (const slot of this.#workers.resize(parallelism)) this.#apply(attempt.ready(slot));
    this.#changed();
  }

  /**
   * Makes the next attempt ready and starts it. A publication under way comes first: whether its epoch is the one to
   * go on from must be known.
   */
  async #nextAttempt(): Promise<void> {
    if (this.#preparing) return;
    this.#preparing = true;
    this.#stopTimers();
    this.#phase = 'restarting';
    this.#attempt = undefined;
    try {
      await this.#cycle.settled();
      if (this.#ended) return; // the storage may be another run's by now
      this.#attemptNumber = await this.#checkpoints.nextAttempt(this.#attemptNumber + 1);
      await this.results.restore(this.#checkpoints.newest);
      this.#preparing = false;
      if (!this.#ended) this.#startAttempt();
    } catch (error) {
      this.#preparing = false;
      this.#restart(errorToData(error));
    }
  }

  /** What a fact or a decision throws fails the job; it must not escape into a home's event loop. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #onMessage(slot: number, message: FromSlot): void {
    const attempt = this.#attempt;
    if (message.type === 'ready') return this.#apply(attempt?.ready(slot) ?? []);
    if (message.type === 'log') return this.log.write({ ...message.line, values: { slot, ...message.line.values } });
    if (attempt === undefined || message.attempt !== attempt.number || this.#ended) return;
    switch (message.type) {
      case 'deployed':
        return this.#apply(attempt.deployed(slot));
      case 'want-split':
        return this.#apply(attempt.wantSplit(slot, message.vertex));
      case 'split-done':
        return this.#apply(attempt.splitDone(message.vertex, message.splitId));
      case 'first-rows':
        return this.#cycle.rowsWait();
      case 'snapshot':
        this.#progress.noteSnapshot(message.bytes);
        return this.#apply(attempt.acknowledge(message.epoch, message.snapshot));
      case 'metrics':
        this.#progress.note(slot, message.subtasks);
        return this.#changed();
      case 'rows':
        return this.results.rows(message); // what a callback throws fails the job: this is called guarded
      case 'failed':
        this.#workers.dismiss(slot);
        if (attempt.phase === 'deploying' && !this.#checkpoints.passOverIfDamaged(attempt.restored, message.error)) {
          return this.#fail(errorFromData(message.error));
        }
        if (this.#restoredEpoch === attempt.restored?.epoch) this.#restoredEpoch = this.status().epoch;
        return this.#restart(message.error);
    }
  }

  #apply(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      const attempt = this.#attempt;
      if (attempt === undefined || this.#ended) return;
      if (decision.kind === 'deploy') this.#deploy(attempt, decision.slot);
      else if (decision.kind === 'post') this.#workers.post(decision.slot, decision.message);
      else if (decision.kind === 'epoch') this.#cycle.begun();
      else if (decision.kind === 'running') this.#running(attempt);
      else if (decision.kind === 'publish') void this.#cycle.publish(attempt);
      else this.#end('finished');
    }
  }

  #deploy(attempt: Attempt, slot: number): void {
    const { message, transfer } = deployMessage(this.#init, {
      attempt,
      slot,
      channels: this.#channels,
      paused: this.#paused,
      paceSpeed: this.#paceSpeed,
    });
    this.#workers.post(slot, message, transfer);
  }

  #running(attempt: Attempt): void {
    this.#phase = 'running';
    const recovery = this.#recoveries.running({
      nowMs: this.#init.platform.clock.steady(),
      attempt: attempt.number,
      epoch: attempt.restored?.epoch ?? 0,
      rowsRestored: this.#progress.rowsRestored,
    });
    if (recovery !== undefined) this.log.write({ level: 'info', message: 'recovered', values: { ...recovery } });
    this.#cycle.start();
    this.#changed();
  }

  #published(manifest: Manifest): void {
    this.#policy.progressed();
    const noted = this.#progress.noteCheckpoint(manifest);
    this.log.write({ level: 'debug', message: 'checkpoint complete', values: { ...noted } });
    this.#changed();
  }

  // ---- failures and the end --------------------------------------------------------------

  #restart(error: ErrorData): void {
    if (this.#ended || this.#preparing || this.#restartTimer !== undefined) return;
    const once = this.#sources.find((source) => !source.connector.replayable);
    if (once !== undefined && error.kind !== 'user') return this.#fail(sourceNotReplayable(once.name, error.message));
    const delayMs = this.#policy.failed(error);
    if (delayMs === undefined) return this.#fail(errorFromData(error));
    const reason = `${error.code}: ${error.message}`;
    this.log.write({ level: 'warn', message: 'the job restarts', values: { reason } });
    const { platform } = this.#init;
    this.#recoveries.failed({ atMs: platform.clock.steady(), reason, rowsRead: this.#progress.rowsRead });
    this.#phase = 'restarting';
    this.#attempt = undefined;
    this.#stopTimers();
    this.#restartTimer = platform.timers.after(delayMs, () => {
      this.#restartTimer = undefined;
      void this.#nextAttempt();
    });
    this.#changed();
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
    this.#workers.dismissAll();
    this.#closeSources();
    if (this.#error !== null) {
      const error = errorFromData(this.#error);
      this.#cycle.waiters.ended({ error });
      this.#rejectDone(error);
    } else {
      const error = jobNotRunning(this.#init.built.graph.name, phase, 'a checkpoint');
      this.#cycle.waiters.ended(phase === 'finished' ? { epoch: this.status().epoch } : { error });
      this.#resolveDone({ status: this.status(), metrics: this.metrics() });
    }
    this.#changed();
  }

  #closeSources(): void {
    closeSources(this.#sources, (values) => {
      this.log.write({ level: 'warn', message: 'an input could not be closed', values });
    });
  }

  #stopTimers(): void {
    this.#cycle.stop();
    this.#restartTimer?.();
    this.#restartTimer = undefined;
  }

  /** Event time counts on from where the sources are. */
  #sendPace(): void {
    const attempt = this.#attempt;
    this.#changed();
    if (attempt === undefined) return;
    const wallMs = this.#init.platform.clock.now();
    const pace: Pace = { speed: this.#paceSpeed, eventMs: this.#progress.sourceTime(), wallMs };
    this.#workers.postAll({ type: 'pace', attempt: attempt.number, pace, paused: this.#paused });
  }

  #changed(): void {
    for (const observer of this.#observers) observer();
  }
}

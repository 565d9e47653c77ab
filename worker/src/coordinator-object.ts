/**
 * A job's object: its run, its checkpoints and tables, its HTTP interface.
 *
 * It outlives nothing by itself: an eviction or a crash ends it in the middle. So the run is recorded before it
 * begins, an alarm is armed while it lasts (the deadman: it fires in a new process too), and whoever calls the object
 * first, the alarm, a slot or a request, brings it back; its constructor goes on from the newest checkpoint.
 */
import { DurableObject } from 'cloudflare:workers';
import { errorToData } from '../../host-ts/src/base/index.ts';
import { HeldValues } from '../../host-ts/src/checkpoint/index.ts';
import type { StorageMethod } from '../../host-ts/src/checkpoint/index.ts';
import type { FromSlot } from '../../host-ts/src/control/index.ts';
import type { LogLine } from '../../host-ts/src/platform/index.ts';
import { CommittedTables } from './committed-tables.ts';
import { objectsOf } from './bindings.ts';
import type { Bindings } from './bindings.ts';
import type { CoordinatorCalls, LinkId } from './calls.ts';
import { cloudflarePlatform } from './cloudflare-platform.ts';
import { jobRunning } from './errors.ts';
import { answering } from './http-answers.ts';
import { answerJob } from './job-api.ts';
import type { JobAccess } from './job-api.ts';
import { JobRun } from './job-run.ts';
import { DEADMAN_MS, GO_ON_TRIES_MAX } from './limits.ts';
import type { Outcome } from './outcome.ts';
import { resultWithout, RunRecord } from './run-record.ts';
import type { Run } from './run-record.ts';
import type { ServedJobs } from './served-jobs.ts';
import { SqliteCheckpointStorage } from './sqlite-checkpoint-storage.ts';
import type { StartOptions } from './start-request.ts';
import { answerStorageCall } from './storage-calls.ts';

export class CoordinatorObject extends DurableObject implements CoordinatorCalls {
  readonly #jobs: ServedJobs;
  readonly #platform = cloudflarePlatform(logged);
  readonly #record: RunRecord;
  readonly #storage: SqliteCheckpointStorage;
  /** One for all runs: a reader may outlast the run that it began with. */
  readonly #heldValues: HeldValues;
  readonly #tables: CommittedTables;
  #running: JobRun | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env, jobs: ServedJobs) {
    super(ctx, env);
    this.#jobs = jobs;
    this.#record = new RunRecord(ctx.storage);
    this.#storage = new SqliteCheckpointStorage(ctx.storage);
    this.#heldValues = new HeldValues(this.#storage);
    this.#tables = new CommittedTables(this.#storage, this.#heldValues);
    this.#goOn();
  }

  override fetch(request: Request): Promise<Response> {
    return answering(() => answerJob(request, this.#access()));
  }

  async report(link: LinkId, slot: number, sequence: number, messages: readonly FromSlot[]): Promise<boolean> {
    return this.#running?.spawner.report(link, slot, sequence, messages) ?? false;
  }

  storage(method: StorageMethod, args: readonly unknown[]): Promise<Outcome<unknown>> {
    return answerStorageCall(this.#storage, method, args);
  }

  async wake(): Promise<void> {
    // the constructor has done it
  }

  override async alarm(): Promise<void> {
    this.#goOn();
    if (this.#isRunning()) await this.ctx.storage.setAlarm(Date.now() + DEADMAN_MS);
  }

  #access(): JobAccess {
    return {
      jobs: this.#jobs,
      record: this.#record,
      tables: this.#tables,
      timers: this.#platform.timers,
      running: this.#running,
      start: (job, options) => this.#start(job, options),
      crash: () => void setTimeout(() => this.ctx.abort('crash by request'), 0),
      crashSlot: async (job, slot) => {
        const crashed = objectsOf(this.#bindings(), job).slot(slot).crash();
        await crashed.catch(() => undefined); // the answer dies with the object
      },
    };
  }

  #bindings(): Bindings {
    return this.env as unknown as Bindings;
  }

  #isRunning(): boolean {
    const { run } = this.#record;
    return run !== undefined && run.state !== 'ended';
  }

  /** Goes on with a run that nobody carries on: after an eviction, a crash, or a try that failed. */
  #goOn(): void {
    const { run } = this.#record;
    if (run === undefined || run.state === 'ended' || this.#running !== undefined) return;
    try {
      this.#begin(this.#record.goOn(run));
    } catch (error) {
      this.#record.end(resultWithout(run, 'failed', errorToData(error))); // the job cannot be built any more
    }
  }

  /** Rejects with what is wrong with the job, its inputs or its checkpoints. */
  async #start(job: string, options: StartOptions): Promise<JobRun> {
    if (this.#isRunning()) throw jobRunning(job);
    this.#tables.forget();
    this.#jobs.build(job, options.parameters); // a job that cannot be built is not recorded
    const running = this.#begin(this.#record.start(job, options));
    await this.ctx.storage.setAlarm(Date.now() + DEADMAN_MS);
    await running.started;
    return running;
  }

  #begin(run: Run): JobRun {
    const running = new JobRun({
      run,
      built: this.#jobs.build(run.job, run.options.parameters),
      objects: objectsOf(this.#bindings(), run.job),
      storage: this.#storage,
      heldValues: this.#heldValues,
      platform: this.#platform,
    });
    this.#running = running;
    running.started.then(
      () => {
        if (this.#running === running) this.#record.underway(); // not for a run that took its place
      },
      () => undefined, // `done` rejects too
    );
    running.coordinator.done.then(
      () => this.#ended(running, run),
      () => this.#ended(running, run),
    );
    return running;
  }

  async #ended({ coordinator, spawner, begun }: JobRun, { state }: Run): Promise<void> {
    const status = coordinator.status();
    spawner.close();
    this.#running = undefined;
    // an input that cannot be reached just now must not end a run that was on its way: the alarm tries again
    const isOutside = status.error?.kind === 'environment' && !begun && state === 'underway';
    if (isOutside && this.#record.failedTry() < GO_ON_TRIES_MAX) return;
    this.#record.end({ status, metrics: coordinator.metrics() });
    await this.ctx.storage.deleteAlarm();
  }
}

function logged({ level, message, values }: LogLine): void {
  if (level === 'warn' || level === 'error') console.warn(`sluice: ${message}`, JSON.stringify(values ?? {}));
}

/**
 * A job's object: its run, its checkpoints and tables, its HTTP interface.
 *
 * It outlives nothing by itself: an eviction or a crash ends it in the middle. So the run is recorded before it
 * begins, an alarm is armed while it lasts (the deadman: it fires in a new process too), and whoever calls the object
 * first, the alarm, a slot or a request, brings it back; its constructor goes on from the newest checkpoint.
 */
import { DurableObject } from 'cloudflare:workers';
import type { FromSlot } from '../../host-ts/src/control/index.ts';
import type { LogLine } from '../../host-ts/src/platform/index.ts';
import { objectsOf } from './bindings.ts';
import type { Bindings } from './bindings.ts';
import type { CoordinatorCalls, LinkId, StorageMethod } from './calls.ts';
import { cloudflarePlatform } from './cloudflare-platform.ts';
import { jobRunning } from './errors.ts';
import { answering } from './http-answers.ts';
import { answerJob } from './job-api.ts';
import type { JobAccess } from './job-api.ts';
import { JobRun } from './job-run.ts';
import { DEADMAN_MS } from './limits.ts';
import type { Outcome } from './outcome.ts';
import { RunRecord } from './run-record.ts';
import type { Run } from './run-record.ts';
import type { ServedJobs } from './served-jobs.ts';
import { SqliteCheckpointStorage } from './sqlite-checkpoint-storage.ts';
import type { StartOptions } from './start-request.ts';
import { answerStorage } from './storage-calls.ts';

export class CoordinatorObject extends DurableObject implements CoordinatorCalls {
  readonly #jobs: ServedJobs;
  readonly #record: RunRecord;
  readonly #storage: SqliteCheckpointStorage;
  #running: JobRun | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env, jobs: ServedJobs) {
    super(ctx, env);
    this.#jobs = jobs;
    this.#record = new RunRecord(ctx.storage);
    this.#storage = new SqliteCheckpointStorage(ctx.storage);
    const { run } = this.#record;
    if (run !== undefined && run.state !== 'ended') this.#begin(this.#record.goOn(run));
  }

  override fetch(request: Request): Promise<Response> {
    return answering(() => answerJob(request, this.#access()));
  }

  async report(link: LinkId, slot: number, sequence: number, messages: readonly FromSlot[]): Promise<boolean> {
    return this.#running?.spawner.report(link, slot, sequence, messages) ?? false;
  }

  storage(method: StorageMethod, args: readonly unknown[]): Promise<Outcome<unknown>> {
    return answerStorage(this.#storage, method, args);
  }

  async wake(): Promise<void> {
    // the constructor has done it
  }

  override async alarm(): Promise<void> {
    if (this.#isRunning()) await this.ctx.storage.setAlarm(Date.now() + DEADMAN_MS);
  }

  #access(): JobAccess {
    return {
      jobs: this.#jobs,
      record: this.#record,
      storage: this.#storage,
      running: this.#isRunning() ? this.#running : undefined,
      start: (job, options) => this.#start(job, options),
      crashSlot: async (job, slot) => {
        const { crash } = { crash: objectsOf(this.#bindings(), job).slot(slot).crash() };
        await crash.catch(() => undefined); // the answer dies with the object
      },
    };
  }

  #bindings(): Bindings {
    return this.env as unknown as Bindings;
  }

  #isRunning(): boolean {
    const { run } = this.#record;
    return run !== undefined && run.state !== 'ended' && this.#running !== undefined;
  }

  /** Rejects with what is wrong with the job, its inputs or its checkpoints. */
  async #start(job: string, options: StartOptions): Promise<JobRun> {
    if (this.#isRunning()) throw jobRunning(job);
    this.#jobs.build(job); // a job that cannot be built is not recorded
    const running = this.#begin(this.#record.start(job, options));
    await this.ctx.storage.setAlarm(Date.now() + DEADMAN_MS);
    await running.started;
    return running;
  }

  #begin(run: Run): JobRun {
    const running = new JobRun({
      run,
      built: this.#jobs.build(run.job),
      objects: objectsOf(this.#bindings(), run.job),
      storage: this.#storage,
      platform: cloudflarePlatform(logged),
    });
    this.#running = running;
    running.started.then(
      () => this.#running === running && this.#record.run?.state === 'started' && this.#record.underway(),
      () => undefined,
    );
    running.coordinator.done.then(
      () => this.#ended(running),
      () => this.#ended(running),
    );
    return running;
  }

  async #ended(running: JobRun): Promise<void> {
    const { coordinator, spawner } = running;
    this.#record.end({ status: coordinator.status(), metrics: coordinator.metrics() });
    spawner.close();
    await this.ctx.storage.deleteAlarm();
  }
}

function logged({ level, message, values }: LogLine): void {
  if (level === 'warn' || level === 'error') console.warn(`sluice: ${message}`, JSON.stringify(values ?? {}));
}

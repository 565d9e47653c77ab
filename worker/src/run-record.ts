/**
 * What the coordinator's object remembers of its job's run, so that it goes on by itself after an eviction or a crash,
 * and still knows how a run ended.
 *
 *   started ──(inputs bound, first attempt begun)──► underway ──► ended
 *
 * A run that is only `started` begins afresh if it was asked to: its former checkpoints may not be forgotten yet.
 */
import type { ErrorData } from '../../host-ts/src/base/index.ts';
import type { JobStatus } from '../../host-ts/src/control/index.ts';
import type { JobMetrics } from '../../host-ts/src/metrics/index.ts';
import { textOf } from './sqlite.ts';
import type { Sqlite } from './sqlite.ts';
import type { StartOptions } from './start-request.ts';

export interface Run {
  readonly job: string;
  readonly state: 'started' | 'underway' | 'ended';
  readonly options: StartOptions;
  /** Raised whenever the object begins or goes on with a run: slots hear the newest only. */
  readonly incarnation: number;
  /** How often in a row going on has failed for a reason outside the job. */
  readonly failedTries: number;
  /** How it ended. */
  readonly result: { readonly status: JobStatus; readonly metrics: JobMetrics } | null;
}

export class RunRecord {
  readonly #storage: Sqlite;

  constructor(storage: Sqlite) {
    this.#storage = storage;
    storage.sql.exec('CREATE TABLE IF NOT EXISTS run (one INTEGER PRIMARY KEY CHECK (one = 1), run TEXT NOT NULL)');
  }

  get run(): Run | undefined {
    const [row] = this.#storage.sql.exec('SELECT run FROM run').toArray();
    return row === undefined ? undefined : (JSON.parse(textOf(row['run'])) as Run);
  }

  start(job: string, options: StartOptions): Run {
    const incarnation = (this.run?.incarnation ?? 0) + 1;
    return this.#write({ job, state: 'started', options, incarnation, failedTries: 0, result: null });
  }

  /** The object came back in the middle of a run. */
  goOn(run: Run): Run {
    return this.#write({ ...run, incarnation: run.incarnation + 1 });
  }

  /** The first attempt has begun. */
  underway(): void {
    if (this.run?.state !== 'ended') this.#change({ state: 'underway', failedTries: 0 });
  }

  /** Going on has failed; how often in a row. */
  failedTry(): number {
    const failedTries = (this.run?.failedTries ?? 0) + 1;
    this.#change({ failedTries });
    return failedTries;
  }

  end(result: NonNullable<Run['result']>): void {
    this.#change({ state: 'ended', result });
  }

  /** Options that change in the middle of a run hold after a crash too. */
  change(options: Partial<StartOptions>): void {
    const { run } = this;
    if (run !== undefined) this.#write({ ...run, options: { ...run.options, ...options } });
  }

  #change(changes: Partial<Run>): void {
    const { run } = this;
    if (run !== undefined) this.#write({ ...run, ...changes });
  }

  #write(run: Run): Run {
    this.#storage.sql.exec('INSERT OR REPLACE INTO run (one, run) VALUES (1, ?)', JSON.stringify(run));
    return run;
  }
}

/** The result of a run that ended while no coordinator carried it on. */
export function resultWithout(
  { job, options }: Run,
  phase: 'failed' | 'cancelled',
  error: ErrorData | null,
): NonNullable<Run['result']> {
  const status: JobStatus = {
    job,
    phase,
    paused: options.paused,
    attempt: 0,
    parallelism: options.parallelism,
    epoch: 0,
    restoredEpoch: 0,
    recoveries: [],
    channel: 'rpc',
    paceSpeed: options.pace,
    error,
    rowsRead: 0,
    rowsTotal: null,
  };
  return { status, metrics: { subtasks: [], checkpoints: [] } };
}

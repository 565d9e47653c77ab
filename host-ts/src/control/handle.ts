/**
 * The user's handle on a running job; the same in every home (in a page it is reached through
 * Comlink, so every method is asynchronous and takes and returns plain data).
 */
import type { JobGraph } from '../plan/index.ts';
import type { JobMetrics } from '../metrics/index.ts';
import type { ErrorData } from '../base/index.ts';
import type { LogLine } from '../platform/index.ts';
import type { ScanOptions, TableChange, TableRow } from '../table/index.ts';

export type { ScanOptions, TableChange, TableRow } from '../table/index.ts';

export type JobPhase = 'starting' | 'running' | 'restarting' | 'finishing' | 'finished' | 'failed' | 'cancelled';

export interface Recovery {
  readonly attempt: number;
  /** The epoch restored from; 0 = from the beginning. */
  readonly epoch: number;
  readonly reason: string;
  /** Milliseconds from the failure until all slots were deployed again. */
  readonly durationMs: number;
  /** Rows that had been read at the failure but lay behind the restored epoch: they are read again. */
  readonly rowsReadAgain: number;
}

export interface JobStatus {
  readonly job: string;
  readonly phase: JobPhase;
  readonly paused: boolean;
  readonly attempt: number;
  readonly parallelism: number;
  /** Newest completed epoch, 0 = none. */
  readonly epoch: number;
  /** The epoch this process resumed from at its start, 0 = a fresh start. */
  readonly restoredEpoch: number;
  readonly recoveries: readonly Recovery[];
  readonly channel: 'ring' | 'message' | 'simulated' | 'rpc';
  /** Event-ms per wall-ms, or null for unlimited. */
  readonly paceSpeed: number | null;
  readonly error: ErrorData | null;
  readonly rowsRead: number;
  readonly rowsTotal: number | null;
}

export interface JobResult {
  readonly status: JobStatus;
  readonly metrics: JobMetrics;
}

export interface TableHandle {
  /** The columns in order: key first. */
  columns(): Promise<readonly { readonly name: string; readonly type: string }[]>;
  rowCount(): Promise<number>;
  get(key: readonly (number | bigint | string | boolean | null)[]): Promise<TableRow | undefined>;
  /** Rows in key order behind the key `after`, `limit` at most (1,000 unless told), from `offset`. */
  scan(options?: ScanOptions): Promise<readonly TableRow[]>;
  /** The whole table as frames in key order, all in memory. */
  frames(): Promise<readonly Uint8Array[]>;
  /**
   * The same rows, all unless told, as frames one after the other: a table of any size in bounded memory. All belong
   * to the epoch that was newest when the first was asked for. What is stored for them is kept until the loop ends.
   */
  read(options?: ScanOptions): AsyncIterable<Uint8Array>;
  /** Committed changes, coalesced, at most 30 times a second. Returns how to stop. */
  subscribe(listener: (change: TableChange) => void): Promise<() => void>;
}

export interface JobHandle {
  /** Settles when the job has finished, was cancelled, or failed for good (rejects). */
  readonly done: Promise<JobResult>;
  graph(): Promise<JobGraph>;
  explain(): Promise<string>;
  status(): Promise<JobStatus>;
  metrics(): Promise<JobMetrics>;
  /** Status and metrics whenever they change, a few times a second. Returns how to stop. */
  observe(listener: (status: JobStatus, metrics: JobMetrics) => void): Promise<() => void>;
  logs(): Promise<readonly LogLine[]>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  setPace(speed: number | null): Promise<void>;
  /** Takes a checkpoint now; the epoch once it is complete. */
  checkpoint(): Promise<number>;
  /** Takes a last checkpoint and ends; a later start can resume from it. */
  stop(): Promise<number>;
  /** Ends at once, without a checkpoint. */
  cancel(): Promise<void>;
  /** Takes a checkpoint and goes on from it with another number of slots. */
  rescale(parallelism: number): Promise<void>;
  /** Kills one worker, for demonstrations and tests; the job recovers. */
  killSlot(slot: number): Promise<void>;
  table(name: string): TableHandle;
  /** Rows of a collect sink so far (at least once). */
  collected(name: string): Promise<readonly TableRow[]>;
}

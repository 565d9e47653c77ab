/**
 * What the page and its workers say to each other before control messages flow.
 *
 *   page ── first message ──► coordinator worker         (calls: Comlink; workers: the port below)
 *   page ── first message ──► slot worker                (control: a port of the coordinator's)
 *   coordinator ── spawn, kill ──► page ── exit ──► coordinator
 *
 * Only a page can end a worker that does not answer, so the page makes and ends them; control
 * messages go directly between coordinator and slots.
 */
import type { ErrorData, Json } from '../base/index.ts';
import type { InputBinding } from '../connectors/index.ts';
import type { JobHandle, JobStatus, ScanOptions, TableChange, TableHandle } from '../control/index.ts';
import type { JobMetrics } from '../metrics/index.ts';

export type StorageAccess =
  { readonly kind: 'idb'; readonly name: string } | { readonly kind: 'port'; readonly port: MessagePort };

export interface SlotStart {
  readonly sluice: 'slot';
  readonly slot: number;
  readonly control: MessagePort;
  readonly storage: StorageAccess;
}

export interface CoordinatorStart {
  readonly sluice: 'coordinator';
  readonly options: CoordinatorOptions;
  readonly calls: MessagePort;
  readonly workers: MessagePort;
}

export type FirstMessage = SlotStart | CoordinatorStart;

/** The page's start options that travel. */
export interface CoordinatorOptions {
  readonly job: string;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  readonly parameters: Json;
  readonly parallelism: number | undefined;
  readonly checkpoints: string | undefined;
  readonly resume: boolean;
  readonly checkpointIntervalMs: number | undefined;
  readonly firstCheckpointMs: number | undefined;
  readonly pace: number | undefined;
  readonly paused: boolean;
  readonly channels: 'auto' | 'ring' | 'message';
  readonly memoryBytesMax: number | undefined;
  readonly batchRows: number | undefined;
}

export type ToPage =
  | {
      readonly type: 'spawn';
      readonly id: number;
      readonly slot: number;
      readonly control: MessagePort;
      readonly storage: StorageAccess;
    }
  | { readonly type: 'kill'; readonly id: number };

export interface WorkerExit {
  readonly type: 'exit';
  readonly id: number;
  readonly reason: string;
}

/** A result or an error as data: Comlink alone would drop an error's code and values. */
export type Outcome = { readonly value: unknown } | { readonly error: ErrorData };

/** Methods of the handle that take and give plain data. */
export type PlainMethod = Exclude<keyof JobHandle, 'done' | 'observe' | 'table'>;
export type TableMethod = Exclude<keyof TableHandle, 'subscribe' | 'read'>;

/** What the coordinator's worker offers through Comlink. Listeners are known by number. */
export interface RemoteJob {
  /** Settles when the job has been started. */
  started(): Promise<Outcome>;
  done(): Promise<Outcome>;
  call(method: PlainMethod, args: readonly unknown[]): Promise<Outcome>;
  callTable(table: string, method: TableMethod, args: readonly unknown[]): Promise<Outcome>;
  observe(listener: (status: JobStatus, metrics: JobMetrics) => void): Promise<Outcome>;
  /** A reading of frames, by number; it is open until `readNext` gives none, fails, or `readEnd`. */
  readStart(table: string, options: ScanOptions | undefined): Promise<Outcome>;
  readNext(reading: number): Promise<Outcome>;
  readEnd(reading: number): Promise<void>;
  subscribe(table: string, listener: (change: TableChange) => void): Promise<Outcome>;
  unlisten(listener: number): Promise<void>;
}

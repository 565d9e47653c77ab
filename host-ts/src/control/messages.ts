/**
 * The one control protocol between coordinator and slots: plain messages, the same in every home
 * and in the simulator. Every message of a run carries its attempt; receivers drop others.
 *
 *   coordinator → slot: deploy, assign, floor, barrier, pace
 *   slot → coordinator: ready, deployed, want-split, split-done, first-rows, snapshot, metrics, rows, log, failed
 */
import type { ErrorData, Json } from '../base/index.ts';
import type { RecordRef, SlotSnapshot, SplitState } from '../checkpoint/index.ts';
import type { InputBinding, SplitDescription } from '../connectors/index.ts';
import type { LogLine, Transferable } from '../platform/index.ts';
import type { SubtaskMetrics } from '../metrics/index.ts';

/** How fast event time may run: `speed` event-ms per wall-ms; null = as fast as it goes. */
export interface Pace {
  readonly speed: number | null;
  /** From here event time counts; null = from the first row that a subtask reads. */
  readonly eventMs: number | null;
  /** Wall-clock time (ms since 1970) at which `eventMs` was or is due. */
  readonly wallMs: number;
}

export interface DeployMessage {
  readonly type: 'deploy';
  readonly attempt: number;
  readonly slot: number;
  readonly parallelism: number;
  /** Which of the registered jobs. */
  readonly jobName: string;
  /** What the job's function is given as `env.parameters`. */
  readonly parameters: Json;
  /** Compared with the hash of the graph that the slot builds (JOB_NOT_DETERMINISTIC). */
  readonly graphHash: string;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  /** Home's own: shared buffers or ports of this slot's channels. */
  readonly channels: unknown;
  /** Home's own: how to open the checkpoint storage. */
  readonly storage: unknown;
  /** Records that overlap this slot's key groups; undefined for a fresh start. */
  readonly restore: { readonly epoch: number; readonly records: readonly RecordRef[] } | undefined;
  readonly paused: boolean;
  readonly pace: Pace;
  readonly memoryBytesMax: number;
  readonly batchRows: number;
  /** Someone waits for the first results: the slot says `first-rows`. */
  readonly tellFirstRows?: boolean;
}

export type ToSlot =
  | DeployMessage
  /** A split to read and the new floor; `state` is where to go on. */
  | {
      readonly type: 'assign';
      readonly attempt: number;
      readonly vertex: number;
      readonly split: SplitDescription;
      readonly state: SplitState | null;
      readonly floor: string;
    }
  /** Smallest time that a split not yet handed out may hold; `MAX` (i64) when none is left. */
  | {
      readonly type: 'floor';
      readonly attempt: number;
      readonly vertex: number;
      readonly floor: string;
      readonly noMoreSplits: boolean;
    }
  /** Sources emit barrier(epoch) after their current batch. */
  | { readonly type: 'barrier'; readonly attempt: number; readonly epoch: number }
  /** Another speed, or pause and resume. */
  | { readonly type: 'pace'; readonly attempt: number; readonly pace: Pace; readonly paused: boolean };

export type FromSlot =
  /** The worker is up and waits for a deployment. */
  | { readonly type: 'ready' }
  | { readonly type: 'deployed'; readonly attempt: number; readonly slot: number }
  | { readonly type: 'want-split'; readonly attempt: number; readonly slot: number; readonly vertex: number }
  | {
      readonly type: 'split-done';
      readonly attempt: number;
      readonly slot: number;
      readonly vertex: number;
      readonly splitId: string;
    }
  /** The slot holds rows for a table, which nobody sees before their epoch is published; said once if asked for. */
  | { readonly type: 'first-rows'; readonly attempt: number; readonly slot: number }
  | {
      readonly type: 'snapshot';
      readonly attempt: number;
      readonly epoch: number;
      readonly snapshot: SlotSnapshot;
      readonly alignMs: number;
      readonly bytes: number;
    }
  /** Also the sign of life of a deployed slot: without rows while it opens. */
  | {
      readonly type: 'metrics';
      readonly attempt: number;
      readonly slot: number;
      readonly subtasks: readonly SubtaskMetrics[];
    }
  /** Rows for a collect, print or callback sink of the coordinator's side; at least once. */
  | {
      readonly type: 'rows';
      readonly attempt: number;
      readonly slot: number;
      readonly vertex: number;
      readonly sink: number;
      readonly frame: Uint8Array;
    }
  | { readonly type: 'log'; readonly slot: number; readonly line: LogLine }
  | { readonly type: 'failed'; readonly attempt: number; readonly slot: number; readonly error: ErrorData };

/** The coordinator's line to one worker. Messages arrive in order; `exit` comes at most once. */
export interface SlotLink {
  post(message: ToSlot, transfer?: readonly Transferable[]): void;
  /** Ends the worker at once, without a goodbye. */
  kill(): void;
}

export interface SlotLinkEvents {
  message(message: FromSlot): void;
  /** The worker is gone (crash, kill, exit). */
  exit(reason: string): void;
}

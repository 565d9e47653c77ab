/**
 * What a source connector is. A connector reads bytes (or makes rows) and delivers frames in the
 * engine's memory; the slot notes times and pushes them into the chain.
 *
 * Splits do not depend on parallelism. The coordinator enumerates them once, writes them into
 * the manifest and hands them out in ascending order; a split that has not been handed out holds
 * the watermark back at its `timeMin`.
 */
import type { Engine } from '../engine/index.ts';
import type { ByteLocation, Platform } from '../platform/index.ts';
import type { Schema } from '../schema/index.ts';
import type { Json } from '../base/index.ts';

/** How an input is bound when a job starts. Structured-cloneable: it is sent to every slot. */
export interface InputBinding {
  /** Name of a registered connector: 'parquet', 'csv', 'ndjson', 'collection', … */
  readonly connector: string;
  readonly location?: ByteLocation;
  /** Connector's own options. */
  readonly options: Json;
}

/** An independently readable part of a source; plain JSON. */
export interface SplitDescription {
  /** Stable across runs and parallelisms. */
  readonly id: string;
  /** Position in the order in which splits are handed out. */
  readonly index: number;
  /** No row of the split is earlier (ms); null when unknown: then nothing fires until it is read. */
  readonly timeMin: number | null;
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Connector's own. */
  readonly data: Json;
}

export interface Enumeration {
  /** Changes when the content does; compared at resume (INPUT_CHANGED). */
  readonly fingerprint: string;
  readonly splits: readonly SplitDescription[];
}

export type PollResult =
  /** A frame at `framePtr` in the engine's memory, borrowed until the next poll or close. */
  | { readonly kind: 'frame'; readonly framePtr: number; readonly rows: number }
  /** Nothing yet: call again after `ready()`. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'end' };

export interface SplitReader {
  /** The next batch of at most `rowsMax` rows (<= FRAME_ROWS_MAX). Synchronous; throws SluiceError. */
  poll(rowsMax: number): PollResult;
  /** Settles when `poll` may make progress; rejects with the error that stopped the reading. */
  ready(): Promise<void>;
  /** Where to go on after the rows polled so far. */
  position(): Json;
  /** Rows of bad input that were skipped by policy. */
  readonly skippedRows: number;
  close(): void;
}

export interface Connector {
  /** False for streams that can be read only once (SOURCE_NOT_REPLAYABLE at recovery). */
  readonly replayable: boolean;
  enumerate(): Promise<Enumeration>;
  /** `position` is what a reader of this split once returned, or null for the split's start. */
  openSplit(split: SplitDescription, position: Json, engine: Engine): Promise<SplitReader>;
  close(): Promise<void>;
}

export interface ConnectorContext {
  readonly platform: Platform;
  /** For errors and logs. */
  readonly inputName: string;
  /** The wanted columns with their types: the input may have more, never fewer. */
  readonly schema: Schema;
  /** The event-time column, if the job names one: used to find `timeMin`. */
  readonly timeColumn: string | undefined;
  /** The job module's function for generator and collection sources. */
  readonly userFunction: ((...args: never[]) => unknown) | undefined;
}

export type ConnectorFactory = (binding: InputBinding, context: ConnectorContext) => Promise<Connector>;

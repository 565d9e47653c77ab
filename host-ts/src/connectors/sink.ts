/**
 * What a sink is, in the slot. Rows come as frames between two barriers; at a barrier the sink hands over what they
 * came to. That takes effect when the epoch's manifest is published, so a table and a file are exact after recovery.
 * Print, callback and collect forward their rows at once and are at least once.
 */
import type { Json } from '../base/index.ts';
import type { SegmentIndexRef } from '../checkpoint/index.ts';

/** What a sink hands over at a barrier. */
export interface PreparedSink {
  /** Bytes to store, in order, with how many rows they hold. Ownership goes to the caller. */
  readonly values: readonly {
    readonly bytes: Uint8Array;
    readonly rows: number;
    /** Of a table's segment. */
    readonly index?: SegmentIndexRef;
  }[];
  /** The table that the values are segments of; absent for other sinks. */
  readonly table?: string;
  /** The sink's own, kept in the manifest. */
  readonly prepared: Json;
}

export interface Sink {
  /** Takes the frame's rows; the bytes are borrowed during the call only. */
  push(frame: Uint8Array): void;
  /** Everything before the barrier has been pushed. */
  prepare(epoch: number): PreparedSink;
  close(): void;
}

export const NOTHING_PREPARED: PreparedSink = { values: [], prepared: null };

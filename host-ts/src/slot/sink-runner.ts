/**
 * A sink as the chain and the snapshot writer see it.
 */
import type { Json } from '../base/index.ts';
import type { FrameRef } from './stage.ts';

/** What a sink hands over at a barrier; it takes effect when the epoch's manifest is published. */
export interface PreparedSink {
  /** Bytes to store, in order, with how many rows they hold. */
  readonly values: readonly { readonly bytes: Uint8Array; readonly rows: number }[];
  /** The table that the values are segments of. */
  readonly table?: string;
  readonly prepared: Json;
}

export interface SinkRunner {
  /** Takes the rows; the frame is borrowed during the call only. */
  push(frame: FrameRef): void;
  /** Everything before the barrier has been pushed. */
  prepare(epoch: number): PreparedSink;
  close(): void;
}

/**
 * One stage of a chain, as the chain sees it: frames in, frames out, at most one at a time.
 */

/** A frame on its way through a chain. */
export interface FrameRef {
  /** Address in the engine's memory; 0 when the frame lies outside it. */
  readonly ptr: number;
  /** The frame's bytes; borrowed until the stage that made it is called again. */
  readonly bytes: Uint8Array;
  readonly rows: number;
  /** Which slot it is for, when the chain partitions. */
  readonly channel: number;
  /** A frame of late rows: leaves the chain by its late output. */
  readonly late: boolean;
}

export interface StageRunner {
  /** Takes a frame, borrowed until `output` is undefined again. */
  push(frame: FrameRef): void;
  watermark(watermark: bigint): void;
  flush(): void;
  /** A frame that is ready, the same one until `next`; undefined when the last call is done. */
  readonly output: FrameRef | undefined;
  /** Lets go of the output and goes on with the call that made it. */
  next(): void;
  readonly counters: StageCounters;
  close(): void;
}

export interface StageCounters {
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly lateRows: number;
  readonly stateBytes: number;
  readonly stateKeys: number;
}

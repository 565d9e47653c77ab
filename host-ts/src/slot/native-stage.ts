/**
 * A stage that runs in the engine: one task, driven to its next output frame.
 *
 * Frames that come from outside the engine's memory (a channel, a closure) are copied into one
 * input buffer that the stage owns and reuses.
 */
import {
  CHANNEL_LATE,
  COUNTER_LATE_ROWS,
  COUNTER_STATE_BYTES,
  COUNTER_STATE_KEYS,
  STATUS_OUTPUT,
} from '../abi/index.ts';
import type { Engine, EngineTask } from '../engine/index.ts';
import type { FrameRef, StageCounters, StageRunner } from './stage.ts';

interface EngineFrameInit {
  readonly ptr: number;
  readonly length: number;
  readonly rows: number;
  readonly channel: number;
  readonly late: boolean;
}

/** A frame in the engine's memory. Its view is made anew when asked for: memory may have grown meanwhile. */
export class EngineFrame implements FrameRef {
  readonly ptr: number;
  readonly rows: number;
  readonly channel: number;
  readonly late: boolean;
  readonly #engine: Engine;
  readonly #length: number;

  constructor(engine: Engine, init: EngineFrameInit) {
    this.#engine = engine;
    this.ptr = init.ptr;
    this.rows = init.rows;
    this.channel = init.channel;
    this.late = init.late;
    this.#length = init.length;
  }

  get bytes(): Uint8Array {
    return this.#engine.bytes(this.ptr, this.#length);
  }
}

export class NativeStage implements StageRunner {
  readonly task: EngineTask;
  readonly #engine: Engine;
  /** The operator that holds state, or −1. */
  readonly statefulOperator: number;
  #buffer = 0;
  #bufferBytes = 0;
  #output: FrameRef | undefined;
  #rowsIn = 0;
  #rowsOut = 0;

  constructor(engine: Engine, task: EngineTask, statefulOperator: number) {
    this.#engine = engine;
    this.task = task;
    this.statefulOperator = statefulOperator;
  }

  get output(): FrameRef | undefined {
    return this.#output;
  }

  push(frame: FrameRef): void {
    this.#rowsIn += frame.rows;
    const ptr = frame.ptr === 0 ? this.#copyIn(frame.bytes) : frame.ptr;
    this.#take(this.task.push(ptr));
  }

  watermark(watermark: bigint): void {
    this.#take(this.task.watermark(watermark));
  }

  flush(): void {
    this.#take(this.task.flush());
  }

  next(): void {
    this.#take(this.task.resume());
  }

  get counters(): StageCounters {
    const operator = this.statefulOperator;
    const read = (counter: number): number => (operator < 0 ? 0 : Number(this.task.counter(operator, counter)));
    return {
      rowsIn: this.#rowsIn,
      rowsOut: this.#rowsOut,
      lateRows: read(COUNTER_LATE_ROWS),
      stateBytes: read(COUNTER_STATE_BYTES),
      stateKeys: read(COUNTER_STATE_KEYS),
    };
  }

  close(): void {
    this.task.free();
    if (this.#buffer !== 0) this.#engine.free(this.#buffer);
    this.#buffer = 0;
  }

  #take(status: number): void {
    if (status !== STATUS_OUTPUT) {
      this.#output = undefined;
      return;
    }
    const { outPtr, outBytes, outRows, outChannel } = this.task;
    const late = outChannel === CHANNEL_LATE;
    if (!late) this.#rowsOut += outRows;
    this.#output = new EngineFrame(this.#engine, {
      ptr: outPtr,
      length: outBytes,
      rows: outRows,
      channel: outChannel,
      late,
    });
  }

  #copyIn(bytes: Uint8Array): number {
    if (bytes.byteLength > this.#bufferBytes) {
      if (this.#buffer !== 0) this.#engine.free(this.#buffer);
      this.#bufferBytes = Math.max(bytes.byteLength, 1 << 17);
      this.#buffer = this.#engine.alloc(this.#bufferBytes);
    }
    this.#engine.bytes(this.#buffer, bytes.byteLength).set(bytes);
    return this.#buffer;
  }
}

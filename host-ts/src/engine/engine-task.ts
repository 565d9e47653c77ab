/**
 * A task in the engine: one native part of a chain.
 *
 * push, watermark and flush return STATUS_DONE, or STATUS_OUTPUT when a frame is ready: take it (a
 * view, good until the next call) and call `resume`, until DONE. Failures are thrown: the error has
 * the engine's code, the operator's name and the values of the error slot.
 */
import type { Engine, OperatorNames } from './engine.ts';

/** Records of one snapshot are drained into a buffer of at least this many bytes. */
export const SNAPSHOT_BUFFER_BYTES = 1 << 17;

export class EngineTask {
  readonly #engine: Engine;
  readonly #names: OperatorNames;
  /** 0 once it is freed. */
  #task: number;

  constructor(engine: Engine, task: number, names: OperatorNames) {
    this.#engine = engine;
    this.#task = task;
    this.#names = names;
  }

  /** Takes the frame at this address of the engine's memory; borrowed until DONE. */
  push(framePtr: number): number {
    return this.#status('task_push', framePtr);
  }

  /** Fires what the watermark (ms) closes. */
  watermark(watermark: bigint): number {
    return this.#status('task_watermark', watermark);
  }

  /** Closes open output frames: before a barrier, at idleness, at the end. */
  flush(): number {
    return this.#status('task_flush');
  }

  resume(): number {
    return this.#status('task_resume');
  }

  /** Address of the output frame; these four are meaningful after STATUS_OUTPUT until the next call. */
  get outPtr(): number {
    return this.#number('task_out_ptr') >>> 0;
  }

  get outBytes(): number {
    return this.#number('task_out_bytes');
  }

  get outRows(): number {
    return this.#number('task_out_rows');
  }

  /** Receiver of the output frame, or CHANNEL_LATE. */
  get outChannel(): number {
    return this.#number('task_out_channel');
  }

  /** The output frame's bytes: a view, good until the next call into the engine. */
  get outFrame(): Uint8Array {
    return this.#engine.bytes(this.outPtr, this.outBytes);
  }

  /** The next pushes belong to a split whose largest time so far is this (−2^63 = none). */
  split(maxTime: bigint): void {
    this.#call('task_split', maxTime);
  }

  /** The current split's largest time, for its position. */
  splitMax(): bigint {
    return BigInt(this.#call('task_split_max'));
  }

  /** A counter (COUNTER_…) of an operator, by its id in the plan. */
  counter(operatorId: number, counter: number): bigint {
    return BigInt(this.#call('task_counter', operatorId, counter));
  }

  /** Freezes the state of now. Called at DONE; drain it with `snapshotNext` until that returns 0. */
  snapshotBegin(): void {
    this.#status('snapshot_begin');
  }

  /** Whole records into the engine's memory at `into`, at least SNAPSHOT_BUFFER_BYTES; bytes written, 0 = finished. */
  snapshotNext(into: number, capacity: number): number {
    return this.#status('snapshot_next', into, capacity);
  }

  /** The records of the last snapshot were not kept: the next one holds every page. */
  snapshotDiscard(): void {
    this.#call('snapshot_discard');
  }

  /** All records of a snapshot from begin to end, in copies: for tests and small states. */
  *snapshot(): Generator<Uint8Array<ArrayBuffer>, void, void> {
    const buffer = this.#engine.alloc(SNAPSHOT_BUFFER_BYTES);
    try {
      this.snapshotBegin();
      for (;;) {
        const bytes = this.snapshotNext(buffer, SNAPSHOT_BUFFER_BYTES);
        if (bytes === 0) return;
        yield this.#engine.bytes(buffer, bytes).slice();
      }
    } finally {
      this.#engine.free(buffer);
    }
  }

  /** Starts a restore of the key groups [from, to) into a fresh task. */
  restoreBegin(keyGroupFrom: number, keyGroupTo: number): void {
    this.#status('restore_begin', keyGroupFrom, keyGroupTo);
  }

  /** One record with its header; copied in. */
  restoreRecord(record: Uint8Array): void {
    const ptr = this.#engine.alloc(record.byteLength);
    try {
      this.#engine.bytes(ptr, record.byteLength).set(record);
      this.#status('restore_record', ptr, record.byteLength);
    } finally {
      this.#engine.free(ptr);
    }
  }

  restoreEnd(): void {
    this.#status('restore_end');
  }

  free(): void {
    if (this.#task === 0) return;
    const task = this.#task;
    this.#task = 0;
    this.#engine.callIn(this.#names, 'task_free', [task]);
  }

  #call(name: string, ...args: (number | bigint)[]): number | bigint {
    return this.#engine.callIn(this.#names, name, [this.#task, ...args]);
  }

  #number(name: string): number {
    return Number(this.#call(name));
  }

  #status(name: string, ...args: (number | bigint)[]): number {
    const status = Number(this.#call(name, ...args));
    if (status < 0) throw this.#engine.failure(this.#names);
    return status;
  }
}

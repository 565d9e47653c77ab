/**
 * A subtask that reads splits: polls batches, keeps each split's watermark and position, and
 * injects barriers between batches.
 *
 * Splits come from the coordinator one at a time and in ascending order. The subtask's watermark
 * is the smallest of its splits' watermarks and of the floor, the smallest time that a split not
 * yet handed out may bring; so it never promises what another slot could still break.
 */
import { errorToData, withContext } from '../base/index.ts';
import type { SplitState } from '../checkpoint/index.ts';
import type { Connector, SplitDescription } from '../connectors/index.ts';
import type { Engine } from '../engine/index.ts';
import type { SubtaskMetrics } from '../metrics/index.ts';
import type { Clock, Timers } from '../platform/index.ts';
import type { Chain, Work } from './chain.ts';
import { chainCounters } from './chain-counters.ts';
import { EngineFrame } from './native-stage.ts';
import type { NativeStage } from './native-stage.ts';
import type { Pacer } from './pacer.ts';
import { SplitProgress } from './split-progress.ts';
import type { StepResult, Subtask, SubtaskClock } from './subtask.ts';
import { WATERMARK_END, WATERMARK_NONE } from './times.ts';
import { WakeTimer } from './wake-timer.ts';

/** A watermark leaves at the latest after this many rows: it closes the open frames. */
const WATERMARK_ROWS = 32_768;
/** … or after this long, so that slow inputs are seen downstream. */
const WATERMARK_MS = 25;

export interface SourceInit {
  readonly vertex: number;
  readonly slot: number;
  readonly chain: Chain;
  readonly engine: Engine;
  readonly connector: Connector;
  /** The first stage, if it keeps times (OP_TIME). */
  readonly timeStage: NativeStage | undefined;
  readonly outOfOrderMs: number;
  readonly idleAfterMs: number | undefined;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly freeze: (epoch: number, splits: readonly SplitState[]) => void;
  readonly wantSplit: () => void;
  readonly splitDone: (splitId: string) => void;
  readonly wake: () => void;
  readonly fail: (error: unknown) => void;
}

export class SourceSubtask implements Subtask {
  readonly vertex: number;
  readonly #init: SourceInit;
  readonly #timer: WakeTimer;
  /** Splits being read, in the order in which they came. */
  #splits: SplitProgress[] = [];
  /** Splits read to their ends: every checkpoint says that they need not be read again. */
  readonly #finished: SplitState[] = [];
  readonly #outOfOrderMs: bigint;
  #current: SplitProgress | undefined;
  #floor = WATERMARK_NONE;
  #noMoreSplits = false;
  #asked = false;
  #paused: boolean;
  #barrier = 0;
  #rowsSinceWatermark = 0;
  #lastWatermarkMs: number;
  #lastRowsMs: number;
  #rowsIn = 0;
  #bytesIn = 0;
  #skippedRows = 0;
  #closed = false;
  #saidIdle = false;

  constructor(init: SourceInit, paused: boolean) {
    this.#init = init;
    this.vertex = init.vertex;
    this.#timer = new WakeTimer(init.clock, init.timers, init.wake);
    this.#outOfOrderMs = BigInt(init.outOfOrderMs);
    this.#paused = paused;
    this.#lastWatermarkMs = init.clock.steady();
    this.#lastRowsMs = this.#lastWatermarkMs;
  }

  assign(split: SplitDescription, state: SplitState | null): void {
    const progress = new SplitProgress(split, state);
    this.#splits.push(progress);
    this.#asked = false;
    void this.#open(progress);
  }

  setFloor(floor: bigint, noMoreSplits: boolean): void {
    this.#floor = floor === WATERMARK_NONE || floor === WATERMARK_END ? floor : floor - 1n;
    if (noMoreSplits) this.#noMoreSplits = true;
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#timer.stop();
  }

  /** The barrier leaves before the next batch. */
  injectBarrier(epoch: number): void {
    this.#barrier = epoch;
  }

  step(): StepResult {
    const { chain } = this.#init;
    if (!chain.busy && !this.#begin()) return 'idle';
    return chain.advance() ? 'worked' : 'blocked';
  }

  metrics(clock: SubtaskClock): SubtaskMetrics {
    return {
      vertex: this.vertex,
      slot: this.#init.slot,
      ...chainCounters(this.#init.chain, clock),
      rowsIn: this.#rowsIn,
      bytesIn: this.#bytesIn,
      skippedRows: this.#splits.reduce((sum, split) => sum + split.skippedRows, this.#skippedRows),
    };
  }

  close(): void {
    this.#closed = true;
    this.#timer.stop();
    for (const split of this.#splits) split.reader?.close();
    this.#init.connector.close().catch(() => undefined); // nothing more is read: a failure changes nothing
    for (const stage of this.#init.chain.stages) stage.close();
    this.#init.chain.output.close();
  }

  /** Finds the next piece of work; false when there is none. */
  #begin(): boolean {
    const { chain } = this.#init;
    if (this.#barrier !== 0) {
      const epoch = this.#barrier;
      this.#barrier = 0;
      chain.begin(this.#passBarrier(epoch));
      return true;
    }
    if (this.#watermarkDue()) {
      chain.begin(this.#raise());
      return true;
    }
    return this.#poll();
  }

  #poll(): boolean {
    const split = this.#readable();
    if (split?.reader === undefined) return this.#askForSplit();
    if (this.#paused || this.#mustWait(split)) return this.#rest();
    const before = split.maxTime;
    const result = split.reader.poll(this.#init.pacer.rows);
    if (result.kind === 'wait') {
      this.#wait(split);
      return this.#rest();
    }
    if (result.kind === 'end') {
      this.#finish(split);
      return true;
    }
    this.#init.chain.begin(this.#deliver(split, result.framePtr, result.rows, before));
    return true;
  }

  *#deliver(split: SplitProgress, framePtr: number, rows: number, before: bigint): Work {
    const { chain, timeStage, engine } = this.#init;
    if (timeStage !== undefined && this.#current !== split) timeStage.task.split(split.maxTime);
    this.#current = split;
    const length = engine.frameBytes(framePtr).byteLength;
    this.#rowsIn += rows;
    this.#bytesIn += length;
    yield* chain.frame(new EngineFrame(engine, { ptr: framePtr, length, rows, channel: 0, late: false }));
    if (timeStage !== undefined) split.maxTime = timeStage.task.splitMax();
    split.delivered(rows);
    split.idle = false;
    this.#saidIdle = false;
    this.#rowsSinceWatermark += rows;
    this.#lastRowsMs = this.#init.clock.steady();
    if (before !== WATERMARK_NONE) this.#init.pacer.note(rows, Number(split.maxTime - before));
  }

  #finish(split: SplitProgress): void {
    this.#skippedRows += split.skippedRows;
    split.finish();
    this.#splits = this.#splits.filter((other) => other !== split);
    this.#finished.push(split.state(this.vertex));
    if (this.#current === split) this.#current = undefined;
    this.#rowsSinceWatermark = WATERMARK_ROWS; // what this split held back may now go
    this.#init.splitDone(split.split.id);
  }

  #readable(): SplitProgress | undefined {
    return this.#splits.find((split) => !split.waiting && split.reader !== undefined);
  }

  #askForSplit(): boolean {
    if (this.#splits.length === 0 && !this.#asked && !this.#noMoreSplits && !this.#paused) {
      this.#asked = true;
      this.#init.wantSplit();
    }
    return this.#rest();
  }

  /** Nothing to read: lets the rows on the way leave, and notes idleness. */
  #rest(): boolean {
    this.#noteIdleness();
    if (this.#allIdle()) {
      if (this.#saidIdle) return false;
      this.#saidIdle = true;
      this.#init.chain.begin(this.#init.chain.idle());
      return true;
    }
    if (this.#rowsSinceWatermark === 0 && this.#merged() <= this.#init.chain.watermark) return false;
    this.#init.chain.begin(this.#raise());
    return true;
  }

  #noteIdleness(): void {
    const { idleAfterMs, clock } = this.#init;
    if (idleAfterMs === undefined) return;
    const quietMs = clock.steady() - this.#lastRowsMs;
    if (quietMs >= idleAfterMs) for (const split of this.#splits) split.idle = split.waiting;
    else this.#timer.within(idleAfterMs - quietMs);
  }

  #mustWait(split: SplitProgress): boolean {
    const event = split.maxTime === WATERMARK_NONE ? split.split.timeMin : Number(split.maxTime);
    if (event === null) return false;
    const delayMs = this.#init.pacer.delay(event);
    if (delayMs === 0) return false;
    this.#timer.within(delayMs);
    return true;
  }

  #watermarkDue(): boolean {
    const merged = this.#merged();
    if (merged <= this.#init.chain.watermark) return false;
    if (this.#rowsSinceWatermark >= WATERMARK_ROWS || merged === WATERMARK_END) return true;
    return this.#init.clock.steady() - this.#lastWatermarkMs >= WATERMARK_MS;
  }

  #allIdle(): boolean {
    return this.#splits.length > 0 && this.#splits.every((split) => split.idle);
  }

  #merged(): bigint {
    if (this.#allIdle()) return this.#init.chain.watermark;
    let merged = this.#floor;
    for (const split of this.#splits) {
      if (split.idle) continue;
      const watermark = this.#init.timeStage === undefined ? WATERMARK_NONE : split.watermark(this.#outOfOrderMs);
      if (watermark < merged) merged = watermark;
    }
    return merged;
  }

  *#raise(): Work {
    this.#rowsSinceWatermark = 0;
    this.#lastWatermarkMs = this.#init.clock.steady();
    const merged = this.#merged();
    if (merged > this.#init.chain.watermark) yield* this.#init.chain.raise(merged);
    else yield* this.#init.chain.flush();
  }

  *#passBarrier(epoch: number): Work {
    yield* this.#raise();
    yield* this.#init.chain.barrier(epoch, () => {
      const open = this.#splits.map((split) => split.state(this.vertex));
      this.#init.freeze(epoch, [...this.#finished, ...open]);
    });
  }

  async #open(split: SplitProgress): Promise<void> {
    try {
      split.waiting = true;
      const { connector, engine } = this.#init;
      const reader = await connector.openSplit(split.split, split.position, engine);
      if (this.#closed) {
        reader.close();
        return;
      }
      split.reader = reader;
      split.waiting = false;
      this.#init.wake();
    } catch (error) {
      this.#failed(error, split);
    }
  }

  #wait(split: SplitProgress): void {
    split.waiting = true;
    split.reader?.ready().then(
      () => {
        split.waiting = false;
        this.#init.wake();
      },
      (error: unknown) => this.#failed(error, split),
    );
  }

  #failed(error: unknown, split: SplitProgress): void {
    if (this.#closed) return;
    const { code } = errorToData(error);
    this.#init.fail(withContext(error, { split: split.split.id, rowsRead: split.rows, errorCode: code }));
  }
}

/**
 * The one loop of a slot: lets each subtask do a piece of work, downstream ones first, until
 * none can; then sleeps until the doorbell rings.
 *
 * A slice ends after a few milliseconds or pieces and goes on as a new task, so that control
 * messages and storage callbacks are served in between.
 */
import { STEP_SLICE_MS_MAX } from '../base/index.ts';
import type { Doorbell } from '../exchange/index.ts';
import type { Platform } from '../platform/index.ts';
import { SubtaskClock } from './subtask.ts';
import type { StepResult, Subtask } from './subtask.ts';

export interface StepLoopInit {
  readonly platform: Platform;
  readonly doorbell: Doorbell;
  /** In topological order. */
  readonly subtasks: readonly Subtask[];
  /** Work besides the rows: draining snapshots. True when something was done. */
  readonly background: () => boolean;
  readonly fail: (error: unknown, vertex: number | undefined) => void;
  /** Pieces of work in a slice at most; the simulator keeps it small. */
  readonly piecesMax: number;
}

export class StepLoop {
  readonly #init: StepLoopInit;
  readonly #clocks: readonly SubtaskClock[];
  readonly #order: readonly number[];
  /** What each subtask last said, and since when. */
  readonly #said: { result: StepResult; sinceMs: number }[];
  #stopped = false;
  #scheduled = false;
  #waiting = false;

  constructor(init: StepLoopInit) {
    this.#init = init;
    const now = init.platform.clock.steady();
    this.#clocks = init.subtasks.map(() => new SubtaskClock());
    this.#said = init.subtasks.map(() => ({ result: 'idle', sinceMs: now }));
    this.#order = init.subtasks.map((_, index) => index).reverse();
  }

  clock(index: number): SubtaskClock {
    return this.#clocks[index] ?? new SubtaskClock();
  }

  /** Something may have become possible: run soon. */
  wake(): void {
    if (this.#stopped || this.#scheduled) return;
    this.#scheduled = true;
    this.#init.platform.timers.soon(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  #slice(): void {
    const { clock } = this.#init.platform;
    const startMs = clock.steady();
    for (let pieces = 0; !this.#stopped;) {
      const worked = this.#round();
      if (worked === 0) return this.#sleep();
      pieces += worked;
      if (pieces >= this.#init.piecesMax || clock.steady() - startMs >= STEP_SLICE_MS_MAX) return this.wake();
    }
  }

  /** One piece for every subtask that can; how many worked. */
  #round(): number {
    let worked = 0;
    for (const index of this.#order) {
      if (this.#stopped) return 0;
      if (this.#step(index)) worked += 1;
    }
    try {
      if (this.#init.background()) worked += 1;
    } catch (error) {
      this.#init.fail(error, undefined);
    }
    return worked;
  }

  #step(index: number): boolean {
    const subtask = this.#init.subtasks[index];
    const said = this.#said[index];
    const times = this.#clocks[index];
    if (subtask === undefined || said === undefined || times === undefined) return false;
    const startMs = this.#init.platform.clock.steady();
    if (said.result === 'blocked') times.blockedMs += startMs - said.sinceMs;
    else times.idleMs += startMs - said.sinceMs;
    try {
      said.result = subtask.step();
    } catch (error) {
      this.#init.fail(error, subtask.vertex);
      return false;
    }
    said.sinceMs = this.#init.platform.clock.steady();
    times.busyMs += said.sinceMs - startMs;
    return said.result === 'worked';
  }

  #sleep(): void {
    if (this.#waiting || this.#stopped) return;
    this.#waiting = true;
    this.#init.doorbell.wait(() => {
      this.#waiting = false;
      this.wake();
    });
  }
}

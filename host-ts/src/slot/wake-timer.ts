/**
 * One timer that wakes a loop. Of several wishes the earliest counts: a short wait must not be lost behind a long one
 * that was wished for before it. Who is woken looks again whether its time has come.
 */
import type { Clock, Timers } from '../platform/index.ts';

/** Homes count delays in 31 bits and take a longer one for none; who waits longer is woken in between. */
const DELAY_MS_MAX = 60_000;

export class WakeTimer {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #wake: () => void;
  #cancel: (() => void) | undefined;
  #dueMs = 0;

  constructor(clock: Clock, timers: Timers, wake: () => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#wake = wake;
  }

  within(delayMs: number): void {
    const delay = Math.min(delayMs, DELAY_MS_MAX);
    const dueMs = this.#clock.steady() + delay;
    if (this.#cancel !== undefined && this.#dueMs <= dueMs) return;
    this.#cancel?.();
    this.#dueMs = dueMs;
    this.#cancel = this.#timers.after(delay, () => {
      this.#cancel = undefined;
      this.#wake();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** Time that stands still unless a test moves it: clock and timers in one. */
import type { Clock, Timers } from '../../src/platform/index.ts';

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

export class ManualTime {
  #nowMs = 0;
  #alarms: Alarm[] = [];

  readonly clock: Clock = { now: () => this.#nowMs, steady: () => this.#nowMs };

  readonly timers: Timers = {
    after: (delayMs, callback) => {
      const alarm = { atMs: this.#nowMs + delayMs, callback };
      this.#alarms.push(alarm);
      return () => {
        this.#alarms = this.#alarms.filter((other) => other !== alarm);
      };
    },
    soon: (callback) => void this.timers.after(0, callback),
  };

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Timers that wait to go off. */
  get waiting(): number {
    return this.#alarms.length;
  }

  /** Moves the clock; timers that are due go off in their order, those set meanwhile included. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#alarms.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#alarms = this.#alarms.filter((alarm) => alarm !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}

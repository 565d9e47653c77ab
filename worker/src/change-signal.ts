/** Calls of an object that wait for a change, each for a while at most: what waits in vain leaves nothing behind. */
import type { Timers } from '../../host-ts/src/platform/index.ts';

export class ChangeSignal {
  readonly #timers: Pick<Timers, 'after'>;
  readonly #waiting = new Set<() => void>();

  constructor(timers: Pick<Timers, 'after'>) {
    this.#timers = timers;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Settles at the next change, or after this long. */
  next(msMax: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#timers.after(msMax, wake);
      this.#waiting.add(wake);
    });
  }

  changed(): void {
    for (const wake of this.#waiting) wake();
  }
}

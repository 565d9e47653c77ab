/** Those who asked for a checkpoint and wait until one that began after they asked is complete. */
interface Waiter {
  readonly after: number;
  resolve(epoch: number): void;
  reject(error: unknown): void;
}

export class EpochWaiters {
  #waiting: Waiter[] = [];

  get any(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves with the first completed epoch above `after`. */
  wait(after: number): Promise<number> {
    return new Promise((resolve, reject) => this.#waiting.push({ after, resolve, reject }));
  }

  completed(epoch: number): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((waiter) => waiter.after >= epoch);
    for (const waiter of waiting) if (waiter.after < epoch) waiter.resolve(epoch);
  }

  /** The job has ended: with the epoch for all if it finished, else with the error. */
  ended(outcome: { readonly epoch: number } | { readonly error: unknown }): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if ('epoch' in outcome) waiter.resolve(outcome.epoch);
      else waiter.reject(outcome.error);
    }
  }
}

/** The job's failures and how each was got over. */
import type { Recovery } from '../control/index.ts';

/** Recoveries that are listed; older ones are forgotten. */
const LISTED_MAX = 100;

interface Failure {
  readonly atMs: number;
  readonly reason: string;
  readonly rowsRead: number;
}

export class Recoveries {
  #list: readonly Recovery[] = [];
  #failure: Failure | undefined;

  get list(): readonly Recovery[] {
    return this.#list;
  }

  /** Something failed; further failures before the recovery belong to the same one. */
  failed(failure: Failure): void {
    this.#failure ??= failure;
  }

  /** All slots run again: the recovery, if there was a failure. */
  running(at: {
    readonly nowMs: number;
    readonly attempt: number;
    readonly epoch: number;
    readonly rowsRestored: number;
  }): Recovery | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) return undefined;
    const recovery: Recovery = {
      attempt: at.attempt,
      epoch: at.epoch,
      reason: failure.reason,
      durationMs: at.nowMs - failure.atMs,
      rowsReadAgain: Math.max(0, failure.rowsRead - at.rowsRestored),
    };
    this.#list = [...this.#list, recovery].slice(-LISTED_MAX);
    return recovery;
  }
}

/**
 * Whether and when a failed job is started again: pure.
 *
 * Errors that the user must mend are not tried again, nor is a run that another one has overtaken:
 * both would take the storage from each other for ever. Others are, at growing intervals, until too
 * many have come without a completed checkpoint in between.
 */
import { RESTARTS_MAX } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';

const FIRST_DELAY_MS = 0;
const SECOND_DELAY_MS = 100;
const DELAY_MS_MAX = 10_000;

export class RestartPolicy {
  readonly #restartsMax: number;
  #restarts = 0;

  constructor(restartsMax = RESTARTS_MAX) {
    this.#restartsMax = restartsMax;
  }

  /** A checkpoint was completed: what failed before is forgiven. */
  progressed(): void {
    this.#restarts = 0;
  }

  /** Milliseconds to wait before the next attempt, or undefined to give up. */
  failed(error: ErrorData): number | undefined {
    if (error.kind === 'user' || error.code === 'STORAGE_FENCED') return undefined;
    this.#restarts += 1;
    if (this.#restarts > this.#restartsMax) return undefined;
    if (this.#restarts === 1) return FIRST_DELAY_MS;
    return Math.min(DELAY_MS_MAX, SECOND_DELAY_MS * 2 ** (this.#restarts - 2));
  }
}

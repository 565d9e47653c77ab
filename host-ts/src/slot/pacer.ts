/**
 * Replays event time at a chosen speed: how many rows to take next, and when.
 *
 * Batches shrink so that one covers about 40 ms of wall time: at a day a second results come
 * smoothly instead of half a day at a time.
 */
import type { Pace } from '../control/index.ts';
import type { Clock } from '../platform/index.ts';

const BATCH_WALL_MS = 40;
const BATCH_ROWS_MIN = 16;

export class Pacer {
  readonly #clock: Clock;
  readonly #rowsMax: number;
  #pace: Pace;
  #eventBase: number | null;
  #wallBase: number;
  /** Event-ms per row, a running mean; 0 = not known yet. */
  #spanPerRowMs = 0;

  constructor(clock: Clock, pace: Pace, rowsMax: number) {
    this.#clock = clock;
    this.#rowsMax = rowsMax;
    this.#pace = pace;
    this.#eventBase = pace.eventMs;
    this.#wallBase = pace.wallMs;
  }

  set(pace: Pace): void {
    this.#pace = pace;
    this.#eventBase = pace.eventMs;
    this.#wallBase = pace.wallMs;
  }

  /** Rows to ask for in the next poll. */
  get rows(): number {
    const speed = this.#pace.speed;
    if (speed === null) return this.#rowsMax;
    if (this.#spanPerRowMs === 0) return Math.min(64, this.#rowsMax);
    const rows = Math.floor((speed * BATCH_WALL_MS) / this.#spanPerRowMs);
    return Math.max(BATCH_ROWS_MIN, Math.min(this.#rowsMax, rows));
  }

  /** Notes a batch: its rows and how far event time moved with it. */
  note(rows: number, spanMs: number): void {
    if (rows === 0 || spanMs < 0) return;
    const span = spanMs / rows;
    this.#spanPerRowMs = this.#spanPerRowMs === 0 ? span : this.#spanPerRowMs * 0.75 + span * 0.25;
  }

  /** Milliseconds until rows after this event time may be read; 0 = now. */
  delay(eventMs: number): number {
    const speed = this.#pace.speed;
    if (speed === null) return 0;
    if (this.#eventBase === null) {
      this.#eventBase = eventMs;
      this.#wallBase = this.#clock.now();
    }
    const due = this.#wallBase + (eventMs - this.#eventBase) / speed;
    return Math.max(0, due - this.#clock.now());
  }
}

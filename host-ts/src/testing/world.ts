/**
 * The simulated world: a clock, and everything that happens on it, one event at a time.
 *
 * Delays are drawn from the seed, so events of different slots interleave differently in every
 * run and identically in runs of the same seed. Between two events all promise callbacks run to
 * their end (`settle`), so nothing depends on the real machine's timing.
 */
import { SluiceError } from '../base/index.ts';
import type { Clock, Timers } from '../platform/index.ts';
import { Random } from './random.ts';

interface Event {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Waits until all promise callbacks that can run have run; the home of the tests provides it. */
export type Settle = () => Promise<void>;

export class World {
  readonly random: Random;
  readonly #settle: Settle;
  readonly #events: Event[] = [];
  #nowMs = 0;
  #sequence = 0;
  steps = 0;

  constructor(seed: number, settle: Settle) {
    this.random = new Random(seed);
    this.#settle = settle;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Nothing is left to happen. */
  get idle(): boolean {
    return this.#events.every((event) => event.cancelled);
  }

  readonly clock: Clock = { now: () => this.#nowMs, steady: () => this.#nowMs };

  /** Something happens after a delay; returns how to call it off. */
  at(delayMs: number, run: () => void): () => void {
    const event: Event = { atMs: this.#nowMs + delayMs, sequence: this.#sequence++, run, cancelled: false };
    push(this.#events, event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Timers of one worker: silent once it is dead. */
  timers(alive: () => boolean): Timers {
    const guarded =
      (callback: () => void): (() => void) =>
      () => {
        if (alive()) callback();
      };
    return {
      after: (delayMs, callback) => this.at(delayMs + this.random.next(), guarded(callback)),
      soon: (callback) => void this.at(this.random.next() * 0.2, guarded(callback)),
    };
  }

  /** A promise that settles with the outcome of `act`, done after a random delay. */
  later<T>(delayMsMax: number, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.at(this.random.next() * delayMsMax, () => void act().then(resolve, reject));
    });
  }

  /** Runs events until `done` says so. Throws SIMULATION_STUCK when none is left or too many ran. */
  async run(done: () => boolean, stepsMax: number): Promise<void> {
    await this.#settle();
    while (!done()) {
      const event = pop(this.#events);
      if (event === undefined || this.steps >= stepsMax) throw stuck(this.steps, this.#nowMs, event === undefined);
      if (event.cancelled) continue;
      this.#nowMs = Math.max(this.#nowMs, event.atMs);
      this.steps += 1;
      event.run();
      await this.#settle();
    }
  }
}

function stuck(steps: number, nowMs: number, noEvents: boolean): SluiceError {
  return new SluiceError({
    code: 'SIMULATION_STUCK',
    kind: 'bug',
    message: noEvents ? 'nothing is left to happen and the job has not ended' : 'the job has not ended in time',
    hint: 'run the seed alone with a log',
    context: { steps, nowMs },
  });
}

const before = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);

/** Binary heap, smallest first. */
function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent]!;
    if (!before(event, other)) break;
    heap[at] = other;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const right = heap[child + 1];
    if (right !== undefined && before(right, heap[child]!)) child += 1;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}

/**
 * The splits of one source: which are waiting, read or done; pure.
 *
 * Splits are handed out in ascending order, those that a restored run had begun first. A split
 * that is waiting holds the watermark back at its floor: no row of it that is not late by its
 * own split's watermark is earlier. The floor therefore never falls while a run lasts.
 */
import { invariant } from '../base/index.ts';
import type { SplitState } from '../checkpoint/index.ts';
import type { SplitDescription } from '../connectors/index.ts';

/** i64 limits as decimal strings: how times cross the control protocol. */
export const TIME_NONE = (-(2n ** 63n)).toString();
export const TIME_END = (2n ** 63n - 1n).toString();

export class SplitPool {
  readonly vertex: number;
  readonly #outOfOrderMs: number;
  readonly #waiting: SplitDescription[];
  readonly #states = new Map<string, SplitState>();
  readonly #reading = new Map<string, SplitDescription>();
  readonly #count: number;
  #done = 0;

  constructor(
    vertex: number,
    splits: readonly SplitDescription[],
    states: readonly SplitState[],
    outOfOrderMs: number,
  ) {
    this.vertex = vertex;
    this.#outOfOrderMs = outOfOrderMs;
    this.#count = splits.length;
    for (const state of states) this.#states.set(state.splitId, state);
    const open = splits.filter((split) => this.#states.get(split.id)?.finished !== true);
    this.#done = splits.length - open.length;
    const begun = (split: SplitDescription): number => (this.#states.has(split.id) ? 0 : 1);
    this.#waiting = [...open].sort((a, b) => begun(a) - begun(b) || a.index - b.index);
  }

  /** The next split and where to go on in it; undefined when none is waiting. */
  take(): { readonly split: SplitDescription; readonly state: SplitState | null } | undefined {
    const split = this.#waiting.shift();
    if (split === undefined) return undefined;
    this.#reading.set(split.id, split);
    return { split, state: this.#states.get(split.id) ?? null };
  }

  finish(splitId: string): void {
    invariant(this.#reading.delete(splitId), 'a split ended that nobody reads', { splitId });
    this.#done += 1;
  }

  get noneWaiting(): boolean {
    return this.#waiting.length === 0;
  }

  get allDone(): boolean {
    return this.#done === this.#count;
  }

  /** Smallest event time that a waiting split may still bring, as a decimal string. */
  get floor(): string {
    let floor: bigint | undefined;
    for (const split of this.#waiting) {
      const time = this.#floorOf(split);
      if (time === undefined) return TIME_NONE;
      if (floor === undefined || time < floor) floor = time;
    }
    return floor === undefined ? TIME_END : floor.toString();
  }

  #floorOf(split: SplitDescription): bigint | undefined {
    const maxTime = this.#states.get(split.id)?.maxTime ?? null;
    const seen = maxTime === null ? undefined : BigInt(maxTime) - BigInt(this.#outOfOrderMs);
    const known = split.timeMin === null ? undefined : BigInt(split.timeMin);
    if (seen === undefined || known === undefined) return seen ?? known;
    return seen > known ? seen : known;
  }

  /** States that the run began with; a slot that holds a split reports a newer one. */
  restoredStates(): readonly SplitState[] {
    return [...this.#states.values()];
  }
}

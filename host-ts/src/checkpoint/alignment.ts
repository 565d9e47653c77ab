/**
 * Barrier alignment of one subtask (Chandy–Lamport as in Flink), pure.
 *
 * Channels are numbered 0 … count − 1. A channel that has delivered barrier n is blocked until
 * every channel has; then the subtask snapshots and all are unblocked. At most one epoch is in
 * flight, because the coordinator starts the next one only after the last one is published.
 */
import { invariant } from '../base/index.ts';

export class Alignment {
  readonly #blocked: boolean[];
  #arrived = 0;
  #epoch = 0;

  constructor(channelCount: number) {
    this.#blocked = new Array<boolean>(channelCount).fill(false);
  }

  /** The epoch being aligned, 0 when none is. */
  get epoch(): number {
    return this.#epoch;
  }

  isBlocked(channel: number): boolean {
    return this.#blocked[channel] === true;
  }

  /** Notes a barrier; true when it was the last one: snapshot now, then call `release`. */
  arrive(channel: number, epoch: number): boolean {
    invariant(this.#blocked[channel] === false, 'barrier on a channel that is already blocked', { channel, epoch });
    invariant(this.#epoch === 0 || this.#epoch === epoch, 'two epochs in flight', { aligning: this.#epoch, epoch });
    this.#epoch = epoch;
    this.#blocked[channel] = true;
    this.#arrived += 1;
    return this.#arrived === this.#blocked.length;
  }

  release(): void {
    this.#blocked.fill(false);
    this.#arrived = 0;
    this.#epoch = 0;
  }
}

/**
 * Merges the watermarks of several channels: the subtask's is the smallest. Idle channels do not count, and a finished
 * one is not an idle one: while some channel is idle and all others have finished, the watermark stays where it is,
 * for what the idle one may still bring.
 */
export class WatermarkMerge {
  readonly #channels: bigint[];
  readonly #idle: boolean[];
  readonly #end: bigint;
  #merged: bigint;

  /** `end`: the watermark of a finished channel. */
  constructor(channelCount: number, initial: bigint, end: bigint) {
    this.#end = end;
    this.#channels = new Array<bigint>(channelCount).fill(initial);
    this.#idle = new Array<boolean>(channelCount).fill(false);
    this.#merged = initial;
  }

  /** Every channel that has not finished is idle: the subtask is, too. */
  get idle(): boolean {
    const open = this.#idle.filter((_, channel) => this.#channels[channel] !== this.#end);
    return open.length > 0 && open.every(Boolean);
  }

  get merged(): bigint {
    return this.#merged;
  }

  /** True when the merged watermark rose. A channel's watermark never falls: lower ones are ignored. */
  raise(channel: number, watermark: bigint): boolean {
    const before = this.#channels[channel];
    if (before === undefined || watermark < before) return false;
    this.#channels[channel] = watermark;
    this.#idle[channel] = false;
    return this.#merge();
  }

  /** The channel does not count until its next watermark; true when the merged one rose by that. */
  setIdle(channel: number): boolean {
    this.#idle[channel] = true;
    return this.#merge();
  }

  #merge(): boolean {
    if (this.idle) return false;
    let smallest: bigint | undefined;
    for (const [channel, watermark] of this.#channels.entries()) {
      if (this.#idle[channel] === true) continue;
      if (smallest === undefined || watermark < smallest) smallest = watermark;
    }
    if (smallest === undefined || smallest <= this.#merged) return false;
    this.#merged = smallest;
    return true;
  }
}

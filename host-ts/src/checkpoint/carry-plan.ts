/**
 * Which stored values a slot shall give up, pure.
 *
 * A stored value lives as long as one record in it is the newest of its page, so values of pages that change often keep
 * those that rarely do, and storage would hold many times the live state. A slot whose values have become too sparse
 * carries the live records of the sparsest ones over into new values; with the manifest that names the new ones, the
 * old ones are no longer named, and they are released as others are.
 *
 * With the factor f, giving up G bytes of values of which at most 1/f is live frees G × (1 − 1/f). An epoch that writes
 * D bytes adds at most D that are not live, so G = D × f / (f − 1) holds the line; more than that catches up.
 */
import { GIVEN_UP_BYTES_PER_EPOCH, STORED_BYTES_TOLERATED, STORED_PER_LIVE_MAX } from '../base/index.ts';

/** What a slot's records use of one stored value. */
export interface ValueUse {
  readonly value: string;
  readonly bytes: number;
  /** Bytes of those records that the slot's next manifest names. */
  readonly liveBytes: number;
}

export interface CarryLimits {
  /** Stored bytes per live byte at most. */
  readonly storedPerLive: number;
  /** With fewer stored bytes than this nothing is carried. */
  readonly storedBytesMin: number;
  /** Values of so many bytes are given up per epoch at most, or of as many as hold the line if that is more. */
  readonly givenUpBytesMax: number;
}

export const CARRY_LIMITS: CarryLimits = {
  storedPerLive: STORED_PER_LIVE_MAX,
  storedBytesMin: STORED_BYTES_TOLERATED,
  givenUpBytesMax: GIVEN_UP_BYTES_PER_EPOCH,
};

/** Names of the values to give up this epoch, sparsest first; `bytesDrained` is what the epoch has written by itself. */
export function valuesToGiveUp(
  uses: readonly ValueUse[],
  limits: CarryLimits,
  bytesDrained: number,
): readonly string[] {
  const live = sum(uses.map(({ liveBytes }) => liveBytes));
  const allowed = Math.max(limits.storedBytesMin, live * limits.storedPerLive);
  let stored = sum(uses.map(({ bytes }) => bytes));
  if (stored <= allowed) return [];
  const holdsTheLine = (bytesDrained * limits.storedPerLive) / (limits.storedPerLive - 1);
  const budget = Math.max(limits.givenUpBytesMax, holdsTheLine);
  const given: string[] = [];
  let givenBytes = 0;
  for (const use of uses.toSorted(sparsestFirst)) {
    if (stored <= allowed || givenBytes >= budget || use.liveBytes === use.bytes) break;
    given.push(use.value);
    givenBytes += use.bytes;
    stored -= use.bytes - use.liveBytes;
  }
  return given;
}

function sparsestFirst(a: ValueUse, b: ValueUse): number {
  return a.liveBytes * b.bytes - b.liveBytes * a.bytes || (a.value < b.value ? -1 : 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

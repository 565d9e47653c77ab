/**
 * Which slot owns which key groups: contiguous ranges, as even as they can be.
 *
 * The sender's partition bounds, the receiver's restore range and the rescale plan all come from
 * this one function, so they cannot disagree. Every key group belongs to exactly one slot.
 */
import { invariant } from '../base/index.ts';

export interface KeyGroupRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Key groups of a slot: `slot` in 0 … parallelism − 1, `keyGroups` a power of two >= parallelism. */
export function keyGroupRange(slot: number, parallelism: number, keyGroups: number): KeyGroupRange {
  invariant(slot >= 0 && slot < parallelism, 'slot out of range', { slot, parallelism });
  return { from: firstKeyGroup(slot, parallelism, keyGroups), to: firstKeyGroup(slot + 1, parallelism, keyGroups) };
}

/** First key group of every slot, then `keyGroups`: the bounds of OP_PARTITION, i32[parallelism + 1]. */
export function keyGroupBounds(parallelism: number, keyGroups: number): readonly number[] {
  return Array.from({ length: parallelism + 1 }, (_, slot) => firstKeyGroup(slot, parallelism, keyGroups));
}

/** log2 of a power of two. */
export function keyGroupsLog2(keyGroups: number): number {
  const log2 = 31 - Math.clz32(keyGroups);
  invariant(1 << log2 === keyGroups, 'key groups are not a power of two', { keyGroups });
  return log2;
}

function firstKeyGroup(slot: number, parallelism: number, keyGroups: number): number {
  return Math.floor((slot * keyGroups) / parallelism);
}

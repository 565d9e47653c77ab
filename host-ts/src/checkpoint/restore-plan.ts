/**
 * Which records a slot needs when a job goes on from a manifest, at the old parallelism or at
 * another one: pure. A record that straddles two slots' ranges of key groups goes to both, and
 * the engine keeps the rows of its own range.
 */
import { keyGroupRange } from '../plan/index.ts';
import type { Manifest, RecordRef } from './manifest.ts';

/** Records of the manifest that overlap the slot's range, in their order. */
export function recordsForSlot(manifest: Manifest, slot: number, parallelism: number): readonly RecordRef[] {
  const own = keyGroupRange(slot, parallelism, manifest.keyGroups);
  return manifest.records.filter((record) => record.keyGroupFrom < own.to && record.keyGroupTo > own.from);
}

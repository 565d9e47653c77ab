/**
 * Which segments to merge: pure decisions over the list that a manifest names.
 *
 * Every epoch adds segments; many small ones make reading slow and the manifest long. As in a log-structured tree
 * the newest epochs are taken together as long as the next older one is not much larger, so that a row is rewritten
 * a logarithmic number of times. Only whole epochs are merged, and only neighbours: the newer row still wins.
 */
import type { TableSegment } from '../checkpoint/index.ts';

/** Segments that are worth a merge. */
const SEGMENTS_MIN = 16;
/** Bytes that one compaction reads at most: it works in the coordinator's thread. */
const COMPACTION_BYTES_MAX = 32 << 20;
/** An older epoch is taken along when it is at most this many times what the newer ones have. */
const GROWTH_MAX = 4;

/** The segments to merge into fewer, oldest epoch first; undefined when it is not worth it. */
export function planCompaction(segments: readonly TableSegment[]): readonly TableSegment[] | undefined {
  const epochs = [...new Set(segments.map(({ epoch }) => epoch))].sort((a, b) => b - a);
  const chosen: TableSegment[] = [];
  let bytes = 0;
  for (const epoch of epochs) {
    const group = segments.filter((segment) => segment.epoch === epoch);
    const groupBytes = group.reduce((sum, segment) => sum + segment.bytes, 0);
    if (bytes + groupBytes > COMPACTION_BYTES_MAX) break;
    if (chosen.length >= SEGMENTS_MIN && groupBytes > bytes * GROWTH_MAX) break;
    chosen.unshift(...group);
    bytes += groupBytes;
  }
  return chosen.length >= SEGMENTS_MIN && chosen.length * (1 << 19) > bytes ? chosen : undefined;
}

/**
 * The rows of many sorted segments in key order, the newest of each key, a piece at a time.
 *
 * A merge of k runs (run-cursor.ts) in rounds instead of rows: a round's bound is the smallest last key of the blocks
 * at hand, and of every block the rows up to it are taken, oldest epoch first. Sorting them by key, where the row
 * that was added last stays, gives the round. So a round ends at least one block, has at most the rows of one block
 * per run, and what is done per row is the sort's; keys are only compared to find the bounds.
 *
 * Held: one window per run, together TABLE_READ_AHEAD_BYTES or one block each, and one round.
 */
import { STORED_VALUE_BYTES, TABLE_BLOCK_BYTES, TABLE_READ_AHEAD_BYTES } from '../base/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import { appendFrame } from './frame-rows.ts';
import type { FrameKeys } from './frame-keys.ts';
import { RowStore } from './row-store.ts';
import { RunCursor } from './run-cursor.ts';
import type { KeyPlace } from './run-cursor.ts';
import type { SegmentReader } from './segment-reader.ts';

export class SegmentMerge {
  readonly #reader: SegmentReader;
  /** Oldest epoch first. */
  readonly #cursors: readonly RunCursor[];

  /** `segments`: oldest epoch first, those of one slot and epoch in the order of their keys. */
  constructor(reader: SegmentReader, segments: readonly TableSegment[]) {
    this.#reader = reader;
    const runs = runsOf(segments);
    const share = Math.floor(TABLE_READ_AHEAD_BYTES / Math.max(1, runs.length));
    const windowBytesMax = Math.min(STORED_VALUE_BYTES, Math.max(TABLE_BLOCK_BYTES, share));
    this.#cursors = runs.map((run) => new RunCursor(reader, run, windowBytesMax));
  }

  get runCount(): number {
    return this.#cursors.length;
  }

  /** Bytes of blocks in memory. */
  get heldBytes(): number {
    return this.#cursors.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  }

  /** Goes on from this place; before the first round. */
  async seek(place: KeyPlace): Promise<void> {
    for (const cursor of this.#cursors) await cursor.seek(place);
  }

  /** The next rows in key order, one at least; undefined behind the last. */
  async next(): Promise<RowStore | undefined> {
    for (const cursor of this.#cursors) await cursor.fill();
    let bound: FrameKeys | undefined;
    for (const { keys } of this.#cursors) {
      if (keys === undefined) continue;
      if (bound === undefined || keys.compare(keys.rows - 1, bound, bound.rows - 1) < 0) bound = keys;
    }
    if (bound === undefined) return undefined;
    const { schema, key } = this.#reader.init;
    const round = new RowStore(schema, key);
    let taken = 0;
    for (const cursor of this.#cursors) {
      const { keys, row: from } = cursor;
      if (keys === undefined) continue;
      const to = keys === bound ? keys.rows : keys.search(bound, bound.rows - 1, { from, above: true });
      if (to === from) continue;
      appendFrame(round, keys.bytes, { range: { from, to } });
      cursor.row = to;
      taken++;
    }
    if (taken > 1) round.sort(); // the rows of one block are sorted already
    return round;
  }

  /**
   * The newest row of the key of `probe`, of the newest epoch that has one. Runs of older epochs are not looked at.
   */
  async find(probe: FrameKeys): Promise<RowStore | undefined> {
    for (let at = this.#cursors.length - 1; at >= 0; at--) {
      const cursor = this.#cursors[at]!;
      await cursor.seek({ keys: probe, above: false });
      const { keys, row } = cursor;
      if (keys === undefined || keys.compare(row, probe, 0) !== 0) continue;
      const { schema, key } = this.#reader.init;
      const found = new RowStore(schema, key);
      appendFrame(found, keys.bytes, { range: { from: row, to: row + 1 } });
      return found;
    }
    return undefined;
  }
}

function runsOf(segments: readonly TableSegment[]): readonly (readonly TableSegment[])[] {
  const runs = new Map<string, TableSegment[]>();
  for (const segment of segments) {
    const name = `${segment.epoch}/${segment.slot}`;
    const run = runs.get(name);
    if (run === undefined) runs.set(name, [segment]);
    else run.push(segment);
  }
  return [...runs.values()];
}

/**
 * Merges small table segments into larger ones, in the background between epochs.
 *
 * The merged segments are stored at once and named by the next manifest in place of those they
 * replace; those are released with the last manifest that names them. A compaction that fails is
 * forgotten: the next one removes what it stored. One that an attempt's end overtakes leaves values
 * that the next attempt sweeps.
 */
import { checksum } from '../base/index.ts';
import { mergedName } from '../checkpoint/index.ts';
import type { CheckpointStorage, TableSegment } from '../checkpoint/index.ts';
import { planCompaction } from '../table/index.ts';
import type { Results } from './results.ts';

export interface Compaction {
  readonly table: string;
  readonly replaced: readonly TableSegment[];
  readonly merged: readonly TableSegment[];
}

export class Compactor {
  readonly #storage: CheckpointStorage;
  readonly #results: Results;
  #busy = false;
  #sequence = 0;
  /** Values of compactions that nobody was told of. */
  #untold: string[] = [];

  constructor(storage: CheckpointStorage, results: Results) {
    this.#storage = storage;
    this.#results = results;
  }

  /** Does what is worth doing for the manifest's tables; at once nothing while a former call is at work. */
  async run(
    attempt: number,
    tables: Readonly<Record<string, readonly TableSegment[]>>,
  ): Promise<readonly Compaction[]> {
    if (this.#busy) return [];
    this.#busy = true;
    try {
      await this.#removeUntold(attempt);
      const done: Compaction[] = [];
      for (const [table, segments] of Object.entries(tables)) {
        const replaced = planCompaction(segments);
        if (replaced !== undefined) done.push(await this.#merge(attempt, table, replaced));
      }
      this.#untold = [];
      return done;
    } finally {
      this.#busy = false;
    }
  }

  async #removeUntold(attempt: number): Promise<void> {
    if (this.#untold.length === 0) return;
    await this.#storage.release(attempt, [], this.#untold);
    this.#untold = [];
  }

  async #merge(attempt: number, table: string, replaced: readonly TableSegment[]): Promise<Compaction> {
    const epoch = Math.max(...replaced.map((segment) => segment.epoch));
    const merged: TableSegment[] = [];
    for await (const { bytes, rows, index } of this.#results.table(table).table.compact(replaced)) {
      const value = mergedName(attempt, this.#sequence++);
      this.#untold.push(value);
      await this.#storage.putValue(attempt, value, bytes);
      merged.push({ value, bytes: bytes.byteLength, rows, sum: checksum(bytes), index, epoch, slot: 0 });
    }
    return { table, replaced, merged };
  }
}

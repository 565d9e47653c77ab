/**
 * One split that this subtask reads: its reader, how far it is, and its watermark.
 *
 * The watermark of a split is a function of its rows alone: the largest time so far, less the
 * bound, less one millisecond. Until its first row a split promises what its description does.
 */
import type { SplitDescription, SplitReader } from '../connectors/index.ts';
import type { SplitState } from '../checkpoint/index.ts';
import type { Json } from '../base/index.ts';
import { WATERMARK_NONE } from './times.ts';

export class SplitProgress {
  readonly split: SplitDescription;
  reader: SplitReader | undefined;
  /** Set while the reader is being opened or has nothing yet. */
  waiting = false;
  #finished = false;
  idle = false;
  rows: number;
  maxTime: bigint;
  #position: Json;
  /** What the split's description says about its earliest row. */
  readonly #promised: bigint;

  constructor(split: SplitDescription, state: SplitState | null) {
    this.split = split;
    this.#promised = split.timeMin === null ? WATERMARK_NONE : BigInt(split.timeMin) - 1n;
    this.rows = state?.rows ?? 0;
    this.maxTime = state?.maxTime == null ? WATERMARK_NONE : BigInt(state.maxTime);
    this.#position = state?.position ?? null;
  }

  /** Where a reader goes on. */
  get position(): Json {
    return this.#position;
  }

  /** Notes that rows have been delivered into the chain. */
  delivered(rows: number): void {
    this.rows += rows;
    if (this.reader !== undefined) this.#position = this.reader.position();
  }

  /** Rows of bad input that were skipped by policy. */
  get skippedRows(): number {
    return this.reader?.skippedRows ?? 0;
  }

  /** The split has been read to its end. */
  finish(): void {
    this.#finished = true;
    this.reader?.close();
    this.reader = undefined;
  }

  watermark(outOfOrderMs: bigint): bigint {
    const known = this.#promised;
    if (this.maxTime === WATERMARK_NONE) return known;
    const seen = this.maxTime - outOfOrderMs - 1n;
    return seen > known ? seen : known;
  }

  /** What a checkpoint says of the split. */
  state(vertex: number): SplitState {
    return {
      vertex,
      splitId: this.split.id,
      position: this.#position,
      rows: this.rows,
      maxTime: this.maxTime === WATERMARK_NONE ? null : this.maxTime.toString(),
      finished: this.#finished,
    };
  }
}

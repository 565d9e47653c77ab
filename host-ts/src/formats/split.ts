/**
 * Cutting big line-oriented files into splits that do not depend on parallelism.
 *
 * A file is cut every SPLIT_BYTES. A split owns the lines that begin behind the first newline at or after its start
 * (the first split: at 0) and ends behind the first newline at or after its end. Every line belongs to exactly one
 * split, and a split may be empty. NDJSON can always be cut: a newline never lies within a record. CSV cannot, since
 * whether a newline ends a record depends on all quotes before it; it is one split unless the file is declared to
 * have no quoting (`quote: ''`).
 */

/** Large enough that a split's start costs nothing, small enough that some 30 keep four slots evenly busy. */
export const SPLIT_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;

export interface ByteRange {
  readonly from: number;
  /** Exclusive; lines that begin before it are read to their end, which lies behind it. */
  readonly to: number;
}

/** The ranges of a file of so many bytes; at least one. */
export function splitRanges(fileBytes: number, cuttable: boolean): readonly ByteRange[] {
  if (!cuttable || fileBytes <= SPLIT_BYTES) return [{ from: 0, to: fileBytes }];
  const count = Math.ceil(fileBytes / SPLIT_BYTES);
  return Array.from({ length: count }, (_, index) => ({
    from: index * SPLIT_BYTES,
    to: Math.min(fileBytes, (index + 1) * SPLIT_BYTES),
  }));
}

/** The part of a chunk that belongs to the split. */
export interface SplitPart {
  readonly bytes: Uint8Array;
  /** Offset in the file of the first of the bytes. */
  readonly offset: number;
  /** The split ends with this chunk: read no further. */
  readonly isLast: boolean;
}

/** Trims the chunks of a file, read in order from `range.from`, to the lines that the split owns. */
export class SplitTrimmer {
  readonly #range: ByteRange;
  readonly #fileBytes: number;
  /** Before the split's first line, at a line that may be its last one's successor, or within the split. */
  #place: 'before' | 'resumed' | 'within';

  /** `resumed`: reading goes on at a position that a decoder gave, which is the start of a line. */
  constructor(range: ByteRange, fileBytes: number, resumed: boolean) {
    this.#range = range;
    this.#fileBytes = fileBytes;
    this.#place = resumed ? 'resumed' : range.from === 0 ? 'within' : 'before';
  }

  /** `offset`: where the chunk lies in the file. */
  trim(chunk: Uint8Array, offset: number): SplitPart {
    const { to } = this.#range;
    const end = offset + chunk.length;
    const nothing = (isLast: boolean): SplitPart => ({ bytes: chunk.subarray(0, 0), offset, isLast });
    let from = 0;
    if (this.#place === 'before') {
      const newline = chunk.indexOf(LF);
      if (newline < 0) return nothing(end >= Math.min(to, this.#fileBytes));
      // a line that runs past the whole range belongs to the split in which it begins
      if (offset + newline >= to) return nothing(true);
      from = newline + 1;
    } else if (this.#place === 'resumed' && offset > to) return nothing(true);
    this.#place = 'within';
    const newline = to >= this.#fileBytes || end <= to ? -1 : chunk.indexOf(LF, Math.max(from, to - offset));
    if (newline < 0) return { bytes: chunk.subarray(from), offset: offset + from, isLast: end >= this.#fileBytes };
    return { bytes: chunk.subarray(from, newline + 1), offset: offset + from, isLast: true };
  }
}

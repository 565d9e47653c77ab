/**
 * The bytes of one split of a text, as chunks read ahead: from the first line that begins in it to the end of the
 * last one. A line belongs to the range in which it begins, so every line is in exactly one split.
 */
import type { ByteSource } from '../platform/index.ts';

const LF = 10;

export interface TextRange {
  readonly from: number;
  /** Lines that begin here or later belong to the next split; Infinity for the last one. */
  readonly to: number;
}

export interface TextChunk {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

export class TextBytes {
  readonly #source: ByteSource;
  readonly #range: TextRange;
  readonly #chunkBytes: number;
  #at: number;
  #aligned: boolean;
  #ended = false;

  /** `start`: where a line begins that is to be read first, when that is known (at a resume). */
  constructor(source: ByteSource, range: TextRange, chunkBytes: number, start?: number) {
    this.#source = source;
    this.#range = range;
    this.#chunkBytes = chunkBytes;
    this.#aligned = start !== undefined || range.from === 0;
    // one byte earlier: if that is a line end, a line begins right at the range
    this.#at = start ?? Math.max(0, range.from - 1);
  }

  /** Where the first line of the split begins; meaningful from the first chunk on. */
  firstAt = -1;

  /** The next chunk; undefined behind the last one. */
  async next(): Promise<TextChunk | undefined> {
    while (!this.#ended) {
      const readAt = this.#at;
      const read = await this.#source.read(readAt, this.#chunkBytes);
      this.#at += read.length;
      const isEnd = this.#source.seekable ? read.length < this.#chunkBytes : read.length === 0;
      let from = 0;
      if (!this.#aligned) {
        const newline = read.indexOf(LF);
        if (newline < 0 && !isEnd) continue;
        from = newline < 0 ? read.length : newline + 1;
        this.#aligned = true;
      }
      if (this.firstAt < 0) {
        this.firstAt = readAt + from;
        if (this.firstAt >= this.#range.to) return this.#end(new Uint8Array(0));
      }
      return this.#cut(read, readAt, { from, isEnd });
    }
    return undefined;
  }

  #cut(
    read: Uint8Array,
    readAt: number,
    { from, isEnd }: { readonly from: number; readonly isEnd: boolean },
  ): TextChunk {
    const { to } = this.#range;
    if (readAt + read.length >= to) {
      const newline = read.indexOf(LF, Math.max(from, to - 1 - readAt));
      if (newline >= 0) return this.#end(read.subarray(from, newline + 1));
    }
    const bytes = read.subarray(from);
    return isEnd ? this.#end(bytes) : { bytes, last: false };
  }

  #end(bytes: Uint8Array): TextChunk {
    this.#ended = true;
    return { bytes, last: true };
  }
}

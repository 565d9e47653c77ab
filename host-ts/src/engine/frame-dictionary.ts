/**
 * Text columns on their way into a frame: dictionaries, and columns made of JavaScript strings.
 */
import { hashDictionary } from './hash-v1.ts';

const encoder = new TextEncoder();

/** The entries of a dictionary column; the hash is computed once, when a frame first needs it. */
export class FrameDictionary {
  /** i32[count + 1], from 0. */
  readonly offsets: Int32Array;
  /** UTF-8, offsets[count] bytes. */
  readonly bytes: Uint8Array;
  #hash: bigint | undefined;

  constructor(offsets: Int32Array, bytes: Uint8Array) {
    this.offsets = offsets;
    this.bytes = bytes;
  }

  static fromStrings(strings: readonly string[]): FrameDictionary {
    const offsets = new Int32Array(strings.length + 1);
    // a UTF-16 code unit takes at most three bytes
    const bytes = new Uint8Array(strings.reduce((sum, text) => sum + 3 * text.length, 0));
    let at = 0;
    strings.forEach((text, index) => {
      at += encoder.encodeInto(text, bytes.subarray(at)).written;
      offsets[index + 1] = at;
    });
    return new FrameDictionary(offsets, bytes.subarray(0, at));
  }

  get count(): number {
    return this.offsets.length - 1;
  }

  get hash(): bigint {
    return (this.#hash ??= hashDictionary(this.offsets, this.bytes));
  }
}

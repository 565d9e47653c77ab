/**
 * Text columns on their way into a frame: dictionaries, and columns made of JavaScript strings.
 */
import { hashDictionary } from './hash-v1.ts';

const encoder = new TextEncoder();

/** Bytes of a dictionary that travel with any frame, and how many more with every row of it. */
const TRAVELS_BYTES_MIN = 4096;
const TRAVELS_ROW_BYTES = 16;

/** The entries of a dictionary column; the hash is computed once, when a frame first needs it. */
export class FrameDictionary {
  /** i32[count + 1], from 0. */
  readonly offsets: Int32Array;
  /** UTF-8, offsets[count] bytes. */
  readonly bytes: Uint8Array;
  #hash: bigint | undefined;

  /** `hash`: where it is known, the dictionary's hash v1. */
  constructor(offsets: Int32Array, bytes: Uint8Array, hash?: bigint) {
    this.offsets = offsets;
    this.bytes = bytes;
    this.#hash = hash;
  }

  static fromStrings(strings: readonly string[]): FrameDictionary {
    const { offsets, bytes } = encodeTexts(strings);
    return new FrameDictionary(offsets, bytes);
  }

  get count(): number {
    return this.offsets.length - 1;
  }

  get hash(): bigint {
    return (this.#hash ??= hashDictionary(this.offsets, this.bytes));
  }
}

/** Whether a frame of so many rows carries the whole dictionary rather than the texts of its rows. */
export function dictionaryTravels(
  { offsets, bytes }: Pick<FrameDictionary, 'offsets' | 'bytes'>,
  rows: number,
): boolean {
  // an empty one is written as plain: an id needs an entry to point to
  return offsets.length > 1 && offsets.byteLength + bytes.length <= TRAVELS_BYTES_MIN + TRAVELS_ROW_BYTES * rows;
}

/** UTF-8 of all strings, one after the other; offsets from 0, one more than there are strings. */
export function encodeTexts(strings: readonly string[]): { readonly offsets: Int32Array; readonly bytes: Uint8Array } {
  const offsets = new Int32Array(strings.length + 1);
  let units = 0;
  for (let index = 0; index < strings.length; index++) offsets[index + 1] = units += strings[index]!.length;
  // a UTF-16 code unit takes at most three bytes
  const bytes = new Uint8Array(3 * units);
  // one call for all; as many bytes as code units means that every one was ASCII, and the offsets are right
  const { written } = encoder.encodeInto(strings.join(''), bytes);
  if (written === units) return { offsets, bytes: bytes.subarray(0, written) };
  let at = 0;
  for (let index = 0; index < strings.length; index++) {
    at += encoder.encodeInto(strings[index]!, bytes.subarray(at)).written;
    offsets[index + 1] = at;
  }
  return { offsets, bytes: bytes.subarray(0, at) };
}

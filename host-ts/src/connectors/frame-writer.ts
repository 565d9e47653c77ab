/**
 * Cuts rows out of decoded columns and lays them out as a frame in the engine's memory, in one buffer that is used
 * again for every frame. Nothing is made per row: columns are copied as typed arrays.
 *
 * A dictionary travels whole with each frame while it is small; of a large one only the texts of the frame's rows
 * are taken, as a plain column.
 */
import { ROW_BYTES_MAX } from '../abi/index.ts';
import { directoryEnd, padded, writeColumnEntry, writeFrameHead } from '../engine/index.ts';
import type { ColumnEntry, FrameBlock, FrameDictionary } from '../engine/index.ts';
import type { ColumnData, ColumnSlice } from './column-batch.ts';

/** What a writer needs of the engine. */
export interface EngineMemory {
  /** A view, good until memory grows. */
  bytes(ptr: number, length: number): Uint8Array;
  /** Address of `bytes` bytes, a multiple of 16; throws ENGINE_OUT_OF_MEMORY. */
  alloc(bytes: number): number;
  free(ptr: number): void;
}

/** A dictionary that is larger does not travel with every frame. */
const DICTIONARY_BYTES_MAX = 64 << 10;

export class FrameWriter {
  readonly #engine: EngineMemory;
  readonly #types: readonly number[];
  #ptr = 0;
  #capacity = 0;
  #end = 0;
  #bytes = new Uint8Array(0);
  #ints = new Int32Array(0);
  /** From the frame's begin on. */
  #view = new DataView<ArrayBufferLike>(new ArrayBuffer(0));

  /** `types`: the ABI type of every column. */
  constructor(engine: EngineMemory, types: readonly number[]) {
    this.#engine = engine;
    this.#types = types;
  }

  /** How many of the `rows` rows fit a frame of reasonable size: at least one. */
  rowsThatFit(slices: readonly ColumnSlice[], rows: number): number {
    let fit = rows;
    for (const { batch, from } of slices) {
      const { data } = batch;
      if (data.kind === 'words' || data.kind === 'bools') continue;
      if (data.kind === 'ids' && isSmall(data.dictionary)) continue;
      let bytes = 0;
      for (let row = 0; row < fit; row++) {
        bytes += textBytes(data, from + row);
        if (bytes > ROW_BYTES_MAX && row > 0) fit = row;
      }
    }
    return fit;
  }

  /** Rows of all slices as one frame; its address, valid until the next call. */
  write(slices: readonly ColumnSlice[], rows: number): number {
    const columns = slices.length;
    let needed = directoryEnd(columns);
    for (const slice of slices) needed += columnBytes(slice, rows);
    this.#reserve(needed);
    this.#end = directoryEnd(columns);
    slices.forEach((slice, index) => {
      writeColumnEntry(this.#view, index, { type: this.#types[index]!, ...this.#column(slice, rows) });
    });
    this.#align();
    writeFrameHead(this.#view, { byteLength: this.#end, rows, columns });
    return this.#ptr;
  }

  close(): void {
    if (this.#ptr !== 0) this.#engine.free(this.#ptr);
    this.#ptr = 0;
    this.#capacity = 0;
  }

  /** Lays out the blocks of a column. */
  #column({ batch, from }: ColumnSlice, rows: number): Omit<ColumnEntry, 'type'> {
    const { valid, data } = batch;
    const hasNulls = valid !== undefined && valid.subarray(from, from + rows).includes(0);
    const validityAt = hasNulls ? this.#bitmap(valid, from, rows).at : undefined;
    switch (data.kind) {
      case 'words':
        return { validityAt, data: this.#words(data.values.subarray(from * data.words, (from + rows) * data.words)) };
      case 'bools':
        return { validityAt, data: this.#bitmap(data.values, from, rows) };
      case 'ids':
        if (!isSmall(data.dictionary)) return { validityAt, ...this.#texts(data, from, rows) };
        return { validityAt, ...this.#dictionary(data.ids.subarray(from, from + rows), data.dictionary) };
      default:
        return { validityAt, ...this.#texts(data, from, rows) };
    }
  }

  #dictionary(ids: Int32Array, { offsets, bytes, hash, count }: FrameDictionary): Omit<ColumnEntry, 'type'> {
    const data = this.#words(ids);
    const offsetsAt = this.#words(offsets).at;
    this.#align();
    const at = this.#end;
    this.#bytes.set(bytes, this.#ptr + at);
    this.#end += bytes.length;
    return { data, dictionary: { offsetsAt, count, bytes: { at, byteLength: bytes.length }, hash } };
  }

  #texts(text: TextData, from: number, rows: number): Omit<ColumnEntry, 'type'> {
    this.#align();
    const data = { at: this.#end, byteLength: (rows + 1) * 4 };
    this.#end += data.byteLength;
    this.#align();
    const bytesAt = this.#end;
    const offsetsAt = (this.#ptr + data.at) >> 2;
    const { offsets, bytes } = text.kind === 'ids' ? text.dictionary : text;
    if (text.kind === 'texts') {
      const base = offsets[from]!;
      const length = offsets[from + rows]! - base;
      for (let row = 0; row <= rows; row++) this.#ints[offsetsAt + row] = offsets[from + row]! - base;
      this.#bytes.set(bytes.subarray(base, base + length), this.#ptr + bytesAt);
      this.#end += length;
    } else {
      this.#ints[offsetsAt] = 0;
      for (let row = 0; row < rows; row++) {
        const id = text.ids[from + row]!;
        const length = textBytes(text, from + row);
        this.#bytes.set(bytes.subarray(offsets[id], offsets[id]! + length), this.#ptr + this.#end);
        this.#end += length;
        this.#ints[offsetsAt + row + 1] = this.#end - bytesAt;
      }
    }
    return { data, text: { at: bytesAt, byteLength: this.#end - bytesAt } };
  }

  #words(values: Int32Array): FrameBlock {
    this.#align();
    const at = this.#end;
    this.#ints.set(values, (this.#ptr + at) >> 2);
    this.#end += values.byteLength;
    return { at, byteLength: values.byteLength };
  }

  /** Eight rows of 0 or 1 to a byte. */
  #bitmap(values: Uint8Array, from: number, rows: number): FrameBlock {
    this.#align();
    const at = this.#end;
    for (let row = 0; row < rows; row += 8) {
      let byte = 0;
      const count = Math.min(8, rows - row);
      for (let bit = 0; bit < count; bit++) byte |= values[from + row + bit]! << bit;
      this.#bytes[this.#ptr + at + (row >> 3)] = byte;
    }
    const byteLength = (rows + 7) >> 3;
    this.#end += byteLength;
    return { at, byteLength };
  }

  #align(): void {
    const aligned = padded(this.#end);
    this.#bytes.fill(0, this.#ptr + this.#end, this.#ptr + aligned);
    this.#end = aligned;
  }

  #reserve(byteLength: number): void {
    if (byteLength > this.#capacity) {
      this.close();
      this.#capacity = (Math.ceil(byteLength * 1.25) + 4095) & ~4095;
      this.#ptr = this.#engine.alloc(this.#capacity);
    }
    // the memory may have grown since, which leaves older views without bytes
    const { buffer } = this.#engine.bytes(this.#ptr, this.#capacity);
    if (this.#bytes.buffer === buffer && this.#view.byteOffset === this.#ptr) return;
    this.#bytes = new Uint8Array(buffer as ArrayBuffer);
    this.#ints = new Int32Array(buffer as ArrayBuffer);
    this.#view = new DataView(buffer, this.#ptr);
  }
}

type TextData = Extract<ColumnData, { kind: 'ids' | 'texts' }>;

function isSmall({ offsets, bytes }: FrameDictionary): boolean {
  // an empty one is written as plain: an id needs an entry to point to
  return offsets.byteLength + bytes.length <= DICTIONARY_BYTES_MAX && offsets.length > 1;
}

function textBytes(data: TextData, row: number): number {
  const { offsets } = data.kind === 'ids' ? data.dictionary : data;
  const at = data.kind === 'ids' ? data.ids[row]! : row;
  // the dictionary of a column of nulls is empty, and its ids are 0 all the same
  return at + 1 < offsets.length ? offsets[at + 1]! - offsets[at]! : 0;
}

/** An upper bound with the padding of every block. */
function columnBytes({ batch, from }: ColumnSlice, rows: number): number {
  const { data, valid } = batch;
  const padding = 5 * 16;
  const nulls = valid === undefined ? 0 : (rows + 7) >> 3;
  if (data.kind === 'words') return nulls + rows * data.words * 4 + padding;
  if (data.kind === 'bools') return nulls + ((rows + 7) >> 3) + padding;
  let texts = 0;
  if (data.kind === 'texts') texts = data.offsets[from + rows]! - data.offsets[from]!;
  else if (isSmall(data.dictionary)) texts = data.dictionary.offsets.byteLength + data.dictionary.bytes.length;
  else for (let row = 0; row < rows; row++) texts += textBytes(data, from + row);
  return nulls + (rows + 1) * 4 + texts + padding;
}

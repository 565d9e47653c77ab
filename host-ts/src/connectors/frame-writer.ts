/**
 * Cuts rows out of decoded columns and lays them out as a frame in the engine's memory, in one buffer that is used
 * again for every frame. Nothing is made per row: columns are copied as typed arrays.
 *
 * A dictionary travels whole with each frame while it is small; of a large one only the texts of the frame's rows
 * are taken, as a plain column.
 */
import {
  COLUMN_BYTES_AT,
  COLUMN_DATA_AT,
  COLUMN_DICT_AT,
  COLUMN_DICT_BYTES_AT,
  COLUMN_DICT_HASH_AT,
  COLUMN_ENCODING_AT,
  COLUMN_ENTRY_BYTES,
  COLUMN_VALIDITY_AT,
  ENCODING_DICTIONARY,
  FRAME_BYTES_AT,
  FRAME_COLUMNS_AT,
  FRAME_HEADER_BYTES,
  FRAME_KINDS_AT,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
  FRAME_TIME_COLUMN_AT,
  ROW_BYTES_MAX,
  ROW_INSERT,
} from '../abi/index.ts';
import type { FrameDictionary } from '../engine/index.ts';
import type { ColumnData, ColumnSlice } from './column-batch.ts';

/** What a writer needs of the engine. */
export interface FrameMemory {
  /** A view, good until memory grows. */
  bytes(ptr: number, length: number): Uint8Array;
  /** Address of `bytes` bytes, a multiple of 16; throws ENGINE_OUT_OF_MEMORY. */
  alloc(bytes: number): number;
  free(ptr: number): void;
}

/** A dictionary that is larger does not travel with every frame. */
const DICTIONARY_BYTES_MAX = 64 << 10;

export class FrameWriter {
  readonly #engine: FrameMemory;
  readonly #types: readonly number[];
  #ptr = 0;
  #capacity = 0;
  #end = 0;
  #bytes = new Uint8Array(0);
  #ints = new Int32Array(0);

  /** `types`: the ABI type of every column. */
  constructor(engine: FrameMemory, types: readonly number[]) {
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
    const directoryEnd = FRAME_HEADER_BYTES + slices.length * COLUMN_ENTRY_BYTES;
    let needed = directoryEnd;
    for (const slice of slices) needed += columnBytes(slice, rows);
    this.#reserve(needed);
    this.#bytes.fill(0, this.#ptr, this.#ptr + directoryEnd);
    this.#end = directoryEnd;
    slices.forEach((slice, index) => this.#column(slice, { index, rows }));
    this.#align();
    this.#set(0, FRAME_MAGIC);
    this.#set(FRAME_BYTES_AT, this.#end);
    this.#set(FRAME_ROWS_AT, rows);
    this.#set(FRAME_COLUMNS_AT, slices.length);
    this.#set(FRAME_KINDS_AT, ROW_INSERT);
    this.#set(FRAME_TIME_COLUMN_AT, -1);
    return this.#ptr;
  }

  close(): void {
    if (this.#ptr !== 0) this.#engine.free(this.#ptr);
    this.#ptr = 0;
    this.#capacity = 0;
  }

  #column({ batch, from }: ColumnSlice, { index, rows }: { readonly index: number; readonly rows: number }): void {
    const entryAt = FRAME_HEADER_BYTES + index * COLUMN_ENTRY_BYTES;
    const { valid, data } = batch;
    this.#bytes[this.#ptr + entryAt] = this.#types[index]!;
    if (valid !== undefined && valid.subarray(from, from + rows).includes(0)) {
      this.#set(entryAt + COLUMN_VALIDITY_AT, this.#bitmap(valid, from, rows));
    }
    switch (data.kind) {
      case 'words': {
        const at = this.#words(data.values.subarray(from * data.words, (from + rows) * data.words));
        this.#pair(entryAt + COLUMN_DATA_AT, at, rows * data.words * 4);
        return;
      }
      case 'bools':
        this.#pair(entryAt + COLUMN_DATA_AT, this.#bitmap(data.values, from, rows), (rows + 7) >> 3);
        return;
      case 'ids':
        if (isSmall(data.dictionary)) this.#dictionary(entryAt, data.ids.subarray(from, from + rows), data.dictionary);
        else this.#texts(entryAt, data, { from, rows });
        return;
      default:
        this.#texts(entryAt, data, { from, rows });
    }
  }

  #dictionary(entryAt: number, ids: Int32Array, { offsets, bytes, hash }: FrameDictionary): void {
    this.#bytes[this.#ptr + entryAt + COLUMN_ENCODING_AT] = ENCODING_DICTIONARY;
    this.#pair(entryAt + COLUMN_DATA_AT, this.#words(ids), ids.byteLength);
    this.#pair(entryAt + COLUMN_DICT_AT, this.#words(offsets), offsets.length - 1);
    this.#align();
    this.#pair(entryAt + COLUMN_DICT_BYTES_AT, this.#end, bytes.length);
    this.#bytes.set(bytes, this.#ptr + this.#end);
    this.#end += bytes.length;
    this.#set(entryAt + COLUMN_DICT_HASH_AT, Number(BigInt.asIntN(32, hash)));
    this.#set(entryAt + COLUMN_DICT_HASH_AT + 4, Number(BigInt.asIntN(32, hash >> 32n)));
  }

  #texts(entryAt: number, data: TextData, { from, rows }: { readonly from: number; readonly rows: number }): void {
    this.#align();
    const offsetsAt = this.#end;
    this.#pair(entryAt + COLUMN_DATA_AT, offsetsAt, (rows + 1) * 4);
    this.#end += (rows + 1) * 4;
    this.#align();
    const bytesAt = this.#end;
    const { offsets, bytes } = data.kind === 'ids' ? data.dictionary : data;
    if (data.kind === 'texts') {
      const base = offsets[from]!;
      const length = offsets[from + rows]! - base;
      for (let row = 0; row <= rows; row++) this.#set(offsetsAt + row * 4, offsets[from + row]! - base);
      this.#bytes.set(bytes.subarray(base, base + length), this.#ptr + bytesAt);
      this.#end += length;
    } else {
      this.#set(offsetsAt, 0);
      for (let row = 0; row < rows; row++) {
        const id = data.ids[from + row]!;
        const length = textBytes(data, from + row);
        this.#bytes.set(bytes.subarray(offsets[id], offsets[id]! + length), this.#ptr + this.#end);
        this.#end += length;
        this.#set(offsetsAt + (row + 1) * 4, this.#end - bytesAt);
      }
    }
    this.#pair(entryAt + COLUMN_BYTES_AT, bytesAt, this.#end - bytesAt);
  }

  #words(values: Int32Array): number {
    this.#align();
    const at = this.#end;
    this.#ints.set(values, (this.#ptr + at) >> 2);
    this.#end += values.byteLength;
    return at;
  }

  /** Eight rows of 0 or 1 to a byte. */
  #bitmap(values: Uint8Array, from: number, rows: number): number {
    this.#align();
    const at = this.#end;
    for (let row = 0; row < rows; row += 8) {
      let byte = 0;
      const count = Math.min(8, rows - row);
      for (let bit = 0; bit < count; bit++) byte |= values[from + row + bit]! << bit;
      this.#bytes[this.#ptr + at + (row >> 3)] = byte;
    }
    this.#end += (rows + 7) >> 3;
    return at;
  }

  #align(): void {
    const aligned = (this.#end + 15) & ~15;
    this.#bytes.fill(0, this.#ptr + this.#end, this.#ptr + aligned);
    this.#end = aligned;
  }

  /** Two fields that follow each other: where, then how much. */
  #pair(at: number, first: number, second: number): void {
    this.#set(at, first);
    this.#set(at + 4, second);
  }

  #set(at: number, value: number): void {
    this.#ints[(this.#ptr + at) >> 2] = value;
  }

  #reserve(byteLength: number): void {
    if (byteLength > this.#capacity) {
      this.close();
      this.#capacity = (Math.ceil(byteLength * 1.25) + 4095) & ~4095;
      this.#ptr = this.#engine.alloc(this.#capacity);
    }
    // the memory may have grown since, which leaves older views without bytes
    const { buffer } = this.#engine.bytes(this.#ptr, this.#capacity);
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer as ArrayBuffer);
    this.#ints = new Int32Array(buffer as ArrayBuffer);
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

/**
 * Some rows of a frame as the columns of another: what a filter leaves. Nothing becomes a JavaScript value; a
 * dictionary goes along as it is, unless the rows left are few beside it.
 */
import { FRAME_ROWS_MAX, TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_UTF8 } from '../abi/index.ts';
import type { ColumnBlocks } from './frame-builder.ts';
import { FrameDictionary, dictionaryTravels } from './frame-dictionary.ts';
import type { ColumnReader, FrameReader } from './frame-reader.ts';
import { plainTexts } from './text-gatherer.ts';

export class RowGatherer {
  /** One for each column; arrays for the frame's rows are made once. */
  readonly #columns: readonly ColumnGatherer[];

  /** `types`: TYPE_… of each column. */
  constructor(types: readonly number[]) {
    this.#columns = types.map((type) => new ColumnGatherer(type));
  }

  /** `rows`: which rows, in the order that they shall have. The columns are good until the next call. */
  gather(frame: FrameReader, rows: Int32Array): readonly ColumnBlocks[] {
    return this.#columns.map((column, index) => column.gather(frame.column(index), rows));
  }
}

class ColumnGatherer {
  readonly #type: number;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;

  constructor(type: number) {
    this.#type = type;
    const memory = new ArrayBuffer(FRAME_ROWS_MAX * 8);
    this.#words = new Int32Array(memory);
    this.#floats = new Float64Array(memory);
  }

  gather(column: ColumnReader, rows: Int32Array): ColumnBlocks {
    const validity = gatherValidity(column.validity, rows);
    const fixed = { validity, text: undefined, dictionary: undefined };
    switch (this.#type) {
      case TYPE_UTF8:
        return { validity, ...this.#texts(column, rows) };
      case TYPE_F64:
        return { data: gatherFloats(column.floats, rows, this.#floats), ...fixed };
      case TYPE_BOOL:
        return { data: gatherBits(column.bits, rows), ...fixed };
      case TYPE_I32:
        return { data: gatherWords(column.words, rows, this.#words), ...fixed };
      default:
        return { data: gatherPairs(column.words, rows, this.#words), ...fixed };
    }
  }

  #texts(column: ColumnReader, rows: Int32Array): Omit<ColumnBlocks, 'validity'> {
    const { dictionary } = column;
    if (dictionary === undefined) {
      return { ...plainTexts(rows, { offsets: column.words, bytes: column.text }), dictionary: undefined };
    }
    const ids = gatherWords(column.words, rows, this.#words);
    const { offsets, bytes, hash } = dictionary;
    if (!dictionaryTravels(dictionary, rows.length)) {
      return { ...plainTexts(ids, dictionary), dictionary: undefined };
    }
    return { data: ids, text: undefined, dictionary: new FrameDictionary(offsets, bytes, hash) };
  }
}

function gatherWords(words: Int32Array, rows: Int32Array, out: Int32Array): Int32Array {
  for (let at = 0; at < rows.length; at++) out[at] = words[rows[at]!]!;
  return out.subarray(0, rows.length);
}

/** 64-bit values as two halves: a bigint per value would be far slower. */
function gatherPairs(words: Int32Array, rows: Int32Array, out: Int32Array): Int32Array {
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    out[2 * at] = words[2 * row]!;
    out[2 * at + 1] = words[2 * row + 1]!;
  }
  return out.subarray(0, rows.length * 2);
}

function gatherFloats(floats: Float64Array, rows: Int32Array, out: Float64Array): Float64Array {
  for (let at = 0; at < rows.length; at++) out[at] = floats[rows[at]!]!;
  return out.subarray(0, rows.length);
}

function gatherBits(bits: Uint8Array, rows: Int32Array): Uint8Array {
  const out = new Uint8Array((rows.length + 7) >> 3);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    out[at >> 3]! |= ((bits[row >> 3]! >> (row & 7)) & 1) << (at & 7);
  }
  return out;
}

/** Undefined when none of the rows is null. */
function gatherValidity(validity: Uint8Array | undefined, rows: Int32Array): Uint8Array | undefined {
  if (validity === undefined) return undefined;
  let nulls = 0;
  for (let at = 0; at < rows.length; at++) nulls += 1 - ((validity[rows[at]! >> 3]! >> (rows[at]! & 7)) & 1);
  return nulls === 0 ? undefined : gatherBits(validity, rows);
}

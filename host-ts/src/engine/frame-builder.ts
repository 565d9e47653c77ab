/**
 * Building a frame out of columns: typed arrays as they are, or JavaScript values.
 *
 * The bytes equal those of the engine in layout (engine-as/abi.ts); a frame's dictHash is computed
 * by this room's own hash v1. Text given as strings becomes a dictionary column when values repeat,
 * else plain utf8. The frame is written into memory that the caller gives, or into a new buffer.
 */
import { FRAME_FLAGS_AT, FRAME_LATE, FRAME_LATE_AT, FRAME_ROWS_MAX } from '../abi/index.ts';
import { invariant } from '../base/index.ts';
import type { RowValue } from '../schema/index.ts';
import { createColumnWriter } from './column-writer.ts';
import type { FrameDictionary } from './frame-dictionary.ts';
import { directoryEnd, padded, writeColumnEntry, writeFrameHead } from './frame-layout.ts';

/** What a column can be given as; `validity` is a bitmap, least significant bit first, 1 = valid. */
export type FrameColumn =
  /** JavaScript values as FrameReader.get returns them (undefined counts as null; i64 and timestamp take number or bigint). */
  | { readonly values: ArrayLike<RowValue | undefined> }
  /** i32: Int32Array; i64 and timestamp: BigInt64Array; f64: Float64Array; bool: a bitmap as Uint8Array. */
  | {
      readonly data: Int32Array | BigInt64Array | Float64Array | Uint8Array;
      readonly validity?: Uint8Array | undefined;
    }
  /** utf8: ids[rows], in range of the dictionary also where a row is null. */
  | {
      readonly ids: Int32Array;
      readonly dictionary: FrameDictionary;
      readonly validity?: Uint8Array | undefined;
    }
  /** utf8: offsets[rows + 1] into bytes. */
  | {
      readonly offsets: Int32Array;
      readonly bytes: Uint8Array;
      readonly validity?: Uint8Array | undefined;
    };

/** A column as the blocks of the frame that it becomes. */
export interface ColumnBlocks {
  readonly data: ArrayBufferView;
  readonly validity: Uint8Array | undefined;
  readonly text: Uint8Array | undefined;
  readonly dictionary: FrameDictionary | undefined;
}

/** Gives memory for a frame of so many bytes, its start aligned to 16 in its buffer (or to 8). */
export type FrameMemory = (bytes: number) => Uint8Array;

export class FrameBuilder {
  /** TYPE_… of each column. */
  readonly types: readonly number[];

  constructor(types: readonly number[]) {
    this.types = types;
  }

  /**
   * A frame of `rows` rows (at most FRAME_ROWS_MAX); columns in the order of `types`. With
   * `memory`, it is written there and that memory's first bytes are returned. `late`, i64[rows], marks
   * the frame as one with late rows. Error: ROW_VALUE_TYPE.
   */
  build(
    rows: number,
    columns: readonly FrameColumn[],
    memory: FrameMemory = newMemory,
    late?: BigInt64Array,
  ): Uint8Array {
    invariant(rows >= 0 && rows <= FRAME_ROWS_MAX, 'a frame has too many rows', { rows, rowsMax: FRAME_ROWS_MAX });
    invariant(columns.length === this.types.length, 'a frame has other columns than its builder', {
      columns: columns.length,
      expected: this.types.length,
    });
    const blocks = columns.map((column, index) => toBlocks(column, this.types[index] ?? 0, index, rows));
    return this.assemble(rows, blocks, memory, late);
  }

  /** As `build`, of blocks that are made. */
  assemble(
    rows: number,
    blocks: readonly ColumnBlocks[],
    memory: FrameMemory = newMemory,
    late?: BigInt64Array,
  ): Uint8Array {
    const lateBytes = late === undefined ? 0 : padded(late.byteLength);
    const frameBytes =
      blocks.reduce((sum, column) => sum + blocksBytes(column), directoryEnd(blocks.length)) + lateBytes;
    const given = memory(frameBytes);
    invariant(given.byteLength >= frameBytes, 'the memory given for a frame is too small', {
      bytes: given.byteLength,
      frameBytes,
    });
    const frame = given.byteLength === frameBytes ? given : given.subarray(0, frameBytes);
    writeFrame(frame, rows, this.types, blocks);
    if (late !== undefined) writeLate(frame, late, frameBytes - lateBytes);
    return frame;
  }
}

/** The block is the last one of the frame. */
function writeLate(frame: Uint8Array, late: BigInt64Array, at: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  view.setUint32(FRAME_FLAGS_AT, FRAME_LATE, true);
  view.setUint32(FRAME_LATE_AT, at, true);
  frame.set(new Uint8Array(late.buffer, late.byteOffset, late.byteLength), at);
  frame.fill(0, at + late.byteLength);
}

function newMemory(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

function toBlocks(column: FrameColumn, type: number, index: number, rows: number): ColumnBlocks {
  if ('values' in column) {
    const writer = createColumnWriter(type, index, rows);
    for (let row = 0; row < rows; row++) writer.put(row, column.values[row]);
    return writer.take(rows);
  }
  const validity = column.validity;
  if ('ids' in column) {
    return { data: column.ids.subarray(0, rows), validity, text: undefined, dictionary: column.dictionary };
  }
  if ('offsets' in column) {
    return { data: column.offsets.subarray(0, rows + 1), validity, text: column.bytes, dictionary: undefined };
  }
  const { data } = column;
  const whole = data instanceof Uint8Array ? data.subarray(0, (rows + 7) >> 3) : data.subarray(0, rows);
  return { data: whole, validity, text: undefined, dictionary: undefined };
}

function blocksBytes(column: ColumnBlocks): number {
  const { data, validity, text, dictionary } = column;
  const dictionaryBytes =
    dictionary === undefined ? 0 : padded(dictionary.offsets.byteLength) + padded(dictionary.bytes.byteLength);
  return padded(data.byteLength) + padded(validity?.byteLength ?? 0) + padded(text?.byteLength ?? 0) + dictionaryBytes;
}

function writeFrame(frame: Uint8Array, rows: number, types: readonly number[], blocks: readonly ColumnBlocks[]): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  writeFrameHead(view, { byteLength: frame.byteLength, rows, columns: types.length });
  let end = directoryEnd(types.length);
  const place = (block: ArrayBufferView): { readonly at: number; readonly byteLength: number } => {
    const at = end;
    const { byteLength } = block;
    frame.set(new Uint8Array(block.buffer, block.byteOffset, byteLength), at);
    end = padded(at + byteLength);
    frame.fill(0, at + byteLength, end);
    return { at, byteLength };
  };
  for (const [index, { data, validity, text, dictionary }] of blocks.entries()) {
    writeColumnEntry(view, index, {
      type: types[index] ?? 0,
      data: place(data),
      validityAt: validity && place(validity).at,
      text: text && place(text),
      dictionary: dictionary && {
        offsetsAt: place(dictionary.offsets).at,
        count: dictionary.count,
        bytes: place(dictionary.bytes),
        hash: dictionary.hash,
      },
    });
  }
}

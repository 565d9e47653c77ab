/**
 * A frame's header and directory, written: the one place on the host that knows where their fields lie
 * (engine-as/abi.ts draws them). Blocks are laid out by whoever has them, at multiples of 16.
 */
import {
  COLUMN_BYTES_AT,
  COLUMN_BYTES_LENGTH_AT,
  COLUMN_DATA_AT,
  COLUMN_DATA_BYTES_AT,
  COLUMN_DICT_AT,
  COLUMN_DICT_BYTES_AT,
  COLUMN_DICT_BYTES_LENGTH_AT,
  COLUMN_DICT_COUNT_AT,
  COLUMN_DICT_HASH_AT,
  COLUMN_ENCODING_AT,
  COLUMN_ENTRY_BYTES,
  COLUMN_TYPE_AT,
  COLUMN_VALIDITY_AT,
  ENCODING_DICTIONARY,
  ENCODING_PLAIN,
  FRAME_BYTES_AT,
  FRAME_COLUMNS_AT,
  FRAME_HEADER_BYTES,
  FRAME_KINDS_AT,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
  FRAME_TIME_COLUMN_AT,
  ROW_INSERT,
} from '../abi/index.ts';

/** Where a block lies in its frame, and its bytes without padding. */
export interface FrameBlock {
  readonly at: number;
  readonly byteLength: number;
}

export interface ColumnEntry {
  /** TYPE_… */
  readonly type: number;
  readonly data: FrameBlock;
  /** Offset of the bitmap; absent = no nulls. */
  readonly validityAt?: number | undefined;
  /** The bytes of a plain utf8 column. */
  readonly text?: FrameBlock | undefined;
  /** Makes it a dictionary column. `hash`: hash v1, 0 where nobody compares (segments of tables). */
  readonly dictionary?:
    | { readonly offsetsAt: number; readonly count: number; readonly bytes: FrameBlock; readonly hash: bigint }
    | undefined;
}

/** Offset of the first block. */
export function directoryEnd(columns: number): number {
  return FRAME_HEADER_BYTES + columns * COLUMN_ENTRY_BYTES;
}

/** Bytes of a block with its padding. */
export function padded(byteLength: number): number {
  return (byteLength + 15) & ~15;
}

/** The header of an untimed frame of insertions. `frame` begins where the frame does. */
export function writeFrameHead(
  frame: DataView,
  head: { readonly byteLength: number; readonly rows: number; readonly columns: number },
): void {
  clear(frame, 0, FRAME_HEADER_BYTES);
  frame.setInt32(0, FRAME_MAGIC, true);
  frame.setUint32(FRAME_BYTES_AT, head.byteLength, true);
  frame.setUint32(FRAME_ROWS_AT, head.rows, true);
  frame.setUint32(FRAME_COLUMNS_AT, head.columns, true);
  frame.setUint32(FRAME_KINDS_AT, ROW_INSERT, true);
  frame.setInt32(FRAME_TIME_COLUMN_AT, -1, true);
}

/** The directory's entry of one column. */
export function writeColumnEntry(frame: DataView, index: number, column: ColumnEntry): void {
  const entry = FRAME_HEADER_BYTES + index * COLUMN_ENTRY_BYTES;
  clear(frame, entry, COLUMN_ENTRY_BYTES);
  const { type, data, validityAt = 0, text, dictionary } = column;
  frame.setUint8(entry + COLUMN_TYPE_AT, type);
  frame.setUint8(entry + COLUMN_ENCODING_AT, dictionary === undefined ? ENCODING_PLAIN : ENCODING_DICTIONARY);
  frame.setUint32(entry + COLUMN_VALIDITY_AT, validityAt, true);
  frame.setUint32(entry + COLUMN_DATA_AT, data.at, true);
  frame.setUint32(entry + COLUMN_DATA_BYTES_AT, data.byteLength, true);
  if (text !== undefined) {
    frame.setUint32(entry + COLUMN_BYTES_AT, text.at, true);
    frame.setUint32(entry + COLUMN_BYTES_LENGTH_AT, text.byteLength, true);
  }
  if (dictionary === undefined) return;
  frame.setUint32(entry + COLUMN_DICT_AT, dictionary.offsetsAt, true);
  frame.setUint32(entry + COLUMN_DICT_COUNT_AT, dictionary.count, true);
  frame.setUint32(entry + COLUMN_DICT_BYTES_AT, dictionary.bytes.at, true);
  frame.setUint32(entry + COLUMN_DICT_BYTES_LENGTH_AT, dictionary.bytes.byteLength, true);
  frame.setBigUint64(entry + COLUMN_DICT_HASH_AT, dictionary.hash, true);
}

function clear(frame: DataView, at: number, byteLength: number): void {
  new Uint8Array(frame.buffer, frame.byteOffset + at, byteLength).fill(0);
}

/**
 * A frame's columns where they lie: what the readers of tables share.
 *
 * Frames come from the own engine and from storage. What a damaged frame could break is checked: the magic number,
 * the number of columns, and that every block lies inside the bytes. Blocks are read where they lie and not through
 * FrameReader: its views of everything would more than halve the speed of small frames.
 */
import {
  COLUMN_ENTRY_BYTES,
  COLUMN_VALIDITY_AT,
  FRAME_COLUMNS_AT,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
} from '../abi/index.ts';
import { tableBadFrame } from './errors.ts';

export interface OpenFrame {
  /** At a multiple of 4 in its buffer. */
  readonly frame: Uint8Array;
  readonly view: DataView;
  readonly rows: number;
  readonly columns: number;
}

export interface FrameColumn {
  readonly frame: Uint8Array;
  readonly view: DataView;
  /** Where the column's entry in the directory lies. */
  readonly entryAt: number;
  readonly rows: number;
}

/** Throws TABLE_BAD_FRAME when the bytes are no frame. Bytes that lie askew are copied. */
export function openFrame(bytes: Uint8Array): OpenFrame {
  const frame = (bytes.byteOffset & 3) === 0 ? bytes : bytes.slice();
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < FRAME_HEADER_BYTES || view.getInt32(0, true) !== FRAME_MAGIC) {
    throw tableBadFrame(`${frame.length} B are not a frame`, { bytes: frame.length });
  }
  const rows = view.getUint32(FRAME_ROWS_AT, true);
  const columns = view.getUint32(FRAME_COLUMNS_AT, true);
  if (FRAME_HEADER_BYTES + columns * COLUMN_ENTRY_BYTES > frame.length) {
    throw tableBadFrame(`a directory of ${columns} columns leaves the frame of ${frame.length} B`, { columns });
  }
  return { frame, view, rows, columns };
}

export function columnOf({ frame, view, rows }: OpenFrame, place: number): FrameColumn {
  return { frame, view, rows, entryAt: FRAME_HEADER_BYTES + place * COLUMN_ENTRY_BYTES };
}

/** Where the block that `field` points to begins. */
export function blockAt({ frame, view, entryAt }: FrameColumn, field: number, byteLength: number): number {
  const at = view.getUint32(entryAt + field, true);
  if ((at & 3) !== 0 || at < FRAME_HEADER_BYTES || at + byteLength > frame.length) {
    throw tableBadFrame(`a block of ${byteLength} B at ${at} leaves the frame of ${frame.length} B`, {
      at,
      byteLength,
    });
  }
  return at;
}

export function int32s(column: FrameColumn, field: number, length: number): Int32Array {
  const at = blockAt(column, field, length * 4);
  return new Int32Array(column.frame.buffer, column.frame.byteOffset + at, length);
}

/** Where the column's validity bitmap begins; 0 = no row is null. */
export function validityAt(column: FrameColumn): number {
  const at = column.view.getUint32(column.entryAt + COLUMN_VALIDITY_AT, true);
  return at === 0 ? 0 : blockAt(column, COLUMN_VALIDITY_AT, (column.rows + 7) >> 3);
}

// Column, Dictionary and Batch: views of rows in columns.
//
// They own nothing: they point into a frame or into an arena and live as long as that does. Fixed
// width data is a bitmap for bool, 4 B for i32 and 8 B for i64, f64 and timestamp. A plain utf8
// column has i32 offsets[rows + 1] at `data` and its bytes at `bytes`; a dictionary column has
// i32 ids[rows] at `data`. Ids are in range at every row, also where the row is null.
//
// Host and specs never see these structs; other rooms of the engine use the fields by name.
import { ENCODING_DICTIONARY, TYPE_BOOL, TYPE_I32, TYPE_UTF8 } from "../../abi";


@unmanaged
export class Dictionary {
  /** Entries, at least 1 when a row refers to it. */
  count: i32;
  /** i32 offsets[count + 1] into bytes; offsets[0] = 0. */
  offsets: usize;
  bytes: usize;
  /** Hash v1 of the content (kernels/hash.ts, hashDictionary). */
  hash: u64;
  /** u64[count] of hash v1, or 0: no room was made for them (rows are then hashed one by one). */
  entryHashes: usize;
  /**
   * 0 = entryHashes are not filled; kernels/hash.ts fills them when first asked, and gives the content a number:
   * dictionaries with the same number are the same, whatever their frames say the hash is.
   */
  content: u32;
}


@unmanaged
export class Column {
  type: i32;
  encoding: i32;
  /** Bitmap, 1 = valid; 0 = no nulls. */
  validity: usize;
  data: usize;
  /** Plain utf8: where offset 0 points. */
  bytes: usize;
  /** Dictionary, or 0. */
  dict: usize;
}


@unmanaged
export class Batch {
  /** Physical rows of the columns, 0 … FRAME_ROWS_MAX. */
  rows: i32;
  /** Rows that take part. */
  selected: i32;
  /** u16[selected], ascending row numbers; 0 = all rows. */
  sel: usize;
  columnCount: i32;
  /** Column[columnCount]. */
  columns: usize;
  timeMin: i64;
  timeMax: i64;
  /** FRAME_SORTED, FRAME_LATE, FRAME_TIMED. */
  flags: i32;
  timeColumn: i32;
  /** i64[rows], or 0. */
  late: usize;
}

export const COLUMN_BYTES: usize = 24;
export const DICTIONARY_BYTES: usize = 32;
export const BATCH_BYTES: usize = 56;

if (offsetof<Column>() != COLUMN_BYTES) ERROR("Column must be 24 bytes: columns are contiguous");
if (offsetof<Dictionary>() != DICTIONARY_BYTES) ERROR("Dictionary must be 32 bytes");
if (offsetof<Batch>() > BATCH_BYTES) ERROR("Batch must fit into 56 bytes");
if (offsetof<Batch>("timeMin") % 8 != 0) ERROR("times must be aligned");

/** Address of a column of a batch; the caller has checked the index. */
@inline
export function columnAt(batch: usize, index: i32): usize {
  return changetype<Batch>(batch).columns + <usize>index * COLUMN_BYTES;
}

/** Whether a bit of a bitmap is set. */
@inline
export function bitAt(bitmap: usize, row: i32): bool {
  return <bool>((load<u8>(bitmap + ((<usize>row) >> 3)) >> ((<u8>row) & 7)) & 1);
}

/** Whether a row of a column has a value. */
@inline
export function validAt(column: usize, row: i32): bool {
  const validity = changetype<Column>(column).validity;
  return validity == 0 || bitAt(validity, row);
}

/** Bytes of a column's fixed-width data for this many rows; 4 × (rows + 1) for plain utf8 offsets. */
export function dataBytesOf(type: i32, encoding: i32, rows: i32): i32 {
  if (type == TYPE_BOOL) return (rows + 7) >> 3;
  if (type == TYPE_I32) return rows << 2;
  if (type == TYPE_UTF8) return encoding == ENCODING_DICTIONARY ? rows << 2 : (rows + 1) << 2;
  return rows << 3;
}

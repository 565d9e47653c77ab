/**
 * Reading a frame: typed views of its columns, and values row by row.
 *
 * The reader copies nothing but a frame that is not aligned to 8; it is good as long as the bytes
 * are. Frames that a host reads come from its own engine, so only what keeps the views inside the
 * bytes is checked here (FRAME_CORRUPT); the engine checks everything when it takes a frame.
 */
import {
  COLUMN_BYTES_AT,
  COLUMN_BYTES_LENGTH_AT,
  COLUMN_DATA_AT,
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
  FRAME_BYTES_AT,
  FRAME_COLUMNS_AT,
  FRAME_FLAGS_AT,
  FRAME_HEADER_BYTES,
  FRAME_LATE,
  FRAME_LATE_AT,
  FRAME_MAGIC,
  FRAME_ROWS_AT,
  FRAME_SORTED,
  FRAME_TIMED,
  FRAME_TIME_COLUMN_AT,
  FRAME_TIME_MAX_AT,
  FRAME_TIME_MIN_AT,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_UTF8,
} from '../abi/index.ts';
import type { RowValue } from '../schema/index.ts';
import { frameCorrupt } from './errors.ts';

const TWO_32 = 4294967296;
/** A byte order mark is a character like any other. */
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
const NO_WORDS = new Int32Array(0);
const NO_BIGINTS = new BigInt64Array(0);
const NO_FLOATS = new Float64Array(0);
const NO_BYTES = new Uint8Array(0);

export class FrameReader {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: readonly ColumnReader[];
  /** Bounds of the time column's values (ms), when the frame is timed. */
  readonly timeMin: bigint;
  readonly timeMax: bigint;
  readonly timed: boolean;
  readonly sorted: boolean;
  /** −1 when the frame is not timed. */
  readonly timeColumn: number;
  /** i64[rows]: each row's split's watermark before it; undefined when no row is late. */
  readonly late: BigInt64Array | undefined;

  constructor(frame: Uint8Array) {
    const bytes = frame.byteOffset % 8 === 0 ? frame : frame.slice();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.byteLength < FRAME_HEADER_BYTES) throw frameCorrupt('length', bytes.byteLength, FRAME_HEADER_BYTES);
    if (view.getInt32(0, true) !== FRAME_MAGIC) throw frameCorrupt('magic', view.getInt32(0, true), FRAME_MAGIC);
    const length = view.getUint32(FRAME_BYTES_AT, true);
    if (length > bytes.byteLength) throw frameCorrupt('length', length, bytes.byteLength);
    this.bytes = bytes;
    this.rows = view.getUint32(FRAME_ROWS_AT, true);
    const count = view.getUint32(FRAME_COLUMNS_AT, true);
    const directory = FRAME_HEADER_BYTES + count * COLUMN_ENTRY_BYTES;
    if (directory > length) throw frameCorrupt('directory', directory, length);
    const flags = view.getUint32(FRAME_FLAGS_AT, true);
    this.timed = (flags & FRAME_TIMED) !== 0;
    this.sorted = (flags & FRAME_SORTED) !== 0;
    this.timeMin = view.getBigInt64(FRAME_TIME_MIN_AT, true);
    this.timeMax = view.getBigInt64(FRAME_TIME_MAX_AT, true);
    this.timeColumn = this.timed ? view.getInt32(FRAME_TIME_COLUMN_AT, true) : -1;
    const lateAt = view.getUint32(FRAME_LATE_AT, true);
    const hasLate = (flags & FRAME_LATE) !== 0;
    if (hasLate && lateAt + this.rows * 8 > length) throw frameCorrupt('late column', lateAt, length);
    this.late = hasLate ? new BigInt64Array(bytes.buffer, bytes.byteOffset + lateAt, this.rows) : undefined;
    this.columns = Array.from({ length: count }, (_, index) => {
      return new ColumnReader(bytes, view, FRAME_HEADER_BYTES + index * COLUMN_ENTRY_BYTES, this.rows);
    });
  }

  /** Throws FRAME_CORRUPT when there is no such column. */
  column(index: number): ColumnReader {
    const column = this.columns[index];
    if (column === undefined) throw frameCorrupt('column', index, this.columns.length);
    return column;
  }

  /** All values of a row, in column order. */
  row(row: number): RowValue[] {
    return this.columns.map((column) => column.get(row));
  }
}

export class ColumnReader {
  /** TYPE_… */
  readonly type: number;
  /** ENCODING_… */
  readonly encoding: number;
  readonly rows: number;
  /** Bitmap, least significant bit first, 1 = valid; undefined = no nulls. */
  readonly validity: Uint8Array | undefined;
  /**
   * i32: values, dictionary ids or plain utf8's offsets (rows + 1). For i64 and timestamp the low
   * and high halves of every value in turn. Empty for bool and f64.
   */
  readonly words: Int32Array;
  /** Values of an f64 column, else empty. */
  readonly floats: Float64Array;
  /** The bitmap of a bool column, else empty. */
  readonly bits: Uint8Array;
  /** Plain utf8: the bytes, else empty. */
  readonly text: Uint8Array;
  /** Where a dictionary column's entries are, else undefined. */
  readonly dictionary: DictionaryReader | undefined;
  readonly #bigints: BigInt64Array;
  /** All of a plain utf8 column at once: where it has as many characters as bytes, offsets count both. */
  #whole: string | undefined;

  constructor(frame: Uint8Array, view: DataView, entry: number, rows: number) {
    const type = view.getUint8(entry + COLUMN_TYPE_AT);
    const encoding = view.getUint8(entry + COLUMN_ENCODING_AT);
    const at = (field: number): number => view.getUint32(entry + field, true);
    const base = frame.byteOffset;
    const block = (from: number, bytes: number): number => {
      if (from % 8 !== 0 || from + bytes > frame.byteLength)
        throw frameCorrupt('block', from + bytes, frame.byteLength);
      return base + from;
    };
    const words = (from: number, count: number): Int32Array =>
      new Int32Array(frame.buffer, block(from, count * 4), count);
    const bytes = (from: number, length: number): Uint8Array =>
      new Uint8Array(frame.buffer, block(from, length), length);
    this.type = type;
    this.encoding = encoding;
    this.rows = rows;
    const bitmapBytes = (rows + 7) >> 3;
    const validityAt = at(COLUMN_VALIDITY_AT);
    this.validity = validityAt === 0 ? undefined : bytes(validityAt, bitmapBytes);
    const dataAt = at(COLUMN_DATA_AT);
    const narrow = type === TYPE_I32 || type === TYPE_UTF8;
    const plain = type === TYPE_UTF8 && encoding !== ENCODING_DICTIONARY;
    const wide = type !== TYPE_BOOL && type !== TYPE_F64 && !narrow;
    this.words = narrow ? words(dataAt, plain ? rows + 1 : rows) : wide ? words(dataAt, rows * 2) : NO_WORDS;
    this.#bigints = wide ? new BigInt64Array(frame.buffer, base + dataAt, rows) : NO_BIGINTS;
    this.floats = type === TYPE_F64 ? new Float64Array(frame.buffer, block(dataAt, rows * 8), rows) : NO_FLOATS;
    this.bits = type === TYPE_BOOL ? bytes(dataAt, bitmapBytes) : NO_BYTES;
    this.text = plain ? bytes(at(COLUMN_BYTES_AT), at(COLUMN_BYTES_LENGTH_AT)) : NO_BYTES;
    if (type !== TYPE_UTF8 || plain) return;
    this.dictionary = new DictionaryReader(
      words(at(COLUMN_DICT_AT), at(COLUMN_DICT_COUNT_AT) + 1),
      bytes(at(COLUMN_DICT_BYTES_AT), at(COLUMN_DICT_BYTES_LENGTH_AT)),
      view.getBigUint64(entry + COLUMN_DICT_HASH_AT, true),
    );
  }

  isNull(row: number): boolean {
    const validity = this.validity;
    return validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0;
  }

  /** i64: bigint; timestamp: number of ms; the rest as one expects. */
  get(row: number): RowValue {
    if (this.isNull(row)) return null;
    switch (this.type) {
      case TYPE_UTF8:
        return this.string(row);
      case TYPE_I64:
        return this.#bigints[row]!;
      case TYPE_F64:
        return this.floats[row]!;
      case TYPE_I32:
        return this.words[row]!;
      case TYPE_BOOL:
        return ((this.bits[row >> 3]! >> (row & 7)) & 1) === 1;
      default:
        return this.number(row);
    }
  }

  /** An i64 or timestamp as a number, without making a bigint; exact within ±2^53. */
  number(row: number): number {
    return this.words[2 * row + 1]! * TWO_32 + (this.words[2 * row]! >>> 0);
  }

  /** The values of an i64 or timestamp column. */
  get bigints(): BigInt64Array {
    return this.#bigints;
  }

  /** A utf8 value; nulls are not looked at. */
  string(row: number): string {
    if (this.dictionary !== undefined) return this.dictionary.string(this.words[row]!);
    const whole = (this.#whole ??= decoder.decode(this.text));
    if (whole.length === this.text.length) return whole.substring(this.words[row]!, this.words[row + 1]);
    return decoder.decode(this.text.subarray(this.words[row], this.words[row + 1]));
  }

  /** The bytes of a utf8 value: a view into the frame. */
  stringBytes(row: number): Uint8Array {
    if (this.dictionary !== undefined) return this.dictionary.entry(this.words[row]!);
    return this.text.subarray(this.words[row], this.words[row + 1]);
  }
}

/** Dictionaries whose entries have been decoded; frames of one stream repeat a few. */
const DECODED_MAX = 64;
const decoded = new Map<string, (string | undefined)[]>();

export class DictionaryReader {
  /** i32[count + 1] into bytes. */
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
  readonly hash: bigint;
  #strings: (string | undefined)[] | undefined;

  constructor(offsets: Int32Array, bytes: Uint8Array, hash: bigint) {
    this.offsets = offsets;
    this.bytes = bytes;
    this.hash = hash;
  }

  get count(): number {
    return this.offsets.length - 1;
  }

  /** Decoded when first asked for, once for all frames with this content. */
  string(id: number): string {
    const strings = (this.#strings ??= decodedFor(this));
    return (strings[id] ??= decoder.decode(this.entry(id)));
  }

  entry(id: number): Uint8Array {
    return this.bytes.subarray(this.offsets[id], this.offsets[id + 1]);
  }
}

function decodedFor(dictionary: DictionaryReader): (string | undefined)[] {
  // segments of tables carry no hash: nothing says that two of their dictionaries are the same
  if (dictionary.hash === 0n) return new Array<string | undefined>(dictionary.count).fill(undefined);
  const key = `${dictionary.hash.toString(36)}:${dictionary.count}:${dictionary.bytes.byteLength}`;
  const known = decoded.get(key);
  if (known !== undefined) return known;
  const oldest = decoded.size >= DECODED_MAX ? decoded.keys().next().value : undefined;
  if (oldest !== undefined) decoded.delete(oldest);
  const strings: (string | undefined)[] = new Array<string | undefined>(dictionary.count).fill(undefined);
  decoded.set(key, strings);
  return strings;
}

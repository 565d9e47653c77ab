/**
 * Values of a page into typed arrays: PLAIN for every type, the rarer encodings through hyparquet's decoders. Times
 * become milliseconds (floored) as words, without a Date and, but for nanoseconds, without a BigInt.
 */
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import type { Encoding, ParquetType } from 'hyparquet';
import { FrameDictionary } from '../engine/index.ts';
import type { ColumnData } from './column-batch.ts';
import { decodeHybrid } from './parquet-bits.ts';
import type { BitSource } from './parquet-bits.ts';
import type { Conversion } from './parquet-types.ts';

/** A page's values, nulls left out; `texts` and `words` and `bools` only. */
export type Values = Exclude<ColumnData, { kind: 'ids' }>;

export interface ValueReader {
  readonly source: BitSource;
  readonly type: ParquetType;
  readonly conversion: Conversion;
  readonly count: number;
}

/** Decodes `count` values of one page. Throws RangeError when the bytes end early, Error for what is unknown. */
export function decodeValues(reader: ValueReader, encoding: Encoding): Values {
  switch (encoding) {
    case 'PLAIN':
      return plainValues(reader);
    case 'RLE': {
      if (reader.type !== 'BOOLEAN') break;
      reader.source.at += 4;
      const values = new Uint8Array(reader.count);
      decodeHybrid(reader.source, 1, values, reader.count);
      return { kind: 'bools', values };
    }
    case 'DELTA_BINARY_PACKED':
    case 'DELTA_LENGTH_BYTE_ARRAY':
    case 'DELTA_BYTE_ARRAY':
    case 'BYTE_STREAM_SPLIT':
      return rareValues(reader, encoding);
    default:
  }
  throw new Error(`encoding ${encoding} of ${reader.type} is not read`);
}

/** A dictionary of texts, from a dictionary page. */
export function textDictionary(reader: ValueReader): FrameDictionary {
  const { offsets, bytes } = plainTexts(reader);
  return new FrameDictionary(offsets, bytes);
}

function plainValues(reader: ValueReader): Values {
  const { source, type, count } = reader;
  if (type === 'BYTE_ARRAY') return { kind: 'texts', ...plainTexts(reader) };
  if (type === 'BOOLEAN') {
    need(source, (count + 7) >> 3);
    const values = new Uint8Array(count);
    for (let row = 0; row < count; row++) values[row] = (source.bytes[source.at + (row >> 3)]! >> (row & 7)) & 1;
    return { kind: 'bools', values };
  }
  const width = type === 'INT96' ? 12 : type === 'INT32' || type === 'FLOAT' ? 4 : 8;
  need(source, count * width);
  // a copy, because pages are not aligned; it becomes the column itself where nothing is converted
  const raw = source.bytes.slice(source.at, source.at + count * width);
  return convertWords(new Int32Array(raw.buffer), reader.conversion, count);
}

function plainTexts({ source, count }: ValueReader): { offsets: Int32Array; bytes: Uint8Array } {
  const { bytes: page, end } = source;
  need(source, count * 4);
  const offsets = new Int32Array(count + 1);
  const bytes = new Uint8Array(end - source.at - count * 4);
  let at = source.at;
  let filled = 0;
  for (let row = 0; row < count; row++) {
    if (at + 4 > end) throw new RangeError('texts end early');
    const length = page[at]! | (page[at + 1]! << 8) | (page[at + 2]! << 16) | (page[at + 3]! << 24);
    at += 4;
    if (length < 0 || at + length > end) throw new RangeError(`a text of ${length >>> 0} B leaves its page`);
    if (length < 24) for (let index = 0; index < length; index++) bytes[filled + index] = page[at + index]!;
    else bytes.set(page.subarray(at, at + length), filled);
    at += length;
    filled += length;
    offsets[row + 1] = filled;
  }
  return checkTexts(offsets, bytes.subarray(0, filled));
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

// The engine compares and hashes bytes, and everybody shows them as text: so they have to be UTF-8, each by itself.
function checkTexts(offsets: Int32Array, bytes: Uint8Array): { offsets: Int32Array; bytes: Uint8Array } {
  let seen = 0;
  for (let at = 0; at < bytes.length; at++) seen |= bytes[at]!;
  if (seen < 0x80) return { offsets, bytes };
  strict.decode(bytes);
  for (let row = 1; row < offsets.length - 1; row++) {
    if ((bytes[offsets[row]!]! & 0xc0) === 0x80) throw new RangeError('a text begins inside a character');
  }
  return { offsets, bytes };
}

function rareValues(reader: ValueReader, encoding: Encoding): Values {
  const { source, type, count, conversion } = reader;
  const { bytes, at, end } = source;
  const view = { view: new DataView(bytes.buffer, bytes.byteOffset, end), offset: at };
  if (encoding === 'DELTA_BINARY_PACKED' && (type === 'INT32' || type === 'INT64')) {
    const out = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
    if (count > 0) deltaBinaryUnpack(view, count, out);
    return convertWords(new Int32Array(out.buffer), conversion, count);
  }
  if (encoding === 'BYTE_STREAM_SPLIT' && type !== 'BYTE_ARRAY') {
    const out: unknown = byteStreamSplit(view, count, type, undefined);
    if (ArrayBuffer.isView(out)) return convertWords(new Int32Array(out.buffer), conversion, count);
  }
  if (type !== 'BYTE_ARRAY') throw new Error(`encoding ${encoding} of ${type} is not read`);
  const texts: Uint8Array[] = [];
  if (count > 0 && encoding === 'DELTA_BYTE_ARRAY') deltaByteArray(view, count, texts);
  else if (count > 0) deltaLengthByteArray(view, count, texts);
  return { kind: 'texts', ...joined(texts) };
}

function joined(texts: readonly Uint8Array[]): { offsets: Int32Array; bytes: Uint8Array } {
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach((text, row) => (offsets[row + 1] = offsets[row]! + text.length));
  const bytes = new Uint8Array(offsets[texts.length]!);
  texts.forEach((text, row) => bytes.set(text, offsets[row]));
  return checkTexts(offsets, bytes);
}

function need(source: BitSource, byteLength: number): void {
  if (source.at + byteLength > source.end) {
    throw new RangeError(`${byteLength} B of values where ${source.end - source.at} B are left`);
  }
}

/** Stored words (i32 little-endian) to the words of a frame. */
export function convertWords(raw: Int32Array, conversion: Conversion, count: number): Values {
  switch (conversion) {
    case 'int32':
      return { kind: 'words', words: 1, values: raw };
    case 'int64':
    case 'double':
    case 'int64-ms':
      return { kind: 'words', words: 2, values: raw };
    case 'int32-to-int64':
    case 'uint32-to-int64':
      return twoWords(count, (out, row) => {
        out[2 * row] = raw[row]!;
        out[2 * row + 1] = conversion === 'int32-to-int64' ? raw[row]! >> 31 : 0;
      });
    case 'days-to-ms':
      return twoWords(count, (out, row) => setInteger(out, row, raw[row]! * 86_400_000));
    case 'int64-us':
      return twoWords(count, (out, row) => scaled(out, row, { raw, divisor: 1000 }));
    case 'int64-ns':
      return twoWords(count, (out, row) => scaled(out, row, { raw, divisor: 1_000_000 }));
    case 'int96-ns':
      return twoWords(count, (out, row) => julian(out, row, raw));
    default:
      return { kind: 'words', words: 2, values: doubles(raw, conversion, count) };
  }
}

function twoWords(count: number, set: (out: Int32Array, row: number) => void): Values {
  const values = new Int32Array(count * 2);
  for (let row = 0; row < count; row++) set(values, row);
  return { kind: 'words', words: 2, values };
}

function doubles(raw: Int32Array, conversion: Conversion, count: number): Int32Array {
  const out = new Float64Array(count);
  const values = conversion === 'float-to-double' ? new Float32Array(raw.buffer, raw.byteOffset, count) : raw;
  for (let row = 0; row < count; row++) out[row] = values[row]!;
  return new Int32Array(out.buffer);
}

function setInteger(out: Int32Array, row: number, value: number): void {
  out[2 * row] = value;
  out[2 * row + 1] = Math.floor(value / 2 ** 32);
}

function scaled(out: Int32Array, row: number, { raw, divisor }: { raw: Int32Array; divisor: number }): void {
  const low = raw[2 * row]! >>> 0;
  const high = raw[2 * row + 1]!;
  const value = high * 2 ** 32 + low;
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    setInteger(out, row, floorDivide((BigInt(high) << 32n) + BigInt(low), BigInt(divisor)));
    return;
  }
  // the quotient may have been rounded up to the next integer; the remainder is exact and tells
  const quotient = Math.floor(value / divisor);
  const remainder = value - quotient * divisor;
  setInteger(out, row, remainder < 0 ? quotient - 1 : remainder >= divisor ? quotient + 1 : quotient);
}

function floorDivide(value: bigint, divisor: bigint): number {
  const quotient = value / divisor;
  return Number(value % divisor < 0n ? quotient - 1n : quotient);
}

// INT96: nanoseconds of the day, then the Julian day (2,440,588 is 1970-01-01).
function julian(out: Int32Array, row: number, raw: Int32Array): void {
  const nanos = (BigInt(raw[3 * row + 1]!) << 32n) + BigInt(raw[3 * row]! >>> 0);
  const days = BigInt(raw[3 * row + 2]!) - 2_440_588n;
  setInteger(out, row, Number(days) * 86_400_000 + floorDivide(nanos, 1_000_000n));
}

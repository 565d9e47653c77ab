/**
 * One data page to column batches: decompress, definition levels to null marks, values, dictionary ids. A page may
 * have a whole row group's rows; where its values come out of a dictionary it is decoded in pieces, so that the first
 * rows are there soon and a piece stays in the processor's cache.
 *
 * Everything a page says about itself is checked against bounds before memory is taken for it. What goes wrong in
 * here is thrown as it is; the column reader says where it was.
 */
import { decompressPage } from 'hyparquet/src/datapage.js';
import type { CompressionCodec, PageHeader, ParquetType } from 'hyparquet';
import type { FrameDictionary } from '../engine/index.ts';
import type { Decompress } from '../platform/index.ts';
import type { ColumnBatch, WordPool } from './column-batch.ts';
import { decodeHybrid, HybridReader, isOneRun } from './parquet-bits.ts';
import type { BitSource } from './parquet-bits.ts';
import type { Conversion } from './parquet-types.ts';
import { decodeValues, textDictionary } from './parquet-values.ts';
import type { Values } from './parquet-values.ts';

/** Bytes of one page, compressed or not: writers aim at 1 MiB; more than this is taken for damage. */
export const PAGE_BYTES_MAX = 256 << 20;

/** Rows of one page: a constant column may have a whole row group in one. */
export const PAGE_ROWS_MAX = 1 << 24;

/** Rows of one piece: a few frames. */
export const PIECE_ROWS = 1 << 14;

export interface PageColumn {
  readonly type: ParquetType;
  readonly codec: CompressionCodec;
  readonly conversion: Conversion;
  readonly optional: boolean;
  /** For the codec; undefined where there is none, or nothing to do. */
  readonly decompress: Decompress | undefined;
  readonly pool: WordPool;
}

export type PageDictionary =
  | { readonly kind: 'texts'; readonly dictionary: FrameDictionary; readonly count: number }
  | { readonly kind: 'values'; readonly values: Values; readonly count: number };

/** How many rows a data page holds. */
export function pageRows(header: PageHeader): number {
  return header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
}

export function decodeDictionary(header: PageHeader, body: Uint8Array, column: PageColumn): PageDictionary {
  const count = header.dictionary_page_header?.num_values ?? -1;
  if (!(count >= 0 && count <= PAGE_ROWS_MAX)) throw new RangeError(`a dictionary of ${count} values`);
  const page = decompress(body, header.uncompressed_page_size, column);
  const source = { bytes: page, at: 0, end: page.length };
  const reader = { source, type: column.type, conversion: column.conversion, count };
  if (column.conversion === 'text') return { kind: 'texts', dictionary: textDictionary(reader), count };
  return { kind: 'values', values: decodeValues(reader, 'PLAIN'), count };
}

/** The page's rows as one batch after the other. */
export function* decodePage(
  header: PageHeader,
  body: Uint8Array,
  column: PageColumn,
  dictionary: PageDictionary | undefined,
): Generator<ColumnBatch, void, undefined> {
  const rows = pageRows(header);
  const { valid, source } = readLevels(header, body, column);
  const encoding = header.data_page_header?.encoding ?? header.data_page_header_v2?.encoding ?? 'PLAIN';
  if (encoding !== 'RLE_DICTIONARY' && encoding !== 'PLAIN_DICTIONARY') {
    const count = countValid(valid, rows);
    const values = decodeValues({ source, type: column.type, conversion: column.conversion, count }, encoding);
    yield { rows, valid, data: count === rows ? values : spread(values, valid!, rows) };
    return;
  }
  if (dictionary === undefined) throw new Error('ids without a dictionary page');
  let reader: HybridReader | undefined;
  for (let from = 0; from < rows; from += PIECE_ROWS) {
    const piece = Math.min(PIECE_ROWS, rows - from);
    const pieceValid = valid?.subarray(from, from + piece);
    const count = countValid(pieceValid, piece);
    if (count > 0) reader ??= new HybridReader(source, source.bytes[source.at++] ?? 33);
    yield decodeIds(reader, { rows: piece, valid: pieceValid, count, column, dictionary });
  }
}

interface Piece {
  readonly rows: number;
  readonly valid: Uint8Array | undefined;
  /** Rows that are not null; with 0 of them there may be no reader. */
  readonly count: number;
  readonly column: PageColumn;
  readonly dictionary: PageDictionary;
}

function decodeIds(reader: HybridReader | undefined, { rows, valid, count, column, dictionary }: Piece): ColumnBatch {
  const ids = column.pool.take(rows);
  reader?.read(ids, count);
  checkIds(ids, count, dictionary.count);
  if (count < rows) spreadIds(ids, valid!, count);
  if (dictionary.kind === 'texts') {
    return { rows, valid, data: { kind: 'ids', ids, dictionary: dictionary.dictionary }, pooled: ids };
  }
  if (count === 0) return { rows, valid, data: noValues(dictionary.values, rows) };
  const data = lookUp(dictionary.values, ids, column.pool);
  column.pool.give(ids);
  return data.kind === 'words' ? { rows, valid, data, pooled: data.values } : { rows, valid, data };
}

function countValid(valid: Uint8Array | undefined, rows: number): number {
  if (valid === undefined) return rows;
  let count = 0;
  for (let row = 0; row < rows; row++) count += valid[row]!;
  return count;
}

interface Levels {
  readonly valid: Uint8Array | undefined;
  readonly source: BitSource;
}

/** Null marks, and the values' bytes behind them. */
function readLevels(header: PageHeader, body: Uint8Array, column: PageColumn): Levels {
  const rows = pageRows(header);
  const v2 = header.data_page_header_v2;
  if (v2 === undefined) {
    const page = decompress(body, header.uncompressed_page_size, column);
    const source = { bytes: page, at: 0, end: page.length };
    if (!column.optional) return { valid: undefined, source };
    if (page.length < 4) throw new RangeError('a page without levels');
    const levelBytes = (page[0]! | (page[1]! << 8) | (page[2]! << 16) | (page[3]! << 24)) >>> 0;
    if (levelBytes > page.length - 4) throw new RangeError(`${levelBytes} B of levels in a page of ${page.length} B`);
    const valid = readValid({ bytes: page, at: 4, end: 4 + levelBytes }, rows);
    source.at = 4 + levelBytes;
    return { valid, source };
  }
  const { definition_levels_byte_length: levelBytes, repetition_levels_byte_length: skipBytes } = v2;
  const valuesAt = levelBytes + skipBytes;
  if (levelBytes < 0 || skipBytes < 0 || valuesAt > body.length) throw new RangeError('levels leave their page');
  const valid = column.optional ? readValid({ bytes: body, at: skipBytes, end: valuesAt }, rows) : undefined;
  const rest = body.subarray(valuesAt);
  const restBytes = header.uncompressed_page_size - valuesAt;
  const page = v2.is_compressed === false || rest.length === 0 ? rest : decompress(rest, restBytes, column);
  return { valid, source: { bytes: page, at: 0, end: page.length } };
}

function readValid(source: BitSource, rows: number): Uint8Array | undefined {
  if (rows === 0 || isOneRun(source, 1, 1, rows)) return undefined;
  const valid = new Uint8Array(rows);
  decodeHybrid(source, 1, valid, rows);
  for (let row = 0; row < rows; row++) if (valid[row] !== 1) return valid;
  return undefined;
}

function decompress(body: Uint8Array, byteLength: number, column: PageColumn): Uint8Array {
  if (!(byteLength >= 0 && byteLength <= PAGE_BYTES_MAX)) throw new RangeError(`a page of ${byteLength} B`);
  const { codec } = column;
  if (codec === 'ZSTD') checkZstdSize(body, byteLength);
  return decompressPage(body, byteLength, codec, column.decompress && { [codec]: column.decompress });
}

// A zstd frame says how large it gets, and the decoder takes memory for that before anything else can be checked.
function checkZstdSize(body: Uint8Array, byteLength: number): void {
  const descriptor = body[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const code = descriptor >> 6;
  const sizeBytes = code === 0 ? (isSingle ? 1 : 0) : 1 << code;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (!isSingle && ((body[5] ?? 0) >> 3) + 10 > 31) throw new RangeError('a zstd window of more than 2 GiB');
  if (sizeBytes === 0) return;
  let size = code === 1 ? 256 : 0;
  for (let index = 0; index < sizeBytes; index++) size += (body[at + index] ?? 0) * 2 ** (8 * index);
  if (size !== byteLength) throw new RangeError(`a zstd frame of ${size} B where the page has ${byteLength} B`);
}

function checkIds(ids: Int32Array, count: number, entries: number): void {
  const last = entries - 1;
  let outside = 0;
  for (let row = 0; row < count; row++) {
    const id = ids[row]!;
    outside |= id | (last - id);
  }
  if (outside < 0) throw new RangeError(`an id outside of a dictionary of ${entries}`);
}

/** Moves ids [0, count) to their rows, from the back; null rows get 0. */
function spreadIds(ids: Int32Array, valid: Uint8Array, count: number): void {
  let from = count - 1;
  for (let row = ids.length - 1; row >= 0; row--) ids[row] = valid[row] === 1 ? ids[from--]! : 0;
}

function lookUp(values: Values, ids: Int32Array, pool: WordPool): Values {
  const rows = ids.length;
  if (values.kind === 'bools') return { kind: 'bools', values: Uint8Array.from(ids, (id) => values.values[id]!) };
  if (values.kind === 'texts') throw new Error('texts have their own dictionary');
  const { words, values: entries } = values;
  const out = pool.take(rows * words);
  if (words === 1) for (let row = 0; row < rows; row++) out[row] = entries[ids[row]!]!;
  else {
    for (let row = 0, to = 0; row < rows; row++, to += 2) {
      const at = ids[row]! << 1;
      out[to] = entries[at]!;
      out[to + 1] = entries[at + 1]!;
    }
  }
  return { kind: 'words', words, values: out };
}

function noValues(values: Values, rows: number): Values {
  if (values.kind !== 'words') return { kind: 'bools', values: new Uint8Array(rows) };
  return { kind: 'words', words: values.words, values: new Int32Array(rows * values.words) };
}

/** Values without nulls to one place per row. */
function spread(values: Values, valid: Uint8Array, rows: number): Values {
  let from = 0;
  if (values.kind === 'bools') {
    const out = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) if (valid[row] === 1) out[row] = values.values[from++]!;
    return { kind: 'bools', values: out };
  }
  if (values.kind === 'texts') {
    const offsets = new Int32Array(rows + 1);
    for (let row = 0; row < rows; row++) offsets[row + 1] = valid[row] === 1 ? values.offsets[++from]! : offsets[row]!;
    return { kind: 'texts', offsets, bytes: values.bytes };
  }
  const { words, values: dense } = values;
  const out = new Int32Array(rows * words);
  for (let row = 0; row < rows; row++) {
    if (valid[row] !== 1) continue;
    for (let word = 0; word < words; word++) out[row * words + word] = dense[from * words + word]!;
    from++;
  }
  return { kind: 'words', words, values: out };
}

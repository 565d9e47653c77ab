/**
 * Frames to text: CSV and NDJSON as `CsvDecoder` and `NdjsonDecoder` read them back.
 *
 * Timestamps are ISO 8601 with milliseconds and Z (beyond the range of Date: their milliseconds), integers keep all
 * digits, f64 are printed as JavaScript prints them. CSV quotes what RFC 4180 wants quoted, and the empty text, so
 * that it differs from null, which is an empty field. NDJSON writes NaN and the infinities as strings.
 */
import { ENCODING_DICTIONARY, TYPE_F64, TYPE_TIMESTAMP, TYPE_UTF8 } from '../abi/index.ts';
import type { ColumnReader } from '../engine/index.ts';
import { FrameReader } from '../engine/index.ts';

/** Milliseconds that Date can show. */
const DATE_MS_MAX = 8.64e15;
const CSV_NEEDS_QUOTES = /[",\r\n]/;

const encoder = new TextEncoder();

/** The first line of a CSV file, with its line end. */
export function csvHeader(names: readonly string[]): string {
  return `${names.map(csvText).join(',')}\n`;
}

/** The rows of a frame, one record per line, without a header. */
export function encodeCsv(frame: Uint8Array): Uint8Array {
  const reader = new FrameReader(frame);
  const columns = reader.columns.map((column) => texts(column, '', csvText, String));
  // a null alone would be a blank line, which a decoder of one column takes for null and others ignore
  return joined(reader.rows, (row) => columns.map((column) => column(row)).join(','));
}

/** The rows of a frame, one object per line; `names` in column order. */
export function encodeNdjson(frame: Uint8Array, names: readonly string[]): Uint8Array {
  const reader = new FrameReader(frame);
  const columns = reader.columns.map((column, index) => {
    const key = `${JSON.stringify(names[index] ?? `column${index}`)}:`;
    const text = texts(column, 'null', jsonText, jsonFloat);
    return (row: number): string => key + text(row);
  });
  return joined(reader.rows, (row) => `{${columns.map((column) => column(row)).join(',')}}`);
}

function joined(rows: number, line: (row: number) => string): Uint8Array {
  let text = '';
  for (let row = 0; row < rows; row++) text += `${line(row)}\n`;
  return encoder.encode(text);
}

/** A row's value as text; repeated strings are quoted once. */
function texts(
  column: ColumnReader,
  nullText: string,
  quoted: (text: string) => string,
  float: (value: number) => string,
): (row: number) => string {
  const value = valueText(column, quoted, float);
  return column.validity === undefined ? value : (row) => (column.isNull(row) ? nullText : value(row));
}

function valueText(
  column: ColumnReader,
  quoted: (text: string) => string,
  float: (value: number) => string,
): (row: number) => string {
  if (column.type === TYPE_TIMESTAMP) {
    const time = quoted === jsonText ? (iso: string): string => `"${iso}"` : (iso: string): string => iso;
    return (row) => timestampText(column, row, time);
  }
  if (column.type === TYPE_F64) return (row) => float(column.floats[row]!);
  if (column.type !== TYPE_UTF8) return (row) => String(column.get(row));
  if (column.encoding !== ENCODING_DICTIONARY) return (row) => quoted(column.string(row));
  const known: string[] = [];
  return (row) => (known[column.words[row]!] ??= quoted(column.string(row)));
}

function timestampText(column: ColumnReader, row: number, time: (iso: string) => string): string {
  const ms = column.number(row);
  return Math.abs(ms) <= DATE_MS_MAX ? time(new Date(ms).toISOString()) : String(column.bigints[row]!);
}

function csvText(text: string): string {
  if (text !== '' && !CSV_NEEDS_QUOTES.test(text)) return text;
  return `"${text.replaceAll('"', '""')}"`;
}

function jsonText(text: string): string {
  return JSON.stringify(text);
}

function jsonFloat(value: number): string {
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

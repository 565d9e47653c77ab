/**
 * A schema for a file that somebody dropped on a page: names and types from its first lines.
 *
 * Every value of the sample must fit the type; without any value, or when types mix, a column is utf8. Nested values
 * of NDJSON and names that a schema cannot hold are left out. Whole numbers in a column named like a time, and as
 * large as times of 1990 to 2100 are, become timestamps with the unit that their size shows.
 */
import { COLUMNS_MAX } from '../abi/index.ts';
import type { ColumnType, Schema, TypeName } from '../schema/index.ts';
import { sampleCsv } from './csv-sample.ts';
import type { TimestampUnit } from './decoder-plan.ts';

export interface InferredSchema {
  readonly schema: Schema;
  /** The likeliest event time. */
  readonly timeColumn: string | undefined;
  readonly units: Readonly<Record<string, TimestampUnit>>;
  /** CSV. */
  readonly delimiter: string;
}

export interface InferOptions {
  /** The bytes are the whole file, so that a last line without a newline counts. */
  readonly isWhole?: boolean;
}

const RECORDS_MAX = 1000;
const INTEGER = /^[+-]?\d{1,18}$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const SPECIAL_FLOAT = /^(nan|[+-]?inf(inity)?)$/i;
const BOOL = /^(true|false)$/i;
const ISO = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?)?$/;
const TIME_NAME = /(^|_|\b)(date|datetime|time|timestamp|ts|at)($|_|\b)|time$|date$|At$|Time$|Date$/;
const ARRAY_INDEX = /^(0|[1-9][0-9]*)$/;

type Sampled = Map<string, (string | number | boolean)[]>;

/** `bytes`: the beginning of the file; 64 KiB or more are a good sample. Empty schema when nothing is recognised. */
export function inferSchema(bytes: Uint8Array, format: 'csv' | 'ndjson', options: InferOptions = {}): InferredSchema {
  const text = new TextDecoder().decode(bytes);
  const isWhole = options.isWhole === true;
  const sample = format === 'csv' ? fromCsv(text, isWhole) : fromNdjson(text, isWhole);
  const schema: Record<string, ColumnType> = {};
  const units: Record<string, TimestampUnit> = {};
  for (const [name, values] of sample.columns) {
    if (name === '' || ARRAY_INDEX.test(name) || Object.keys(schema).length === COLUMNS_MAX) continue;
    let type = typeOf(values, format);
    const unit = type === 'i64' && TIME_NAME.test(name) ? unitOf(values) : undefined;
    if (unit !== undefined) {
      type = 'timestamp';
      units[name] = unit;
    }
    schema[name] = { type, nullable: true };
  }
  return { schema, timeColumn: timeColumnOf(schema), units, delimiter: sample.delimiter };
}

function fromCsv(text: string, isWhole: boolean): { readonly columns: Sampled; readonly delimiter: string } {
  const { header, records, delimiter } = sampleCsv(text, RECORDS_MAX, isWhole);
  const columns: Sampled = new Map();
  header.forEach((name, index) => {
    if (columns.has(name)) return;
    columns.set(
      name,
      records.map((record) => record[index] ?? null).filter((value) => value !== null),
    );
  });
  return { columns, delimiter };
}

function fromNdjson(text: string, isWhole: boolean): { readonly columns: Sampled; readonly delimiter: string } {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (!isWhole) lines.pop();
  const columns: Sampled = new Map();
  const nested = new Set<string>();
  for (const line of lines.slice(0, RECORDS_MAX)) {
    for (const [name, value] of Object.entries(objectOf(line))) {
      if (!columns.has(name)) columns.set(name, []);
      if (typeof value === 'object' && value !== null) nested.add(name);
      else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        columns.get(name)?.push(value);
    }
  }
  for (const name of nested) columns.delete(name);
  return { columns, delimiter: ',' };
}

/** A line that is no object adds nothing here; the decoder says what is wrong with it. */
function objectOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function typeOf(values: readonly (string | number | boolean)[], format: 'csv' | 'ndjson'): TypeName {
  if (values.length === 0) return 'utf8';
  const isAll = (test: (value: string | number | boolean) => boolean): boolean => values.every(test);
  if (isAll((value) => typeof value === 'boolean')) return 'bool';
  if (isAll((value) => typeof value === 'number')) return isAll(Number.isSafeInteger) ? 'i64' : 'f64';
  if (!isAll((value) => typeof value === 'string')) return 'utf8';
  const texts = values.map(String);
  if (texts.every((value) => ISO.test(value) && !Number.isNaN(Date.parse(value.slice(0, 10))))) return 'timestamp';
  return format === 'ndjson' ? 'utf8' : csvTypeOf(texts);
}

/** Numbers with leading zeros are codes, not numbers: they would lose them. */
function csvTypeOf(texts: readonly string[]): TypeName {
  if (texts.every((value) => BOOL.test(value))) return 'bool';
  if (texts.every((value) => INTEGER.test(value) && !/^[+-]?0\d/.test(value))) return 'i64';
  if (texts.every((value) => (FLOAT.test(value) && !/^[+-]?0\d/.test(value)) || SPECIAL_FLOAT.test(value)))
    return 'f64';
  return 'utf8';
}

/** The unit in which all numbers lie between 1990 and 2100; undefined when there is none. */
function unitOf(values: readonly (string | number | boolean)[]): TimestampUnit | undefined {
  const [from, to] = [631152000, 4102444800];
  const perSecond: readonly (readonly [TimestampUnit, number])[] = [
    ['s', 1],
    ['ms', 1e3],
    ['us', 1e6],
    ['ns', 1e9],
  ];
  return perSecond.find(([, factor]) =>
    values.every((v) => Number(v) >= from * factor && Number(v) < to * factor),
  )?.[0];
}

/** A timestamp column named like a time, else the first one. */
function timeColumnOf(schema: Schema): string | undefined {
  const times = Object.keys(schema).filter((name) => schema[name]?.type === 'timestamp');
  return times.find((name) => TIME_NAME.test(name)) ?? times[0];
}

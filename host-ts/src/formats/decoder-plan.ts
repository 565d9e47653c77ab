/**
 * What a decoder is told: the words of its plan (drawn in engine-as/assembly/codec/decoder.ts) from a schema and
 * the options of a format.
 */
import type { Schema } from '../schema/index.ts';
import { typeCode } from '../schema/index.ts';

/** What a number in a timestamp column counts, since 1970. Text is ISO 8601 whatever the unit. */
export type TimestampUnit = 'ms' | 's' | 'us' | 'ns';

/** Where a decoder begins; what `position()` of an earlier one returned. JSON. */
export interface DecoderPosition {
  /** Bytes of the input before the first one pushed. */
  readonly offset: number;
  /** Lines before it. */
  readonly lines: number;
  /** CSV behind its header: fields per record, and which of them each column of the schema is. */
  readonly fieldCount?: number;
  readonly fields?: readonly number[];
}

export interface PlanInit {
  readonly format: 'csv' | 'ndjson';
  readonly schema: Schema;
  readonly units: Readonly<Record<string, TimestampUnit>>;
  readonly delimiter: string;
  readonly quote: string;
  readonly nullLiteral: string;
  readonly header: boolean;
  readonly skipBadLines: boolean;
  readonly position: DecoderPosition;
}

const FORMAT = { csv: 1, ndjson: 2 } as const;
const FLAG_HEADER = 1;
const FLAG_SKIP_BAD = 2;
const UNIT: Readonly<Record<TimestampUnit, number>> = { ms: 0, s: 1, us: 2, ns: 3 };
const TWO_32 = 4294967296;

export function decoderPlan(init: PlanInit): Int32Array {
  const { position, schema } = init;
  const words: number[] = [
    FORMAT[init.format],
    (init.header ? FLAG_HEADER : 0) | (init.skipBadLines ? FLAG_SKIP_BAD : 0),
    charCode(init.delimiter),
    charCode(init.quote),
    position.fieldCount ?? 0,
    ...wide(position.offset),
    ...wide(position.lines),
    ...text(init.nullLiteral),
    Object.keys(schema).length,
  ];
  Object.entries(schema).forEach(([name, column], index) => {
    const unit = Object.hasOwn(init.units, name) ? UNIT[init.units[name]!] : 0;
    words.push(typeCode(column), unit, position.fields?.[index] ?? -1, ...text(name));
  });
  return Int32Array.from(words);
}

function charCode(sign: string): number {
  return sign === '' ? 0 : sign.charCodeAt(0);
}

function wide(value: number): [number, number] {
  return [(value % TWO_32) | 0, Math.floor(value / TWO_32)];
}

/** Byte count, then the bytes padded to words. */
function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return [bytes.length, ...new Int32Array(padded.buffer)];
}

/**
 * A table as lines of JSON: what `--json` prints, in every home the same bytes.
 *
 * One object per row, columns in the table's order; time stamps as ISO 8601 with milliseconds and Z, integers with
 * all digits, numbers as JavaScript prints them (NaN and infinities, which JSON lacks, as null). It works column by
 * column over the frames' stores and makes each distinct text and each day's date only once.
 */
import { TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_TIMESTAMP, TYPE_UTF8 } from '../abi/index.ts';
import type { Schema } from '../schema/index.ts';
import { appendFrame } from './frame-rows.ts';
import { RowStore } from './row-store.ts';
import type { StoreColumn } from './row-store.ts';
import type { RowRange } from './table-scan.ts';

const CHUNK_CHARS = 1 << 16;
const DAY_MS = 86_400_000;
/** The times that a Date can tell; others are printed as their number of milliseconds. */
const DATE_MS_MAX = 8.64e15;

export interface TableJsonOptions {
  /** With several tables each row begins with its table's name. */
  readonly table?: string;
}

/** Frames in key order, of a table or a part of it. */
export interface TableJsonSource<Frames> {
  readonly schema: Schema;
  readonly frames: Frames;
}

/** Text in chunks of whole lines; concatenated, they are the table's lines. */
export function* tableJson(
  { schema, frames }: TableJsonSource<Iterable<Uint8Array>>,
  options: TableJsonOptions = {},
): Generator<string> {
  const lines = new JsonLines(schema, options);
  for (const frame of frames) yield* lines.ofFrame(frame);
  yield* lines.rest();
}

/** The same of frames that are read meanwhile, one after the other. */
export async function* tableJsonStream(
  { schema, frames }: TableJsonSource<AsyncIterable<Uint8Array>>,
  options: TableJsonOptions = {},
): AsyncGenerator<string> {
  const lines = new JsonLines(schema, options);
  for await (const frame of frames) yield* lines.ofFrame(frame);
  yield* lines.rest();
}

/** The same of a scan's rows: closes it when the text is not read to its end. */
export async function* scanJson(
  schema: Schema,
  scan: AsyncIterable<RowRange>,
  options: TableJsonOptions = {},
): AsyncGenerator<string> {
  const lines = new JsonLines(schema, options);
  for await (const range of scan) yield* lines.ofRows(range);
  yield* lines.rest();
}

/** Writes the lines; waits for `write` when it returns a promise (a full pipe). */
export async function writeTableJson(
  source: TableJsonSource<AsyncIterable<Uint8Array>>,
  write: (text: string) => void | Promise<void>,
  options: TableJsonOptions = {},
): Promise<void> {
  for await (const text of tableJsonStream(source, options)) {
    const waiting = write(text);
    if (waiting !== undefined) await waiting;
  }
}

/** Lines gather until there are enough for a chunk. */
class JsonLines {
  readonly #schema: Schema;
  readonly #names: readonly string[];
  readonly #start: string;
  #text = '';

  constructor(schema: Schema, { table }: TableJsonOptions) {
    this.#schema = schema;
    this.#names = Object.keys(schema).map((name) => `${JSON.stringify(name)}:`);
    this.#start = table === undefined ? '{' : `{"table":${JSON.stringify(table)},`;
  }

  *ofFrame(frame: Uint8Array): Generator<string> {
    const store = new RowStore(this.#schema, []); // of its own: texts that were seen are not kept for ever
    appendFrame(store, frame);
    yield* this.ofRows({ store, from: 0, to: store.rows });
  }

  *ofRows({ store, from, to }: RowRange): Generator<string> {
    const cells = store.columns.map((column, index) =>
      cellWriter(column, `${index === 0 ? this.#start : ','}${this.#names[index]}`),
    );
    for (let row = from; row < to; row++) {
      for (let index = 0; index < cells.length; index++) this.#text += cells[index]!(row);
      this.#text += '}\n';
      if (this.#text.length >= CHUNK_CHARS) yield* this.rest();
    }
  }

  *rest(): Generator<string> {
    const text = this.#text;
    this.#text = '';
    if (text !== '') yield text;
  }
}

type CellWriter = (row: number) => string;

function cellWriter(column: StoreColumn, before: string): CellWriter {
  const { nulls } = column;
  const value = valueWriter(column, before);
  if (nulls === undefined) return value;
  const nullCell = `${before}null`;
  return (row) => (nulls[row] === 1 ? nullCell : value(row));
}

function valueWriter({ type, values, pool }: StoreColumn, before: string): CellWriter {
  switch (type) {
    case TYPE_UTF8: {
      const cells: (string | undefined)[] = [];
      return (row) => (cells[values[row]!] ??= `${before}${JSON.stringify(pool!.text(values[row]!))}`);
    }
    case TYPE_BOOL:
      return (row) => `${before}${values[row] === 1}`;
    case TYPE_I32:
      return (row) => `${before}${values[row]}`;
    case TYPE_F64: {
      const floats = new Float64Array(values.buffer, values.byteOffset, values.length >> 1);
      return (row) => `${before}${Number.isFinite(floats[row]) ? floats[row] : 'null'}`;
    }
    case TYPE_TIMESTAMP:
      return timeWriter(values, before);
    default:
      return (row) => `${before}${integerText(values[2 * row]!, values[2 * row + 1]!)}`;
  }
}

function integerText(low: number, high: number): string {
  if (high === low >> 31) return `${low}`;
  return `${(BigInt(high) << 32n) | BigInt(low >>> 0)}`;
}

function timeWriter(values: Int32Array, before: string): CellWriter {
  const clocks = new Map<number, string>();
  let day = NaN;
  let date = '';
  return (row) => {
    const low = values[2 * row]! >>> 0;
    const high = values[2 * row + 1]!;
    const ms = high * 2 ** 32 + low;
    if (!(Math.abs(ms) <= DATE_MS_MAX)) return `${before}${integerText(low | 0, high)}`;
    const dayOf = Math.floor(ms / DAY_MS);
    if (dayOf !== day) {
      day = dayOf;
      const iso = new Date(day * DAY_MS < -DATE_MS_MAX ? ms : day * DAY_MS).toISOString();
      date = `${before}"${iso.slice(0, iso.indexOf('T') + 1)}`;
    }
    const inDay = ms - dayOf * DAY_MS;
    let clock = clocks.get(inDay);
    if (clock === undefined) {
      clock = `${new Date(inDay).toISOString().slice(11)}"`;
      if (clocks.size < 4096) clocks.set(inDay, clock);
    }
    return date + clock;
  };
}

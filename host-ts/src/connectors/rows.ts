/**
 * Rows that JavaScript makes: `collection` (the rows of the job or of the binding) and `generator` (a function of the
 * row's number). Both are replayable: the position is the number of rows delivered of the split.
 *
 * A collection is given as `options.rows` (one split) or `options.splits` (a list of lists; a split may also be
 * { rows, idleMs }: it stays silent so long before its first row), or by the job's function. A generator's options
 * are { rows, splits, rowsPerSecond }; its function gets the number of the row, from 0, and must always answer the same.
 */
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import type { Json } from '../base/index.ts';
import { SluiceError } from '../base/index.ts';
import { FrameBuilder, createColumnWriter } from '../engine/index.ts';
import type { ColumnWriter } from '../engine/index.ts';
import { contentFingerprint } from '../platform/index.ts';
import type { Platform } from '../platform/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import type {
  Connector,
  ConnectorContext,
  Enumeration,
  InputBinding,
  PollResult,
  SplitDescription,
  SplitReader,
} from './contract.ts';
import { collectionRowInvalid, inputUnbound } from './errors.ts';
import type { EngineMemory } from './frame-writer.ts';

/** A row as a job or a binding gives it: an object with the schema's columns; timestamps as ms, Date or ISO text. */
export type InputRow = object;

interface RowSplit {
  readonly rows: number;
  readonly idleMs: number;
  /** Smallest event time, when all rows are at hand and have one. */
  readonly timeMin: number | null;
  /** Infinity = as fast as it goes. */
  readonly rowsPerSecond: number;
  row(index: number): InputRow;
}

export function collectionConnector(binding: InputBinding, context: ConnectorContext): Promise<Connector> {
  const lists = collectionLists(binding.options, context);
  const splits = lists.map(({ rows, idleMs }): RowSplit => ({
    rows: rows.length,
    idleMs,
    timeMin: earliest(rows, context.timeColumn),
    rowsPerSecond: Infinity,
    row: (index) => rows[index]!,
  }));
  const fingerprint = (): string =>
    `collection:${splits.map(({ rows }) => rows).join(',')}-${contentOf(binding.options, lists)}`;
  return Promise.resolve(new RowsConnector(splits, fingerprint, context));
}

export function generatorConnector(binding: InputBinding, context: ConnectorContext): Promise<Connector> {
  const { userFunction, inputName } = context;
  const { rows, splits = 1, rowsPerSecond = Infinity } = (binding.options ?? {}) as GeneratorOptions;
  const valid =
    Number.isSafeInteger(rows) && Number.isSafeInteger(splits) && splits >= 1 && splits <= 4096 && rowsPerSecond > 0;
  if (rows === undefined || rows < 0 || !valid) {
    const hint = 'give a count of rows, and of splits between 1 and 4096';
    return Promise.reject(inputUnbound(inputName, `generator of ${String(rows)} rows in ${splits} splits`, hint));
  }
  if (userFunction === undefined) {
    return Promise.reject(inputUnbound(inputName, 'generator without a function', 'name one in the job'));
  }
  const make = userFunction as (index: number) => InputRow;
  const ranges = Array.from({ length: splits }, (_, split): RowSplit => {
    const from = Math.floor((rows * split) / splits);
    const to = Math.floor((rows * (split + 1)) / splits);
    return { rows: to - from, idleMs: 0, timeMin: null, rowsPerSecond, row: (index) => make(from + index) };
  });
  return Promise.resolve(new RowsConnector(ranges, () => `generator:${rows}/${splits}`, context));
}

interface GeneratorOptions {
  readonly rows?: number;
  readonly splits?: number;
  readonly rowsPerSecond?: number;
}

interface RowList {
  readonly rows: readonly InputRow[];
  readonly idleMs: number;
}

function collectionLists(options: Json, { userFunction, inputName }: ConnectorContext): RowList[] {
  const given = (options ?? {}) as {
    rows?: InputRow[];
    splits?: (InputRow[] | { rows: InputRow[]; idleMs?: number })[];
  };
  const rows: unknown = given.rows ?? (given.splits === undefined ? userFunction?.() : []);
  if (given.splits !== undefined) {
    return given.splits.map((split) =>
      Array.isArray(split) ? { rows: split, idleMs: 0 } : { rows: split.rows, idleMs: split.idleMs ?? 0 },
    );
  }
  if (!Array.isArray(rows)) throw inputUnbound(inputName, 'collection without rows', 'give a list of rows');
  return [{ rows: rows as InputRow[], idleMs: 0 }];
}

/** Hashes of bindings that were seen before; their rows are not changed any more. */
const contents = new WeakMap<object, string>();

/** A short hash of the rows: they are compared at a resume. */
function contentOf(options: Json, lists: readonly RowList[]): string {
  const known = typeof options === 'object' && options !== null ? contents.get(options) : undefined;
  if (known !== undefined) return known;
  const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
  const hash = contentFingerprint(new TextEncoder().encode(JSON.stringify(lists, plain)));
  if (typeof options === 'object' && options !== null) contents.set(options, hash);
  return hash;
}

class RowsConnector implements Connector {
  readonly replayable = true;
  readonly #splits: readonly RowSplit[];
  readonly #fingerprint: () => string;
  readonly #context: ConnectorContext;

  constructor(splits: readonly RowSplit[], fingerprint: () => string, context: ConnectorContext) {
    this.#splits = splits;
    this.#fingerprint = fingerprint;
    this.#context = context;
  }

  enumerate(): Promise<Enumeration> {
    const splits = this.#splits.map(({ rows, timeMin }, index): SplitDescription => ({
      id: `rows-${index}`,
      index,
      timeMin,
      rows,
      bytes: null,
      data: null,
    }));
    return Promise.resolve({ fingerprint: this.#fingerprint(), splits });
  }

  openSplit(split: SplitDescription, position: Json, engine: EngineMemory): Promise<SplitReader> {
    const rows = this.#splits[split.index];
    const { inputName, schema, platform } = this.#context;
    if (rows === undefined) return Promise.reject(inputUnbound(inputName, `has no split ${split.index}`, 'start anew'));
    const at = typeof position === 'number' ? position : 0;
    return Promise.resolve(new RowsReader({ split: rows, at, engine, schema, inputName, platform }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface RowsReaderInit {
  readonly split: RowSplit;
  readonly at: number;
  readonly engine: EngineMemory;
  readonly schema: Schema;
  readonly inputName: string;
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
}

class RowsReader implements SplitReader {
  readonly skippedRows = 0;
  readonly #init: RowsReaderInit;
  readonly #builder: FrameBuilder;
  readonly #writers: readonly ColumnWriter[];
  readonly #names: readonly string[];
  #at: number;
  #ptr = 0;
  #capacity = 0;
  #silent: boolean;
  /** From when, on the steady clock, and from which row the rate counts. */
  #paceFrom: { readonly steadyMs: number; readonly row: number } | undefined;

  constructor(init: RowsReaderInit) {
    this.#init = init;
    this.#at = init.at;
    this.#names = Object.keys(init.schema);
    const types = schemaTypeCodes(init.schema);
    this.#builder = new FrameBuilder(types);
    this.#writers = types.map((type, column) => createColumnWriter(type, column));
    this.#silent = init.split.idleMs > 0 && init.at === 0;
  }

  poll(rowsMax: number): PollResult {
    const { split } = this.#init;
    if (this.#silent) return { kind: 'wait' };
    if (this.#at >= split.rows) return { kind: 'end' };
    const rows = Math.min(rowsMax, FRAME_ROWS_MAX, split.rows - this.#at, this.#due());
    if (rows <= 0) return { kind: 'wait' };
    for (let row = 0; row < rows; row++) this.#read(row);
    this.#build(rows);
    this.#at += rows;
    return { kind: 'frame', framePtr: this.#ptr, rows };
  }

  ready(): Promise<void> {
    const { split, platform } = this.#init;
    const waitMs = this.#silent ? split.idleMs : this.#due() > 0 ? 0 : Math.ceil(1000 / split.rowsPerSecond);
    if (waitMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      platform.timers.after(waitMs, () => {
        this.#silent = false;
        resolve();
      });
    });
  }

  position(): Json {
    return this.#at;
  }

  close(): void {
    if (this.#ptr !== 0) this.#init.engine.free(this.#ptr);
    this.#ptr = 0;
    this.#capacity = 0;
  }

  /** Rows that the rate allows by now. */
  #due(): number {
    const { split, platform } = this.#init;
    if (split.rowsPerSecond === Infinity) return Infinity;
    const steadyMs = platform.clock.steady();
    this.#paceFrom ??= { steadyMs, row: this.#at };
    const { steadyMs: fromMs, row } = this.#paceFrom;
    return Math.floor(((steadyMs - fromMs) * split.rowsPerSecond) / 1000) - (this.#at - row);
  }

  #build(rows: number): void {
    const { engine } = this.#init;
    const blocks = this.#writers.map((writer) => writer.take(rows));
    this.#builder.assemble(rows, blocks, (bytes) => {
      if (bytes > this.#capacity) {
        this.close();
        this.#capacity = (bytes + 4095) & ~4095;
        this.#ptr = engine.alloc(this.#capacity);
      }
      return engine.bytes(this.#ptr, this.#capacity);
    });
  }

  /** Puts the frame's row `row` into the writers. */
  #read(row: number): void {
    const { split, schema, inputName } = this.#init;
    const index = this.#at + row;
    const source: unknown = split.row(index);
    if (typeof source !== 'object' || source === null) {
      throw collectionRowInvalid(inputName, index, `${String(source)} is no row`);
    }
    try {
      for (let column = 0; column < this.#names.length; column++) {
        const name = this.#names[column]!;
        const value: unknown = (source as Readonly<Record<string, unknown>>)[name];
        this.#writers[column]!.put(row, schema[name]!.type === 'timestamp' ? timeOf(value) : value);
      }
    } catch (error) {
      if (error instanceof SluiceError && error.code === 'ROW_VALUE_TYPE') {
        throw collectionRowInvalid(inputName, index, error.summary);
      }
      throw error;
    }
  }
}

function earliest(rows: readonly InputRow[], column: string | undefined): number | null {
  if (column === undefined) return null;
  let min = Infinity;
  for (const row of rows) {
    // what is no row at all is reported when it is read
    const time = timeOf((row as Readonly<Record<string, unknown>> | null)?.[column]);
    if (typeof time !== 'number') return null;
    if (time < min) min = time;
  }
  return Number.isFinite(min) ? Math.floor(min) : null;
}

/** Date and ISO text as ms; anything else as it is, for the builder to judge. */
function timeOf(value: unknown): RowValue {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string') {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? value : ms;
  }
  return value as RowValue;
}

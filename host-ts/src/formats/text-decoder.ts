/**
 * Decoders of text formats in the engine: push chunks of bytes, take frames.
 *
 *   decoder.push(chunk, last)          copies the chunk into the engine's memory
 *   while ((frame = decoder.next()))   frames lie in the engine's memory, good until the next call
 *   decoder.position()                 where to go on after the frames taken so far
 *
 * A decoder holds at most a chunk, one record (512 KiB) and one frame. After an error it is of no use.
 */
import { FRAME_ROWS_MAX, STATUS_OUTPUT } from '../abi/index.ts';
import type { SluiceError } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Schema } from '../schema/index.ts';
import { columnNames } from '../schema/index.ts';
import type { DecoderPosition, PlanInit, TimestampUnit } from './decoder-plan.ts';
import { decoderPlan } from './decoder-plan.ts';
import { decodeFailed, formatOptionInvalid } from './errors.ts';

export interface TextDecoderOptions {
  /** The wanted columns; the input may have more. */
  readonly schema: Schema;
  /** For errors. */
  readonly inputName: string;
  /** What numbers in timestamp columns count; 'ms' unless given. */
  readonly units?: Readonly<Record<string, TimestampUnit>>;
  /** Where the first byte lies; the start of the input unless given. */
  readonly position?: DecoderPosition;
  /** Byte offset at which the lines are counted from: 0 unless this is a split in the middle of a file. */
  readonly lineOrigin?: number;
}

export interface CsvOptions extends TextDecoderOptions {
  /** One ASCII character that is no part of numbers; a comma unless given. */
  readonly delimiter?: string;
  /** One ASCII character, or '' for files without quoting; a double quote unless given. */
  readonly quote?: string;
  /** Unquoted text that means null, besides the empty field. */
  readonly nullLiteral?: string;
  /** The names of the fields, for a file whose first record is data; otherwise that record names them. */
  readonly fieldNames?: readonly string[];
}

export interface NdjsonOptions extends TextDecoderOptions {
  /** What to do with lines that are no object or do not fit the schema; 'fail' unless given. */
  readonly badLines?: 'fail' | 'skip';
}

/** A frame in the engine's memory, borrowed until the next call of its decoder. */
export interface DecodedFrame {
  readonly framePtr: number;
  readonly bytes: number;
  readonly rows: number;
}

/** Readable bytes that a chunk needs behind it. */
const SLACK_BYTES = 64;
const EXCERPT_BYTES = 80;

class EngineDecoder {
  readonly #engine: Engine;
  readonly #options: TextDecoderOptions;
  readonly #isCsv: boolean;
  #decoder: number;
  #buffer = 0;
  #bufferBytes = 0;
  #position: DecoderPosition;

  constructor(engine: Engine, options: TextDecoderOptions, plan: PlanInit) {
    this.#engine = engine;
    this.#options = options;
    this.#isCsv = plan.format === 'csv';
    this.#position = plan.position;
    const words = decoderPlan(plan);
    const ptr = engine.alloc(words.byteLength);
    engine.bytes(ptr, words.byteLength).set(new Uint8Array(words.buffer));
    this.#decoder = Number(engine.call('decoder_create', ptr, words.length)) >>> 0;
    const failure = this.#decoder === 0 ? engine.failure() : undefined;
    engine.free(ptr);
    if (failure !== undefined) throw failure;
  }

  /** Gives the next bytes of the input (copied); only when `next` has returned undefined. `last`: it ends with them. */
  push(chunk: Uint8Array, last: boolean): void {
    if (chunk.length > this.#bufferBytes) {
      if (this.#buffer !== 0) this.#engine.free(this.#buffer);
      this.#buffer = 0;
      this.#bufferBytes = 0;
      this.#buffer = this.#engine.alloc(chunk.length + SLACK_BYTES);
      this.#bufferBytes = chunk.length;
    } else if (this.#buffer === 0) this.#buffer = this.#engine.alloc(SLACK_BYTES);
    this.#engine.bytes(this.#buffer, chunk.length).set(chunk);
    const status = Number(this.#call('decoder_push', this.#buffer, chunk.length, last ? 1 : 0));
    if (status < 0) throw this.#engine.failure();
  }

  /**
   * The next frame of at most `rowsMax` rows, or undefined: the chunk is used up. Rows before a bad record come
   * first; then CSV_…, NDJSON_INVALID, LINE_TOO_LONG, VALUE_TYPE_MISMATCH, NOT_UTF8 or ENGINE_OUT_OF_MEMORY is thrown.
   */
  next(rowsMax: number = FRAME_ROWS_MAX): DecodedFrame | undefined {
    const status = Number(this.#call('decoder_next', rowsMax));
    if (status < 0) throw this.#failure();
    if (status !== STATUS_OUTPUT) return undefined;
    return {
      framePtr: Number(this.#call('decoder_out_ptr')) >>> 0,
      bytes: Number(this.#call('decoder_out_bytes')),
      rows: Number(this.#call('decoder_out_rows')),
    };
  }

  /** Where a new decoder goes on after the rows of the last frame. */
  position(): DecoderPosition {
    const offset = Number(this.#call('decoder_consumed'));
    if (offset === this.#position.offset) return this.#position;
    const lines = Number(this.#call('decoder_lines'));
    if (!this.#isCsv) return (this.#position = { offset, lines });
    const fieldCount = Number(this.#call('decoder_field_count'));
    const fields = columnNames(this.#options.schema).map((_, index) => Number(this.#call('decoder_field', index)));
    return (this.#position = { offset, lines, fieldCount, fields });
  }

  /** Bad lines that were skipped so far. */
  get skipped(): number {
    return Number(this.#call('decoder_skipped'));
  }

  free(): void {
    if (this.#decoder !== 0) this.#call('decoder_free');
    this.#decoder = 0;
    if (this.#buffer !== 0) this.#engine.free(this.#buffer);
    this.#buffer = 0;
    this.#bufferBytes = 0;
  }

  #call(name: string, ...args: number[]): number | bigint {
    return this.#engine.call(name, this.#decoder, ...args);
  }

  #failure(): SluiceError {
    const engine = this.#engine;
    const value = (index: number): number => Number(engine.call('error_value', index));
    const code = Number(engine.call('error_code'));
    const [line, index, offset] = [value(0), value(1), value(2)];
    const column = columnNames(this.#options.schema)[index];
    const known = decodeFailed({
      input: this.#options.inputName,
      code,
      line,
      lineOrigin: this.#options.lineOrigin ?? 0,
      column,
      type: column === undefined ? undefined : this.#options.schema[column]?.type,
      offset,
      excerpt: this.#excerpt(),
      inHeader: this.#isCsv && Number(this.#call('decoder_field_count')) === 0,
    });
    return known ?? engine.failure();
  }

  /** The text at fault, quoted and cut; a single character when only a place is known. */
  #excerpt(): string {
    const ptr = Number(this.#call('decoder_error_ptr')) >>> 0;
    if (ptr === 0) return "''";
    const length = Math.max(1, Number(this.#call('decoder_error_bytes')));
    const text = new TextDecoder().decode(this.#engine.bytes(ptr, Math.min(length, EXCERPT_BYTES)));
    if (text === '\n') return 'end of line';
    return `'${text.replaceAll('\n', '\\n')}'${length > EXCERPT_BYTES ? ' …' : ''}`;
  }
}

const START: DecoderPosition = { offset: 0, lines: 0 };

/** CSV as RFC 4180 says, and a little more (engine-as/assembly/codec/csv.ts). */
export class CsvDecoder extends EngineDecoder {
  /** Errors: FORMAT_OPTION_INVALID, ENGINE_OUT_OF_MEMORY. */
  constructor(engine: Engine, options: CsvOptions) {
    const { inputName, delimiter = ',', quote = '"' } = options;
    if (!/^[\t -~]$/.test(delimiter) || /[0-9A-Za-z.+-]/.test(delimiter) || delimiter === quote) {
      throw formatOptionInvalid(inputName, 'delimiter', delimiter, "one character such as ',', ';', '|' or a tab");
    }
    if (!/^[!-~]?$/.test(quote)) throw formatOptionInvalid(inputName, 'quote', quote, "one character, or ''");
    const { fieldNames, schema, position } = options;
    const start = position ?? (fieldNames === undefined ? START : { ...START, ...bind(inputName, schema, fieldNames) });
    super(engine, options, {
      format: 'csv',
      schema,
      units: options.units ?? {},
      delimiter,
      quote,
      nullLiteral: options.nullLiteral ?? '',
      header: start.fields === undefined,
      skipBadLines: false,
      position: start,
    });
  }
}

/** One JSON object per line (engine-as/assembly/codec/ndjson.ts). */
export class NdjsonDecoder extends EngineDecoder {
  constructor(engine: Engine, options: NdjsonOptions) {
    super(engine, options, {
      format: 'ndjson',
      schema: options.schema,
      units: options.units ?? {},
      delimiter: '',
      quote: '',
      nullLiteral: '',
      header: false,
      skipBadLines: options.badLines === 'skip',
      position: options.position ?? START,
    });
  }
}

function bind(
  input: string,
  schema: Schema,
  names: readonly string[],
): { readonly fieldCount: number; readonly fields: readonly number[] } {
  const fields = columnNames(schema).map((column) => {
    const field = names.indexOf(column);
    if (field < 0) throw formatOptionInvalid(input, 'fieldNames', names.join(','), `a list with '${column}'`);
    return field;
  });
  return { fieldCount: names.length, fields };
}

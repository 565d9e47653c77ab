/**
 * The connector 'log': an input whose rows come over HTTP and lie in the job's log objects.
 *
 * A partition is a split, and it is read to its end, which may never come: so a slot reads one partition for good, and
 * there may be no more partitions than slots. Positions are the decoder's; a log is replayable as far as it is kept.
 */
import { errorToData, SluiceError } from '../../host-ts/src/base/index.ts';
import type { Json } from '../../host-ts/src/base/index.ts';
import type {
  Connector,
  ConnectorContext,
  ConnectorFactory,
  Enumeration,
  InputBinding,
  PollResult,
  SplitDescription,
  SplitReader,
} from '../../host-ts/src/connectors/index.ts';
import type { Engine } from '../../host-ts/src/engine/index.ts';
import { inputChangedWhileRead } from '../../host-ts/src/platform/index.ts';
import { CsvDecoder, NdjsonDecoder } from '../../host-ts/src/formats/index.ts';
import type { DecoderPosition, TimestampUnit } from '../../host-ts/src/formats/index.ts';
import type { LogCalls } from './calls.ts';
import type { LogFormat, LogRead } from './log-format.ts';
import { valueOf } from './outcome.ts';

/** Options of a binding to a log; what they mean is in formats/. */
export interface LogOptions {
  readonly partitions: number;
  readonly badLines?: 'fail' | 'skip';
  readonly units?: Readonly<Record<string, TimestampUnit>>;
  readonly delimiter?: string;
  readonly nullLiteral?: string;
  /** Whether rows that no kept checkpoint needs are forgotten; 'all' unless given. */
  readonly retain?: 'all' | 'checkpoints';
}

export function logBinding(options: LogOptions): InputBinding {
  return { connector: 'log', options: { ...options } };
}

/** `logOf`: how a partition's object is reached, by the input's name. A new stub each time. */
export function logConnector(logOf: (input: string, partition: number) => LogCalls): ConnectorFactory {
  return (binding, context) =>
    Promise.resolve(new LogConnector(binding.options as unknown as LogOptions, context, logOf));
}

class LogConnector implements Connector {
  readonly replayable = true;
  readonly #options: LogOptions;
  readonly #context: ConnectorContext;
  readonly #logOf: (partition: number) => LogCalls;

  constructor(options: LogOptions, context: ConnectorContext, logOf: (input: string, partition: number) => LogCalls) {
    this.#options = options;
    this.#context = context;
    this.#logOf = (partition) => logOf(context.inputName, partition);
  }

  async enumerate(): Promise<Enumeration> {
    const partitions = Array.from({ length: this.#options.partitions }, (_, partition) => partition);
    const logs = await Promise.all(partitions.map((partition) => this.#logOf(partition).describe()));
    const splits = partitions.map((partition): SplitDescription => ({
      id: `log-${partition}`,
      index: partition,
      timeMin: null,
      rows: null,
      bytes: logs[partition]?.ended === true ? logs[partition].to : null,
      data: { partition, log: logs[partition]!.id },
    }));
    return { fingerprint: logs.map((log) => log.id).join('+'), splits };
  }

  async openSplit(split: SplitDescription, position: Json, engine: Engine): Promise<SplitReader> {
    const start = position === null ? undefined : (position as unknown as LogPosition);
    const { partition, log: id } = split.data as unknown as LogSplit;
    return new LogReader({
      log: this.#logOf(partition),
      id,
      name: `the log of input '${this.#context.inputName}' (partition ${partition})`,
      start,
      decoderOf: (format, at) => decoderOf({ format, at, engine, options: this.#options, context: this.#context }),
    });
  }

  async close(): Promise<void> {
    // objects need no goodbye
  }
}

/** Ids of the logs, by partition, of a fingerprint that `enumerate` made. */
export function logIdsOf(fingerprint: string): readonly string[] {
  return fingerprint.split('+');
}

/** `log`: the id of the log that was there when the run began. */
interface LogSplit {
  readonly partition: number;
  readonly log: string;
}

type Decoder = CsvDecoder | NdjsonDecoder;

interface DecoderInit {
  readonly format: LogFormat;
  readonly at: DecoderPosition | undefined;
  readonly engine: Engine;
  readonly options: LogOptions;
  readonly context: ConnectorContext;
}

function decoderOf({ format, at, engine, options, context }: DecoderInit): Decoder {
  const { inputName, schema } = context;
  const { badLines, units, delimiter, nullLiteral } = options;
  const shared = { inputName, schema, ...(units && { units }), ...(at && { position: at }) };
  if (format.kind === 'ndjson') return new NdjsonDecoder(engine, { ...shared, ...(badLines && { badLines }) });
  return new CsvDecoder(engine, {
    ...shared,
    ...(delimiter !== undefined && { delimiter }),
    ...(nullLiteral !== undefined && { nullLiteral }),
    ...(format.header === null && { fieldNames: Object.keys(schema) }),
  });
}

/** Where reading goes on. Decoders count the header, which is not in the log, as bytes before the rows. */
interface LogPosition {
  readonly decoder: DecoderPosition;
  readonly headerBytes: number;
  readonly skipped: number;
}

interface LogReaderInit {
  readonly log: Pick<LogCalls, 'read'>;
  /** A log that began anew since has other rows at the same offsets: it is refused. */
  readonly id: string;
  /** For errors. */
  readonly name: string;
  readonly start: LogPosition | undefined;
  readonly decoderOf: (format: LogFormat, at: DecoderPosition | undefined) => Decoder;
}

export class LogReader implements SplitReader {
  readonly #init: LogReaderInit;
  #decoder: Decoder | undefined;
  #headerBytes: number;
  #position: LogPosition | null;
  /** Offset in the log of the next byte to fetch. */
  #next: number;
  #ahead: LogRead | undefined;
  #reading: Promise<void>;
  #failure: SluiceError | undefined;
  #pushed = false;
  #lastPushed = false;
  #closed = false;

  constructor(init: LogReaderInit) {
    this.#init = init;
    const { start } = init;
    this.#position = start ?? null;
    this.#headerBytes = start?.headerBytes ?? 0;
    this.#next = start === undefined ? 0 : start.decoder.offset - start.headerBytes;
    this.#reading = this.#fetch();
  }

  get skippedRows(): number {
    return (this.#init.start?.skipped ?? 0) + (this.#decoder?.skipped ?? 0);
  }

  poll(rowsMax: number): PollResult {
    while (!this.#closed) {
      if (!this.#pushed) {
        if (this.#lastPushed) return { kind: 'end' };
        if (this.#failure !== undefined) throw this.#failure;
        if (!this.#push()) return { kind: 'wait' };
      }
      const frame = this.#decoder?.next(rowsMax);
      if (frame !== undefined) {
        this.#notePosition();
        return { kind: 'frame', framePtr: frame.framePtr, rows: frame.rows };
      }
      this.#pushed = false;
    }
    return { kind: 'end' };
  }

  async ready(): Promise<void> {
    await this.#reading;
    if (this.#failure !== undefined) throw this.#failure;
  }

  position(): Json {
    return this.#position as unknown as Json;
  }

  close(): void {
    this.#closed = true;
    this.#decoder?.free();
    this.#decoder = undefined;
  }

  /** Gives the decoder what was fetched; false when nothing was. */
  #push(): boolean {
    const read = this.#ahead;
    if (read === undefined) return false;
    this.#ahead = undefined;
    const isLast = read.log.ended && this.#next >= read.log.to;
    const { format } = read.log;
    if (format === null) {
      this.#lastPushed = isLast; // a log that ended without a row
      return isLast;
    }
    this.#lastPushed = isLast;
    this.#decoderFor(format).push(this.#withHeader(format, read.bytes), isLast);
    this.#pushed = true;
    if (!isLast) this.#reading = this.#fetch();
    return true;
  }

  #decoderFor(format: LogFormat): Decoder {
    this.#decoder ??= this.#init.decoderOf(format, this.#init.start?.decoder);
    return this.#decoder;
  }

  /** The decoder of a CSV reads the header once, before the first row. */
  #withHeader(format: LogFormat, bytes: Uint8Array): Uint8Array {
    const isFirst = this.#position === null && this.#headerBytes === 0;
    if (format.kind === 'ndjson' || format.header === null || !isFirst) return bytes;
    const header = new TextEncoder().encode(format.header);
    this.#headerBytes = header.length;
    const whole = new Uint8Array(header.length + bytes.length);
    whole.set(header);
    whole.set(bytes, header.length);
    return whole;
  }

  #notePosition(): void {
    if (this.#decoder === undefined) return;
    this.#position = { decoder: this.#decoder.position(), headerBytes: this.#headerBytes, skipped: this.skippedRows };
  }

  /** Until there is something to push, or nothing will come. */
  async #fetch(): Promise<void> {
    const { log, id, name } = this.#init;
    try {
      while (!this.#closed) {
        const read = valueOf(await log.read(this.#next));
        if (read.log.id !== id) throw inputChangedWhileRead(name, id, read.log.id);
        this.#next += read.bytes.length;
        if (read.bytes.length === 0 && !read.log.ended) continue;
        this.#ahead = read;
        return;
      }
    } catch (error) {
      this.#failure = error instanceof SluiceError ? error : logLost(error);
    }
  }
}

function logLost(error: unknown): SluiceError {
  return new SluiceError({
    ...errorToData(error),
    code: 'LOG_LOST',
    kind: 'environment',
    hint: 'the job restarts and reads on where its last checkpoint was',
    cause: error,
  });
}

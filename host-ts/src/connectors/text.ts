/**
 * The connectors for CSV and NDJSON: chunks are read ahead, the engine's decoders make frames of them.
 *
 * NDJSON is split into fixed byte ranges (`splitBytes`), since a line feed always ends a line there; in CSV it may
 * stand inside quotes, so a CSV is one split. The position is the byte behind the last row delivered. A stream is one
 * split that can be read once: it is opened when it is read, and going back is SOURCE_NOT_REPLAYABLE.
 */
import { errorToData, SluiceError } from '../base/index.ts';
import type { Json } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { CsvDecoder, NdjsonDecoder } from '../formats/index.ts';
import type { DecoderPosition } from '../formats/index.ts';
import type { ByteLocation, ByteSource } from '../platform/index.ts';
import type {
  Connector,
  ConnectorContext,
  Enumeration,
  InputBinding,
  PollResult,
  SplitDescription,
  SplitReader,
} from './contract.ts';
import type { CsvBindingOptions, NdjsonBindingOptions } from './bindings.ts';
import { inputUnbound, sourceNotReplayable } from './errors.ts';
import { TextBytes } from './text-bytes.ts';
import type { TextChunk, TextRange } from './text-bytes.ts';

/** Bytes of a chunk: large enough for the decoders' speed, small enough for two per split. */
const CHUNK_BYTES = 1 << 20;
/** Of a stream, whose rows should not wait for a large chunk to fill. */
const STREAM_CHUNK_BYTES = 1 << 14;
const SPLIT_BYTES = 8 << 20;
const SPLIT_BYTES_MIN = 4096;

type Decoder = CsvDecoder | NdjsonDecoder;

/** What the two formats have in common once their options are read. */
interface TextInit {
  readonly splitBytes: number;
  readonly decoder: (engine: Engine, position: DecoderPosition, lineOrigin: number) => Decoder;
}

export function csvConnector(binding: InputBinding, context: ConnectorContext): Promise<Connector> {
  const { inputName, schema } = context;
  const options = optionsOf(binding) as CsvBindingOptions;
  const decoder = (engine: Engine, position: DecoderPosition): Decoder => {
    // without a position of its own the decoder reads the header, or binds the names that were given
    const start = position.offset === 0 ? {} : { position };
    return new CsvDecoder(engine, { ...options, inputName, schema, ...start });
  };
  return openText(binding, context, { decoder, splitBytes: Infinity });
}

export function ndjsonConnector(binding: InputBinding, context: ConnectorContext): Promise<Connector> {
  const { inputName, schema } = context;
  const { splitBytes = SPLIT_BYTES, ...options } = optionsOf(binding) as NdjsonBindingOptions;
  if (!(splitBytes >= SPLIT_BYTES_MIN)) {
    const found = `splits of ${splitBytes} B`;
    return Promise.reject(inputUnbound(inputName, found, `give splitBytes of at least ${SPLIT_BYTES_MIN}`));
  }
  const decoder = (engine: Engine, position: DecoderPosition, lineOrigin: number): Decoder =>
    new NdjsonDecoder(engine, { ...options, inputName, schema, position, lineOrigin });
  return openText(binding, context, { decoder, splitBytes });
}

function optionsOf({ options }: InputBinding): object {
  return typeof options === 'object' && options !== null ? options : {};
}

async function openText(binding: InputBinding, context: ConnectorContext, init: TextInit): Promise<Connector> {
  const { location } = binding;
  // a slot that will not read the stream is given the binding without it
  if (location === undefined || location.kind === 'stream')
    return new TextConnector(undefined, location, context, init);
  return new TextConnector(await context.platform.open(location), location, context, init);
}

class TextConnector implements Connector {
  readonly #source: ByteSource | undefined;
  readonly #location: ByteLocation | undefined;
  readonly #context: ConnectorContext;
  readonly #init: TextInit;
  #stream: ByteSource | undefined;
  #streamRead = false;

  constructor(
    source: ByteSource | undefined,
    location: ByteLocation | undefined,
    context: ConnectorContext,
    init: TextInit,
  ) {
    this.#source = source;
    this.#location = location;
    this.#context = context;
    this.#init = init;
  }

  get replayable(): boolean {
    return this.#source !== undefined && this.#source.seekable && this.#source.byteLength !== undefined;
  }

  enumerate(): Promise<Enumeration> {
    const total = this.#source?.byteLength;
    const { splitBytes } = this.#init;
    const fingerprint = this.#source?.fingerprint ?? 'stream';
    if (total === undefined || !this.replayable) {
      return Promise.resolve({ fingerprint, splits: [describe(0, { from: 0, to: Infinity }, null)] });
    }
    const count = Math.max(1, Math.ceil(total / splitBytes));
    const splits = Array.from({ length: count }, (_, index) => {
      const from = index === 0 ? 0 : index * splitBytes;
      const to = index === count - 1 ? Infinity : from + splitBytes;
      return describe(index, { from, to }, Math.min(to, total) - from);
    });
    const cut = count === 1 ? '' : `/${splitBytes}`;
    return Promise.resolve({ fingerprint: `${fingerprint}${cut}`, splits });
  }

  async openSplit(split: SplitDescription, position: Json, engine: Engine): Promise<SplitReader> {
    const given = position === null ? undefined : (position as unknown as TextPosition);
    if (this.#source === undefined || !this.replayable) await this.#openStream(given);
    const source = this.#source ?? this.#stream!;
    const { from, to } = split.data as unknown as { from: number; to: number | null };
    const range: TextRange = { from, to: to ?? Infinity };
    const chunkBytes = source.seekable ? CHUNK_BYTES : STREAM_CHUNK_BYTES;
    const bytes = new TextBytes(source, range, chunkBytes, given?.decoder.offset);
    // where the first line begins has to be known before the decoder is made, for it counts from there
    const first = await bytes.next();
    const origin = given?.origin ?? Math.max(0, bytes.firstAt);
    const decoder = this.#init.decoder(engine, given?.decoder ?? { offset: origin, lines: 0 }, origin);
    return new TextReader({ decoder, bytes, first, start: given, origin });
  }

  async close(): Promise<void> {
    await this.#source?.close();
    await this.#stream?.close();
  }

  async #openStream(position: TextPosition | undefined): Promise<void> {
    const { inputName, platform } = this.#context;
    const isAgain = this.#streamRead || (position !== undefined && position.decoder.offset > 0);
    if (isAgain) throw sourceNotReplayable(inputName);
    this.#streamRead = true;
    if (this.#source !== undefined) return;
    if (this.#location === undefined) {
      throw inputUnbound(inputName, 'has no location here', 'bind a path, URL, file, stream or bytes');
    }
    this.#stream = await platform.open(this.#location);
  }
}

function describe(index: number, { from, to }: TextRange, bytes: number | null): SplitDescription {
  const data = { from, to: to === Infinity ? null : to };
  return { id: `bytes-${from}`, index, timeMin: null, rows: null, bytes, data };
}

interface TextPosition {
  readonly decoder: DecoderPosition;
  /** Where the split's first line begins, from which lines are counted. */
  readonly origin: number;
  readonly skipped: number;
}

interface TextReaderInit {
  readonly decoder: Decoder;
  readonly bytes: TextBytes;
  readonly first: TextChunk | undefined;
  readonly start: TextPosition | undefined;
  readonly origin: number;
}

class TextReader implements SplitReader {
  readonly #init: TextReaderInit;
  readonly #skippedBefore: number;
  #ahead: TextChunk | undefined;
  #reading: Promise<void> | undefined;
  #error: unknown;
  #failed = false;
  #inChunk = false;
  #isLast = false;
  #ended: boolean;
  #closed = false;
  #position: TextPosition | null;

  constructor(init: TextReaderInit) {
    this.#init = init;
    this.#skippedBefore = init.start?.skipped ?? 0;
    this.#position = init.start ?? null;
    this.#ahead = init.first;
    this.#ended = init.first === undefined;
  }

  get skippedRows(): number {
    return this.#closed ? this.#skippedBefore : this.#skippedBefore + this.#init.decoder.skipped;
  }

  poll(rowsMax: number): PollResult {
    const { decoder, origin } = this.#init;
    while (!this.#ended) {
      if (!this.#inChunk) {
        if (this.#failed) throw this.#error;
        if (this.#ahead === undefined) return { kind: 'wait' };
        decoder.push(this.#ahead.bytes, this.#ahead.last);
        this.#inChunk = true;
        this.#isLast = this.#ahead.last;
        this.#ahead = undefined;
        if (!this.#isLast) this.#readAhead();
      }
      const frame = decoder.next(rowsMax);
      if (frame !== undefined) {
        this.#position = { decoder: decoder.position(), origin, skipped: this.skippedRows };
        return { kind: 'frame', framePtr: frame.framePtr, rows: frame.rows };
      }
      this.#inChunk = false;
      this.#ended = this.#isLast;
    }
    return { kind: 'end' };
  }

  async ready(): Promise<void> {
    await this.#reading;
    if (this.#failed) throw this.#error;
  }

  position(): Json {
    return this.#position as unknown as Json;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended = true;
    this.#init.decoder.free();
  }

  #readAhead(): void {
    this.#reading = this.#init.bytes.next().then(
      (chunk) => {
        this.#ahead = chunk ?? { bytes: new Uint8Array(0), last: true };
      },
      (error: unknown) => {
        this.#failed = true;
        this.#error = error instanceof SluiceError ? error : new SluiceError({ ...errorToData(error), cause: error });
      },
    );
  }
}

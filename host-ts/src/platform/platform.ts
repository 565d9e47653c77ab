/**
 * What a home provides. Clock, timers, randomness, engine loading and spawning are parameters;
 * only adapters touch the real ones, and the simulator has its own. Storage has its contract in
 * checkpoint/storage.ts, channels theirs in exchange/channel.ts.
 */

export interface Clock {
  /** Milliseconds since 1970, for people to read; never used by operators. */
  now(): number;
  /** Milliseconds on a steady clock with an arbitrary start, for intervals. */
  steady(): number;
}

export interface Timers {
  /** Calls back once after at least `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back soon, as a task of its own: storage and control callbacks may run before it. */
  soon(callback: () => void): void;
}

/** One line of a job's log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly values?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Platform {
  readonly home: 'browser' | 'node' | 'cloudflare' | 'simulation';
  readonly clock: Clock;
  readonly timers: Timers;
  /** A random number in [0, 1), for names and jitter only, never for results. */
  random(): number;
  /** The compiled engine; compiled once per worker. */
  engineModule(): Promise<WebAssembly.Module>;
  log(line: LogLine): void;
  /** One line of a print sink: standard output, or the page's console. */
  print(line: string): void;
  /** Bytes of a file, URL or blob; adapters refuse the kinds that their home lacks. */
  open(location: ByteLocation, options?: OpenOptions): Promise<ByteSource>;
  /** Writes files for file sinks; undefined where the home has none. */
  readonly files?: FileStore;
  /** `new Function` where the home allows it; closures fall back to a plain loop without it. */
  readonly compileFunction?: (parameters: readonly string[], body: string) => (...args: never[]) => unknown;
  /**
   * The home's own decompressor for a parquet codec ('ZSTD', 'GZIP', …), loaded when it is asked for; undefined where
   * the home has none that is quicker than the portable one.
   */
  readonly decompressor?: (codec: string) => Promise<Decompress | undefined>;
  /** How many workers this home can run at once. */
  readonly cores: number;
}

/** Whole input in, exactly `byteLength` bytes out; throws on anything else. */
export type Decompress = (bytes: Uint8Array, byteLength: number) => Uint8Array;

export interface OpenOptions {
  /** The last bytes are going to be read first: where every request costs, they come with the first answer. */
  readonly tailBytes?: number;
}

/** Where bytes are; structured-cloneable, so that it can be sent to a slot. */
export type ByteLocation =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'blob'; readonly blob: Blob; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly name: string }
  | { readonly kind: 'stream'; readonly stream: ReadableStream<Uint8Array>; readonly name: string };

/** Random access to bytes. Streams cannot seek: `read` must then be sequential from 0. */
export interface ByteSource {
  readonly name: string;
  /** Undefined for a stream. */
  readonly byteLength: number | undefined;
  readonly seekable: boolean;
  /** Something that changes when the content does: size and modification time, ETag, or a hash. */
  readonly fingerprint: string;
  /**
   * At most `length` bytes from `at`; fewer only at the end, and of a stream, which gives what is there: none only at
   * its end. Ownership goes to the caller.
   */
  read(at: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Files with the two steps that an exact sink needs. */
export interface FileStore {
  /** Bytes so far, or undefined when there is no such file. */
  size(path: string): Promise<number | undefined>;
  read(path: string): Promise<Uint8Array>;
  /** Writes and syncs; the file is whole or absent. */
  writeAtomic(path: string, bytes: Uint8Array): Promise<void>;
  append(path: string, bytes: Uint8Array): Promise<void>;
  truncate(path: string, byteLength: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  list(directory: string): Promise<readonly string[]>;
}

/** An object that changes its owner with a message: a buffer, a port, a stream. */
export type Transferable = object;

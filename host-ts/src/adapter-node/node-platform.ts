/** Node as a platform: the real clock and timers, files, `fetch`, and the engine beside the library. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { httpSource, openerOf, timersOf } from '../platform/index.ts';
import type { ByteSource, Decompress, LogLine, OpenOptions, Platform } from '../platform/index.ts';
import { fileSource } from './file-source.ts';
import { fileStore } from './file-store.ts';

let engine: Promise<WebAssembly.Module> | undefined;

/** `log` defaults to silence: a job's log lines reach the user through its handle. */
export function nodePlatform(log: (line: LogLine) => void = () => undefined): Platform {
  return {
    home: 'node',
    clock: { now: () => Date.now(), steady: () => performance.now() },
    timers: timersOf(
      (callback, delayMs) => setTimeout(callback, delayMs),
      (timer) => clearTimeout(timer),
      (callback) => void setImmediate(callback),
    ),
    random: Math.random,
    engineModule: () => (engine ??= compileEngine()),
    log,
    print: (line) => void process.stdout.write(`${line}\n`),
    open: openerOf({ name: 'Node', path: fileSource, url: urlSource }),
    files: fileStore(),
    decompressor: async (codec) => DECOMPRESSORS.get(codec),
    // oxlint-disable-next-line typescript/no-implied-eval -- this is the platform's capability for generated loops
    compileFunction: (parameters, body) => new Function(...parameters, body) as (...args: never[]) => unknown,
    cores: availableParallelism(),
  };
}

/** The zlib of Node is native: zstd pages decode at more than twice the portable one's speed. */
const DECOMPRESSORS: ReadonlyMap<string, Decompress> = new Map([
  ['ZSTD', bounded(zstdDecompressSync)],
  ['GZIP', bounded(gunzipSync)],
  ['BROTLI', bounded(brotliDecompressSync)],
]);

/** A page of usual size is decompressed in one piece; a larger one in several, whatever size its header claims. */
const CHUNK_BYTES_MAX = 1 << 22;
/** With some room behind the end zlib need not ask whether there is more. */
const CHUNK_SPARE_BYTES = 64;

type Zlib = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Uint8Array;

function bounded(decompress: Zlib): Decompress {
  return (bytes, byteLength) => {
    const chunkSize = Math.min(byteLength + CHUNK_SPARE_BYTES, CHUNK_BYTES_MAX);
    const out = decompress(bytes, { maxOutputLength: Math.max(1, byteLength), chunkSize });
    return new Uint8Array(out.buffer, out.byteOffset, out.byteLength); // a Buffer's slice would not copy
  };
}

/** From source this is the build's output; a bundle holds the file itself. */
async function compileEngine(): Promise<WebAssembly.Module> {
  const url = new URL('../../../engine-as/build/engine.wasm', import.meta.url);
  return WebAssembly.compile(await readFile(url));
}

/** In Node a text without a scheme is a path: `parquet('flights.parquet')`. */
async function urlSource(url: string, options?: OpenOptions): Promise<ByteSource> {
  if (url.startsWith('file:')) return fileSource(fileURLToPath(url));
  return /^[a-z][a-z\d+.-]+:/i.test(url) ? httpSource(url, fetch, options) : fileSource(url);
}

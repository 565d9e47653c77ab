/**
 * A Durable Object as a platform: timers and `fetch` of its isolate, the engine as a module that was compiled when the
 * Worker was loaded. There is no generated code, no files, no shared memory. In production the clock stands still
 * while code runs; slices of work are therefore bounded by pieces (SLICE_PIECES_MAX).
 */
import engine from '../../engine-as/build/engine.wasm';
import {
  blobSource,
  bytesSource,
  httpSource,
  locationUnsupported,
  streamSource,
} from '../../host-ts/src/platform/index.ts';
import type { ByteLocation, ByteSource, LogLine, Platform } from '../../host-ts/src/platform/index.ts';

/** Slots that a job is given at most unless it asks for more. */
const CORES = 4;

export function cloudflarePlatform(log: (line: LogLine) => void = () => undefined): Platform {
  return {
    home: 'cloudflare',
    clock: { now: () => Date.now(), steady: () => performance.now() },
    timers: {
      after(delayMs, callback) {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      soon: (callback) => void setTimeout(callback, 0),
    },
    random: Math.random,
    engineModule: () => Promise.resolve(engine),
    log,
    print: (line) => console.log(line),
    open: openLocation,
    cores: CORES,
  };
}

async function openLocation(location: ByteLocation): Promise<ByteSource> {
  switch (location.kind) {
    case 'path':
      throw locationUnsupported('path', 'a Cloudflare Worker');
    case 'url':
      return httpSource(location.url, (url, init) => fetch(url, { headers: { ...init.headers } }));
    case 'blob':
      return blobSource(location.name, location.blob);
    case 'bytes':
      return bytesSource(location.name, location.bytes);
    case 'stream':
      return streamSource(location.name, location.stream);
  }
}

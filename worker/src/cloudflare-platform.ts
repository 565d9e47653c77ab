/**
 * A Durable Object as a platform: timers and `fetch` of its isolate, the engine as a module that was compiled when the
 * Worker was loaded. There is no generated code, no files, no shared memory. In production the clock stands still
 * while code runs; slices of work are therefore bounded by pieces (SLICE_PIECES_MAX).
 */
import engine from '../../engine-as/build/engine.wasm';
import { httpSource, openerOf, timersOf } from '../../host-ts/src/platform/index.ts';
import type { LogLine, Platform } from '../../host-ts/src/platform/index.ts';

/** Slots that a job is given at most unless it asks for more. */
const CORES = 4;

export function cloudflarePlatform(log: (line: LogLine) => void = () => undefined): Platform {
  return {
    home: 'cloudflare',
    clock: { now: () => Date.now(), steady: () => performance.now() },
    timers: timersOf(
      (callback, delayMs) => setTimeout(callback, delayMs),
      (timer) => clearTimeout(timer),
      (callback) => void setTimeout(callback, 0),
    ),
    random: Math.random,
    engineModule: () => Promise.resolve(engine),
    log,
    print: (line) => console.log(line),
    open: openerOf({
      name: 'a Cloudflare Worker',
      url: (url, options) => httpSource(url, (at, init) => fetch(at, { headers: { ...init.headers } }), options),
    }),
    cores: CORES,
  };
}

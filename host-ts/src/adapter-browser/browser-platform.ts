/** A page or a Web Worker as a platform. */
import { httpSource, openerOf, timersOf } from '../platform/index.ts';
import type { LogLine, Platform } from '../platform/index.ts';
import { fetchEngine } from './engine-file.ts';
import { loadZstd } from './wasm-zstd.ts';

let engine: Promise<WebAssembly.Module> | undefined;

/** Begins to load what a slot is going to need. */
export function warmPlatform(): void {
  engineModule().catch(() => undefined); // told to whoever needs it
  void loadZstd();
}

export function browserPlatform(log: (line: LogLine) => void = () => undefined): Platform {
  const compileFunction = functionCompiler();
  return {
    home: 'browser',
    clock: { now: () => Date.now(), steady: () => performance.now() },
    timers: timersOf(
      (callback, delayMs) => setTimeout(callback, delayMs),
      (timer) => clearTimeout(timer),
      taskQueue(),
    ),
    random: Math.random,
    engineModule,
    log,
    print: (line) => console.log(line),
    open: openerOf({ name: 'a page', url: (url, options) => httpSource(url, (at, init) => fetch(at, init), options) }),
    decompressor: async (codec) => (codec === 'ZSTD' ? loadZstd() : undefined),
    ...(compileFunction !== undefined && { compileFunction }),
    cores: navigator.hardwareConcurrency || 1,
  };
}

/** Tasks by message: a timer of 0 ms is stretched to 4 ms when nested, and throttled in hidden pages. */
function taskQueue(): (callback: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const queue: (() => void)[] = [];
  port1.onmessage = () => queue.shift()?.();
  return (callback) => {
    queue.push(callback);
    port2.postMessage(0);
  };
}

function engineModule(): Promise<WebAssembly.Module> {
  if (engine === undefined) {
    const url = new URL('../../../engine-as/build/engine.wasm', import.meta.url);
    engine = fetchEngine(url.href, (at) => fetch(at));
    engine.catch(() => (engine = undefined)); // a later attempt asks again
  }
  return engine;
}

/** Undefined where the page's content security policy forbids generated code. */
function functionCompiler(): Platform['compileFunction'] {
  const compile: Platform['compileFunction'] = (parameters, body) =>
    // oxlint-disable-next-line typescript/no-implied-eval -- this is the platform's capability for generated loops
    new Function(...parameters, body) as (...args: never[]) => unknown;
  try {
    compile([], '');
    return compile;
  } catch {
    return undefined;
  }
}

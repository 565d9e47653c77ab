/** A page or a Web Worker as a platform. */
import { blobSource, bytesSource, httpSource, locationUnsupported, streamSource } from '../platform/index.ts';
import type { ByteLocation, ByteSource, LogLine, Platform } from '../platform/index.ts';

let engine: Promise<WebAssembly.Module> | undefined;

export function browserPlatform(log: (line: LogLine) => void = () => undefined): Platform {
  const compileFunction = functionCompiler();
  return {
    home: 'browser',
    clock: { now: () => Date.now(), steady: () => performance.now() },
    timers: {
      after(delayMs, callback) {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      soon: taskQueue(),
    },
    random: Math.random,
    engineModule: () => (engine ??= compileEngine()),
    log,
    print: (line) => console.log(line),
    open: openLocation,
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

async function compileEngine(): Promise<WebAssembly.Module> {
  const url = new URL('../../../engine-as/build/engine.wasm', import.meta.url);
  const response = await fetch(url);
  try {
    return await WebAssembly.compileStreaming(response.clone());
  } catch {
    return WebAssembly.compile(await response.arrayBuffer()); // a server that sends another MIME type
  }
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

async function openLocation(location: ByteLocation): Promise<ByteSource> {
  switch (location.kind) {
    case 'path':
      throw locationUnsupported('path', 'a page');
    case 'url':
      return httpSource(location.url, (url, init) => fetch(url, init));
    case 'blob':
      return blobSource(location.name, location.blob);
    case 'bytes':
      return bytesSource(location.name, location.bytes);
    case 'stream':
      return streamSource(location.name, location.stream);
  }
}

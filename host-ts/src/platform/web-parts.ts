/**
 * Parts that every real home makes its platform of, out of functions that JavaScript has everywhere. Adapters bring
 * the functions; here is only how they are used.
 */
import { blobSource, bytesSource, streamSource } from './byte-sources.ts';
import { locationUnsupported } from './errors.ts';
import type { ByteSource, OpenOptions, Platform, Timers } from './platform.ts';

/** `set` and `clear` as setTimeout and clearTimeout; `soon` puts a task at the end of the home's queue. */
export function timersOf<Timer>(
  set: (callback: () => void, delayMs: number) => Timer,
  clear: (timer: Timer) => void,
  soon: (callback: () => void) => void,
): Timers {
  return {
    after(delayMs, callback) {
      const timer = set(callback, delayMs);
      return () => clear(timer);
    },
    soon,
  };
}

/** `platform.open`: what a home adds are URLs and, where it has them, files. */
export function openerOf(home: {
  /** For errors: 'a page'. */
  readonly name: string;
  readonly path?: (path: string) => Promise<ByteSource>;
  readonly url: (url: string, options?: OpenOptions) => Promise<ByteSource>;
}): Platform['open'] {
  return async (location, options) => {
    switch (location.kind) {
      case 'path':
        if (home.path === undefined) throw locationUnsupported('path', home.name);
        return home.path(location.path);
      case 'url':
        return home.url(location.url, options);
      case 'blob':
        return blobSource(location.name, location.blob);
      case 'bytes':
        return bytesSource(location.name, location.bytes);
      case 'stream':
        return streamSource(location.name, location.stream);
    }
  };
}

/**
 * Zstandard in WebAssembly: several times as quick as the portable decoder in JavaScript, most of all on the first
 * pages, which no compiler has seen before. Where a page's rules forbid it, pages are decoded by the portable one.
 */
import { ZSTDDecoder } from 'zstddec';
import type { Decompress } from '../platform/index.ts';

let loading: Promise<Decompress | undefined> | undefined;

/** Loads it once per worker; undefined where it may not be loaded: slower, not wrong. */
export function loadZstd(): Promise<Decompress | undefined> {
  const decoder = new ZSTDDecoder();
  loading ??= decoder.init().then(
    () => exactly((bytes, byteLength) => decoder.decode(bytes, byteLength)),
    () => undefined,
  );
  return loading;
}

/** The decoder gives what it has when a frame is damaged; and it would take 0 for an unknown length. */
function exactly(decompress: Decompress): Decompress {
  return (bytes, byteLength) => {
    const out = decompress(bytes, Math.max(1, byteLength));
    if (out.length !== byteLength) throw new RangeError(`zstd: ${out.length} B instead of ${byteLength} B`);
    return out;
  };
}

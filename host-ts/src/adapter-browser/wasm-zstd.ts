/**
 * Zstandard in WebAssembly: several times as quick as the portable decoder in JavaScript, most of all on the first
 * pages, which no compiler has seen before. It loads in the background; until it is there, and where a page's rules
 * forbid it, pages are decoded by the portable one.
 */
import { ZSTDDecoder } from 'zstddec';

type Decompress = (bytes: Uint8Array, byteLength: number) => Uint8Array;

let loading: Promise<void> | undefined;
let decompressors: { readonly ZSTD: Decompress } | undefined;

/** Begins to load it, once per worker; settles when it is there or known not to come. */
export function loadZstd(): Promise<void> {
  const decoder = new ZSTDDecoder();
  loading ??= decoder.init().then(
    () => {
      decompressors = { ZSTD: exactly((bytes, byteLength) => decoder.decode(bytes, byteLength)) };
    },
    () => undefined, // slower, not wrong
  );
  return loading;
}

/** As `Platform.decompress`; undefined until it has loaded. */
export function zstdIfLoaded(): { readonly ZSTD: Decompress } | undefined {
  return decompressors;
}

/** The decoder gives what it has when a frame is damaged; and it would take 0 for an unknown length. */
function exactly(decompress: Decompress): Decompress {
  return (bytes, byteLength) => {
    const out = decompress(bytes, Math.max(1, byteLength));
    if (out.length !== byteLength) throw new RangeError(`zstd: ${out.length} B instead of ${byteLength} B`);
    return out;
  };
}

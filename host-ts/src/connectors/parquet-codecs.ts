/**
 * Which function decompresses a column's pages: the home's own, else the portable one. The portable ones are a third of
 * the code that a worker would load (brotli brings its dictionary along), and most files need none of them: they are
 * loaded when a split is opened that does.
 */
import type { CompressionCodec } from 'hyparquet';
import type { Decompress, Platform } from '../platform/index.ts';

/** Undefined for pages that are not compressed, and for a codec that nobody knows: the first page tells that. */
export async function decompressorOf(codec: CompressionCodec, platform: Platform): Promise<Decompress | undefined> {
  if (codec === 'UNCOMPRESSED') return undefined;
  const own = await platform.decompressor?.(codec);
  if (own !== undefined) return own;
  const { compressors } = await import('hyparquet-compressors');
  return compressors[codec];
}

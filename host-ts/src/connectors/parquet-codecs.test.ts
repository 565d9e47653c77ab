/** Who decompresses a column's pages: nobody, the home, or the portable code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import type { Platform } from '../platform/index.ts';
import { decompressorOf } from './parquet-codecs.ts';

const plain = new TextEncoder().encode('flight '.repeat(100));
const packed = { GZIP: gzipSync(plain), ZSTD: zstdCompressSync(plain), BROTLI: brotliCompressSync(plain) };

test('the home’s own comes first, the portable one where it has none', async () => {
  const asked: string[] = [];
  const own = (): Uint8Array => plain;
  const home = {
    decompressor: async (codec: string) => {
      asked.push(codec);
      return codec === 'ZSTD' ? own : undefined;
    },
  } as unknown as Platform;
  assert.equal(await decompressorOf('UNCOMPRESSED', home), undefined);
  assert.deepEqual(asked, [], 'what is not compressed needs nobody');
  assert.equal(await decompressorOf('ZSTD', home), own);
  const portable = await decompressorOf('GZIP', home);
  assert.deepEqual(portable?.(packed.GZIP, plain.length), plain);
  assert.deepEqual(asked, ['ZSTD', 'GZIP']);
});

test('a home without any: all are portable, and an unknown codec is nobody’s', async () => {
  const home = {} as Platform;
  for (const [codec, bytes] of Object.entries(packed)) {
    const decompress = await decompressorOf(codec as CompressionCodec, home);
    assert.deepEqual(decompress?.(bytes, plain.length), plain, codec);
  }
  assert.equal(await decompressorOf('LZO', home), undefined);
});

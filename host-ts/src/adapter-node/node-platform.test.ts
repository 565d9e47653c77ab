// Node as a platform: files that are there or not, the file store, timers.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { nodePlatform } from './node-platform.ts';

const platform = nodePlatform();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-node-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a file by path and by URL', () =>
  inFolder(async (folder) => {
    const file = path.join(folder, 'a b.txt');
    await writeFile(file, 'hello world');
    for (const location of [
      { kind: 'path', path: file },
      { kind: 'url', url: pathToFileURL(file).href },
      { kind: 'url', url: file },
    ] as const) {
      const source = await platform.open(location);
      assert.equal(source.byteLength, 11);
      assert.deepEqual(await source.read(6, 100), bytesOf('world'));
      assert.equal((await source.read(20, 5)).length, 0);
      await source.close();
    }
    const fingerprint = async (): Promise<string> => {
      const source = await platform.open({ kind: 'path', path: file });
      await source.close();
      return source.fingerprint;
    };
    const before = await fingerprint();
    await writeFile(file, 'hello world!');
    assert.notEqual(await fingerprint(), before);
  }));

test('a file that is missing or a folder', () =>
  inFolder(async (folder) => {
    const missing = path.join(folder, 'nobody.csv');
    await assert.rejects(platform.open({ kind: 'path', path: missing }), {
      code: 'INPUT_NOT_FOUND',
      message: /nobody\.csv.*check the path/,
    });
    await assert.rejects(platform.open({ kind: 'path', path: folder }), {
      code: 'INPUT_UNREACHABLE',
      message: /directory/,
    });
  }));

test('a file that shrinks while it is read', () =>
  inFolder(async (folder) => {
    const file = path.join(folder, 'f');
    await writeFile(file, 'x'.repeat(100));
    const source = await platform.open({ kind: 'path', path: file });
    await writeFile(file, 'x');
    await assert.rejects(source.read(0, 100), { code: 'INPUT_UNREACHABLE', message: /ends at byte 1/ });
    await source.close();
  }));

test('the file store: append, truncate, rename, whole files', () =>
  inFolder(async (folder) => {
    const files = platform.files;
    assert.ok(files);
    const [part, whole] = [path.join(folder, 'out', 'part'), path.join(folder, 'out', 'whole')];
    assert.equal(await files.size(part), undefined);
    await files.append(part, bytesOf('one'));
    await files.append(part, bytesOf('two'));
    assert.equal(await files.size(part), 6);
    await files.truncate(part, 4);
    assert.deepEqual(await files.read(part), bytesOf('onet'));
    await files.writeAtomic(whole, bytesOf('w'));
    await files.rename(part, path.join(folder, 'done', 'part'));
    assert.deepEqual(await files.list(path.join(folder, 'out')), ['whole']);
    assert.deepEqual(await files.list(path.join(folder, 'none')), []);
    await files.remove(whole);
    await files.remove(whole);
    assert.equal(await files.size(whole), undefined);
  }));

test('the home’s own decompressors are exact and bounded', async () => {
  const plain = bytesOf('flight '.repeat(1000));
  const packed = { ZSTD: zstdCompressSync(plain), GZIP: gzipSync(plain), BROTLI: brotliCompressSync(plain) };
  for (const [codec, bytes] of Object.entries(packed)) {
    const decompress = await platform.decompressor?.(codec);
    assert.ok(decompress, codec);
    const out = decompress(bytes, plain.length);
    assert.deepEqual(out, plain);
    assert.ok(!Buffer.isBuffer(out), 'whose slice is no copy');
    assert.throws(() => decompress(bytes, plain.length - 1), codec);
    assert.throws(() => decompress(bytes.subarray(0, bytes.length >> 1), plain.length), codec);
  }
});

test('timers: soon runs as a task, after can be cancelled', async () => {
  const order: string[] = [];
  const cancel = platform.timers.after(1, () => order.push('cancelled'));
  cancel();
  await new Promise<void>((resolve) => {
    platform.timers.soon(() => {
      order.push('soon');
      platform.timers.after(1, resolve);
    });
    queueMicrotask(() => order.push('microtask'));
  });
  assert.deepEqual(order, ['microtask', 'soon']);
});

// The browser's platform: files that a user drops, URLs, tasks.
import { assert } from '@esm-bundle/chai';
import { browserPlatform } from '../../src/adapter-browser/browser-platform.ts';
import { SluiceError } from '../../src/base/index.ts';

const platform = browserPlatform();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('was fulfilled'),
    (reason: unknown) => reason,
  );
  return error instanceof SluiceError ? error.code : String(error);
}

describe('the browser as a platform', () => {
  it('reads parts of a file and tells versions of it apart', async () => {
    const open = (lastModified: number): ReturnType<typeof platform.open> =>
      platform.open({ kind: 'blob', name: 'f.csv', blob: new File(['hello world'], 'f.csv', { lastModified }) });
    const source = await open(1);
    assert.equal(source.byteLength, 11);
    assert.equal(text(await source.read(6, 100)), 'world');
    assert.notEqual(source.fingerprint, (await open(2)).fingerprint);
  });

  it('reads a URL, with ranges or without', async () => {
    const url = new URL('./platform.test.ts', import.meta.url).href;
    const whole = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const source = await platform.open({ kind: 'url', url });
    assert.equal(source.byteLength, whole.length);
    assert.deepEqual(await source.read(10, 50), whole.slice(10, 60));
  });

  it('decompresses zstd exactly and within bounds', async () => {
    assert.equal(await platform.decompressor?.('GZIP'), undefined, 'the portable one does');
    const decompress = await platform.decompressor?.('ZSTD');
    if (decompress === undefined) throw new Error('zstd did not load');
    const packed = Uint8Array.from(atob('KLUv/WBYGn0AADhmbGlnaHQgAQBOq74YAQ=='), (letter) => letter.charCodeAt(0));
    assert.equal(text(decompress(packed, 7_000)), 'flight '.repeat(1_000));
    assert.throws(() => decompress(packed, 6_999));
    assert.throws(() => decompress(packed, 7_001));
    assert.throws(() => decompress(packed.subarray(0, packed.length >> 1), 7_000));
    assert.equal(decompress(packed, 7_000).length, 7_000, 'what was wrong leaves no traces');
  });

  it('names what is missing or cannot be opened here', async () => {
    const url = new URL('./nobody.csv', import.meta.url).href;
    assert.equal(await codeOf(platform.open({ kind: 'url', url })), 'INPUT_NOT_FOUND');
    assert.equal(await codeOf(platform.open({ kind: 'path', path: '/x' })), 'INPUT_LOCATION_UNSUPPORTED');
    assert.equal(await codeOf(platform.open({ kind: 'url', url: 'http://127.0.0.1:1/' })), 'INPUT_UNREACHABLE');
  });

  it('soon: a task after the microtasks, in order, a thousand in a moment', async () => {
    const order: string[] = [];
    platform.timers.soon(() => order.push('first'));
    platform.timers.soon(() => order.push('second'));
    await Promise.resolve().then(() => order.push('microtask'));
    let left = 1000;
    await new Promise<void>((resolve) => {
      const next = (): void => (left-- > 0 ? platform.timers.soon(next) : resolve());
      next();
    });
    assert.deepEqual(order, ['microtask', 'first', 'second']);
  });

  it('compiles functions where the page allows it', () => {
    const add = platform.compileFunction?.(['a', 'b'], 'return a + b') as
      ((a: number, b: number) => number) | undefined;
    assert.equal(add?.(2, 3), 5);
  });
});

// Bytes, blobs, streams and URLs: what is read, what is refused, what a changed content looks like.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { blobSource, bytesSource, contentFingerprint, streamSource } from './byte-sources.ts';
import { httpSource } from './http-source.ts';
import type { ByteSource } from './platform.ts';

const DATA = Uint8Array.from({ length: 1000 }, (_, at) => at & 255);

async function readsLikeDATA(source: ByteSource): Promise<void> {
  assert.equal(source.byteLength, 1000);
  assert.deepEqual(await source.read(0, 10), DATA.slice(0, 10));
  assert.deepEqual(await source.read(990, 100), DATA.slice(990));
  assert.deepEqual(await source.read(500, 1), DATA.slice(500, 501));
  assert.equal((await source.read(1000, 5)).length, 0);
  await source.close();
}

test('bytes and blobs', async () => {
  await readsLikeDATA(bytesSource('b', DATA));
  await readsLikeDATA(blobSource('f', new Blob([DATA])));
  const changed = DATA.slice();
  changed[7] = 8;
  assert.notEqual(contentFingerprint(DATA), contentFingerprint(changed));
  const at = (lastModified: number): string => blobSource('f', new File([DATA], 'f', { lastModified })).fingerprint;
  assert.notEqual(at(1), at(2));
});

test('a stream is read in order, in pieces of any size, and refuses to go back', async () => {
  const pieces = [DATA.slice(0, 3), DATA.slice(3, 700), new Uint8Array(0), DATA.slice(700)];
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
  const source = streamSource('s', stream);
  assert.equal(source.seekable, false);
  const got: number[] = [];
  for (;;) {
    const bytes = await source.read(got.length, 300);
    assert.ok(bytes.length <= 300);
    if (got.length === 0) assert.equal(bytes.length, 3, 'what is there is given at once');
    if (bytes.length === 0) break;
    got.push(...bytes);
  }
  assert.deepEqual(Uint8Array.from(got), DATA);
  await assert.rejects(source.read(0, 1), { code: 'INPUT_NOT_SEEKABLE', message: /at byte 1000; byte 0/ });
});

test('a stream that breaks is INPUT_UNREACHABLE', async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull() {
      throw new Error('cable cut');
    },
  });
  await assert.rejects(streamSource('s', stream).read(0, 1), { code: 'INPUT_UNREACHABLE', message: /cable cut/ });
});

async function serving(listener: RequestListener, body: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/data`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A server that knows ranges; `etag` is asked at every request. */
function ranges(etag: () => string | undefined, data: Uint8Array = DATA): RequestListener {
  return (request, response) => {
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const [from, to] = first === '' ? [Math.max(0, data.length - Number(last)), data.length] : [first, last];
    const tag = etag();
    if (tag !== undefined) response.setHeader('etag', tag);
    if (Number(from) >= data.length) {
      response.writeHead(416, { 'content-range': `bytes */${data.length}` }).end();
      return;
    }
    const end = Math.min(Number(to) + 1, data.length);
    response.writeHead(206, { 'content-range': `bytes ${from}-${end - 1}/${data.length}` });
    response.end(data.subarray(Number(from), end));
  };
}

test('a URL by ranges, with an ETag and without', async () => {
  await serving(
    ranges(() => '"one"'),
    async (url) => {
      const source = await httpSource(url, fetch);
      assert.equal(source.fingerprint, 'etag:"one"');
      await readsLikeDATA(source);
    },
  );
  await serving(
    ranges(() => undefined),
    async (url) => readsLikeDATA(await httpSource(url, fetch)),
  );
  await serving(
    ranges(() => undefined, new Uint8Array(0)),
    async (url) => {
      assert.equal((await httpSource(url, fetch)).byteLength, 0);
    },
  );
});

test('the end of a URL comes with the first answer', async () => {
  const asked: (string | undefined)[] = [];
  const listener = ranges(() => '"one"');
  const counted: RequestListener = (request, response) => {
    asked.push(request.headers.range);
    listener(request, response);
  };
  await serving(counted, async (url) => {
    const source = await httpSource(url, fetch, { tailBytes: 100 });
    assert.equal(source.fingerprint, 'etag:"one"');
    assert.deepEqual(await source.read(900, 100), DATA.slice(900));
    assert.deepEqual(await source.read(950, 10), DATA.slice(950, 960));
    assert.deepEqual(asked, ['bytes=-100']);
    assert.deepEqual(await source.read(899, 101), DATA.slice(899), 'what begins before the end is asked for');
    await readsLikeDATA(source);
  });
  await serving(counted, async (url) => readsLikeDATA(await httpSource(url, fetch, { tailBytes: 5_000 })));
});

test('a server that knows no ranges from the end is asked as any other', async () => {
  const strange: RequestListener[] = [
    (_, response) => void response.writeHead(400).end(),
    (_, response) => void response.writeHead(416).end(),
    (_, response) => void response.writeHead(206, { 'content-range': 'bytes 0-99/1000' }).end(DATA.slice(0, 100)),
    (_, response) => void response.writeHead(206).end(DATA.slice(900)),
    (_, response) => void response.destroy(),
    (_, response) => void response.writeHead(200, { 'content-length': '1000000000000' }).write(DATA),
    (_, response) => void response.writeHead(200).write(DATA),
  ];
  for (const odd of strange) {
    const listener = ranges(() => '"one"');
    const either: RequestListener = (request, response) =>
      request.headers.range?.startsWith('bytes=-') ? odd(request, response) : listener(request, response);
    await serving(either, async (url) => readsLikeDATA(await httpSource(url, fetch, { tailBytes: 100 })));
  }
  const whole: RequestListener = (_, response) => void response.end(DATA);
  await serving(whole, async (url) => readsLikeDATA(await httpSource(url, fetch, { tailBytes: 100 })));
});

test('a URL without ranges is kept whole', async () => {
  const whole: RequestListener = (_, response) => void response.end(DATA);
  await serving(whole, async (url) => readsLikeDATA(await httpSource(url, fetch)));
});

test('a URL whose server leaves out a range now and then', async () => {
  let asked = 0;
  const listener = ranges(() => '"one"');
  const unsteady: RequestListener = (request, response) => {
    asked += 1;
    if (asked % 2 === 1) listener(request, response);
    else response.writeHead(200, { etag: '"one"' }).end(DATA);
  };
  await serving(unsteady, async (url) => readsLikeDATA(await httpSource(url, fetch)));
  assert.ok(asked >= 3);
});

test('a URL whose content changes in the middle is INPUT_CHANGED', async () => {
  let tag = '"one"';
  await serving(
    ranges(() => tag),
    async (url) => {
      const source = await httpSource(url, fetch);
      await source.read(0, 10);
      tag = '"two"';
      await assert.rejects(source.read(10, 10), { code: 'INPUT_CHANGED', message: /"one".*"two"/ });
    },
  );
});

test('a URL that is missing, forbidden, broken off or not served', async () => {
  const status =
    (code: number): RequestListener =>
    (_, response) =>
      void response.writeHead(code).end();
  await serving(status(404), (url) => assert.rejects(httpSource(url, fetch), { code: 'INPUT_NOT_FOUND' }));
  await serving(status(403), (url) =>
    assert.rejects(httpSource(url, fetch), { code: 'INPUT_UNREACHABLE', message: /HTTP 403/ }),
  );
  const cut: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write(DATA.subarray(0, 100), () => response.destroy());
  };
  await serving(cut, (url) => assert.rejects(httpSource(url, fetch), { code: 'INPUT_UNREACHABLE' }));
  await assert.rejects(httpSource('http://127.0.0.1:1/none', fetch), { code: 'INPUT_UNREACHABLE' });
});

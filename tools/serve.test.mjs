// The dashboard's server: ranges, types, isolation headers, and nothing outside its root.
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parseRange, serve } from './serve.mjs';

let folder;
let server;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-serve-'));
  await mkdir(path.join(folder, 'root'));
  await writeFile(path.join(folder, 'root', 'index.html'), '<!doctype html>');
  await writeFile(path.join(folder, 'root', 'engine.wasm'), Uint8Array.from([0, 97, 115, 109]));
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await writeFile(path.join(folder, 'rows.parquet'), '0123456789');
  server = await serve({
    port: 0,
    root: path.join(folder, 'root'),
    data: { '/data/rows.parquet': path.join(folder, 'rows.parquet') },
  });
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const get = (name, headers = {}) => fetch(new URL(name, server.url), { headers });

test('a page and its wasm have their types and the isolation headers', async () => {
  const page = await get('');
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(page.headers.get('cross-origin-opener-policy'), 'same-origin');
  assert.equal(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
  assert.equal((await get('engine.wasm')).headers.get('content-type'), 'application/wasm');
});

test('the isolation headers can be left out', async () => {
  const plain = await serve({ port: 0, root: path.join(folder, 'root'), isolation: false });
  const { headers } = await fetch(plain.url);
  assert.equal(headers.get('cross-origin-opener-policy'), null);
  assert.equal(headers.get('cross-origin-embedder-policy'), null);
  await plain.close();
});

test('a range gives that part, one beyond the end is refused', async () => {
  const part = await get('data/rows.parquet', { range: 'bytes=2-4' });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), 'bytes 2-4/10');
  assert.equal(await part.text(), '234');
  const beyond = await get('data/rows.parquet', { range: 'bytes=10-' });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers.get('content-range'), 'bytes */10');
});

test('an unchanged file is not sent again, and a range of a changed one is the whole', async () => {
  const etag = (await get('data/rows.parquet')).headers.get('etag');
  assert.equal((await get('data/rows.parquet', { 'if-none-match': etag })).status, 304);
  const changed = await get('data/rows.parquet', { range: 'bytes=0-1', 'if-range': '"other"' });
  assert.equal(changed.status, 200);
  assert.equal(await changed.text(), '0123456789');
});

test('a path that leads out of the root is not found', async () => {
  for (const name of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/%00', '/%zz']) {
    assert.equal(await statusOf(name), 404, name);
  }
});

test('a port that is taken leads to the next one', async () => {
  const next = await serve({ port: server.port, root: folder });
  assert.ok(next.port > server.port);
  await next.close();
});

test('ranges are read as RFC 9110 says', () => {
  assert.deepEqual(parseRange('bytes=-3', 10), { start: 7, end: 9 });
  assert.deepEqual(parseRange('bytes=-30', 10), { start: 0, end: 9 });
  assert.deepEqual(parseRange('bytes=8-99', 10), { start: 8, end: 9 });
  assert.equal(parseRange('bytes=-0', 10), 'unsatisfiable');
  assert.equal(parseRange('bytes=5-4', 10), undefined);
  assert.equal(parseRange('bytes=0-1,3-4', 10), undefined);
  assert.equal(parseRange(undefined, 10), undefined);
});

/** fetch would tidy the path before it sends it. */
function statusOf(name) {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path: name }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

// An engine that does not come is an error that says where it was looked for and what was there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fetchEngine } from './engine-file.ts';

const URL_OF_ENGINE = 'https://example.test/engine.wasm';
const wasm = readFileSync(new URL('../../../engine-as/build/engine.wasm', import.meta.url));
const answer =
  (body: BodyInit, init: ResponseInit = {}) =>
  (): Promise<Response> =>
    Promise.resolve(new Response(body, init));

test('an engine is compiled, whatever type the server calls it', async () => {
  for (const type of ['application/wasm', 'application/octet-stream', 'text/plain']) {
    const module = await fetchEngine(URL_OF_ENGINE, answer(wasm, { headers: { 'content-type': type } }));
    assert.ok(
      WebAssembly.Module.exports(module).some(({ name }) => name === 'abi_version'),
      type,
    );
  }
});

for (const [what, request, found] of [
  ['a server without it', answer('not found', { status: 404 }), /engine\.wasm: status 404/],
  [
    'a page in its place',
    answer('<html></html>', { headers: { 'content-type': 'text/html' } }),
    /13 B of text\/html that are no WebAssembly/,
  ],
  ['no network', () => Promise.reject(new TypeError('fetch failed')), /no answer/],
] as const) {
  test(`${what} is ENGINE_UNREACHABLE`, async () => {
    await assert.rejects(fetchEngine(URL_OF_ENGINE, request), { code: 'ENGINE_UNREACHABLE', message: found });
  });
}

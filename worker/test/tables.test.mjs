// A table that is much larger than what a socket buffers, answered by a Durable Object in workerd: read as the client
// takes it, of one epoch whatever is committed meanwhile, and let go when the client has it or has left.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { ROOT, startEdge } from './edge.mjs';

const ROWS = 400_000;
let edge;

before(async () => {
  const { outputFiles } = await build({
    entryPoints: [path.join(ROOT, 'worker', 'test', 'table-worker.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:workers'],
    write: false,
  });
  edge = await startEdge({ module: outputFiles[0].text });
  await ask('/more');
});
after(() => edge?.stop());

const ask = async (pathname) => (await edge.request(pathname)).json();

/** Asks until it fits: every try is a turn of the object. */
async function until(fits, what) {
  let state;
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    state = await ask('/state');
    if (fits(state)) return state;
  }
  assert.fail(`${what}: ${JSON.stringify(state)}`);
}

/** When nothing has been read for a hundred turns of the object. */
async function settled() {
  let last = await ask('/state');
  for (let turns = 0; turns < 100; turns++) {
    const state = await ask('/state');
    if (state.fetchedBytes !== last.fetchedBytes) turns = 0;
    last = state;
  }
  return last;
}

/** The hash that the rows of an epoch have as lines. */
function hashOf(epoch) {
  const hash = createHash('sha256');
  const text = 'x'.repeat(250);
  for (let id = 0; id < ROWS; id++) hash.update(`{"id":${id},"epoch":${epoch},"text":"${text}"}\n`);
  return hash.digest('hex');
}

/** An answer of which one chunk was read. */
async function begun() {
  const answer = await edge.request('/table');
  assert.equal(answer.status, 200);
  const reader = answer.body.getReader();
  const hash = createHash('sha256');
  hash.update((await reader.read()).value);
  return {
    reader,
    async rest() {
      for (let next = await reader.read(); !next.done; next = await reader.read()) hash.update(next.value);
      return hash.digest('hex');
    },
  };
}

test('rows are read as they are taken, all of one epoch, and let go at the end', async (context) => {
  const before = await ask('/state');
  const first = await begun();
  assert.ok((await ask('/more')).aside > 0, 'what is being read is kept');
  const state = await settled(); // the buffers on the way are full
  const read = state.fetchedBytes - before.fetchedBytes;
  context.diagnostic(`${read} of ${state.storedBytes} B were read for a client that waits`);
  assert.ok(read < state.storedBytes / 2);
  const second = await begun();
  assert.equal(await second.rest(), hashOf(2));
  assert.equal(await first.rest(), hashOf(1));
  await until(({ aside }) => aside === 0, 'let go');
});

test('a client that leaves lets go of what it read', async () => {
  const { reader } = await begun();
  assert.ok((await ask('/more')).aside > 0);
  await reader.cancel();
  await until(({ aside }) => aside === 0, 'let go');
});

test('parts by key, and the head', async () => {
  const lines = async (query) => (await (await edge.request(`/table${query}`)).text()).trimEnd().split('\n');
  const ids = async (query) => (await lines(query)).map((line) => JSON.parse(line).id);
  assert.deepEqual(await ids('?after=[399997]'), [399_998, 399_999]);
  assert.deepEqual(await ids('?after=[123]&limit=2'), [124, 125]);
  assert.deepEqual(await ids('?after=["123"]&offset=5&limit=1'), [129]);
  assert.deepEqual(await ids('?offset=399999&limit=9'), [399_999]);
  assert.deepEqual(await lines('?limit=0'), ['']);
  assert.deepEqual(await lines('?after=[399999]'), ['']);
  assert.equal((await edge.request('/table?after=7')).status, 400);
  assert.equal((await edge.request('/table?after=[1,2]')).status, 400);
  const head = await edge.request('/table', { method: 'HEAD' });
  assert.equal(head.headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
  assert.ok((await ask('/more')).aside === 0, 'a head holds nothing');
});

// Checkpoints in Durable Object SQLite do what every checkpoint storage does, in workerd, also over calls.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { ROOT, startEdge } from './edge.mjs';

const { outputFiles } = await build({
  entryPoints: [path.join(ROOT, 'worker', 'test', 'storage-worker.ts')],
  bundle: true,
  format: 'esm',
  target: 'es2024',
  external: ['cloudflare:workers'],
  write: false,
});

test('storage in workerd', async (context) => {
  const edge = await startEdge({ module: outputFiles[0].text });
  try {
    const titles = await (await edge.request('/cases')).json();
    assert.ok(titles.length > 5);
    for (const [index, title] of titles.entries()) {
      for (const how of ['own', 'called']) {
        await context.test(`${how === 'own' ? 'in its object' : 'over calls'}: ${title}`, async () => {
          const answer = await edge.request(`/${how}/${index}`);
          assert.equal(answer.status, 200, await answer.text());
        });
      }
    }
    await context.test('an object that is reset keeps what was published', async () => {
      const answer = await edge.request('/crash');
      const kept = { epochs: [1], manifest: 'one', keptBytes: 3_000_000, isKept: true };
      assert.deepEqual(await answer.json(), kept);
    });
  } finally {
    await edge.stop();
  }
});

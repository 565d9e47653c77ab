// What a developer types: `npm run dev:edge` with the requests that it prints, and a deployment without an account.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from '../../tools/build.mjs';
import { wrangler } from '../../tools/dev-edge.mjs';
import { freePort, jobAt, ROOT, startEdge } from './edge.mjs';

/** Compressed, as it is uploaded; the platform allows 3 MB even for free. */
const UPLOAD_KIB_MAX = 256;
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-wrangler-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function outputOf(child) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, output };
}

test('wrangler deploy --dry-run takes the configuration, and the upload is small', async (context) => {
  assert.ok(build({ names: ['worker'], log: () => undefined }));
  const child = wrangler(['deploy', '--dry-run', '--minify', '--outdir', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { status, output } = await outputOf(child);
  assert.equal(status, 0, output);
  const [, kib] = /gzip: ([\d.]+) KiB/.exec(output) ?? [];
  context.diagnostic(`uploaded: ${kib} KiB gz`);
  assert.ok(Number(kib) > 10 && Number(kib) < UPLOAD_KIB_MAX, output);
  for (const name of ['SLUICE_COORDINATOR', 'SLUICE_SLOT', 'SLUICE_LOG']) assert.match(output, new RegExp(name));
});

const WORKER = `import { createWorker } from 'sluice/cloudflare';
import { col, count, input, job, minutes, timestamp, tumble, utf8 } from 'sluice';

const words = input('words', { time: timestamp(), word: utf8() });
const lengths = job('word lengths', (env) =>
  env
    .source(words)
    .watermarks({ column: 'time', outOfOrder: 0 })
    .map((row) => ({ time: row.time, word: row.word?.toUpperCase() ?? '' }), { time: timestamp(), word: utf8() })
    .filter(col('word').length().gt(env.parameters === null ? 2 : 3))
    .keyBy('word')
    .window(tumble(minutes(1)))
    .aggregate({ words: count() })
    .sink(env.table('lengths', { key: ['word', 'window_start'] })),
);
const worker = createWorker([lengths]);
export default worker.handler;
export const { Coordinator, Slot, Log } = worker;
`;

test("a Worker of a user's own, bundled by wrangler from the library, runs a job with a closure", async () => {
  assert.ok(build({ names: ['lib'], log: () => undefined }));
  const own = path.join(folder, 'own');
  mkdirSync(path.join(own, 'node_modules'), { recursive: true });
  symlinkSync(ROOT, path.join(own, 'node_modules', 'sluice'));
  writeFileSync(path.join(own, 'worker.ts'), WORKER);
  const config = readFileSync(path.join(ROOT, 'worker', 'wrangler.jsonc'), 'utf8').replace(
    /"main": "[^"]*"/,
    '"main": "worker.ts"',
  );
  writeFileSync(path.join(own, 'wrangler.jsonc'), config);
  const bundle = { folder: path.join(own, 'bundle'), main: 'worker.js' };
  const { status, output } = await outputOf(
    wrangler(['deploy', '--dry-run', '--outdir', bundle.folder], {
      config: path.join(own, 'wrangler.jsonc'),
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  assert.equal(status, 0, output);
  const edge = await startEdge({ bundle });
  try {
    const job = jobAt(edge, 'word-lengths');
    const rows = ['ab', 'abc', 'ABC', 'abcd'].map((word, at) => JSON.stringify({ time: at, word })).join('\n');
    assert.equal((await job.rows('words', rows)).status, 200);
    await job.end('words');
    for (const [parameters, expected] of [
      [null, ['ABC', 'ABCD']],
      [{ longer: true }, ['ABCD']],
    ]) {
      await job.post('/start', { parameters });
      await job.finished();
      const table = await (await edge.request('/jobs/word-lengths/tables/lengths')).text();
      assert.deepEqual(
        table
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).word),
        expected,
      );
    }
  } finally {
    await edge.stop();
  }
});

test('npm run dev:edge: the printed requests give the table', async () => {
  const port = await freePort();
  const args = ['tools/dev-edge.mjs', '--port', String(port), '--persist-to', folder];
  const server = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (output += data));
  try {
    for (let waited = 0; !output.includes('Ctrl-C'); waited++) {
      assert.ok(waited < 1200 && server.exitCode === null, output);
      await sleep(100);
    }
    const requests = output.split('\n').filter((line) => line.startsWith('curl '));
    assert.equal(requests.length, 3);
    const sh = (line) => execFileSync('sh', ['-c', line.replaceAll('curl', 'curl -sSf')], { cwd: ROOT });
    sh(requests[0]);
    sh(requests[1]);
    const status = () => fetch(`http://127.0.0.1:${port}/jobs/late-flights/status`).then((answer) => answer.json());
    for (let waited = 0; (await status()).phase !== 'finished'; waited++) {
      assert.ok(waited < 200);
      await sleep(50);
    }
    const facts = JSON.parse(readFileSync(path.join(ROOT, 'demo', 'data', 'fixture.json'), 'utf8'));
    const sha256 = createHash('sha256').update(sh(requests[2])).digest('hex');
    assert.equal(sha256, facts.csvResults['late-flights'].sha256);
  } finally {
    server.kill('SIGINT');
    await new Promise((resolve) => (server.exitCode === null ? server.on('exit', resolve) : resolve()));
  }
});

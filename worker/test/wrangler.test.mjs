// What a developer types: `npm run dev:edge` with the requests that it prints, and a deployment without an account.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from '../../tools/build.mjs';
import { wrangler } from '../../tools/dev-edge.mjs';
import { freePort, ROOT } from './edge.mjs';

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

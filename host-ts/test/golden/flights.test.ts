// Both demo jobs over three million real flights in Node: through the command at 2 slots, through `start` at 1 and 4,
// each time byte for byte what the reference prints. Both hashes are shown.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startJob } from '../../src/adapter-node/index.ts';
import type { JobHandle } from '../../src/api/index.ts';
import { parquet } from '../../src/connectors/index.ts';
import type { JobMetrics } from '../../src/metrics/index.ts';
import { tableHash } from './run.ts';

const ROOT = new URL('../../../', import.meta.url);
const at = (file: string): string => fileURLToPath(new URL(file, ROOT));
const FLIGHTS = at('node_modules/vega-datasets/data/flights-3m.parquet');
const ROWS = 3_000_000;
const JOBS = [
  { name: 'late-flights', rows: 193_463 },
  { name: 'route-delays', rows: 961_658 },
];

/** What the plain JavaScript prints, hashed. */
async function referenceHash(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [at(`demo/jobs/${name}.reference.mjs`), '--hash']);
  return stdout.trim();
}

/** Runs the command and hashes its standard output. */
function commandHash(...args: readonly string[]): Promise<{ readonly hash: string; readonly rows: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [at('bin/sluice.mjs'), 'run', ...args], { cwd: at('.') });
    const hash = createHash('sha256');
    let rows = 0;
    let errors = '';
    child.stdout.on('data', (bytes: Buffer) => {
      hash.update(bytes);
      for (const byte of bytes) if (byte === 10) rows += 1;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve({ hash: hash.digest('hex'), rows });
      else reject(new Error(`exit ${code}: ${errors}`));
    });
  });
}

/** Rows that each slot's subtasks took in, and bytes that crossed the exchange. */
function shares(
  { subtasks }: JobMetrics,
  parallelism: number,
): { readonly slots: readonly number[]; readonly exchanged: number } {
  const slots = Array.from({ length: parallelism }, (_, slot) =>
    subtasks.filter((one) => one.slot === slot).reduce((sum, one) => sum + one.rowsIn, 0),
  );
  const exchanged = subtasks.filter((one) => one.vertex > 0).reduce((sum, one) => sum + one.bytesIn, 0);
  return { slots, exchanged };
}

async function finished(handle: JobHandle): Promise<JobMetrics> {
  const { status, metrics } = await handle.done;
  assert.equal(status.phase, 'finished');
  assert.equal(status.rowsRead, ROWS);
  return metrics;
}

for (const { name, rows } of JOBS) {
  test(`${name} over 3 M flights is byte for byte its reference`, async (t) => {
    const expected = await referenceHash(name);
    t.diagnostic(`${name}: reference          ${expected}`);
    const command = await commandHash(`demo/jobs/${name}.ts`, '--parallelism', '2', '--json');
    t.diagnostic(`${name}: Node, command, 2   ${command.hash}`);
    assert.deepEqual(command, { hash: expected, rows });
    for (const parallelism of [1, 2, 4]) {
      const handle = await startJob(at(`demo/jobs/${name}.ts`), { parallelism, inputs: { flights: parquet(FLIGHTS) } });
      const { slots, exchanged } = shares(await finished(handle), parallelism);
      assert.equal((await handle.status()).channel, 'ring');
      assert.match(await handle.explain(), /wholly native/);
      const hash = await tableHash(handle);
      t.diagnostic(
        `${name}: Node, start, ${parallelism}     ${hash}; rows by slot ${slots.join(', ')}; ${exchanged} B exchanged`,
      );
      assert.equal(hash, expected);
      assert.ok(exchanged > 1_000_000, `${exchanged} B crossed the exchange`);
      const handled = slots.reduce((sum, own) => sum + own, 0);
      if (parallelism === 2)
        for (const own of slots) assert.ok(own >= handled * 0.2, `a slot handled ${own} of ${handled} rows`);
    }
  });
}

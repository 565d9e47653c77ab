// route-delays over three million flights, killed for real: slots in the middle, and the whole process with kill -9 at
// random moments, several times over. Every time the table is byte for byte the reference's answer.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startJob } from '../../src/adapter-node/index.ts';
import type { Manifest } from '../../src/checkpoint/index.ts';
import { parquet } from '../../src/connectors/index.ts';
import { Random } from '../../src/testing/index.ts';
import { rowsReadPast, tableHash } from '../golden/run.ts';

const ROOT = new URL('../../../', import.meta.url);
const at = (file: string): string => fileURLToPath(new URL(file, ROOT));
const JOB = at('demo/jobs/route-delays.ts');
const FLIGHTS = at('node_modules/vega-datasets/data/flights-3m.parquet');
const ROWS = 3_000_000;
/** host-ts/test/golden/flights.test.ts computes it anew. */
const REFERENCE = '3cd328f2d21b027ad9aa0a51ea65610104f588a68c81441fe9f6ba20237dc726';
const KILLS_MAX = 3;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly hash: string;
  readonly errors: string;
}

async function epochsIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(path.join(folder, 'manifests')).catch(() => []);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Rows that the newest checkpoint covers. A manifest may be released between the look and the reading: then again. */
async function rowsDone(folder: string): Promise<number> {
  for (;;) {
    const newest = (await epochsIn(folder)).at(-1);
    if (newest === undefined) return 0;
    const text = await readFile(path.join(folder, 'manifests', String(newest)), 'utf8').catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as Manifest).splits.reduce((sum, split) => sum + split.rows, 0);
  }
}

/** Runs the command; it is killed when a checkpoint covers more rows than `rows`, and `extraMs` later. */
async function run(
  folder: string,
  args: readonly string[],
  kill?: { readonly rows: number; readonly extraMs: number },
): Promise<Ended> {
  const common = ['run', JOB, '--json', '--no-progress', '--checkpoint-dir', folder, '--checkpoint-interval', '60'];
  const child = spawn(process.execPath, [at('bin/sluice.mjs'), ...common, ...args], { cwd: at('.') });
  const hash = createHash('sha256');
  let errors = '';
  let over = false;
  child.stdout.on('data', (bytes: Buffer) => hash.update(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => {
      over = true;
      resolve({ code, signal, hash: hash.digest('hex'), errors });
    }),
  );
  if (kill === undefined) return ended;
  const isOver = (): boolean => over;
  while (!isOver() && (await rowsDone(folder)) <= kill.rows) await delay(5);
  await delay(kill.extraMs);
  child.kill('SIGKILL');
  return ended;
}

test(`the process is killed up to ${KILLS_MAX} times with kill -9 and resumed at other parallelisms`, async (t) => {
  const seed = Math.floor(Math.random() * 1e6);
  const random = new Random(seed);
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-killed-'));
  try {
    let kills = 0;
    let restoredRows = 0;
    for (;;) {
      const last = kills === KILLS_MAX || restoredRows > ROWS / 2;
      const kill = last ? undefined : { rows: restoredRows, extraMs: random.between(0, 60) };
      const args = ['--parallelism', String(random.between(1, 3)), ...(kills === 0 ? [] : ['--resume'])];
      const { code, signal, hash, errors } = await run(folder, args, kill);
      if (kills > 0) assert.match(errors, /^resumed from checkpoint [1-9]\d*\n/, `seed ${seed}`);
      if (signal !== 'SIGKILL') {
        assert.equal(code, 0, `seed ${seed}: ${errors}`);
        t.diagnostic(`reference ${REFERENCE}, after ${kills} kills ${hash}`);
        assert.equal(hash, REFERENCE, `seed ${seed}`);
        break;
      }
      kills += 1;
      const rows = await rowsDone(folder);
      t.diagnostic(`seed ${seed}: killed when ${rows} rows were done`);
      assert.ok(rows > restoredRows && rows <= ROWS, `seed ${seed}: ${rows} rows after ${restoredRows}`);
      restoredRows = rows;
    }
    assert.ok(kills > 0, `seed ${seed}: every kill came too late`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('both slots are killed in the middle: only rows behind the newest checkpoint are read again', async (t) => {
  const inputs = { flights: parquet(FLIGHTS) };
  const handle = await startJob(JOB, { parallelism: 2, inputs, checkpointIntervalMs: 50 });
  for (const slot of [1, 0]) {
    await rowsReadPast(handle, slot === 1 ? ROWS / 10 : ROWS / 3);
    await handle.checkpoint();
    await handle.killSlot(slot);
  }
  const { status } = await handle.done;
  assert.equal(status.recoveries.length, 2);
  for (const { epoch, rowsReadAgain } of status.recoveries) {
    t.diagnostic(`restored epoch ${epoch}, ${rowsReadAgain} rows read again`);
    assert.ok(epoch > 0 && rowsReadAgain < ROWS);
  }
  assert.equal(await tableHash(handle), REFERENCE);
});

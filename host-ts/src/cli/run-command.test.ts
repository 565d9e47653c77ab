// The command as a process: its output, its exit codes, Ctrl-C, kill -9 and --resume.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expectedRows } from '../../test/jobs/clicks.ts';

const MAIN = new URL('./main.ts', import.meta.url).href;
const CODE = `import { main } from '${MAIN}'; process.exitCode = await main(process.argv.slice(1), { version: '1.2.3' });`;
const job = (name: string): string => fileURLToPath(new URL(`../../test/jobs/${name}.ts`, import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly errors: string;
}

function sluice(...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CODE, '--', ...args]);
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, out, errors })),
  );
  return { child, ended };
}

/** The table as `--json` must print it. */
const EXPECTED = expectedRows()
  .map((row) => {
    const iso = (value: unknown): string => new Date(value as number).toISOString();
    const { user, window_start, window_end, clicks, total } = row;
    return `{"user":${JSON.stringify(user)},"window_start":"${iso(window_start)}","window_end":"${iso(window_end)}","clicks":${String(clicks)},"total":${String(total)}}\n`;
  })
  .join('');

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-run-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Waits for the first published checkpoint; it comes long before the job's end. */
async function checkpointIn(folder: string, { ended }: { readonly ended: Promise<Ended> }): Promise<void> {
  let over: Ended | undefined;
  void ended.then((end) => (over = end));
  for (;;) {
    const manifests = await readdir(path.join(folder, 'manifests')).catch(() => []);
    if (manifests.some((name) => /^\d+$/.test(name))) return;
    assert.equal(over, undefined, `ended without a checkpoint: ${over?.errors}`);
    await delay(5);
  }
}

test('--json prints the table, in key order, and nothing else', async () => {
  const { code, out, errors } = await sluice('run', job('clicks'), '--parallelism', '2', '--json').ended;
  assert.equal(code, 0, errors);
  assert.equal(out, EXPECTED);
  assert.match(errors, /^clicks: 20,000 rows read on 2 slots in \d+\.\d s\n$/);
});

test('without --json it prints how many rows each table has', async () => {
  const { code, out } = await sluice('run', job('clicks'), '-p', '1', '--no-progress').ended;
  assert.deepEqual({ code, out }, { code: 0, out: 'clicks_by_minute: 1,658 rows\n' });
});

test('Ctrl-C takes a last checkpoint; --resume goes on from it', () =>
  inFolder(async (folder) => {
    const args = ['run', job('slow-clicks'), '-p', '2', '--checkpoint-dir', folder, '--checkpoint-interval', '50'];
    const first = sluice(...args);
    await checkpointIn(folder, first);
    first.child.kill('SIGINT');
    const interrupted = await first.ended;
    assert.equal(interrupted.code, 130, interrupted.errors);
    const epoch = /stopped at checkpoint (\d+); add --resume/.exec(interrupted.errors)?.[1];
    assert.ok(epoch !== undefined && interrupted.out === '', interrupted.errors);
    const second = await sluice(...args, '--resume', '--json').ended;
    assert.equal(second.code, 0, second.errors);
    assert.match(second.errors, new RegExp(`^resumed from checkpoint ${epoch}\n`));
    assert.equal(second.out, EXPECTED);
  }));

test('kill -9; --resume goes on from the newest checkpoint', () =>
  inFolder(async (folder) => {
    const args = ['run', job('slow-clicks'), '-p', '2', '--checkpoint-dir', folder, '--checkpoint-interval', '50'];
    const first = sluice(...args);
    await checkpointIn(folder, first);
    first.child.kill('SIGKILL');
    assert.equal((await first.ended).signal, 'SIGKILL');
    const second = await sluice(...args, '--resume', '--json').ended;
    assert.equal(second.code, 0, second.errors);
    assert.match(second.errors, /^resumed from checkpoint [1-9]\d*\n/);
    assert.equal(second.out, EXPECTED);
  }));

test('what is wrong ends with 2 and one clear line', async () => {
  const cases: [string[], RegExp][] = [
    [['run', job('clicks'), '--paralelism', '2'], /^OPTION_UNKNOWN: .*did you mean --parallelism\?/],
    [['run', job('nobody')], /^JOB_MODULE_FAILED: .*nobody\.ts/],
    [['run', fileURLToPath(new URL('./nearest.ts', import.meta.url))], /^NOT_A_JOB: /],
    [['run', job('clicks'), '--input', 'flights=x.csv'], /^INPUT_UNKNOWN: /],
  ];
  await Promise.all(
    cases.map(async ([args, message]) => {
      const { code, out, errors } = await sluice(...args).ended;
      assert.deepEqual({ code, out }, { code: 2, out: '' }, errors);
      assert.match(errors, message);
    }),
  );
});

test('--version and --help', async () => {
  assert.equal((await sluice('--version').ended).out, '1.2.3\n');
  assert.match((await sluice('--help').ended).out, /--checkpoint-dir DIR/);
});

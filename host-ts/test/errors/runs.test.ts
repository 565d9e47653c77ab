// What is wrong with a job, a function in it, a slot, the memory or the disk, seen from outside. The list of all
// promised errors with the places of their tests is in ./inputs.test.ts.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startJob } from '../../src/adapter-node/index.ts';
import type { StartOptions } from '../../src/adapter-node/index.ts';
import { collection, count, generator, input, job, minutes, seconds, toFile, tumble } from '../../src/api/index.ts';
import type { Env, JobDefinition } from '../../src/api/index.ts';
import { SluiceError } from '../../src/base/index.ts';
import { ndjson } from '../../src/connectors/index.ts';
import { i64, timestamp, utf8 } from '../../src/schema/index.ts';
import { rowsReadPast } from '../golden/run.ts';
import clicks, { clicksJob, expectedRows } from '../jobs/clicks.ts';

const jobFile = (name: string): URL => new URL(`./jobs/${name}.ts`, import.meta.url);

/** What the job fails with, at its start or later. */
async function failure(source: JobDefinition | URL, options: StartOptions = {}): Promise<SluiceError> {
  try {
    await (
      await startJob(source, { parallelism: 1, ...options })
    ).done;
  } catch (error) {
    assert.ok(error instanceof SluiceError, String(error));
    assert.ok(error.hint.length > 10, `${error.code} has a remedy`);
    return error;
  }
  throw new Error('the job finished');
}

const userSchema = { id: i64(), user: utf8() };
/** 10,000 rows over two splits; number 4,321 is the odd one. */
const ODD = 4_321;
const users = generator(userSchema, (id) => ({ id: BigInt(id), user: id === ODD ? 'odd' : `user ${id % 7}` }), {
  rows: 10_000,
  splits: 2,
});

function closureJob(build: (env: Env) => void): JobDefinition {
  return job('closures that fail', build);
}

const odd = (row: { readonly user: string | null }): boolean => row.user === 'odd';
function refuse(row: { readonly user: string | null }): void {
  if (odd(row)) throw new RangeError('no odd ones');
}

const CLOSURES: Readonly<
  Record<string, { readonly build: (env: Env) => void; readonly code: string; readonly message: RegExp }>
> = {
  'a map that throws': {
    build: (env) =>
      env
        .source(users)
        .map((row) => (refuse(row), row), userSchema)
        .uid('checked')
        .sink(env.table('t', { key: ['id'] })),
    code: 'CLOSURE_THREW',
    message:
      /the map function of operator 'checked' threw "no odd ones" on row 4321 of its input: \{ id: 4321, user: odd \}; mend the function/,
  },
  'a filter that throws': {
    build: (env) =>
      env
        .source(users)
        .filter((row) => (refuse(row), true))
        .sink(env.table('t', { key: ['id'] })),
    code: 'CLOSURE_THREW',
    message: /the filter function of operator '[\w-]+' threw "no odd ones" on row 4321/,
  },
  'a flatMap that throws between two rows': {
    build: (env) =>
      env
        .source(users)
        .flatMap(function* (row) {
          yield row;
          refuse(row);
          yield { id: row.id === null ? null : -row.id - 1n, user: row.user };
        }, userSchema)
        .sink(env.table('t', { key: ['id'] })),
    code: 'CLOSURE_THREW',
    message: /the flatMap function of operator '[\w-]+' threw "no odd ones" on row 4321/,
  },
  'a filter that answers neither true nor false': {
    build: (env) =>
      env
        .source(users)
        .filter((row) => (odd(row) ? (undefined as unknown as boolean) : true))
        .sink(env.table('t', { key: ['id'] })),
    code: 'CLOSURE_RESULT',
    message: /returned undefined for row 4321 of its input, not true or false/,
  },
  'a flatMap that gives no list': {
    build: (env) =>
      env
        .source(users)
        .flatMap((row) => (odd(row) ? (7 as unknown as []) : [row]), userSchema)
        .sink(env.table('t', { key: ['id'] })),
    code: 'CLOSURE_RESULT',
    message: /returned number for row 4321 of its input, not a list of rows/,
  },
  'a map that gives a value of another type': {
    build: (env) =>
      env
        .source(users)
        .map((row) => ({ id: row.id, user: (odd(row) ? 5 : row.user) as string }), userSchema)
        .uid('typed')
        .sink(env.table('t', { key: ['id'] })),
    code: 'CLOSURE_RESULT',
    message: /the map function of operator 'typed' returned .*5.*'user'.* for row 4321 of its input, not .*utf8/,
  },
};

for (const [what, { build, code, message }] of Object.entries(CLOSURES)) {
  test(`${what} is ${code}, with the operator and the row`, async () => {
    const error = await failure(closureJob(build), { batchRows: 500 });
    assert.equal(error.code, code, error.message);
    assert.equal(error.kind, 'user');
    assert.match(error.message, message);
    assert.equal(error.context['row'], ODD);
    assert.equal(error.context['job'], 'closures that fail');
  });
}

test('a callback that throws fails the job', async () => {
  const schema = { user: utf8() };
  const rows = [{ user: 'ann' }, { user: 'odd' }];
  const { callback } = await import('../../src/api/index.ts');
  const failing = job('callback', (env) =>
    env.source(collection(schema, rows)).sink(callback((row: { user: string | null }) => refuse(row))),
  );
  const error = await failure(failing);
  assert.equal(error.code, 'CALLBACK_THREW');
  assert.match(error.message, /threw "no odd ones" on the row \{ user: odd \}; mend the function/);
});

test('a job that is another one in a slot is JOB_NOT_DETERMINISTIC, at once', async () => {
  const error = await failure(jobFile('other-graph'));
  assert.equal(error.code, 'JOB_NOT_DETERMINISTIC');
  assert.match(
    error.message,
    /job 'two-faced' built graph \w+ in a slot, the coordinator built \w+; the job function must build/,
  );
  assert.notEqual(error.context['expected'], error.context['built']);
});

test('a slot that dies again and again is SLOT_LOST after the last restart', async () => {
  const error = await failure(jobFile('deadly'));
  assert.equal(error.code, 'SLOT_LOST');
  assert.equal(error.kind, 'environment');
  assert.match(error.message, /slot 0 died: .*3/);
});

test('a stream cannot be read again: SOURCE_NOT_REPLAYABLE when a slot dies', async () => {
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      feed = controller;
      controller.enqueue(new TextEncoder().encode('{"id":1,"user":"ann"}\n'));
    },
  });
  const once = job('once', (env) => env.source(input('users', userSchema)).sink(env.table('t', { key: ['id'] })));
  const handle = await startJob(once, { parallelism: 2, inputs: { users: ndjson(stream) } });
  await handle.checkpoint();
  await handle.killSlot(1);
  await assert.rejects(handle.done, {
    code: 'SOURCE_NOT_REPLAYABLE',
    message: /input 'users' can be read only once.*SLOT_LOST|input 'users' can be read only once/,
  });
  assert.ok(feed !== undefined);
});

test('an engine with too little memory is ENGINE_OUT_OF_MEMORY, with the bytes', async () => {
  const hungry = job('hungry', (env) =>
    env
      .source(
        generator(
          { time: timestamp(), user: utf8() },
          (id) => ({ time: id, user: `a name of some length, number ${id}` }),
          { rows: 400_000 },
        ),
      )
      .watermarks({ column: 'time', outOfOrder: seconds(1) })
      .keyBy('user')
      .window(tumble(minutes(60)))
      .aggregate({ n: count() })
      .sink(env.table('t', { key: ['user', 'window_start'] })),
  );
  const error = await failure(hungry, { memoryBytesMax: 8 << 20 });
  assert.equal(error.code, 'ENGINE_OUT_OF_MEMORY', error.message);
  assert.match(error.message, /\d+ B more are wanted, \d+ B of \d+ B are in use; raise the memory limit/);
  assert.ok(Number(error.context['bytesMax']) <= 8 << 20);
  assert.ok(typeof error.context['operator'] === 'string' && error.context['slot'] === 0);
});

test('rows without a time are TIME_NULL, with the operator', async () => {
  const timeless = job('timeless', (env) =>
    env
      .source(
        collection({ time: timestamp(), user: utf8() }, [
          { time: 1, user: 'a' },
          { time: null, user: 'b' },
        ]),
      )
      .watermarks({ column: 'time', outOfOrder: 0 })
      .keyBy('user')
      .window(tumble(minutes(1)))
      .aggregate({ n: count() })
      .sink(env.table('t', { key: ['user', 'window_start'] })),
  );
  const error = await failure(timeless);
  assert.equal(error.code, 'TIME_NULL');
  assert.match(error.message, /the time column is null in row 1 of the batch/);
});

test(
  'a file sink on a full disk is FILE_SINK_FAILED, with the file',
  { skip: process.platform !== 'linux' && 'needs /dev/full' },
  async () => {
    const full = job('full', (env) => env.source(users).sink(toFile('/dev/full', 'csv')));
    const error = await failure(full);
    assert.equal(error.code, 'FILE_SINK_FAILED', error.message);
    assert.match(error.message, /cannot write '\/dev\/full': ENOSPC.*; make room on the disk/);
  },
);

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-errors-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).href;
const CODE = `import { main } from '${MAIN}'; process.exitCode = await main(process.argv.slice(1), { version: '0' });`;
const slowClicks = fileURLToPath(new URL('../jobs/slow-clicks.ts', import.meta.url));

test(
  'checkpoints on a full disk: CHECKPOINT_STORAGE_FULL, and the job goes on where it was once there is room',
  {
    skip: process.platform === 'win32' && 'needs ulimit',
  },
  () =>
    inFolder(async (folder) => {
      const first = await startJob(new URL(`file://${slowClicks}`), { parallelism: 2, checkpoints: folder });
      await rowsReadPast(first, 2_000);
      const epoch = await first.stop();
      const args = ['run', slowClicks, '-p', '4', '--json', '--checkpoint-dir', folder, '--checkpoint-interval', '30'];
      const node = [process.execPath, '--input-type=module', '-e', CODE, '--', ...args, '--resume'];
      // no file may grow beyond 1 KiB: nothing of a checkpoint fits
      const limited = spawn('bash', ['-c', 'ulimit -f 1; exec "$@"', 'bash', ...node]);
      let errors = '';
      limited.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
      const code = await new Promise((resolve) => limited.once('close', resolve));
      assert.equal(code, 1, errors);
      assert.match(errors, /^CHECKPOINT_STORAGE_FULL: no room for \d+ B in .*; free space there/m);
      const { stdout, stderr } = await promisify(execFile)(node[0]!, node.slice(1), { maxBuffer: 1 << 24 });
      assert.match(stderr, new RegExp(`^resumed from checkpoint ${epoch}\n`));
      const rows = expectedRows();
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        lines.map(({ user, clicks: n, total }) => [user, n, total]),
        rows.map(({ user, clicks: n, total }) => [user, Number(n), Number(total)]),
      );
    }),
);

test('a folder that cannot be used is CHECKPOINT_STORAGE_BLOCKED', () =>
  inFolder(async (folder) => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const error = await failure(clicks, { checkpoints: path.join(file, 'checkpoints') });
    assert.equal(error.code, 'CHECKPOINT_STORAGE_BLOCKED', error.message);
    assert.match(error.message, /file.*; choose a folder/);
  }));

test('what is asked of a job that has ended is JOB_NOT_RUNNING; a wrong table is TABLE_UNKNOWN', async () => {
  const handle = await startJob(clicksJob('ended'), { parallelism: 1 });
  await handle.cancel();
  await assert.rejects(handle.rescale(2), { code: 'JOB_NOT_RUNNING', message: /job 'ended' is cancelled/ });
  assert.throws(() => handle.table('nobody'), { code: 'TABLE_UNKNOWN', message: /it has clicks_by_minute/ });
  await assert.rejects(startJob(clicks, { parallelism: 33 }), { code: 'BAD_PARALLELISM' });
});

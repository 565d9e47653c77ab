// A folder of checkpoints that is damaged, belongs to something else, or is used twice: an older checkpoint serves, or a
// clear error comes and nothing in the folder is lost. And rescaling while the job runs.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startJob } from '../../src/adapter-node/index.ts';
import type { StartOptions } from '../../src/adapter-node/index.ts';
import type { JobHandle } from '../../src/api/index.ts';
import type { Manifest } from '../../src/checkpoint/index.ts';
import { rows } from '../../src/connectors/index.ts';
import { bound, graphs, orders } from '../golden/graphs.ts';
import { rowsReadPast } from '../golden/run.ts';
import clicks, { clicksJob, expectedRows, ROWS } from '../jobs/clicks.ts';

/** Event time runs 1,000 s in all; at this pace it takes 2 s. */
const SLOW = 500;

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-checkpoints-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function start(checkpoints: string, options: StartOptions = {}): Promise<JobHandle> {
  return startJob(clicks, { parallelism: 2, checkpoints, checkpointIntervalMs: 40, batchRows: 256, ...options });
}

async function hasExpectedTable(handle: JobHandle): Promise<void> {
  const { status } = await handle.done;
  assert.equal(status.phase, 'finished');
  assert.equal(status.rowsRead, ROWS);
  assert.deepEqual(await handle.table('clicks_by_minute').scan({ limit: 10_000 }), expectedRows());
}

/** A run that stops in the middle and leaves three checkpoints; gives their epochs, newest first. */
async function stoppedInTheMiddle(folder: string): Promise<readonly number[]> {
  const handle = await start(folder, { pace: SLOW });
  await rowsReadPast(handle, ROWS / 8);
  for (let taken = 0; taken < 2; taken++) await handle.checkpoint();
  await handle.stop();
  let epochs: readonly number[] = [];
  do {
    await delay(5); // older ones are still being released
    epochs = (await filesIn(folder, 'manifests')).map((file) => Number(path.basename(file))).sort((x, y) => y - x);
  } while (epochs.length > 3);
  assert.equal(epochs.length, 3);
  return epochs;
}

async function filesIn(folder: string, kind: 'manifests' | 'values'): Promise<readonly string[]> {
  return (await readdir(path.join(folder, kind))).sort().map((name) => path.join(folder, kind, name));
}

const manifestFile = (folder: string, epoch: number | undefined): string =>
  path.join(folder, 'manifests', String(epoch));

async function manifestIn(folder: string, epoch: number | undefined): Promise<Manifest> {
  return JSON.parse(await readFile(manifestFile(folder, epoch), 'utf8')) as Manifest;
}

const DAMAGES: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'cut off': async (file) => truncate(file, Math.floor((await readFile(file)).length * 0.7)),
  empty: (file) => truncate(file, 0),
  'zeros of its length': async (file) => writeFile(file, new Uint8Array((await readFile(file)).length)),
  'no manifest but JSON': (file) => writeFile(file, '{"version":1}'),
  'of another version': async (file) =>
    writeFile(file, (await readFile(file, 'utf8')).replace('"version":2', '"version":77')),
};

for (const [damage, apply] of Object.entries(DAMAGES)) {
  test(`the newest manifest is ${damage}: the one before it serves`, () =>
    inFolder(async (folder) => {
      const [newest, older] = await stoppedInTheMiddle(folder);
      await apply(manifestFile(folder, newest));
      const handle = await start(folder, { resume: true, parallelism: 3 });
      assert.equal((await handle.status()).restoredEpoch, older);
      await hasExpectedTable(handle);
      const line = (await handle.logs()).find(({ message }) => message.includes('passed over'));
      assert.equal(line?.values?.['epoch'], newest, 'the log says so');
    }));
}

test('no manifest can be read: CHECKPOINT_CORRUPT, and the values stay', () =>
  inFolder(async (folder) => {
    const epochs = await stoppedInTheMiddle(folder);
    const saved = path.join(folder, 'saved');
    await cp(path.join(folder, 'manifests'), saved, { recursive: true });
    const values = await filesIn(folder, 'values');
    for (const epoch of epochs) await truncate(manifestFile(folder, epoch), 10);
    await assert.rejects(start(folder, { resume: true }), {
      code: 'CHECKPOINT_CORRUPT',
      message: new RegExp(`epoch ${epochs[0]}`),
    });
    assert.deepEqual(await filesIn(folder, 'values'), values);
    await cp(saved, path.join(folder, 'manifests'), { recursive: true });
    const handle = await start(folder, { resume: true });
    assert.equal((await handle.status()).restoredEpoch, epochs[0]);
    await hasExpectedTable(handle);
  }));

for (const [damage, apply] of Object.entries({
  'cut off': async (file: string) => truncate(file, Math.floor((await readFile(file)).length / 2)),
  gone: (file: string) => rm(file),
  'changed in the middle': async (file: string) => {
    const bytes = await readFile(file);
    for (let at = bytes.length >> 1; at < (bytes.length >> 1) + 64 && at < bytes.length; at++)
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    await writeFile(file, bytes);
  },
})) {
  test(`a state value of the newest checkpoint is ${damage}: an older one serves`, () =>
    inFolder(async (folder) => {
      const [newest, older] = await stoppedInTheMiddle(folder);
      const [mine, before] = [await manifestIn(folder, newest), await manifestIn(folder, older)];
      const value = mine.records.map((record) => record.value).find((name) => !(name in before.values));
      assert.ok(value !== undefined, 'the newest checkpoint has a value of its own');
      await apply(path.join(folder, 'values', `v-${value}`));
      const handle = await start(folder, { resume: true });
      await hasExpectedTable(handle);
      const line = (await handle.logs()).find(({ message }) => message.includes('passed over'));
      assert.equal(line?.values?.['epoch'], newest, 'the log says so');
    }));
}

test('the checkpoints of another job are refused, and stay, with and without resume', () =>
  inFolder(async (folder) => {
    const [newest] = await stoppedInTheMiddle(folder);
    const other = clicksJob('other clicks');
    for (const resume of [true, false]) {
      await assert.rejects(startJob(other, { checkpoints: folder, resume, parallelism: 1 }), {
        code: 'CHECKPOINT_OF_OTHER_JOB',
        message: /'clicks', not of 'other clicks'; give each job/,
      });
    }
    const handle = await start(folder, { resume: true });
    assert.equal((await handle.status()).restoredEpoch, newest);
    await hasExpectedTable(handle);
  }));

test('a start that is refused does not disturb the run that uses the folder', () =>
  inFolder(async (folder) => {
    const first = await start(folder, { pace: SLOW });
    await first.checkpoint();
    await assert.rejects(startJob(clicksJob('other clicks'), { checkpoints: folder, parallelism: 1 }), {
      code: 'CHECKPOINT_OF_OTHER_JOB',
    });
    await first.checkpoint();
    await first.setPace(null);
    await hasExpectedTable(first);
    assert.deepEqual((await first.status()).recoveries, []);
  }));

test('a job that has changed: JOB_CHANGED', () =>
  inFolder(async (folder) => {
    await stoppedInTheMiddle(folder);
    const changed = clicksJob('clicks', 1_000); // the generator's options are part of the graph
    await assert.rejects(
      startJob(changed, { checkpoints: folder, resume: true, parallelism: 1 }),
      (error: Error & { context: object; code: string }) => {
        assert.equal(error.code, 'JOB_CHANGED');
        assert.match(
          error.message,
          /checkpoint \d+ of job 'clicks' was taken with job graph \w+, the job builds \w+; resume with the job as it was/,
        );
        return true;
      },
    );
    await hasExpectedTable(await start(folder, { resume: true }));
  }));

test('an input that has changed: INPUT_CHANGED, also when only a value differs', () =>
  inFolder(async (folder) => {
    const graph = graphs(2_000).sinks;
    const options: StartOptions = { checkpoints: folder, parallelism: 1, batchRows: 64, checkpointIntervalMs: 30 };
    const first = await startJob(graph.job, { ...options, inputs: bound(graph), pace: 1_000 });
    await rowsReadPast(first, 100);
    await first.stop();
    const splits = graph.inputs['orders']!;
    const other = splits.map((split, index) => (index === 0 ? split.map((row) => ({ ...row, amount: 7 })) : split));
    for (const changed of [orders(11, 2_001, 5), other]) {
      await assert.rejects(startJob(graph.job, { ...options, resume: true, inputs: { orders: rows(changed) } }), {
        code: 'INPUT_CHANGED',
        message: /input 'orders' is not what the checkpoint was taken from/,
      });
    }
    const { status } = await (await startJob(graph.job, { ...options, resume: true, inputs: bound(graph) })).done;
    assert.equal(status.phase, 'finished');
  }));

test('two runs on one folder: the older one gives up with STORAGE_FENCED, the newer one is right', () =>
  inFolder(async (folder) => {
    const first = await start(folder, { pace: SLOW });
    await rowsReadPast(first, ROWS / 10);
    await first.checkpoint();
    const second = await start(folder, { resume: true, pace: SLOW });
    await first.killSlot(0); // what it would recover from is not its own any more
    await assert.rejects(first.done, {
      code: 'STORAGE_FENCED',
      message: /another run of the job uses the same checkpoints/,
    });
    await second.setPace(null);
    assert.ok((await second.status()).restoredEpoch > 0);
    await hasExpectedTable(second);
  }));

test('rescaled up and down while it runs, with a slot killed in between', async () => {
  const handle = await startJob(clicks, { parallelism: 1, pace: SLOW, checkpointIntervalMs: 60, batchRows: 128 });
  for (const [parallelism, share] of [
    [4, 10],
    [2, 6],
    [3, 4],
  ] as const) {
    await rowsReadPast(handle, ROWS / share);
    await handle.rescale(parallelism);
    await handle.checkpoint();
    assert.equal((await handle.status()).parallelism, parallelism);
    if (parallelism === 2) await handle.killSlot(1);
  }
  await handle.setPace(null);
  await hasExpectedTable(handle);
  const { recoveries, restoredEpoch } = await handle.status();
  assert.equal(restoredEpoch, 0);
  assert.equal(recoveries.length, 1, 'a rescaling is no failure');
});

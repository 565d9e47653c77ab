/** What becomes of stored values: released with the last manifest that names them, kept for who still reads them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { CHECKPOINTS_KEPT } from '../base/index.ts';
import { HeldValues, MANIFEST_VERSION, MemoryCheckpointStorage, MemoryDisk } from '../checkpoint/index.ts';
import type { Manifest } from '../checkpoint/index.ts';
import { i64, timestamp, utf8 } from '../schema/index.ts';
import { Table, tableJson } from '../table/index.ts';
import { Checkpoints } from './checkpoints.ts';

function world(disk = new MemoryDisk()) {
  const storage = new MemoryCheckpointStorage(disk);
  const held = new HeldValues(storage);
  const checkpoints = new Checkpoints(storage, held, ({ message }) => assert.fail(message));
  return { disk, storage, held, checkpoints };
}

const manifest = (attempt: number, epoch: number, ...names: string[]): Manifest =>
  ({
    version: MANIFEST_VERSION,
    attempt,
    epoch,
    values: Object.fromEntries(names.map((name) => [name, 1])),
  }) as unknown as Manifest;

/** Epochs from 1 on, each with a value of its own and one that all share. */
async function published(epochs: number) {
  const started = world();
  const { storage, checkpoints } = started;
  await checkpoints.nextAttempt(1);
  await storage.putValue(1, 'shared', new Uint8Array(1));
  for (let epoch = 1; epoch <= epochs; epoch++) {
    await storage.putValue(1, `v${epoch}`, new Uint8Array(1));
    await checkpoints.publish(manifest(1, epoch, `v${epoch}`, 'shared'));
  }
  return started;
}

const names = async ({ storage }: { storage: MemoryCheckpointStorage }): Promise<string[]> =>
  [...(await storage.valueNames())].sort();

test('old epochs go with their values; values that are held follow when they are let go', async () => {
  const started = await published(CHECKPOINTS_KEPT + 4);
  const letGo = started.held.hold(['v1', 'v2', 'shared']);
  await started.checkpoints.releaseOld(1);
  const kept = ['shared', 'v4', 'v5', 'v6'];
  assert.deepEqual(await started.storage.epochs(), [4, 5, 6], 'manifests do not wait');
  assert.deepEqual(await names(started), ['shared', 'v1', 'v2', ...kept.slice(1)]);
  letGo();
  assert.deepEqual(await names(started), kept);
  letGo(); // once is enough
  started.held.hold(['v4'])();
  assert.deepEqual(await names(started), kept, 'a hold alone releases nothing');
});

test('a fresh start and the sweep of a resume leave what is held, and take it afterwards', async () => {
  for (const how of ['forgetAll', 'loadAndSweep'] as const) {
    const started = await published(1);
    const { storage, held, checkpoints } = started;
    await storage.putValue(1, 'rubbish', new Uint8Array(1));
    const letGo = held.hold(['v1', 'rubbish']);
    const attempt = await checkpoints.nextAttempt(2);
    await checkpoints[how](attempt);
    const swept = how === 'forgetAll' ? [] : ['shared', 'v1'];
    assert.deepEqual(await names(started), how === 'forgetAll' ? ['rubbish', 'v1'] : ['rubbish', ...swept]);
    letGo();
    assert.deepEqual(await names(started), swept);
  }
});

test('a checkpoint of version 1, whose tables have no blocks, is read', async () => {
  const text = await readFile(new URL('../../test/recovery/manifest-1.json', import.meta.url), 'utf8');
  const stored = JSON.parse(text) as { manifest: Manifest; values: Record<string, string>; rows: string };
  const started = world();
  const { disk, held, checkpoints } = started;
  for (const [name, bytes] of Object.entries(stored.values)) {
    disk.values.set(name, new Uint8Array(Buffer.from(bytes, 'base64')));
  }
  disk.manifests.set(1, new TextEncoder().encode(JSON.stringify(stored.manifest)));
  await checkpoints.load();
  const segments = checkpoints.newest!.tables['late_flights']!;
  assert.equal(checkpoints.newest!.version, 1);
  const schema = {
    origin: utf8(),
    window_start: timestamp(),
    window_end: timestamp(),
    flights: i64(),
    worst: i64(),
  };
  for (const viewBytesMax of [0, 1 << 20]) {
    const table = new Table({ name: 't', schema, key: ['origin', 'window_start'], values: held, viewBytesMax });
    table.reset(segments);
    assert.equal([...tableJson({ schema, frames: await table.frames() })].join(''), stored.rows);
    assert.equal(await table.rowCount(), 69);
    const [row] = await table.scan({ offset: 68, limit: 1 });
    assert.deepEqual(await table.get([row!['origin']!, row!['window_start']!]), row);
  }
});

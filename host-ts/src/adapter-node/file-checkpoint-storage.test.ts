// Checkpoints in a folder: the common cases, then what only files can suffer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { STORAGE_CASES } from '../../test/conformance/checkpoint-storage.ts';
import { SluiceError } from '../base/index.ts';
import { makeFolder } from './durable-files.ts';
import { FileCheckpointStorage, storageErrorOf } from './file-checkpoint-storage.ts';
import { fileStore } from './file-store.ts';
import { withLock } from './folder-lock.ts';

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-files-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const { title, run } of STORAGE_CASES) {
  test(`files: ${title}`, () =>
    inFolder((folder) => run(async () => new FileCheckpointStorage(path.join(folder, 'not', 'yet', 'there')))));
}

/** A process id that has just ended. */
const deadPid = (): string => execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim();

test('the lock and the half-written files of a process that died do not stay', () =>
  inFolder(async (folder) => {
    const storage = new FileCheckpointStorage(folder);
    await storage.fence(1);
    await storage.putValue(1, 'whole', Uint8Array.of(1));
    await writeFile(path.join(folder, 'values', 'v-half.1234.tmp'), 'ha');
    await writeFile(path.join(folder, 'lock'), deadPid());
    await storage.fence(2);
    assert.deepEqual((await readdir(path.join(folder, 'values'))).sort(), ['v-whole']);
    assert.deepEqual(await storage.valueNames(), ['whole']);
    assert.deepEqual((await readdir(folder)).sort(), ['fence', 'values']);
  }));

test('a lock that is held by a living process is waited for, then CHECKPOINT_STORAGE_BLOCKED', () =>
  inFolder(async (folder) => {
    const lock = path.join(folder, 'lock');
    let order = '';
    const held = withLock(lock, async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      order += 'a';
    });
    await Promise.all([held, withLock(lock, async () => void (order += 'b'))]);
    assert.equal(order.length, 2);
    await writeFile(lock, String(process.pid));
    await assert.rejects(
      withLock(lock, async () => undefined, 20),
      { code: 'CHECKPOINT_STORAGE_BLOCKED', message: /lock/ },
    );
  }));

test('a lock that a process of the same id left before this one began is taken over', () =>
  inFolder(async (folder) => {
    const lock = path.join(folder, 'lock');
    await writeFile(lock, String(process.pid));
    const longAgo = new Date(Date.now() - process.uptime() * 1000 - 60_000);
    await utimes(lock, longAgo, longAgo);
    assert.equal(await withLock(lock, async () => 'held', 1_000), 'held');
  }));

test('files of others in the folder are passed over', () =>
  inFolder(async (folder) => {
    const storage = new FileCheckpointStorage(folder);
    await storage.fence(1);
    await storage.putValue(1, 'a b/ü', Uint8Array.of(1));
    await storage.publish(1, 7, Uint8Array.of(2));
    for (const file of ['manifests/.DS_Store', 'manifests/7 (copy)', 'values/.DS_Store', 'values/v-100%', 'values/x'])
      await writeFile(path.join(folder, file), '');
    assert.deepEqual(await storage.epochs(), [7]);
    assert.deepEqual(await storage.valueNames(), ['a b/ü']);
  }));

test('a folder is durable where it was made, and so are those around it', () =>
  inFolder(async (folder) => {
    const synced: string[] = [];
    const sync = async (synchronized: string): Promise<void> => void synced.push(path.relative(folder, synchronized));
    await makeFolder(path.join(folder, 'a', 'b', 'c'), sync);
    assert.deepEqual(synced, [path.join('a', 'b'), 'a', '']);
    await makeFolder(path.join(folder, 'a', 'b', 'c'), sync);
    assert.equal(synced.length, 3);
  }));

test('a file that appending has made is durable under its name', () =>
  inFolder(async (folder) => {
    const synced: string[] = [];
    const files = fileStore(async (synchronized) => void synced.push(path.relative(folder, synchronized)));
    const file = path.join(folder, 'out', 'rows.csv');
    await files.append(file, Uint8Array.of(1));
    assert.deepEqual(synced, ['', 'out']);
    await files.append(file, Uint8Array.of(2));
    assert.equal(synced.length, 2);
  }));

test('a full disk and a forbidden folder are named', () =>
  inFolder(async (folder) => {
    const full = storageErrorOf(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), folder, 4096);
    assert.ok(full instanceof SluiceError);
    assert.equal(full.code, 'CHECKPOINT_STORAGE_FULL');
    assert.match(full.message, /4096 B/);
    // a file where the folder should be: not writable for anybody, root included
    await writeFile(path.join(folder, 'file'), '');
    await assert.rejects(new FileCheckpointStorage(path.join(folder, 'file', 'x')).fence(1), {
      code: 'CHECKPOINT_STORAGE_BLOCKED',
    });
  }));

test(
  'a write that the system refuses for lack of room is CHECKPOINT_STORAGE_FULL',
  { skip: process.platform !== 'linux' },
  async () => {
    const error = await writeFile('/dev/full', Buffer.alloc(8192)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.equal((storageErrorOf(error, '/dev/full', 8192) as SluiceError).code, 'CHECKPOINT_STORAGE_FULL');
  },
);

test('writing a value of another size again is a bug', () =>
  inFolder(async (folder) => {
    const storage = new FileCheckpointStorage(folder);
    await storage.fence(1);
    await mkdir(folder, { recursive: true });
    await storage.putValue(1, 'v', Uint8Array.of(1));
    await assert.rejects(storage.putValue(1, 'v', Uint8Array.of(1, 2)), { code: 'CHECKPOINT_VALUE_DIFFERS' });
  }));

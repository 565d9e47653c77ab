// Memory storage, also through a port, does what every storage does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { STORAGE_CASES } from '../../test/conformance/checkpoint-storage.ts';
import type { Port } from '../exchange/index.ts';
import { MemoryCheckpointStorage, MemoryDisk } from './memory-storage.ts';
import { remoteStorage, serveStorage } from './remote-storage.ts';
import type { CheckpointStorage } from './storage.ts';

function remote(disk: MemoryDisk): CheckpointStorage {
  const { port1, port2 } = new MessageChannel();
  serveStorage(new MemoryCheckpointStorage(disk), port1 as unknown as Port);
  return remoteStorage(port2 as unknown as Port);
}

for (const { title, run } of STORAGE_CASES) {
  test(`memory: ${title}`, async () => {
    const disk = new MemoryDisk();
    await run(async () => new MemoryCheckpointStorage(disk));
  });
  test(`memory through a port: ${title}`, async () => {
    const disk = new MemoryDisk();
    await run(async () => remote(disk));
  });
}

test('a value is written once', async () => {
  const storage = new MemoryCheckpointStorage();
  await storage.fence(1);
  await storage.putValue(1, 'v', Uint8Array.of(1));
  await assert.rejects(storage.putValue(1, 'v', Uint8Array.of(2)), { code: 'CHECKPOINT_VALUE_DIFFERS' });
});

test('closing a remote storage rejects what is under way, and what is asked of it later', async () => {
  const storage = remote(new MemoryDisk());
  const waiting = storage.epochs();
  await Promise.all([storage.close(), assert.rejects(waiting, { code: 'CHECKPOINT_STORAGE_CLOSED' })]);
  await assert.rejects(storage.epochs(), { code: 'CHECKPOINT_STORAGE_CLOSED' });
});

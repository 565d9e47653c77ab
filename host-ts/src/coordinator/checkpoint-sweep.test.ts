/** What the coordinator removes from storage, and when: never what a manifest there names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKPOINTS_KEPT } from '../base/index.ts';
import { HeldValues, MANIFEST_VERSION, MemoryCheckpointStorage, recordsName } from '../checkpoint/index.ts';
import type { Manifest } from '../checkpoint/index.ts';
import type { LogLine } from '../platform/index.ts';
import { Checkpoints } from './checkpoints.ts';

const name = (attempt: number, epoch: number): string => recordsName({ attempt, epoch, slot: 0 }, 0);
const manifest = (attempt: number, epoch: number, ...older: readonly string[]): Manifest =>
  ({
    version: MANIFEST_VERSION,
    attempt,
    epoch,
    values: Object.fromEntries([name(attempt, epoch), ...older].map((value) => [value, 1])),
  }) as unknown as Manifest;
const encoded = (of: Manifest): Uint8Array => new TextEncoder().encode(JSON.stringify(of));

interface Scene {
  readonly storage: MemoryCheckpointStorage;
  readonly checkpoints: Checkpoints;
  readonly lines: LogLine[];
  /** The attempt stores its value for the epoch, publishes, and lets go of what is old. */
  complete(attempt: number, epoch: number, ...older: readonly string[]): Promise<void>;
  /** The attempt stores its value for the epoch and gets no further. */
  die(attempt: number, epoch: number): Promise<string>;
  names(): Promise<readonly string[]>;
}

function scene(storage = new MemoryCheckpointStorage()): Scene {
  const lines: LogLine[] = [];
  const checkpoints = new Checkpoints(storage, new HeldValues(storage), (line) => lines.push(line));
  const die = async (attempt: number, epoch: number): Promise<string> => {
    await storage.putValue(attempt, name(attempt, epoch), Uint8Array.of(1));
    return name(attempt, epoch);
  };
  return {
    storage,
    checkpoints,
    lines,
    die,
    complete: async (attempt, epoch, ...older) => {
      await die(attempt, epoch);
      await checkpoints.publish(manifest(attempt, epoch, ...older));
      await checkpoints.releaseOld(attempt);
    },
    names: async () => [...(await storage.valueNames())].sort(),
  };
}

test('a sweep removes what attempts before left, and nothing that is kept or on its way', async () => {
  const { checkpoints, complete, die, names } = scene();
  await checkpoints.nextAttempt(1);
  await complete(1, 1);
  await complete(1, 2, name(1, 1));
  await die(1, 3);
  await checkpoints.nextAttempt(2);
  await die(2, 3);
  await checkpoints.nextAttempt(3);
  const onItsWay = await die(3, 3);
  await checkpoints.sweep(3);
  assert.deepEqual(await names(), [name(1, 1), name(1, 2), onItsWay]);
});

test('once per attempt: storage is not asked again', async () => {
  const { storage, checkpoints, complete, die } = scene();
  let asked = 0;
  const list = storage.valueNames.bind(storage);
  storage.valueNames = () => {
    asked += 1;
    return list();
  };
  await checkpoints.nextAttempt(1);
  await complete(1, 1);
  await die(1, 2);
  await checkpoints.nextAttempt(2);
  await Promise.all([checkpoints.sweep(2), checkpoints.sweep(2)]);
  await complete(2, 2);
  await checkpoints.sweep(2);
  assert.equal(asked, 1);
  await checkpoints.nextAttempt(3);
  await checkpoints.sweep(3);
  assert.equal(asked, 2);
});

test('a manifest whose publication seemed to fail keeps its values until another takes its place', async () => {
  const { storage, checkpoints, complete, die, names } = scene();
  await checkpoints.nextAttempt(1);
  await complete(1, 1);
  const seeming = await die(1, 2);
  await storage.publish(1, 2, encoded(manifest(1, 2))); // and the answer was lost
  await checkpoints.nextAttempt(2);
  await checkpoints.sweep(2);
  assert.deepEqual(await names(), [name(1, 1), seeming], 'should the process die now, epoch 2 is the newest');
  const after = scene(storage);
  await after.checkpoints.load();
  assert.equal(after.checkpoints.newest?.epoch, 2);
  await complete(2, 2);
  await checkpoints.sweep(2);
  assert.deepEqual(await names(), [name(1, 1), name(2, 2)]);
});

test('a sweep that fails is logged, and tried again after the next epoch', async () => {
  const { storage, checkpoints, complete, die, names, lines } = scene();
  await checkpoints.nextAttempt(1);
  await complete(1, 1);
  await die(1, 2);
  await checkpoints.nextAttempt(2);
  const release = storage.release.bind(storage);
  storage.release = () => Promise.reject(new Error('the disk is busy'));
  await checkpoints.sweep(2);
  assert.match(JSON.stringify(lines), /could not be removed.*the disk is busy/);
  assert.deepEqual(await names(), [name(1, 1), name(1, 2)]);
  storage.release = release;
  await checkpoints.sweep(2);
  assert.deepEqual(await names(), [name(1, 1)]);
});

test('a sweep of an attempt that was overtaken removes nothing', async () => {
  const { storage, checkpoints, complete, die, names } = scene();
  await checkpoints.nextAttempt(1);
  await complete(1, 1);
  await die(1, 2);
  await checkpoints.nextAttempt(2);
  await storage.fence(3); // another run
  await checkpoints.sweep(2);
  assert.deepEqual(await names(), [name(1, 1), name(1, 2)]);
});

test('while a manifest cannot be read nothing is swept; it is let go of when enough newer ones are kept', async () => {
  const { storage, checkpoints, complete, die, names } = scene();
  await checkpoints.nextAttempt(1);
  await complete(1, 1);
  const unreadable = await die(1, 2);
  await storage.publish(1, 2, Uint8Array.of(1, 2, 3));
  const rubbish = await die(1, 9);
  const again = scene(storage);
  await again.checkpoints.nextAttempt(1);
  await again.checkpoints.loadAndSweep(2);
  assert.equal(again.checkpoints.newest?.epoch, 1);
  for (let epoch = 3; epoch <= 2 + CHECKPOINTS_KEPT; epoch++) {
    await again.complete(2, epoch);
    await again.checkpoints.sweep(2);
    assert.ok(
      [unreadable, rubbish].every((value) => storage.disk.values.has(value)),
      `after epoch ${epoch}`,
    );
  }
  await again.complete(2, 3 + CHECKPOINTS_KEPT);
  await again.checkpoints.sweep(2);
  const kept = Array.from({ length: CHECKPOINTS_KEPT + 1 }, (_, at) => 3 + at);
  assert.deepEqual(await storage.epochs(), kept);
  assert.deepEqual(
    await names(),
    kept.map((epoch) => name(2, epoch)),
  );
});

/** The coordinator with slots played by the test: failures that overlap, storage that is slow, the end of a job. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../base/index.ts';
import { recordsName } from '../checkpoint/index.ts';
import type { SinkState } from '../checkpoint/index.ts';
import { standardConnectors } from '../connectors/index.ts';
import { QUIET_MS, Stage, gate, settled } from '../../test/coordinator/stage.ts';

test('a slot lost while the next attempt is being prepared belongs to the same recovery', async () => {
  const stage = new Stage();
  await stage.running();
  const fenced = gate();
  const fence = stage.storage.fence.bind(stage.storage);
  stage.storage.fence = async (attempt) => {
    await fenced.passed;
    await fence(attempt);
  };
  stage.slot(0).exit();
  stage.time.pass(0);
  await settled();
  stage.slot(1).exit();
  stage.time.pass(10_000);
  await settled();
  fenced.open();
  await stage.deployAll();
  const status = stage.coordinator.status();
  assert.equal(status.phase, 'running');
  assert.equal(status.attempt, 2);
  assert.equal(status.recoveries.length, 1);
});

test('a job that is cancelled while it looks at its inputs does not touch the storage any more', async () => {
  const looked = gate();
  const { collection } = standardConnectors;
  const stage = new Stage({
    registry: {
      ...standardConnectors,
      collection: async (...args) => {
        await looked.passed;
        return collection!(...args);
      },
    },
  });
  const starting = stage.coordinator.start();
  await settled();
  stage.coordinator.cancel();
  await stage.storage.fence(1);
  await stage.storage.publish(1, 1, new Uint8Array([1])); // by the run that took its place
  looked.open();
  await starting;
  assert.equal(await stage.storage.lastAttempt(), 1);
  assert.deepEqual(await stage.storage.epochs(), [1]);
});

test('a job that is cancelled while it recovers does not raise the fence any more', async () => {
  const stage = new Stage();
  await stage.running();
  const published = gate();
  const publish = stage.storage.publish.bind(stage.storage);
  stage.storage.publish = async (...args) => {
    await published.passed;
    await publish(...args);
  };
  stage.time.pass(1_000);
  await stage.acknowledge(1);
  stage.slot(0).exit();
  stage.time.pass(10_000);
  await settled();
  stage.coordinator.cancel();
  published.open();
  await settled();
  assert.equal(await stage.storage.lastAttempt(), 1);
});

test('two rescalings at once both take effect, one after the other', async () => {
  const stage = new Stage();
  await stage.running();
  const both = Promise.all([stage.coordinator.rescale(3), stage.coordinator.rescale(4)]);
  await settled();
  await stage.acknowledge(1);
  await stage.deployAll();
  await stage.acknowledge(2);
  await stage.deployAll();
  await both;
  const { phase, parallelism, error } = stage.coordinator.status();
  assert.deepEqual({ phase, parallelism, error }, { phase: 'running', parallelism: 4, error: null });
});

test('a publication that is under way at a failure is finished before the next attempt begins', async () => {
  const stage = new Stage();
  await stage.running();
  const published = gate();
  const publish = stage.storage.publish.bind(stage.storage);
  stage.storage.publish = async (...args) => {
    await publish(...args);
    await published.passed; // durable, but not known to be
  };
  stage.time.pass(1_000);
  await stage.acknowledge(1);
  stage.slot(0).exit();
  stage.time.pass(0);
  await settled();
  published.open();
  await stage.deployAll();
  assert.equal(stage.coordinator.status().recoveries[0]?.epoch, 1);
  assert.equal(stage.slot(1).got('deploy').at(-1)?.restore?.epoch, 1);
});

test('when the slots run again, what the failed attempt stored is removed; nobody waits for that', async () => {
  const stage = new Stage();
  await stage.running();
  const put = (attempt: number, epoch: number): Promise<void> =>
    stage.storage.putValue(attempt, recordsName({ attempt, epoch, slot: 0 }, 0), Uint8Array.of(epoch));
  await put(1, 1); // and the other slot dies before it has stored its own
  const listed = gate();
  const list = stage.storage.valueNames.bind(stage.storage);
  stage.storage.valueNames = async () => {
    await listed.passed;
    return list();
  };
  stage.slot(1).exit();
  stage.time.pass(0);
  await stage.deployAll();
  assert.equal(stage.coordinator.status().phase, 'running');
  stage.time.pass(1_000);
  await put(2, 1);
  assert.equal(stage.slot(0).got('barrier').at(-1)?.attempt, 2);
  assert.deepEqual([...(await list())].sort(), ['a1-e1-s0-p0', 'a2-e1-s0-p0']);
  listed.open();
  await settled();
  assert.deepEqual(await list(), ['a2-e1-s0-p0'], 'what is on its way stays');
  await stage.acknowledge(1);
  assert.equal(stage.coordinator.status().epoch, 1);
});

test('who was overtaken by another run gives up instead of taking the storage back', async () => {
  const stage = new Stage();
  await stage.running();
  await stage.storage.fence(7);
  stage.time.pass(1_000);
  await stage.acknowledge(1);
  await assert.rejects(stage.coordinator.done, { code: 'STORAGE_FENCED' });
  assert.equal(await stage.storage.lastAttempt(), 7);
});

test('storage that fails during a recovery is tried again by the restart policy', async () => {
  const stage = new Stage();
  await stage.running();
  const fence = stage.storage.fence.bind(stage.storage);
  let failures = 0;
  stage.storage.fence = async (attempt) => {
    if (failures++ === 0) throw new Error('disk on fire');
    await fence(attempt);
  };
  stage.slot(0).exit();
  stage.time.pass(0);
  await settled();
  stage.time.pass(10_000);
  await stage.deployAll();
  assert.equal(stage.coordinator.status().phase, 'running');
});

const fileState = (value: string, bytes: number): SinkState => ({
  vertex: 0,
  sink: 1,
  slot: 0,
  values: [{ value, bytes, rows: 0 }],
  prepared: { file: 'clicks.ndjson', header: '', bytes },
});

/** Files in memory; `append` fails as often as `failures` says. */
class TestFiles {
  readonly contents = new Map<string, string>();
  failures = 0;
  readonly size = async (path: string): Promise<number | undefined> => this.contents.get(path)?.length;
  readonly read = async (path: string): Promise<Uint8Array> => new TextEncoder().encode(this.contents.get(path) ?? '');
  readonly append = async (path: string, bytes: Uint8Array): Promise<void> => {
    if (bytes.length > 0 && this.failures-- > 0) throw new Error('disk full');
    this.contents.set(path, (this.contents.get(path) ?? '') + new TextDecoder().decode(bytes));
  };
  readonly truncate = async (path: string, length: number): Promise<void> => {
    this.contents.set(path, (this.contents.get(path) ?? '').slice(0, length));
  };
  readonly writeAtomic = async (): Promise<void> => undefined;
  readonly rename = async (): Promise<void> => undefined;
  readonly remove = async (): Promise<void> => undefined;
  readonly list = async (): Promise<readonly string[]> => [];
}

for (const [what, arrange] of Object.entries({
  'whose manifest could not be published': (stage: Stage) => {
    const publish = stage.storage.publish.bind(stage.storage);
    let failures = 1;
    stage.storage.publish = async (...args) => {
      if (failures-- > 0) throw new Error('no answer');
      await publish(...args);
    };
    return '2222';
  },
  'whose rows could not be appended': (_: Stage, files: TestFiles) => {
    files.failures = 1;
    return '1111 2222';
  },
} satisfies Record<string, (stage: Stage, files: TestFiles) => string>)) {
  test(`a file is exact after an epoch ${what}`, async () => {
    const files = new TestFiles();
    const stage = new Stage({ files, toFile: true });
    await stage.running();
    const expected = arrange(stage, files);
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    await stage.storage.putValue(1, 'one', encode('1111 '));
    stage.time.pass(1_000);
    await stage.acknowledge(1, [fileState('one', 5)]);
    stage.time.pass(0);
    await stage.deployAll();
    const { attempt, epoch } = stage.coordinator.status();
    await stage.storage.putValue(attempt, 'two', encode('2222'));
    stage.time.pass(1_000);
    await stage.acknowledge(epoch + 1, [fileState('two', 4)]);
    assert.equal(stage.coordinator.status().error, null);
    assert.equal(files.contents.get('clicks.ndjson'), expected);
  });
}

test('a slot that stays silent is taken for dead, one that reports is not', async () => {
  const stage = new Stage();
  await stage.running();
  const [first, second] = [stage.slot(0), stage.slot(1)];
  for (let half = 0; half < 3; half++) {
    stage.time.pass(QUIET_MS);
    first.say({ type: 'metrics', slot: 0, subtasks: [] });
  }
  assert.equal(first.killed, false);
  assert.equal(second.killed, true);
  await settled();
  stage.time.pass(0);
  await stage.deployAll();
  assert.match(stage.coordinator.status().recoveries[0]?.reason ?? '', /SLOT_LOST: slot 1 died: silent for/);
});

test('a worker that never comes up is given up after the restarts that the policy allows', async () => {
  const stage = new Stage({ parallelism: 1, restartsMax: 1 });
  await stage.coordinator.start();
  for (let half = 0; half < 8; half++) {
    stage.time.pass(QUIET_MS);
    await settled();
  }
  await assert.rejects(stage.coordinator.done, { code: 'SLOT_LOST' });
  assert.equal(stage.time.waiting, 0, 'no timer outlives the job');
});

for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a pace of ${speed} is refused`, async () => {
    const stage = new Stage();
    await stage.running();
    assert.throws(() => stage.coordinator.setPace(speed), { code: 'BAD_PACE' });
    assert.equal(stage.coordinator.status().paceSpeed, null);
    await assert.rejects(new Stage({ paceSpeed: speed }).coordinator.start(), { code: 'BAD_PACE' });
  });
}

test('a start with a wrong input leaves the former run’s checkpoints alone', async () => {
  const stage = new Stage({ inputs: {} });
  await stage.storage.fence(1);
  await stage.storage.publish(1, 1, new Uint8Array(1));
  await assert.rejects(stage.coordinator.start(), { code: 'INPUT_NOT_BOUND' });
  assert.deepEqual(await stage.storage.epochs(), [1]);
});

test('a message that cannot be sent fails the job instead of escaping', async () => {
  const stage = new Stage({ parallelism: 1 });
  await stage.coordinator.start();
  stage.slot(0).posted.push = () => {
    throw new SluiceError({ code: 'CANNOT_CLONE', kind: 'user', message: 'a function cannot be sent' });
  };
  stage.slot(0).say({ type: 'ready' });
  await assert.rejects(stage.coordinator.done, { code: 'CANNOT_CLONE' });
});

test('stopping while the job restarts waits for the recovery and its checkpoint', async () => {
  const stage = new Stage();
  await stage.running();
  stage.slot(0).exit();
  const stopped = stage.coordinator.stop();
  stage.time.pass(0);
  await stage.deployAll();
  await stage.acknowledge(1);
  assert.equal(await stopped, 1);
  assert.equal(stage.coordinator.status().phase, 'cancelled');
});

test('killing a slot of a job that has ended changes nothing', async () => {
  const stage = new Stage();
  await stage.running();
  stage.coordinator.cancel();
  stage.coordinator.killSlot(0);
  stage.slot(0).exit();
  stage.time.pass(60_000);
  assert.equal(stage.coordinator.status().phase, 'cancelled');
  assert.equal(stage.time.waiting, 0);
});

test('a worker that dies while the inputs are looked at is replaced, and nobody calls it a failure', async () => {
  const stage = new Stage();
  const opened = gate();
  const epochs = stage.storage.epochs.bind(stage.storage);
  stage.storage.epochs = async () => {
    await opened.passed;
    return epochs();
  };
  const starting = stage.coordinator.start();
  await settled();
  stage.slot(0).exit();
  opened.open();
  await starting;
  await stage.deployAll();
  assert.deepEqual(
    stage.workers.map(({ slot }) => slot),
    [0, 1, 0],
  );
  const { phase, attempt, recoveries } = stage.coordinator.status();
  assert.deepEqual({ phase, attempt, recoveries }, { phase: 'running', attempt: 1, recoveries: [] });
});

test('a start that is refused gives its workers back', async () => {
  const stage = new Stage({ inputs: {} });
  await assert.rejects(stage.coordinator.start(), { code: 'INPUT_NOT_BOUND' });
  assert.deepEqual(
    stage.workers.map(({ killed }) => killed),
    [true, true],
  );
});

test('an epoch begins with the first rows, the next ones each twice as late as the one before', async () => {
  const stage = new Stage({ firstCheckpointMs: 100, checkpointIntervalMs: 1_000 });
  await stage.running();
  assert.equal(stage.slot(0).got('deploy')[0]?.tellFirstRows, true);
  stage.time.pass(999);
  assert.equal(stage.slot(0).got('barrier').length, 0, 'without rows there is nothing to hurry for');
  const waits: number[] = [];
  for (let epoch = 1; epoch <= 6; epoch++) {
    const beganMs = stage.time.nowMs;
    if (epoch === 1) stage.slot(1).say({ type: 'first-rows', slot: 1 });
    while (stage.slot(0).got('barrier').length < epoch) stage.time.pass(1);
    waits.push(stage.time.nowMs - beganMs);
    await stage.acknowledge(epoch);
  }
  assert.deepEqual(waits, [0, 100, 200, 400, 800, 1_000]);
});

test('first rows that come while an epoch is in flight are in the next one, which comes soon', async () => {
  const stage = new Stage({ firstCheckpointMs: 100, checkpointIntervalMs: 1_000 });
  await stage.running();
  stage.slot(0).say({ type: 'first-rows', slot: 0 });
  stage.slot(1).say({ type: 'first-rows', slot: 1 });
  assert.equal(stage.slot(0).got('barrier').length, 1);
  await stage.acknowledge(1);
  stage.time.pass(99);
  assert.equal(stage.slot(0).got('barrier').length, 1);
  stage.time.pass(1);
  assert.equal(stage.slot(0).got('barrier').length, 2);
});

test('where nobody waits for the first rows, slots need not tell of them', async () => {
  const stage = new Stage({ checkpointIntervalMs: 1_000 });
  await stage.running();
  assert.equal(stage.slot(0).got('deploy')[0]?.tellFirstRows, undefined);
});

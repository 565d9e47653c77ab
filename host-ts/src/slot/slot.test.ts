/** A slot over its deployments: messages that come while it opens, and what is left when it is closed meanwhile. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import '../../test/golden/public-names.ts';
import { buildJob } from '../api/index.ts';
import { MemoryCheckpointStorage } from '../checkpoint/index.ts';
import { standardConnectors } from '../connectors/index.ts';
import type { Connector } from '../connectors/index.ts';
import type { DeployMessage, FromSlot } from '../control/index.ts';
import { collect, input, job, timestamp } from '../entry/index.ts';
import { channelOpener, createRingPlan } from '../exchange/index.ts';
import type { Platform } from '../platform/index.ts';
import { ManualTime } from '../../test/coordinator/manual-time.ts';
import { gate, settled } from '../../test/coordinator/stage.ts';
import { Slot } from './slot.ts';

const module = new WebAssembly.Module(readFileSync(new URL('../../../engine-as/build/engine.wasm', import.meta.url)));
const built = buildJob(
  job('slot test', (env) => {
    const clicks = env.source(input('clicks', { at: timestamp() })).watermarks({ column: 'at', outOfOrder: 0 });
    clicks.sink(collect('clicks'));
  }),
);

/** A slot whose input opens when the test says so. */
class Bench {
  readonly time = new ManualTime();
  readonly opening = gate();
  readonly posted: FromSlot[] = [];
  readonly slot: Slot;
  connectorsOpen = 0;
  storagesOpen = 0;

  constructor() {
    const registry = {
      collection: async (...args: Parameters<(typeof standardConnectors)['collection']>): Promise<Connector> => {
        await this.opening.passed;
        const connector = await standardConnectors['collection']!(...args);
        this.connectorsOpen += 1;
        return {
          replayable: true,
          enumerate: () => connector.enumerate(),
          openSplit: (...given) => connector.openSplit(...given),
          close: async () => {
            this.connectorsOpen -= 1;
          },
        };
      },
    };
    this.slot = new Slot({
      platform: {
        clock: this.time.clock,
        timers: this.time.timers,
        engineModule: () => Promise.resolve(module),
        log: () => undefined,
      } as unknown as Platform,
      post: (message) => this.posted.push(message),
      openStorage: async () => {
        const storage = new MemoryCheckpointStorage();
        this.storagesOpen += 1;
        storage.close = async (): Promise<void> => {
          this.storagesOpen -= 1;
        };
        return storage;
      },
      openChannels: channelOpener(this.time.timers),
      buildJob: () => built,
      connectors: registry,
    });
  }

  deploy(attempt: number): void {
    const message: DeployMessage = {
      type: 'deploy',
      attempt,
      slot: 0,
      parallelism: 1,
      jobName: 'slot test',
      parameters: null,
      graphHash: built.graphHash,
      inputs: { clicks: { connector: 'collection', options: { rows: [{ at: 1 }, { at: 2 }] } } },
      channels: createRingPlan({ edges: [], parallelism: 1 }).plans[0],
      storage: null,
      restore: undefined,
      paused: false,
      pace: { speed: null, eventMs: null, wallMs: 0 },
      memoryBytesMax: 1 << 26,
      batchRows: 16,
    };
    this.slot.receive(message);
  }

  of(type: FromSlot['type']): readonly FromSlot[] {
    return this.posted.filter((message) => message.type === type);
  }
}

for (const paused of [true, false]) {
  test(`a slot that is told while it opens to ${paused ? 'pause' : 'go on'} does so`, async () => {
    const bench = new Bench();
    bench.deploy(1);
    await settled();
    const pace = { speed: null, eventMs: null, wallMs: 0 };
    bench.slot.receive({ type: 'pace', attempt: 1, pace, paused: true });
    if (!paused) bench.slot.receive({ type: 'pace', attempt: 1, pace, paused: false });
    bench.opening.open();
    await settled();
    assert.equal(bench.of('deployed').length, 1);
    bench.time.pass(10);
    const [split] = (await standardEnumeration()).splits;
    bench.slot.receive({ type: 'assign', attempt: 1, vertex: 0, split: split!, state: null, floor: '0' });
    await settled();
    bench.time.pass(10);
    assert.equal(bench.of('rows').length, paused ? 0 : 1);
    assert.equal(bench.of('want-split').length, paused ? 0 : 2);
    bench.slot.close();
  });
}

async function standardEnumeration(): ReturnType<Connector['enumerate']> {
  const connector = await standardConnectors['collection']!(
    { connector: 'collection', options: { rows: [{ at: 1 }, { at: 2 }] } },
    {
      platform: {} as Platform,
      inputName: 'clicks',
      schema: { at: timestamp() },
      timeColumn: 'at',
      userFunction: undefined,
    },
  );
  return connector.enumerate();
}

test('nothing that opens behind a closing is left open', async () => {
  const bench = new Bench();
  bench.deploy(1);
  await settled();
  bench.slot.close();
  bench.opening.open();
  await settled();
  assert.deepEqual([bench.connectorsOpen, bench.storagesOpen], [0, 0]);
  assert.equal(bench.of('deployed').length, 0);
  assert.equal(bench.time.waiting, 0);
});

test('a later deployment takes the place of one that is opening, and older messages are not heard', async () => {
  const bench = new Bench();
  bench.deploy(1);
  await settled();
  bench.deploy(2);
  bench.deploy(1);
  bench.opening.open();
  await settled();
  assert.deepEqual(
    bench.of('deployed').map((message) => 'attempt' in message && message.attempt),
    [2],
  );
  assert.deepEqual([bench.connectorsOpen, bench.storagesOpen], [1, 1]);
  bench.slot.receive({ type: 'barrier', attempt: 1, epoch: 1 });
  bench.time.pass(100);
  assert.equal(bench.of('snapshot').length, 0);
  bench.slot.receive({ type: 'barrier', attempt: 2, epoch: 1 });
  bench.time.pass(100);
  await settled();
  assert.equal(bench.of('snapshot').length, 1);
  bench.slot.close();
  assert.deepEqual([bench.connectorsOpen, bench.storagesOpen, bench.time.waiting], [0, 0, 0]);
});

test('a slot that opens gives signs of life', async () => {
  const bench = new Bench();
  bench.opening.open();
  bench.deploy(1);
  await settled();
  const first = bench.posted[0];
  assert.equal(first?.type, 'metrics');
  assert.deepEqual(first.subtasks, []);
  bench.slot.close();
});

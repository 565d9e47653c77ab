// A job that has few keys that change all the time and many that rarely do, in the simulated world: storage stays in
// proportion to the live state however long it runs, and what crashes and failing storage leave behind is swept.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildJob, count, hours, input, job, sum, tumble } from '../../src/api/index.ts';
import type { CarryLimits } from '../../src/checkpoint/index.ts';
import { rows, standardConnectors } from '../../src/connectors/index.ts';
import { i64, timestamp, utf8 } from '../../src/schema/index.ts';
import { Random, simulate } from '../../src/testing/index.ts';
import type { Simulation, SimulationResult, StoredBytes } from '../../src/testing/index.ts';

const module = new WebAssembly.Module(readFileSync(new URL('../../../engine-as/build/engine.wasm', import.meta.url)));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Visit {
  readonly time: number;
  readonly who: string;
  readonly spent: number;
}

const visits = input('visits', { time: timestamp(), who: utf8(), spent: i64() });
const visitors = job('visitors', (env) =>
  env
    .source(visits)
    .watermarks({ column: 'time', outOfOrder: 0 })
    .keyBy('who')
    .window(tumble(hours(24)))
    .aggregate({ visits: count(), spent: sum('spent') })
    .sink(env.table('visitors', { key: ['who'] })),
);

const HOT = 12;
/** All keys once, then the hot ones again and again and now and then another one. */
function visitsOf(seed: number, keys: number, more: number): readonly Visit[] {
  const random = new Random(seed);
  const visit = (at: number, key: number): Visit => ({
    time: at,
    who: `visitor number ${key}`,
    spent: random.below(1_000),
  });
  const first = Array.from({ length: keys }, (_, at) => visit(at, at));
  const later = Array.from({ length: more }, (_, at) =>
    visit(keys + at, at % 128 === 127 ? random.below(keys) : random.below(HOT)),
  );
  return [...first, ...later];
}

const run = (seed: number, list: readonly Visit[], over: Partial<Simulation>): Promise<SimulationResult> =>
  simulate({
    seed,
    module,
    buildJob: () => buildJob(visitors),
    registry: standardConnectors,
    inputs: { visits: rows([list]) },
    settle,
    crashesMax: 0,
    batchRows: 1,
    ...over,
  });

const NEVER: CarryLimits = { storedPerLive: Number.MAX_VALUE, storedBytesMin: 0, givenUpBytesMax: 0 };
const times = ({
  stored,
  referenced,
  live,
}: StoredBytes): { readonly stored: number; readonly referenced: number } => ({
  stored: stored / live,
  referenced: referenced / live,
});

test('over hundreds of epochs storage holds no more than its multiple of the live state', async (t) => {
  const list = visitsOf(1, 16_000, 90_000);
  const carry: CarryLimits = { storedPerLive: 3, storedBytesMin: 0, givenUpBytesMax: 1 << 16 };
  const [bounded, unbounded] = await Promise.all(
    [carry, NEVER].map((one) => run(1, list, { parallelism: 1, carry: one })),
  );
  assert.ok(bounded !== undefined && unbounded !== undefined);
  const epochs = bounded.epochsStored.slice(0, -1); // the last one has fired the window
  t.diagnostic(`${epochs.length} epochs; of ${bounded.bytesWritten} B written ${bounded.bytesCarried} B were carried`);
  assert.ok(epochs.length > 200);
  for (const epoch of epochs) assert.ok(times(epoch).referenced <= 3, `referenced: ${JSON.stringify(epoch)}`);
  const steady = epochs.slice(100);
  // the two older checkpoints that are kept, and the epoch on its way, name some values more
  for (const epoch of steady) assert.ok(times(epoch).stored <= 4, `stored: ${JSON.stringify(epoch)}`);
  const most = Math.max(...unbounded.epochsStored.slice(100, -1).map((epoch) => times(epoch).stored));
  t.diagnostic(`${Math.max(...steady.map((epoch) => times(epoch).stored))} times the live state; else ${most}`);
  assert.ok(most > 8, `without carrying records over ${most} times would be stored: the job shows nothing`);
  assert.deepEqual(bounded.tables, unbounded.tables);
});

const SEEDS = 40;

test(`${SEEDS} seeds with crashes, rescalings and storage that fails give the same, and leave nothing behind`, async (t) => {
  const list = visitsOf(2, 1_500, 6_000);
  const { tables } = await run(1, list, { parallelism: 1, carry: NEVER });
  assert.equal(tables['visitors']?.split('\n').length, 1_500 + 1);
  const carry: CarryLimits = { storedPerLive: 1.1, storedBytesMin: 0, givenUpBytesMax: 1 << 16 };
  const sums = { carried: 0, crashes: 0, rescales: 0, storageFailures: 0, restored: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rescalesMax = seed % 2 === 0 ? 3 : 0;
    const result = await run(seed, list, { carry, crashesMax: 8, rescalesMax, storageFailuresMax: 12 });
    const life = `${result.crashes} crashes, restored from ${result.restoredEpochs.join(', ')}`;
    assert.ok(result.tables['visitors'] === tables['visitors'], `seed ${seed} gave other output (${life})`);
    assert.deepEqual(result.leftBehind, [], `seed ${seed} (${life})`);
    if (result.bytesCarried > 0) sums.carried += 1;
    sums.crashes += result.crashes;
    sums.rescales += result.rescales;
    sums.storageFailures += result.storageFailures;
    sums.restored += result.restoredEpochs.filter((epoch) => epoch > 0).length;
  }
  t.diagnostic(JSON.stringify(sums));
  for (const [what, count] of Object.entries(sums)) assert.ok(count >= SEEDS / 2, `${what}: only ${count}`);
});

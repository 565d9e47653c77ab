// Whole jobs in the simulated world: 200 seeds with crashes, each with the output of the uninterrupted run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import '../golden/public-names.ts';
import { buildJob } from '../../src/api/index.ts';
import { rows, standardConnectors } from '../../src/connectors/index.ts';
import type { InputBinding } from '../../src/connectors/index.ts';
import type { SlotFaults } from '../../src/slot/index.ts';
import { simulate } from '../../src/testing/index.ts';
import type { SimulationResult } from '../../src/testing/index.ts';
import { flights } from './inputs.ts';

const module = new WebAssembly.Module(readFileSync(new URL('../../../engine-as/build/engine.wasm', import.meta.url)));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const jobs = {
  'late-flights': (await import('../../../demo/jobs/late-flights.ts')).default,
  'route-delays': (await import('../../../demo/jobs/route-delays.ts')).default,
};

interface Case {
  readonly job: keyof typeof jobs;
  readonly input: InputBinding;
  readonly batchRows: number;
}

const GENERATED_ROWS = 20_000;
const cases: readonly Case[] = [
  { job: 'late-flights', input: rows(flights(1, GENERATED_ROWS, 7)), batchRows: 128 },
  { job: 'route-delays', input: rows(flights(2, GENERATED_ROWS, 5)), batchRows: 128 },
  { job: 'late-flights', input: rows(fixtureSplits()), batchRows: 4 },
  { job: 'route-delays', input: rows(fixtureSplits()), batchRows: 4 },
];

/** The fixture's rows as splits that the simulation can read: same rows, cut at the same places. */
function fixtureSplits(): readonly (readonly Record<string, unknown>[])[] {
  const facts = JSON.parse(readFileSync(new URL('../../../demo/data/fixture.json', import.meta.url), 'utf8')) as {
    rows: number[];
  };
  const text = readFileSync(new URL('../../../demo/data/fixture.ndjson', import.meta.url), 'utf8');
  const all = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  let at = 0;
  return facts.rows.map((count) => all.slice(at, (at += count)));
}

function run(the: Case, seed: number, crashesMax: number, faults: SlotFaults = {}): Promise<SimulationResult> {
  return simulate({
    seed,
    module,
    buildJob: () => buildJob(jobs[the.job]),
    registry: standardConnectors,
    inputs: { flights: the.input },
    settle,
    crashesMax,
    batchRows: the.batchRows,
    faults,
    ...(crashesMax === 0 ? { parallelism: 1 } : {}),
  });
}

const uninterrupted = await Promise.all(cases.map((the) => run(the, 1, 0)));

/** Runs a seed and compares; the message has all that is needed to run it again. */
async function check(index: number, seed: number, faults: SlotFaults = {}): Promise<SimulationResult> {
  const the = cases[index]!;
  const result = await run(the, seed, 4, faults);
  const expected = uninterrupted[index]!;
  const same = Object.keys(expected.tables).every((name) => result.tables[name] === expected.tables[name]);
  assert.ok(
    same,
    `seed ${seed} of case ${index} (${the.job}, parallelism ${result.parallelism}, restored from ${result.restoredEpochs.join(', ')}) gave other output than the uninterrupted run`,
  );
  return result;
}

test('the uninterrupted runs give rows, and some rows are late', () => {
  for (const result of uninterrupted) {
    const [text] = Object.values(result.tables);
    assert.ok((text ?? '').split('\n').length > 100);
    assert.ok(result.lateRows > 0);
  }
});

test('200 seeds with crashes give the output of the uninterrupted run', async (t) => {
  let restored = 0;
  let crashes = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const result = await check(seed % cases.length, seed);
    crashes += result.crashes;
    if (result.restoredEpochs.some((epoch) => epoch > 0)) restored += 1;
  }
  t.diagnostic(`${crashes} crashes; ${restored} of 200 seeds restored from an epoch > 0`);
  assert.ok(restored >= 100, `only ${restored} seeds restored from an epoch > 0`);
});

for (const [name, faults] of Object.entries({
  'a barrier that does not wait for its alignment': { skipAlignment: true },
  'a key group that is left out of snapshots': { forgetKeyGroup: 0 },
  'sources that seek too far back': { seekRowsOff: 3 },
} satisfies Record<string, SlotFaults>)) {
  test(`the simulator notices ${name}`, async () => {
    const notices = async (seed: number): Promise<boolean> =>
      check(seed % 2, seed, faults).then(
        () => false,
        () => true,
      );
    for (let seed = 1; seed <= 20; seed++) if (await notices(seed)) return;
    assert.fail('20 seeds ran as if nothing were wrong');
  });
}

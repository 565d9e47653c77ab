// Jobs of every shape (closures, late rows, a union, windows over windows, several sinks and files) in the simulated
// world: slots and processes crash, the parallelism changes while they run, storage fails. Tables and files must be
// what the plain model says, whatever happens.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildJob } from '../../src/api/index.ts';
import { standardConnectors } from '../../src/connectors/index.ts';
import { simulate } from '../../src/testing/index.ts';
import type { SimulationResult } from '../../src/testing/index.ts';
import { bound, graphs } from '../golden/graphs.ts';
import type { Graph } from '../golden/graphs.ts';

const module = new WebAssembly.Module(readFileSync(new URL('../../../engine-as/build/engine.wasm', import.meta.url)));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ROWS = 1_500;
const all = Object.entries(graphs(ROWS)).map(([name, graph]) => ({ name, graph, inputs: bound(graph) }));
const SEEDS = 60;

/** The model's rows as a table prints them, or a file's lines, sorted. */
function expectedText(name: string, { answer }: Graph): string {
  const rows = answer[name]!;
  if (!name.includes('.')) return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const csv = (row: Readonly<Record<string, string | number | null>>): string =>
    Object.values(row)
      .map((value) => (value === '' ? '""' : String(value ?? '')))
      .join(',');
  return rows
    .map((row) => (name.endsWith('.csv') ? csv(row) : JSON.stringify(row)))
    .toSorted()
    .join('\n');
}

function foundText(name: string, { tables, files }: SimulationResult): string | undefined {
  if (!name.includes('.')) return tables[name];
  const lines = files[`out/${name}`]?.split(/\r?\n/).slice(name.endsWith('.csv') ? 1 : 0, -1);
  return lines?.toSorted().join('\n');
}

async function check(seed: number, log?: (text: string) => void): Promise<SimulationResult> {
  const { name, graph, inputs } = all[seed % all.length]!;
  const result = await simulate({
    seed,
    module,
    buildJob: () => buildJob(graph.job, 'out'),
    registry: standardConnectors,
    inputs,
    settle,
    crashesMax: 3,
    batchRows: 16,
    rescalesMax: seed % 2 === 0 ? 2 : 0,
    storageFailuresMax: seed % 4 < 2 ? 3 : 0,
    ...(log !== undefined && { log }),
  });
  for (const table of Object.keys(graph.answer)) {
    const same = foundText(table, result) === expectedText(table, graph);
    const life = `${result.crashes} crashes, ${result.rescales} rescalings, ${result.storageFailures} failures of storage, restored from ${result.restoredEpochs.join(', ')}`;
    assert.ok(same, `seed ${seed}: '${table}' of '${name}' is not what the model says (${life})`);
  }
  return result;
}

test(`${SEEDS} seeds with crashes, rescalings and storage that fails give what the model says`, async (t) => {
  const sums = { crashes: 0, rescales: 0, storageFailures: 0, restored: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await check(seed);
    sums.crashes += result.crashes;
    sums.rescales += result.rescales;
    sums.storageFailures += result.storageFailures;
    if (result.restoredEpochs.some((epoch) => epoch > 0)) sums.restored += 1;
  }
  t.diagnostic(JSON.stringify(sums));
  for (const [what, times] of Object.entries(sums)) assert.ok(times >= SEEDS / 4, `${what}: only ${times}`);
});

// Both demo jobs over the fixture (nulls, disorder, late rows, non-ASCII keys, a split that ends early, an empty one)
// through the real connectors, NDJSON in splits and CSV, at several parallelisms: what demo/data/fixture.json says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import './public-names.ts';
import { startJob } from '../../src/adapter-node/index.ts';
import { findJob } from '../../src/api/index.ts';
import { csv, ndjson } from '../../src/connectors/index.ts';
import type { InputBinding } from '../../src/connectors/index.ts';
import { tableHash } from './run.ts';

interface Facts {
  readonly splitBytes: number;
  readonly rows: readonly number[];
  readonly results: Readonly<Record<string, { readonly rows: number; readonly sha256: string }>>;
  readonly csvResults: Facts['results'];
}

const DATA = new URL('../../../demo/data/', import.meta.url);
const file = (name: string): { readonly path: string } => ({ path: fileURLToPath(new URL(name, DATA)) });
const facts = JSON.parse(readFileSync(new URL('fixture.json', DATA), 'utf8')) as Facts;
const inputs: readonly [string, InputBinding, Facts['results'], number][] = [
  [
    'NDJSON',
    ndjson(file('fixture.ndjson'), { splitBytes: facts.splitBytes }),
    facts.results,
    facts.rows.reduce((a, b) => a + b),
  ],
  ['CSV', csv(file('fixture.csv')), facts.csvResults, facts.rows[0] ?? 0],
];

for (const name of ['late-flights', 'route-delays']) {
  const job = findJob(await import(`../../../demo/jobs/${name}.ts`), name);
  for (const [format, binding, results, rowsRead] of inputs) {
    test(`${name} over the fixture as ${format}, on 1, 2 and 3 slots`, async (t) => {
      const expected = results[name]!;
      for (const [parallelism, batchRows] of [
        [1, 4096],
        [2, 7],
        [3, 4096],
      ] as const) {
        const handle = await startJob(job, { parallelism, batchRows, inputs: { flights: binding } });
        const { status } = await handle.done;
        assert.equal(status.rowsRead, rowsRead);
        const [table] = await handle
          .graph()
          .then((graph) =>
            graph.vertices.flatMap((vertex) => (vertex.output.kind === 'fan' ? vertex.output.sinks : [])),
          );
        assert.ok(table?.kind === 'table');
        const hash = await tableHash(handle);
        t.diagnostic(`${name}, ${format}, ${parallelism}: expected ${expected.sha256}, got ${hash}`);
        assert.equal(await handle.table(table.name).rowCount(), expected.rows);
        assert.equal(hash, expected.sha256);
      }
    });
  }
}

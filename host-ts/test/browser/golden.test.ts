// Both demo jobs over three million real flights in a page: what the table prints is byte for byte the reference's
// answer, over rings and over message channels. The hashes are shown.
import { assert } from '@esm-bundle/chai';
import { startJob } from '../../src/adapter-browser/index.ts';
import type { PageJobHandle, StartOptions } from '../../src/adapter-browser/index.ts';
import { parquet } from '../../src/connectors/index.ts';
import type { Schema, TypeName } from '../../src/schema/index.ts';
import { tableJson } from '../../src/table/index.ts';

/** What demo/jobs/*.reference.mjs print, hashed; host-ts/test/golden/flights.test.ts computes them anew. */
const REFERENCES = {
  'late flights': {
    table: 'late_flights',
    rows: 193_463,
    sha256: '97957cf218bfeeabd1aaa82ef2e6d807007160dd77c4c2212a4b209aca44e4be',
  },
  'route delays': {
    table: 'route_delays',
    rows: 961_658,
    sha256: '3cd328f2d21b027ad9aa0a51ea65610104f588a68c81441fe9f6ba20237dc726',
  },
} as const;
const ROWS = 3_000_000;
/** The larger job runs once per browser, so that each form of channel carries it somewhere. */
const RUNS = [
  ['late flights', 'ring', 2],
  ['late flights', 'message', 3],
  ['route delays', navigator.userAgent.includes('Firefox') ? 'message' : 'ring', 2],
] as const;

const flights = new URL('../../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url).href;
const worker = (): Worker => new Worker(new URL('./flights-worker.ts', import.meta.url), { type: 'module' });

async function running(
  job: string,
  options: Partial<StartOptions>,
  body: (handle: PageJobHandle) => Promise<void>,
): Promise<void> {
  const handle = await startJob(job, { worker, inputs: { flights: parquet(flights) }, ...options });
  try {
    await body(handle);
  } finally {
    handle.close();
  }
}

/** SHA-256 of the table's lines of JSON. */
async function tableHash(handle: PageJobHandle, name: string): Promise<string> {
  const table = handle.table(name);
  const columns = await table.columns();
  const schema: Schema = Object.fromEntries(
    columns.map((column) => [column.name, { type: column.type as TypeName, nullable: true as const }]),
  );
  const chunks = [...tableJson({ schema, frames: await table.frames() })];
  const bytes = await new Blob(chunks).arrayBuffer();
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

describe('the flights in a page', function (this: { timeout(ms: number): void }) {
  this.timeout(120_000);
  for (const [job, channels, parallelism] of RUNS) {
    it(`${job}, ${channels}, ${parallelism} slots`, async () => {
      const { table, rows, sha256 } = REFERENCES[job];
      await running(job, { parallelism, channels }, async (handle) => {
        const { status, metrics } = await handle.done;
        assert.equal(status.phase, 'finished');
        assert.equal(status.rowsRead, ROWS);
        assert.equal(status.channel, channels);
        assert.equal(await handle.table(table).rowCount(), rows);
        const hash = await tableHash(handle, table);
        console.log(`${job}, ${channels}, ${parallelism} slots: reference ${sha256}, page ${hash}`);
        assert.equal(hash, sha256);
        for (let slot = 0; slot < parallelism; slot++) {
          const windows = metrics.subtasks.filter((one) => one.slot === slot && one.vertex > 0);
          const own = windows.reduce((sum, one) => sum + one.rowsIn, 0);
          const all = metrics.subtasks.filter((one) => one.vertex > 0).reduce((sum, one) => sum + one.rowsIn, 0);
          assert.isAtLeast(own, all * 0.2, `slot ${slot} took in ${own} of ${all} rows of the exchange`);
        }
      });
    });
  }
});

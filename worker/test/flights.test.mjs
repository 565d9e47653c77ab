// Three million flights in workerd: rows sent over HTTP, tables read over HTTP, byte for byte what the references
// print; also when workerd is killed (kill -9) or a slot is reset in the middle, and from Parquet behind a URL.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { serve } from '../../tools/serve.mjs';
import { jobAt, ROOT, startEdge } from './edge.mjs';
import { FLIGHT_COUNT, FLIGHTS, flightBodies, sendFlights } from './flights.mjs';

const JOBS = {
  'late-flights': { table: 'late_flights', rows: 193_463 },
  'route-delays': { table: 'route_delays', rows: 961_658 },
};
const LOGS = { flights: { log: { partitions: 2 } } };
let edge;
let references;

before(async () => {
  const bodies = flightBodies();
  references = Object.fromEntries(
    await Promise.all(
      Object.keys(JOBS).map(async (job) => {
        const script = path.join(ROOT, 'demo', 'jobs', `${job}.reference.mjs`);
        return [job, (await promisify(execFile)(process.execPath, [script, '--hash'])).stdout.trim()];
      }),
    ),
  );
  await bodies;
  edge = await startEdge();
});
after(() => edge?.stop());

async function assertTable(context, job, how) {
  const { table, rows } = JOBS[job];
  const found = await jobAt(edge, job).table(table);
  context.diagnostic(`${job}, workerd, ${how}: ${found.sha256}`);
  context.diagnostic(`${job}, reference:${' '.repeat(how.length)}${references[job]}`);
  assert.deepEqual(found, { rows, sha256: references[job] });
}

/** Rows that the sources read since the last start or resume. */
async function rowsReadNow(job) {
  const [{ vertices }, { subtasks }] = await Promise.all([job.get('/graph'), job.get('/metrics')]);
  const sources = new Set(vertices.filter(({ input }) => input.kind === 'source').map(({ id }) => id));
  return subtasks.filter(({ vertex }) => sources.has(vertex)).reduce((sum, { rowsIn }) => sum + rowsIn, 0);
}

for (const name of Object.keys(JOBS)) {
  test(`${name}: rows over HTTP while the job runs`, async (context) => {
    const job = jobAt(edge, name);
    await job.post('/start', { inputs: LOGS });
    await sendFlights(job, 2);
    const status = await job.finished(120);
    assert.equal(status.rowsRead, FLIGHT_COUNT);
    assert.equal(status.channel, 'rpc');
    await assertTable(context, name, 'rows sent');
    const { subtasks } = await job.get('/metrics');
    const keyed = subtasks.filter(({ vertex }) => vertex > 0);
    const all = keyed.reduce((sum, { rowsIn }) => sum + rowsIn, 0);
    for (const { slot, rowsIn } of keyed) assert.ok(rowsIn >= all / 5, `slot ${slot} handled ${rowsIn} of ${all} rows`);
  });

  test(`${name}: kill -9 of workerd in the middle, resumed by itself`, async (context) => {
    const job = jobAt(edge, name);
    await job.post('/start', { inputs: LOGS, checkpointIntervalMs: 50 });
    const before = await job.until(({ epoch, rowsRead }) => epoch > 0 && rowsRead > FLIGHT_COUNT / 10);
    assert.ok(before.rowsRead < FLIGHT_COUNT, 'killed in the middle');
    assert.equal(await edge.kill(), 1);
    const status = await job.finished(120);
    const read = await rowsReadNow(job);
    context.diagnostic(
      `killed at ${before.rowsRead} rows; restored epoch ${status.restoredEpoch}, then read ${read} rows`,
    );
    assert.ok(status.restoredEpoch > 0);
    assert.equal(status.rowsRead, FLIGHT_COUNT);
    assert.ok(read < FLIGHT_COUNT, `${read} rows were read after the restart`);
    await assertTable(context, name, 'killed');
  });
}

test('late-flights: crashes of slots, of the coordinator and of workerd, one after the other', async (context) => {
  const job = jobAt(edge, 'late-flights');
  const crashes = {
    slot: () => job.post('/slots/0/crash'),
    coordinator: () => job.post('/crash'),
    workerd: () => edge.kill(),
  };
  await job.post('/start', { inputs: LOGS, checkpointIntervalMs: 50 });
  let epoch = 0;
  let crashed = 0;
  for (const which of ['slot', 'coordinator', 'workerd', 'coordinator', 'slot', 'workerd']) {
    const now = await job.until((status) => status.epoch > epoch || status.phase === 'finished', 60);
    if (now.phase === 'finished') break;
    epoch = now.epoch;
    await crashes[which]();
    crashed++;
  }
  const status = await job.finished(120);
  context.diagnostic(`${crashed} crashes, ${status.epoch} epochs, attempt ${status.attempt}`);
  assert.ok(crashed >= 3);
  assert.equal(status.rowsRead, FLIGHT_COUNT);
  await assertTable(context, 'late-flights', 'crashes');
});

test('late-flights from Parquet behind a URL, a slot reset in the middle', async (context) => {
  const server = await serve({ port: 0, data: { '/flights.parquet': FLIGHTS } });
  try {
    const job = jobAt(edge, 'late-flights');
    const url = `${server.url.replace('localhost', '127.0.0.1')}flights.parquet`;
    await job.post('/start', { inputs: { flights: url }, checkpointIntervalMs: 50 });
    await job.until(({ epoch, rowsRead }) => epoch > 0 && rowsRead > FLIGHT_COUNT / 10);
    await job.post('/slots/1/crash');
    const status = await job.finished(120);
    assert.equal(status.recoveries.length, 1);
    const [recovery] = status.recoveries;
    context.diagnostic(
      `recovered from epoch ${recovery.epoch} in ${Math.round(recovery.durationMs)} ms, ${recovery.reason}`,
    );
    assert.ok(recovery.epoch > 0);
    assert.ok(recovery.rowsReadAgain < FLIGHT_COUNT);
    assert.equal(status.rowsTotal, FLIGHT_COUNT);
    await assertTable(context, 'late-flights', 'Parquet');
  } finally {
    await server.close();
  }
});

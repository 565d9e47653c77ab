// The HTTP interface in workerd with small inputs: whole jobs, the producers' protocol, tables, stopping and resuming,
// recoveries, and every error with its status.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADMAN_MS } from '../src/limits.ts';
import { serve } from '../../tools/serve.mjs';
import { jobAt, ROOT, startEdge } from './edge.mjs';

const data = (name) => readFileSync(path.join(ROOT, 'demo', 'data', name));
const facts = JSON.parse(data('fixture.json'));
const NDJSON = data('fixture.ndjson');
const CSV = data('fixture.csv');
const TABLES = { 'late-flights': 'late_flights', 'route-delays': 'route_delays' };
/** As many as the reference's splits. */
const PARTITIONS = 5;
const late = { rows: 'late-flights', table: 'late_flights' };
let edge;

before(async () => {
  edge = await startEdge();
});
after(() => edge?.stop());

const reset = (job, partition = 0) =>
  edge.request(`/jobs/${job}/inputs/flights?partition=${partition}`, { method: 'DELETE' });

beforeEach(async () => {
  for (const job of Object.keys(TABLES)) {
    await edge.request(`/jobs/${job}/cancel`, { method: 'POST' }); // 409 if it does not run
    for (let partition = 0; partition < PARTITIONS; partition++) await reset(job, partition);
  }
});

for (const [name, table] of Object.entries(TABLES)) {
  test(`${name}: CSV over HTTP, one partition`, async () => {
    const job = jobAt(edge, name);
    assert.equal((await job.rows('flights', CSV, { type: 'text/csv; header=present' })).status, 200);
    await job.end('flights');
    await job.post('/start');
    assert.equal((await job.finished()).epoch > 0, true);
    assert.deepEqual(await job.table(table), facts.csvResults[name]);
  });

  test(`${name}: NDJSON in the reference's five splits as partitions, sent while the job runs`, async () => {
    const job = jobAt(edge, name);
    const partitions = PARTITIONS;
    await job.post('/start', { parallelism: partitions, inputs: { flights: { log: { partitions } } } });
    const bounds = Array.from({ length: partitions + 1 }, (_, split) => lineStart(split * facts.splitBytes));
    for (let partition = 0; partition < partitions; partition++) {
      const lines = NDJSON.subarray(bounds[partition], bounds[partition + 1]);
      for (let at = 0, seq = 0; at < lines.length; seq++) {
        const end = lines.indexOf(10, Math.min(at + 1000, lines.length - 1)) + 1;
        const query = `?partition=${partition}&producer=p&seq=${seq}`;
        const answer = await job.rows('flights', lines.subarray(at, end), { query });
        assert.equal(answer.status, 200, await answer.text());
        at = end;
      }
      await job.end('flights', `?partition=${partition}`);
    }
    await job.finished();
    assert.deepEqual(await job.table(table), facts.results[name]);
  });
}

/** A line belongs to the split in which it begins. */
function lineStart(at) {
  if (at === 0) return 0;
  const newline = NDJSON.indexOf(10, at - 1);
  return newline < 0 || at >= NDJSON.length ? NDJSON.length : newline + 1;
}

test('the protocol of producers: duplicates, fences, holes, the end', async () => {
  const job = jobAt(edge, 'late-flights');
  const send = async (query, body = '{"date":1000,"delay":20,"origin":"A"}\n') => {
    const answer = await job.rows('flights', body, { query });
    return [answer.status, (await answer.text()) || '{}'].map((part, index) =>
      index === 0 ? part : JSON.parse(part).code,
    );
  };
  assert.deepEqual(await send('?producer=a&epoch=1&seq=0'), [200, undefined]);
  assert.deepEqual(await send('?producer=a&epoch=1&seq=0'), [204, undefined]);
  assert.deepEqual(await send('?producer=a&epoch=1&seq=2'), [409, 'PRODUCER_GAP']);
  assert.deepEqual(await send('?producer=a&epoch=1&seq=1'), [200, undefined]);
  assert.deepEqual(await send('?producer=a&epoch=2&seq=1'), [409, 'PRODUCER_GAP']);
  assert.deepEqual(await send('?producer=a&epoch=2&seq=0'), [200, undefined]);
  assert.deepEqual(await send('?producer=a&epoch=1&seq=2'), [403, 'PRODUCER_FENCED']);
  assert.deepEqual(await send('?producer=b&seq=0'), [200, undefined]);
  assert.deepEqual(await send('?producer=b'), [400, 'PARAMETER_INVALID']);
  assert.deepEqual(await send(''), [200, undefined]);
  const held = await job.get('/inputs/flights');
  assert.equal(held.to, 5 * 38);
  assert.equal(held.ended, false);
  const csv = await job.rows('flights', 'date\n1\n', { type: 'text/csv' });
  assert.deepEqual([csv.status, (await csv.json()).code], [409, 'LOG_FORMAT_DIFFERS']);
  await job.end('flights');
  assert.deepEqual(await send('?producer=b&seq=1'), [409, 'LOG_ENDED']);
  assert.deepEqual(await send('?producer=b&seq=0'), [204, undefined]);
  await job.post('/start');
  await job.finished();
  const rows = await (await edge.request('/jobs/late-flights/tables/late_flights')).text();
  assert.equal(
    rows,
    '{"origin":"A","window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T01:00:00.000Z","flights":5,"worst":20}\n',
  );
});

test('tables: parts, single rows, names', async () => {
  const job = jobAt(edge, 'late-flights');
  const inPieces = new Blob([CSV.subarray(0, 4000), CSV.subarray(4000)]).stream(); // without an announced length
  await job.rows('flights', inPieces, { type: 'text/csv' });
  await job.end('flights');
  await job.post('/start');
  await job.finished();
  const text = async (query = '') => (await edge.request(`/jobs/late-flights/tables/late_flights${query}`)).text();
  const lines = (await text()).trimEnd().split('\n');
  assert.equal(await text('?offset=3&limit=4'), `${lines.slice(3, 7).join('\n')}\n`);
  assert.equal(await text('?offset=60'), `${lines.slice(60).join('\n')}\n`);
  for (const line of [lines[1], lines[40]]) {
    const { origin, window_start } = JSON.parse(line);
    assert.equal(await text(`?key=${encodeURIComponent(JSON.stringify([origin, window_start]))}`), `${line}\n`);
  }
  assert.deepEqual(await job.get('/tables'), ['late_flights']);
  assert.equal(JSON.parse(await text('?key=["nowhere",0]')).code, 'ROW_UNKNOWN');
});

test('stopped with a last checkpoint, resumed with other slots; paused, paced, explained', async () => {
  const job = jobAt(edge, 'route-delays');
  await job.rows('flights', CSV, { type: 'text/csv' });
  await job.post('/start', { pace: 1e9, parallelism: 2, memoryBytesMax: 32 << 20 });
  assert.equal((await job.post('/pause')).paused, true);
  assert.equal((await job.post('/resume')).paused, false);
  await job.until(({ rowsRead }) => rowsRead === facts.rows[0]);
  assert.ok((await job.post('/checkpoint')).epoch > 0);
  assert.equal((await job.post('/rescale', { parallelism: 4 })).parallelism, 4);
  await job.until(({ phase, rowsRead }) => phase === 'running' && rowsRead === facts.rows[0]);
  const { epoch } = await job.post('/stop');
  assert.equal((await job.status()).phase, 'cancelled');
  await job.end('flights');
  const started = await job.post('/start', { resume: true, parallelism: 3 });
  assert.equal(started.restoredEpoch, epoch);
  await job.finished();
  assert.deepEqual(await job.table('route_delays'), facts.csvResults['route-delays']);
  const explained = await (await edge.request('/jobs/route-delays/explain')).text();
  assert.match(explained, /route delays/);
});

test('the alarm goes on with a run after kill -9 when nobody asks', async () => {
  const job = jobAt(edge, 'late-flights');
  const [header, ...lines] = CSV.toString().trimEnd().split('\n');
  const send = (part) => job.rows('flights', `${[header, ...part].join('\n')}\n`, { type: 'text/csv' });
  await send(lines.slice(0, 50));
  await job.post('/start');
  await job.until(({ rowsRead }) => rowsRead === 50);
  await job.post('/checkpoint');
  await edge.kill();
  // rows go to the log's object, which does not know of the coordinator's
  await send(lines.slice(50));
  await job.end('flights');
  await sleep(DEADMAN_MS + 5_000);
  const status = await job.status();
  assert.deepEqual([status.phase, status.restoredEpoch > 0], ['finished', true], 'at the first question');
  assert.deepEqual(await job.table(late.table), facts.csvResults['late-flights']);
});

test('a run that cannot reach its input after a crash waits, and goes on when it can', async (context) => {
  const job = jobAt(edge, 'late-flights');
  let server;
  context.after(() => server.close());
  const data = { '/fixture.csv': path.join(ROOT, 'demo', 'data', 'fixture.csv') };
  server = await serve({ port: 0, data });
  const { port } = server;
  const inputs = { flights: `http://127.0.0.1:${port}/fixture.csv` };
  await job.post('/start', { inputs, pace: 1000 });
  await job.until(({ rowsRead }) => rowsRead > 0);
  const { epoch } = await job.post('/checkpoint');
  await server.close();
  await edge.kill();
  const status = async () => (await edge.request('/jobs/late-flights/status')).json();
  for (let waited = 0; (await status()).code !== 'JOB_WAITS'; waited++) {
    assert.ok(waited < 200);
    await sleep(50);
  }
  assert.equal((await edge.request('/jobs/late-flights/start', { method: 'POST' })).status, 409);
  assert.equal((await edge.request('/jobs/late-flights/checkpoint', { method: 'POST' })).status, 409);
  server = await serve({ port, data });
  for (let waited = 0; (await status()).phase !== 'running'; waited++) {
    assert.ok(waited < 1000);
    await sleep(50);
  }
  await job.post('/pace', {});
  const { restoredEpoch } = await job.finished();
  assert.equal(restoredEpoch, epoch);
  assert.deepEqual(await job.table(late.table), facts.csvResults['late-flights']);
});

test('a run whose coordinator crashes before its first checkpoint begins anew, one that waits for nobody goes on', async () => {
  const job = jobAt(edge, 'late-flights');
  const [header, ...lines] = CSV.toString().trimEnd().split('\n');
  await job.rows('flights', `${[header, ...lines.slice(0, 50)].join('\n')}\n`, { type: 'text/csv' });
  await job.post('/start', { checkpointIntervalMs: 60_000 });
  await job.until(({ rowsRead }) => rowsRead === 50);
  await job.post('/crash');
  await job.until(({ rowsRead, restoredEpoch, attempt }) => rowsRead === 50 && restoredEpoch === 0 && attempt > 1);
  const epoch = await job.post('/checkpoint');
  assert.ok(epoch.epoch > 0);
  await job.post('/crash');
  // nobody asks: the slots' reports, or the alarm, bring the object back
  await job.rows('flights', `${[header, ...lines.slice(50)].join('\n')}\n`, { type: 'text/csv' });
  await job.end('flights');
  const status = await job.finished();
  assert.equal(status.restoredEpoch, epoch.epoch);
  assert.deepEqual(await job.table(late.table), facts.csvResults['late-flights']);
  const resumed = await job.post('/start', { resume: true });
  assert.equal(resumed.phase, 'finished', 'a finished run has nothing to go on with');
  assert.equal((await job.status()).phase, 'finished');
  assert.deepEqual(await job.table(late.table), facts.csvResults['late-flights']);
});

test('a slot that is reset: the job recovers from its checkpoint, and what checkpoints cover is trimmed', async () => {
  const job = jobAt(edge, 'late-flights');
  await job.post('/start', { checkpointIntervalMs: 50, inputs: { flights: { log: { retain: 'checkpoints' } } } });
  const [header, ...lines] = CSV.toString().trimEnd().split('\n');
  const send = (from, to, seq) =>
    job.rows('flights', `${[header, ...lines.slice(from, to)].join('\n')}\n`, {
      type: 'text/csv',
      query: `?producer=p&seq=${seq}`,
    });
  await send(0, 70, 0);
  const { epoch } = await job.until(({ rowsRead, epoch }) => rowsRead === 70 && epoch > 1);
  await job.post('/checkpoint');
  await job.post('/slots/0/crash');
  await job.post('/slots/1/crash');
  await send(70, lines.length, 1);
  await job.end('flights');
  const { recoveries } = await job.finished();
  assert.ok(recoveries.length >= 1);
  assert.ok(recoveries[0].epoch >= epoch);
  assert.deepEqual(await job.table(late.table), facts.csvResults['late-flights']);
  const { from, to } = await job.get('/inputs/flights');
  assert.ok(from > 0 && from <= to, `the log begins at ${from}`);
});

test('every wrong request has a code and a status', async () => {
  const cases = [
    ['GET', '/nowhere', undefined, 404, 'PATH_UNKNOWN'],
    ['GET', '/jobs/late-flights/nothing', undefined, 404, 'PATH_UNKNOWN'],
    ['GET', '/jobs/none/status', undefined, 404, 'JOB_UNKNOWN'],
    ['POST', '/jobs/late-flights/status', undefined, 405, 'METHOD_NOT_ALLOWED'],
    ['PUT', '/jobs/late-flights/inputs/flights', '', 405, 'METHOD_NOT_ALLOWED'],
    ['POST', '/jobs/late-flights/inputs/birds', '', 404, 'INPUT_UNKNOWN'],
    ['POST', '/jobs/late-flights/inputs/flights', 'x', 415, 'CONTENT_TYPE_UNSUPPORTED'],
    ['POST', '/jobs/late-flights/inputs/flights?partition=99', 'x', 400, 'PARAMETER_INVALID'],
    ['GET', '/jobs/late-flights/tables/none', undefined, 404, 'TABLE_UNKNOWN'],
    ['GET', '/jobs/late-flights/tables/late_flights?limit=-1', undefined, 400, 'PARAMETER_INVALID'],
    ['GET', '/jobs/late-flights/tables/late_flights?key=x', undefined, 400, 'PARAMETER_INVALID'],
    ['POST', '/jobs/late-flights/stop', undefined, 409, 'JOB_NOT_RUNNING'],
    ['POST', '/jobs/late-flights/start', '[', 400, 'BODY_NOT_JSON'],
    ['POST', '/jobs/late-flights/start', `"${'x'.repeat(1 << 17)}"`, 413, 'BODY_TOO_LARGE'],
    ['POST', '/jobs/late-flights/start', '{"speed":1}', 400, 'START_INVALID'],
    ['POST', '/jobs/late-flights/start', '{"inputs":{"birds":"http://x/y.csv"}}', 404, 'INPUT_UNKNOWN'],
    [
      'POST',
      '/jobs/late-flights/start',
      '{"inputs":{"flights":{"log":{"partitions":3}}}}',
      400,
      'LOG_PARTITIONS_EXCEED_SLOTS',
    ],
    [
      'POST',
      '/jobs/late-flights/start',
      '{"inputs":{"flights":"http://127.0.0.1:9/x.parquet"}}',
      503,
      'INPUT_UNREACHABLE',
    ],
  ];
  for (const [method, pathname, body, status, code] of cases) {
    const answer = await edge.request(pathname, { method, body });
    const error = await answer.json();
    assert.deepEqual([answer.status, error.code], [status, code], `${method} ${pathname}: ${JSON.stringify(error)}`);
    assert.ok(error.message.length > 0 && error.hint.length > 0);
    assert.ok(!('stack' in error));
  }
  const large = await jobAt(edge, 'late-flights').rows('flights', Buffer.alloc((8 << 20) + 1, 10));
  assert.deepEqual([large.status, (await large.json()).code], [413, 'BODY_TOO_LARGE']);
});

test('a job that fails on its rows says where', async () => {
  const job = jobAt(edge, 'late-flights');
  await job.rows('flights', '{"date":1,"delay":20,"origin":"A"}\nnonsense\n');
  await job.end('flights');
  await job.post('/start');
  await assert.rejects(job.finished(), /NDJSON_INVALID/);
  const { error } = await job.status();
  assert.match(error.message, /line 2/);
  await reset('late-flights');
  await job.rows('flights', '{"date":1,"delay":20,"origin":"A"}\nnonsense\n');
  await job.end('flights');
  await job.post('/start', { inputs: { flights: { log: { badLines: 'skip' } } } });
  await job.finished();
  assert.equal((await job.table('late_flights')).rows, 1);
});

// What POST …/start accepts, and how a job's name reads in a path.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf } from './http-answers.ts';
import { CHECKPOINT_INTERVAL_MS, ENGINE_BYTES_MAX, PARALLELISM } from './limits.ts';
import { RunRecord } from './run-record.ts';
import { pathName } from './served-jobs.ts';
import { startOptions } from './start-request.ts';
import { nodeSqlite } from '../test/node-sqlite.ts';

const job = { name: 'late flights', inputs: ['flights'] };
const start = (body: Record<string, unknown>) => startOptions(body, job);
const inputs = (flights: unknown, parallelism = 2) => start({ inputs: { flights }, parallelism }).inputs['flights'];

test('nothing asked for: the defaults, and a log of one partition', () => {
  assert.deepEqual(start({}), {
    parallelism: PARALLELISM,
    inputs: { flights: { connector: 'log', options: { partitions: 1 } } },
    checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
    pace: null,
    paused: false,
    resume: false,
    parameters: null,
    memoryBytesMax: ENGINE_BYTES_MAX,
  });
});

test('options of an input that are no object are refused', () => {
  for (const options of [null, 5, 'x', []]) {
    for (const connector of [undefined, 'csv'])
      assert.throws(() => inputs({ url: 'http://example.com/rows.csv', ...(connector && { connector }), options }), {
        code: 'START_INVALID',
      });
  }
});

test('inputs: URLs by their ending or with a connector, logs with options', () => {
  const url = 'https://example.com/a/flights.parquet?x=1';
  assert.deepEqual(inputs(url), { connector: 'parquet', location: { kind: 'url', url }, options: {} });
  assert.equal(inputs({ url: 'http://example.com/rows.csv' })?.connector, 'csv');
  const given = { url: 'http://example.com/rows', connector: 'ndjson', options: { badLines: 'skip' } };
  assert.deepEqual(inputs(given), {
    connector: 'ndjson',
    location: { kind: 'url', url: given.url },
    options: given.options,
  });
  assert.deepEqual(inputs({ log: { partitions: 2, badLines: 'skip' } })?.options, {
    partitions: 2,
    badLines: 'skip',
    retain: 'all',
  });
});

test('parameters are any JSON', () => {
  assert.deepEqual(start({ parameters: { late: [15] } }).parameters, { late: [15] });
});

test('what does not fit is refused with a code', () => {
  for (const body of [
    { parallelism: 0 },
    { parallelism: 1.5 },
    { parallelism: 33 },
    { pace: 0 },
    { pace: 'fast' },
    { paused: 1 },
    { checkpointIntervalMs: 1 },
    { memoryBytesMax: 1 },
    { speed: 3 },
    { inputs: [] },
    { inputs: { flights: 3 } },
    { inputs: { flights: 'flights.parquet' } },
    { inputs: { flights: 'file:///etc/passwd.csv' } },
    { inputs: { flights: { url: 'http://x/y', connector: 'log' } } },
    { inputs: { flights: { log: { partitions: 0 } } } },
    { inputs: { flights: { log: { partition: 1 } } } },
    { inputs: { flights: { log: { retain: 'some' } } } },
  ]) {
    assert.throws(() => start(body), { code: 'START_INVALID' }, JSON.stringify(body));
  }
  assert.throws(() => start({ inputs: { birds: 'http://x/y.csv' } }), { code: 'INPUT_UNKNOWN' });
  assert.throws(() => inputs('http://x/y.xlsx'), { code: 'INPUT_INVALID' });
  assert.throws(() => inputs({ log: { partitions: 3 } }), { code: 'LOG_PARTITIONS_EXCEED_SLOTS' });
});

test('names in paths, statuses of codes', () => {
  assert.equal(pathName('Late flights (v2)!'), 'late-flights-v2');
  assert.equal(pathName('Züge'), 'züge');
  assert.equal(pathName('…'), '…');
  assert.equal(statusOf({ code: 'PRODUCER_FENCED', kind: 'user' }), 403);
  assert.equal(statusOf({ code: 'SOMETHING', kind: 'user' }), 400);
  assert.equal(statusOf({ code: 'SOMETHING', kind: 'environment' }), 503);
  assert.equal(statusOf({ code: 'SOMETHING', kind: 'bug' }), 500);
});

test('a run is remembered: incarnations rise, changed options stay', () => {
  const storage = nodeSqlite();
  const record = new RunRecord(storage);
  assert.deepEqual([record.run], [undefined]);
  assert.equal(record.start('late flights', start({})).incarnation, 1);
  record.underway();
  record.change({ paused: true });
  const again = new RunRecord(storage).run!;
  assert.deepEqual([again.state, again.options.paused], ['underway', true]);
  assert.equal(record.goOn(again).incarnation, 2);
  assert.equal(record.start('late flights', start({})).incarnation, 3);
  assert.equal(record.run?.state, 'started');
});

// Looking at an unknown file: columns, types, event time and a binding that reads it so.
import assert from 'node:assert/strict';
import { openAsBlob } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { inspectFile } from './inspect-file.ts';

const FLIGHTS = fileURLToPath(new URL('../../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));

async function typesOf(name: string, file: Blob): Promise<Record<string, string>> {
  const { schema } = await inspectFile(name, file);
  return Object.fromEntries(Object.entries(schema).map(([column, { type }]) => [column, type]));
}

test('CSV: types and delimiter are inferred, and bound', async () => {
  const file = new Blob(['when;side;weight\n2026-01-01T00:00:00Z;left;3\n2026-01-01T01:00:00Z;right;4.5\n']);
  assert.deepEqual(await typesOf('a.csv', file), { when: 'timestamp', side: 'utf8', weight: 'f64' });
  const { timeColumn, binding } = await inspectFile('a.csv', file);
  assert.equal(timeColumn, 'when');
  assert.equal(binding.connector, 'csv');
  assert.equal((binding.options as { delimiter?: string }).delimiter, ';');
});

test('NDJSON: a time in seconds keeps its unit', async () => {
  const file = new Blob(['{"time":1767225600,"n":1}\n{"time":1767225601,"n":2}\n']);
  assert.deepEqual(await typesOf('a.jsonl', file), { time: 'timestamp', n: 'i64' });
  const { binding } = await inspectFile('a.jsonl', file);
  assert.deepEqual((binding.options as { units?: object }).units, { time: 's' });
});

test('Parquet tells its columns itself', async () => {
  const file = await openAsBlob(FLIGHTS);
  const types = await typesOf('flights.parquet', file);
  assert.equal(types['date'], 'timestamp');
  assert.equal(types['origin'], 'utf8');
  assert.equal((await inspectFile('flights.parquet', file)).timeColumn, 'date');
});

test('an ending that nobody reads is refused', async () => {
  await assert.rejects(inspectFile('a.pdf', new Blob([])), { code: 'INPUT_INVALID' });
});

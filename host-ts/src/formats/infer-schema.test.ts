// Schemas of files that nobody described.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSchema } from '../schema/index.ts';
import { inferSchema } from './infer-schema.ts';
import { decode } from '../../test/formats/decode-text.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('CSV: types that every value fits, nulls aside; codes with leading zeros stay text', () => {
  const text = [
    '\uFEFFwhen,n,x,ok,zip,name,none,"a ""b""",0',
    '2001-01-01T00:00:00Z,1,1,true,01234,"x,y",,1,1',
    '2001-01-01 10:00,,1.5,FALSE,99999,"two\nlines",,2,2',
    '2001-01-02,-7,NaN,,00501,3,,x,3',
    '2001-01-03,cut off in the midd',
  ].join('\n');
  const { schema, timeColumn, delimiter } = inferSchema(bytesOf(text), 'csv');
  assert.equal(
    formatSchema(schema),
    '{when: timestamp, n: i64, x: f64, ok: bool, zip: utf8, name: utf8, none: utf8, a "b": utf8}',
  );
  assert.equal(timeColumn, 'when');
  assert.equal(delimiter, ',');
  const whole = text.slice(0, text.lastIndexOf('\n'));
  assert.equal(decode(whole, { format: 'csv', schema }).rows.length, 3);
});

test('CSV: other delimiters; numbers that are times', () => {
  const { schema, timeColumn, units, delimiter } = inferSchema(
    bytesOf('id;ts;price\n1700000001;1700000001;1,5\n'),
    'csv',
  );
  assert.deepEqual(
    [formatSchema(schema), timeColumn, units, delimiter],
    ['{id: i64, ts: timestamp, price: utf8}', 'ts', { ts: 's' }, ';'],
  );
});

test('NDJSON: values say their type; nested ones are left out; the time column is the one named so', () => {
  const lines = [
    '{"a":1,"b":1,"c":"x","d":true,"e":{"f":1},"born":"2001-01-01","event_time":1700000000123,"g":"1","0":1}',
    '{"a":2,"b":1.5,"c":null,"late":"2"}',
    '{"a":"cut',
  ];
  const { schema, timeColumn, units } = inferSchema(bytesOf(lines.join('\n')), 'ndjson');
  assert.equal(
    formatSchema(schema),
    '{a: i64, b: f64, c: utf8, d: bool, born: timestamp, event_time: timestamp, g: utf8, late: utf8}',
  );
  assert.deepEqual([timeColumn, units], ['event_time', { event_time: 'ms' }]);
  const { rows, error } = decode(lines.slice(0, 2).join('\n'), { format: 'ndjson', schema, units });
  assert.equal(error, undefined);
  assert.deepEqual(rows[0]?.slice(4, 6), [Date.UTC(2001, 0, 1), 1700000000123]);
});

test('a whole file counts its last line; what is no table has no columns', () => {
  assert.equal(formatSchema(inferSchema(bytesOf('a\n1\n2.5'), 'csv', { isWhole: true }).schema), '{a: f64}');
  assert.equal(formatSchema(inferSchema(bytesOf('a\n1\n2.5'), 'csv').schema), '{a: i64}');
  assert.deepEqual(inferSchema(bytesOf('not json\n[1]\n'), 'ndjson').schema, {});
  assert.deepEqual(inferSchema(bytesOf(''), 'csv').schema, {});
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPE_TIMESTAMP, TYPE_UTF8 } from '../abi/index.ts';
import type { RowOf } from './index.ts';
import {
  bool,
  checkSchema,
  f64,
  formatSchema,
  i32,
  i64,
  required,
  schemaDifferences,
  schemaEquals,
  schemaMismatch,
  schemaTypeCodes,
  timestamp,
  TYPE_NAMES,
  typeCode,
  typeOfCode,
  utf8,
} from './index.ts';

type Exact<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const exact = <A, B>(same: Exact<A, B>): void => void same;

const flights = { date: timestamp(), delay: required(i64()), origin: utf8() };

test('row types follow the schema', () => {
  exact<
    RowOf<typeof flights>,
    { readonly date: number | null; readonly delay: bigint; readonly origin: string | null }
  >(true);
  const all = { a: required(bool()), b: required(i32()), c: required(f64()) };
  exact<RowOf<typeof all>, { readonly a: boolean; readonly b: number; readonly c: number }>(true);
});

test('a schema is plain JSON and keeps its order', () => {
  const copy: unknown = JSON.parse(JSON.stringify(flights));
  assert.deepEqual(copy, flights);
  assert.deepEqual(schemaTypeCodes(flights), [TYPE_TIMESTAMP, typeCode('i64'), TYPE_UTF8]);
  assert.equal(formatSchema(flights), '{date: timestamp, delay: i64, origin: utf8}');
});

test('type codes are the ABI and reversible', () => {
  for (const name of TYPE_NAMES) assert.equal(typeOfCode(typeCode(name)), name);
  assert.equal(typeOfCode(0), undefined);
});

test('differences name columns, types and order, and ignore nullable', () => {
  assert.ok(schemaEquals(flights, { date: timestamp(), delay: i64(), origin: utf8() }));
  const other = { date: i64(), origin: utf8(), carrier: utf8() };
  assert.deepEqual(schemaDifferences(flights, other), [
    { kind: 'type', column: 'date', expected: 'timestamp', found: 'i64' },
    { kind: 'missing', column: 'delay', expected: 'i64' },
    { kind: 'extra', column: 'carrier', found: 'utf8' },
  ]);
  assert.deepEqual(schemaDifferences({ a: i64(), b: i64() }, { b: i64(), a: i64() }), [
    { kind: 'order', column: 'a', expected: 0, found: 1 },
    { kind: 'order', column: 'b', expected: 1, found: 0 },
  ]);
  const error = schemaMismatch("input 'flights'", schemaDifferences(flights, other));
  assert.equal(error.code, 'SCHEMA_MISMATCH');
  assert.match(error.message, /'date' should be timestamp but is i64; 'delay' \(i64\) is missing; 'carrier'/);
});

test('schemas that no frame can hold are refused', () => {
  checkSchema(flights);
  const code = 'SCHEMA_INVALID';
  assert.throws(() => checkSchema({}), { code });
  assert.throws(() => checkSchema({ 7: i64() }), { code });
  assert.throws(() => checkSchema({ '': i64() }), { code });
  assert.throws(() => checkSchema(Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`c${i}`, i64()]))), {
    code,
  });
  assert.throws(() => checkSchema(JSON.parse('{"a":{"type":"i128","nullable":true}}')), { code });
});

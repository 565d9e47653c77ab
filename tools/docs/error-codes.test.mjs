// docs/errors.md explains every error that the source can throw, and no other.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codesIn, codesOfPage, codesOfSource, emptyRows } from './error-codes.mjs';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('the page and the source have the same codes', () => {
  const thrown = [...codesOfSource().keys()];
  const explained = codesOfPage(page);
  assert.ok(thrown.length > 100, `only ${thrown.length} codes found: the forms in error-codes.mjs no longer fit`);
  const missing = thrown.filter((code) => !explained.includes(code));
  assert.deepEqual(missing, [], 'docs/errors.md lacks rows for codes that the source throws');
  const dead = explained.filter((code, at) => !thrown.includes(code) || explained.indexOf(code) !== at);
  assert.deepEqual(dead, [], 'docs/errors.md has rows for codes that nothing throws, or two for one');
});

test('every row has a kind, a meaning, values and a remedy', () => assert.deepEqual(emptyRows(page), []));

test('the codes of all forms are seen', () => {
  assert.deepEqual(codesIn("{ code: 'A_B', kind }"), ['A_B']);
  assert.deepEqual(codesIn("return userError(\n    'A_B',"), ['A_B']);
  assert.deepEqual(codesIn("return environment('LOG_FULL', x"), ['LOG_FULL']);
  assert.deepEqual(codesIn("const code = kind === 'table' ? 'A_B' : 'C_D';"), ['A_B', 'C_D']);
  assert.deepEqual(codesIn("form: 'RING' | 'CHANNEL',\n code: `${form}_TOO_LARGE`"), [
    'RING_TOO_LARGE',
    'CHANNEL_TOO_LARGE',
  ]);
  assert.deepEqual(codesIn("console.error('NODE_TOO_OLD: this"), ['NODE_TOO_OLD']);
  assert.deepEqual(codesIn("const names = ['BYTE_ARRAY', 'RLE_DICTIONARY']"), []);
});

test('a code without remedy is noticed', () => {
  assert.deepEqual(emptyRows('| `A_B` | user | it broke | `x` |  |'), ['| `A_B` | user | it broke | `x` |  |']);
});

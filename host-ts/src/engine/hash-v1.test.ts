/** The host's hash v1 against the definition in docs/design/hash-v1.md, written with bigints, and its vectors. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hashBytes, hashDictionary } from './hash-v1.ts';

const U64 = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const SEED_BYTES = 0x2545f4914f6cdd1dn;

const rotl = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & U64;
function mix(value: bigint): bigint {
  let x = value & U64;
  x = ((x ^ (x >> 27n)) * 0x3c79ac492ba7b653n) & U64;
  x = ((x ^ (x >> 33n)) * 0x1c69b3f74ac4ae35n) & U64;
  return x ^ (x >> 27n);
}
const combine = (a: bigint, b: bigint): bigint => mix(a * P1 + b);
const round = (lane: bigint, x: bigint): bigint => (rotl((lane + x * P2) & U64, 31n) * P1) & U64;

function definition(bytes: Uint8Array): bigint {
  const word = (at: number, size: number): bigint => {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
    return value;
  };
  const length = bytes.length;
  let a = SEED_BYTES ^ BigInt(length);
  let b = ~SEED_BYTES & U64;
  let at = 0;
  while (length - at > 16) {
    a = round(a, word(at, 8));
    b = round(b, word(at + 8, 8));
    at += 16;
  }
  const left = length - at;
  let x = 0n;
  let y = 0n;
  if (left >= 8) [x, y] = [word(at, 8), word(length - 8, 8)];
  else if (left >= 4) [x, y] = [word(at, 4), word(length - 4, 4)];
  else if (left > 0) x = word(at, 1) | (word(at + (left >> 1), 1) << 8n) | (word(length - 1, 1) << 16n);
  return combine(round(a, x), round(b, y));
}

test('every length from 0 to 100 agrees with the definition', () => {
  for (let length = 0; length <= 100; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 167 + length * 13 + 200) & 255);
    assert.equal(hashBytes(bytes), definition(bytes), `length ${length}`);
  }
});

test('a dictionary is its offsets and its bytes', () => {
  const offsets = new Int32Array([0, 3, 3, 8]);
  const bytes = new TextEncoder().encode('SFOLAX-é').slice(0, 8);
  const expected = combine(definition(new Uint8Array(offsets.buffer)), definition(bytes));
  assert.equal(hashDictionary(offsets, bytes), expected);
  assert.notEqual(hashDictionary(new Int32Array([0, 4, 4, 8]), bytes), expected);
});

test('the vectors of the document hold', () => {
  const document = readFileSync(new URL('../../../docs/design/hash-v1.md', import.meta.url), 'utf8');
  const vectors = [...document.matchAll(/^\| utf8 `"([^"]*)"` \| `0x([0-9a-f]{16})` \|$/gm)];
  assert.ok(vectors.length >= 6);
  for (const [, text = '', hash] of vectors) {
    assert.equal(hashBytes(new TextEncoder().encode(text)).toString(16).padStart(16, '0'), hash, text);
  }
});

// The checksum of stored bytes: every flipped bit shows, wherever the bytes lie in their buffer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksum } from './index.ts';

test('one flipped bit anywhere, a missing byte or a swap changes the sum', () => {
  const bytes = Uint8Array.from({ length: 103 }, (_, at) => (at * 37) & 255);
  const sum = checksum(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(checksum(damaged), sum);
  }
  assert.notEqual(checksum(bytes.subarray(0, 102)), sum);
  const swapped = Uint8Array.of(...bytes.subarray(4, 8), ...bytes.subarray(0, 4), ...bytes.subarray(8));
  assert.notEqual(checksum(swapped), sum);
});

test('the sum does not depend on the place in the buffer and is a fixed format', () => {
  const shifted = new Uint8Array(16);
  shifted.set([1, 2, 3, 4, 5], 3);
  assert.equal(checksum(shifted.subarray(3, 8)), checksum(Uint8Array.of(1, 2, 3, 4, 5)));
  const buffer = Buffer.from(shifted.buffer, 3, 5);
  assert.equal(checksum(buffer), checksum(Uint8Array.of(1, 2, 3, 4, 5)), 'nor on the kind of view');
  assert.equal(checksum(new Uint8Array(0)), checksum(new Uint8Array(8).subarray(8)));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyGroupBounds, keyGroupRange, keyGroupsLog2 } from './key-groups.ts';

test('every key group has one slot, and ranges differ by one group at most', () => {
  for (const keyGroups of [32, 128, 1024]) {
    for (let parallelism = 1; parallelism <= 32; parallelism++) {
      const ranges = Array.from({ length: parallelism }, (_, slot) => keyGroupRange(slot, parallelism, keyGroups));
      assert.equal(ranges[0]?.from, 0);
      assert.equal(ranges.at(-1)?.to, keyGroups);
      ranges.forEach(({ to }, slot) => assert.equal(to, ranges[slot + 1]?.from ?? keyGroups));
      const sizes = ranges.map(({ from, to }) => to - from);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1 && Math.min(...sizes) >= 1);
      assert.deepEqual(keyGroupBounds(parallelism, keyGroups), [...ranges.map(({ from }) => from), keyGroups]);
    }
  }
});

test('log2 of powers of two only', () => {
  assert.equal(keyGroupsLog2(1), 0);
  assert.equal(keyGroupsLog2(128), 7);
  assert.throws(() => keyGroupsLog2(100), { code: 'BUG' });
  assert.throws(() => keyGroupRange(2, 2, 128), { code: 'BUG' });
});

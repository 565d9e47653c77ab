/** A split's watermark and what a checkpoint says of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SplitDescription, SplitReader } from '../connectors/index.ts';
import { SplitProgress } from './split-progress.ts';
import { WATERMARK_NONE } from './times.ts';

const split = (timeMin: number | null): SplitDescription => ({
  id: 's',
  index: 0,
  timeMin,
  rows: null,
  bytes: null,
  data: null,
});

for (const [what, timeMin, maxTime, watermark] of [
  ['promises nothing while nothing is known', null, undefined, WATERMARK_NONE],
  ['promises what its description does before its first row', 100, undefined, 99n],
  ['lags behind its largest time by the bound and a millisecond', null, 250n, 229n],
  ['never promises less than its description', 240, 250n, 239n],
  ['knows times before 1970', -500, -300n, -321n],
] as const) {
  test(`a split ${what}`, () => {
    const progress = new SplitProgress(split(timeMin), null);
    if (maxTime !== undefined) progress.maxTime = maxTime;
    assert.equal(progress.watermark(20n), watermark);
  });
}

test('the position moves when rows have been delivered, not when they are read', () => {
  const restored = { vertex: 3, splitId: 's', position: 5, rows: 5, maxTime: '77', finished: false };
  const progress = new SplitProgress(split(null), restored);
  assert.deepEqual(progress.state(3), restored);
  let position = 5;
  progress.reader = { position: () => position, skippedRows: 2, close: () => undefined } as unknown as SplitReader;
  position = 9;
  assert.equal(progress.state(3).position, 5);
  progress.delivered(4);
  progress.maxTime = 80n;
  assert.deepEqual(progress.state(3), { ...restored, position: 9, rows: 9, maxTime: '80' });
  assert.equal(progress.skippedRows, 2);
  progress.finish();
  assert.equal(progress.state(3).finished, true);
});

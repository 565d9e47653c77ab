/** Alignment and watermark merging, fact by fact. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Alignment, WatermarkMerge } from './alignment.ts';

test('the last barrier completes the alignment, channels before it are blocked', () => {
  const alignment = new Alignment(3);
  assert.equal(alignment.arrive(1, 7), false);
  assert.equal(alignment.isBlocked(1), true);
  assert.equal(alignment.isBlocked(0), false);
  assert.equal(alignment.arrive(0, 7), false);
  assert.equal(alignment.arrive(2, 7), true);
  alignment.release();
  assert.equal(alignment.isBlocked(1), false);
  assert.equal(alignment.epoch, 0);
});

test('a second epoch during an alignment, or two barriers on one channel, are bugs', () => {
  const alignment = new Alignment(2);
  alignment.arrive(0, 1);
  assert.throws(() => alignment.arrive(1, 2), /two epochs/);
  assert.throws(() => alignment.arrive(0, 1), /already blocked/);
});

test('the merged watermark is the smallest, never falls, and leaves idle channels out', () => {
  const merge = new WatermarkMerge(2, -100n, 1_000n);
  assert.equal(merge.raise(0, 50n), false);
  assert.equal(merge.merged, -100n);
  assert.equal(merge.raise(1, 20n), true);
  assert.equal(merge.merged, 20n);
  assert.equal(merge.raise(1, 10n), false, 'a lower watermark is ignored');
  assert.equal(merge.setIdle(1), true);
  assert.equal(merge.merged, 50n);
  assert.equal(merge.idle, false);
  assert.equal(merge.setIdle(0), false);
  assert.equal(merge.idle, true);
  assert.equal(merge.raise(1, 30n), false, 'back from idleness behind the merged one');
  assert.equal(merge.merged, 50n);
});

test('a finished channel is not an idle one: the watermark waits for the idle one, and ends with the last', () => {
  const merge = new WatermarkMerge(3, -100n, 1_000n);
  for (const [channel, watermark] of [10n, 20n, 30n].entries()) merge.raise(channel, watermark);
  assert.equal(merge.setIdle(0), true);
  assert.equal(merge.merged, 20n);
  assert.equal(merge.raise(1, 1_000n), true, 'channel 2 is left');
  assert.equal(merge.merged, 30n);
  assert.equal(merge.raise(2, 1_000n), false);
  assert.equal(merge.idle, true);
  assert.equal(merge.raise(0, 40n), true, 'the idle one is back');
  assert.equal(merge.merged, 40n);
  assert.equal(merge.idle, false);
  assert.equal(merge.raise(0, 1_000n), true);
  assert.equal(merge.merged, 1_000n);
  assert.equal(merge.idle, false);
});

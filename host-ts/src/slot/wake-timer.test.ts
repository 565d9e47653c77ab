/** The earliest wish counts, and no delay is longer than a home can count. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualTime } from '../../test/coordinator/manual-time.ts';
import { WakeTimer } from './wake-timer.ts';

function timerOf(): { readonly time: ManualTime; readonly timer: WakeTimer; readonly wokenAt: number[] } {
  const time = new ManualTime();
  const wokenAt: number[] = [];
  return { time, wokenAt, timer: new WakeTimer(time.clock, time.timers, () => wokenAt.push(time.nowMs)) };
}

test('a short wait is not lost behind a long one', () => {
  const { time, timer, wokenAt } = timerOf();
  timer.within(500);
  timer.within(20);
  timer.within(100);
  time.pass(1_000);
  assert.deepEqual(wokenAt, [20]);
  timer.within(30);
  time.pass(1_000);
  assert.deepEqual(wokenAt, [20, 1_030]);
});

test('who waits for a month is woken in between; stopped, not at all', () => {
  const { time, timer, wokenAt } = timerOf();
  timer.within(30 * 86_400_000);
  time.pass(60_000);
  assert.deepEqual(wokenAt, [60_000]);
  timer.within(10);
  timer.stop();
  time.pass(1_000);
  assert.equal(wokenAt.length, 1);
  assert.equal(time.waiting, 0);
});

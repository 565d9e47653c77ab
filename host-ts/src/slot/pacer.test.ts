/** Pace: when rows may be read, and how many at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualTime } from '../../test/coordinator/manual-time.ts';
import { Pacer } from './pacer.ts';

test('without a speed nothing waits, and batches are as large as they may be', () => {
  const pacer = new Pacer(new ManualTime().clock, { speed: null, eventMs: null, wallMs: 0 }, 4096);
  pacer.note(10, 1_000_000);
  assert.equal(pacer.rows, 4096);
  assert.equal(pacer.delay(1e12), 0);
});

test('event time runs at the speed from where it was told to begin', () => {
  const time = new ManualTime();
  const pacer = new Pacer(time.clock, { speed: 10, eventMs: 1_000, wallMs: 50 }, 4096);
  assert.equal(pacer.delay(1_000), 50);
  assert.equal(pacer.delay(2_000), 150);
  time.pass(100);
  assert.equal(pacer.delay(1_000), 0, 'what is due is not late');
  assert.equal(pacer.delay(2_000), 50);
  pacer.set({ speed: 100, eventMs: 2_000, wallMs: 100 });
  assert.equal(pacer.delay(3_000), 10);
});

test('without a beginning the first row is due at once', () => {
  const time = new ManualTime();
  time.pass(70);
  const pacer = new Pacer(time.clock, { speed: 2, eventMs: null, wallMs: 0 }, 4096);
  assert.equal(pacer.delay(5_000), 0);
  assert.equal(pacer.delay(5_100), 50);
});

for (const [spanPerRowMs, rows] of [
  [0.001, 4096],
  [1, 400],
  [4, 100],
  [1_000, 16],
] as const) {
  test(`rows that are ${spanPerRowMs} ms apart come ${rows} at a time at a speed of 10`, () => {
    const pacer = new Pacer(new ManualTime().clock, { speed: 10, eventMs: 0, wallMs: 0 }, 4096);
    assert.equal(pacer.rows, 64, 'few until their distance is known');
    pacer.note(64, 64 * spanPerRowMs);
    assert.equal(pacer.rows, rows);
    pacer.note(0, 5);
    pacer.note(5, -1);
    assert.equal(pacer.rows, rows, 'batches without rows or in disorder say nothing');
  });
}

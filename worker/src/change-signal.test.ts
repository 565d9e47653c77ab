// Waiting for a change: woken by it, or by time, and forgotten either way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualTime } from '../../host-ts/test/coordinator/manual-time.ts';
import { ChangeSignal } from './change-signal.ts';

test('all who wait are woken by a change, and none of them waits any more', async () => {
  const signal = new ChangeSignal(new ManualTime().timers);
  const woken = Promise.all([signal.next(1_000), signal.next(2_000)]);
  assert.equal(signal.waiting, 2);
  signal.changed();
  await woken;
  assert.equal(signal.waiting, 0);
});

test('who waits in vain is answered after a while and forgotten', async () => {
  const time = new ManualTime();
  const signal = new ChangeSignal(time.timers);
  for (let call = 0; call < 3; call++) {
    const waiting = signal.next(1_000);
    time.pass(1_000);
    await waiting;
    assert.equal(signal.waiting, 0);
  }
});

// Control messages over calls: order, one call at a time, batches, failures, and calls that come twice or not at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_BATCH_MAX, CONTROL_QUEUE_MAX } from './limits.ts';
import { Inbox, Outbox } from './outbox.ts';

test('messages keep their order, and gather while a call is under way', async () => {
  const calls: { readonly sequence: number; readonly messages: readonly number[] }[] = [];
  let underWay = 0;
  const outbox = new Outbox<number>({
    async send(sequence, messages) {
      assert.equal(++underWay, 1, 'one call at a time');
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      calls.push({ sequence, messages });
    },
    failed: (error) => assert.fail(String(error)),
  });
  const count = 2 * CONTROL_BATCH_MAX + 5;
  for (let message = 0; message < count; message++) outbox.post(message);
  while (calls.length < 3) await new Promise((resolve) => setImmediate(resolve));
  outbox.post(count);
  while (calls.length < 4) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    calls.map(({ sequence }) => sequence),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    calls.flatMap(({ messages }) => messages),
    Array.from({ length: count + 1 }, (_, message) => message),
  );
});

test('a call that fails ends it once; nothing is sent afterwards', async () => {
  const failures: unknown[] = [];
  let calls = 0;
  const outbox = new Outbox<string>({
    send: () => {
      calls += 1;
      return Promise.reject(new Error('gone'));
    },
    failed: (error) => failures.push(error),
  });
  outbox.post('a');
  await new Promise((resolve) => setImmediate(resolve));
  outbox.post('b');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(calls, 1);
  assert.match(String(failures), /gone/);
});

test('a queue that nobody takes is bounded', () => {
  const failures: unknown[] = [];
  const outbox = new Outbox<number>({
    send: () => new Promise(() => undefined),
    failed: (error) => failures.push(error),
  });
  for (let message = 0; message <= CONTROL_QUEUE_MAX + CONTROL_BATCH_MAX; message++) outbox.post(message);
  assert.equal((failures[0] as { code: string }).code, 'CONTROL_QUEUE_FULL');
  assert.equal(failures.length, 1);
});

test('a call twice is not new, a hole is refused', () => {
  const inbox = new Inbox();
  assert.equal(inbox.isNew(0), true);
  assert.equal(inbox.isNew(0), false);
  assert.equal(inbox.isNew(1), true);
  assert.throws(() => inbox.isNew(3), { code: 'CONTROL_GAP' });
});

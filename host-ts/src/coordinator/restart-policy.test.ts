/** Whether and when a failed job is started again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorData, ErrorKind } from '../base/index.ts';
import { RestartPolicy } from './restart-policy.ts';

const failure = (kind: ErrorKind, code = 'X'): ErrorData => ({
  code,
  kind,
  message: '',
  hint: '',
  context: {},
  stack: '',
});

test('at once, then at growing intervals, then never', () => {
  const policy = new RestartPolicy(4);
  const delays = Array.from({ length: 5 }, () => policy.failed(failure('environment')));
  assert.deepEqual(delays, [0, 100, 200, 400, undefined]);
});

test('intervals have a bound', () => {
  const policy = new RestartPolicy(100);
  const delays = Array.from({ length: 60 }, () => policy.failed(failure('bug')) ?? -1);
  assert.equal(Math.max(...delays), 10_000);
  assert.equal(delays.at(-1), 10_000);
});

test('a completed checkpoint forgives what failed before', () => {
  const policy = new RestartPolicy(1);
  assert.equal(policy.failed(failure('environment')), 0);
  policy.progressed();
  assert.equal(policy.failed(failure('environment')), 0);
  assert.equal(policy.failed(failure('environment')), undefined);
});

test('what the user must mend, and a run that was overtaken, are not tried again', () => {
  assert.equal(new RestartPolicy().failed(failure('user')), undefined);
  assert.equal(new RestartPolicy().failed(failure('environment', 'STORAGE_FENCED')), undefined);
});

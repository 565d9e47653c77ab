/**
 * The checkpoint storage of the coordinator's object as its slots see it: every method is one call. A value travels
 * whole: state and tables are packed into values of about STORED_VALUE_BYTES.
 */
import { invariant } from '../../host-ts/src/base/index.ts';
import type { CheckpointStorage } from '../../host-ts/src/checkpoint/index.ts';
import type { CoordinatorCalls, StorageMethod } from './calls.ts';
import { storageMethodUnknown } from './errors.ts';
import { STORAGE_CALLS_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { outcomeOf, valueOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';

const METHODS: readonly StorageMethod[] = [
  'fence',
  'lastAttempt',
  'putValue',
  'getValue',
  'publish',
  'epochs',
  'manifest',
  'release',
  'valueNames',
];

/** Answers one call of a slot. */
export function answerStorage(
  storage: CheckpointStorage,
  method: StorageMethod,
  args: readonly unknown[],
): Promise<Outcome<unknown>> {
  return outcomeOf(() => {
    if (!METHODS.includes(method)) throw storageMethodUnknown(method);
    return (storage[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
  });
}

export function calledStorage(coordinator: CoordinatorCalls): CheckpointStorage {
  const inTurn = limited(STORAGE_CALLS_MAX);
  const call = (method: StorageMethod, ...args: readonly unknown[]): Promise<never> =>
    inTurn(async () => valueOf(await coordinator.storage(method, args)) as never);
  return {
    fence: (attempt) => call('fence', attempt),
    lastAttempt: () => call('lastAttempt'),
    putValue(attempt, name, bytes) {
      invariant(bytes.length <= VALUE_BYTES_MAX, 'a stored value exceeds what a call may hold', {
        bytes: bytes.length,
      });
      return call('putValue', attempt, name, bytes.slice()); // a view would take its whole buffer along
    },
    getValue: (name) => call('getValue', name),
    publish: (attempt, epoch, manifest) => call('publish', attempt, epoch, manifest.slice()),
    epochs: () => call('epochs'),
    manifest: (epoch) => call('manifest', epoch),
    release: (attempt, epochs, values) => call('release', attempt, epochs, values),
    valueNames: () => call('valueNames'),
    close: async () => undefined,
  };
}

/** Runs steps in order, at most `count` at once. */
function limited(count: number): <Result>(step: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (step) => {
    if (running >= count) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await step();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

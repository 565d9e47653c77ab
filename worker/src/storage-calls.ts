/**
 * The checkpoint storage of the coordinator's object as its slots see it: every method is one call. A value travels
 * whole: state and tables are packed into values of about STORED_VALUE_BYTES.
 */
import { invariant } from '../../host-ts/src/base/index.ts';
import { answerStorage, ownedArguments, storageOfCalls } from '../../host-ts/src/checkpoint/index.ts';
import type { CheckpointStorage, StorageMethod } from '../../host-ts/src/checkpoint/index.ts';
import type { CoordinatorCalls } from './calls.ts';
import { STORAGE_CALLS_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { outcomeOf, valueOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/** Answers one call of a slot. */
export function answerStorageCall(
  storage: CheckpointStorage,
  method: StorageMethod,
  args: readonly unknown[],
): Promise<Outcome<unknown>> {
  return outcomeOf(() => answerStorage(storage, method, args));
}

export function calledStorage(coordinator: CoordinatorCalls): CheckpointStorage {
  const inTurn = limited(STORAGE_CALLS_MAX);
  return storageOfCalls((method, args) => {
    for (const arg of args) {
      const bytes = arg instanceof Uint8Array ? arg.length : 0;
      invariant(bytes <= VALUE_BYTES_MAX, 'a stored value exceeds what a call may hold', { bytes });
    }
    const owned = ownedArguments(args); // a view would take its whole buffer along
    return inTurn(async () => valueOf(await coordinator.storage(method, owned)));
  });
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

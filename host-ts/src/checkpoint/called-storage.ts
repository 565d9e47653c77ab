/**
 * Checkpoint storage as calls of its methods by name: what crosses a port, an RPC, or nothing but a change of owner.
 * `storageOfCalls` is the caller's side, `answerStorage` the other.
 */
import { storageMethodUnknown } from './storage-errors.ts';
import type { CheckpointStorage } from './storage.ts';

/** Methods that are called; closing is each side's own affair. */
export type StorageMethod = Exclude<keyof CheckpointStorage, 'close'>;

const METHODS: readonly string[] = [
  'fence',
  'lastAttempt',
  'putValue',
  'getValue',
  'getPart',
  'publish',
  'epochs',
  'manifest',
  'release',
  'valueNames',
] satisfies readonly StorageMethod[];

/** Carries out a call; rejects STORAGE_METHOD_UNKNOWN. */
export async function answerStorage(
  storage: CheckpointStorage,
  method: StorageMethod,
  args: readonly unknown[],
): Promise<unknown> {
  if (!METHODS.includes(method)) throw storageMethodUnknown(method);
  return (storage[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}

/** The storage that `call` reaches. Bytes among the arguments are borrowed, as the methods say. */
export function storageOfCalls(
  call: (method: StorageMethod, args: readonly unknown[]) => Promise<unknown>,
  close: () => Promise<void> = async () => undefined,
): CheckpointStorage {
  const calls = METHODS.map((method) => [method, (...args: readonly unknown[]) => call(method as StorageMethod, args)]);
  return { ...(Object.fromEntries(calls) as Omit<CheckpointStorage, 'close'>), close };
}

/** The same storage for users that come and go: closing is left to who owns it. */
export function keptOpen(storage: CheckpointStorage): CheckpointStorage {
  return storageOfCalls((method, args) => answerStorage(storage, method, args));
}

/** Arguments that can leave this memory: borrowed bytes (perhaps of an engine) are copied, whole buffers of their own. */
export function ownedArguments(args: readonly unknown[]): readonly unknown[] {
  return args.map((arg) => (arg instanceof Uint8Array ? arg.slice() : arg));
}

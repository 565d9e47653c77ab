/**
 * Where checkpoints live, as the protocol sees it. Each home has one adapter (files, IndexedDB,
 * Durable Object SQLite, memory); the simulator has its own, with faults.
 *
 * Values are immutable bytes under a name that is written once. A manifest is published in one
 * strict, atomic step that compares the attempt inside: a late writer of an older attempt loses
 * (STORAGE_FENCED). A value that no manifest names is rubbish and may be deleted at any time
 * after its attempt has been superseded.
 */
export interface CheckpointStorage {
  /** Raises the fence to `attempt` if it is higher than all before; else rejects STORAGE_FENCED. */
  fence(attempt: number): Promise<void>;
  /** The highest attempt so far, 0 if none. */
  lastAttempt(): Promise<number>;
  /**
   * Stores bytes durably (borrowed until the promise settles). Writing the same name twice with
   * the same bytes is allowed.
   */
  putValue(attempt: number, name: string, bytes: Uint8Array): Promise<void>;
  /** The whole value; rejects CHECKPOINT_VALUE_MISSING. Ownership goes to the caller. */
  getValue(name: string): Promise<Uint8Array>;
  /**
   * At most `bytes` bytes of a value from `at`, fewer where it ends; otherwise as `getValue`. What is fetched and held
   * meanwhile is the home's: the part (files), the rows that it lies in (SQLite), the whole value (IndexedDB).
   */
  getPart(name: string, at: number, bytes: number): Promise<Uint8Array>;
  /** Atomic and strictly durable: afterwards this epoch is what a restart finds. */
  publish(attempt: number, epoch: number, manifest: Uint8Array): Promise<void>;
  /** Epochs that have a manifest, ascending. */
  epochs(): Promise<readonly number[]>;
  manifest(epoch: number): Promise<Uint8Array>;
  /** Forgets manifests and values (in one step where the home can); missing ones are ignored. */
  release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void>;
  /** Names of all values, for the sweep after a restart. */
  valueNames(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Whether a value that is written again is what it was. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

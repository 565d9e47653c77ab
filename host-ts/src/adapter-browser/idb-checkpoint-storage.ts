/**
 * Checkpoints in IndexedDB: one database per place, with three object stores.
 *
 *   meta       'attempt' → the newest attempt
 *   values     name → ArrayBuffer (the protocol packs state into values of about 1 MiB)
 *   manifests  epoch → ArrayBuffer
 *
 * Every writing transaction reads the attempt first: comparing and writing are one step, among all
 * tabs and workers. Values are written with relaxed durability; publishing is strict, and syncs the
 * log that holds the values before it, so a published manifest never names a value that is lost.
 */
import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase, IDBPTransaction } from 'idb';
import { manifestMissing, storageBlocked, storageFenced, storageFull, valueMissing } from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';

interface Stores extends DBSchema {
  meta: { key: 'attempt'; value: number };
  values: { key: string; value: ArrayBuffer };
  manifests: { key: number; value: ArrayBuffer };
}
type StoreName = 'meta' | 'values' | 'manifests';
type Write = IDBPTransaction<Stores, StoreName[], 'readwrite'>;

const VERSION = 1;
/** A database opens in a few ms; one that is being deleted or upgraded elsewhere keeps us waiting without an event. */
const OPEN_MS_MAX = 10_000;

export interface IdbOptions {
  readonly openMsMax?: number;
}

/** The name of the database that holds the checkpoints `name`. */
export const databaseName = (name: string): string => `sluice:${name}`;

export class IdbCheckpointStorage implements CheckpointStorage {
  readonly #name: string;
  readonly #openMsMax: number;
  #database: Promise<IDBPDatabase<Stores>> | undefined;
  /** Set when another tab wanted the database for itself: it is not opened again. */
  #givenUp = false;

  constructor(name: string, options: IdbOptions = {}) {
    this.#name = databaseName(name);
    this.#openMsMax = options.openMsMax ?? OPEN_MS_MAX;
  }

  /** Begins to open the database, which whoever uses it first then need not wait for; a failure is told to them. */
  warm(): void {
    this.#open().catch(() => undefined);
  }

  async fence(attempt: number): Promise<void> {
    await this.#write(['meta'], 0, 'strict', async (transaction) => {
      const newest = await newestAttempt(transaction);
      if (attempt <= newest) throw storageFenced(attempt, newest);
      await transaction.objectStore('meta').put(attempt, 'attempt');
    });
  }

  async lastAttempt(): Promise<number> {
    return (await (await this.#open()).get('meta', 'attempt')) ?? 0;
  }

  async putValue(attempt: number, name: string, bytes: Uint8Array): Promise<void> {
    const buffer = copyOf(bytes);
    await this.#write(['meta', 'values'], bytes.length, 'relaxed', async (transaction) => {
      await compare(transaction, attempt);
      await transaction.objectStore('values').put(buffer, name);
    });
  }

  async getValue(name: string): Promise<Uint8Array> {
    const buffer = await (await this.#open()).get('values', name);
    if (buffer === undefined) throw valueMissing(name);
    return new Uint8Array(buffer);
  }

  /** The store gives whole values only; the copy lets the rest go. */
  async getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    return (await this.getValue(name)).slice(at, at + bytes);
  }

  async publish(attempt: number, epoch: number, manifest: Uint8Array): Promise<void> {
    const buffer = copyOf(manifest);
    await this.#write(['meta', 'manifests'], manifest.length, 'strict', async (transaction) => {
      await compare(transaction, attempt);
      await transaction.objectStore('manifests').put(buffer, epoch);
    });
  }

  async epochs(): Promise<readonly number[]> {
    return (await this.#open()).getAllKeys('manifests');
  }

  async manifest(epoch: number): Promise<Uint8Array> {
    const buffer = await (await this.#open()).get('manifests', epoch);
    if (buffer === undefined) throw manifestMissing(epoch);
    return new Uint8Array(buffer);
  }

  async release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    await this.#write(['meta', 'manifests', 'values'], 0, 'relaxed', async (transaction) => {
      await compare(transaction, attempt);
      const manifests = transaction.objectStore('manifests');
      const stored = transaction.objectStore('values');
      await Promise.all([
        ...epochs.map((epoch) => manifests.delete(epoch)),
        ...values.map((value) => stored.delete(value)),
      ]);
    });
  }

  async valueNames(): Promise<readonly string[]> {
    return (await this.#open()).getAllKeys('values');
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    (await database?.catch(() => undefined))?.close(); // one that failed to open has told its caller
  }

  #open(): Promise<IDBPDatabase<Stores>> {
    if (this.#givenUp) return Promise.reject(wantedElsewhere(this.#name));
    this.#database ??= this.#openWithin().catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  async #openWithin(): Promise<IDBPDatabase<Stores>> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let late = false;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        late = true;
        reject(blockedElsewhere(this.#name));
      }, this.#openMsMax);
    });
    const opening = openDB<Stores>(this.#name, VERSION, {
      upgrade(database) {
        for (const store of ['meta', 'values', 'manifests'] as const) database.createObjectStore(store);
      },
      blocking: () => {
        this.#givenUp = true;
        void this.close();
      },
      terminated: () => {
        this.#database = undefined; // the browser closed it (storage cleared, crash): open again
      },
    });
    // when it opens after all, nobody waits for it any more
    opening.then((database) => late && database.close()).catch(() => undefined);
    try {
      return await Promise.race([opening, timeout]);
    } catch (error) {
      throw await storageErrorOf(error, this.#name, 0);
    } finally {
      clearTimeout(timer);
    }
  }

  async #write(
    stores: StoreName[],
    bytes: number,
    durability: IDBTransactionDurability,
    step: (transaction: Write) => Promise<void>,
  ): Promise<void> {
    const database = await this.#open();
    let transaction: Write | undefined;
    try {
      transaction = database.transaction(stores, 'readwrite', { durability });
      await step(transaction);
      await transaction.done;
    } catch (error) {
      transaction?.done.catch(() => undefined); // the same failure once more
      abort(transaction);
      throw await storageErrorOf(transaction?.error ?? error, this.#name, bytes);
    }
  }
}

async function newestAttempt(transaction: Write): Promise<number> {
  return (await transaction.objectStore('meta').get('attempt')) ?? 0;
}

async function compare(transaction: Write, attempt: number): Promise<void> {
  const newest = await newestAttempt(transaction);
  if (attempt !== newest) throw storageFenced(attempt, newest);
}

/** A buffer of exactly these bytes: IndexedDB takes no shared memory, and would store a view's whole buffer. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}

function abort(transaction: Write | undefined): void {
  try {
    transaction?.abort();
  } catch {
    // it has ended already
  }
}

/** Quota and access errors of the browser as ours; anything else as it is. */
export async function storageErrorOf(error: unknown, place: string, bytes: number): Promise<unknown> {
  if (!(error instanceof DOMException)) return error;
  switch (error.name) {
    case 'QuotaExceededError':
      return storageFull({ bytes, place: `IndexedDB '${place}'`, ...(await space()) }, error);
    case 'SecurityError':
    case 'InvalidStateError':
    case 'VersionError':
    case 'UnknownError':
      return storageBlocked(
        `IndexedDB '${place}'`,
        `${error.name}: ${error.message}`,
        'allow the site to store data (private windows may forbid it), or run without checkpoints',
      );
    default:
      return error;
  }
}

async function space(): Promise<{ usedBytes?: number; quotaBytes?: number }> {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  return { ...(usage !== undefined && { usedBytes: usage }), ...(quota !== undefined && { quotaBytes: quota }) };
}

function blockedElsewhere(place: string): Error {
  return storageBlocked(
    `IndexedDB '${place}'`,
    'another tab keeps it open while it is being deleted or upgraded',
    'close other tabs of this site and start again',
  );
}

function wantedElsewhere(place: string): Error {
  return storageBlocked(
    `IndexedDB '${place}'`,
    'another tab deletes or upgrades it',
    'reload the page once the other tab is done',
  );
}

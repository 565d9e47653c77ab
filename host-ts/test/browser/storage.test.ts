// Checkpoints in IndexedDB, in a real browser: the common cases, then what only browsers do.
import { assert } from '@esm-bundle/chai';
import { databaseName, IdbCheckpointStorage, storageErrorOf } from '../../src/adapter-browser/index.ts';
import { SluiceError } from '../../src/base/index.ts';
import { STORAGE_CASES } from '../conformance/checkpoint-storage.ts';

let places = 0;
const newPlace = (): string => `test-${Date.now()}-${places++}`;

function drop(place: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(databaseName(place));
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error('not deleted'));
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('was fulfilled'),
    (reason: unknown) => reason,
  );
  return error instanceof SluiceError ? error.code : String(error);
}

describe('checkpoints in IndexedDB', () => {
  for (const { title, run } of STORAGE_CASES) {
    it(title, async () => {
      const place = newPlace();
      await run(async () => new IdbCheckpointStorage(place));
      await drop(place);
    });
  }

  it('a database that is being deleted elsewhere is CHECKPOINT_STORAGE_BLOCKED', async () => {
    const place = newPlace();
    const other = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(databaseName(place), 1);
      request.onsuccess = () => resolve(request.result);
    });
    const deleted = drop(place); // waits for `other`, which does not give way
    const storage = new IdbCheckpointStorage(place, { openMsMax: 50 });
    assert.equal(await codeOf(storage.lastAttempt()), 'CHECKPOINT_STORAGE_BLOCKED');
    other.close();
    await deleted;
    const later = new IdbCheckpointStorage(place);
    assert.equal(await later.lastAttempt(), 0, 'it opens once the way is free');
    await later.close();
    await storage.close();
    await drop(place);
  });

  it('gives way to a tab that deletes the database, and says so afterwards', async () => {
    const place = newPlace();
    const storage = new IdbCheckpointStorage(place);
    await storage.fence(1);
    await drop(place);
    assert.equal(await codeOf(storage.publish(1, 1, Uint8Array.of(1))), 'CHECKPOINT_STORAGE_BLOCKED');
  });

  it('a newer database is CHECKPOINT_STORAGE_BLOCKED', async () => {
    const place = newPlace();
    await new Promise<void>((resolve) => {
      const request = indexedDB.open(databaseName(place), 99);
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    assert.equal(await codeOf(new IdbCheckpointStorage(place).lastAttempt()), 'CHECKPOINT_STORAGE_BLOCKED');
    await drop(place);
  });

  it('over quota is CHECKPOINT_STORAGE_FULL with the bytes, and nothing is half written', async () => {
    const place = newPlace();
    const storage = new IdbCheckpointStorage(place);
    await storage.fence(1);
    const put = IDBObjectStore.prototype.put;
    // what browsers do: the request is made, then its transaction aborts with QuotaExceededError
    IDBObjectStore.prototype.put = function () {
      throw new DOMException('full', 'QuotaExceededError');
    };
    let error: unknown;
    try {
      await storage.putValue(1, 'v', new Uint8Array(4321));
    } catch (reason) {
      error = reason;
    } finally {
      IDBObjectStore.prototype.put = put;
    }
    assert.instanceOf(error, SluiceError);
    assert.equal(error.code, 'CHECKPOINT_STORAGE_FULL');
    assert.equal(error.context['bytes'], 4321);
    assert.match(error.message, /4321 B.*free space/);
    assert.deepEqual(await storage.valueNames(), []);
    await storage.putValue(1, 'v', Uint8Array.of(1));
    await storage.close();
    await drop(place);
  });

  it('forbidden storage is CHECKPOINT_STORAGE_BLOCKED', async () => {
    const error = await storageErrorOf(new DOMException('denied', 'SecurityError'), 'x', 0);
    assert.equal((error as SluiceError).code, 'CHECKPOINT_STORAGE_BLOCKED');
  });
});

/**
 * Checkpoints in the SQLite of the coordinator's object.
 *
 *   checkpoint_meta      one row: the newest attempt
 *   checkpoint_value     name → number of parts; checkpoint_epoch: epoch → number of parts
 *   checkpoint_part      kind, name or epoch, part → at most SQLITE_ROW_BYTES
 *
 * Comparing the attempt and writing are one transaction. A publication waits until everything is durable, the values
 * before it included: writes of one object are durable in order.
 */
import {
  manifestMissing,
  sameBytes,
  storageFenced,
  valueDiffers,
  valueMissing,
} from '../../host-ts/src/checkpoint/index.ts';
import type { CheckpointStorage } from '../../host-ts/src/checkpoint/index.ts';
import { SQLITE_ROW_BYTES } from './limits.ts';
import { blobOf, bytesOf, textOf } from './sqlite.ts';
import type { Sqlite, SqlValue } from './sqlite.ts';

const TABLES = [
  'CREATE TABLE IF NOT EXISTS checkpoint_meta (id INTEGER PRIMARY KEY CHECK (id = 1), attempt INTEGER NOT NULL)',
  'CREATE TABLE IF NOT EXISTS checkpoint_value (name TEXT PRIMARY KEY, first INTEGER NOT NULL, parts INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS checkpoint_epoch (epoch INTEGER PRIMARY KEY, first INTEGER NOT NULL, parts INTEGER NOT NULL, bytes INTEGER NOT NULL)',
  'CREATE TABLE IF NOT EXISTS checkpoint_part (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)',
];

/** Where the parts of a value or manifest lie: `parts` rows from `first`. */
interface Parts {
  readonly first: number;
  readonly parts: number;
  readonly bytes: number;
}

export class SqliteCheckpointStorage implements CheckpointStorage {
  readonly #storage: Sqlite;

  constructor(storage: Sqlite) {
    this.#storage = storage;
    for (const table of TABLES) storage.sql.exec(table);
  }

  async fence(attempt: number): Promise<void> {
    this.#storage.transactionSync(() => {
      const newest = this.#attempt();
      if (attempt <= newest) throw storageFenced(attempt, newest);
      this.#rows('INSERT OR REPLACE INTO checkpoint_meta (id, attempt) VALUES (1, ?)', attempt);
    });
    await this.#storage.sync();
  }

  async lastAttempt(): Promise<number> {
    return this.#attempt();
  }

  async putValue(attempt: number, name: string, bytes: Uint8Array): Promise<void> {
    this.#storage.transactionSync(() => {
      this.#compare(attempt);
      const old = this.#find('checkpoint_value', 'name', name);
      if (old !== undefined) {
        if (!sameBytes(this.#read(old), bytes)) throw valueDiffers(name, old.bytes, bytes.length);
        return;
      }
      const { first, parts } = this.#write(bytes);
      this.#rows(
        'INSERT INTO checkpoint_value (name, first, parts, bytes) VALUES (?, ?, ?, ?)',
        name,
        first,
        parts,
        bytes.length,
      );
    });
  }

  async getValue(name: string): Promise<Uint8Array> {
    const found = this.#find('checkpoint_value', 'name', name);
    if (found === undefined) throw valueMissing(name);
    return this.#read(found);
  }

  async getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    const found = this.#find('checkpoint_value', 'name', name);
    if (found === undefined) throw valueMissing(name);
    return this.#readPart(found, at, Math.min(at + bytes, found.bytes));
  }

  async publish(attempt: number, epoch: number, manifest: Uint8Array): Promise<void> {
    this.#storage.transactionSync(() => {
      this.#compare(attempt);
      this.#forget('checkpoint_epoch', 'epoch', epoch);
      const { first, parts } = this.#write(manifest);
      this.#rows(
        'INSERT INTO checkpoint_epoch (epoch, first, parts, bytes) VALUES (?, ?, ?, ?)',
        epoch,
        first,
        parts,
        manifest.length,
      );
    });
    await this.#storage.sync();
  }

  async epochs(): Promise<readonly number[]> {
    return this.#rows('SELECT epoch FROM checkpoint_epoch ORDER BY epoch').map((row) => Number(row['epoch']));
  }

  async manifest(epoch: number): Promise<Uint8Array> {
    const found = this.#find('checkpoint_epoch', 'epoch', epoch);
    if (found === undefined) throw manifestMissing(epoch);
    return this.#read(found);
  }

  async release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    this.#storage.transactionSync(() => {
      this.#compare(attempt);
      for (const epoch of epochs) this.#forget('checkpoint_epoch', 'epoch', epoch);
      for (const value of values) this.#forget('checkpoint_value', 'name', value);
    });
  }

  async valueNames(): Promise<readonly string[]> {
    return this.#rows('SELECT name FROM checkpoint_value').map((row) => textOf(row['name']));
  }

  async close(): Promise<void> {
    // the object's storage is open as long as the object lives
  }

  #rows(query: string, ...bindings: (SqlValue | ArrayBufferView)[]): Record<string, SqlValue>[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }

  #attempt(): number {
    return Number(this.#rows('SELECT attempt FROM checkpoint_meta')[0]?.['attempt'] ?? 0);
  }

  #compare(attempt: number): void {
    const newest = this.#attempt();
    if (attempt !== newest) throw storageFenced(attempt, newest);
  }

  #find(table: 'checkpoint_value' | 'checkpoint_epoch', column: 'name' | 'epoch', key: SqlValue): Parts | undefined {
    const row = this.#rows(`SELECT first, parts, bytes FROM ${table} WHERE ${column} = ?`, key)[0];
    return row && { first: Number(row['first']), parts: Number(row['parts']), bytes: Number(row['bytes']) };
  }

  #forget(table: 'checkpoint_value' | 'checkpoint_epoch', column: 'name' | 'epoch', key: SqlValue): void {
    const found = this.#find(table, column, key);
    if (found === undefined) return;
    this.#rows('DELETE FROM checkpoint_part WHERE id >= ? AND id < ?', found.first, found.first + found.parts);
    this.#rows(`DELETE FROM ${table} WHERE ${column} = ?`, key);
  }

  #write(bytes: Uint8Array): { readonly first: number; readonly parts: number } {
    const first = Number(this.#rows('SELECT coalesce(max(id), 0) + 1 AS next FROM checkpoint_part')[0]?.['next']);
    const parts = Math.ceil(bytes.length / SQLITE_ROW_BYTES);
    for (let part = 0; part < parts; part++) {
      const at = part * SQLITE_ROW_BYTES;
      const piece = blobOf(bytes.subarray(at, at + SQLITE_ROW_BYTES));
      this.#rows('INSERT INTO checkpoint_part (id, bytes) VALUES (?, ?)', first + part, piece);
    }
    return { first, parts };
  }

  /** Bytes [at, end): of each row of SQLite only what is wanted comes to this side. */
  #readPart(parts: Parts, at: number, end: number): Uint8Array {
    if (end > at && Math.floor(at / SQLITE_ROW_BYTES) === Math.floor((end - 1) / SQLITE_ROW_BYTES)) {
      return this.#readInRow(parts, at, end);
    }
    const part = new Uint8Array(Math.max(0, end - at));
    for (let from = at; from < end;) {
      const to = Math.min(end, (Math.floor(from / SQLITE_ROW_BYTES) + 1) * SQLITE_ROW_BYTES);
      part.set(this.#readInRow(parts, from, to), from - at);
      from = to;
    }
    return part;
  }

  #readInRow({ first }: Parts, at: number, end: number): Uint8Array {
    const row = Math.floor(at / SQLITE_ROW_BYTES);
    const [found] = this.#rows(
      'SELECT substr(bytes, ?, ?) AS bytes FROM checkpoint_part WHERE id = ?',
      at - row * SQLITE_ROW_BYTES + 1,
      end - at,
      first + row,
    );
    return bytesOf(found?.['bytes']);
  }

  #read({ first, parts, bytes }: Parts): Uint8Array {
    const whole = new Uint8Array(bytes);
    let at = 0;
    for (let part = 0; part < parts; part++) {
      const piece = bytesOf(this.#rows('SELECT bytes FROM checkpoint_part WHERE id = ?', first + part)[0]?.['bytes']);
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

// Node's SQLite with the face of an object's storage, for tests of stores outside workerd.
import { DatabaseSync } from 'node:sqlite';
import type { Sqlite, SqlValue } from '../src/sqlite.ts';

export function nodeSqlite(): Sqlite {
  const database = new DatabaseSync(':memory:');
  let depth = 0;
  return {
    sql: {
      exec(query, ...bindings) {
        const values = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
        const rows = database.prepare(query).all(...(values as (string | number | null | Uint8Array)[]));
        const plain = (value: unknown): SqlValue =>
          value instanceof Uint8Array ? new Uint8Array(value).buffer : (value as SqlValue);
        return {
          toArray: () =>
            rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]))),
        };
      },
    },
    transactionSync(step) {
      const name = `s${depth++}`;
      database.exec(`SAVEPOINT ${name}`);
      try {
        return step();
      } catch (error) {
        database.exec(`ROLLBACK TO ${name}`);
        throw error;
      } finally {
        database.exec(`RELEASE ${name}`);
        depth--;
      }
    },
    sync: async () => undefined,
  };
}

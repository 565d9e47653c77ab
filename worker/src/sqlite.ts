/** What is used of an object's storage: SQL, transactions, and a wait until everything written is durable. */

export type SqlValue = ArrayBuffer | string | number | null;

export interface Sqlite {
  readonly sql: {
    exec(query: string, ...bindings: (SqlValue | ArrayBufferView)[]): { toArray(): Record<string, SqlValue>[] };
  };
  transactionSync<Result>(step: () => Result): Result;
  sync(): Promise<void>;
}

/** Bytes as SQLite takes them: of private memory, and no more than the view shows. */
export function blobOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

export function textOf(value: SqlValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('not a text');
  return value;
}

export function bytesOf(value: SqlValue | undefined): Uint8Array {
  if (!(value instanceof ArrayBuffer)) throw new TypeError('not a blob');
  return new Uint8Array(value);
}

/**
 * The slot's half of `env.table`: gathers the rows of an epoch in columns, and at the barrier sorts them by key and
 * encodes them as segments. Of rows with the same key the later one stays.
 */
import type { Schema } from '../schema/index.ts';
import { columnIndex } from '../schema/index.ts';
import { encodeSegments, RowStore, tableSchema } from '../table/index.ts';
import type { PreparedSink, Sink } from './sink.ts';

export class TableSink implements Sink {
  readonly #name: string;
  readonly #schema: Schema;
  readonly #key: readonly number[];
  readonly #sources: readonly number[];
  #store: RowStore;

  /** `rows`: the schema of the frames; `key`: the table's key columns. */
  constructor(name: string, rows: Schema, key: readonly string[]) {
    this.#name = name;
    this.#schema = tableSchema(rows, key);
    this.#key = key.map((_, index) => index);
    this.#sources = Object.keys(this.#schema).map((column) => columnIndex(rows, column));
    this.#store = new RowStore(this.#schema, this.#key);
  }

  push(frame: Uint8Array): void {
    this.#store.append(frame, this.#sources);
  }

  prepare(): PreparedSink {
    const store = this.#store;
    this.#store = new RowStore(this.#schema, this.#key);
    store.sort();
    return { values: [...encodeSegments(store)], table: this.#name, prepared: null };
  }

  close(): void {
    this.#store = new RowStore(this.#schema, this.#key);
  }
}

/**
 * Print, callback and collect: the slot forwards frames as they come, the coordinator's side shows, calls or keeps
 * the rows. At least once: after a recovery the rows since the restored epoch come again.
 */
import { COLLECT_ROWS_MAX } from '../base/index.ts';
import type { Schema } from '../schema/index.ts';
import { RowStore, tableJson } from '../table/index.ts';
import type { TableRow } from '../table/index.ts';
import { callbackThrew, collectFull } from './errors.ts';
import { NOTHING_PREPARED } from './sink.ts';
import type { PreparedSink, Sink } from './sink.ts';

/** The slot's half. */
export class ForwardSink implements Sink {
  readonly #forward: (frame: Uint8Array<ArrayBuffer>) => void;

  /** `forward` gets a copy of its own of every frame. */
  constructor(forward: (frame: Uint8Array<ArrayBuffer>) => void) {
    this.#forward = forward;
  }

  push(frame: Uint8Array): void {
    this.#forward(frame.slice());
  }

  prepare(): PreparedSink {
    return NOTHING_PREPARED;
  }

  close(): void {}
}

/** The coordinator's half of one sink. */
export interface RowsReceiver {
  /** A frame that a slot forwarded. */
  receive(frame: Uint8Array): void;
}

/** Each row as one line of JSON behind the prefix. */
export class PrintReceiver implements RowsReceiver {
  readonly #schema: Schema;
  readonly #prefix: string;
  readonly #write: (line: string) => void;

  constructor(schema: Schema, prefix: string, write: (line: string) => void) {
    this.#schema = schema;
    this.#prefix = prefix === '' ? '' : `${prefix} `;
    this.#write = write;
  }

  receive(frame: Uint8Array): void {
    for (const text of tableJson({ schema: this.#schema, frames: [frame] })) {
      for (const line of text.split('\n')) if (line !== '') this.#write(this.#prefix + line);
    }
  }
}

/** Calls the user's function with every row; throws CALLBACK_THREW with what it throws. */
export class CallbackReceiver implements RowsReceiver {
  readonly #schema: Schema;
  readonly #callback: (row: TableRow) => void;

  constructor(schema: Schema, callback: (row: TableRow) => void) {
    this.#schema = schema;
    this.#callback = callback;
  }

  receive(frame: Uint8Array): void {
    const store = new RowStore(this.#schema, []);
    store.append(frame);
    for (let row = 0; row < store.rows; row++) this.#call(store.row(row));
  }

  #call(row: TableRow): void {
    try {
      this.#callback(row);
    } catch (cause) {
      throw callbackThrew(row, cause);
    }
  }
}

/** Keeps the rows; throws COLLECT_FULL beyond COLLECT_ROWS_MAX. */
export class CollectReceiver implements RowsReceiver {
  readonly #name: string;
  readonly #store: RowStore;

  constructor(schema: Schema, name: string) {
    this.#name = name;
    this.#store = new RowStore(schema, []);
  }

  receive(frame: Uint8Array): void {
    this.#store.append(frame);
    if (this.#store.rows > COLLECT_ROWS_MAX) throw collectFull(this.#name, this.#store.rows);
  }

  rows(): readonly TableRow[] {
    return Array.from({ length: this.#store.rows }, (_, row) => this.#store.row(row));
  }
}

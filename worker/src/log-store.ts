/**
 * One partition of an input's log in SQLite: raw bytes of whole rows by offset, and what each producer last sent.
 *
 *   log_meta       one row: id, format, ended, and base: where a log stands that was trimmed to its end
 *   log_segment    offset → at most SQLITE_ROW_BYTES
 *   log_producer   id → epoch, sequence
 *
 * A body and its producer's mark are written in one transaction, so that a body sent again after a lost answer is
 * noticed: the same sequence is a duplicate, an older epoch is fenced, a hole is refused.
 */
import { logEnded, logFormatDiffers, logFull, logTrimmed, producerFenced, producerGap } from './errors.ts';
import { LOG_BYTES_MAX, RPC_BYTES_MAX, SQLITE_ROW_BYTES } from './limits.ts';
import { sameFormat } from './log-format.ts';
import type { LogDescription, LogFormat, ProducerMark } from './log-format.ts';
import { blobOf, bytesOf, textOf } from './sqlite.ts';
import type { Sqlite, SqlValue } from './sqlite.ts';

const TABLES = [
  'CREATE TABLE IF NOT EXISTS log_meta (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, format TEXT, ended INTEGER NOT NULL, base INTEGER NOT NULL)',
  'CREATE TABLE IF NOT EXISTS log_segment (at INTEGER PRIMARY KEY, length INTEGER NOT NULL, bytes BLOB NOT NULL)',
  'CREATE TABLE IF NOT EXISTS log_producer (id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID',
];

export interface LogAppend {
  readonly format: LogFormat;
  readonly rows: Uint8Array;
  /** Without one nothing is known of repetitions. */
  readonly producer: ProducerMark | undefined;
}

export interface LogStoreOptions {
  readonly bytesMax?: number;
}

export class LogStore {
  readonly #storage: Sqlite;
  readonly #bytesMax: number;
  #from = 0;
  #to = 0;

  constructor(storage: Sqlite, newId: () => string, options: LogStoreOptions = {}) {
    this.#storage = storage;
    this.#bytesMax = options.bytesMax ?? LOG_BYTES_MAX;
    for (const table of TABLES) storage.sql.exec(table);
    this.#rows('INSERT OR IGNORE INTO log_meta (one, id, format, ended, base) VALUES (1, ?, NULL, 0, 0)', newId());
    this.#measure();
  }

  describe(): LogDescription {
    const [meta] = this.#rows('SELECT id, format, ended FROM log_meta');
    const format = meta?.['format'];
    return {
      id: textOf(meta?.['id']),
      format: typeof format === 'string' ? (JSON.parse(format) as LogFormat) : null,
      from: this.#from,
      to: this.#to,
      ended: meta?.['ended'] === 1,
    };
  }

  /** Stores the rows unless the producer's mark says that they are here already; durable after `sync`. */
  append({ format, rows, producer }: LogAppend): 'stored' | 'duplicate' {
    return this.#storage.transactionSync(() => {
      if (producer !== undefined && this.#isDuplicate(producer)) return 'duplicate';
      const log = this.describe();
      if (log.ended) throw logEnded(log.to);
      if (log.format !== null && !sameFormat(log.format, format)) throw logFormatDiffers(log.format, format);
      const held = this.#to - this.#from;
      if (held + rows.length > this.#bytesMax) throw logFull(held, rows.length, this.#bytesMax);
      if (log.format === null) this.#rows('UPDATE log_meta SET format = ?', JSON.stringify(format));
      if (producer !== undefined) this.#mark(producer);
      this.#store(rows);
      return 'stored';
    });
  }

  end(): void {
    this.#rows('UPDATE log_meta SET ended = 1');
  }

  /** Bytes from `offset`, about `bytesMax` at most; empty at the end. Throws LOG_TRIMMED. */
  read(offset: number, bytesMax: number = RPC_BYTES_MAX): Uint8Array {
    if (offset < this.#from) throw logTrimmed(offset, this.#from);
    if (offset >= this.#to) return new Uint8Array(0);
    const pieces: Uint8Array[] = [];
    let at = offset;
    while (at < this.#to && at - offset < bytesMax) {
      const [row] = this.#rows('SELECT at, bytes FROM log_segment WHERE at <= ? ORDER BY at DESC LIMIT 1', at);
      const skipped = at - Number(row?.['at']);
      const piece = bytesOf(row?.['bytes']).subarray(skipped, skipped + bytesMax - (at - offset));
      pieces.push(piece);
      at += piece.length;
    }
    const whole = new Uint8Array(at - offset);
    let filled = 0;
    for (const piece of pieces) {
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole;
  }

  /** Forgets the segments of the log `id` that lie wholly before `offset`; of a newer one nothing. */
  trim(id: string, offset: number): void {
    this.#storage.transactionSync(() => {
      if (this.describe().id !== id) return;
      this.#rows('DELETE FROM log_segment WHERE at + length <= ?', offset);
      this.#rows('UPDATE log_meta SET base = ?', this.#to);
    });
    this.#measure();
  }

  /** A new, empty log: its readers' checkpoints do not fit it any more. */
  reset(newId: () => string): void {
    this.#storage.transactionSync(() => {
      for (const table of ['log_segment', 'log_producer']) this.#rows(`DELETE FROM ${table}`);
      this.#rows('UPDATE log_meta SET id = ?, format = NULL, ended = 0, base = 0', newId());
    });
    this.#measure();
  }

  #measure(): void {
    const [meta] = this.#rows('SELECT base FROM log_meta');
    const [first] = this.#rows('SELECT at FROM log_segment ORDER BY at LIMIT 1');
    const [last] = this.#rows('SELECT at + length AS behind FROM log_segment ORDER BY at DESC LIMIT 1');
    this.#to = Number(last?.['behind'] ?? meta?.['base']);
    this.#from = Number(first?.['at'] ?? this.#to);
  }

  #isDuplicate({ id, epoch, sequence }: ProducerMark): boolean {
    const [last] = this.#rows('SELECT epoch, sequence FROM log_producer WHERE id = ?', id);
    const lastEpoch = Number(last?.['epoch'] ?? -1);
    if (epoch < lastEpoch) throw producerFenced(id, epoch, lastEpoch);
    const expected = epoch > lastEpoch ? 0 : Number(last?.['sequence']) + 1;
    if (sequence > expected) throw producerGap(id, sequence, expected);
    return sequence < expected;
  }

  #mark({ id, epoch, sequence }: ProducerMark): void {
    this.#rows('INSERT OR REPLACE INTO log_producer (id, epoch, sequence) VALUES (?, ?, ?)', id, epoch, sequence);
  }

  #store(rows: Uint8Array): void {
    let to = this.#to;
    for (let at = 0; at < rows.length; at += SQLITE_ROW_BYTES) {
      const piece = blobOf(rows.subarray(at, at + SQLITE_ROW_BYTES));
      this.#rows('INSERT INTO log_segment (at, length, bytes) VALUES (?, ?, ?)', to, piece.byteLength, piece);
      to += piece.byteLength;
    }
    this.#to = to; // nothing below can fail: the transaction commits
  }

  #rows(query: string, ...bindings: (SqlValue | ArrayBufferView)[]): Record<string, SqlValue>[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }
}

// The log's store: offsets, segments, the producers' protocol, its bound, trimming, and what a body becomes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSqlite } from '../test/node-sqlite.ts';
import { SQLITE_ROW_BYTES } from './limits.ts';
import { formatOfContentType, storedForm } from './log-format.ts';
import { LogStore } from './log-store.ts';
import type { LogStoreOptions } from './log-store.ts';

const NDJSON = { kind: 'ndjson' } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (of: Uint8Array): string => new TextDecoder().decode(of);

let ids = 0;
const newId = (): string => `id-${++ids}`;
const store = (options?: LogStoreOptions): LogStore => new LogStore(nodeSqlite(), newId, options);
const append = (log: LogStore, rows: Uint8Array, producer?: { id: string; epoch: number; sequence: number }) =>
  log.append({ format: NDJSON, rows, producer });

test('what was appended is read from any offset, across segments', () => {
  const log = store();
  const rows = Uint8Array.from({ length: 2 * SQLITE_ROW_BYTES + 777 }, (_, at) => (at * 31) & 255);
  append(log, rows.subarray(0, 10));
  append(log, rows.subarray(10));
  assert.equal(log.describe().to, rows.length);
  for (const offset of [0, 1, 9, 10, 11, SQLITE_ROW_BYTES + 9, SQLITE_ROW_BYTES + 10, rows.length - 1]) {
    assert.deepEqual(log.read(offset, 1000), rows.slice(offset, offset + 1000), `from ${offset}`);
  }
  assert.deepEqual(log.read(0, rows.length), rows);
  assert.equal(log.read(rows.length).length, 0);
});

test('a log opened again goes on', () => {
  const storage = nodeSqlite();
  const first = new LogStore(storage, newId);
  append(first, bytes('{}\n'), { id: 'p', epoch: 0, sequence: 0 });
  const again = new LogStore(storage, newId);
  assert.deepEqual(again.describe(), first.describe());
  assert.equal(append(again, bytes('{}\n'), { id: 'p', epoch: 0, sequence: 0 }), 'duplicate');
  assert.equal(append(again, bytes('{"a":1}\n'), { id: 'p', epoch: 0, sequence: 1 }), 'stored');
  assert.equal(text(again.read(0)), '{}\n{"a":1}\n');
});

test('producers: duplicates, fences and holes', () => {
  const log = store();
  const send = (id: string, epoch: number, sequence: number): string =>
    append(log, bytes('1\n'), { id, epoch, sequence });
  assert.throws(() => send('a', 0, 1), { code: 'PRODUCER_GAP' });
  assert.equal(send('a', 0, 0), 'stored');
  assert.equal(send('a', 0, 0), 'duplicate');
  assert.equal(send('b', 5, 0), 'stored');
  assert.equal(send('a', 0, 1), 'stored');
  assert.throws(() => send('a', 0, 3), { code: 'PRODUCER_GAP' });
  assert.throws(() => send('a', 1, 1), { code: 'PRODUCER_GAP' });
  assert.equal(send('a', 1, 0), 'stored');
  assert.throws(() => send('a', 0, 2), { code: 'PRODUCER_FENCED' });
  assert.equal(log.describe().to, 2 * 4);
});

test('a refused body leaves no mark: the same number is accepted later', () => {
  const log = store({ bytesMax: 8 });
  append(log, bytes('1234\n'), { id: 'p', epoch: 0, sequence: 0 });
  const second = { id: 'p', epoch: 0, sequence: 1 };
  assert.throws(() => append(log, bytes('5678\n'), second), { code: 'LOG_FULL' });
  log.trim(log.describe().id, 5);
  assert.equal(append(log, bytes('5678\n'), second), 'stored');
});

test('trimming forgets whole segments only, and reading behind it says so', () => {
  const log = store();
  for (const row of ['aaaa\n', 'bbbb\n', 'cccc\n']) append(log, bytes(row));
  log.trim(log.describe().id, 7);
  assert.deepEqual([log.describe().from, log.describe().to], [5, 15]);
  assert.throws(() => log.read(0), { code: 'LOG_TRIMMED' });
  assert.equal(text(log.read(5)), 'bbbb\ncccc\n');
  log.trim(log.describe().id, 15);
  assert.deepEqual([log.describe().from, log.describe().to], [15, 15]);
  append(log, bytes('dddd\n'));
  assert.equal(text(log.read(15)), 'dddd\n');
});

test('a log that began anew keeps its rows, whatever a reader of the old one no longer needs', () => {
  const log = store();
  append(log, bytes('old\n'));
  const { id } = log.describe();
  log.reset(newId);
  append(log, bytes('new\n'));
  log.trim(id, 4);
  assert.equal(text(log.read(0)), 'new\n');
});

test('an emptied log goes on where it was, also when it is opened again', () => {
  const storage = nodeSqlite();
  const log = new LogStore(storage, newId);
  append(log, bytes('aaaa\n'));
  log.trim(log.describe().id, 5);
  const again = new LogStore(storage, newId);
  assert.equal(again.describe().to, 5);
  append(again, bytes('bbbb\n'));
  assert.equal(text(again.read(5)), 'bbbb\n');
});

test('an ended log takes nothing; a reset one is new', () => {
  const log = store();
  append(log, bytes('1\n'));
  const { id } = log.describe();
  log.end();
  assert.throws(() => append(log, bytes('2\n')), { code: 'LOG_ENDED' });
  log.reset(newId);
  assert.notEqual(log.describe().id, id);
  assert.deepEqual({ ...log.describe(), id: '' }, { id: '', format: null, from: 0, to: 0, ended: false });
  assert.equal(
    log.append({ format: { kind: 'csv', header: null }, rows: bytes('1\n'), producer: undefined }),
    'stored',
  );
  assert.throws(() => append(log, bytes('{}\n')), { code: 'LOG_FORMAT_DIFFERS' });
});

test('bodies: the header line is kept apart, the last line is ended', () => {
  const form = (type: string, body: string): readonly unknown[] => {
    const { format, rows } = storedForm(bytes(body), formatOfContentType(type));
    return [format, text(rows)];
  };
  assert.deepEqual(form('text/csv', 'a,b\r\n1,2'), [{ kind: 'csv', header: 'a,b\n' }, '1,2\n']);
  assert.deepEqual(form('text/csv; charset=utf-8; header=absent', '1,2\n'), [{ kind: 'csv', header: null }, '1,2\n']);
  assert.deepEqual(form('text/csv', 'a,b'), [{ kind: 'csv', header: 'a,b\n' }, '']);
  assert.deepEqual(form('application/x-ndjson', '{"a":1}'), [{ kind: 'ndjson' }, '{"a":1}\n']);
  assert.throws(() => formatOfContentType('application/json'), { code: 'CONTENT_TYPE_UNSUPPORTED' });
  assert.throws(() => formatOfContentType(null), { code: 'CONTENT_TYPE_UNSUPPORTED' });
});

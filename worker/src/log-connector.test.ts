// Reading a partition's log: rows as they come, and a log that begins anew under the reader.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NdjsonDecoder } from '../../host-ts/src/formats/index.ts';
import { i64 } from '../../host-ts/src/schema/index.ts';
import { sharedEngine } from '../../host-ts/test/formats/decode-text.ts';
import { LogReader } from './log-connector.ts';
import { LogStore } from './log-store.ts';
import { outcomeOf } from './outcome.ts';
import { nodeSqlite } from '../test/node-sqlite.ts';

let ids = 0;
const newId = (): string => `log-${++ids}`;

/** A log whose reads wait for a change, as the object's do. */
function logOf(store: LogStore) {
  let changed = (): void => undefined;
  return {
    append(rows: string): void {
      store.append({ format: { kind: 'ndjson' }, rows: new TextEncoder().encode(rows), producer: undefined });
      changed();
    },
    reset: () => store.reset(newId),
    read: (offset: number) =>
      outcomeOf(async () => {
        if (store.read(offset).length === 0) await new Promise<void>((resolve) => (changed = resolve));
        return { log: store.describe(), bytes: store.read(offset) };
      }),
  };
}

function readerOf(log: ReturnType<typeof logOf>, id: string): LogReader {
  return new LogReader({
    log,
    id,
    name: "the log of input 'clicks' (partition 0)",
    start: undefined,
    decoderOf: (_, at) =>
      new NdjsonDecoder(sharedEngine, { inputName: 'clicks', schema: { n: i64() }, ...(at && { position: at }) }),
  });
}

test('a log that begins anew while it is read is refused: other rows lie at its offsets', async () => {
  const store = new LogStore(nodeSqlite(), newId);
  const log = logOf(store);
  log.append('{"n":1}\n');
  const reader = readerOf(log, store.describe().id);
  await reader.ready();
  assert.deepEqual(rowsOf(reader), [1, 'wait']);
  log.reset();
  log.append('{"n":2}\n{"n":3}\n');
  await assert.rejects(reader.ready(), { code: 'INPUT_CHANGED', kind: 'user', message: /clicks.*partition 0/ });
  reader.close();
});

test('a reader that goes on reads the log of its run, or none', async () => {
  const store = new LogStore(nodeSqlite(), newId);
  const log = logOf(store);
  log.append('{"n":1}\n');
  const reader = readerOf(log, 'another log');
  await assert.rejects(reader.ready(), { code: 'INPUT_CHANGED' });
  reader.close();
});

/** How many rows come until something else does, and what. */
function rowsOf(reader: LogReader): [number, string] {
  for (let rows = 0; ;) {
    const polled = reader.poll(4096);
    if (polled.kind !== 'frame') return [rows, polled.kind];
    rows += polled.rows;
  }
}

// A table's rows as an answer: read at the client's pace, let go when it has gone, and broken off with a reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRows, random, StoredTable } from '../../host-ts/test/table/stored-tables.ts';
import { ManualTime } from '../../host-ts/test/coordinator/manual-time.ts';
import { ANSWER_IDLE_MS_MAX } from './limits.ts';
import { rowJson, tableAnswer } from './table-answers.ts';

const ROWS = 60_000;
const ATTEMPT = 1;

/** Many more bytes than a chunk of text or a window of blocks has. */
function large(): StoredTable {
  const stored = new StoredTable({ viewBytesMax: 0 });
  stored.disk.attempt = ATTEMPT;
  stored.commit(1, [makeRows(ROWS, random(1)).map((row, at) => ({ ...row, city: `city ${at}`, at }))]);
  return stored;
}

function answerOf(stored: StoredTable, query = '', time = new ManualTime(), bodyless = false): Promise<Response> {
  return tableAnswer(stored.table, { parameters: new URLSearchParams(query), bodyless }, time.timers);
}

/** Releases all segments; how many are kept for readers. */
async function keptAfterRelease({ held, table }: StoredTable): Promise<number> {
  await held.release(
    ATTEMPT,
    [],
    table.segments.map(({ value }) => value),
  );
  return held.asideCount;
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('all rows, as lines; nothing is fetched for a client that waits', async () => {
  const stored = large();
  const answer = await answerOf(stored);
  const storedBytes = stored.table.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  await turns();
  const waiting = stored.values.fetchedBytes;
  assert.ok(waiting < storedBytes / 4, `${waiting} of ${storedBytes} B`);
  await turns();
  assert.equal(stored.values.fetchedBytes, waiting);
  const { schema } = stored.table;
  assert.equal(
    await answer.text(),
    stored
      .expected()
      .map((row) => rowJson(schema, row))
      .join(''),
  );
  assert.equal(await keptAfterRelease(stored), 0);
});

test('a client that leaves lets go, also before it has read anything', async () => {
  for (const reads of [0, 1]) {
    const stored = large();
    const reader = (await answerOf(stored)).body!.getReader();
    for (let read = 0; read < reads; read++) await reader.read();
    assert.ok((await keptAfterRelease(stored)) > 0);
    await reader.cancel();
    assert.equal(stored.held.asideCount, 0);
    assert.equal(stored.disk.values.size, 0);
  }
});

test('a client that takes nothing for too long is given up; one that takes a little is not', async () => {
  const stored = large();
  const time = new ManualTime();
  const reader = (await answerOf(stored, '', time)).body!.getReader();
  for (let read = 0; read < 3; read++) {
    await reader.read();
    await turns();
    time.pass(ANSWER_IDLE_MS_MAX - 1);
  }
  assert.ok((await keptAfterRelease(stored)) > 0);
  time.pass(1);
  await turns();
  assert.equal(stored.held.asideCount, 0);
  await assert.rejects(
    (async () => {
      for (;;) await reader.read();
    })(),
    { code: 'ANSWER_STALLED', message: new RegExp(`'cities'.*${ANSWER_IDLE_MS_MAX} ms`) },
  );
});

test('damage at the beginning is the answer, damage further on breaks it off', async () => {
  const stored = large();
  const { table, disk } = stored;
  disk.values.delete(table.segments.at(-1)!.value);
  const answer = await answerOf(stored);
  await assert.rejects(answer.text(), { code: 'CHECKPOINT_VALUE_MISSING' });
  disk.values.delete(table.segments[0]!.value);
  await assert.rejects(answerOf(stored), { code: 'CHECKPOINT_VALUE_MISSING' });
  assert.equal(await keptAfterRelease(stored), 0);
});

test('a head has no rows and holds nothing; what is asked wrongly is refused', async () => {
  const stored = large();
  const head = await answerOf(stored, '', new ManualTime(), true);
  assert.equal(head.body, null);
  assert.equal(await keptAfterRelease(stored), 0);
  for (const [query, code] of [
    ['after=x', 'PARAMETER_INVALID'],
    ['after=["a"]', 'TABLE_KEY_INVALID'],
    ['limit=-1', 'PARAMETER_INVALID'],
    ['offset=1.5', 'PARAMETER_INVALID'],
  ] as const) {
    await assert.rejects(answerOf(stored, query), { code }, query);
  }
});

// What is wrong with an input, seen from outside: the code, the values, the place in the input, the remedy.
//
// Every error of the list that the project promises, and where its test is:
//   truncated and corrupt parquet             here; byte by byte in src/connectors/parquet.test.ts
//   unknown column, type mismatch             here; in expressions src/plan/plan-builder.test.ts, src/expr/check.test.ts
//   input changed between run and resume      here; test/recovery/checkpoints.test.ts; while it is read: src/platform/byte-sources.test.ts
//   CSV: missing field, unclosed quote, 10 MB here; every border in test/formats, src/formats
//   NDJSON that is not JSON: fail, skip       here
//   engine out of memory                      ./runs.test.ts; single calls test/engine/engine.test.ts
//   ABI version mismatch                      test/engine/engine.test.ts (ABI_MISMATCH)
//   IndexedDB blocked or over quota           test/browser/storage.test.ts; a folder: src/adapter-node/file-checkpoint-storage.test.ts, ./runs.test.ts
//   a slot that dies                          ./runs.test.ts; recovered from: test/recovery, test/golden/graphs.test.ts
//   no job in the module, another graph       ./runs.test.ts; src/cli/run-command.test.ts, src/adapter-node/job-module.test.ts
//   a closure that throws                     ./runs.test.ts; src/slot/closure-stage.test.ts
//   damaged or foreign checkpoints            test/recovery/checkpoints.test.ts
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { startJob } from '../../src/adapter-node/index.ts';
import type { StartOptions } from '../../src/adapter-node/index.ts';
import { input, job } from '../../src/api/index.ts';
import { SluiceError } from '../../src/base/index.ts';
import { csv, ndjson, parquet } from '../../src/connectors/index.ts';
import type { InputBinding } from '../../src/connectors/index.ts';
import { i64, utf8 } from '../../src/schema/index.ts';
import { makeParquet } from '../connectors/make-parquet.ts';

const orders = job('orders', (env) =>
  env.source(input('orders', { id: i64(), who: utf8() })).sink(env.table('orders', { key: ['id'] })),
);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the job fails with, at its start or later. */
async function failure(binding: InputBinding, options: StartOptions = {}): Promise<SluiceError> {
  try {
    await (
      await startJob(orders, { parallelism: 1, inputs: { orders: binding }, ...options })
    ).done;
  } catch (error) {
    assert.ok(error instanceof SluiceError, String(error));
    return error;
  }
  throw new Error('the job finished');
}

interface Expected {
  readonly code: string;
  readonly message: RegExp;
  readonly context: Readonly<Record<string, unknown>>;
}

function isError(error: SluiceError, { code, message, context }: Expected): void {
  assert.equal(error.code, code, error.message);
  assert.equal(error.kind, 'user');
  assert.match(error.message, message);
  assert.ok(error.hint.length > 10 && error.message.endsWith(error.hint), 'the remedy is part of the message');
  const found = Object.fromEntries(Object.keys(context).map((key) => [key, error.context[key]]));
  assert.deepEqual(found, context);
  assert.equal(error.context['job'], 'orders');
}

const ids = Array.from({ length: 100 }, (_, id) => BigInt(id));
const names = ids.map((id) => `user ${id}`);
const file = makeParquet(
  [
    { name: 'id', type: 2, values: ids },
    { name: 'who', type: 6, converted: 0, values: names },
  ],
  50,
);

function cut(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.slice(0, length);
}

/** The file with the bytes of its first page destroyed: its footer is whole. */
function corrupt(): Uint8Array {
  const bytes = file.slice();
  bytes.fill(0xff, 4, 40);
  return bytes;
}

const RECORD = 'x'.repeat(10 << 20);

const CASES: Readonly<Record<string, { readonly binding: InputBinding } & Expected>> = {
  'a parquet file that was cut off': {
    binding: parquet(cut(file, file.length - 20)),
    code: 'PARQUET_TRUNCATED',
    message: /input 'orders'.*copy or download it again$/,
    context: { input: 'orders' },
  },
  'a parquet file with a destroyed page': {
    binding: parquet(corrupt()),
    code: 'PARQUET_CORRUPT',
    message: /input 'orders', row group 0, column 'id': /,
    context: { input: 'orders', rowGroup: 0, column: 'id' },
  },
  'bytes that are no parquet file': {
    binding: parquet(encode('id,who\n1,ann\n'.repeat(10))),
    code: 'PARQUET_CORRUPT',
    message: /input 'orders': /,
    context: { input: 'orders' },
  },
  'a parquet file without a column': {
    binding: parquet(makeParquet([{ name: 'id', type: 2, values: ids }])),
    code: 'UNKNOWN_COLUMN',
    message: /has no column 'who'; it has id; correct the name/,
    context: { input: 'orders', column: 'who' },
  },
  'a parquet column of another type': {
    binding: parquet(
      makeParquet([
        { name: 'id', type: 6, converted: 0, values: names },
        { name: 'who', type: 6, converted: 0, values: names },
      ]),
    ),
    code: 'TYPE_MISMATCH',
    message: /column 'id' is .* and cannot be read as i64/,
    context: { input: 'orders', column: 'id', wanted: 'i64' },
  },
  'a CSV file without a column': {
    binding: csv(encode('id,whom\n1,ann\n')),
    code: 'CSV_COLUMN_MISSING',
    message: /has no column 'who'; its header is .*whom/,
    context: { input: 'orders', column: 'who' },
  },
  'a CSV row with a missing field': {
    binding: csv(encode('id,who\n1,ann\n2\n3,eve\n')),
    code: 'CSV_FIELD_MISSING',
    message: /input 'orders', line 3, byte \d+: the record ends before the field of column 'who'/,
    context: { line: 3, column: 'who' },
  },
  'a CSV field of another type': {
    binding: csv(encode('id,who\n1,ann\ntwo,bob\n')),
    code: 'VALUE_TYPE_MISMATCH',
    message: /line 3, byte 13: column 'id' takes i64, found .*two/,
    context: { line: 3, column: 'id' },
  },
  'a CSV quote that is not closed': {
    binding: csv(encode('id,who\n1,ann\n2,"bob\n3,eve\n')),
    code: 'CSV_QUOTE_UNCLOSED',
    message: /line 3, byte \d+: a quoted field is not closed/,
    context: { line: 3 },
  },
  'a CSV line of 10 MB': {
    binding: csv(encode(`id,who\n1,ann\n2,${RECORD}\n3,eve\n`)),
    code: 'LINE_TOO_LONG',
    message: /line 3, byte \d+: the record is longer than \d+ B; check the line ends/,
    context: { line: 3 },
  },
  'an NDJSON line of 10 MB': {
    binding: ndjson(encode(`{"id":1,"who":"ann"}\n{"id":2,"who":"${RECORD}"}\n`)),
    code: 'LINE_TOO_LONG',
    message: /line 2, byte \d+: the record is longer than \d+ B/,
    context: { line: 2 },
  },
  'an NDJSON line that is not JSON': {
    binding: ndjson(encode('{"id":1,"who":"ann"}\n{"id":2,\n')),
    code: 'NDJSON_INVALID',
    message: /line 2, byte \d+: the line is not one JSON object.*badLines: 'skip'/,
    context: { line: 2 },
  },
  'an NDJSON value of another type': {
    binding: ndjson(encode('{"id":"one","who":"ann"}\n')),
    code: 'VALUE_TYPE_MISMATCH',
    message: /line 1, byte \d+: column 'id' takes i64/,
    context: { line: 1, column: 'id' },
  },
  'bytes that are not UTF-8': {
    binding: csv(Uint8Array.from([...encode('id,who\n1,'), 0xc3, 0x28, 10])),
    code: 'NOT_UTF8',
    message: /line 2, byte \d+: column 'who' holds bytes that are not UTF-8/,
    context: { line: 2, column: 'who' },
  },
  'a file that is not there': {
    binding: csv({ path: '/nowhere/orders.csv' }),
    code: 'INPUT_NOT_FOUND',
    message: /\/nowhere\/orders\.csv does not exist/,
    context: {},
  },
};

for (const [what, { binding, ...expected }] of Object.entries(CASES)) {
  test(`${what} is ${expected.code}`, async () => isError(await failure(binding), expected));
}

test('an input that is not bound is INPUT_NOT_BOUND', async () => {
  await assert.rejects(startJob(orders, { parallelism: 1 }), {
    code: 'INPUT_NOT_BOUND',
    message: /reads input 'orders'.*--input orders=PATH/,
  });
});

test("NDJSON lines that are not JSON are skipped with badLines: 'skip', and counted in the metrics", async () => {
  const lines = Array.from({ length: 3_000 }, (_, id) =>
    id % 10 === 7 ? `{"id":${id},` : `{"id":${id},"who":"user ${id}"}`,
  );
  const binding = ndjson(encode(`${lines.join('\n')}\n`), { badLines: 'skip', splitBytes: 8_192 });
  for (const parallelism of [1, 3]) {
    const handle = await startJob(orders, { parallelism, inputs: { orders: binding } });
    const { status, metrics } = await handle.done;
    assert.equal(await handle.table('orders').rowCount(), 2_700);
    assert.equal(status.rowsRead, 2_700);
    assert.equal(
      metrics.subtasks.reduce((sum, subtask) => sum + subtask.skippedRows, 0),
      300,
    );
  }
});

test('a file that has grown between run and resume is INPUT_CHANGED, with what it was and is', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-errors-'));
  try {
    const data = path.join(folder, 'orders.ndjson');
    const checkpoints = path.join(folder, 'checkpoints');
    const line = (id: number): string => `{"id":${id},"who":"user ${id}"}\n`;
    await writeFile(data, Array.from({ length: 200_000 }, (_, id) => line(id)).join(''));
    const options: StartOptions = { parallelism: 1, checkpoints };
    const binding = ndjson({ path: data });
    // paused, so that it is certain that the job has not ended when it is stopped
    const first = await startJob(orders, { ...options, paused: true, inputs: { orders: binding } });
    assert.equal(await first.stop(), 1);
    assert.equal((await first.status()).phase, 'cancelled');
    await appendFile(data, line(200_000));
    const error = await failure(binding, { ...options, resume: true });
    isError(error, {
      code: 'INPUT_CHANGED',
      message: /was .*, is .*; restore the old input, or start afresh/,
      context: { input: 'orders' },
    });
    assert.notEqual(error.context['was'], error.context['is']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

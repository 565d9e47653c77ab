/** Tables on a pipe: a frame is asked for when the lines of the one before it have been taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../../test/golden/public-names.ts';
import { buildJob } from '../api/index.ts';
import type { JobHandle } from '../api/index.ts';
import { input, job } from '../entry/index.ts';
import { gate } from '../../test/coordinator/stage.ts';
import { makeRows, random, SCHEMA, storeOf } from '../../test/table/stored-tables.ts';
import { encodeRows } from '../table/index.ts';
import { printTablesAsJson } from './print-tables.ts';

const FRAMES = 20;

function jobOf(asked: { frames: number; ended: boolean }): JobHandle {
  const store = storeOf(SCHEMA, [0, 1], makeRows(2_000, random(3)));
  const frame = encodeRows(store, 0, store.rows);
  const { graph } = buildJob(
    job('pipe', (env) => env.source(input('rows', SCHEMA)).sink(env.table('t', { key: ['city', 'at'] }))),
  );
  const columns = Object.entries(SCHEMA).map(([name, { type }]) => ({ name, type }));
  return {
    graph: async () => graph,
    table: () => ({
      columns: async () => columns,
      async *read() {
        try {
          for (; asked.frames < FRAMES; asked.frames++) yield frame;
        } finally {
          asked.ended = true;
        }
      },
    }),
  } as unknown as JobHandle;
}

test('a full pipe holds up the reading, and a broken one ends it', async () => {
  const asked = { frames: 0, ended: false };
  const full = gate();
  let chunks = 0;
  const printing = printTablesAsJson(jobOf(asked), () => {
    chunks++;
    return full.passed;
  });
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(chunks, 1);
  assert.ok(asked.frames <= 1, `${asked.frames} frames were asked for`);
  full.open();
  await printing;
  assert.equal(asked.frames, FRAMES);
  const broken = { frames: 0, ended: false };
  await assert.rejects(
    printTablesAsJson(jobOf(broken), () => Promise.reject(new Error('nobody reads'))),
    /nobody reads/,
  );
  assert.ok(broken.ended && broken.frames <= 1);
});

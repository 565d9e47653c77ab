// An input that stays silent: with `idleAfter` the windows of the others close without it and it may come back; without
// it they wait. Once it has spoken and ended, the answer is the same either way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startJob } from '../../src/adapter-node/index.ts';
import type { JobHandle } from '../../src/api/index.ts';
import { count, input, job, minutes, seconds, tumble } from '../../src/api/index.ts';
import type { JobDefinition } from '../../src/api/index.ts';
import { ndjson } from '../../src/connectors/index.ts';
import { timestamp, utf8 } from '../../src/schema/index.ts';

const MINUTE_MS = 60_000;
const schema = { time: timestamp(), user: utf8() };
/** Three minutes of one input; the silent one speaks of the fourth. */
const busy = Array.from({ length: 300 }, (_, id) => ({ time: id * 600, user: `user ${id % 3}` }));
const late = Array.from({ length: 10 }, (_, id) => ({ time: 3 * MINUTE_MS + id * 1_000, user: 'late riser' }));

function silentJob(idleAfter: number | undefined): JobDefinition {
  return job('silent', (env) => {
    const options = { column: 'time', outOfOrder: seconds(1), ...(idleAfter !== undefined && { idleAfter }) } as const;
    const source = (name: string) => env.source(input(name, schema)).watermarks(options);
    source('busy')
      .union(source('silent'))
      .keyBy('user')
      .window(tumble(minutes(1)))
      .aggregate({ n: count() })
      .sink(env.table('counts', { key: ['window_start', 'user'] }));
  });
}

/** Two streams, one of which is silent: `say` gives rows to one of them, `end` ends both. */
interface Started {
  readonly handle: JobHandle;
  say(name: 'busy' | 'silent', list: readonly Click[]): void;
  end(): void;
}

interface Click {
  readonly time: number;
  readonly user: string;
}

async function started(idleAfter: number | undefined): Promise<Started> {
  const controllers: Record<string, ReadableStreamDefaultController<Uint8Array>> = {};
  const stream = (name: string): ReadableStream<Uint8Array> =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controllers[name] = controller;
      },
    });
  const inputs = { busy: ndjson(stream('busy')), silent: ndjson(stream('silent')) };
  const handle = await startJob(silentJob(idleAfter), { parallelism: 2, inputs, batchRows: 32 });
  const encode = (list: readonly Click[]): Uint8Array =>
    new TextEncoder().encode(list.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return {
    handle,
    say: (name, list) => controllers[name]?.enqueue(encode(list)),
    end: () => Object.values(controllers).forEach((controller) => controller.close()),
  };
}

async function hasExpectedTable(handle: JobHandle, said: readonly Click[]): Promise<void> {
  const { status } = await handle.done;
  assert.equal(status.phase, 'finished');
  const found = await handle.table('counts').scan();
  const model = new Map<string, bigint>();
  for (const { time, user } of said) {
    const key = `${String(Math.floor(time / MINUTE_MS) * MINUTE_MS).padStart(9)} ${user}`;
    model.set(key, (model.get(key) ?? 0n) + 1n);
  }
  const keyed = found.map((row) => [`${String(row['window_start']).padStart(9)} ${String(row['user'])}`, row['n']]);
  assert.deepEqual(
    keyed,
    [...model].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

test('windows close without a silent input when it may be idle', async () => {
  const { handle, say, end } = await started(20);
  const table = handle.table('counts');
  say('busy', busy);
  const ticks: Click[] = [];
  while ((await table.rowCount()) < 6) {
    // two minutes are complete, the third is open; the busy one goes on, for idle as a whole nothing closes
    const tick = { time: 3 * MINUTE_MS, user: 'tick' };
    ticks.push(tick);
    say('busy', [tick]);
    await handle.checkpoint();
  }
  say('silent', late);
  end();
  await hasExpectedTable(handle, [...busy, ...ticks, ...late]);
});

test('windows wait for a silent input otherwise', async () => {
  const { handle, say, end } = await started(undefined);
  say('busy', busy);
  while ((await handle.status()).rowsRead < busy.length) await handle.checkpoint();
  await handle.checkpoint();
  assert.equal(await handle.table('counts').rowCount(), 0);
  say('silent', late);
  end();
  await hasExpectedTable(handle, [...busy, ...late]);
});

test('an input that has been idle loses nothing when it speaks, though other slots have finished', async () => {
  const { handle, say, end } = await started(10);
  const until = performance.now() + 100; // ten times as long as it takes; if it were less, the test would only say less
  while (performance.now() < until) await handle.checkpoint();
  say('busy', busy);
  end();
  await hasExpectedTable(handle, busy);
});

/** Compaction: what is merged, how it is named, one at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryCheckpointStorage } from '../checkpoint/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import { gate } from '../../test/coordinator/stage.ts';
import { Compactor } from './compactor.ts';
import type { Results } from './results.ts';

const segments = (count: number): TableSegment[] =>
  Array.from({ length: count }, (_, at) => ({ value: `v${at}`, bytes: 1_000, rows: 10, epoch: at + 1, slot: 0 }));

/** Merges by keeping the names of what was given. */
function resultsOf(wait: Promise<void> = Promise.resolve()): Results {
  const table = {
    async *compact(replaced: readonly TableSegment[]) {
      await wait;
      const bytes = new TextEncoder().encode(replaced.map(({ value }) => value).join());
      yield { bytes, rows: 7, index: { at: 0, bytes: 1, sum: 2 } };
    },
  };
  return { table: () => ({ table }) } as unknown as Results;
}

test('many small segments become one, stored before it is told, under a name of the attempt', async () => {
  const storage = new MemoryCheckpointStorage();
  await storage.fence(4);
  const compactor = new Compactor(storage, resultsOf());
  const [done, ...others] = await compactor.run(4, { many: segments(20), few: segments(3) });
  assert.equal(others.length, 0, 'few are not worth it');
  assert.equal(done?.table, 'many');
  const merged = done.merged[0]!;
  const { value, rows, epoch, bytes } = merged;
  assert.deepEqual({ value, rows, epoch }, { value: 'a4-c0', rows: 7, epoch: 20 });
  const stored = await storage.getValue(value);
  assert.equal(stored.length, bytes);
  assert.equal(new TextDecoder().decode(stored), done.replaced.map((segment) => segment.value).join());
  const again = await compactor.run(4, { many: segments(20) });
  assert.equal(again[0]?.merged[0]?.value, 'a4-c1', 'names are used once');
});

test('one at a time; after a failure the next one works', async () => {
  const storage = new MemoryCheckpointStorage();
  await storage.fence(1);
  const waiting = gate();
  const compactor = new Compactor(storage, resultsOf(waiting.passed));
  const first = compactor.run(1, { t: segments(20) });
  assert.deepEqual(await compactor.run(1, { t: segments(20) }), []);
  waiting.open();
  assert.equal((await first).length, 1);
  await storage.fence(2);
  await assert.rejects(compactor.run(1, { t: segments(20) }), { code: 'STORAGE_FENCED' });
  assert.equal((await compactor.run(2, { t: segments(20) })).length, 1);
});

test('what a failed compaction stored is removed by the next one', async () => {
  const storage = new MemoryCheckpointStorage();
  await storage.fence(1);
  const table = {
    async *compact() {
      for (const text of ['one', 'two']) {
        yield { bytes: new TextEncoder().encode(text), rows: 1, index: { at: 0, bytes: 1, sum: 2 } };
      }
    },
  };
  let fails = true;
  const put = storage.putValue.bind(storage);
  storage.putValue = async (attempt, name, bytes) => {
    await put(attempt, name, bytes);
    if (fails && name === 'a1-c1') throw new Error('the answer is lost');
  };
  const compactor = new Compactor(storage, { table: () => ({ table }) } as unknown as Results);
  await assert.rejects(compactor.run(1, { t: segments(20) }), /the answer is lost/);
  assert.deepEqual(await storage.valueNames(), ['a1-c0', 'a1-c1']);
  fails = false;
  const [done] = await compactor.run(1, { t: segments(20) });
  const merged = ['a1-c2', 'a1-c3'];
  assert.deepEqual(
    done?.merged.map(({ value }) => value),
    merged,
  );
  assert.deepEqual(await storage.valueNames(), merged);
  await compactor.run(1, {});
  assert.deepEqual(await storage.valueNames(), merged, 'what was told is not touched');
});

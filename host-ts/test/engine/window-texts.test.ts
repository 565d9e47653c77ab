/**
 * min and max of utf8: against the model, over snapshots and rescaling, with texts of 0 B to 100 KB; the bound of
 * the bytes that replaced texts leave behind; from hostile bytes, and without memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ColumnData,
  SnapshotStore,
  type TypeName,
  type Value,
  type WindowPlan,
  WindowUnderTest,
  compileEntry,
  encodeFrame,
  instantiate,
  readBatch,
  refreshChecksum,
} from './window-harness.ts';
import { WindowModel, sortedRows } from './window-model.ts';
import { GROUPS, Subtasks } from './window-subtasks.ts';

const module = compileEntry('engine-as/assembly/operators/window-harness.ts');
const MAX = 2n ** 63n - 1n;
const STATE_BYTES = 3;
const ROW_TOO_LARGE = 8;
const TYPES: TypeName[] = ['timestamp', 'i64', 'utf8', 'bool', 'utf8'];
const HOPPING: WindowPlan = {
  types: TYPES,
  keys: [1],
  time: 0,
  size: 100,
  slide: 20,
  aggregates: [
    { fn: 'min', column: 2 },
    { fn: 'max', column: 2 },
    { fn: 'max', column: 2, filter: 3 },
    { fn: 'min', column: 4 },
    { fn: 'count', column: 2 },
    { fn: 'distinct', column: 4 },
  ],
};
const TUMBLING: WindowPlan = { ...HOPPING, keys: [4], slide: 100 };
const WIDE: WindowPlan = { ...HOPPING, size: 1 << 20, slide: 1 << 20 };

const LENGTHS = [0, 1, 3, 4, 5, 11, 12, 13, 16, 40, 700, 5000];
/** Where code points and UTF-16 units are in another order, and where the first four bytes are the same. */
const MARKS = ['', 'a', 'b', '\0', 'é', '\u{e000}', '😀', '\u{ffff}', 'abcd', 'abcd\0', 'abcdé'];

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

function textOf(random: (below: number) => number, longest: number): Value {
  if (random(10) === 0) return null;
  const mark = (): string => MARKS[random(MARKS.length)] ?? '';
  const length = random(60) === 0 ? random(longest) : (LENGTHS[random(LENGTHS.length)] ?? 0);
  return random(2) === 0 ? mark() + mark() : `${mark()}${'x'.repeat(length)}${mark()}`;
}

interface Feed {
  readonly rows: Value[][];
  readonly frame: Uint8Array;
}

function frameOf(rows: readonly Value[][], dictionary = false): Uint8Array {
  const columns: ColumnData[] = TYPES.map((type, c) => ({ type, values: rows.map((r) => r[c] ?? null), dictionary }));
  return encodeFrame(columns, { timed: 0 });
}

function feed(random: (below: number) => number, step: number, count: number, keys: number, longest = 5000): Feed {
  const rows = Array.from({ length: count }, () => {
    const key = BigInt(random(keys));
    const flag = random(7) === 0 ? null : random(3) === 0;
    return [BigInt(step * 40 + random(60)), key, textOf(random, longest), flag, textOf(random, 40)] as Value[];
  });
  return { rows, frame: frameOf(rows, step % 2 === 1) };
}

for (const [name, plan] of Object.entries({ hopping: HOPPING, tumbling: TUMBLING })) {
  for (const keys of [3, 800]) {
    test(`${name} windows, ${keys} keys, restored at 2 → 3 → 1 → 2 subtasks`, () => {
      const random = randomOf(keys);
      const model = new WindowModel(plan);
      let job = new Subtasks(module, plan, 2);
      let out = 0;
      [3, 1, 2, 1].forEach((next, round) => {
        for (let step = round * 4; step < round * 4 + 4; step++) {
          const some = feed(random, step, 250, keys, 100_000);
          job.push(some);
          model.push(some.rows);
          const watermark = BigInt(step * 40 - 1);
          const rows = job.watermark(watermark);
          out += rows.length;
          assert.deepEqual(sortedRows(rows), sortedRows(model.watermark(watermark)), `step ${step}`);
          if (step % 2 === 0) job.snapshot();
        }
        const records = job.snapshot();
        const before = job;
        job = new Subtasks(
          module,
          plan,
          next,
          records.toSorted(() => random(3) - 1),
        );
        for (const window of before.windows) window.free();
      });
      assert.deepEqual(sortedRows(job.watermark(MAX)), sortedRows(model.watermark(MAX)));
      assert.ok(out > 60, `${out} rows`);
      for (const window of job.windows) assert.equal(window.counter(STATE_BYTES), 0, 'windows give their logs back');
    });
  }
}

/** Rows of one key each, the text growing (the greatest is replaced by every row) or shrinking. */
function push(window: WindowUnderTest, rows: readonly (readonly [key: number, text: string])[]): void {
  const frame = frameOf(rows.map(([key, text]) => [5n, BigInt(key), text, true, null] as Value[]));
  assert.equal(window.push(frame), 0);
}

test('what replaced texts leave behind is bounded', () => {
  const plan: WindowPlan = { ...WIDE, aggregates: [{ fn: 'max', column: 2 }] };
  const window = new WindowUnderTest(instantiate(module), plan);
  const text = (i: number, bytes: number): string => String(i).padStart(8, '0').padEnd(bytes, 'z');
  for (const keys of [1, 500]) {
    for (const bytes of [13, 200, 3000]) {
      let most = 0;
      for (let round = 0; round < 4000 / bytes + 12; round++) {
        const i = bytes * 10_000 + round;
        for (let from = 0; from < keys; from += 100) {
          const some = Array.from({ length: Math.min(keys, 100) }, (_, k) => [from + k, text(i, bytes)] as const);
          push(window, some);
        }
        most = Math.max(most, window.counter(STATE_BYTES));
      }
      // entries of 40 B at most four times, logs by the bound of text-values.ts in pages of log.ts
      const bound = 4 * keys * 40 + 4096 + 2.1 * (2 * keys * bytes + 16 * keys + 4096) + 4096;
      assert.ok(most <= bound, `${most} B of pages for ${keys} texts of ${bytes} B, at most ${bound}`);
    }
  }
  // texts that stand in their slots leave nothing of the long ones
  push(
    window,
    Array.from({ length: 500 }, (_, key) => [key, '~'] as const),
  );
  assert.ok(window.counter(STATE_BYTES) <= 4 * 500 * 40 + 4096 + 2.1 * (16 * 500 + 4096) + 4096);
  const rows = window.watermark(MAX);
  assert.equal(rows.length, 500);
  assert.ok(rows.every((row) => row[3] === '~'));
});

test('a snapshot holds the texts as of its barrier while they are replaced and moved', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = randomOf(seed);
    const window = new WindowUnderTest(instantiate(module), WIDE);
    const model = new WindowModel(WIDE);
    const store = new SnapshotStore();
    const replace = (round: number): void => {
      const texts = Array.from({ length: 60 }, (_, key) => [key, '\u{10ffff}'.repeat(100 + 40 * round)] as const);
      push(window, texts);
    };
    for (let step = 0; step < 4; step++) {
      const some = feed(random, step, 300, 60, 20_000);
      window.push(some.frame);
      model.push(some.rows);
      if (step === 1) store.add(window.snapshot());
    }
    window.snapshotBegin();
    const records = window.snapshotNext();
    for (let round = 0; round < 6; round++) {
      replace(round);
      records.push(...window.snapshotNext());
    }
    records.push(...window.drainSnapshot());
    store.add(records);
    const restored = new WindowUnderTest(instantiate(module), WIDE);
    assert.equal(restored.restore(store.records(), 0, GROUPS), 0);
    assert.deepEqual(sortedRows(restored.watermark(MAX)), sortedRows(model.watermark(MAX)), `seed ${seed}`);
    // what was written after the barrier is in the next snapshot, on top of this one
    replace(6);
    store.add(window.snapshot());
    const again = new WindowUnderTest(instantiate(module), WIDE);
    assert.equal(again.restore(store.records(), 0, GROUPS), 0);
    assert.deepEqual(sortedRows(again.watermark(MAX)), sortedRows(window.watermark(MAX)), `seed ${seed}, next`);
  }
});

test('moving texts writes pages that a snapshot has frozen, or has written', () => {
  const plan: WindowPlan = { ...WIDE, aggregates: [{ fn: 'max', column: 2 }] };
  const window = new WindowUnderTest(instantiate(module), plan);
  const store = new SnapshotStore();
  const texts = Array.from({ length: 600 }, (_, key) => `text of the key ${key}`);
  // one key's texts, each longer than the one before, until they have made all others move
  const moveAll = (): void => {
    const before = window.counter(STATE_BYTES);
    let most = before;
    for (let round = 0; window.counter(STATE_BYTES) >= most; round++) {
      most = window.counter(STATE_BYTES);
      texts[0] = `u${texts[0]}`.padEnd(3000, 'u');
      push(window, [[0, texts[0]]]);
      assert.ok(round < 1000, 'nothing moved');
    }
  };
  const restored = (): Value[] => {
    const again = new WindowUnderTest(instantiate(module), plan);
    assert.equal(again.restore(store.records(), 0, GROUPS), 0);
    return again
      .watermark(MAX)
      .toSorted((a, b) => Number(a[0]) - Number(b[0]))
      .map((row) => row[3] ?? null);
  };
  push(
    window,
    texts.map((text, key) => [key, text] as const),
  );
  window.snapshotBegin();
  const atBarrier = [...texts];
  moveAll();
  store.add(window.drainSnapshot());
  assert.deepEqual(restored(), atBarrier, 'frozen pages are as of the barrier');
  store.add(window.snapshot());
  assert.deepEqual(restored(), texts);
  // every page is clean now
  moveAll();
  store.add(window.snapshot());
  assert.deepEqual(restored(), texts, 'clean pages are written again');
});

test('hostile records give errors, never a trap', () => {
  const random = randomOf(79);
  const source = new WindowUnderTest(instantiate(module), HOPPING);
  source.push(feed(random, 0, 40, 20, 60_000).frame);
  const records = source.snapshot();
  const users = records.filter((r) => r[4] === 2);
  let refused = 0;
  let passed = 0;
  for (let round = 0; round < 800; round++) {
    const e = instantiate(module, 48 << 20);
    const window = new WindowUnderTest(e, HOPPING);
    const hurt = records.map((record) => record.slice());
    const victim = hurt[records.indexOf(users[random(users.length)] as Uint8Array)] as Uint8Array;
    const view = new DataView(victim.buffer);
    for (let i = random(3); i >= 0; i--) {
      // words of headers and of the first entries: lengths, ids, offsets, counts
      const at = 64 + 4 * random(Math.min(120, (victim.length - 64) >> 2));
      const was = view.getUint32(at, true);
      const values = [0, 1, was + 1, was - 1, 12, 13, 64, 65_535, 524_288, 0xffff_fffe, 0xffff_ffff, random(2 ** 32)];
      view.setUint32(at, values[random(values.length)] ?? 0, true);
    }
    refreshChecksum(window, victim);
    const from = random(2) === 0 ? 0 : random(GROUPS);
    if (window.restore(hurt, from, GROUPS) === 0) {
      passed++;
      // the texts are compared, replaced, merged and emitted
      window.push(feed(random, 0, 40, 20).frame);
      e.windowWatermark(window.op, MAX);
      assert.ok(e.drain(window.op) >= 0 || e.errorCode() !== 0);
    } else {
      refused++;
      assert.ok([1, 9].includes(e.errorCode()), `error ${e.errorCode()}`);
    }
    window.free();
    assert.equal(e.memoryUsed() < 8 << 20, true, 'a restore that failed leaves nothing behind');
  }
  assert.ok(refused > 100 && passed > 50, `${refused} refused, ${passed} passed`);
});

test('long texts leave in batches of bounded size', () => {
  const e = instantiate(module);
  const window = new WindowUnderTest(e, { ...WIDE, aggregates: [{ fn: 'max', column: 2 }] });
  for (let key = 0; key < 60; key++) push(window, [[key, 'y'.repeat(100_000)]]);
  assert.ok(window.counter(STATE_BYTES) <= 1.1 * 60 * 100_000, `${window.counter(STATE_BYTES)} B of pages`);
  e.windowWatermark(window.op, MAX);
  let seen = 0;
  for (let batch = e.next(window.op); batch !== 0; batch = e.next(window.op)) {
    const some = readBatch(e, batch);
    assert.ok(some.length <= 11, `${some.length} rows of 100 KB`);
    seen += some.length;
  }
  assert.equal(seen, 60);
});

test('a text larger than a row may be is an error; the largest restores', () => {
  const longest = 'v'.repeat(512 << 10);
  const window = new WindowUnderTest(instantiate(module), { ...WIDE, aggregates: [{ fn: 'max', column: 2 }] });
  push(window, [[1, longest]]);
  const again = new WindowUnderTest(instantiate(module), { ...WIDE, aggregates: [{ fn: 'max', column: 2 }] });
  assert.equal(again.restore(window.snapshot(), 0, GROUPS), 0);
  assert.ok(again.watermark(MAX)[0]?.[3] === longest);
  assert.equal(window.push(frameOf([[5n, 1n, `${longest}v`, true, null]])), -1);
  assert.equal(window.e.errorCode(), ROW_TOO_LARGE);
});

test('without memory, also in the middle of moving texts, it is an error and all of it is given back', () => {
  for (let limit = 5 << 20; limit < 8 << 20; limit += 300_000) {
    const e = instantiate(module, limit);
    const before = e.memoryUsed();
    const window = new WindowUnderTest(e, { ...WIDE, aggregates: [{ fn: 'max', column: 2 }] });
    let status = 0;
    for (let round = 0; status === 0 && round < 4000; round++) {
      const key = BigInt(round % (round < 3000 ? 37 : 200));
      const text = String(round)
        .padStart(8, '0')
        .padEnd(20_000 + 10 * round, 'w');
      status = window.push(frameOf([[5n, key, text, true, null] as Value[]]));
    }
    assert.equal(status, -1);
    assert.equal(e.errorCode(), 1);
    window.free();
    assert.ok(e.memoryUsed() - before < 1 << 20, `${e.memoryUsed() - before} B stay`);
  }
});

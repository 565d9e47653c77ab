/**
 * Snapshots of windows: restored at other parallelisms, taken while rows go on, incremental, from
 * hostile bytes, and under a memory limit.
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
  refreshChecksum,
} from './window-harness.ts';
import { WindowModel, sortedRows } from './window-model.ts';
import { GROUPS, Subtasks } from './window-subtasks.ts';

const module = compileEntry('engine-as/assembly/operators/window-harness.ts');
const MAX = 2n ** 63n - 1n;
const TYPES: TypeName[] = ['timestamp', 'utf8', 'i64', 'i64'];
const PLAN: WindowPlan = {
  types: TYPES,
  keys: [1, 2],
  time: 0,
  size: 100,
  slide: 20,
  aggregates: [
    { fn: 'count', column: -1 },
    { fn: 'sum', column: 3 },
    { fn: 'distinct', column: 3 },
    { fn: 'distinct', column: 1 },
  ],
};
const WITH_EXTREMES: WindowPlan = { ...PLAN, aggregates: [...PLAN.aggregates, { fn: 'min', column: 3 }] };

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

interface Feed {
  readonly rows: Value[][];
  readonly frame: Uint8Array;
}

function feed(random: (below: number) => number, step: number, count: number, keys: number): Feed {
  const rows = Array.from({ length: count }, () => {
    const key = random(keys);
    const text = key % 7 === 0 ? null : key % 3 === 0 ? `ein längerer Schlüssel ${key}` : `k${key}`;
    return [BigInt(step * 40 + random(60)), text, BigInt(key % 50), BigInt(random(20))] as Value[];
  });
  const columns: ColumnData[] = TYPES.map((type, c) => ({ type, values: rows.map((row) => row[c] ?? null) }));
  return { rows, frame: encodeFrame(columns, { timed: 0 }) };
}

for (const [name, plan] of Object.entries({ running: PLAN, merged: WITH_EXTREMES })) {
  for (const keys of [20, 3000]) {
    test(`restored at 1 → 2 → 3 → 1 subtasks, ${name}, ${keys} keys`, () => {
      const random = randomOf(keys);
      const model = new WindowModel(plan);
      let job = new Subtasks(module, plan, 1);
      let out = 0;
      [1, 2, 3, 1].forEach((count, round) => {
        for (let step = round * 4; step < round * 4 + 4; step++) {
          const some = feed(random, step, 300, keys);
          job.push(some);
          model.push(some.rows);
          const watermark = BigInt(step * 40 - 1);
          const rows = job.watermark(watermark);
          out += rows.length;
          assert.deepEqual(sortedRows(rows), sortedRows(model.watermark(watermark)), `step ${step}`);
          if (step % 2 === 0) job.snapshot();
        }
        assert.equal(job.windows.length, count);
        job = new Subtasks(module, plan, [2, 3, 1, 2][round] ?? 1, job.snapshot());
      });
      assert.deepEqual(sortedRows(job.watermark(MAX)), sortedRows(model.watermark(MAX)));
      assert.ok(out > 500);
    });
  }
}

test('a snapshot is as of its barrier while rows and windows go on', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = randomOf(seed);
    const window = new WindowUnderTest(instantiate(module), PLAN);
    const twin = new WindowUnderTest(instantiate(module), PLAN);
    const store = new SnapshotStore();
    for (let step = 0; step < 6; step++) {
      const { frame } = feed(random, step, 2000, 2500);
      window.push(frame);
      twin.push(frame);
      window.watermark(BigInt(step * 40 - 1));
      twin.watermark(BigInt(step * 40 - 1));
      if (step === 2) store.add(window.snapshot());
    }
    window.snapshotBegin();
    const records: Uint8Array[] = [];
    let drained = 0;
    for (let step = 6; step < 12; step++) {
      // the same keys are written again, new ones split pages, windows close and free pages
      window.push(feed(random, step - 1, 2000, 4000).frame);
      window.watermark(BigInt(step * 40 - 1));
      const some = window.snapshotNext();
      drained += some.length;
      records.push(...some);
    }
    records.push(...window.drainSnapshot());
    assert.ok(drained > 0 && records.length > 10);
    store.add(records);
    const restored = new WindowUnderTest(instantiate(module), PLAN);
    assert.equal(restored.restore(store.records(), 0, GROUPS), 0);
    assert.deepEqual(sortedRows(restored.watermark(MAX)), sortedRows(twin.watermark(MAX)), `seed ${seed}`);
    // what was written after the barrier is in the next snapshot, on top of this one
    store.add(window.snapshot());
    const again = new WindowUnderTest(instantiate(module), PLAN);
    assert.equal(again.restore(store.records(), 0, GROUPS), 0);
    assert.deepEqual(sortedRows(again.watermark(MAX)), sortedRows(window.watermark(MAX)), `seed ${seed}, next`);
  }
});

test('a snapshot after a snapshot writes only what changed', () => {
  const random = randomOf(9);
  const window = new WindowUnderTest(instantiate(module), { ...PLAN, size: 1000, slide: 1000 });
  window.push(feed(random, 1, 3000, 3000).frame);
  const full = window.snapshot().filter((r) => r[4] === 2);
  assert.equal(window.snapshot().filter((r) => r[4] === 2).length, 0);
  window.push(feed(random, 1, 1, 3000).frame);
  const few = window.snapshot().filter((r) => r[4] === 2);
  assert.ok(few.length >= 1 && few.length <= 3 && full.length > 6, `${few.length} of ${full.length}`);
  window.e.windowSnapshotDiscard(window.op);
  assert.ok(window.snapshot().filter((r) => r[4] === 2).length >= full.length);
});

test('hostile records give errors, never a trap', () => {
  const random = randomOf(77);
  const source = new WindowUnderTest(instantiate(module), PLAN);
  for (let step = 0; step < 3; step++) source.push(feed(random, step, 400, 300).frame);
  const records = source.snapshot();
  let refused = 0;
  for (let round = 0; round < 1500; round++) {
    const e = instantiate(module, 64 << 20);
    const window = new WindowUnderTest(e, PLAN);
    const hurt = records.map((record) => record.slice());
    const victim = hurt[random(hurt.length)] ?? new Uint8Array(64);
    const changes = 1 + random(4);
    for (let i = 0; i < changes; i++) {
      // headers are where most of the meaning is
      const at = random(3) === 0 ? random(victim.length) : 64 + random(Math.min(200, victim.length - 64));
      victim[at] = random(2) === 0 ? random(256) : 255;
    }
    if (round % 4 !== 0) refreshChecksum(window, victim);
    const from = random(GROUPS);
    const to = from + random(GROUPS - from + 1);
    const status = window.restore(hurt, round % 2 === 0 ? 0 : from, round % 2 === 0 ? GROUPS : to);
    assert.ok(status === 0 || status === -1);
    if (status !== 0) {
      refused++;
      assert.ok([1, 9].includes(e.errorCode()), `error ${e.errorCode()}`);
      continue;
    }
    e.windowWatermark(window.op, MAX);
    const rows = e.drain(window.op);
    assert.ok(rows >= 0 || e.errorCode() !== 0);
  }
  assert.ok(refused > 300, `${refused} refused`);
});

test('cut off and foreign records are refused', () => {
  const source = new WindowUnderTest(instantiate(module), PLAN);
  source.push(feed(randomOf(5), 0, 100, 50).frame);
  const records = source.snapshot();
  const code = (plan: WindowPlan, changed: readonly Uint8Array[]): number => {
    const window = new WindowUnderTest(instantiate(module), plan);
    return window.restore(changed, 0, GROUPS) === 0 ? 0 : window.e.errorCode();
  };
  assert.equal(code(PLAN, records), 0);
  assert.equal(
    code(
      PLAN,
      records.map((r) => r.slice(0, r.length - 32)),
    ),
    9,
  );
  assert.equal(
    code(
      PLAN,
      records.map((r) => r.slice(0, 40)),
    ),
    9,
  );
  assert.equal(
    code(
      PLAN,
      records.filter((r) => r[4] !== 1),
    ),
    9,
    'pages without META',
  );
  assert.equal(code(PLAN, [...records, ...records.filter((r) => r[4] === 2)]), 9, 'a page twice');
  assert.equal(code({ ...PLAN, slide: 50 }, records), 9, 'other windows');
  assert.equal(code({ ...PLAN, keys: [2, 1] }, records), 9, 'other keys');
});

test('out of memory is an error', () => {
  const e = instantiate(module, 8 << 20);
  const window = new WindowUnderTest(e, { ...PLAN, size: 1 << 20, slide: 1 << 20 });
  const random = randomOf(3);
  let status = 0;
  for (let step = 0; status === 0 && step < 200; step++) status = window.push(feed(random, step, 4000, 1e6).frame);
  assert.equal(status, -1);
  assert.equal(e.errorCode(), 1);
});

test('state stays within four times its payload and 4 KiB per slice and table', () => {
  const plan: WindowPlan = {
    types: ['timestamp', 'i64'],
    keys: [1],
    time: 0,
    size: 1000,
    slide: 1000,
    aggregates: [{ fn: 'count', column: -1 }],
  };
  const window = new WindowUnderTest(instantiate(module), plan);
  const payloadOf = (keys: number): number => keys * 32;
  for (let key = 0; key < 200_000; key += 500) {
    const keys = Array.from({ length: 500 }, (_, i) => BigInt(key + i) * 7919n);
    window.push(
      encodeFrame(
        [
          { type: 'timestamp', values: keys.map(() => 5n) },
          { type: 'i64', values: keys },
        ],
        { timed: 0 },
      ),
    );
    const bytes = window.counter(3);
    assert.ok(bytes <= 4 * payloadOf(key + 500) + 4096, `${bytes} bytes for ${key + 500} keys`);
  }
  assert.equal(window.counter(4), 200_000);
  assert.equal(window.watermark(999n).length, 200_000);
  assert.equal(window.counter(3), 0, 'closed windows give their pages back');
});

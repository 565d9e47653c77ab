/**
 * Distinct counts against the model: many values, texts that come and go, values made to collide, snapshots at
 * other parallelisms and of the layout before pairs, pages that are missing or hostile.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  SnapshotStore,
  type TypeName,
  type Value,
  type WindowPlan,
  WindowUnderTest,
  compileEntry,
  instantiate,
  refreshChecksum,
  splitRecords,
} from './window-harness.ts';
import { WindowModel, sortedRows } from './window-model.ts';
import { LAYOUT_2, MERGED, PLAN, feed, frameOf, randomOf } from './window-pairs-feed.ts';
import { GROUPS, Subtasks } from './window-subtasks.ts';

const module = compileEntry('engine-as/assembly/operators/window-harness.ts');
const MAX = 2n ** 63n - 1n;
const TUMBLING: WindowPlan = { ...PLAN, size: 100, slide: 100 };
const PAGE_KIND_AT = 64;
const PAGE_TABLE_AT = 68;
const PAGE_PAIRS = 3;
const PAGE_TEXTS = 4;
const kindOf = (record: Uint8Array): number => (record[4] === 2 ? (record[PAGE_KIND_AT] ?? 0) : 0);

const SHAPES = {
  'few values': { count: 400, keys: 8, values: 6, long: true },
  'a matrix of 60 × 300': { count: 400, keys: 60, values: 300, long: false },
  'more keys and values than a matrix takes': { count: 1500, keys: 900, values: 5000, long: false },
  'one key of many values': { count: 2000, keys: 1, values: 20_000, long: false },
};

for (const [name, plan] of Object.entries({ running: PLAN, merged: MERGED, tumbling: TUMBLING })) {
  for (const [what, shape] of Object.entries(SHAPES)) {
    test(`${what}, ${name}, restored at 1 → 3 → 2 → 1 subtasks`, () => {
      const random = randomOf(shape.values);
      const model = new WindowModel(plan);
      let job = new Subtasks(module, plan, 1);
      let out = 0;
      [3, 2, 1, 1].forEach((next, round) => {
        for (let step = round * 4; step < round * 4 + 4; step++) {
          const some = feed(random, step, shape);
          job.push(some);
          model.push(some.rows);
          const watermark = BigInt(step * 20 - 1);
          const rows = job.watermark(watermark);
          out += rows.length;
          assert.deepEqual(sortedRows(rows), sortedRows(model.watermark(watermark)), `step ${step}`);
          // every other snapshot is incremental, on top of the one before
          if (step % 2 === 0) job.snapshot();
        }
        const records = job.snapshot().toSorted(() => random(3) - 1);
        for (const window of job.windows) window.free();
        job = new Subtasks(module, plan, next, records);
      });
      assert.deepEqual(sortedRows(job.watermark(MAX)), sortedRows(model.watermark(MAX)));
      assert.ok(out >= 6, `${out} rows`);
      for (const window of job.windows) assert.equal(window.counter(3), 0, 'what has expired leaves nothing behind');
    });
  }
}

test('snapshots of layout version 2 are read, at any parallelism', () => {
  const bytes = gunzipSync(readFileSync(new URL('./window-layout-2.bin.gz', import.meta.url)));
  const records = splitRecords(new Uint8Array(bytes));
  assert.ok(records.every((record) => record[8] === 2));
  for (const subtasks of [1, 2, 3]) {
    const random = randomOf(LAYOUT_2.seed);
    const model = new WindowModel(PLAN);
    for (let step = 0; step < LAYOUT_2.steps; step++) {
      model.push(feed(random, step, LAYOUT_2.shape).rows);
      model.watermark(BigInt(step * 20 - 1));
    }
    let job = new Subtasks(module, PLAN, subtasks, records);
    for (let step: number = LAYOUT_2.steps; step < LAYOUT_2.steps + 3; step++) {
      const some = feed(random, step, LAYOUT_2.shape);
      job.push(some);
      model.push(some.rows);
      const watermark = BigInt(step * 20 - 1);
      const rows = job.watermark(watermark);
      assert.deepEqual(sortedRows(rows), sortedRows(model.watermark(watermark)), `step ${step}`);
      if (step === LAYOUT_2.steps) job = new Subtasks(module, PLAN, 2, job.snapshot());
    }
    assert.deepEqual(sortedRows(job.watermark(MAX)), sortedRows(model.watermark(MAX)));
  }
});

test('texts whose last slice has gone are dropped, and their ids given out again', () => {
  const types: TypeName[] = ['timestamp', 'i64', 'utf8'];
  const aggregates: WindowPlan['aggregates'] = [{ fn: 'distinct', column: 2 }];
  const plan: WindowPlan = { types, keys: [1], time: 0, size: 100, slide: 20, aggregates };
  const random = randomOf(31);
  let window = new WindowUnderTest(instantiate(module), plan);
  const model = new WindowModel(plan);
  const store = new SnapshotStore();
  const bytes: number[] = [];
  for (let step = 0; step < 120; step++) {
    // most texts are new in each step; some long ones among them, and some that never go
    const rows = Array.from({ length: 150 }, (_, i) => {
      const text = i % 10 === 0 ? `stays ${i}` : `${step * 150 + i}`.padEnd(i % 49 === 0 ? 20_000 : 20, 'z');
      return [BigInt(step * 20 + (i % 20)), BigInt(random(5)), text] as Value[];
    });
    assert.equal(window.push(frameOf(rows, step % 3 > 0, types)), 0);
    model.push(rows);
    const watermark = BigInt(step * 20 - 1);
    assert.deepEqual(sortedRows(window.watermark(watermark)), sortedRows(model.watermark(watermark)), `step ${step}`);
    bytes.push(window.counter(3));
    if (step % 3 === 0) store.add(window.snapshot());
    if (step % 30 === 29) {
      store.add(window.snapshot());
      window = new WindowUnderTest(instantiate(module), plan);
      assert.equal(window.restore(store.records(), 0, GROUPS), 0);
    }
  }
  const most = Math.max(...bytes.slice(10, 30));
  assert.ok(Math.max(...bytes) <= 1.3 * most, `${Math.max(...bytes)} bytes, ${most} in the first steps`);
  window.watermark(MAX);
  assert.equal(window.counter(3), 0);
});

const U64 = 2n ** 64n - 1n;
const MIX1 = 0x9e3779b97f4a7c15n;
const MIX2 = 0xd6e8feb86659fd93n;

function inverseOf(odd: bigint): bigint {
  let x = odd;
  for (let i = 0; i < 6; i++) x = (x * (2n - odd * x)) & U64;
  return x;
}

/** The value whose pair with key number 1 has this hash (state/pairs.ts). */
function unhash(hash: bigint): bigint {
  let x = hash ^ (hash >> 32n);
  x = (x * inverseOf(MIX1)) & U64;
  x ^= x >> 32n;
  return BigInt.asIntN(64, ((x * inverseOf(MIX2)) & U64) ^ MIX2);
}

test('values made to collide are counted, over snapshots, without a huge directory', () => {
  const types: TypeName[] = ['timestamp', 'i64', 'i64'];
  const aggregates: WindowPlan['aggregates'] = [{ fn: 'distinct', column: 2 }];
  const plan: WindowPlan = { types, keys: [1], time: 0, size: 100, slide: 50, aggregates };
  const model = new WindowModel(plan);
  let job = new Subtasks(module, plan, 1);
  const before = job.windows[0]?.e.memoryUsed() ?? 0;
  // one prefix of 40 bits, and nearly one slot
  const values = Array.from({ length: 9000 }, (_, i) => unhash((0xabcdef0123n << 24n) | BigInt(i)));
  for (let step = 0; step < 3; step++) {
    for (let from = 0; from < 9000; from += 1000) {
      const rows = values.slice(from, from + 1000).map((value) => [BigInt(step * 30), 7n, value] as Value[]);
      job.push({ frame: frameOf(rows, false, types) });
      model.push(rows);
    }
    const window = job.windows[0] as WindowUnderTest;
    const slices = step + 1;
    assert.ok(window.counter(3) <= slices * (4 * 9000 * 12 + 2 * 4096), `${window.counter(3)} B of pages`);
    assert.ok(window.e.memoryUsed() - before < slices * (2 << 20), 'with the directory');
    if (step === 0) job.snapshot();
    if (step === 1) job = new Subtasks(module, plan, 2, job.snapshot());
    if (step === 1) break;
  }
  assert.deepEqual(sortedRows(job.watermark(MAX)), sortedRows(model.watermark(MAX)));
});

test('state stays within four times its payload, of pairs and texts', () => {
  const types: TypeName[] = ['timestamp', 'i64', 'utf8', 'i64'];
  const aggregates: WindowPlan['aggregates'] = [
    { fn: 'distinct', column: 2 },
    { fn: 'distinct', column: 3 },
  ];
  const plan: WindowPlan = { types, keys: [1], time: 0, size: 1000, slide: 1000, aggregates };
  const window = new WindowUnderTest(instantiate(module), plan);
  for (let from = 0; from < 60_000; from += 400) {
    const rows = Array.from({ length: 400 }, (_, i) => {
      const number = from + i;
      return [5n, BigInt(number % 3), `value ${number}`, BigInt(number) * 7919n] as Value[];
    });
    assert.equal(window.push(frameOf(rows, false, types)), 0);
    const count = from + 400;
    // 3 entries of the main table; per row a pair of 8 B, one of 12 B and a text's entry of 40 B
    const payload = 3 * 40 + count * (8 + 12 + 40);
    assert.ok(window.counter(3) <= 4 * payload + 4 * 4096, `${window.counter(3)} bytes for ${count} rows`);
  }
  const rows = window.watermark(999n);
  assert.deepEqual(
    rows.map((row) => row.slice(-2)),
    Array.from({ length: 3 }, () => [20_000n, 20_000n]),
  );
  assert.equal(window.counter(3), 0);
});

const codeOf = (records: readonly Uint8Array[]): { code: number; check: bigint } => {
  const window = new WindowUnderTest(instantiate(module), PLAN);
  const status = window.restore(records, 0, GROUPS);
  const result = { code: status === 0 ? 0 : window.e.errorCode(), check: status === 0 ? 0n : window.e.errorValue(0) };
  window.free();
  return result;
};

test('pairs without their key or text are refused, and pairs in older versions', () => {
  const source = new WindowUnderTest(instantiate(module), PLAN);
  source.push(feed(randomOf(8), 0, { count: 100, keys: 10, values: 30, long: false }).frame);
  const records = source.snapshot();
  assert.equal(codeOf(records).code, 0);
  const isMain = (record: Uint8Array): boolean => record[4] === 2 && record[PAGE_TABLE_AT] === 0;
  assert.deepEqual(codeOf(records.filter((r) => kindOf(r) !== PAGE_TEXTS)), { code: 9, check: 21n });
  assert.deepEqual(codeOf(records.filter((r) => !isMain(r))), { code: 9, check: 21n });
  const texts = records.filter((r) => kindOf(r) === PAGE_TEXTS);
  assert.deepEqual(codeOf([...records, ...texts]), { code: 9, check: 15n });
  const old = records.map((record) => {
    const copy = record.slice();
    copy[8] = 2;
    if (copy[4] === 2) copy[PAGE_KIND_AT + 1] = 2;
    refreshChecksum(source, copy);
    return copy;
  });
  assert.deepEqual(codeOf(old), { code: 9, check: 3n });
  // entries as wide as those of the page's table, which is none of pairs: main, and texts
  for (const isVictim of [isMain, (r: Uint8Array): boolean => kindOf(r) === PAGE_TEXTS]) {
    const strange = records
      .filter(isVictim)
      .slice(0, 1)
      .map((record) => record.slice());
    for (const copy of strange) {
      const view = new DataView(copy.buffer);
      const bytes = 64 + view.getUint32(64 + 12, true) * view.getUint32(64 + 40, true);
      copy[PAGE_KIND_AT] = PAGE_PAIRS;
      view.setUint32(64 + 44, 0, true);
      view.setUint32(28, bytes, true);
      // of more key groups than this subtask has, so that pairs of unknown keys would be passed over
      view.setUint32(24, 2 * GROUPS, true);
      refreshChecksum(source, copy);
    }
    assert.equal(strange.length, 1);
    assert.deepEqual(codeOf([...records, ...strange]), { code: 9, check: 7n });
  }
});

test('hostile pages of pairs and texts give errors, never a trap', () => {
  const random = randomOf(79);
  const source = new WindowUnderTest(instantiate(module), PLAN);
  source.push(feed(random, 0, { count: 80, keys: 12, values: 40, long: true }).frame);
  const layout2 = splitRecords(
    new Uint8Array(gunzipSync(readFileSync(new URL('./window-layout-2.bin.gz', import.meta.url)))),
  );
  const isMain = (record: Uint8Array): boolean => record[4] === 2 && record[PAGE_TABLE_AT] === 0;
  let refused = 0;
  let passed = 0;
  for (let round = 0; round < 800; round++) {
    const hurt = (round % 4 === 0 ? layout2 : source.snapshot()).map((record) => record.slice());
    source.e.windowSnapshotDiscard(source.op);
    const victims = hurt.filter((r) => r[4] === 2 && (round % 4 === 0 || kindOf(r) >= PAGE_PAIRS || isMain(r)));
    const victim = victims[random(victims.length)] as Uint8Array;
    const view = new DataView(victim.buffer);
    for (let i = random(3); i >= 0; i--) {
      const at = 64 + 4 * random(Math.min(90, (victim.length - 64) >> 2));
      const was = view.getUint32(at, true);
      const wild = [0, 1, was + 1, was - 1, was ^ 1, 65_535, 1 << 26, 0xffff_ffff, random(2 ** 32)];
      view.setUint32(at, wild[random(wild.length)] ?? 0, true);
    }
    refreshChecksum(source, victim);
    const e = instantiate(module, 64 << 20);
    const window = new WindowUnderTest(e, PLAN);
    const from = random(2) === 0 ? 0 : random(GROUPS);
    if (window.restore(hurt, from, GROUPS) === 0) {
      passed++;
      e.windowWatermark(window.op, MAX);
      assert.ok(e.drain(window.op) >= 0 || e.errorCode() !== 0);
    } else {
      refused++;
      assert.ok([1, 9].includes(e.errorCode()), `error ${e.errorCode()}`);
    }
    window.free();
    assert.ok(e.memoryUsed() < 8 << 20, 'a restore that failed leaves nothing behind');
  }
  assert.ok(refused > 150 && passed > 50, `${refused} refused, ${passed} passed`);
});

test('values enter until memory is out, which is an error', () => {
  const e = instantiate(module, 10 << 20);
  const window = new WindowUnderTest(e, PLAN);
  const random = randomOf(3);
  let status = 0;
  for (let step = 0; status === 0 && step < 400; step++) {
    status = window.push(feed(random, 0, { count: 2000, keys: 5, values: 1e6, long: false }).frame);
  }
  assert.equal(status, -1);
  assert.equal(e.errorCode(), 1);
  window.free();
});

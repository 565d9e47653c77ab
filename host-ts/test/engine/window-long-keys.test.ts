/**
 * Keys that no page holds (strings of 0 … 500 KB, in logs) and keys that no split parts (one hash, one
 * prefix, in chains of pages): against the model, over snapshots and rescaling, from hostile bytes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ColumnData,
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
const TYPES: TypeName[] = ['timestamp', 'utf8', 'utf8', 'i64'];
const PLAN: WindowPlan = {
  types: TYPES,
  keys: [1, 2],
  time: 0,
  size: 100,
  slide: 20,
  aggregates: [
    { fn: 'count', column: -1 },
    { fn: 'sum', column: 3 },
    { fn: 'distinct', column: 2 },
    { fn: 'distinct', column: 1 },
  ],
};
const MERGED: WindowPlan = { ...PLAN, aggregates: [...PLAN.aggregates, { fn: 'max', column: 3 }] };
const TUMBLING: WindowPlan = { ...PLAN, keys: [1], slide: 100 };
const LENGTHS = [0, 5, 12, 13, 599, 600, 601, 5000, 9000, 15_360, 15_361, 16_320];

const PAGE_KIND_AT = 64;
const PAGE_LOG = 2;
const isLog = (record: Uint8Array): boolean => record[4] === 2 && record[PAGE_KIND_AT] === PAGE_LOG;

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

/** A text of this many bytes; texts of one length differ in the middle only, and some are not ASCII. */
function textOf(length: number, mark: number): string {
  const mid = mark % 2 === 0 ? String.fromCharCode(97 + (mark % 26)) : 'é';
  const bytes = mark % 2 === 0 ? 1 : 2;
  if (length < bytes) return 'x'.repeat(length);
  const before = (length - bytes) >> 1;
  return 'x'.repeat(before) + mid + 'x'.repeat(length - bytes - before);
}

interface Feed {
  readonly rows: Value[][];
  readonly frame: Uint8Array;
}

function frameOf(types: readonly TypeName[], rows: readonly Value[][], dictionary = false): Uint8Array {
  const columns: ColumnData[] = types.map((type, c) => ({ type, values: rows.map((r) => r[c] ?? null), dictionary }));
  return encodeFrame(columns, { timed: 0 });
}

function feed(random: (below: number) => number, step: number, count: number, longest: number): Feed {
  // a row has 512 KiB at most
  const text = (most: number): Value => {
    if (random(12) === 0) return null;
    const length = random(40) === 0 ? random(most) : (LENGTHS[random(LENGTHS.length)] ?? 0);
    return textOf(length, random(4));
  };
  const rows = Array.from(
    { length: count },
    () => [BigInt(step * 40 + random(60)), text(longest), text(24_000), BigInt(random(20))] as Value[],
  );
  return { rows, frame: frameOf(TYPES, rows, step % 2 === 1) };
}

for (const [name, plan] of Object.entries({ running: PLAN, merged: MERGED, tumbling: TUMBLING })) {
  test(`keys of 0 B to 500 KB, ${name}, restored at 2 → 3 → 1 → 2 subtasks`, () => {
    const random = randomOf(plan.aggregates.length);
    const model = new WindowModel(plan);
    // fresh subtasks number their pages alike: the union of their snapshots holds every id twice
    let job = new Subtasks(module, plan, 2);
    let longRows = 0;
    [3, 1, 2, 1].forEach((next, round) => {
      for (let step = round * 3; step < round * 3 + 3; step++) {
        const some = feed(random, step, 40, 500_000);
        job.push(some);
        model.push(some.rows);
        const watermark = BigInt(step * 40 - 1);
        const rows = job.watermark(watermark);
        longRows += rows.filter((row) => String(row[0]).length > 15_360).length;
        assert.deepEqual(sortedRows(rows), sortedRows(model.watermark(watermark)), `step ${step}`);
        if (step % 2 === 0) job.snapshot();
      }
      const records = job.snapshot();
      assert.ok(records.some(isLog));
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
    assert.ok(longRows > 20, `${longRows} rows with long keys`);
    for (const window of job.windows) assert.equal(window.counter(3), 0, 'expired windows give their logs back');
  });
}

test('a snapshot holds the log as of its barrier while strings are appended', () => {
  const random = randomOf(11);
  const window = new WindowUnderTest(instantiate(module), PLAN);
  const model = new WindowModel(PLAN);
  for (let step = 0; step < 2; step++) {
    const some = feed(random, step, 60, 100_000);
    window.push(some.frame);
    model.push(some.rows);
  }
  window.snapshotBegin();
  const records = window.snapshotNext();
  for (let step = 2; step < 5; step++) {
    window.push(feed(random, step - 1, 60, 100_000).frame);
    window.watermark(BigInt(step * 40 - 1));
    records.push(...window.snapshotNext());
  }
  records.push(...window.drainSnapshot());
  const restored = new WindowUnderTest(instantiate(module), PLAN);
  const live = new Set<number>();
  for (const record of records.filter((r) => r[4] === 2)) {
    const id = new DataView(record.buffer).getUint32(16, true);
    assert.ok(!live.has(id), 'one page of each id');
    live.add(id);
  }
  assert.equal(restored.restore(records, 0, GROUPS), 0);
  assert.deepEqual(sortedRows(restored.watermark(MAX)), sortedRows(model.watermark(MAX)));
});

test('log pages that are missing, there twice or of another kind are refused; version 1 is read', () => {
  const source = new WindowUnderTest(instantiate(module), PLAN);
  source.push(feed(randomOf(4), 0, 40, 200_000).frame);
  const records = source.snapshot();
  const logs = records.filter(isLog);
  assert.ok(logs.length > 2);
  const code = (changed: readonly Uint8Array[], plan = PLAN): number => {
    const window = new WindowUnderTest(instantiate(module), plan);
    const status = window.restore(changed, 0, GROUPS);
    const error = status === 0 ? 0 : window.e.errorCode();
    window.free();
    return error;
  };
  assert.equal(code(records), 0);
  for (const log of logs) {
    assert.equal(code(records.filter((r) => r !== log)), 9);
  }
  assert.equal(code([...records, ...logs.slice(0, 1)]), 9);
  const counts: WindowPlan = { ...PLAN, aggregates: PLAN.aggregates.slice(0, 2) };
  const short = new WindowUnderTest(instantiate(module), counts);
  const rows = Array.from({ length: 30 }, (_, i) => [5n, `k${i}`, textOf(300, i), 1n] as Value[]);
  short.push(frameOf(TYPES, rows));
  const old = (from: readonly Uint8Array[]): Uint8Array[] =>
    from.map((record) => {
      const copy = record.slice();
      copy[8] = 1;
      if (copy[4] === 2) copy[65] = 1;
      refreshChecksum(short, copy);
      return copy;
    });
  assert.equal(code(old(short.snapshot()), counts), 0);
  assert.equal(code(old(records)), 9, 'version 1 has no logs');
});

test('hostile log records give errors, never a trap', () => {
  const random = randomOf(78);
  const source = new WindowUnderTest(instantiate(module), PLAN);
  source.push(feed(random, 0, 30, 60_000).frame);
  const records = source.snapshot();
  const users = records.filter((r) => r[4] === 2);
  let refused = 0;
  let passed = 0;
  for (let round = 0; round < 500; round++) {
    const e = instantiate(module, 48 << 20);
    const window = new WindowUnderTest(e, PLAN);
    const hurt = records.map((record) => record.slice());
    const victim = hurt[records.indexOf(users[random(users.length)] as Uint8Array)] as Uint8Array;
    const view = new DataView(victim.buffer);
    for (let i = random(3); i >= 0; i--) {
      // words of headers and of the first entries' slots: lengths, ids, offsets, counts
      const at = 64 + 4 * random(isLog(victim) ? 16 : Math.min(80, (victim.length - 64) >> 2));
      const was = view.getUint32(at, true);
      const values = [0, 1, was + 1, was - 1, 64, 65_535, 65_536, 524_288, 0xffff_ffff, random(2 ** 32)];
      view.setUint32(at, values[random(values.length)] ?? 0, true);
    }
    refreshChecksum(window, victim);
    const from = random(2) === 0 ? 0 : random(GROUPS);
    const status = window.restore(hurt, from, GROUPS);
    if (status === 0) {
      passed++;
      e.windowWatermark(window.op, MAX);
      assert.ok(e.drain(window.op) >= 0 || e.errorCode() !== 0);
    } else {
      refused++;
      assert.ok([1, 9].includes(e.errorCode()), `error ${e.errorCode()}`);
    }
    window.free();
    assert.equal(e.memoryUsed() < 8 << 20, true, 'a restore that failed leaves nothing behind');
  }
  assert.ok(refused > 100 && passed > 20, `${refused} refused, ${passed} passed`);
});

test('windows with long keys leave in batches of bounded size', () => {
  const e = instantiate(module);
  const window = new WindowUnderTest(e, TUMBLING);
  const rows = Array.from({ length: 60 }, (_, i) => [5n, `${i}`.padEnd(100_000, 'y'), null, 1n] as Value[]);
  for (const row of rows) assert.equal(window.push(frameOf(TYPES, [row])), 0);
  // a key is also in the distinct count of itself, as value
  const payload = 2 * 60 * 100_000;
  assert.ok(window.counter(3) <= 1.1 * payload, `${window.counter(3)} B of pages`);
  e.windowWatermark(window.op, MAX);
  let seen = 0;
  for (let batch = e.next(window.op); batch !== 0; batch = e.next(window.op)) {
    const some = readBatch(e, batch);
    assert.ok(some.length <= 11, `${some.length} rows of 100 KB`);
    seen += some.length;
  }
  assert.equal(seen, 60);
});

const U64 = 2n ** 64n - 1n;
const P1 = 0x9e3779b185ebca87n;
const SEED = 0x9e3779b97f4a7c15n;

function inverseOf(odd: bigint): bigint {
  let x = odd;
  for (let i = 0; i < 6; i++) x = (x * (2n - odd * x)) & U64;
  return x;
}

const mix = (value: bigint): bigint => {
  let x = ((value ^ (value >> 27n)) * 0x3c79ac492ba7b653n) & U64;
  x = ((x ^ (x >> 33n)) * 0x1c69b3f74ac4ae35n) & U64;
  return x ^ (x >> 27n);
};
const unshift = (value: bigint, by: bigint): bigint => {
  let x = value;
  for (let i = 0; i < 3; i++) x = value ^ (x >> by);
  return x;
};
/** Hash v1 of an integer is a bijection: the integer with this hash. */
const unhash = (hash: bigint): bigint => {
  let x = (unshift(hash, 27n) * inverseOf(0x1c69b3f74ac4ae35n)) & U64;
  x = (unshift(x, 33n) * inverseOf(0x3c79ac492ba7b653n)) & U64;
  return BigInt.asIntN(64, unshift(x, 27n) - SEED);
};

const PAIRS: TypeName[] = ['timestamp', 'i64', 'i64'];
const PAIR_PLAN: WindowPlan = {
  types: PAIRS,
  keys: [1, 2],
  time: 0,
  size: 100,
  slide: 50,
  aggregates: [
    { fn: 'count', column: -1 },
    { fn: 'distinct', column: 1 },
  ],
};

/** Pairs of integers whose combined hash begins with these bits; `below` bits are free. */
function colliding(count: number, hash: bigint, below: bigint): [bigint, bigint][] {
  return Array.from({ length: count }, (_, i) => {
    const first = BigInt(i);
    const combined = hash | (mix(BigInt(i)) & ((1n << below) - 1n));
    // combined = mix(hash(first) · P1 + hash(second))
    const second = ((unhash(combined) + SEED) & U64) - mix((first + SEED) & U64) * P1;
    return [first, unhash(second & U64)];
  });
}

for (const [name, below] of Object.entries({ 'one hash': 0n, 'one prefix of 30 bits': 34n })) {
  test(`4,000 keys of ${name}, over snapshots and other parallelisms`, () => {
    const pairs = colliding(4000, 0xabcdef0123456789n & ~((1n << below) - 1n), below);
    const model = new WindowModel(PAIR_PLAN);
    let job = new Subtasks(module, PAIR_PLAN, 1);
    for (let step = 0; step < 3; step++) {
      // all keys, then some again, so that pages in the middle of chains are written after a snapshot
      for (let from = step * 500; from < (step === 0 ? 4000 : step * 500 + 500); from += 500) {
        const rows = pairs.slice(from, from + 500).map(([a, b]) => [BigInt(step * 30), a, b] as Value[]);
        job.push({ frame: frameOf(PAIRS, rows) });
        model.push(rows);
      }
      if (step === 0) {
        const groups = job.windows[0]?.keyGroups(frameOf(PAIRS, [[0n, ...(pairs[7] ?? [])]]));
        assert.deepEqual(groups, [0xab >> 1], 'the keys are what they were made for');
      }
      const before = job;
      job = new Subtasks(module, PAIR_PLAN, step + 1, job.snapshot());
      for (const window of before.windows) window.free();
    }
    assert.deepEqual(sortedRows(job.watermark(40n)), sortedRows(model.watermark(40n)));
    assert.deepEqual(sortedRows(job.watermark(MAX)), sortedRows(model.watermark(MAX)));
  });
}

test('keys of one hash cost what other keys cost, and no huge directory', () => {
  const e = instantiate(module);
  const window = new WindowUnderTest(e, { ...PAIR_PLAN, slide: 100, aggregates: [{ fn: 'count', column: -1 }] });
  const before = e.memoryUsed();
  const pairs = colliding(4000, 77n << 40n, 0n);
  for (let from = 0; from < 4000; from += 1000) {
    window.push(
      frameOf(
        PAIRS,
        pairs.slice(from, from + 1000).map(([a, b]) => [5n, a, b] as Value[]),
      ),
    );
  }
  assert.ok(window.counter(3) <= 4 * 4000 * 40 + 4096, `${window.counter(3)} B of pages`);
  assert.ok(e.memoryUsed() - before < 2 << 20, 'with the directory');
  assert.equal(window.watermark(MAX).length, 4000);
});

/**
 * min, max and distinct counts of texts in one window: the texts of values lie in logs of their namespace, those of
 * distinct counts in dictionaries of the operator, and a snapshot has the pages of both among each other.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Exports,
  SnapshotStore,
  type TypeName,
  type Value,
  type WindowPlan,
  WindowUnderTest,
  compileEntry,
  instantiate,
} from './window-harness.ts';
import { WindowModel, sortedRows } from './window-model.ts';
import { type Feed, frameOf, randomOf } from './window-pairs-feed.ts';
import { GROUPS, Subtasks } from './window-subtasks.ts';

const module = compileEntry('engine-as/assembly/operators/window-harness.ts');
const MAX = 2n ** 63n - 1n;
const STATE_BYTES = 3;
const OUT_OF_MEMORY = 1;
const TYPES: TypeName[] = ['timestamp', 'utf8', 'utf8', 'i64', 'bool'];
const TUMBLING: WindowPlan = {
  types: TYPES,
  keys: [1],
  time: 0,
  size: 100,
  slide: 100,
  aggregates: [
    { fn: 'max', column: 2 },
    { fn: 'distinct', column: 2 },
    { fn: 'min', column: 2 },
    { fn: 'distinct', column: 3 },
    { fn: 'max', column: 1 },
    { fn: 'distinct', column: 2, filter: 4 },
  ],
};
const HOPPING: WindowPlan = { ...TUMBLING, slide: 20 };
const RUNNING: WindowPlan = { ...HOPPING, aggregates: HOPPING.aggregates.filter(({ fn }) => fn === 'distinct') };
const LENGTHS = [0, 3, 12, 13, 40, 600, 601, 5000, 15_360, 15_361, 70_000];

/** Rows of `step`, in which every second text is new; a few are long, keys among them. */
function feed(random: (below: number) => number, step: number, count: number, keys: number): Feed {
  const text = (number: number): string => {
    const length = LENGTHS[number % (random(12) === 0 ? LENGTHS.length : 5)] ?? 0;
    return `${number}`.padEnd(length, number % 3 === 0 ? 'é' : 'x');
  };
  const rows = Array.from({ length: count }, () => {
    const value = random(2) === 0 ? random(50) : step * count + random(count);
    return [
      BigInt(step * 20 + random(30)),
      random(40) === 0 ? null : text(random(keys)),
      random(10) === 0 ? null : text(value),
      random(9) === 0 ? null : BigInt(random(40)) << BigInt(8 * random(7)),
      random(3) > 0,
    ] as Value[];
  });
  return { rows, frame: frameOf(rows, step % 3 > 0, TYPES) };
}

for (const [name, plan] of Object.entries({ tumbling: TUMBLING, hopping: HOPPING })) {
  for (const keys of [4, 500]) {
    test(`texts and pairs, ${name}, ${keys} keys, restored at 1 → 3 → 2 → 1 subtasks`, () => {
      const random = randomOf(keys);
      const model = new WindowModel(plan);
      let job = new Subtasks(module, plan, 1);
      let out = 0;
      [3, 2, 1, 1].forEach((next, round) => {
        for (let step = round * 5; step < round * 5 + 5; step++) {
          const some = feed(random, step, 300, keys);
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
      assert.ok(out > 12, `${out} rows`);
      for (const window of job.windows) assert.equal(window.counter(STATE_BYTES), 0, 'nothing stays behind');
    });
  }
}

test('a snapshot holds the texts as of its barrier while dictionaries are built again', () => {
  for (const plan of [HOPPING, RUNNING]) {
    const random = randomOf(11);
    const window = new WindowUnderTest(instantiate(module), plan);
    const store = new SnapshotStore();
    let rows: Value[][] = [];
    const push = (step: number): void => {
      const some = feed(random, step, 700, 20);
      assert.equal(window.push(some.frame), 0);
      rows.push(...some.rows);
    };
    for (let barrier = 0; barrier < 12; barrier++) {
      push(barrier * 4);
      const before = BigInt((barrier * 4 - 4) * 20 - 1);
      // no open window has older ones
      rows = rows.filter(([time]) => (time as bigint) > before - 100n);
      const model = new WindowModel(plan);
      model.push(rows);
      model.watermark(before);
      window.snapshotBegin();
      const records = window.snapshotNext();
      for (let step = barrier * 4 + 1; step < barrier * 4 + 4; step++) {
        push(step);
        window.watermark(BigInt((step - 3) * 20 - 1));
        records.push(...window.snapshotNext());
      }
      store.add([...records, ...window.drainSnapshot()]);
      const restored = new WindowUnderTest(instantiate(module), plan);
      assert.equal(restored.restore(store.records(), 0, GROUPS), 0, `check ${restored.e.errorValue(0)}`);
      assert.deepEqual(sortedRows(restored.watermark(MAX)), sortedRows(model.watermark(MAX)), `barrier ${barrier}`);
    }
  }
});

test('without memory at any point it is an error, and all of it is given back', () => {
  const random = randomOf(5);
  const feeds = Array.from({ length: 60 }, (_, step) => feed(random, step, 400, 300));
  // rows that their split's watermark has kept out of some windows: several namespaces per slice expire at once
  const late = feeds.map(({ rows }, step) => {
    const splits = rows.map((_, i) => BigInt((step - 4) * 20 + 20 * (i % 4) - 1));
    return frameOf(rows, step % 3 > 0, TYPES, splits);
  });
  for (const plan of [HOPPING, RUNNING]) {
    let failed = 0;
    for (let limit = 4 << 20; limit < 9 << 20; limit += 131_072) {
      const e = instantiate(module, limit);
      const at = e.alloc(Math.max(...late.map((frame) => frame.length)));
      const before = e.memoryUsed();
      for (let attempt = 0; attempt < 2; attempt++) {
        const window = new WindowUnderTest(e, plan);
        let status = 0;
        for (let step = 0; status === 0 && step < feeds.length; step++) {
          new Uint8Array(e.memory.buffer).set(late[step] as Uint8Array, at);
          status = e.push(window.op, at, 0, 0);
          if (status !== 0) break;
          e.windowWatermark(window.op, BigInt((step - 4) * 20 - 1));
          status = e.drain(window.op) < 0 ? -1 : 0;
        }
        if (status !== 0) {
          failed++;
          assert.equal(e.errorCode(), OUT_OF_MEMORY);
        }
        window.free();
        assert.ok(e.memoryUsed() - before < 1 << 20, `${e.memoryUsed() - before} B stay`);
      }
    }
    assert.ok(failed > 10, `${failed} attempts failed`);
  }
});

/** Blocks of all sizes that structs have: a block that was freed twice would be handed out twice. */
function assertBlocksDiffer(e: Exports): void {
  const blocks: number[] = [];
  for (const bytes of [16, 64, 96, 128, 192, 256]) for (let i = 0; i < 40; i++) blocks.push(e.alloc(bytes));
  const found = blocks.filter((block) => block !== 0);
  assert.equal(new Set(found).size, found.length, 'every block once');
  for (const block of found) e.free(block);
}

test('a namespace that has gone before another one could not be taken back is freed once', () => {
  const types: TypeName[] = ['timestamp', 'i64', 'utf8'];
  const plan: WindowPlan = {
    types,
    keys: [1],
    time: 0,
    size: 100,
    slide: 20,
    aggregates: [{ fn: 'distinct', column: 2 }],
  };
  const row = (time: number, text: Value): Value[] => [BigInt(time), 1n, text];
  // two namespaces of one slice; the first has no pairs, so nothing can fail when it is taken back
  const first = frameOf([row(5, null)], false, types);
  const second = frameOf([row(5, 'a')], false, types, [19n]);
  // of a later window: new ids, for which the running window's matrix must be larger when it gives back the second
  const later = Array.from({ length: 12 }, (_, batch) =>
    frameOf(
      Array.from({ length: 1000 }, (_row, i) => row(205, `${batch}-${i}`)),
      false,
      types,
    ),
  );
  let failed = 0;
  for (let limit = 2 << 20; limit < 6 << 20; limit += 65_536) {
    const e = instantiate(module, limit);
    const at = e.alloc(Math.max(...later.map((frame) => frame.length)));
    if (at === 0) continue;
    const window = new WindowUnderTest(e, plan);
    const push = (frame: Uint8Array): number => {
      new Uint8Array(e.memory.buffer).set(frame, at);
      return e.push(window.op, at, 0, 0);
    };
    const isThere = push(first) === 0 && push(second) === 0;
    e.windowWatermark(window.op, 79n);
    if (isThere && e.drain(window.op) >= 0 && later.every((frame) => push(frame) === 0)) {
      e.windowWatermark(window.op, 99n);
      if (e.drain(window.op) < 0) failed++;
    }
    window.free();
    assertBlocksDiffer(e);
  }
  assert.ok(failed > 0, 'some limit lets the second one fail');
});

test('dictionaries whose frames give them the same hash are told apart by their contents', () => {
  const types: TypeName[] = ['timestamp', 'utf8', 'utf8'];
  const aggregates: WindowPlan['aggregates'] = [
    { fn: 'count', column: -1 },
    { fn: 'distinct', column: 2 },
    { fn: 'max', column: 2 },
  ];
  for (const slide of [20, 100]) {
    const plan: WindowPlan = { types, keys: [1], time: 0, size: 100, slide, aggregates };
    const window = new WindowUnderTest(instantiate(module), plan);
    const model = new WindowModel(plan);
    for (let batch = 0; batch < 24; batch++) {
      // each dictionary comes three times, so that it is worth a cache; all have as many entries, as long
      const set = Math.floor(batch / 3) % 4;
      const rows = Array.from(
        { length: 400 },
        (_, i) => [5n, `key ${set >> 1} ${i % 50}`, `value ${set} ${i % 60}`] as Value[],
      );
      const frame = frameOf(rows, true, types);
      const view = new DataView(frame.buffer);
      for (const column of [1, 2]) view.setBigUint64(64 + 48 * column + 40, 77n, true);
      assert.equal(window.push(frame), 0);
      model.push(rows);
    }
    assert.deepEqual(sortedRows(window.watermark(MAX)), sortedRows(model.watermark(MAX)));
  }
});

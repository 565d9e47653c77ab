/**
 * Nothing that comes from outside may trap the engine: mutated and truncated frames, mutated plans,
 * mutated snapshot records. A trap shows as ENGINE_TRAP, which no catch below accepts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AGG_AVG,
  AGG_COUNT,
  AGG_COUNT_DISTINCT,
  AGG_MAX,
  AGG_MIN,
  AGG_SUM,
  OP_FILTER,
  OP_PROJECT,
  OP_WINDOW,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from '../../src/abi/index.ts';
import { SluiceError } from '../../src/base/index.ts';
import { checkExpr, checkPredicate, col, compileExpr, toExprJson } from '../../src/expr/index.ts';
import { bool, f64, i32, i64, timestamp, utf8 } from '../../src/schema/index.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { EngineTask } from '../../src/engine/engine-task.ts';
import { FrameBuilder } from '../../src/engine/frame-builder.ts';
import type { PlanOperator } from './test-engine.ts';
import {
  drain,
  inputOp,
  outputOp,
  partitionOp,
  planWords,
  pushFrame,
  seeded,
  testEngine,
  timeOp,
  wide,
} from './test-engine.ts';

const SCHEMA = { ok: bool(), n: i32(), delay: i64(), x: f64(), date: timestamp(), origin: utf8(), note: utf8() };
const TYPES = [TYPE_BOOL, TYPE_I32, TYPE_I64, TYPE_F64, TYPE_TIMESTAMP, TYPE_UTF8, TYPE_UTF8];
const SEED = 20260801;

/** The error of an attempt, undefined when it went well; anything but an error with a code fails the test. */
function attempt(what: string, run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SluiceError, `${what}: ${String(error)}`);
    assert.notEqual(error.code, 'ENGINE_TRAP', `${what} (seed ${SEED}): ${error.message}`);
    return error.code;
  }
}

function sampleFrame(rows: number, random: (bound: number) => number, date = true): Uint8Array {
  const column = (make: (row: number) => boolean | number | bigint | string) => ({
    values: Array.from({ length: rows }, (_, row) => (random(8) === 0 ? null : make(row))),
  });
  return new FrameBuilder(TYPES).build(rows, [
    column(() => random(2) === 1),
    column(() => random(1000)),
    column(() => BigInt(random(200) - 100)),
    column(() => random(1000) / 8),
    { values: Array.from({ length: rows }, (_, row) => (date || random(5) > 0 ? row * 100 + random(300) : null)) },
    column((row) => `origin ${row % 7}`),
    column((row) => `a note of its own ${row}`),
  ]);
}

const filterOp = (id: number): PlanOperator => {
  const expr = col('delay').gt(-50).and(col('origin').startsWith('orig'));
  return [OP_FILTER, id, ...compileExpr(checkPredicate(toExprJson(expr), SCHEMA))];
};

function projectOp(id: number): PlanOperator {
  const sum = compileExpr(checkExpr(toExprJson(col('x').add(1.5)), SCHEMA));
  const lower = compileExpr(checkExpr(toExprJson(col('note').lower()), SCHEMA));
  const passed = [0, 1, 2].flatMap((column) => [TYPES[column] ?? 0, column]);
  return [
    OP_PROJECT,
    id,
    7,
    4,
    ...passed,
    TYPE_F64,
    -1,
    ...sum,
    TYPE_TIMESTAMP,
    4,
    TYPE_UTF8,
    5,
    TYPE_UTF8,
    -1,
    ...lower,
  ];
}

function windowOp(id: number): PlanOperator {
  const aggregates = [
    AGG_COUNT,
    -1,
    0,
    AGG_SUM,
    2,
    -1,
    AGG_MIN,
    3,
    -1,
    AGG_MAX,
    1,
    -1,
    AGG_AVG,
    2,
    0,
    AGG_COUNT_DISTINCT,
    5,
    -1,
  ];
  return [OP_WINDOW, id, 2, 5, 1, 4, ...wide(4000n), ...wide(1000n), ...wide(0n), 7, 1, 6, ...aggregates];
}

const PLANS = [
  planWords(inputOp(1, TYPES), timeOp(2, 4, 200n), filterOp(3), projectOp(4), partitionOp(5, [5, 6, 3, 0], 7, 3)),
  planWords(inputOp(1, TYPES), timeOp(2, 4, 200n), windowOp(3), outputOp(4)),
  planWords(inputOp(1, TYPES), filterOp(3), outputOp(4)),
];

function freshTask(engine: Engine, index: number): EngineTask {
  return engine.createTask(PLANS[index] ?? new Int32Array(0));
}

function mutate(bytes: Uint8Array, random: (bound: number) => number, within: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let change = random(3); change >= 0; change--) {
    const at = random(Math.min(within, copy.length - 4)) & ~3;
    const kind = random(5);
    if (kind === 0) copy[at + random(4)]! ^= 1 << random(8);
    else if (kind === 1) view.setUint32(at, random(2 ** 32), true);
    else if (kind === 2) view.setInt32(at, view.getInt32(at, true) + random(65) - 32, true);
    else if (kind === 3) view.setInt32(at, [0, -1, 0x7fffffff, -0x80000000, 16, copy.length][random(6)] ?? 0, true);
    else copy.copyWithin(at, random(copy.length - 16), random(copy.length));
  }
  return copy;
}

test('mutated frames are refused or taken, never a trap', () => {
  const engine = testEngine(64 << 20);
  const random = seeded(SEED);
  const samples = [sampleFrame(40, random), sampleFrame(300, random, false), sampleFrame(0, random)];
  const tasks = PLANS.map((_, index) => freshTask(engine, index));
  let refused = 0;
  let taken = 0;
  for (let round = 0; round < 3000; round++) {
    const sample = samples[random(samples.length)] ?? samples[0]!;
    const frame = mutate(sample, random, random(3) > 0 ? 64 + 48 * 7 : sample.length);
    const index = random(PLANS.length);
    const task = tasks[index]!;
    task.split(random(4) === 0 ? BigInt(random(40000)) : -(2n ** 63n));
    const code = attempt(`frame ${round} on plan ${index}`, () => {
      pushFrame(engine, task, frame);
      if (random(10) === 0) drain(task, task.flush());
      if (random(10) === 0) drain(task, task.watermark(BigInt(random(30_000))));
    });
    if (code === undefined) taken += 1;
    else refused += 1;
    if (round % 100 === 99) {
      // what earlier rounds left behind must not hide anything
      task.free();
      tasks[index] = freshTask(engine, index);
    }
  }
  assert.ok(refused > 500 && taken > 300, `${refused} refused, ${taken} taken: the mutations are too wild or too tame`);
});

test('truncated frames are refused', () => {
  const engine = testEngine(64 << 20);
  const frame = sampleFrame(50, seeded(SEED + 1));
  const task = freshTask(engine, 2);
  for (let length = 64; length < frame.length; length += 16) {
    const cut = frame.slice(0, length);
    new DataView(cut.buffer).setUint32(4, length, true);
    assert.equal(
      attempt(`cut to ${length}`, () => pushFrame(engine, task, cut)),
      'FRAME_CORRUPT',
    );
  }
});

test('mutated plans are refused or run, never a trap', () => {
  const engine = testEngine(64 << 20);
  const random = seeded(SEED + 2);
  const frame = sampleFrame(60, random);
  const idle = engine.memoryUsed;
  let refused = 0;
  for (let round = 0; round < 2500; round++) {
    const plan = PLANS[random(PLANS.length)] ?? new Int32Array(0);
    const bytes = mutate(new Uint8Array(plan.buffer), random, plan.byteLength);
    const words = new Int32Array(bytes.buffer, 0, random(12) === 0 ? random(plan.length) : plan.length);
    const code = attempt(`plan ${round}`, () => {
      const task = engine.createTask(words);
      attempt(`run of plan ${round}`, () => {
        pushFrame(engine, task, frame);
        drain(task, task.watermark(2500n));
        drain(task, task.flush());
      });
      task.free();
    });
    if (code !== undefined) refused += 1;
  }
  assert.ok(refused > 800 && refused < 2450, `${refused} of 2500 plans refused`);
  assert.ok(engine.memoryUsed - idle < 4 << 20, `refused plans keep ${engine.memoryUsed - idle} B`);
});

test('mutated snapshot records are refused or restored, never a trap', () => {
  const engine = testEngine(64 << 20);
  const random = seeded(SEED + 3);
  const task = freshTask(engine, 1);
  for (let push = 0; push < 4; push++) pushFrame(engine, task, sampleFrame(200, random));
  const records = [...task.snapshot()].flatMap(splitRecords);
  assert.ok(records.length >= 3);
  for (let round = 0; round < 400; round++) {
    const restored = freshTask(engine, 1);
    const victim = random(records.length);
    attempt(`snapshot ${round}`, () => {
      restored.restoreBegin(0, 128);
      records.forEach((record, index) => {
        restored.restoreRecord(
          index === victim ? mutate(record, random, random(2) === 0 ? 64 : record.length) : record,
        );
      });
      restored.restoreEnd();
      pushFrame(engine, restored, sampleFrame(50, random));
      drain(restored, restored.watermark(9000n));
    });
    restored.free();
  }
});

function splitRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + 64 + ((view.getUint32(at + 28, true) + 15) & ~15);
    records.push(bytes.slice(at, end));
    at = end;
  }
  return records;
}

/** Tasks on the built engine: what the host sees of filter, project, time, partition and output. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ABI_VERSION,
  AGG_COUNT,
  COUNTER_ROWS_IN,
  COUNTER_ROWS_OUT,
  ENCODING_DICTIONARY,
  ENCODING_PLAIN,
  FRAME_BYTES_TARGET,
  FRAME_ROWS_MAX,
  OP_FILTER,
  OP_INPUT,
  OP_PROJECT,
  OP_WINDOW,
  ROW_BYTES_MAX,
  STATUS_DONE,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from '../../src/abi/index.ts';
import { checkExpr, checkPredicate, col, compileExpr, toExprJson } from '../../src/expr/index.ts';
import { i64, timestamp, utf8 } from '../../src/schema/index.ts';
import { Engine } from '../../src/engine/engine.ts';
import { FrameBuilder } from '../../src/engine/frame-builder.ts';
import type { FrameColumn } from '../../src/engine/frame-builder.ts';
import { FrameDictionary } from '../../src/engine/frame-dictionary.ts';
import { hashBytes } from '../../src/engine/hash-v1.ts';
import type { PlanOperator } from './test-engine.ts';
import {
  drain,
  ENGINE_BUILDS,
  inputOp,
  outputOp,
  partitionOp,
  planWords,
  pushFrame,
  rowsOf,
  seeded,
  testEngine,
  timeOp,
  wide,
} from './test-engine.ts';

const FLIGHTS = { date: timestamp(), delay: i64(), origin: utf8() };
const FLIGHT_TYPES = [TYPE_TIMESTAMP, TYPE_I64, TYPE_UTF8];
const NONE = -(2n ** 63n);
const byText = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1);

const lateFlights = (id: number): PlanOperator => {
  const typed = checkPredicate(toExprJson(col('delay').gt(15)), FLIGHTS);
  return [OP_FILTER, id, ...compileExpr(typed)];
};

function flights(rows: number, seed = 7) {
  const random = seeded(seed);
  const origins = ['SFO', 'LAX', 'Zürich', '東京', '', 'JFK', 'a rather long airport name'];
  return Array.from({ length: rows }, (_, row) => [
    1_000_000 + row * 1000 + random(500),
    random(20) === 0 ? null : BigInt(random(60) - 20),
    random(30) === 0 ? null : (origins[random(origins.length)] ?? null),
  ]);
}

const frameOf = (types: readonly number[], rows: readonly (readonly (boolean | number | bigint | string | null)[])[]) =>
  new FrameBuilder(types).build(
    rows.length,
    types.map((_, index) => ({ values: rows.map((row) => row[index] ?? null) })),
  );

for (const build of ENGINE_BUILDS)
  test(`filter, time and partition: every row reaches the channel of its key, in order (${build})`, () => {
    const engine = testEngine(0, build);
    for (const channels of [1, 2, 3, 8, 13]) {
      const task = engine.createTask(
        planWords(inputOp(1, FLIGHT_TYPES), timeOp(2, 0, 60_000n), lateFlights(3), partitionOp(4, [2], 7, channels)),
      );
      const batches = [flights(4096), flights(1), flights(3001, 9), flights(4096, 11)];
      const taken = batches.flatMap((rows) => pushFrame(engine, task, frameOf(FLIGHT_TYPES, rows)));
      taken.push(...drain(task, task.flush()));
      const expected = batches.flat().filter((row) => row[1] !== null && (row[1] as bigint) > 15n);
      for (let channel = 0; channel < channels; channel++) {
        const own = expected.filter((row) => channelOf(row[2] as string | null, channels) === channel);
        assert.deepEqual(
          rowsOf(taken.filter((one) => one.channel === channel)),
          own,
          `channel ${channel} of ${channels}`,
        );
      }
      assert.equal(task.counter(1, COUNTER_ROWS_IN), BigInt(batches.flat().length));
      assert.equal(task.counter(3, COUNTER_ROWS_OUT), BigInt(expected.length));
      assert.equal(task.counter(4, COUNTER_ROWS_OUT), BigInt(expected.length));
      for (const { frame } of taken) {
        assert.ok(frame.timed && frame.timeColumn === 0);
        const times = [...frame.column(0).bigints];
        assert.ok(times.every((time) => time >= frame.timeMin && time <= frame.timeMax));
        assert.equal(frame.column(2).encoding, ENCODING_DICTIONARY);
        if (frame.sorted)
          assert.deepEqual(
            times,
            times.toSorted((a, b) => Number(a - b)),
          );
      }
      task.free();
    }
  });

const NULL_HASH = 0x6a09e667f3bcc909n;
function channelOf(origin: string | null, channels: number): number {
  const hash = origin === null ? NULL_HASH : hashBytes(new TextEncoder().encode(origin));
  const group = Number(hash >> 57n);
  let channel = 0;
  while (Math.floor(((channel + 1) * 128) / channels) <= group) channel++;
  return channel;
}

for (const build of ENGINE_BUILDS)
  test(`every type and encoding passes an output and a partition unchanged (${build})`, () => {
    const engine = testEngine(0, build);
    const types = [TYPE_BOOL, TYPE_I32, TYPE_I64, TYPE_F64, TYPE_TIMESTAMP, TYPE_UTF8, TYPE_UTF8];
    const random = seeded(3);
    const maybe = <T>(value: T): T | null => (random(9) === 0 ? null : value);
    const rows = Array.from({ length: 700 }, (_, row) => [
      maybe(random(2) === 1),
      maybe(random(1000) - 500),
      maybe(BigInt(random(1000)) - 500n),
      maybe(random(1000) / 7),
      maybe(random(100000)),
      maybe(`unique ${row}`),
      maybe(`repeated ${row % 5}`),
    ]);
    for (const end of [outputOp(9), partitionOp(9, [0, 1, 2, 3, 4, 5, 6], 4, 5)]) {
      const task = engine.createTask(planWords(inputOp(1, types), end));
      const taken = [rows.slice(0, 300), rows.slice(300)].flatMap((part) =>
        pushFrame(engine, task, frameOf(types, part)),
      );
      taken.push(...drain(task, task.flush()));
      const key = (row: readonly unknown[]): string => row.map(String).join('|');
      assert.deepEqual(rowsOf(taken).map(key).toSorted(), rows.map(key).toSorted());
      assert.equal(task.flush(), STATUS_DONE);
      task.free();
    }
  });

test('project: columns passed on and computed; the time column is followed', () => {
  const engine = testEngine();
  const sum = compileExpr(checkExpr(toExprJson(col('delay').mul(2)), FLIGHTS));
  const words = planWords(
    inputOp(1, FLIGHT_TYPES),
    timeOp(2, 0, 0n),
    [OP_PROJECT, 3, 3, 2, TYPE_UTF8, 2, TYPE_I64, -1, ...sum, TYPE_TIMESTAMP, 0],
    outputOp(4),
  );
  const task = engine.createTask(words);
  const rows = flights(500);
  const taken = [...pushFrame(engine, task, frameOf(FLIGHT_TYPES, rows)), ...drain(task, task.flush())];
  assert.deepEqual(
    rowsOf(taken),
    rows.map(([date, delay, origin]) => [origin, delay === null ? null : (delay as bigint) * 2n, date]),
  );
  assert.equal(taken[0]?.frame.timeColumn, 2);
});

test('rows are late by their own split, and only then is there a late column', () => {
  const engine = testEngine();
  const task = engine.createTask(planWords(inputOp(1, [TYPE_TIMESTAMP]), timeOp(2, 0, 10n), outputOp(3)));
  const push = (times: readonly number[]) => {
    const taken = [
      ...pushFrame(
        engine,
        task,
        frameOf(
          [TYPE_TIMESTAMP],
          times.map((time) => [time]),
        ),
      ),
      ...drain(task, task.flush()),
    ];
    const frame = taken[0]?.frame;
    assert.ok(frame !== undefined && taken.length === 1);
    return frame;
  };
  task.split(NONE);
  let frame = push([100, 105, 96, 110, 100]);
  assert.deepEqual([frame.late, frame.sorted, frame.timeMin, frame.timeMax], [undefined, false, 96n, 110n]);
  assert.equal(task.splitMax(), 110n);
  frame = push([120, 108, 109, 131, 120]);
  assert.deepEqual(frame.late, new BigInt64Array([99n, 109n, 109n, 109n, 120n]));
  frame = push([200, 201]);
  assert.deepEqual([frame.late, frame.sorted], [undefined, true]);
  task.split(NONE);
  assert.equal(push([5]).late, undefined);
  assert.equal(task.splitMax(), 5n);
  task.split(1000n);
  assert.deepEqual(push([5]).late, new BigInt64Array([989n]));
});

test('late survives a frame that began without it, and filters', () => {
  const engine = testEngine();
  const task = engine.createTask(planWords(inputOp(1, FLIGHT_TYPES), timeOp(2, 0, 0n), lateFlights(3), outputOp(4)));
  pushFrame(
    engine,
    task,
    frameOf(FLIGHT_TYPES, [
      [100, 20n, 'x'],
      [200, 20n, 'x'],
    ]),
  );
  pushFrame(
    engine,
    task,
    frameOf(FLIGHT_TYPES, [
      [300, 1n, 'x'],
      [150, 20n, 'x'],
      [301, 20n, 'x'],
    ]),
  );
  const [taken] = drain(task, task.flush());
  assert.deepEqual(taken?.frame.late, new BigInt64Array([NONE, NONE, 299n, 299n]));
});

test('a null time names the row and the operator', () => {
  const engine = testEngine();
  const names = new Map([[2, 'source#0']]);
  const task = engine.createTask(planWords(inputOp(1, FLIGHT_TYPES), timeOp(2, 0, 0n), outputOp(4)), names);
  const frame = frameOf(FLIGHT_TYPES, [
    [1, 1n, 'x'],
    [null, 1n, 'x'],
  ]);
  assert.throws(() => pushFrame(engine, task, frame), {
    code: 'TIME_NULL',
    message: /source#0: .* row 1 /,
    context: { operator: 'source#0', row: 1 },
  });
  const kept = planWords(inputOp(1, FLIGHT_TYPES), lateFlights(3), timeOp(2, 0, 0n), outputOp(4));
  const filtered = engine.createTask(kept);
  pushFrame(
    engine,
    filtered,
    frameOf(FLIGHT_TYPES, [
      [null, 1n, 'x'],
      [7, 99n, 'x'],
    ]),
  );
  assert.deepEqual(rowsOf(drain(filtered, filtered.flush())), [[7, 99n, 'x']]);
});

test('frames close at their bounds: rows, bytes, another dictionary', () => {
  const engine = testEngine();
  const narrow = engine.createTask(planWords(inputOp(1, [TYPE_I32]), outputOp(2)));
  const many = frameOf(
    [TYPE_I32],
    Array.from({ length: 3000 }, (_, row) => [row]),
  );
  const taken = [
    ...pushFrame(engine, narrow, many),
    ...pushFrame(engine, narrow, many),
    ...drain(narrow, narrow.flush()),
  ];
  assert.deepEqual(
    taken.map(({ rows }) => rows),
    [FRAME_ROWS_MAX, 6000 - FRAME_ROWS_MAX],
  );

  const texts = engine.createTask(planWords(inputOp(1, [TYPE_UTF8]), outputOp(2)));
  const long = Array.from({ length: 300 }, (_, row) => [`${row}:`.padEnd(1500, 'x')]);
  const frames = [...pushFrame(engine, texts, frameOf([TYPE_UTF8], long)), ...drain(texts, texts.flush())];
  assert.ok(frames.length > 2 && frames.every(({ frame }) => frame.bytes.byteLength <= FRAME_BYTES_TARGET + 1500));
  assert.deepEqual(rowsOf(frames), long);

  const dictionaries = ['abc', 'abc', 'xyz'].map((letters) => FrameDictionary.fromStrings(letters.split('')));
  const ids = new Int32Array([0, 1, 2, 0]);
  const out = dictionaries.flatMap((dictionary) =>
    pushFrame(engine, texts, new FrameBuilder([TYPE_UTF8]).build(4, [{ ids, dictionary }])),
  );
  out.push(...drain(texts, texts.flush()));
  assert.deepEqual(
    out.map(({ rows }) => rows),
    [8, 4],
  );
  assert.equal(rowsOf(out).flat().join(''), 'abcaabcaxyzx');
});

test('a dictionary that only grows keeps frames open', () => {
  const engine = testEngine();
  const task = engine.createTask(planWords(inputOp(1, [TYPE_UTF8]), partitionOp(2, [0], 7, 2)));
  const words = Array.from({ length: 60 }, (_, id) => `word ${id}`);
  const taken = [10, 20, 20, 15, 60].flatMap((count) => {
    const dictionary = FrameDictionary.fromStrings(words.slice(0, count));
    const ids = Int32Array.from({ length: 100 }, (_, row) => (row * 7) % count);
    return pushFrame(engine, task, new FrameBuilder([TYPE_UTF8]).build(100, [{ ids, dictionary }]));
  });
  assert.equal(taken.length, 0);
  taken.push(...drain(task, task.flush()));
  assert.deepEqual(
    taken.map(({ channel, frame }) => [channel, frame.column(0).dictionary?.count]),
    [
      [0, 60],
      [1, 60],
    ],
  );
  const expected = [10, 20, 20, 15, 60].flatMap((count) =>
    Array.from({ length: 100 }, (_, row) => words[(row * 7) % count]),
  );
  assert.deepEqual(rowsOf(taken).flat().toSorted(byText), expected.toSorted(byText));
  // far more than was reserved: open frames go first
  const push = (count: number) => {
    const dictionary = FrameDictionary.fromStrings(Array.from({ length: count }, (_, id) => `word ${id}`));
    return pushFrame(
      engine,
      task,
      new FrameBuilder([TYPE_UTF8]).build(2, [{ ids: new Int32Array([0, 1]), dictionary }]),
    );
  };
  push(60);
  assert.ok(push(2000).length > 0);
});

test('a dictionary that rows hardly use is cut down, a huge one is written out', () => {
  const engine = testEngine();
  const task = engine.createTask(planWords(inputOp(1, [TYPE_UTF8]), outputOp(2)));
  const push = (entries: number, ids: readonly number[]) => {
    const dictionary = FrameDictionary.fromStrings(Array.from({ length: entries }, (_, id) => `entry ${id}`));
    const frame = new FrameBuilder([TYPE_UTF8]).build(ids.length, [{ ids: new Int32Array(ids), dictionary }]);
    const [taken] = [...pushFrame(engine, task, frame), ...drain(task, task.flush())];
    assert.deepEqual(
      rowsOf(taken === undefined ? [] : [taken]).flat(),
      ids.map((id) => `entry ${id}`),
    );
    return taken?.frame.column(0);
  };
  const small = push(1000, [999, 3, 3, 500]);
  assert.equal(small?.dictionary?.count, 3);
  assert.equal(small?.dictionary?.hash, FrameDictionary.fromStrings(['entry 3', 'entry 500', 'entry 999']).hash);
  assert.equal(
    push(
      1000,
      Array.from({ length: 900 }, (_, id) => id),
    )?.dictionary?.count,
    1000,
  );
  assert.equal(push(20_000, [19_999, 0, 7])?.encoding, ENCODING_PLAIN);
});

test('a row that is too large is refused', () => {
  const engine = testEngine();
  const task = engine.createTask(planWords(inputOp(1, [TYPE_UTF8, TYPE_UTF8]), outputOp(2)));
  const half = 'x'.repeat(ROW_BYTES_MAX / 2);
  const ok = [
    ...pushFrame(engine, task, frameOf([TYPE_UTF8, TYPE_UTF8], [[half, half]])),
    ...drain(task, task.flush()),
  ];
  assert.equal(ok[0]?.rows, 1);
  assert.throws(() => pushFrame(engine, task, frameOf([TYPE_UTF8, TYPE_UTF8], [[half, `${half}y`]])), {
    code: 'ROW_TOO_LARGE',
    message: /524289 B exceeds 524288 B/,
  });
});

test('running out of memory is an error with its values, not a trap', () => {
  const engine = testEngine(4 << 20);
  const kept: number[] = [];
  assert.throws(
    () => {
      for (;;) kept.push(engine.alloc(100_000));
    },
    { code: 'ENGINE_OUT_OF_MEMORY', message: /131072 B more .* of 4194304 B/ },
  );
  assert.throws(() => engine.createTask(planWords(inputOp(1, FLIGHT_TYPES), partitionOp(2, [0], 7, 4))), {
    code: 'ENGINE_OUT_OF_MEMORY',
  });
  for (const ptr of kept) engine.free(ptr);
  const task = engine.createTask(planWords(inputOp(1, FLIGHT_TYPES), partitionOp(2, [0], 7, 4)));
  task.free();
});

test('a window that lacks memory for a cache of its own works without it, and nobody takes that for a failure', () => {
  const engine = testEngine(6 << 20);
  const count: PlanOperator = [
    OP_WINDOW,
    2,
    1,
    1,
    0,
    ...wide(1000n),
    ...wide(1000n),
    ...wide(0n),
    7,
    1,
    1,
    AGG_COUNT,
    -1,
    -1,
  ];
  const types = [TYPE_TIMESTAMP, TYPE_UTF8];
  const task = engine.createTask(planWords(inputOp(1, types), count, outputOp(3)));
  const words = Array.from({ length: 3000 }, (_, id) => `word ${id}`);
  const ids = Int32Array.from({ length: FRAME_ROWS_MAX }, (_, row) => row % words.length);
  const times = new BigInt64Array(FRAME_ROWS_MAX);
  const build = (column: FrameColumn): Uint8Array =>
    new FrameBuilder(types).build(ids.length, [{ data: times }, column]);
  const plain = build({ values: Array.from(ids, (id) => words[id]) });
  for (let round = 0; round < 2; round++) pushFrame(engine, task, plain);
  const encoded = build({ ids, dictionary: FrameDictionary.fromStrings(words) });
  const ptr = engine.alloc(encoded.byteLength);
  engine.bytes(ptr, encoded.byteLength).set(encoded);
  const kept: number[] = [];
  // the cache takes a block of 12 KB, of a kind that nothing has taken so far
  assert.throws(
    () => {
      for (;;) kept.push(engine.alloc(65_000));
    },
    { code: 'ENGINE_OUT_OF_MEMORY' },
  );
  assert.equal(task.push(ptr), STATUS_DONE);
  for (const block of kept) engine.free(block);
  const fired = drain(task, task.watermark(2000n));
  const rows = rowsOf([...fired, ...drain(task, task.flush())]);
  assert.equal(rows.length, words.length);
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row[3]), 0),
    3 * FRAME_ROWS_MAX,
  );
});

test('tasks give their memory back', () => {
  const engine = testEngine();
  const run = (): number => {
    const task = engine.createTask(
      planWords(inputOp(1, FLIGHT_TYPES), timeOp(2, 0, 1n), lateFlights(3), partitionOp(4, [2, 1], 7, 4)),
    );
    pushFrame(engine, task, frameOf(FLIGHT_TYPES, flights(4096)));
    task.free();
    return engine.memoryUsed;
  };
  const first = run();
  for (let round = 0; round < 20; round++) assert.equal(run(), first);
});

test('a call in the middle of another, and a plan that is none, are errors', () => {
  const engine = testEngine();
  const task = engine.createTask(planWords(inputOp(1, [TYPE_I32]), outputOp(2)));
  const frame = frameOf([TYPE_I32], [[1]]);
  const ptr = engine.alloc(frame.byteLength);
  engine.bytes(ptr, frame.byteLength).set(frame);
  assert.throws(() => task.resume(), { code: 'ENGINE_BUG' });
  assert.equal(task.push(ptr), STATUS_DONE);
  task.flush();
  assert.throws(() => task.push(ptr), { code: 'ENGINE_BUG' });
  assert.equal(task.resume(), STATUS_DONE);
  assert.throws(() => engine.createTask(new Int32Array([1, 2, 3])), { code: 'ENGINE_BAD_PLAN' });
  assert.throws(() => engine.createTask(planWords([OP_INPUT, 1, 1, 17], outputOp(2))), {
    code: 'ENGINE_BAD_PLAN',
    context: { word: 6, found: 17 },
  });
  const other = engine.createTask(planWords(inputOp(1, [TYPE_F64]), outputOp(2)));
  assert.throws(() => pushFrame(engine, other, frame), {
    code: 'FRAME_CORRUPT',
    context: { operator: 'operator 1', check: 18, found: 2, bound: 4 },
  });
});

test('an engine with another ABI is refused', () => {
  // (module (func (export "abi_version") (result i32) i32.const 77) (memory (export "memory") 1))
  const bytes = Uint8Array.from([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 24, 2, 11, 97, 98, 105, 95, 118,
    101, 114, 115, 105, 111, 110, 0, 0, 6, 109, 101, 109, 111, 114, 121, 2, 0, 10, 7, 1, 5, 0, 65, 205, 0, 11,
  ]);
  assert.throws(() => Engine.create(new WebAssembly.Module(bytes), { memoryBytesMax: 0 }), {
    code: 'ABI_MISMATCH',
    context: { found: 77, expected: ABI_VERSION },
  });
});

test('a trap is an error that names call and operators, and the engine stays unusable', () => {
  const engine = testEngine();
  const names = new Map([
    [1, 'input#0'],
    [2, 'sink#0'],
  ]);
  engine.createTask(planWords(inputOp(1, [TYPE_I32]), outputOp(2)), names);
  assert.throws(() => engine.callIn(names, 'task_flush', [0xfffffff0 | 0]), {
    code: 'ENGINE_TRAP',
    message: /task_flush trapped in input#0 → sink#0/,
  });
  assert.throws(() => engine.alloc(16), { code: 'ENGINE_TRAP' });
});

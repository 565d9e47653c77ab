// The engine's stateless path, hot: frames of 4,096 rows that lie in its memory, one core.
//   node bench/micro/engine-core.mjs [--json]
// Each figure is the median of several rounds, all measured in turn in one process, by the thread's CPU time
// (so that a busy machine disturbs it less).
import { readFileSync } from 'node:fs';

const host = (room) => import(new URL(`../../host-ts/src/${room}/index.ts`, import.meta.url).href);
const abi = await host('abi');
const { Engine, FrameBuilder, FrameDictionary } = await host('engine');
const { checkPredicate, col, compileExpr, toExprJson } = await host('expr');
const { i32, i64, timestamp, utf8 } = await host('schema');

const ROWS = abi.FRAME_ROWS_MAX;
const ROUNDS = 7;
const ROUND_MS = 60;
const json = process.argv.includes('--json');

const module = new WebAssembly.Module(readFileSync(new URL('../../engine-as/build/engine.wasm', import.meta.url)));
const engine = Engine.create(module, { memoryBytesMax: 0 });

// 24 B a row: time 8, delay 8, distance 4, origin 4 (dictionary of 300)
const schema = { date: timestamp(), delay: i64(), distance: i32(), origin: utf8() };
const types = [abi.TYPE_TIMESTAMP, abi.TYPE_I64, abi.TYPE_I32, abi.TYPE_UTF8];
const dictionary = FrameDictionary.fromStrings(
  Array.from({ length: 300 }, (_, id) => `A${String(id).padStart(3, '0')}`),
);
let state = 88172645;
const random = (bound) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % bound;
const rows = (make) => Array.from({ length: ROWS }, (_, row) => make(row));
const frameBytes = new FrameBuilder(types).build(ROWS, [
  { values: rows((row) => 1_000_000_000_000 + row * 10_000) },
  { data: new BigInt64Array(rows(() => BigInt(random(1 << 16) - (1 << 15)))) },
  { data: new Int32Array(rows(() => random(3000))) },
  { ids: new Int32Array(rows(() => random(300))), dictionary },
]);
const frame = engine.alloc(frameBytes.byteLength);
engine.bytes(frame, frameBytes.byteLength).set(frameBytes);

const wide = (value) => [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
const input = [abi.OP_INPUT, 1, types.length, ...types];
const output = [abi.OP_OUTPUT, 9];
const time = [abi.OP_TIME, 2, 0, ...wide(3_600_000n)];
const filter = (bound) => [
  abi.OP_FILTER,
  3,
  ...compileExpr(checkPredicate(toExprJson(col('delay').gt(bound)), schema)),
];
const partition = (keys, channels) => {
  const bounds = Array.from({ length: channels + 1 }, (_, index) => Math.floor((index * 128) / channels));
  return [abi.OP_PARTITION, 9, keys.length, ...keys, 7, channels, ...bounds];
};
function task(...operators) {
  const words = operators.flatMap(([kind, id, ...payload]) => [kind, id, payload.length, ...payload]);
  return engine.createTask(new Int32Array([abi.PLAN_MAGIC, operators.length, ...words]));
}

function push(running) {
  // the same frame again is a new split: its rows are not late
  running.split(-(2n ** 63n));
  let status = running.push(frame);
  while (status === abi.STATUS_OUTPUT) status = running.resume();
}

const cases = {
  'check a frame, filter keeps none': task(input, filter(40_000), output),
  'filter keeps half, output': task(input, filter(0), output),
  'time, output': task(input, time, output),
  output: task(input, output),
  'partition 2 by text': task(input, partition([3], 2)),
  'partition 4 by text': task(input, partition([3], 4)),
  'partition 8 by text': task(input, partition([3], 8)),
  'partition 32 by text': task(input, partition([3], 32)),
  'partition 4 by i64': task(input, partition([1], 4)),
  'partition 4 by text and i32': task(input, partition([3, 2], 4)),
  'time, filter keeps half, partition 2 by text': task(input, time, filter(0), partition([3], 2)),
};

const cpuMs = () => process.threadCpuUsage().user / 1000;

const figures = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round < ROUNDS + 1; round++) {
  for (const [name, running] of Object.entries(cases)) {
    const start = cpuMs();
    let batches = 0;
    do {
      for (let k = 0; k < 20; k++) push(running);
      batches += 20;
    } while (cpuMs() - start < ROUND_MS);
    // the first round warms up
    if (round > 0) figures[name].push((batches * ROWS) / ((cpuMs() - start) / 1000));
  }
}
for (const [name, values] of Object.entries(figures)) {
  const median = values.toSorted((a, b) => a - b)[values.length >> 1];
  if (json) console.log(JSON.stringify({ name: `engine-core/${name}`, value: Math.round(median), unit: 'rows/s' }));
  else console.log(`${name.padEnd(48)} ${(median / 1e6).toFixed(0).padStart(6)} M rows/s`);
}

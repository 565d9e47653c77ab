// Planned jobs run by the engine itself, vertex by vertex, without slots and channels: the rows that leave
// must be those of a plain loop, at any parallelism. What is tested is the plan: column positions, programs,
// key-group bounds, windows over windows, late rows.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { STATUS_DONE, STATUS_OUTPUT, CHANNEL_LATE } from '../../src/abi/index.ts';
import {
  avg,
  buildJob,
  collect,
  count,
  countDistinct,
  hop,
  input,
  job,
  max,
  sum,
  tumble,
} from '../../src/api/index.ts';
import type { JobDefinition } from '../../src/api/index.ts';
import type { EngineTask } from '../../src/engine/index.ts';
import { Engine, FrameBuilder, FrameReader } from '../../src/engine/index.ts';
import { col } from '../../src/expr/index.ts';
import type { FanOutput, JobGraph } from '../../src/plan/index.ts';
import { taskPlans } from '../../src/plan/index.ts';
import type { RowValue } from '../../src/schema/index.ts';
import { columnNames, i64, schemaTypeCodes, timestamp, utf8 } from '../../src/schema/index.ts';

const WASM = new URL('../../../engine-as/build/engine.wasm', import.meta.url);
const LAST = 2n ** 63n - 1n;
const SCHEMA = { unread: i64(), t: timestamp(), a: i64(), s: utf8() };
const rows = input('rows', SCHEMA);

interface Row {
  readonly t: number;
  readonly a: bigint | null;
  readonly s: string;
}

/** Out of order by up to 20 ms; every 50th row is 500 ms behind. */
const ROWS: readonly Row[] = Array.from({ length: 4000 }, (_, i) => ({
  t: Math.max(0, i * 2 + ((i * 7) % 20) - (i % 50 === 49 ? 500 : 0)),
  a: i % 11 === 0 ? null : BigInt((i * 13) % 40),
  s: `k${(i * 31) % 17}`,
}));
const OUT_OF_ORDER_MS = 40;

test('filter, computed aggregates, late rows and a second window are what a plain loop says', async () => {
  const definition = job('two windows', (env) => {
    const first = env
      .source(rows)
      .watermarks({ column: 't', outOfOrder: OUT_OF_ORDER_MS })
      .filter(col('a').isNull().or(col('a').lt(35)))
      .keyBy('s')
      .window(hop(200, 100))
      .aggregate({
        n: count(),
        big: count().where(col('a').gt(20)),
        twice: sum(col('a').mul(2)),
        mean: avg('a'),
        kinds: countDistinct('a'),
      });
    first.lateTo(collect('late'));
    first.sink(collect('first'));
    first
      .filter(col('n').gt(1))
      .keyBy('s')
      .window(tumble(1000))
      .aggregate({ most: max('n'), windows: count() })
      .sink(collect('second'));
  });
  const expected = plainLoop();
  assert.ok(expected.late.length > 20 && expected.first.length > 500 && expected.second.length > 100);
  for (const parallelism of [1, 3]) assert.deepEqual(await runJob(definition, parallelism), expected);
});

function plainLoop(): Record<'first' | 'second' | 'late', string[]> {
  let newest = -Infinity;
  const late: string[] = [];
  const windows = new Map<string, Row[]>();
  for (const row of ROWS) {
    const watermark = newest - OUT_OF_ORDER_MS - 1;
    newest = Math.max(newest, row.t);
    if (row.a !== null && row.a >= 35n) continue;
    const starts = [0, 100].map((back) => Math.floor(row.t / 100) * 100 - back);
    const open = starts.filter((start) => start + 199 > watermark);
    if (open.length === 0) late.push(show([null, row.t, row.a, row.s]));
    for (const start of open) {
      const key = `${row.s} ${start}`;
      windows.set(key, [...(windows.get(key) ?? []), row]);
    }
  }
  const second = new Map<string, bigint[]>();
  const first = [...windows].map(([key, members]) => {
    const [s, start] = [key.split(' ')[0]!, Number(key.split(' ')[1])];
    const values = members.flatMap(({ a }) => (a === null ? [] : [a]));
    const total = values.reduce((all, a) => all + a, 0n);
    const n = BigInt(members.length);
    if (n > 1n) {
      const day = `${s} ${Math.floor((start + 199) / 1000) * 1000}`;
      second.set(day, [...(second.get(day) ?? []), n]);
    }
    const some = values.length > 0;
    const big = BigInt(values.filter((a) => a > 20n).length);
    const mean = some ? Number(total) / values.length : null;
    return show([s, start, start + 200, n, big, some ? total * 2n : null, mean, BigInt(new Set(values).size)]);
  });
  const days = [...second].map(([key, ns]) => {
    const [s, start] = [key.split(' ')[0]!, Number(key.split(' ')[1])];
    return show([s, start, start + 1000, ns.reduce((a, b) => (a > b ? a : b)), BigInt(ns.length)]);
  });
  // late rows have the declared columns; the one that nobody reads is read after all, because a sink sees whole rows
  return { first: first.sort(), second: days.sort(), late: late.sort() };
}

function show(values: readonly RowValue[]): string {
  return values.map(String).join(' ');
}

/** Rows of every collect sink, by its name, as sorted text. */
async function runJob(definition: JobDefinition, parallelism: number): Promise<Record<string, string[]>> {
  const { graph } = buildJob(definition);
  const module = await WebAssembly.compile(readFileSync(WASM));
  const slots: Slot[] = [];
  const collected: Record<string, string[]> = {};
  for (let slot = 0; slot < parallelism; slot++) {
    slots.push(new Slot(Engine.create(module, { memoryBytesMax: 0 }), graph, parallelism, slots, collected));
  }
  // One split, read by slot 0; the others' sources are finished from the start.
  const frames = sourceFrames(columnNames(graph.vertices[0]!.inSchema));
  let newest = -LAST;
  for (const { frame, newestAfter } of frames) {
    slots[0]!.push(0, frame, newest);
    newest = newestAfter;
    for (const vertex of graph.vertices)
      for (const slot of slots) slot.watermark(vertex.id, newest - BigInt(OUT_OF_ORDER_MS) - 1n);
  }
  for (const vertex of graph.vertices) for (const slot of slots) slot.watermark(vertex.id, LAST);
  for (const list of Object.values(collected)) list.sort();
  return collected;
}

function sourceFrames(
  names: readonly string[],
): readonly { readonly frame: Uint8Array; readonly newestAfter: bigint }[] {
  const builder = new FrameBuilder(
    schemaTypeCodes(Object.fromEntries(names.map((name) => [name, SCHEMA[name as 't']]))),
  );
  const batches = Array.from({ length: 20 }, (_, index) => ROWS.slice(index * 200, index * 200 + 200));
  let newest = 0;
  return batches.map((batch) => {
    const columns = names.map((name) => ({
      values: batch.map((row) => (name === 'unread' ? null : row[name as keyof Row])),
    }));
    newest = Math.max(newest, ...batch.map(({ t }) => t));
    return { frame: builder.build(batch.length, columns), newestAfter: BigInt(newest) };
  });
}

/** One engine with a task per vertex; frames go on at once, to whatever slot they are for. */
class Slot {
  readonly #engine: Engine;
  readonly #graph: JobGraph;
  readonly #tasks: readonly EngineTask[];
  readonly #slots: readonly Slot[];
  readonly #collected: Record<string, string[]>;

  constructor(
    engine: Engine,
    graph: JobGraph,
    parallelism: number,
    slots: readonly Slot[],
    collected: Record<string, string[]>,
  ) {
    this.#engine = engine;
    this.#graph = graph;
    this.#slots = slots;
    this.#collected = collected;
    this.#tasks = graph.vertices.map((vertex) => {
      const [plan, ...rest] = taskPlans(vertex, graph, parallelism);
      assert.ok(plan?.kind === 'native' && rest.length === 0);
      return engine.createTask(plan.words, new Map(plan.operators.map(({ id, name }) => [id, name])));
    });
  }

  push(vertex: number, frame: Uint8Array, splitMax?: bigint): void {
    const task = this.#tasks[vertex]!;
    if (splitMax !== undefined) task.split(splitMax);
    const ptr = this.#engine.alloc(frame.length);
    this.#engine.bytes(ptr, frame.length).set(frame);
    this.#drain(vertex, task.push(ptr));
    this.#engine.free(ptr);
  }

  watermark(vertex: number, watermark: bigint): void {
    const task = this.#tasks[vertex]!;
    this.#drain(vertex, task.watermark(watermark));
    this.#drain(vertex, task.flush());
  }

  #drain(vertex: number, first: number): void {
    const task = this.#tasks[vertex]!;
    for (let status = first; status !== STATUS_DONE; status = task.resume()) {
      if (status === STATUS_OUTPUT) this.#send(vertex, task.outChannel, task.outFrame.slice());
    }
  }

  #send(vertex: number, channel: number, frame: Uint8Array): void {
    const { output, late } = this.#graph.vertices[vertex]!;
    if (channel === CHANNEL_LATE) this.#fan(late!, frame);
    else if (output.kind === 'fan') this.#fan(output, frame);
    else this.#slots[channel]!.push(this.#graph.edges[output.edge]!.to, frame);
  }

  #fan(fan: FanOutput, frame: Uint8Array): void {
    for (const to of fan.forward) this.push(to, frame);
    for (const sink of fan.sinks) {
      assert.equal(sink.kind, 'collect');
      const list = (this.#collected[sink.kind === 'collect' ? sink.name : ''] ??= []);
      const reader = new FrameReader(frame);
      for (let row = 0; row < reader.rows; row++) list.push(show(reader.row(row)));
    }
  }
}

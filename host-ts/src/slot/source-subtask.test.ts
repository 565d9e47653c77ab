/** Sources: batches, barriers between them, watermarks of several splits, idleness, pace, pause, ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SplitState } from '../checkpoint/index.ts';
import type { Connector, PollResult, SplitDescription, SplitReader } from '../connectors/index.ts';
import type { Engine } from '../engine/index.ts';
import { ManualTime } from '../../test/coordinator/manual-time.ts';
import { PlayedSender } from '../../test/slot/played-channels.ts';
import { ChainOutput } from './chain-output.ts';
import { Chain } from './chain.ts';
import type { NativeStage } from './native-stage.ts';
import { Pacer } from './pacer.ts';
import { SourceSubtask } from './source-subtask.ts';
import { WATERMARK_END, WATERMARK_NONE } from './times.ts';

const split = (id: string, timeMin: number | null): SplitDescription => ({
  id,
  index: 0,
  timeMin,
  rows: null,
  bytes: null,
  data: null,
});

/** Gives one row per poll: its time is its value. 'wait' and 'end' are said as they come. */
class PlayedReader implements SplitReader {
  readonly script: (number | 'wait' | 'end')[];
  readonly #times: number[];
  skippedRows = 0;
  closed = false;
  #read = 0;
  #ready: (() => void)[] = [];

  constructor(script: readonly (number | 'wait' | 'end')[], times: number[]) {
    this.script = [...script];
    this.#times = times;
  }

  poll(): PollResult {
    const next = this.script[0];
    if (next === undefined || next === 'wait') return { kind: 'wait' };
    if (next === 'end') return { kind: 'end' };
    this.script.shift();
    this.#read += 1;
    this.#times.push(next);
    return { kind: 'frame', framePtr: next, rows: 1 };
  }

  ready(): Promise<void> {
    return new Promise((resolve) => this.#ready.push(resolve));
  }

  position(): number {
    return this.#read;
  }

  close(): void {
    this.closed = true;
  }

  /** What it waited for has come. */
  async come(...script: readonly (number | 'wait' | 'end')[]): Promise<void> {
    if (this.script[0] === 'wait') this.script.shift();
    this.script.push(...script);
    for (const resolve of this.#ready.splice(0)) resolve();
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Bench {
  readonly time = new ManualTime();
  readonly sender = new PlayedSender();
  readonly readers = new Map<string, PlayedReader>();
  readonly told: string[] = [];
  readonly frozen: { readonly epoch: number; readonly splits: readonly SplitState[] }[] = [];
  readonly source: SourceSubtask;
  readonly pacer: Pacer;
  wakes = 0;
  opening: Promise<void> | undefined;
  readonly #current = { maxTime: WATERMARK_NONE };

  constructor(over: { readonly outOfOrderMs?: number; readonly idleAfterMs?: number; readonly speed?: number } = {}) {
    const times: number[] = [];
    const current = this.#current;
    const timeStage = {
      task: {
        split: (maxTime: bigint) => (current.maxTime = maxTime),
        splitMax: () => {
          for (const time of times.splice(0)) if (BigInt(time) > current.maxTime) current.maxTime = BigInt(time);
          return current.maxTime;
        },
      },
    } as unknown as NativeStage;
    const connector: Connector = {
      replayable: true,
      enumerate: () => Promise.reject(new TypeError('the coordinator does that')),
      openSplit: async (which, position) => {
        await this.opening;
        this.told.push(`open ${which.id} at ${JSON.stringify(position)}`);
        const reader = this.readers.get(which.id);
        if (reader === undefined) throw new Error(`no split ${which.id}`);
        return reader;
      },
      close: () => Promise.resolve(),
    };
    const late = { exchange: [], forward: [], sinks: [] };
    const output = new ChainOutput({ exchange: [], forward: [this.sender], sinks: [] }, late, 1);
    this.pacer = new Pacer(this.time.clock, { speed: over.speed ?? null, eventMs: null, wallMs: 0 }, 64);
    this.source = new SourceSubtask(
      {
        vertex: 0,
        slot: 0,
        chain: new Chain([], output, WATERMARK_NONE),
        engine: {
          frameBytes: (ptr: number) => Uint8Array.of(ptr),
          bytes: (ptr: number) => Uint8Array.of(ptr),
        } as unknown as Engine,
        connector,
        timeStage,
        outOfOrderMs: over.outOfOrderMs ?? 0,
        idleAfterMs: over.idleAfterMs,
        pacer: this.pacer,
        clock: this.time.clock,
        timers: this.time.timers,
        freeze: (epoch, splits) => this.frozen.push({ epoch, splits }),
        wantSplit: () => this.told.push('want'),
        splitDone: (id) => this.told.push(`done ${id}`),
        wake: () => (this.wakes += 1),
        fail: (error) => this.told.push(`failed ${(error as Error).message}`),
      },
      false,
    );
    this.source.setFloor(WATERMARK_END, false);
    this.#times = times;
  }

  readonly #times: number[];

  async assign(
    id: string,
    timeMin: number | null,
    script: readonly (number | 'wait' | 'end')[],
  ): Promise<PlayedReader> {
    const reader = new PlayedReader(script, this.#times);
    this.readers.set(id, reader);
    this.source.assign(split(id, timeMin), null);
    await settled();
    return reader;
  }

  /** Steps until there is nothing to do; what was sent meanwhile. */
  run(): readonly string[] {
    const from = this.sender.sent.length;
    for (let steps = 0; this.source.step() === 'worked'; steps++) assert.ok(steps < 1_000, 'it never rests');
    return this.sender.sent.slice(from);
  }
}

test('asks for a split when it has none, once, and for the next when it is read', async () => {
  const bench = new Bench();
  bench.source.setFloor(0n, false);
  bench.run();
  bench.run();
  assert.deepEqual(bench.told, ['want']);
  await bench.assign('a', 0, [1, 'end']);
  bench.run();
  assert.deepEqual(bench.told.slice(1), ['open a at null', 'done a', 'want']);
  bench.source.setFloor(WATERMARK_END, true);
  assert.deepEqual(bench.run(), [`watermark ${WATERMARK_END}`], 'no split is left anywhere');
});

test('the watermark is the smallest of the splits’ and the floor', async () => {
  const bench = new Bench({ outOfOrderMs: 10 });
  bench.source.setFloor(50n, false);
  const a = await bench.assign('a', 0, [40, 'wait']);
  assert.deepEqual(bench.run(), ['frame 40', 'watermark 29']);
  await a.come(90, 'wait');
  assert.deepEqual(bench.run(), ['frame 90', 'watermark 49'], 'the floor holds it');
  const b = await bench.assign('b', 45, ['wait']);
  bench.source.setFloor(WATERMARK_END, true);
  await a.come(100, 'wait');
  assert.deepEqual(bench.run(), ['frame 100'], 'b may still bring 45, and 49 was said');
  await b.come(70, 'wait');
  assert.deepEqual(bench.run(), ['frame 70', 'watermark 59']);
  await b.come('end');
  assert.deepEqual(bench.run(), ['watermark 89']);
  await a.come('end');
  assert.deepEqual(bench.run(), [`watermark ${WATERMARK_END}`]);
});

test('a barrier goes between two batches, with the positions behind the first', async () => {
  const bench = new Bench();
  bench.source.setFloor(WATERMARK_END, true);
  await bench.assign('a', 0, [1, 2, 3, 'wait']);
  bench.source.step();
  bench.source.injectBarrier(7);
  assert.deepEqual(bench.run(), ['watermark 0', 'barrier 7', 'frame 2', 'frame 3', 'watermark 2']);
  assert.deepEqual(bench.frozen, [
    {
      epoch: 7,
      splits: [{ vertex: 0, splitId: 'a', position: 1, rows: 1, maxTime: '1', finished: false }],
    },
  ]);
});

test('a barrier waits until a batch that found no credit has left', async () => {
  const bench = new Bench();
  bench.sender.credit = 0;
  await bench.assign('a', 0, [1, 'wait']);
  assert.equal(bench.source.step(), 'blocked');
  bench.source.injectBarrier(2);
  assert.equal(bench.source.step(), 'blocked');
  assert.equal(bench.frozen.length, 0);
  bench.sender.credit = 10;
  assert.deepEqual(bench.run(), ['frame 1', 'watermark 0', 'barrier 2']);
  assert.equal(bench.frozen[0]?.splits[0]?.rows, 1);
});

test('sources that are read to the end still pass barriers, and say what they have read', async () => {
  const bench = new Bench();
  const a = await bench.assign('a', 0, [1, 'end']);
  a.skippedRows = 3;
  bench.source.setFloor(WATERMARK_END, true);
  bench.run();
  assert.equal(a.closed, true);
  bench.source.injectBarrier(2);
  assert.deepEqual(bench.run(), ['barrier 2']);
  assert.deepEqual(bench.frozen[0]?.splits, [
    { vertex: 0, splitId: 'a', position: 1, rows: 1, maxTime: '1', finished: true },
  ]);
  assert.equal(bench.source.metrics({ busyMs: 0, blockedMs: 0, idleMs: 0 }).skippedRows, 3);
});

test('a silent input becomes idle after its time, once, and is not when rows come again', async () => {
  const bench = new Bench({ idleAfterMs: 100 });
  const a = await bench.assign('a', 0, [5, 'wait']);
  assert.deepEqual(bench.run(), ['frame 5', 'watermark 4']);
  bench.time.pass(99);
  assert.deepEqual(bench.run(), []);
  const { wakes } = bench;
  bench.time.pass(1);
  assert.equal(bench.wakes, wakes + 1, 'the loop is woken for it');
  assert.deepEqual(bench.run(), ['idle 0']);
  bench.time.pass(1_000);
  assert.deepEqual(bench.run(), []);
  await a.come(6, 'wait');
  assert.deepEqual(bench.run(), ['frame 6', 'watermark 5']);
});

test('a pace holds rows back until they are due, even behind a longer wait for idleness', async () => {
  const bench = new Bench({ speed: 1, idleAfterMs: 60_000 });
  const a = await bench.assign('a', null, [100, 'wait']);
  assert.deepEqual(bench.run(), ['frame 100', 'watermark 99']);
  await a.come(130, 'wait');
  assert.deepEqual(bench.run(), ['frame 130', 'watermark 129'], 'behind the row of 100, which was due at once');
  await a.come(200, 'wait');
  assert.deepEqual(bench.run(), [], 'behind the row of 130: in 30 ms');
  const { wakes } = bench;
  bench.time.pass(30);
  assert.equal(bench.wakes, wakes + 1);
  assert.deepEqual(bench.run(), ['frame 200', 'watermark 199']);
});

test('a pause lets what has been read leave, reads nothing more, and passes barriers', async () => {
  const bench = new Bench();
  await bench.assign('a', 0, [1, 2, 'wait']);
  bench.source.step();
  bench.source.setPaused(true);
  assert.deepEqual(bench.run(), ['watermark 0']);
  bench.source.injectBarrier(1);
  assert.deepEqual(bench.run(), ['barrier 1']);
  bench.source.setPaused(false);
  assert.deepEqual(bench.run(), ['frame 2', 'watermark 1']);
});

test('an input that cannot be opened fails the slot with the split’s name; after closing nobody hears of it', async () => {
  const bench = new Bench();
  bench.source.assign(split('gone', 0), null);
  await settled();
  assert.deepEqual(bench.told.slice(1), ['failed UNEXPECTED: no split gone']);
  const closed = new Bench();
  closed.opening = settled();
  const opened = closed.assign('a', 0, [1]);
  closed.source.close();
  const reader = await opened;
  await settled();
  assert.equal(reader.closed, true, 'what opens behind the closing is closed');
  assert.equal(closed.wakes, 0);
});

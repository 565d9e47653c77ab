/** What this room's tests share: an engine from the built engine.wasm, plans, and drained frames. */
import { readFileSync } from 'node:fs';
import { OP_INPUT, OP_OUTPUT, OP_PARTITION, OP_TIME, PLAN_MAGIC, STATUS_OUTPUT } from '../../src/abi/index.ts';
import type { RowValue } from '../../src/schema/index.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { EngineTask } from '../../src/engine/engine-task.ts';
import { FrameReader } from '../../src/engine/frame-reader.ts';

const compile = (file: string): WebAssembly.Module =>
  new WebAssembly.Module(readFileSync(new URL(`../../../engine-as/build/${file}`, import.meta.url)));
const compiled = { release: compile('engine.wasm'), debug: compile('engine.debug.wasm') };

export type EngineBuild = keyof typeof compiled;
export const ENGINE_BUILDS: readonly EngineBuild[] = ['release', 'debug'];

export function testEngine(memoryBytesMax = 0, build: EngineBuild = 'release'): Engine {
  return Engine.create(compiled[build], { memoryBytesMax });
}

/** Words of an i64: low, high. */
export const wide = (value: bigint): [number, number] => [
  Number(BigInt.asIntN(32, value)),
  Number(BigInt.asIntN(32, value >> 32n)),
];

export type PlanOperator = readonly [kind: number, id: number, ...payload: number[]];

export function planWords(...operators: readonly PlanOperator[]): Int32Array {
  const words = operators.flatMap(([kind, id, ...payload]) => [kind, id, payload.length, ...payload]);
  return new Int32Array([PLAN_MAGIC, operators.length, ...words]);
}

export const inputOp = (id: number, types: readonly number[]): PlanOperator => [OP_INPUT, id, types.length, ...types];
export const outputOp = (id: number): PlanOperator => [OP_OUTPUT, id];
export const timeOp = (id: number, column: number, outOfOrderMs: bigint): PlanOperator => [
  OP_TIME,
  id,
  column,
  ...wide(outOfOrderMs),
];

/** Key groups split evenly over the channels. */
export function partitionOp(id: number, keys: readonly number[], log2: number, channels: number): PlanOperator {
  const bounds = Array.from({ length: channels + 1 }, (_, index) => Math.floor((index * (1 << log2)) / channels));
  return [OP_PARTITION, id, keys.length, ...keys, log2, channels, ...bounds];
}

export interface Taken {
  readonly channel: number;
  readonly rows: number;
  readonly frame: FrameReader;
}

/** Takes frames until the call that gave `status` is done. */
export function drain(task: EngineTask, status: number): Taken[] {
  const taken: Taken[] = [];
  for (let now = status; now === STATUS_OUTPUT; now = task.resume()) {
    taken.push({ channel: task.outChannel, rows: task.outRows, frame: new FrameReader(task.outFrame.slice()) });
  }
  return taken;
}

/** Copies a frame into the engine, pushes it, and takes what comes out. */
export function pushFrame(engine: Engine, task: EngineTask, frame: Uint8Array): Taken[] {
  const ptr = engine.alloc(frame.byteLength);
  try {
    engine.bytes(ptr, frame.byteLength).set(frame);
    return drain(task, task.push(ptr));
  } finally {
    engine.free(ptr);
  }
}

export const rowsOf = (taken: readonly Taken[]): RowValue[][] =>
  taken.flatMap(({ frame }) => Array.from({ length: frame.rows }, (_, row) => frame.row(row)));

/** A seeded generator of u32 (xorshift). */
export function seeded(seed: number): (bound: number) => number {
  let state = seed | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

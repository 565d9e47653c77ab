// Frames that are made before the clock starts: the input of the engine's own figures.
//
// `makeFrames` converts splits of the Parquet file once, into shared memory. The `frames` connector copies them all into a
// slot's engine when its first split is opened and then waits at a gate; when every slot has come there and the process is
// quiet, the clock starts and the gate opens. From then on polling a frame costs nothing, so what is measured is the record path
// alone.
//
// V8 must not collect garbage for the benchmark's own sake while the clock runs: each growth of a memory of more than 64 MiB
// makes it mark everything, on as many threads as there are cores, and so does the end of the job before. So the memory has
// grown for the state before the clock starts (nothing of it is touched), and the threads that free memory have ended.
import { setTimeout } from 'node:timers/promises';
import { connectors, engine as engineRoom, schema as schemaRoom } from './rooms.mjs';

const READY = 0;
const OPEN = 1;
/** More than the state of either job. */
const STATE_BYTES = 1 << 26;
const QUIET_LOOKS_MAX = 20;
const QUIET_LOOK_MS = 10;
const QUIET_CPU_MICROS = 500;

/** `{ memory, splits: [{ ...SplitDescription, frames: [[at, bytes, rows], …] }] }`; structured-cloneable. */
export async function makeFrames({ binding, splitCount, schema, platform }) {
  const context = { platform, inputName: 'flights', schema, timeColumn: 'date', userFunction: undefined };
  const connector = await connectors.standardConnectors.parquet(binding, context);
  const engine = engineRoom.Engine.create(await platform.engineModule(), { memoryBytesMax: 0 });
  const copies = [];
  const splits = [];
  let end = 0;
  for (const split of (await connector.enumerate()).splits.slice(0, splitCount)) {
    const frames = [];
    await readSplit(connector, split, engine, (framePtr, rows) => {
      const bytes = engine.frameBytes(framePtr).slice();
      copies.push(bytes);
      frames.push([end, bytes.length, rows]);
      end += bytes.length;
    });
    splits.push({ ...split, frames });
  }
  await connector.close();
  const memory = new SharedArrayBuffer(end);
  let at = 0;
  for (const bytes of copies) {
    new Uint8Array(memory).set(bytes, at);
    at += bytes.length;
  }
  return { memory, splits, types: schemaRoom.schemaTypeCodes(schema) };
}

/** Drives a reader of any connector to its end. */
export async function readSplit(connector, split, engine, take) {
  const reader = await connector.openSplit(split, null, engine);
  for (;;) {
    const result = reader.poll(4096);
    if (result.kind === 'end') break;
    if (result.kind === 'wait') await reader.ready();
    else take(result.framePtr, result.rows);
  }
  reader.close();
}

/** `gate`: i32[2] in shared memory: slots that are ready, and whether it is open; `beforeReady` is called by each slot. */
export function framesConnector({ memory, splits }, gate, beforeReady = () => undefined) {
  const words = new Int32Array(gate);
  const loaded = new Map(); // engine → address of the frames
  const load = (engine) => {
    const base = engine.alloc(memory.byteLength);
    engine.bytes(base, memory.byteLength).set(new Uint8Array(memory));
    engine.free(engine.alloc(STATE_BYTES));
    loaded.set(engine, base);
    beforeReady();
    Atomics.add(words, READY, 1);
    Atomics.notify(words, READY);
  };
  return async () => ({
    replayable: true,
    enumerate: async () => ({
      fingerprint: 'frames',
      splits: splits.map(({ id, index, timeMin, rows, bytes, data }) => ({ id, index, timeMin, rows, bytes, data })),
    }),
    async openSplit({ index }, position, engine) {
      if (!loaded.has(engine)) load(engine);
      const base = loaded.get(engine);
      const { frames } = splits[index];
      let next = position ?? 0;
      const closed = { kind: 'wait' };
      return {
        skippedRows: 0,
        poll() {
          if (Atomics.load(words, OPEN) === 0) return closed;
          if (next === frames.length) return { kind: 'end' };
          const [at, , rows] = frames[next++];
          return { kind: 'frame', framePtr: base + at, rows };
        },
        ready: () => opened(gate),
        position: () => next,
        close() {},
      };
    },
    close: async () => undefined,
  });
}

/** Settles when the gate is open. */
export async function opened(gate) {
  await Atomics.waitAsync(new Int32Array(gate), OPEN, 0).value;
}

/** Waits for `slots` slots, then opens the gate and says when. */
export async function openGate(gate, slots) {
  const words = new Int32Array(gate);
  for (;;) {
    const ready = Atomics.load(words, READY);
    if (ready === slots) break;
    await Atomics.waitAsync(words, READY, ready).value;
  }
  await quiet();
  const start = performance.now();
  Atomics.store(words, OPEN, 1);
  Atomics.notify(words, OPEN);
  return start;
}

/** Settles when the process does nothing, or after some looks: a profiler never rests. */
async function quiet() {
  for (let looks = 0; looks < QUIET_LOOKS_MAX; looks++) {
    const before = process.cpuUsage();
    await setTimeout(QUIET_LOOK_MS);
    const { user, system } = process.cpuUsage(before);
    if (user + system < QUIET_CPU_MICROS) return;
  }
}

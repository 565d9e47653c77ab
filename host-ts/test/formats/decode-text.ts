/** What the tests of formats share: an engine from the built engine.wasm, and whole texts decoded in chunks. */
import { readFileSync } from 'node:fs';
import { OP_INPUT, OP_OUTPUT, PLAN_MAGIC, STATUS_OUTPUT } from '../../src/abi/index.ts';
import type { SluiceError } from '../../src/base/index.ts';
import { Engine, FrameReader } from '../../src/engine/index.ts';
import type { EngineTask } from '../../src/engine/index.ts';
import type { RowValue, Schema } from '../../src/schema/index.ts';
import { schemaTypeCodes } from '../../src/schema/index.ts';
import { CsvDecoder, NdjsonDecoder } from '../../src/formats/index.ts';
import type { CsvOptions, DecoderPosition, NdjsonOptions } from '../../src/formats/index.ts';

const WASM = new URL('../../../engine-as/build/engine.wasm', import.meta.url);
const compiled = new WebAssembly.Module(readFileSync(WASM));

export function testEngine(memoryBytesMax = 0): Engine {
  return Engine.create(compiled, { memoryBytesMax });
}

/** One engine for tests that leave nothing behind. */
export const sharedEngine: Engine = testEngine();

export interface Decoded {
  readonly rows: RowValue[][];
  /** After each frame: rows so far and the position. */
  readonly positions: { readonly rows: number; readonly at: DecoderPosition }[];
  readonly skipped: number;
  readonly error: SluiceError | undefined;
}

export type TestInput = { readonly schema: Schema; readonly chunkBytes?: number; readonly rowsMax?: number } & (
  ({ readonly format: 'csv' } & Partial<CsvOptions>) | ({ readonly format: 'ndjson' } & Partial<NdjsonOptions>)
);

export function decode(input: string | Uint8Array, options: TestInput, engine: Engine = sharedEngine): Decoded {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const settings = { inputName: 'test', ...options };
  const decoder = settings.format === 'csv' ? new CsvDecoder(engine, settings) : new NdjsonDecoder(engine, settings);
  const task = passThrough(engine, options.schema);
  const rows: RowValue[][] = [];
  const positions: Decoded['positions'] = [];
  const size = Math.max(1, Math.min(options.chunkBytes ?? bytes.length, bytes.length));
  let error: SluiceError | undefined;
  try {
    for (let at = 0; at === 0 || at < bytes.length; at += size) {
      decoder.push(bytes.subarray(at, at + size), at + size >= bytes.length);
      for (let frame = decoder.next(options.rowsMax); frame !== undefined; frame = decoder.next(options.rowsMax)) {
        checkFrame(task, frame.framePtr);
        const reader = new FrameReader(engine.bytes(frame.framePtr, frame.bytes).slice());
        for (let row = 0; row < reader.rows; row++) rows.push(reader.row(row));
        positions.push({ rows: rows.length, at: decoder.position() });
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('code' in thrown)) throw thrown;
    error = thrown as SluiceError;
  }
  const { skipped } = decoder;
  decoder.free();
  task.free();
  return { rows, positions, skipped, error };
}

/** A task that hands frames on: taking a frame, the engine checks every offset in it. */
function passThrough(engine: Engine, schema: Schema): EngineTask {
  const types = schemaTypeCodes(schema);
  return engine.createTask(
    Int32Array.from([PLAN_MAGIC, 2, OP_INPUT, 1, types.length + 1, types.length, ...types, OP_OUTPUT, 2, 0]),
  );
}

function checkFrame(task: EngineTask, framePtr: number): void {
  let status = task.push(framePtr);
  while (status === STATUS_OUTPUT) status = task.resume();
}

/**
 * What connectors need of a home and an engine, in a few lines: bytes in memory, a bump allocator, timers of Node.
 * Frames are read back with the tables' own store.
 */
import type { Connector, ConnectorContext, InputBinding, SplitDescription } from '../../src/connectors/contract.ts';
import type { Json } from '../../src/base/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { ByteSource, Platform } from '../../src/platform/index.ts';
import type { RowValue, Schema } from '../../src/schema/index.ts';
import { RowStore } from '../../src/table/index.ts';

export function bytesSource(bytes: Uint8Array, fingerprint = 'bytes'): ByteSource {
  return {
    name: 'bytes',
    byteLength: bytes.length,
    seekable: true,
    fingerprint,
    read: (at, length) => Promise.resolve(bytes.slice(at, at + length)),
    close: () => Promise.resolve(),
  };
}

export function fakePlatform(source?: ByteSource): Platform {
  return {
    home: 'simulation',
    clock: { now: () => 0, steady: () => 0 },
    timers: {
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      soon: (callback) => void setImmediate(callback),
    },
    random: () => 0.5,
    engineModule: () => Promise.reject(new Error('no engine here')),
    log: () => undefined,
    print: () => undefined,
    open: () => (source === undefined ? Promise.reject(new Error('no bytes here')) : Promise.resolve(source)),
    cores: 1,
  };
}

export function contextOf(schema: Schema, more: Partial<ConnectorContext> = {}): ConnectorContext {
  const platform = fakePlatform();
  return { platform, inputName: 'things', schema, timeColumn: undefined, userFunction: undefined, ...more };
}

export function bindingOf(connector: string, options: Json = null): InputBinding {
  return { connector, location: { kind: 'bytes', bytes: new Uint8Array(0), name: 'bytes' }, options };
}

/** An engine's memory and nothing else; freed blocks are given out again only when all are free. */
export function fakeEngine(): Engine {
  let memory = new Uint8Array(1 << 20);
  const blocks = new Map<number, number>();
  let top = 16;
  const engine = {
    alloc(bytes: number): number {
      if (blocks.size === 0) top = 16;
      const ptr = top;
      top += (bytes + 15) & ~15;
      blocks.set(ptr, bytes);
      if (top > memory.length) {
        const grown = new Uint8Array(top * 2);
        grown.set(memory);
        memory = grown;
      }
      return ptr;
    },
    free(ptr: number): void {
      if (!blocks.delete(ptr)) throw new Error(`${ptr} is not in use`);
    },
    bytes: (ptr: number, length: number) => memory.subarray(ptr, ptr + length),
    frameBytes: (ptr: number) => memory.subarray(ptr, ptr + new DataView(memory.buffer).getUint32(ptr + 4, true)),
    get memoryUsed() {
      return [...blocks.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
  };
  return engine as unknown as Engine;
}

export type Row = Readonly<Record<string, RowValue>>;

export interface ReadOptions {
  readonly position?: Json;
  /** Stop after so many rows. */
  readonly rowsMax?: number;
  readonly batchRows?: number;
}

/** Reads one split: its rows, the position behind them, and how many were skipped. */
export async function readSplit(
  connector: Connector,
  split: SplitDescription,
  schema: Schema,
  options: ReadOptions = {},
): Promise<{ rows: Row[]; position: Json; skipped: number; frames: number }> {
  const engine = fakeEngine();
  const reader = await connector.openSplit(split, options.position ?? null, engine);
  const store = new RowStore(schema, []);
  let frames = 0;
  try {
    while (store.rows < (options.rowsMax ?? Infinity)) {
      const result = reader.poll(options.batchRows ?? 4096);
      if (result.kind === 'end') break;
      if (result.kind === 'wait') await reader.ready();
      else {
        store.append(engine.frameBytes(result.framePtr));
        frames++;
      }
    }
    const rows = Array.from({ length: store.rows }, (_, row) => store.row(row));
    const result = { rows, position: reader.position(), skipped: reader.skippedRows, frames };
    reader.close();
    if (engine.memoryUsed !== 0) throw new Error(`${engine.memoryUsed} B were not freed`);
    return result;
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** All splits, one after the other. */
export async function readAll(connector: Connector, schema: Schema): Promise<Row[]> {
  const rows: Row[] = [];
  for (const split of (await connector.enumerate()).splits)
    rows.push(...(await readSplit(connector, split, schema)).rows);
  return rows;
}

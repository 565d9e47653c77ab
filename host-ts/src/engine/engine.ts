/**
 * One engine instance: its memory, its exports, and how its failures become errors.
 *
 * The instance is compiled once per home and made once per slot. Views of its memory are made when
 * they are asked for, since growth replaces the buffer: a view is good until the next call into the
 * engine. A trap leaves the memory in an unknown state, so every later call fails as well.
 */
import {
  ABI_VERSION,
  ERROR_NONE,
  ERROR_OUT_OF_MEMORY,
  FRAME_BYTES_AT,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
} from '../abi/index.ts';
import type { SluiceError } from '../base/index.ts';
import { EngineTask } from './engine-task.ts';
import { abiMismatch, engineError, engineTrap, frameCorrupt } from './errors.ts';

export interface EngineOptions {
  /** Bytes of linear memory at most; 0 = as much as the home gives (4 GiB at most). */
  readonly memoryBytesMax: number;
}

type EngineFunction = (...args: (number | bigint)[]) => number | bigint | undefined;
/** Names of a task's operators by their id in the plan, for errors. */
export type OperatorNames = ReadonlyMap<number, string>;

const MEMORY_BYTES_MAX = 65535 * 65536;
const NO_NAMES: OperatorNames = new Map();

export class Engine {
  readonly #functions: Readonly<Record<string, EngineFunction | undefined>>;
  readonly #memory: WebAssembly.Memory;
  #buffer: ArrayBuffer;
  #view: Uint8Array;
  #trap: SluiceError | undefined;

  private constructor(instance: WebAssembly.Instance) {
    this.#functions = instance.exports as unknown as Record<string, EngineFunction | undefined>;
    this.#memory = instance.exports['memory'] as WebAssembly.Memory;
    this.#buffer = this.#memory.buffer;
    this.#view = new Uint8Array(this.#buffer);
  }

  /**
   * Synchronous, so that nothing depends on when a promise of the machine settles; engines live in
   * workers, where that is allowed. Errors: ABI_MISMATCH, ENGINE_OUT_OF_MEMORY.
   */
  static create(module: WebAssembly.Module, options: EngineOptions): Engine {
    // assertions of the engine are bugs; asc passes message and file as UTF-16 strings in memory
    const abort = (message: number, file: number, line: number, column: number): never => {
      const text = (ptr: number): string => textAt(instance.exports['memory'] as WebAssembly.Memory, ptr);
      throw new Error(`${text(message) || 'assertion failed'} (${text(file)}:${line}:${column})`);
    };
    const instance = new WebAssembly.Instance(module, { env: { abort } });
    const version = instance.exports['abi_version'];
    const found = typeof version === 'function' ? Number(version()) : 0;
    if (found !== ABI_VERSION) throw abiMismatch(found, ABI_VERSION);
    const engine = new Engine(instance);
    const bytesMax = Math.min(Math.max(0, options.memoryBytesMax), MEMORY_BYTES_MAX);
    engine.call('engine_init', bytesMax);
    return engine;
  }

  /** A task that runs the plan (copied). Errors: ENGINE_BAD_PLAN, ENGINE_OUT_OF_MEMORY. */
  createTask(words: Int32Array, names: OperatorNames = NO_NAMES): EngineTask {
    const plan = this.alloc(words.byteLength);
    this.bytes(plan, words.byteLength).set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    const task = Number(this.call('task_create', plan, words.length));
    const failure = task === 0 ? this.failure(names) : undefined;
    this.free(plan);
    if (failure !== undefined) throw failure;
    return new EngineTask(this, task, names);
  }

  /** A buffer in the engine's memory, aligned to 16, kept until `free`. Error: ENGINE_OUT_OF_MEMORY. */
  alloc(bytes: number): number {
    const ptr = Number(this.call('buffer_alloc', bytes)) >>> 0;
    if (ptr === 0) throw this.failure();
    return ptr;
  }

  free(ptr: number): void {
    this.call('buffer_free', ptr);
  }

  /** A view of the engine's memory, good until the next call into the engine. */
  bytes(ptr: number, length: number): Uint8Array {
    return this.#bytes().subarray(ptr, ptr + length);
  }

  /** The bytes of the frame at `ptr`, a view as `bytes` gives. Error: FRAME_CORRUPT. */
  frameBytes(ptr: number): Uint8Array {
    const memory = this.#bytes();
    if (ptr <= 0 || ptr + FRAME_HEADER_BYTES > memory.byteLength) throw frameCorrupt('address', ptr, memory.byteLength);
    const view = new DataView(memory.buffer, ptr, FRAME_HEADER_BYTES);
    const magic = view.getInt32(0, true);
    if (magic !== FRAME_MAGIC) throw frameCorrupt('magic', magic, FRAME_MAGIC);
    const length = view.getUint32(FRAME_BYTES_AT, true);
    if (ptr + length > memory.byteLength) throw frameCorrupt('length', length, memory.byteLength - ptr);
    return memory.subarray(ptr, ptr + length);
  }

  /** Bytes of pages, blocks and arenas in use. */
  get memoryUsed(): number {
    return Number(this.call('memory_used')) >>> 0;
  }

  /**
   * Calls an export by its name; i64 arguments and results are bigint. Does not look at the error
   * slot: that is `failure`. Error: ENGINE_TRAP, in this call and every later one.
   */
  call(name: string, ...args: (number | bigint)[]): number | bigint {
    return this.callIn(NO_NAMES, name, args);
  }

  /** The same on behalf of a task, whose operators a trap names. */
  callIn(names: OperatorNames, name: string, args: readonly (number | bigint)[]): number | bigint {
    if (this.#trap !== undefined) throw this.#trap;
    try {
      const called = this.#functions[name];
      if (called === undefined) throw new Error(`engine.wasm does not export ${name}`);
      return called(...args) ?? 0;
    } catch (cause) {
      this.#trap = engineTrap(name, [...names.values()].join(' → '), cause);
      throw this.#trap;
    }
  }

  /** What the error slot says, as an error; `names` turns the operator's id into its name. */
  failure(names: OperatorNames = NO_NAMES): SluiceError {
    const code = Number(this.call('error_code'));
    const id = Number(this.call('error_operator'));
    const value = (index: number): bigint => BigInt(this.call('error_value', index));
    return engineError({
      code: code === ERROR_NONE ? ERROR_OUT_OF_MEMORY : code,
      operator: id < 0 ? '' : (names.get(id) ?? `operator ${id}`),
      values: [value(0), value(1), value(2)],
    });
  }

  #bytes(): Uint8Array {
    const buffer = this.#memory.buffer;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new Uint8Array(buffer);
    }
    return this.#view;
  }
}

/** A string of AssemblyScript: UTF-16, its length in bytes in the word before it. */
function textAt(memory: WebAssembly.Memory, ptr: number): string {
  if (ptr === 0) return '';
  const view = new DataView(memory.buffer);
  const units = view.getUint32(ptr - 4, true) >>> 1;
  return String.fromCharCode(...Array.from({ length: units }, (_, index) => view.getUint16(ptr + 2 * index, true)));
}

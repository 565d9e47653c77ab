/**
 * Runs expression programs in the engine without tasks: compiles engine-as/assembly/expr/harness.ts (kept in
 * engine-as/build while no engine source is newer), writes rows as frames, reads columns back as values.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  COLUMN_ENTRY_BYTES,
  ENCODING_DICTIONARY,
  ERROR_CAST,
  ERROR_DIVISION_BY_ZERO,
  ERROR_OVERFLOW,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  STATUS_DONE,
} from '../../src/abi/index.ts';
import type { Value } from '../../src/expr/index.ts';
import type { Schema, TypeName } from '../../src/schema/index.ts';
import { columnNames, schemaTypeCodes, typeOfCode } from '../../src/schema/index.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  init(bytesMax: number): number;
  alloc(bytes: number): number;
  free(ptr: number): void;
  open(frame: number, sel: number, selected: number): number;
  words(program: number): number;
  check(program: number, types: number, count: number): number;
  evaluate(program: number): number;
  select(program: number): number;
  selected(): number;
  selection(): number;
  column(): number;
  dictionaryCount(dict: number): number;
  dictionaryOffsets(dict: number): number;
  dictionaryBytes(dict: number): number;
  errorCode(): number;
  errorValue(index: number): bigint;
  benchSelect(program: number, frame: number, rounds: number): number;
  benchEvaluate(program: number, frame: number, rounds: number): number;
}

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The harness as wasm; compiled when an engine source changed since the last time. */
async function harnessWasm(): Promise<Uint8Array<ArrayBuffer>> {
  const sources = ['memory', 'batch', 'kernels', 'expr'].flatMap((room) =>
    globSync(`engine-as/assembly/${room}/*.ts`, { cwd: ROOT, exclude: ['**/*.spec.ts'] }),
  );
  const hash = createHash('sha256');
  for (const file of ['engine-as/abi.ts', 'engine-as/asconfig.json', ...sources.sort()]) {
    hash.update(file).update(await readFile(path.join(ROOT, file)));
  }
  const build = path.join(ROOT, 'engine-as/build');
  const wasm = path.join(build, `expr-harness.${hash.digest('hex').slice(0, 16)}.wasm`);
  const known = await readFile(wasm).catch(() => undefined);
  if (known !== undefined) return known;
  await mkdir(build, { recursive: true });
  const asc = path.join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
  const beside = `${wasm}.${process.pid}`;
  const args = ['engine-as/assembly/expr/harness.ts', '--config', 'engine-as/asconfig.json', '--target', 'release'];
  await promisify(execFile)(process.execPath, [asc, ...args, '-o', path.relative(ROOT, beside)], { cwd: ROOT });
  await rename(beside, wasm);
  return readFile(wasm);
}

export interface EngineFailure {
  readonly code: 'OVERFLOW' | 'DIVISION_BY_ZERO' | 'CAST_FAILED' | `engine error ${number}`;
  readonly row: number;
  readonly values: readonly bigint[];
}

export class ExprEngine {
  readonly exports: Exports;

  private constructor(exports: Exports) {
    this.exports = exports;
  }

  static async load(): Promise<ExprEngine> {
    const module = await WebAssembly.compile(await harnessWasm());
    const abort = (): never => {
      throw new Error('the engine aborted');
    };
    const instance = await WebAssembly.instantiate(module, { env: { abort } });
    const exports = instance.exports as unknown as Exports;
    if (exports.init(1 << 28) !== 0) throw new Error('the engine has no memory');
    return new ExprEngine(exports);
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer);
  }

  view(): DataView {
    return new DataView(this.exports.memory.buffer);
  }

  /** Copies bytes into the engine; free the pointer. */
  put(bytes: Uint8Array): number {
    const ptr = this.exports.alloc(Math.max(bytes.length, 64));
    this.bytes().set(bytes, ptr);
    return ptr;
  }

  putWords(words: Int32Array): number {
    return this.put(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  }

  /** exprWords and exprCheck; false when the program is refused. */
  check(program: number, words: number, schema: Schema): boolean {
    if (this.exports.words(program) !== words) return false;
    const types = this.putWords(Int32Array.from(schemaTypeCodes(schema)));
    const status = this.exports.check(program, types, columnNames(schema).length);
    this.exports.free(types);
    return status === STATUS_DONE;
  }

  failure(): EngineFailure {
    const code = this.exports.errorCode();
    const values = [0, 1, 2].map((i) => this.exports.errorValue(i));
    const names = new Map<number, EngineFailure['code']>([
      [ERROR_OVERFLOW, 'OVERFLOW'],
      [ERROR_DIVISION_BY_ZERO, 'DIVISION_BY_ZERO'],
      [ERROR_CAST, 'CAST_FAILED'],
    ]);
    return { code: names.get(code) ?? `engine error ${code}`, row: Number(values[0]), values };
  }

  /** The column that `evaluate` left, all rows. */
  readColumn(rows: number): { readonly type: TypeName; readonly values: readonly Value[] } {
    const view = this.view();
    const at = this.exports.column();
    const word = (index: number): number => view.getUint32(at + index * 4, true);
    const type = typeOfCode(word(0)) ?? 'bool';
    const read = this.reader(type, word(1), word(3), word(4), word(5));
    const validity = word(2);
    const values = Array.from({ length: rows }, (_, row) => {
      const valid = validity === 0 || ((view.getUint8(validity + (row >> 3)) >> (row & 7)) & 1) === 1;
      return valid ? read(row) : null;
    });
    return { type, values };
  }

  private reader(type: TypeName, encoding: number, data: number, bytes: number, dict: number): (row: number) => Value {
    const view = this.view();
    const text = (offsets: number, base: number, index: number): string => {
      const from = view.getInt32(offsets + index * 4, true);
      const to = view.getInt32(offsets + index * 4 + 4, true);
      return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes().slice(base + from, base + to));
    };
    if (type === 'bool') return (row) => ((view.getUint8(data + (row >> 3)) >> (row & 7)) & 1) === 1;
    if (type === 'i32') return (row) => view.getInt32(data + row * 4, true);
    if (type === 'f64') return (row) => view.getFloat64(data + row * 8, true);
    if (type !== 'utf8') return (row) => view.getBigInt64(data + row * 8, true);
    if (encoding !== ENCODING_DICTIONARY) return (row) => text(data, bytes, row);
    const offsets = this.exports.dictionaryOffsets(dict);
    const base = this.exports.dictionaryBytes(dict);
    return (row) => text(offsets, base, view.getInt32(data + row * 4, true));
  }

  selectedRows(): readonly number[] {
    const count = this.exports.selected();
    const sel = this.exports.selection();
    return Array.from({ length: count }, (_, i) => (sel === 0 ? i : this.view().getUint16(sel + i * 2, true)));
  }
}

/**
 * Rows (columns of values) as a frame. Null rows hold garbage where the format allows it. `dictionary` names
 * the utf8 columns to encode.
 */
export function frameOf(
  schema: Schema,
  columns: readonly (readonly Value[])[],
  dictionary: ReadonlySet<string>,
): Uint8Array {
  const names = columnNames(schema);
  const rows = columns[0]?.length ?? 0;
  const blocks: Uint8Array[] = [];
  let end = FRAME_HEADER_BYTES + names.length * COLUMN_ENTRY_BYTES;
  const place = (bytes: Uint8Array): number => {
    const at = end;
    const padded = new Uint8Array((bytes.length + 15) & ~15);
    padded.set(bytes);
    blocks.push(padded);
    end += padded.length;
    return at;
  };
  const head = new Uint8Array(end);
  const view = new DataView(head.buffer);
  for (const [index, name] of names.entries()) {
    const at = FRAME_HEADER_BYTES + index * COLUMN_ENTRY_BYTES;
    const word = (offset: number, value: number): void => view.setUint32(at + offset, value, true);
    const values = columns[index] ?? [];
    const type = schema[name]?.type ?? 'bool';
    view.setUint8(at, schemaTypeCodes(schema)[index] ?? 0);
    if (values.includes(null)) word(4, place(bits(values.map((value) => value !== null))));
    if (type !== 'utf8') {
      const data = type === 'bool' ? bits(values.map((value) => value ?? true)) : fixed(type, values);
      word(8, place(data));
      word(12, data.length);
      continue;
    }
    const texts = values.map((value) => (value === null ? 'garbage' : String(value)));
    const encoded = dictionary.has(name);
    const entries = encoded ? [...new Set(['unused', ...texts])] : texts;
    const { offsets, bytes } = textBlock(entries);
    const ids = Int32Array.from(texts.map((text) => entries.indexOf(text)));
    const data = encoded ? new Uint8Array(ids.buffer) : offsets;
    view.setUint8(at + 1, encoded ? ENCODING_DICTIONARY : 0);
    word(8, place(data));
    word(12, data.length);
    const dictAt = encoded ? place(offsets) : 0;
    word(encoded ? 32 : 16, place(bytes));
    word(encoded ? 36 : 20, bytes.length);
    if (encoded) {
      word(24, dictAt);
      word(28, entries.length);
    }
  }
  for (const [at, value] of [FRAME_MAGIC, end, rows, names.length].entries()) view.setUint32(at * 4, value, true);
  view.setInt32(48, -1, true);
  const frame = new Uint8Array(end);
  frame.set(head);
  let at = head.length;
  for (const block of blocks) {
    frame.set(block, at);
    at += block.length;
  }
  return frame;
}

function bits(values: readonly Value[]): Uint8Array {
  const bytes = new Uint8Array((values.length + 7) >> 3);
  for (const [row, value] of values.entries()) if (value === true) bytes[row >> 3]! |= 1 << (row & 7);
  return bytes;
}

function fixed(type: TypeName, values: readonly Value[]): Uint8Array {
  const width = type === 'i32' ? 4 : 8;
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (const [row, value] of values.entries()) {
    if (type === 'i32') view.setInt32(row * 4, value === null ? -2147483648 : Number(value), true);
    else if (type === 'f64') view.setFloat64(row * 8, value === null ? 1e300 : Number(value), true);
    else view.setBigInt64(row * 8, value === null ? -(2n ** 63n) : BigInt(value), true);
  }
  return bytes;
}

function textBlock(texts: readonly string[]): { offsets: Uint8Array; bytes: Uint8Array } {
  const encoder = new TextEncoder();
  const parts = texts.map((text) => encoder.encode(text));
  const offsets = new Int32Array(texts.length + 1);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const [i, part] of parts.entries()) {
    bytes.set(part, at);
    at += part.length;
    offsets[i + 1] = at;
  }
  return { offsets: new Uint8Array(offsets.buffer), bytes };
}

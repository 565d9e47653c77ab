/**
 * Drives the engine's window operator directly, for tests and benchmarks: compiles
 * engine-as/assembly/operators/window-harness.ts, writes frames, reads batches and snapshot records.
 * Values are plain JavaScript: bigint for i64 and timestamps in results, null for null.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

export const TYPE = { bool: 1, i32: 2, i64: 3, f64: 4, timestamp: 5, utf8: 6 } as const;
export const AGG = { count: 1, sum: 2, min: 3, max: 4, avg: 5, distinct: 6 } as const;

export type TypeName = keyof typeof TYPE;
export type Value = number | bigint | boolean | string | null;

export interface ColumnData {
  readonly type: TypeName;
  readonly values: readonly Value[];
  readonly dictionary?: boolean;
}

export interface WindowPlan {
  readonly types: readonly TypeName[];
  readonly keys: readonly number[];
  readonly time: number;
  readonly size: number;
  readonly slide: number;
  readonly offset?: number;
  readonly keyGroupsLog2?: number;
  readonly aggregates: readonly { fn: keyof typeof AGG; column: number; filter?: number }[];
}

type Fn = (...args: number[]) => number;
export interface Exports {
  memory: WebAssembly.Memory;
  init: Fn;
  alloc: Fn;
  free: Fn;
  push: Fn;
  open: Fn;
  pushOpen: Fn;
  late: Fn;
  next: Fn;
  drain: Fn;
  errorCode: Fn;
  memoryUsed: Fn;
  mergeOnly: Fn;
  keyGroups: Fn;
  restoreRecord: Fn;
  windowCreate: Fn;
  windowFree: Fn;
  windowOutputTypes: Fn;
  windowRestoreBegin: Fn;
  windowRestoreEnd: Fn;
  windowSnapshotBegin: Fn;
  windowSnapshotNext: Fn;
  windowSnapshotDiscard: (op: number) => void;
  windowStatus: Fn;
  errorValue: (index: number) => bigint;
  hashBytes: (ptr: number, bytes: number) => bigint;
  windowCounter: (op: number, counter: number) => bigint;
  windowWatermark: (op: number, watermark: bigint) => number;
}

/** Compiles an AssemblyScript entry (path from the repository's root); kept while no source changes. */
export function compileEntry(entry: string): WebAssembly.Module {
  const sources = globSync(['engine-as/assembly/**/*.ts', 'engine-as/*.{ts,json}', entry], { cwd: ROOT }).sort();
  const hash = createHash('sha256');
  for (const file of sources)
    if (!file.endsWith('.spec.ts')) hash.update(file).update(readFileSync(path.join(ROOT, file)));
  const folder = path.join(ROOT, 'engine-as/build/harness');
  const name = path.basename(entry, '.ts');
  const file = path.join(folder, `${name}.${hash.digest('hex').slice(0, 16)}.wasm`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const beside = `${file}.${process.pid}`;
    const asc = path.join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
    const args = [
      asc,
      entry,
      '--config',
      'engine-as/asconfig.json',
      '--target',
      'release',
      '-o',
      path.relative(ROOT, beside),
    ];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    renameSync(beside, file);
  }
  return new WebAssembly.Module(readFileSync(file));
}

export function instantiate(module: WebAssembly.Module, bytesMax = 0): Exports {
  const imports = {
    env: {
      abort: () => {
        throw new Error('the engine aborted');
      },
    },
  };
  const exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
  if (exports.init(bytesMax) !== 0) throw new Error('init failed');
  return exports;
}

const align = (n: number): number => (n + 15) & ~15;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a frame (abi.ts). `timed`: bounds of that column are written. */
export function encodeFrame(
  columns: readonly ColumnData[],
  options: { timed?: number; late?: readonly bigint[] } = {},
): Uint8Array {
  const rows = columns[0]?.values.length ?? 0;
  const parts: { at: number; bytes: Uint8Array }[] = [];
  let end = 64 + 48 * columns.length;
  const place = (bytes: Uint8Array): number => {
    const at = end;
    parts.push({ at, bytes });
    end = align(end + Math.max(bytes.length, 1));
    return at;
  };
  const header = new DataView(new ArrayBuffer(end));
  columns.forEach((column, index) => encodeColumn(header, 64 + 48 * index, column, place));
  header.setUint32(0, 0x31464c53, true);
  header.setUint32(8, rows, true);
  header.setUint32(12, columns.length, true);
  header.setUint32(36, 1, true);
  header.setInt32(48, options.timed ?? -1, true);
  let flags = 0;
  if (options.timed !== undefined) {
    const times = columns[options.timed]?.values.map((v) => BigInt(v as number | bigint)) ?? [];
    flags |= 4;
    if (times.every((time, i) => i === 0 || time >= (times[i - 1] ?? time))) flags |= 1;
    header.setBigInt64(
      16,
      times.reduce((a, b) => (a < b ? a : b), times[0] ?? 0n),
      true,
    );
    header.setBigInt64(
      24,
      times.reduce((a, b) => (a > b ? a : b), times[0] ?? 0n),
      true,
    );
  }
  if (options.late) {
    flags |= 2;
    header.setUint32(40, place(new Uint8Array(BigInt64Array.from(options.late).buffer)), true);
  }
  header.setUint32(32, flags, true);
  header.setUint32(4, end, true);
  const frame = new Uint8Array(end);
  frame.set(new Uint8Array(header.buffer));
  for (const { at, bytes } of parts) frame.set(bytes, at);
  return frame;
}

function encodeColumn(header: DataView, at: number, column: ColumnData, place: (bytes: Uint8Array) => number): void {
  const { type, values } = column;
  header.setUint8(at, TYPE[type]);
  if (values.some((v) => v === null)) header.setUint32(at + 4, place(bitmap(values.map((v) => v !== null))), true);
  if (type === 'utf8') return encodeStrings(header, at, column, place);
  let data: Uint8Array;
  if (type === 'bool') data = bitmap(values.map((v) => v === true));
  else if (type === 'i32') data = new Uint8Array(Int32Array.from(values, (v) => Number(v ?? 77)).buffer);
  else if (type === 'f64') data = new Uint8Array(Float64Array.from(values, (v) => Number(v ?? 7.5)).buffer);
  else data = new Uint8Array(BigInt64Array.from(values, (v) => BigInt(v ?? 7)).buffer);
  header.setUint32(at + 8, place(data), true);
  header.setUint32(at + 12, data.length, true);
}

function encodeStrings(header: DataView, at: number, column: ColumnData, place: (bytes: Uint8Array) => number): void {
  const texts = column.values.map((v) => (v ?? '') as string);
  const entries = column.dictionary ? [...new Set(texts)] : texts;
  const bytes = encoder.encode(entries.join(''));
  const offsets = new Int32Array(entries.length + 1);
  entries.forEach((text, i) => (offsets[i + 1] = (offsets[i] ?? 0) + encoder.encode(text).length));
  const offsetBytes = new Uint8Array(offsets.buffer);
  if (!column.dictionary) {
    header.setUint32(at + 8, place(offsetBytes), true);
    header.setUint32(at + 12, offsetBytes.length, true);
    header.setUint32(at + 16, place(bytes), true);
    header.setUint32(at + 20, bytes.length, true);
    return;
  }
  header.setUint8(at + 1, 1);
  const ids = new Uint8Array(Int32Array.from(texts, (text) => entries.indexOf(text)).buffer);
  header.setUint32(at + 8, place(ids), true);
  header.setUint32(at + 12, ids.length, true);
  header.setUint32(at + 24, place(offsetBytes), true);
  header.setUint32(at + 28, entries.length, true);
  header.setUint32(at + 32, place(bytes), true);
  header.setUint32(at + 36, bytes.length, true);
  const digest = createHash('sha256').update(offsetBytes).update(bytes).digest();
  header.setBigUint64(at + 40, digest.readBigUInt64LE(0), true);
}

function bitmap(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array((bits.length + 7) >> 3);
  bits.forEach((bit, i) => {
    if (bit) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

/** Rows of a batch struct in linear memory (batch/batch.ts), its selection applied. */
export function readBatch(e: Exports, batch: number): Value[][] {
  const view = new DataView(e.memory.buffer);
  const selected = view.getInt32(batch + 4, true);
  const sel = view.getUint32(batch + 8, true);
  const columnCount = view.getInt32(batch + 12, true);
  const columns = view.getUint32(batch + 16, true);
  const rows: Value[][] = [];
  for (let i = 0; i < selected; i++) {
    const row = sel === 0 ? i : view.getUint16(sel + 2 * i, true);
    rows.push(Array.from({ length: columnCount }, (_, c) => readValue(view, columns + 24 * c, row)));
  }
  return rows;
}

function readValue(view: DataView, column: number, row: number): Value {
  const type = view.getInt32(column, true);
  const validity = view.getUint32(column + 8, true);
  const data = view.getUint32(column + 12, true);
  const bit = (at: number): boolean => ((view.getUint8(at + (row >> 3)) >> (row & 7)) & 1) === 1;
  if (validity !== 0 && !bit(validity)) return null;
  if (type === TYPE.bool) return bit(data);
  if (type === TYPE.i32) return view.getInt32(data + 4 * row, true);
  if (type === TYPE.f64) return view.getFloat64(data + 8 * row, true);
  if (type !== TYPE.utf8) return view.getBigInt64(data + 8 * row, true);
  let index = row;
  let offsets = data;
  let bytes = view.getUint32(column + 16, true);
  if (view.getInt32(column + 4, true) === 1) {
    const dict = view.getUint32(column + 20, true);
    index = view.getInt32(data + 4 * row, true);
    offsets = view.getUint32(dict + 4, true);
    bytes = view.getUint32(dict + 8, true);
  }
  const from = view.getInt32(offsets + 4 * index, true);
  const to = view.getInt32(offsets + 4 * index + 4, true);
  return decoder.decode(new Uint8Array(view.buffer, bytes + from, to - from));
}

/** One window operator in an instance of its own or a given one. */
export class WindowUnderTest {
  readonly e: Exports;
  readonly op: number;

  constructor(e: Exports, plan: WindowPlan) {
    this.e = e;
    const words = planWords(plan);
    const payload = copyIn(e, new Uint8Array(Int32Array.from(words).buffer));
    const types = copyIn(e, new Uint8Array(Int32Array.from(plan.types, (t) => TYPE[t]).buffer));
    this.op = e.windowCreate(payload, words.length, types, plan.types.length, 5);
    e.free(payload);
    e.free(types);
    if (this.op === 0) throw new Error(`windowCreate: error ${e.errorCode()}`);
  }

  /** Status; `selected`: row numbers that take part. */
  push(frame: Uint8Array, selected?: readonly number[]): number {
    const { e } = this;
    const at = copyIn(e, frame);
    const sel = selected ? copyIn(e, new Uint8Array(Uint16Array.from(selected).buffer)) : 0;
    const status = e.push(this.op, at, sel, selected?.length ?? 0);
    this.lateRows = [];
    const late = e.late(this.op);
    if (status === 0 && late !== 0) this.lateRows = readBatch(e, late);
    e.free(at);
    if (sel !== 0) e.free(sel);
    return status;
  }

  lateRows: Value[][] = [];

  /** Rows of all windows that the watermark closes; throws on an error. */
  watermark(time: bigint): Value[][] {
    const { e } = this;
    const rows: Value[][] = [];
    if (e.windowWatermark(this.op, time) === 0) return rows;
    for (;;) {
      const batch = e.next(this.op);
      if (batch === 0) break;
      for (const row of readBatch(e, batch)) rows.push(row);
    }
    if (e.windowStatus(this.op) < 0) throw new Error(`windowNextBatch: error ${e.errorCode()}`);
    return rows;
  }

  snapshotBegin(): void {
    if (this.e.windowSnapshotBegin(this.op) !== 0) throw new Error(`snapshotBegin: error ${this.e.errorCode()}`);
  }

  /** The records of the next buffer, [] = complete. */
  snapshotNext(capacity = 131072): Uint8Array[] {
    const { e } = this;
    const buffer = e.alloc(capacity);
    const written = e.windowSnapshotNext(this.op, buffer, capacity);
    if (written < 0) throw new Error(`snapshotNext: error ${e.errorCode()}`);
    const bytes = new Uint8Array(e.memory.buffer, buffer, written).slice();
    e.free(buffer);
    return splitRecords(bytes);
  }

  snapshot(): Uint8Array[] {
    this.snapshotBegin();
    return this.drainSnapshot();
  }

  drainSnapshot(): Uint8Array[] {
    const records: Uint8Array[] = [];
    for (;;) {
      const some = this.snapshotNext();
      if (some.length === 0) return records;
      records.push(...some);
    }
  }

  /** Status of the first call that failed, or 0. */
  restore(records: readonly Uint8Array[], from: number, to: number): number {
    const { e } = this;
    let status = e.windowRestoreBegin(this.op, from, to);
    for (const record of records) {
      if (status !== 0) return status;
      const at = copyIn(e, record);
      status = e.restoreRecord(this.op, at, record.length);
      e.free(at);
    }
    return status === 0 ? e.windowRestoreEnd(this.op) : status;
  }

  /** Key group of each row of the frame. */
  keyGroups(frame: Uint8Array): number[] {
    const { e } = this;
    const at = copyIn(e, frame);
    const out = e.alloc(4096 * 4);
    const rows = e.keyGroups(this.op, at, out);
    const groups = [...new Uint32Array(e.memory.buffer, out, rows)];
    e.free(at);
    e.free(out);
    return groups;
  }

  counter(index: number): number {
    return Number(this.e.windowCounter(this.op, index));
  }

  free(): void {
    this.e.windowFree(this.op);
  }
}

export function planWords(plan: WindowPlan): number[] {
  const wide = (n: number): number[] => [Number(BigInt.asIntN(32, BigInt(n))), Number(BigInt(n) >> 32n)];
  const aggregates = plan.aggregates.flatMap((a) => [AGG[a.fn], a.column, a.filter ?? -1]);
  const times = [plan.size, plan.slide, plan.offset ?? 0].flatMap(wide);
  const head = [plan.keys.length, ...plan.keys, plan.time, ...times, plan.keyGroupsLog2 ?? 7, 1];
  return [...head, plan.aggregates.length, ...aggregates];
}

export function copyIn(e: Exports, bytes: Uint8Array): number {
  const at = e.alloc(Math.max(bytes.length, 16));
  if (at === 0) throw new Error('no memory for the test data');
  new Uint8Array(e.memory.buffer).set(bytes, at);
  return at;
}

export function splitRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 64 + align(view.getUint32(at + 28, true));
    records.push(bytes.slice(at, at + size));
    at += size;
  }
  return records;
}

/** Makes a record that was tampered with pass its checksum. */
export function refreshChecksum(window: WindowUnderTest, record: Uint8Array): void {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const bytes = Math.min(view.getUint32(28, true), record.length - 64);
  const at = copyIn(window.e, record);
  view.setBigUint64(32, BigInt.asUintN(64, window.e.hashBytes(at + 64, bytes)), true);
  window.e.free(at);
}

/** Keeps what a store would keep of several snapshots: the newest META and, of each live id, the newest page. */
export class SnapshotStore {
  private readonly pages = new Map<number, Uint8Array>();
  private meta: Uint8Array | undefined;

  add(records: readonly Uint8Array[]): void {
    const live = new Set<number>();
    for (const record of records) {
      const view = new DataView(record.buffer, record.byteOffset, record.length);
      const kind = view.getUint32(4, true);
      if (kind === 1) this.meta = record;
      if (kind === 2) this.pages.set(view.getUint32(16, true), record);
      if (kind !== 3) continue;
      for (let at = 64; at < 64 + view.getUint32(28, true); at += 4) live.add(view.getUint32(at, true));
    }
    for (const id of this.pages.keys()) if (!live.has(id)) this.pages.delete(id);
    for (const id of live) if (!this.pages.has(id)) throw new Error(`live page ${id} was never written`);
  }

  records(): Uint8Array[] {
    return [...(this.meta ? [this.meta] : []), ...this.pages.values()];
  }
}

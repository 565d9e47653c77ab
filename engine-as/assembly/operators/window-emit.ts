// Entries → columns of an output batch: keys, window_start, window_end, aggregates.
//
// Columns are made for 4,096 rows in the caller's arena and filled piece by piece (a piece = entries
// of one page of one window). Strings are plain utf8. Validity bitmaps start all ones and are
// dropped again where no null was met. The batch's time bounds are those of the rows' event time,
// window_end − 1; no column holds that, so timeColumn is −1.
import {
  AGG_AVG,
  AGG_COUNT,
  AGG_COUNT_DISTINCT,
  AGG_SUM,
  ENCODING_PLAIN,
  ERROR_OVERFLOW,
  FRAME_ROWS_MAX,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from "../../abi";
import { BATCH_BYTES, Batch, COLUMN_BYTES, Column, columnAt } from "../batch/index";
import { arenaAlloc, fail } from "../memory/index";
import { HEAD_NULLS_AT, TEXT_NONE, Table, exactRead, textCopy } from "../state/index";
import { orderBits } from "./window-aggregate";
import { Aggregate, WindowOperator } from "./window-types";

const BITMAP_BYTES: usize = 512;
const TWO_64: f64 = 18446744073709551616.0;


@unmanaged
export class Emit {
  arena: usize;
  batch: usize;
  /** u8[columns]: 1 = some row is null */
  nulls: usize;
  /** u32[columns]: room for string bytes */
  capacities: usize;
  stringBytes: usize;
  timeMin: i64;
  timeMax: i64;
}


@inline
export function emitBatch(emit: usize): Emit {
  return changetype<Emit>(emit);
}

/** Types of the output columns; returns their count (out may be 0). */
export function emitTypes(op: WindowOperator, out: usize): i32 {
  const count = op.keyCount + 2 + op.aggregateCount;
  if (out == 0) return count;
  for (let i = 0; i < count; i++) store<i32>(out + ((<usize>i) << 2), typeAt(op, i));
  return count;
}

function typeAt(op: WindowOperator, index: i32): i32 {
  if (index < op.keyCount) return load<i32>(op.keyTypes + ((<usize>index) << 2));
  if (index < op.keyCount + 2) return TYPE_TIMESTAMP;
  return op.aggregateAt(index - op.keyCount - 2).type;
}

/** An empty output batch; 0 = out of memory. */
export function emitStart(op: WindowOperator, arena: usize): usize {
  const count = emitTypes(op, 0);
  const ptr = arenaAlloc(arena, offsetof<Emit>());
  const batch = arenaAlloc(arena, BATCH_BYTES + <usize>count * COLUMN_BYTES);
  const nulls = arenaAlloc(arena, <usize>count);
  const capacities = arenaAlloc(arena, (<usize>count) << 2);
  if (ptr == 0 || batch == 0 || nulls == 0 || capacities == 0) return 0;
  memory.fill(nulls, 0, count);
  const emit = changetype<Emit>(ptr);
  emit.arena = arena;
  emit.batch = batch;
  emit.nulls = nulls;
  emit.capacities = capacities;
  emit.stringBytes = 0;
  emit.timeMin = i64.MAX_VALUE;
  emit.timeMax = i64.MIN_VALUE;
  const b = changetype<Batch>(batch);
  b.columnCount = count;
  b.columns = batch + BATCH_BYTES;
  for (let i = 0; i < count; i++) {
    if (!startColumn(emit, i, typeAt(op, i))) return 0;
  }
  return ptr;
}

function startColumn(emit: Emit, index: i32, type: i32): bool {
  const column = changetype<Column>(columnAt(emit.batch, index));
  column.type = type;
  column.encoding = ENCODING_PLAIN;
  column.dict = 0;
  column.bytes = 0;
  column.validity = arenaAlloc(emit.arena, BITMAP_BYTES);
  column.data = arenaAlloc(emit.arena, type == TYPE_BOOL ? BITMAP_BYTES : (<usize>(FRAME_ROWS_MAX + 1)) << 3);
  if (column.validity == 0 || column.data == 0) return false;
  memory.fill(column.validity, 0xff, BITMAP_BYTES);
  if (type == TYPE_BOOL) memory.fill(column.data, 0, BITMAP_BYTES);
  store<u32>(emit.capacities + ((<usize>index) << 2), 0);
  if (type == TYPE_UTF8) store<i32>(column.data, 0);
  return true;
}

/** Appends op.emitEntries[0 … n) at `row`; longBase is their page's end. False = error slot filled. */
export function emitRows(op: WindowOperator, ptr: usize, row: i32, n: i32, longBase: usize): bool {
  const emit = changetype<Emit>(ptr);
  const end = op.fireEnd;
  emit.timeMin = min(emit.timeMin, end - 1);
  emit.timeMax = max(emit.timeMax, end - 1);
  for (let i = 0; i < op.keyCount; i++) {
    const slotAt = <usize>load<u32>(op.slotAts + ((<usize>i) << 2));
    if (typeAt(op, i) == TYPE_UTF8) {
      const pages = changetype<usize>(changetype<Table>(op.fireMain).pages);
      if (!emitStrings(op, emit, i, slotAt, row, n, longBase, pages)) return false;
    } else {
      emitFixed(op, emit, i, slotAt, row, n);
    }
    emitKeyNulls(op, emit, i, row, n);
  }
  fillTimes(emit, op.keyCount, row, n, end - op.size);
  fillTimes(emit, op.keyCount + 1, row, n, end);
  for (let i = 0; i < op.aggregateCount; i++) {
    if (!emitAggregate(op, emit, op.keyCount + 2 + i, op.aggregateAt(i), row, n)) return false;
  }
  return true;
}


@inline
function entryOf(op: WindowOperator, i: i32): usize {
  return <usize>load<u32>(op.emitEntries + ((<usize>i) << 2));
}

function setNull(emit: Emit, index: i32, row: i32): void {
  const at = changetype<Column>(columnAt(emit.batch, index)).validity + ((<usize>row) >> 3);
  store<u8>(at, load<u8>(at) & ~((<u8>1) << ((<u8>row) & 7)));
  store<u8>(emit.nulls + <usize>index, 1);
}

function emitKeyNulls(op: WindowOperator, emit: Emit, index: i32, row: i32, n: i32): void {
  for (let i = 0; i < n; i++) {
    const mask = load<u64>(entryOf(op, i), HEAD_NULLS_AT);
    if (((mask >> (<u64>index)) & 1) != 0) setNull(emit, index, row + i);
  }
}


@inline
function storeValue(data: usize, type: i32, row: i32, value: i64): void {
  if (type == TYPE_I32) store<i32>(data + ((<usize>row) << 2), <i32>value);
  else if (type != TYPE_BOOL) store<i64>(data + ((<usize>row) << 3), value);
  else if (value != 0) {
    const at = data + ((<usize>row) >> 3);
    store<u8>(at, load<u8>(at) | ((<u8>1) << ((<u8>row) & 7)));
  }
}

function emitFixed(op: WindowOperator, emit: Emit, index: i32, at: usize, row: i32, n: i32): void {
  const column = changetype<Column>(columnAt(emit.batch, index));
  for (let i = 0; i < n; i++) storeValue(column.data, column.type, row + i, load<i64>(entryOf(op, i) + at));
}

/** Strings of keys and of min and max: slots at `at`, long ones at longBase or in logs of `pages`. */
function emitStrings(
  op: WindowOperator,
  emit: Emit,
  index: i32,
  at: usize,
  row: i32,
  n: i32,
  longBase: usize,
  pages: usize,
): bool {
  const column = changetype<Column>(columnAt(emit.batch, index));
  const offsets = column.data + ((<usize>row) << 2);
  let used = load<u32>(offsets);
  let need = used;
  for (let i = 0; i < n; i++) need += lengthOf(entryOf(op, i) + at);
  if (!roomForStrings(emit, column, index, used, need)) return false;
  for (let i = 0; i < n; i++) {
    const slot = entryOf(op, i) + at;
    const length = lengthOf(slot);
    const to = column.bytes + <usize>used;
    if (length <= 12) {
      // the slot's unused bytes are copied too: the next string overwrites them (16 B of slack)
      store<u64>(to, load<u64>(slot, 4));
      store<u32>(to, load<u32>(slot, 12), 8);
    } else {
      textCopy(to, slot + 8, longBase, pages, length);
    }
    used += length;
    store<u32>(offsets + ((<usize>(i + 1)) << 2), used);
  }
  emit.stringBytes += <usize>(need - load<u32>(offsets));
  return true;
}

/** A slot without text has no bytes, and its row is null. */
@inline
function lengthOf(slot: usize): u32 {
  const length = load<u32>(slot);
  return length == TEXT_NONE ? 0 : length;
}

function roomForStrings(emit: Emit, column: Column, index: i32, used: u32, need: u32): bool {
  const capacityAt = emit.capacities + ((<usize>index) << 2);
  const known = load<u32>(capacityAt);
  if (column.bytes != 0 && need <= known) return true;
  const capacity = max(need + (need >> 1), 16384);
  const bytes = arenaAlloc(emit.arena, <usize>capacity + 16);
  if (bytes == 0) return false;
  memory.copy(bytes, column.bytes, used);
  column.bytes = bytes;
  store<u32>(capacityAt, capacity);
  return true;
}

function fillTimes(emit: Emit, index: i32, row: i32, n: i32, value: i64): void {
  const data = changetype<Column>(columnAt(emit.batch, index)).data + ((<usize>row) << 3);
  for (let i = 0; i < n; i++) store<i64>(data + ((<usize>i) << 3), value);
}

function emitAggregate(op: WindowOperator, emit: Emit, index: i32, aggregate: Aggregate, row: i32, n: i32): bool {
  const column = changetype<Column>(columnAt(emit.batch, index));
  const at = <usize>aggregate.at;
  if (aggregate.kind == AGG_COUNT) {
    emitFixed(op, emit, index, at, row, n);
    return true;
  }
  if (aggregate.type == TYPE_UTF8) {
    for (let i = 0; i < n; i++) if (load<u32>(entryOf(op, i) + at) == TEXT_NONE) setNull(emit, index, row + i);
    return emitStrings(op, emit, index, at, row, n, 0, changetype<usize>(op.pages));
  }
  if (aggregate.kind == AGG_COUNT_DISTINCT) {
    const out = column.data + ((<usize>row) << 3);
    for (let i = 0; i < n; i++) store<i64>(out + ((<usize>i) << 3), <i64>load<u32>(entryOf(op, i) + at));
    return true;
  }
  const countAt = <usize>aggregate.countAt;
  for (let i = 0; i < n; i++) {
    const entry = entryOf(op, i);
    const count = load<i64>(entry + countAt);
    let value: i64 = 0;
    if (count == 0) {
      setNull(emit, index, row + i);
    } else if (aggregate.kind == AGG_AVG) {
      value = reinterpret<i64>(averageOf(entry + at, aggregate.inputType, count));
    } else if (aggregate.kind == AGG_SUM && aggregate.inputType == TYPE_F64) {
      value = reinterpret<i64>(exactRead(entry + at));
    } else if (aggregate.kind == AGG_SUM) {
      value = load<i64>(entry + at);
      if (load<i64>(entry + at, 8) != value >> 63) {
        fail(ERROR_OVERFLOW, op.id, row + i, AGG_SUM, 0);
        return false;
      }
    } else {
      value = load<i64>(entry + at);
      if (aggregate.inputType == TYPE_F64) value = orderBits(value);
    }
    storeValue(column.data, column.type, row + i, value);
  }
  return true;
}

/** The exact sum, then one division. */
function averageOf(cell: usize, type: i32, count: i64): f64 {
  if (type == TYPE_F64) return exactRead(cell) / <f64>count;
  const low = load<u64>(cell);
  const high = load<i64>(cell, 8);
  const sum = high == (<i64>low) >> 63 ? <f64>(<i64>low) : <f64>high * TWO_64 + <f64>low;
  return sum / <f64>count;
}

/** Closes the batch; 0 rows are possible. */
export function emitFinish(op: WindowOperator, ptr: usize, rows: i32): usize {
  const emit = changetype<Emit>(ptr);
  if (rows == 0) return 0;
  const b = changetype<Batch>(emit.batch);
  b.rows = rows;
  b.selected = rows;
  b.sel = 0;
  b.timeMin = emit.timeMin;
  b.timeMax = emit.timeMax;
  b.flags = 0; // untimed: no column holds window_end - 1; the plan projects one before a second window
  b.timeColumn = -1;
  b.late = 0;
  for (let i = 0; i < b.columnCount; i++) {
    if (load<u8>(emit.nulls + <usize>i) == 0) changetype<Column>(columnAt(emit.batch, i)).validity = 0;
  }
  return emit.batch;
}

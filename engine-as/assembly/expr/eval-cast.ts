// CAST between the pairs of types that check.ts admits, and DATE_PART and TRUNCATE.
import {
  ERROR_CAST,
  EXPR_DATE_PART,
  FRAME_ROWS_MAX,
  PART_DAY,
  PART_DAY_OF_WEEK,
  PART_HOUR,
  PART_MILLISECOND,
  PART_MINUTE,
  PART_MONTH,
  PART_SECOND,
  PART_YEAR,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
  UNIT_DAY,
  UNIT_HOUR,
  UNIT_MINUTE,
  UNIT_MONTH,
  UNIT_SECOND,
  UNIT_WEEK,
} from "../../abi";
import { fillVector } from "../kernels/arithmetic";
import {
  f64ToI32,
  f64ToI32Fails,
  f64ToI64,
  f64ToI64Fails,
  i32ToF64,
  i32ToI64,
  i64ToF64,
  i64ToI32,
  i64ToI32Fails,
} from "../kernels/cast";
import {
  copyBytes,
  textToBits,
  TextToBool,
  TextToF64,
  TextToI64,
  TextToTime,
  textToValues,
} from "../kernels/cast-from-text";
import { boolToText, CAST_TEXT_BYTES_MAX, f64ToText, i64ToText, timeToText } from "../kernels/cast-to-text";
import { bitsToI32 } from "../kernels/choose";
import {
  Day,
  DayOfWeek,
  DayOfYear,
  Hour,
  isoTimeFails,
  mapTime,
  Millisecond,
  Minute,
  Month,
  Second,
  TruncateDay,
  TruncateHour,
  TruncateMinute,
  TruncateMonth,
  TruncateSecond,
  TruncateWeek,
  TruncateYear,
  Year,
} from "../kernels/date";
import { arenaAlloc, blockAlloc, fail } from "../memory/index";
import { physicalType } from "./check";
import { viewsOf, viewStep } from "./eval-text";
import { immediateOf, opOf, typeOf } from "./program";
import {
  arena,
  constantPtr,
  define,
  errorCounts,
  nullWhereEither,
  operand,
  operator,
  Register,
  rows,
  selectedRow,
  selectedRows,
} from "./registers";

/** A constant spread over a vector: these operations are rare on constants, so they have no stepped form. */
let spread: usize = 0;

function dense(reg: usize): usize {
  const r = changetype<Register>(reg);
  if (r.constant == 0) return r.data;
  if (spread == 0) spread = blockAlloc(((<usize>FRAME_ROWS_MAX) << 3) + 16);
  if (spread != 0) fillVector(constantPtr(reg), spread, ((<usize>rows) << 3) + 15);
  return spread;
}

export function evalCast(at: usize): i32 {
  const from = typeOf(at);
  const to = immediateOf(at);
  const a = operand(at, 0);
  const out = define(at, physicalType(to));
  if (out == 0) return STATUS_ERROR;
  nullWhereEither(out, a, a);
  const o = changetype<Register>(out);
  if (from == TYPE_UTF8) return castFromText(at, to, a, out);
  const values = dense(a);
  if (values == 0) return STATUS_ERROR;
  if (to == TYPE_UTF8) return castToText(at, from, values, out);
  let failed = false;
  if (from == TYPE_BOOL) bitsToI32(values, o.data, rows);
  else if (from == TYPE_I32) {
    if (to == TYPE_I64) i32ToI64(values, o.data, rows);
    else i32ToF64(values, o.data, rows);
  } else if (from == TYPE_I64) {
    if (to == TYPE_I32) failed = i64ToI32(values, o.data, rows);
    else i64ToF64(values, o.data, rows);
  } else if (to == TYPE_I32) failed = f64ToI32(values, o.data, rows);
  else failed = f64ToI64(values, o.data, rows);
  return failed ? searchFailure(at, from, to, values, 8, out) : STATUS_DONE;
}

/** Where texts are copied to while they are parsed. */
let copy: usize = 0;

function castFromText(at: usize, to: i32, a: usize, out: usize): i32 {
  const views = viewsOf(a, 0);
  if (views == 0) return STATUS_ERROR;
  const step = viewStep(a);
  const data = changetype<Register>(out).data;
  let failed = false;
  if (to == TYPE_I64) failed = textToValues<TextToI64>(views, step, 0, data, rows);
  else {
    copy = arenaAlloc(arena, copyBytes(views, step, rows));
    if (copy == 0) return STATUS_ERROR;
    if (to == TYPE_F64) failed = textToValues<TextToF64>(views, step, copy, data, rows);
    else if (to == TYPE_TIMESTAMP) failed = textToValues<TextToTime>(views, step, copy, data, rows);
    else failed = textToBits(views, step, copy, data, rows);
  }
  return failed ? searchFailure(at, TYPE_UTF8, to, views, step, out) : STATUS_DONE;
}

function castToText(at: usize, from: i32, values: usize, out: usize): i32 {
  const o = changetype<Register>(out);
  o.data = arenaAlloc(arena, (<usize>(rows + 1)) << 2);
  o.bytes = arenaAlloc(arena, <usize>rows * CAST_TEXT_BYTES_MAX + 16);
  if (o.data == 0 || o.bytes == 0) return STATUS_ERROR;
  if (from == TYPE_BOOL) boolToText(values, o.data, o.bytes, rows);
  else if (from == TYPE_I64) i64ToText(values, o.data, o.bytes, rows);
  else if (from == TYPE_F64) f64ToText(values, o.data, o.bytes, rows);
  else if (timeToText(values, o.data, o.bytes, rows)) return searchFailure(at, from, TYPE_UTF8, values, 8, out);
  return STATUS_DONE;
}

/** The first row that counts and whose value has no counterpart; `values` are 8 bytes per row. */
function searchFailure(at: usize, from: i32, to: i32, values: usize, stepBytes: usize, out: usize): i32 {
  const count = selectedRows();
  for (let i = 0; i < count; i++) {
    const row = selectedRow(i);
    if (!castFails(from, to, values + <usize>row * stepBytes) || !errorCounts(at, out, row)) continue;
    return fail(ERROR_CAST, operator, row, from, to);
  }
  return STATUS_DONE;
}

function castFails(from: i32, to: i32, ptr: usize): bool {
  if (from == TYPE_UTF8) return textFails(to, load<u64>(ptr));
  if (from == TYPE_TIMESTAMP) return isoTimeFails(load<i64>(ptr));
  if (from == TYPE_F64) return to == TYPE_I32 ? f64ToI32Fails(load<f64>(ptr)) : f64ToI64Fails(load<f64>(ptr));
  return i64ToI32Fails(load<i64>(ptr));
}

function textFails(to: i32, view: u64): bool {
  if (to == TYPE_I64) return changetype<TextToI64>(0).fails(view, 0);
  if (to == TYPE_F64) return changetype<TextToF64>(0).fails(view, copy);
  if (to == TYPE_TIMESTAMP) return changetype<TextToTime>(0).fails(view, copy);
  return changetype<TextToBool>(0).fails(view, copy);
}

export function evalTime(at: usize): i32 {
  const a = operand(at, 0);
  const what = immediateOf(at);
  const out = define(at, TYPE_I64);
  if (out == 0) return STATUS_ERROR;
  nullWhereEither(out, a, a);
  const times = dense(a);
  if (times == 0) return STATUS_ERROR;
  const data = changetype<Register>(out).data;
  if (opOf(at) == EXPR_DATE_PART) datePart(what, times, data);
  else truncate(what, times, data);
  return STATUS_DONE;
}

function datePart(part: i32, times: usize, out: usize): void {
  if (part == PART_YEAR) mapTime<Year>(times, out, rows);
  else if (part == PART_MONTH) mapTime<Month>(times, out, rows);
  else if (part == PART_DAY) mapTime<Day>(times, out, rows);
  else if (part == PART_HOUR) mapTime<Hour>(times, out, rows);
  else if (part == PART_MINUTE) mapTime<Minute>(times, out, rows);
  else if (part == PART_SECOND) mapTime<Second>(times, out, rows);
  else if (part == PART_MILLISECOND) mapTime<Millisecond>(times, out, rows);
  else if (part == PART_DAY_OF_WEEK) mapTime<DayOfWeek>(times, out, rows);
  else mapTime<DayOfYear>(times, out, rows);
}

function truncate(unit: i32, times: usize, out: usize): void {
  if (unit == UNIT_SECOND) mapTime<TruncateSecond>(times, out, rows);
  else if (unit == UNIT_MINUTE) mapTime<TruncateMinute>(times, out, rows);
  else if (unit == UNIT_HOUR) mapTime<TruncateHour>(times, out, rows);
  else if (unit == UNIT_DAY) mapTime<TruncateDay>(times, out, rows);
  else if (unit == UNIT_WEEK) mapTime<TruncateWeek>(times, out, rows);
  else if (unit == UNIT_MONTH) mapTime<TruncateMonth>(times, out, rows);
  else mapTime<TruncateYear>(times, out, rows);
}

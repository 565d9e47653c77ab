// OP_TIME: notes what the rest of the job needs to know about a source's times, once, at the source.
//
// Rows of a split come in order of reading. The watermark just before a row is the largest time of
// the split's earlier rows − outOfOrderMs − 1; the row is late when its time is not above it. Most
// batches have no late row, which their smallest and largest time already show: then one pass over
// the times is all that happens, and no `late` column is made. Late rows stay in the batch: the
// window decides.
import { ERROR_TIME_NULL, FRAME_LATE, FRAME_SORTED, FRAME_TIMED, STATUS_DONE, STATUS_ERROR } from "../../abi";
import { Batch, bitAt, Column, columnAt } from "../batch/index";
import { arenaAlloc, fail } from "../memory/index";

let boundsMin: i64 = 0;
let boundsMax: i64 = 0;
let boundsSorted: bool = false;

/**
 * payload: [timeColumn, outOfOrderMs i64]. `splitMaxPtr`: i64, the split's largest time so far
 * (i64.MIN_VALUE = none), moved on by this batch. Errors: ERROR_TIME_NULL (row), out of memory.
 */
export function timePush(payload: usize, batch: usize, arena: usize, operator: i32, splitMaxPtr: usize): i32 {
  const b = changetype<Batch>(batch);
  const timeColumn = load<i32>(payload);
  const bound = load<i64>(payload, 4);
  b.late = 0;
  b.timeColumn = timeColumn;
  b.flags = FRAME_TIMED;
  if (b.selected == 0) return STATUS_DONE;
  const column = changetype<Column>(columnAt(batch, timeColumn));
  const nullRow = firstNull(column, b);
  if (nullRow >= 0) return fail(ERROR_TIME_NULL, operator, nullRow, 0, 0);
  if (b.sel == 0) {
    column.validity = 0;
    boundsOfAll(column.data, b.rows);
  } else boundsOfSelected(column.data, b.sel, b.selected);
  b.timeMin = boundsMin;
  b.timeMax = boundsMax;
  if (boundsSorted) b.flags |= FRAME_SORTED;
  const before = load<i64>(splitMaxPtr);
  const after = max(before, boundsMax);
  store<i64>(splitMaxPtr, after);
  // sorted rows are late only with respect to earlier batches
  const highest = boundsSorted ? watermarkOf(before, bound) : watermarkOf(after, bound);
  if (boundsMin > highest || highest == i64.MIN_VALUE) return STATUS_DONE;
  return noteLate(b, column.data, before, bound, arena) ? STATUS_DONE : STATUS_ERROR;
}

/** i64.MIN_VALUE = nothing is late; saturates instead of wrapping around. */
@inline
function watermarkOf(maxTime: i64, bound: i64): i64 {
  return maxTime < i64.MIN_VALUE + bound + 1 ? i64.MIN_VALUE : maxTime - bound - 1;
}

function noteLate(b: Batch, times: usize, before: i64, bound: i64, arena: usize): bool {
  const late = arenaAlloc(arena, (<usize>b.rows) << 3);
  if (late == 0) return false;
  const sel = b.sel;
  let highest = before;
  let anyLate = false;
  let index = 0;
  do {
    const row = <usize>(sel == 0 ? index : <i32>load<u16>(sel + ((<usize>index) << 1)));
    const time = load<i64>(times + (row << 3));
    const watermark = watermarkOf(highest, bound);
    store<i64>(late + (row << 3), watermark);
    anyLate = anyLate || (time <= watermark && watermark != i64.MIN_VALUE);
    highest = max(highest, time);
  } while (++index < b.selected);
  if (!anyLate) return true;
  b.late = late;
  b.flags |= FRAME_LATE;
  return true;
}

/** The first selected row without a time, or -1. */
function firstNull(column: Column, b: Batch): i32 {
  const validity = column.validity;
  if (validity == 0) return -1;
  let index = 0;
  do {
    const row = b.sel == 0 ? index : <i32>load<u16>(b.sel + ((<usize>index) << 1));
    if (!bitAt(validity, row)) return row;
  } while (++index < b.selected);
  return -1;
}

/** Most batches are in order: that is found out first, and then says what the bounds are. */
function boundsOfAll(times: usize, rows: i32): void {
  const last = times + ((<usize>(rows - 1)) << 3);
  boundsSorted = ascends(times, last);
  if (boundsSorted) {
    boundsMin = load<i64>(times);
    boundsMax = load<i64>(last);
    return;
  }
  let least = v128.load64_splat(times);
  let most = least;
  let ptr = times;
  while (ptr + 16 <= last) {
    const value = v128.load(ptr);
    least = v128.bitselect(value, least, i64x2.lt_s(value, least));
    most = v128.bitselect(value, most, i64x2.gt_s(value, most));
    ptr += 16;
  }
  let low = min(i64x2.extract_lane(least, 0), i64x2.extract_lane(least, 1));
  let high = max(i64x2.extract_lane(most, 0), i64x2.extract_lane(most, 1));
  while (ptr <= last) {
    const value = load<i64>(ptr);
    low = min(low, value);
    high = max(high, value);
    ptr += 8;
  }
  boundsMin = low;
  boundsMax = high;
}

/** Whether no value between `times` and `last` (the last one) is less than the one before it. */
function ascends(times: usize, last: usize): bool {
  let falls = i64x2.splat(0);
  let ptr = times;
  // pairs that overlap by one row: (0,1) against (1,2), so every neighbour is compared
  while (ptr + 64 <= last) {
    const first = i64x2.gt_s(v128.load(ptr), v128.load(ptr, 8));
    const second = i64x2.gt_s(v128.load(ptr, 16), v128.load(ptr, 24));
    const third = i64x2.gt_s(v128.load(ptr, 32), v128.load(ptr, 40));
    const fourth = i64x2.gt_s(v128.load(ptr, 48), v128.load(ptr, 56));
    falls = v128.or(falls, v128.or(v128.or(first, second), v128.or(third, fourth)));
    ptr += 64;
  }
  if (v128.any_true(falls)) return false;
  for (; ptr < last; ptr += 8) if (load<i64>(ptr) > load<i64>(ptr, 8)) return false;
  return true;
}

function boundsOfSelected(times: usize, sel: usize, count: i32): void {
  const end = sel + ((<usize>count) << 1);
  let previous = load<i64>(times + ((<usize>load<u16>(sel)) << 3));
  let low = previous;
  let high = previous;
  let falls = 0;
  do {
    const value = load<i64>(times + ((<usize>load<u16>(sel)) << 3));
    falls |= i32(value < previous);
    low = min(low, value);
    high = max(high, value);
    previous = value;
    sel += 2;
  } while (sel < end);
  boundsMin = low;
  boundsMax = high;
  boundsSorted = falls == 0;
}

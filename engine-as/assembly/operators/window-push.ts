// A batch enters the windows: rows are dealt out to namespaces, keys are found, accumulators updated.
//
// When the batch's time bounds lie in one slice, or its rows are in order of time, and none is late,
// slices cost nothing per row; otherwise a division is paid only where the slice changes. Then, per namespace and chunk of 1,024
// rows: heads, probe, one loop per accumulator. A single dictionary key column goes through a dense
// cache (id → entry) once the same dictionary comes again or the rows are many.
import { ERROR_OVERFLOW, ERROR_TIME_NULL, FRAME_SORTED, FRAME_TIMED, STATUS_DONE, STATUS_ERROR } from "../../abi";
import { BATCH_BYTES, Batch, Column, bitAt, columnAt } from "../batch/index";
import { arenaAlloc, arenaReset, fail, failIn } from "../memory/index";
import { TIME_LIMIT, floorTo } from "../time/index";
import { distinctPrepare } from "./window-distinct";
import { keyHashes, sourcesPrepare } from "./window-sources";
import { SPACE_ERROR, SPACE_GAP, SPACE_LATE, spaceFor } from "./window-space";
import { spaceUpdate } from "./window-update";
import { Space, WindowOperator } from "./window-types";

const INDEX_LATE: u32 = 0xffff;
const INDEX_GAP: u32 = 0xfffe;
/** Of the list of spaces that one push meets: {Space, first row, rows}. */
const LIST_BYTES: usize = 12;

/** Takes a batch (borrowed until the call returns; the late batch points into it). */
export function pushBatch(op: WindowOperator, batch: usize): i32 {
  arenaReset(op.arena);
  op.late = 0;
  const b = changetype<Batch>(batch);
  const n = b.selected;
  if (n == 0) return STATUS_DONE;
  op.rowsIn += n;
  const rows = b.sel != 0 ? b.sel : op.identity;
  const time = changetype<Column>(columnAt(batch, op.timeColumn));
  if (time.validity != 0) {
    const row = firstNull(time.validity, rows, n);
    if (row >= 0) return fail(ERROR_TIME_NULL, op.id, row, 0, 0);
  }
  const hashes = keyHashes(op, batch);
  if (hashes == 0 || !sourcesPrepare(op, batch) || !distinctPrepare(op, batch, n)) return failIn(op.id);
  // tells this subtask's numbers and ids from those of others in a snapshot: key groups are disjoint
  if (op.pages.origin == 0) op.pages.origin = max(load<u64>(hashes + ((<usize>load<u16>(rows)) << 3)), 1);
  if (
    b.late == 0 &&
    (b.flags & FRAME_TIMED) != 0 &&
    b.timeColumn == op.timeColumn &&
    b.timeMin > -TIME_LIMIT &&
    b.timeMax < TIME_LIMIT
  ) {
    const slice = floorTo(b.timeMin, op.width, op.offset);
    if (b.timeMax >= b.timeMin && b.timeMax - slice < op.width) return pushSlice(op, batch, hashes, rows, n, slice);
    if ((b.flags & FRAME_SORTED) != 0) return pushSorted(op, batch, hashes, rows, n, time.data);
  }
  return pushRows(op, batch, hashes, rows, n, time.data);
}

function firstNull(validity: usize, rows: usize, n: i32): i32 {
  for (let i = 0; i < n; i++) {
    const row = <i32>load<u16>(rows + ((<usize>i) << 1));
    if (!bitAt(validity, row)) return row;
  }
  return -1;
}

function pushSlice(op: WindowOperator, batch: usize, hashes: usize, rows: usize, n: i32, slice: i64): i32 {
  const space = spaceFor(op, slice, op.watermark);
  if (space == SPACE_ERROR) return failIn(op.id);
  if (space == SPACE_GAP) return STATUS_DONE;
  if (space == SPACE_LATE) return setLate(op, batch, rows, n);
  return spaceUpdate(op, changetype<Space>(space), batch, hashes, rows, n) ? STATUS_DONE : failIn(op.id);
}

/** Rows in order of time: each slice's are a run, the late ones are the first, and no row is looked at twice. */
function pushSorted(op: WindowOperator, batch: usize, hashes: usize, rows: usize, n: i32, times: usize): i32 {
  let lateCount = 0;
  let from = 0;
  while (from < n) {
    const slice = floorTo(timeAt(times, rows, from), op.width, op.offset);
    const to = runEnd(times, rows, from, n, slice + op.width);
    const space = spaceFor(op, slice, op.watermark);
    if (space == SPACE_ERROR) return failIn(op.id);
    if (space == SPACE_LATE) {
      // rows of a gap may lie between late ones
      if (lateCount != from) return pushRows(op, batch, hashes, rows, n, times);
      lateCount = to;
    } else if (space != SPACE_GAP) {
      const run = rows + ((<usize>from) << 1);
      if (!spaceUpdate(op, changetype<Space>(space), batch, hashes, run, to - from)) return failIn(op.id);
    }
    from = to;
  }
  return lateCount > 0 ? setLate(op, batch, rows, lateCount) : STATUS_DONE;
}


@inline
function timeAt(times: usize, rows: usize, index: i32): i64 {
  return load<i64>(times + ((<usize>load<u16>(rows + ((<usize>index) << 1))) << 3));
}

/** The first of the rows from `from` on whose time is `bound` or later, by growing steps and then halves. */
function runEnd(times: usize, rows: usize, from: i32, n: i32, bound: i64): i32 {
  let low = from;
  let step = 16;
  while (low + step < n && timeAt(times, rows, low + step) < bound) {
    low += step;
    step <<= 1;
  }
  let high = min(low + step, n);
  // row `low` is in the run, row `high` is not, if there is one
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (timeAt(times, rows, middle) < bound) low = middle;
    else high = middle;
  }
  return high;
}

function pushRows(op: WindowOperator, batch: usize, hashes: usize, rows: usize, n: i32, times: usize): i32 {
  const indexes = arenaAlloc(op.arena, (<usize>n) << 1);
  const sorted = arenaAlloc(op.arena, (<usize>n) << 1);
  const lateRows = arenaAlloc(op.arena, (<usize>n) << 1);
  const list = arenaAlloc(op.arena, <usize>n * LIST_BYTES);
  if (indexes == 0 || sorted == 0 || lateRows == 0 || list == 0) return failIn(op.id);
  const listed = assign(op, changetype<Batch>(batch).late, rows, n, times, indexes, list);
  if (listed < 0) return STATUS_ERROR;
  let start: u32 = 0;
  for (let i = 0; i < listed; i++) {
    const at = list + <usize>i * LIST_BYTES;
    store<u32>(at, start, 4);
    start += load<u32>(at, 8);
    store<u32>(at, 0, 8);
  }
  // counting sort by namespace; rows keep their order within one
  let lateCount = 0;
  for (let i = 0; i < n; i++) {
    const row = load<u16>(rows + ((<usize>i) << 1));
    const index = <u32>load<u16>(indexes + ((<usize>i) << 1));
    if (index < INDEX_GAP) {
      const at = list + <usize>index * LIST_BYTES;
      const count = load<u32>(at, 8);
      store<u16>(sorted + ((<usize>(load<u32>(at, 4) + count)) << 1), row);
      store<u32>(at, count + 1, 8);
    } else if (index == INDEX_LATE) {
      store<u16>(lateRows + ((<usize>lateCount) << 1), row);
      lateCount++;
    }
  }
  for (let i = 0; i < listed; i++) {
    const at = list + <usize>i * LIST_BYTES;
    const from = sorted + ((<usize>load<u32>(at, 4)) << 1);
    if (!spaceUpdate(op, changetype<Space>(load<usize>(at)), batch, hashes, from, load<i32>(at, 8)))
      return failIn(op.id);
  }
  return lateCount > 0 ? setLate(op, batch, lateRows, lateCount) : STATUS_DONE;
}

/** indexes[i] = number of the row's namespace in `list`; returns the list's length, −1 = error. */
function assign(op: WindowOperator, late: usize, rows: usize, n: i32, times: usize, indexes: usize, list: usize): i32 {
  op.pushStamp++;
  const width = <u64>op.width;
  const own = op.watermark;
  let listed = 0;
  let slice: i64 = 0;
  let index: u32 = INDEX_GAP;
  // the current namespace takes rows of its slice whose watermark is in (from, to]
  let from: i64 = i64.MAX_VALUE;
  let to: i64 = i64.MIN_VALUE;
  for (let i = 0; i < n; i++) {
    const row = <usize>load<u16>(rows + ((<usize>i) << 1));
    const time = load<i64>(times + (row << 3));
    const watermark = late != 0 ? max(own, load<i64>(late + (row << 3))) : own;
    if (<u64>(time - slice) >= width || watermark > to || watermark < from) {
      if (time <= -TIME_LIMIT || time >= TIME_LIMIT) return fail(ERROR_OVERFLOW, op.id, row, 0, 0);
      slice = floorTo(time, op.width, op.offset);
      const space = spaceFor(op, slice, watermark);
      if (space == SPACE_ERROR) return failIn(op.id);
      from = watermark;
      to = watermark;
      if (space == SPACE_LATE) {
        index = INDEX_LATE;
        to = i64.MAX_VALUE;
      } else if (space == SPACE_GAP) {
        index = INDEX_GAP;
      } else {
        const known = changetype<Space>(space);
        to = known.firstEnd - 2;
        if (known.pushStamp != op.pushStamp) {
          known.pushStamp = op.pushStamp;
          known.pushIndex = <u32>listed;
          store<usize>(list + <usize>listed * LIST_BYTES, space);
          store<u32>(list + <usize>listed * LIST_BYTES, 0, 8);
          listed++;
        }
        index = known.pushIndex;
      }
    }
    store<u16>(indexes + ((<usize>i) << 1), <u16>index);
    if (index < INDEX_GAP) {
      const count = list + <usize>index * LIST_BYTES;
      store<u32>(count, load<u32>(count, 8) + 1, 8);
    }
  }
  return listed;
}

/** Makes the late batch: the pushed one with only its late rows selected. */
function setLate(op: WindowOperator, batch: usize, rows: usize, n: i32): i32 {
  const late = arenaAlloc(op.arena, BATCH_BYTES);
  if (late == 0) return failIn(op.id);
  memory.copy(late, batch, BATCH_BYTES);
  changetype<Batch>(late).sel = rows;
  changetype<Batch>(late).selected = n;
  op.late = late;
  op.lateRows += n;
  return STATUS_DONE;
}

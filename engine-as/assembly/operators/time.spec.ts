// OP_TIME against its definition, row by row: bounds, sortedness, lateness, with and without a selection.
import { FRAME_LATE, FRAME_SORTED, FRAME_TIMED, STATUS_DONE, TYPE_TIMESTAMP } from "../../abi";
import { Batch, BATCH_BYTES, Column } from "../batch/index";
import { arenaAlloc, arenaNew, arenaReset } from "../memory/index";
import { timePush } from "./time";

const BATCH: usize = memory.data(56, 8);
const COLUMN: usize = memory.data(24, 8);
const TIMES: usize = memory.data(1024, 16);
const SEL: usize = memory.data(256, 16);
const PAYLOAD: usize = memory.data(16, 8);
const SPLIT_MAX: usize = memory.data(8, 8);

let random: u32 = 99;
function next(bound: u32): i32 {
  random = random * 1664525 + 1013904223;
  return <i32>((random >> 8) % bound);
}

function batchOf(rows: i32, selected: i32): Batch {
  memory.fill(BATCH, 0, BATCH_BYTES);
  memory.fill(COLUMN, 0, 24);
  const b = changetype<Batch>(BATCH);
  b.rows = rows;
  b.columnCount = 1;
  b.columns = COLUMN;
  b.sel = selected < 0 ? 0 : SEL;
  b.selected = selected < 0 ? rows : selected;
  changetype<Column>(COLUMN).type = TYPE_TIMESTAMP;
  changetype<Column>(COLUMN).data = TIMES;
  return b;
}


@inline
function rowAt(b: Batch, index: i32): i32 {
  return b.sel == 0 ? index : <i32>load<u16>(b.sel + ((<usize>index) << 1));
}


@inline
function timeAt(row: i32): i64 {
  return load<i64>(TIMES + ((<usize>row) << 3));
}

function check(b: Batch, bound: i64, before: i64, arena: usize): void {
  store<i64>(PAYLOAD, bound, 4);
  store<i64>(SPLIT_MAX, before);
  assert(timePush(PAYLOAD, BATCH, arena, 1, SPLIT_MAX) == STATUS_DONE, "done");
  let low = i64.MAX_VALUE;
  let high = i64.MIN_VALUE;
  let sorted = true;
  let highest = before;
  let anyLate = false;
  for (let index = 0; index < b.selected; index++) {
    const row = rowAt(b, index);
    const time = timeAt(row);
    if (index > 0) sorted = sorted && time >= timeAt(rowAt(b, index - 1));
    low = min(low, time);
    high = max(high, time);
    const watermark = highest == i64.MIN_VALUE ? i64.MIN_VALUE : highest - bound - 1;
    const late = highest != i64.MIN_VALUE && time <= watermark;
    anyLate = anyLate || late;
    if (b.late != 0) assert(load<i64>(b.late + ((<usize>row) << 3)) == watermark, "watermark before the row");
    highest = max(highest, time);
  }
  assert(b.timeMin == low && b.timeMax == high, "bounds");
  assert(((b.flags & FRAME_SORTED) != 0) == sorted, "sorted");
  assert((b.flags & FRAME_TIMED) != 0 && b.timeColumn == 0, "timed");
  assert(((b.flags & FRAME_LATE) != 0) == anyLate && (b.late != 0) == anyLate, "late only when a row is");
  assert(load<i64>(SPLIT_MAX) == highest, "the split moves on");
}

export function test_against_the_definition(): void {
  const arena = arenaNew();
  for (let round = 0; round < 3000; round++) {
    arenaReset(arena);
    const rows = next(40) + 1;
    const step = next(3);
    for (let row = 0; row < rows; row++) {
      store<i64>(TIMES + row * 8, 1000 + <i64>row * step * 10 + (next(4) == 0 ? <i64>next(60) - 30 : 0));
    }
    // what lies behind the last row must not matter
    store<i64>(TIMES + rows * 8, -7);
    let selected = -1;
    if (next(2) == 0) {
      selected = 0;
      for (let row = 0; row < rows; row++) if (next(3) != 0) store<u16>(SEL + 2 * selected++, <u16>row);
      if (selected == 0) store<u16>(SEL + 2 * selected++, 0);
    }
    const before = next(3) == 0 ? i64.MIN_VALUE : <i64>(900 + next(300));
    check(batchOf(rows, selected), next(50), before, arena);
  }
  assert(arenaAlloc(arena, 16) != 0, "arena is sound");
}

export function test_extreme_times_do_not_wrap(): void {
  const arena = arenaNew();
  store<i64>(TIMES, i64.MIN_VALUE + 3);
  store<i64>(TIMES, i64.MIN_VALUE + 1, 8);
  store<i64>(TIMES, i64.MAX_VALUE, 16);
  const b = batchOf(3, -1);
  store<i64>(PAYLOAD, 1000, 4);
  store<i64>(SPLIT_MAX, i64.MIN_VALUE);
  assert(timePush(PAYLOAD, BATCH, arena, 1, SPLIT_MAX) == STATUS_DONE, "done");
  assert(b.late == 0 && b.timeMin == i64.MIN_VALUE + 1 && b.timeMax == i64.MAX_VALUE, "nothing is late");
}

// Programs by hand: the check refuses every word that is out of bounds, selection and errors name their rows.
import {
  ERROR_BAD_PLAN,
  ERROR_DIVISION_BY_ZERO,
  ERROR_OVERFLOW,
  EXPR_ADD,
  EXPR_COLUMN,
  EXPR_CONSTANT,
  EXPR_DIV,
  EXPR_GT,
  EXPR_MAGIC,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I64,
} from "../../abi";
import { Batch, BATCH_BYTES, Column, COLUMN_BYTES } from "../batch/index";
import { arenaNew, blockAlloc, errorCode, errorOperator, errorValue, memoryInit } from "../memory/index";
import { exprCheck, exprEval, exprSelect, exprWords } from "./index";

const program = memory.data(512, 16);
const types = memory.data(64, 16);
const validity = memory.data(64, 16);

/** column 0 `op` constant, both i64. */
function write(op: i32, constant: i64, resultType: i32): void {
  const words: i32[] = [EXPR_MAGIC, 34, 3, 3, 32, 2, resultType, 0];
  (words.push(EXPR_COLUMN), words.push(TYPE_I64), words.push(0), words.push(-1), words.push(-1), words.push(-1));
  (words.push(-1), words.push(0));
  (words.push(EXPR_CONSTANT), words.push(TYPE_I64), words.push(1), words.push(-1), words.push(-1), words.push(-1));
  (words.push(-1), words.push(32));
  (words.push(op), words.push(TYPE_I64), words.push(2), words.push(0), words.push(1), words.push(-1));
  (words.push(-1), words.push(0));
  for (let i = 0; i < words.length; i++) store<i32>(program + ((<usize>i) << 2), words[i]);
  store<i64>(program + 128, constant);
  store<i32>(types, TYPE_I64);
}

/** One i64 column: 0, 1, 2, …; row 2 is null when asked. */
function rowsOf(count: i32, withNull: bool): usize {
  const batch = blockAlloc(BATCH_BYTES + COLUMN_BYTES);
  const data = blockAlloc(((<usize>count) << 3) + 16);
  for (let i = 0; i < count; i++) store<i64>(data + ((<usize>i) << 3), i);
  const b = changetype<Batch>(batch);
  b.rows = count;
  b.selected = count;
  b.sel = 0;
  b.columnCount = 1;
  b.columns = batch + BATCH_BYTES;
  const column = changetype<Column>(b.columns);
  column.type = TYPE_I64;
  column.encoding = 0;
  column.data = data;
  column.validity = withNull ? validity : 0;
  memory.fill(validity, 0xff, 64);
  store<u8>(validity, 0xfb);
  return batch;
}

export function test_check_accepts(): void {
  write(EXPR_GT, 15, TYPE_BOOL);
  assert(exprWords(program) == 34);
  assert(exprCheck(program, types, 1) == STATUS_DONE);
}

export function test_check_refuses_every_word(): void {
  for (let word = 0; word < 32; word++) {
    // the header's reserved word and the immediate of an operation without one mean nothing
    if (word == 7 || word == 31) continue;
    const values: i32[] = [-2147483648, -2, 99, 70000, 2147483647];
    for (let i = 0; i < values.length; i++) {
      write(EXPR_GT, 15, TYPE_BOOL);
      // word 1 may name more words than are used here: the caller compares it with what it has
      if (word == 1 && values[i] > 34) continue;
      // more registers than are used are no harm
      if (word == 2 && values[i] == 99) continue;
      store<i32>(program + ((<usize>word) << 2), values[i]);
      // the immediates of column and constant are checked as positions
      assert(exprCheck(program, types, 1) == STATUS_ERROR, "word " + word.toString() + " = " + values[i].toString());
      assert(errorCode() == ERROR_BAD_PLAN);
    }
  }
}

export function test_check_refuses_types(): void {
  write(EXPR_GT, 15, TYPE_I64);
  assert(exprCheck(program, types, 1) == STATUS_ERROR && errorValue(0) == 6, "result type");
  write(EXPR_GT, 15, TYPE_BOOL);
  store<i32>(types, TYPE_F64);
  assert(exprCheck(program, types, 1) == STATUS_ERROR && errorValue(0) == 15, "column type");
  store<i32>(types, TYPE_I64);
  assert(exprCheck(program, types, 0) == STATUS_ERROR, "no such column");
  store<i32>(program + (18 << 2), 0);
  assert(exprCheck(program, types, 1) == STATUS_ERROR, "the constant's register is not written");
}

export function test_select(): void {
  memoryInit(1 << 24);
  write(EXPR_GT, 15, TYPE_BOOL);
  assert(exprCheck(program, types, 1) == STATUS_DONE);
  const batch = rowsOf(100, false);
  const b = changetype<Batch>(batch);
  assert(exprSelect(program, batch, arenaNew(), 7) == STATUS_DONE);
  assert(b.selected == 84 && load<u16>(b.sel) == 16 && load<u16>(b.sel + 83 * 2) == 99);
  write(EXPR_GT, 97, TYPE_BOOL);
  assert(exprSelect(program, batch, arenaNew(), 7) == STATUS_DONE);
  assert(b.selected == 2 && load<u16>(b.sel) == 98, "narrows what is selected");
}

export function test_select_all_keeps_no_vector(): void {
  memoryInit(1 << 24);
  write(EXPR_GT, -1, TYPE_BOOL);
  const batch = rowsOf(100, false);
  assert(exprSelect(program, batch, arenaNew(), 7) == STATUS_DONE);
  assert(changetype<Batch>(batch).selected == 100 && changetype<Batch>(batch).sel == 0);
  const nulls = rowsOf(100, true);
  assert(exprSelect(program, nulls, arenaNew(), 7) == STATUS_DONE);
  assert(changetype<Batch>(nulls).selected == 99, "null is not true");
}

export function test_errors_name_row_and_operation(): void {
  memoryInit(1 << 24);
  const out = blockAlloc(COLUMN_BYTES);
  write(EXPR_ADD, i64.MAX_VALUE - 1, TYPE_I64);
  assert(exprEval(program, rowsOf(10, false), arenaNew(), out, 7) == STATUS_ERROR);
  assert(errorCode() == ERROR_OVERFLOW && errorOperator() == 7 && errorValue(0) == 2 && errorValue(1) == EXPR_ADD);
  // row 2 null: row 3 is the first that counts
  assert(exprEval(program, rowsOf(10, true), arenaNew(), out, 7) == STATUS_ERROR && errorValue(0) == 3);
  const few = rowsOf(10, true);
  changetype<Batch>(few).selected = 3;
  changetype<Batch>(few).sel = memory.data<u16>([0, 1, 2]);
  assert(exprEval(program, few, arenaNew(), out, 7) == STATUS_DONE, "rows that are not selected do not count");
  assert(load<i64>(changetype<Column>(out).data, 8) == i64.MAX_VALUE);
  write(EXPR_DIV, 0, TYPE_I64);
  assert(exprEval(program, rowsOf(10, false), arenaNew(), out, 7) == STATUS_ERROR);
  assert(errorCode() == ERROR_DIVISION_BY_ZERO && errorValue(0) == 0 && errorValue(1) == EXPR_DIV);
}

export function test_no_rows(): void {
  memoryInit(1 << 24);
  const out = blockAlloc(COLUMN_BYTES);
  write(EXPR_ADD, 1, TYPE_I64);
  assert(exprEval(program, rowsOf(0, false), arenaNew(), out, 7) == STATUS_DONE);
  write(EXPR_GT, 1, TYPE_BOOL);
  assert(exprSelect(program, rowsOf(0, false), arenaNew(), 7) == STATUS_DONE);
}

// Decoders from inside: plans, a chunk in and a frame out, resuming, and that everything is given back.
import {
  COLUMN_DATA_AT,
  COLUMN_DICT_COUNT_AT,
  COLUMN_ENTRY_BYTES,
  ERROR_BAD_PLAN,
  ERROR_BUG,
  ERROR_CSV_FIELD_MISSING,
  FRAME_HEADER_BYTES,
  STATUS_DONE,
  STATUS_ERROR,
  STATUS_OUTPUT,
  TYPE_I64,
  TYPE_UTF8,
} from "../../abi";
import { arenaNew, blockAlloc, errorCode, errorValue, memoryUsed } from "../memory/index";
import { batchFromFrame } from "../batch/index";
import {
  decoder_consumed,
  decoder_create,
  decoder_free,
  decoder_lines,
  decoder_next,
  decoder_out_ptr,
  decoder_out_rows,
  decoder_push,
  decoder_skipped,
} from "./index";

const PLAN: usize = memory.data(256, 16);
const CHUNK: usize = memory.data(512, 16);

function word(at: i32, value: i32): void {
  store<i32>(PLAN + ((<usize>at) << 2), value);
}

/** Two columns: n (i64) and s (utf8). */
function plan(format: i32, flags: i32): i32 {
  memory.fill(PLAN, 0, 256);
  word(0, format);
  word(1, flags);
  word(2, 0x2c);
  word(3, 0x22);
  word(10, 2);
  column(11, TYPE_I64, 0x6e);
  column(16, TYPE_UTF8, 0x73);
  return 21;
}

function column(at: i32, type: i32, name: i32): void {
  word(at, type);
  word(at + 2, -1);
  word(at + 3, 1);
  word(at + 4, name);
}

function push(decoder: usize, text: string, last: bool): void {
  for (let i = 0; i < text.length; i++) store<u8>(CHUNK + <usize>i, <u8>text.charCodeAt(i));
  assert(decoder_push(decoder, CHUNK, text.length, last) == STATUS_DONE, "pushed");
}

export function test_csv_chunk_to_frame(): void {
  const words = plan(1, 1);
  const decoder = decoder_create(PLAN, words);
  assert(decoder != 0, "created");
  push(decoder, "s,x,n\na,1,10\nb,2,-20\na,3,", false);
  assert(decoder_next(decoder, 4096) == STATUS_OUTPUT, "a frame");
  const frame = decoder_out_ptr(decoder);
  assert(decoder_out_rows(decoder) == 2, "two whole rows");
  assert(batchFromFrame(frame, arenaNew()) != 0, "the frame is sound");
  const numbers = frame + <usize>load<u32>(frame, FRAME_HEADER_BYTES + COLUMN_DATA_AT);
  assert(load<i64>(numbers) == 10 && load<i64>(numbers, 8) == -20, "values");
  assert(decoder_consumed(decoder) == 21 && decoder_lines(decoder) == 3, "position");
  assert(decoder_next(decoder, 4096) == STATUS_DONE, "used up");
  push(decoder, "30", true);
  assert(decoder_next(decoder, 4096) == STATUS_OUTPUT && decoder_out_rows(decoder) == 1, "the carried row");
  const text = decoder_out_ptr(decoder) + FRAME_HEADER_BYTES + COLUMN_ENTRY_BYTES;
  assert(load<i32>(text, COLUMN_DICT_COUNT_AT) == 2, "the dictionary goes on");
  assert(decoder_next(decoder, 4096) == STATUS_DONE, "the end");
  decoder_free(decoder);
}

export function test_ndjson_lines_that_fit_and_not(): void {
  const words = plan(2, 2);
  const decoder = decoder_create(PLAN, words);
  push(decoder, '{"n":1,"s":"a"}\n{"n":2,"s":"b"}\n{"n":x}\n{"s":"c","n":3}\n', true);
  assert(decoder_next(decoder, 2) == STATUS_OUTPUT && decoder_out_rows(decoder) == 2, "two rows at most");
  assert(decoder_next(decoder, 2) == STATUS_OUTPUT && decoder_out_rows(decoder) == 1, "the bad line is skipped");
  assert(decoder_skipped(decoder) == 1 && decoder_lines(decoder) == 4, "and counted");
  decoder_free(decoder);
}

export function test_errors_come_after_the_rows_before_them(): void {
  const words = plan(1, 1);
  const decoder = decoder_create(PLAN, words);
  push(decoder, "n,s\n1,a\n2\n", true);
  assert(decoder_next(decoder, 4096) == STATUS_OUTPUT && decoder_out_rows(decoder) == 1, "first the row");
  for (let again = 0; again < 2; again++) {
    assert(decoder_next(decoder, 4096) == STATUS_ERROR && errorCode() == ERROR_CSV_FIELD_MISSING, "then the error");
    assert(errorValue(0) == 3 && errorValue(1) == 1 && errorValue(2) == 9, "line, column, byte");
  }
  decoder_free(decoder);
}

export function test_plans_are_checked(): void {
  const words = plan(1, 1);
  for (let cut = 0; cut < words; cut++) assert(decoder_create(PLAN, cut) == 0, "cut short");
  const wrong: StaticArray<i32> = [
    0,
    3,
    2,
    0x30,
    2,
    0x0a,
    3,
    0x2c,
    10,
    0,
    10,
    257,
    11,
    9,
    12,
    4,
    14,
    -1,
    14,
    1 << 30,
    9,
    -1,
  ];
  for (let i = 0; i < wrong.length; i += 2) {
    plan(1, 1);
    word(wrong[i], wrong[i + 1]);
    assert(decoder_create(PLAN, words) == 0 && errorCode() == ERROR_BAD_PLAN, "word " + wrong[i].toString());
  }
}

export function test_chunks_are_taken_one_after_the_other(): void {
  const words = plan(1, 1);
  const decoder = decoder_create(PLAN, words);
  push(decoder, "n,s\n1,a\n", false);
  assert(
    decoder_push(decoder, CHUNK, 1, false) == STATUS_ERROR && errorCode() == ERROR_BUG,
    "the first is not used up",
  );
  const end = ((<usize>memory.size()) << 16) - 8;
  const other = decoder_create(PLAN, words);
  assert(decoder_push(other, end, 8, true) == STATUS_ERROR, "nothing readable behind it");
}

export function test_everything_is_given_back(): void {
  let before: usize = 0;
  for (let round = 0; round < 3; round++) {
    const words = plan(2, 0);
    const decoder = decoder_create(PLAN, words);
    push(decoder, '{"n":1,"s":"a long text \\u00e9"}\n{"s"', false);
    while (decoder_next(decoder, 4096) == STATUS_OUTPUT) {}
    push(decoder, ':"b"}', true);
    while (decoder_next(decoder, 4096) == STATUS_OUTPUT) {}
    decoder_free(decoder);
    if (round == 0) before = memoryUsed();
  }
  assert(memoryUsed() == before, "no block stays");
  assert(blockAlloc(16) != 0, "the allocator is sound");
}

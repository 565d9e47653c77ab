// The decoder's state, its making from a plan, and the errors that name a line.
//
// A decoder turns the bytes of one input (or of one split) into frames. The host pushes chunks
// (decode.ts), a format parses records of a region of memory (csv.ts, ndjson.ts), columns collect the
// values (column-out.ts) and frame-out.ts makes the frame.
//
// Plan, i32 words:
//   0 format   1 flags   2 delimiter   3 quote (0 = none)   4 fields per record (CSV without header, else 0)
//   5,6 offset of the first byte in the input (i64)   7,8 lines before it (i64)
//   9 bytes of the null literal, its bytes padded to words
//   columnCount, then per column: type, unit of numeric time stamps, field of the record (CSV without
//   header, else -1), bytes of the name, the name padded to words
import { COLUMNS_MAX, ERROR_BAD_PLAN, TYPE_BOOL, TYPE_UTF8 } from "../../abi";
import { seenDateReset } from "../kernels/timestamp";
import { blockAlloc, blockFree, fail } from "../memory/index";
import { columnFree, ColumnOut, VALIDITY_BYTES } from "./column-out";
import { SEPARATOR_LIST_BYTES } from "./separators";
import { DICTIONARY_BYTES_MAX, dictionaryFree, dictionaryId, dictionaryNew, TextDictionary } from "./text-dictionary";

export const FORMAT_CSV: i32 = 1;
export const FORMAT_NDJSON: i32 = 2;
/** CSV: the first record names the fields. */
export const FLAG_HEADER: i32 = 1;
/** NDJSON: a bad line is skipped and counted. */
export const FLAG_SKIP_BAD: i32 = 2;

/** Why a format stopped parsing. */
export const STOP_END: i32 = 0;
/** The frame is full, or must end before the next record. */
export const STOP_FULL: i32 = 1;
/** The region ends within a record. */
export const STOP_PARTIAL: i32 = 2;
export const STOP_ERROR: i32 = 3;

export const COLUMN_BYTES: usize = (offsetof<ColumnOut>() + 15) & ~15;

/**
 * A step: +0 address of the ColumnOut  +4 i32 its field  +8 i32 its type (together, since every field asks), or 0:
 * no field is what it looks like before it was compared with the null literal.
 */
export const STEP_BYTES: usize = 12;
export const STEP_SOURCE_AT: usize = 4;
export const STEP_TYPE_AT: usize = 8;


@unmanaged
export class Decoder {
  format: i32;
  flags: i32;
  delimiter: u32;
  /** 0x100 = no quoting: no byte equals it. */
  quote: u32;
  /** CSV: fields per record; 0 until the header was read. */
  fieldCount: i32;
  columnCount: i32;
  nullBytes: i32;
  /** The null literal could be a number or a date: what looks like one may be null. */
  nullIsValue: bool;
  /** Value of `decoder_consumed`; values of the region: address and offset of its first byte. */
  consumed: i64;
  regionOffset: i64;
  regionPtr: usize;
  /** Complete lines before the cursor, and before the end of the last frame. */
  lines: i64;
  skipped: i64;
  columns: usize;
  nullPtr: usize;
  /** CSV: a step per wanted column in the order of their fields. */
  order: usize;

  // the frame (frame-out.ts)
  frame: usize;
  frameCapacity: i32;
  rows: i32;
  rowsMax: i32;
  /** Bytes of one row in the data blocks. */
  rowBytes: i32;
  outBytes: i32;
  outRows: i32;

  // the chunk and what is left of a record (decode.ts)
  chunkPtr: usize;
  chunkEnd: usize;
  cursor: usize;
  /** After the last newline of the chunk. */
  linesEnd: usize;
  chunkOffset: i64;
  isLast: bool;
  /** NDJSON: within a line that is too long and skipped. */
  isDiscarding: bool;
  hasStarted: bool;
  carry: usize;
  carryBytes: i32;
  carryCapacity: i32;

  // the record (formats)
  stop: i32;
  scratch: usize;
  scratchCapacity: i32;
  errorPtr: usize;
  errorBytes: i32;

  // NDJSON: names, and the predicted order of keys (key-order.ts)
  names: TextDictionary;
  sequence: usize;
  sequenceCount: i32;
  isLearning: bool;
  misses: i32;
  stamp: u32;
  /** The learned line as signs and spans (line-layout.ts): its steps, and the signs of a line. */
  layout: usize;
  layoutCount: i32;
  layoutSigns: i32;

  // batches of records (record-batch.ts)
  separators: usize;
  /** Bytes that the next one may take, and what a record took in the last one. */
  batchBytes: i32;
  batchRecordBytes: i32;
  /** Records to parse singly before the next batch, and how many after its failure. */
  pause: i32;
  pauseNext: i32;
}


@inline
export function columnOut(decoder: Decoder, index: i32): ColumnOut {
  return changetype<ColumnOut>(decoder.columns + <usize>index * COLUMN_BYTES);
}

/** A decoder, or 0 with the error slot filled (ERROR_BAD_PLAN, ERROR_OUT_OF_MEMORY). The plan is copied. */
export function decoderNew(plan: usize, words: i32): usize {
  if (words < 11) return badPlan(words, 11);
  const nullBytes = load<i32>(plan, 36);
  const nullWords = (nullBytes + 3) >> 2;
  if (nullBytes < 0 || nullBytes > 1024 || 11 + nullWords > words) return badPlan(9, nullBytes);
  const columnCount = load<i32>(plan + ((<usize>(10 + nullWords)) << 2));
  if (columnCount < 1 || columnCount > COLUMNS_MAX) return badPlan(10 + nullWords, columnCount);
  const fixed = (offsetof<Decoder>() + 15) & ~15;
  const planBytes = ((<usize>words) << 2) + 64;
  const orderBytes = (<usize>columnCount * STEP_BYTES + 15) & ~15;
  const total = fixed + <usize>columnCount * COLUMN_BYTES + orderBytes + planBytes;
  const block = blockAlloc(total);
  if (block == 0) return 0;
  memory.fill(block, 0, total);
  const decoder = changetype<Decoder>(block);
  decoder.columns = block + fixed;
  decoder.order = decoder.columns + <usize>columnCount * COLUMN_BYTES;
  const copy = decoder.order + orderBytes;
  memory.copy(copy, plan, (<usize>words) << 2);
  decoder.columnCount = columnCount;
  decoder.nullPtr = copy + 40;
  decoder.nullBytes = nullBytes;
  decoder.nullIsValue = nullBytes > 0 && startsValue(load<u8>(decoder.nullPtr));
  if (!readOptions(decoder, copy) || !readColumns(decoder, copy, 11 + nullWords, words)) {
    decoderFree(block);
    return 0;
  }
  return block;
}

function readOptions(decoder: Decoder, plan: usize): bool {
  const format = load<i32>(plan);
  if (format != FORMAT_CSV && format != FORMAT_NDJSON) return noPlan(0, format);
  decoder.format = format;
  decoder.flags = load<i32>(plan, 4);
  const delimiter = load<u32>(plan, 8);
  const quote = load<u32>(plan, 12);
  if (format == FORMAT_CSV) {
    const wrong = delimiter > 0x7e || delimiter == 0x0a || delimiter == 0x0d || delimiter == quote || isWord(delimiter);
    if (wrong) return noPlan(2, delimiter);
    if (quote > 0x7e || quote == 0x0a || quote == 0x0d) return noPlan(3, quote);
  }
  decoder.delimiter = delimiter;
  decoder.quote = quote == 0 ? 0x100 : quote;
  decoder.fieldCount = (decoder.flags & FLAG_HEADER) != 0 ? 0 : load<i32>(plan, 16);
  if (decoder.fieldCount < 0) return noPlan(4, decoder.fieldCount);
  decoder.chunkOffset = load<i64>(plan, 20);
  decoder.consumed = decoder.chunkOffset;
  decoder.lines = load<i64>(plan, 28);
  return true;
}

/** Characters of numbers: as delimiters they would make `1.5` or `-1` two fields. */
function isWord(c: u32): bool {
  return c - 0x30 < 10 || (c | 0x20) - 0x61 < 26 || c == 0x2e || c == 0x2b || c == 0x2d;
}

/** Whether a number or a date may begin with this character. */
function startsValue(c: u32): bool {
  return c - 0x30 < 10 || c == 0x2e || c == 0x2b || c == 0x2d;
}

function readColumns(decoder: Decoder, plan: usize, start: i32, words: i32): bool {
  let at = start;
  let textColumns = 0;
  for (let i = 0; i < decoder.columnCount; i++) {
    if (at + 4 > words) return noPlan(at, words);
    const ptr = plan + ((<usize>at) << 2);
    const column = columnOut(decoder, i);
    column.index = i;
    seenDateReset(column);
    column.type = load<i32>(ptr);
    column.unit = load<i32>(ptr, 4);
    column.source = load<i32>(ptr, 8);
    column.nameBytes = load<i32>(ptr, 12);
    column.namePtr = ptr + 16;
    if (column.type < TYPE_BOOL || column.type > TYPE_UTF8) return noPlan(at, column.type);
    if (<u32>column.unit > 3) return noPlan(at + 1, column.unit);
    if (column.nameBytes < 0 || column.nameBytes > words << 2) return noPlan(at + 3, column.nameBytes);
    const isUnbound = decoder.format == FORMAT_CSV && (decoder.flags & FLAG_HEADER) == 0;
    if (isUnbound && <u32>column.source >= <u32>decoder.fieldCount) return noPlan(at + 2, column.source);
    at += 4 + ((column.nameBytes + 3) >> 2);
    if (at > words) return noPlan(at, words);
    if (column.type == TYPE_UTF8) textColumns++;
  }
  decoder.separators = blockAlloc(SEPARATOR_LIST_BYTES);
  if (decoder.separators == 0) return false;
  return allocateColumns(decoder, textColumns) && (decoder.format != FORMAT_NDJSON || indexNames(decoder));
}

function allocateColumns(decoder: Decoder, textColumns: i32): bool {
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    column.validity = blockAlloc(VALIDITY_BYTES);
    if (column.validity == 0) return false;
    if (column.type != TYPE_UTF8) continue;
    column.dictionary = dictionaryNew(DICTIONARY_BYTES_MAX / textColumns);
    if (changetype<usize>(column.dictionary) == 0) return false;
  }
  return true;
}

function indexNames(decoder: Decoder): bool {
  let bytes = 64;
  for (let i = 0; i < decoder.columnCount; i++) bytes += columnOut(decoder, i).nameBytes + 16;
  decoder.names = dictionaryNew(bytes);
  if (changetype<usize>(decoder.names) == 0) return false;
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    // a repeated name would find the earlier column
    if (dictionaryId(decoder.names, column.namePtr, column.nameBytes) != i) return noPlan(10, i);
  }
  return true;
}

export function decoderFree(block: usize): void {
  if (block == 0) return;
  const decoder = changetype<Decoder>(block);
  for (let i = 0; i < decoder.columnCount; i++) columnFree(columnOut(decoder, i));
  if (changetype<usize>(decoder.names) != 0) dictionaryFree(decoder.names);
  blockFree(decoder.sequence);
  blockFree(decoder.layout);
  blockFree(decoder.separators);
  blockFree(decoder.frame);
  blockFree(decoder.carry);
  blockFree(decoder.scratch);
  blockFree(block);
}

/** Room for a text of so many bytes with a terminator; false = out of memory. */
export function scratchFor(decoder: Decoder, bytes: i32): bool {
  if (bytes + 64 <= decoder.scratchCapacity) return true;
  blockFree(decoder.scratch);
  decoder.scratchCapacity = 0;
  const capacity = max(bytes + 64, 4096);
  decoder.scratch = blockAlloc(<usize>capacity);
  if (decoder.scratch == 0) return false;
  decoder.scratchCapacity = capacity;
  return true;
}

/**
 * Notes an error of the record that begins on line `decoder.lines + 1`: values are the line, the
 * column (-1 = none) and the byte offset of `at` in the input; the bytes at fault stay readable.
 */
export function failAt(decoder: Decoder, code: i32, column: i32, at: usize, bytes: i32): i32 {
  decoder.errorPtr = at;
  decoder.errorBytes = bytes;
  decoder.stop = STOP_ERROR;
  return fail(code, -1, decoder.lines + 1, <i64>column, decoder.regionOffset + <i64>(at - decoder.regionPtr));
}

function badPlan(at: i32, found: i32): usize {
  fail(ERROR_BAD_PLAN, -1, at, found, 0);
  return 0;
}

function noPlan(at: i32, found: i32): bool {
  fail(ERROR_BAD_PLAN, -1, at, found, 0);
  return false;
}

// The window operator's plan: payload words → accumulators, table shapes, scratch.
//
// Aggregates are made of accumulators that are kept per key and slice and shared where equal: avg(x)
// is sum(x) and count(x), min(x) is min(x) and count(x). `count` companions say "no input" (SQL null).
//
//   entry of the main table      head | accumulators in order of `at`
//   COUNT 8 B · SUM_I64 16 B (i128) · SUM_F64 296 B (exact-sum.ts) · MIN, MAX 8 B (order key)
//   MIN_TEXT, MAX_TEXT 16 B (text-values.ts)
//   DISTINCT 8 B: u32 count, u32 number of the key in the set of pairs (window-distinct.ts)
import {
  AGG_AVG,
  AGG_COUNT,
  AGG_COUNT_DISTINCT,
  AGG_MAX,
  AGG_MIN,
  AGG_SUM,
  ERROR_BAD_PLAN,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_I64,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from "../../abi";
import { fail } from "../memory/index";
import {
  EXACT_SUM_BYTES,
  HEAD_SLOTS_AT,
  PAGE_HASH,
  PAGE_TEXTS,
  TEXT_NONE,
  TableShape,
  pairShapeInit,
  shapeInit,
  slotBytes,
} from "../state/index";
import { TIME_LIMIT, gcd } from "../time/index";
import { TEXT_ENTRY_BYTES, TEXT_HEAD_BYTES, TEXT_REFS } from "./window-dictionary";
import { Accumulator, Aggregate, Distinct, Source, WindowOperator } from "./window-types";
import {
  ACC_COUNT,
  ACC_DISTINCT,
  ACC_MAX,
  ACC_MAX_TEXT,
  ACC_MIN,
  ACC_MIN_TEXT,
  ACC_SUM_F64,
  ACC_SUM_I64,
  KEYS_MAX,
  AGGREGATES_MAX,
  planAlloc,
} from "./window-types";

const WORDS_FIXED: i32 = 11;

/** Reads the payload into `op` (already zeroed, with id and arena `plan`); false = error slot filled. */
export function planRead(op: WindowOperator, payload: usize, words: i32, types: usize, typeCount: i32): bool {
  if (words < WORDS_FIXED) return bad(op, 0, words);
  const keyCount = word(payload, 0);
  if (keyCount < 0 || keyCount > KEYS_MAX || words < WORDS_FIXED + keyCount) return bad(op, 0, keyCount);
  op.keyCount = keyCount;
  op.keys = payloadCopy(op, payload + 4, keyCount);
  op.keyTypes = planAlloc(op, 256);
  op.slotAts = planAlloc(op, 256);
  if (op.keys == 0 || op.keyTypes == 0 || op.slotAts == 0) return false;
  let slotAt = <u32>HEAD_SLOTS_AT;
  let refs: u64 = 0;
  for (let i = 0; i < keyCount; i++) {
    const column = word(op.keys, i);
    if (column < 0 || column >= typeCount) return bad(op, 1 + i, column);
    const type = word(types, column);
    if (type < TYPE_BOOL || type > TYPE_UTF8) return bad(op, 1 + i, type);
    store<i32>(op.keyTypes + ((<usize>i) << 2), type);
    store<u32>(op.slotAts + ((<usize>i) << 2), slotAt);
    if (type == TYPE_UTF8) refs |= refBit(slotAt);
    slotAt += slotBytes(type);
  }
  op.headBytes = slotAt;
  op.refs = refs;
  return (
    readTimes(op, payload, keyCount + 1, types, typeCount) &&
    readAggregates(op, payload, words, keyCount + 9, types, typeCount)
  );
}

/** The bit of a utf8 slot's second word. */
function refBit(slotAt: u32): u64 {
  const word: u64 = (slotAt >> 3) + 1;
  return (<u64>1) << word;
}


@inline
function word(ptr: usize, index: i32): i32 {
  return load<i32>(ptr + ((<usize>index) << 2));
}

function word64(ptr: usize, index: i32): i64 {
  return <i64>(((<u64>(<u32>word(ptr, index + 1))) << 32) | (<u64>(<u32>word(ptr, index))));
}

function bad(op: WindowOperator, at: i32, found: i64): bool {
  fail(ERROR_BAD_PLAN, op.id, at, found, 0);
  return false;
}

function payloadCopy(op: WindowOperator, from: usize, count: i32): usize {
  const ptr = planAlloc(op, ((<usize>count) << 2) + 4);
  if (ptr != 0) memory.copy(ptr, from, (<usize>count) << 2);
  return ptr;
}

function readTimes(op: WindowOperator, payload: usize, at: i32, types: usize, typeCount: i32): bool {
  const column = word(payload, at);
  if (column < 0 || column >= typeCount) return bad(op, at, column);
  const type = word(types, column);
  if (type != TYPE_TIMESTAMP && type != TYPE_I64) return bad(op, at, type);
  op.timeColumn = column;
  op.size = word64(payload, at + 1);
  op.slide = word64(payload, at + 3);
  op.offset = word64(payload, at + 5);
  const log2 = word(payload, at + 7);
  if (op.size <= 0 || op.size > TIME_LIMIT >> 2) return bad(op, at + 1, op.size);
  if (op.slide <= 0 || op.slide > TIME_LIMIT >> 2) return bad(op, at + 3, op.slide);
  if (op.offset > TIME_LIMIT || op.offset < -TIME_LIMIT) return bad(op, at + 5, op.offset);
  if (log2 < 0 || log2 > 16) return bad(op, at + 7, log2);
  op.width = gcd(op.size, op.slide);
  op.groups.log2 = <u32>log2;
  op.groups.from = 0;
  op.groups.to = (<u32>1) << (<u32>log2);
  return true;
}

function readAggregates(op: WindowOperator, payload: usize, words: i32, at: i32, types: usize, typeCount: i32): bool {
  // word `at` is lateOutput: the late batch is always at hand, the task decides whether it leaves
  const count = word(payload, at + 1);
  if (count < 0 || count > AGGREGATES_MAX || words != at + 2 + 3 * count) return bad(op, at + 1, count);
  op.aggregates = planAlloc(op, <usize>(count + 1) * offsetof<Aggregate>());
  op.accumulators = planAlloc(op, <usize>(count + 1) * 2 * offsetof<Accumulator>());
  op.sources = planAlloc(op, <usize>(count + 1) * offsetof<Source>());
  op.distincts = planAlloc(op, <usize>(count + 1) * offsetof<Distinct>());
  if (op.aggregates == 0 || op.accumulators == 0 || op.sources == 0 || op.distincts == 0) return false;
  memory.fill(op.distincts, 0, <usize>(count + 1) * offsetof<Distinct>());
  op.entryBytes = op.headBytes;
  op.incremental = op.size / op.width > 2 ? 1 : 0;
  for (let i = 0; i < count; i++) {
    const from = at + 2 + 3 * i;
    const column = word(payload, from + 1);
    const filter = word(payload, from + 2);
    if (column < -1 || column >= typeCount) return bad(op, from + 1, column);
    if (filter < -1 || filter >= typeCount) return bad(op, from + 2, filter);
    if (filter >= 0 && word(types, filter) != TYPE_BOOL) return bad(op, from + 2, filter);
    if (!addAggregate(op, from, word(payload, from), column, filter, column < 0 ? 0 : word(types, column)))
      return false;
  }
  // running windows must know when a key has no rows left
  op.rowsAt = op.incremental != 0 ? accumulator(op, ACC_COUNT, source(op, -1, -1, 0)).at : 0;
  return makeShapes(op);
}

function addAggregate(op: WindowOperator, at: i32, kind: i32, column: i32, filter: i32, type: i32): bool {
  const aggregate = op.aggregateAt(op.aggregateCount);
  const from = source(op, column, filter, type);
  aggregate.kind = kind;
  aggregate.inputType = type;
  aggregate.type = type;
  aggregate.countAt = 0;
  if (kind == AGG_COUNT) {
    aggregate.type = TYPE_I64;
    aggregate.at = accumulator(op, ACC_COUNT, from).at;
  } else if (kind == AGG_COUNT_DISTINCT) {
    if (column < 0) return bad(op, at + 1, column);
    aggregate.type = TYPE_I64;
    aggregate.at = accumulator(op, ACC_DISTINCT, from).at;
  } else if (kind == AGG_SUM || kind == AGG_AVG) {
    if (type != TYPE_I32 && type != TYPE_I64 && type != TYPE_F64) return bad(op, at + 1, type);
    aggregate.type = kind == AGG_AVG || type == TYPE_F64 ? TYPE_F64 : TYPE_I64;
    aggregate.at = accumulator(op, type == TYPE_F64 ? ACC_SUM_F64 : ACC_SUM_I64, from).at;
    aggregate.countAt = accumulator(op, ACC_COUNT, from).at;
  } else if (kind == AGG_MIN || kind == AGG_MAX) {
    if (type < TYPE_BOOL || type > TYPE_UTF8) return bad(op, at + 1, type);
    const isText = type == TYPE_UTF8;
    aggregate.at = accumulator(op, kind == AGG_MIN ? minKind(isText) : maxKind(isText), from).at;
    // a text says itself that there is none
    if (!isText) aggregate.countAt = accumulator(op, ACC_COUNT, from).at;
    op.incremental = 0;
  } else {
    return bad(op, at, kind);
  }
  op.aggregateCount++;
  return true;
}

function minKind(isText: bool): i32 {
  return isText ? ACC_MIN_TEXT : ACC_MIN;
}

function maxKind(isText: bool): i32 {
  return isText ? ACC_MAX_TEXT : ACC_MAX;
}

/** The (column, filter) pair's index; -1 = every row counts. */
function source(op: WindowOperator, column: i32, filter: i32, type: i32): i32 {
  if (column < 0 && filter < 0) return -1;
  for (let i = 0; i < op.sourceCount; i++) {
    const known = op.sourceAt(i);
    if (known.column == column && known.filter == filter) return i;
  }
  const added = op.sourceAt(op.sourceCount);
  added.column = column;
  added.filter = filter;
  added.type = type;
  return op.sourceCount++;
}

function accumulator(op: WindowOperator, kind: i32, from: i32): Accumulator {
  for (let i = 0; i < op.accumulatorCount; i++) {
    const known = op.accumulatorAt(i);
    if (known.kind == kind && known.source == from) return known;
  }
  const added = op.accumulatorAt(op.accumulatorCount++);
  added.kind = kind;
  added.source = from;
  added.at = op.entryBytes;
  added.table = kind == ACC_DISTINCT ? op.distinctCount++ : -1;
  op.entryBytes += accumulatorBytes(kind);
  return added;
}

function accumulatorBytes(kind: i32): u32 {
  if (kind == ACC_SUM_F64) return <u32>EXACT_SUM_BYTES;
  return kind == ACC_SUM_I64 || kind == ACC_MIN_TEXT || kind == ACC_MAX_TEXT ? 16 : 8;
}

function makeShapes(op: WindowOperator): bool {
  const main = op.mainShape;
  const template = planAlloc(op, op.entryBytes);
  const texts = planAlloc(op, (<usize>op.accumulatorCount + 1) << 2);
  if (template == 0 || texts == 0) return false;
  memory.fill(template, 0, op.entryBytes);
  main.tableId = 0;
  main.kind = PAGE_HASH;
  main.headBytes = op.headBytes;
  main.entryBytes = op.entryBytes;
  main.refs = op.refs;
  main.template = template;
  if (!shapeInit(main)) return bad(op, 0, op.entryBytes);
  main.texts = texts;
  op.headBytesMax = max(op.headBytes, TEXT_HEAD_BYTES);
  for (let i = 0; i < op.accumulatorCount; i++) {
    const acc = op.accumulatorAt(i);
    if (acc.kind == ACC_MIN) store<i64>(template + acc.at - op.headBytes, i64.MAX_VALUE);
    else if (acc.kind == ACC_MAX) store<i64>(template + acc.at - op.headBytes, i64.MIN_VALUE);
    else if (acc.kind == ACC_MIN_TEXT || acc.kind == ACC_MAX_TEXT) {
      store<u32>(template + acc.at - op.headBytes, TEXT_NONE);
      store<u32>(texts + ((<usize>main.textCount) << 2), acc.at);
      main.textCount++;
    } else if (acc.kind == ACC_DISTINCT) {
      if (!makeDistinct(op, acc)) return false;
    }
  }
  return true;
}

/** Table ids: main table 0, sets of pairs 1 …, dictionaries behind those. */
function makeDistinct(op: WindowOperator, acc: Accumulator): bool {
  const d = op.distinctAt(acc.table);
  const shape = planAlloc(op, offsetof<TableShape>());
  const textShape = planAlloc(op, offsetof<TableShape>());
  const zeros = planAlloc(op, 16);
  if (shape == 0 || textShape == 0 || zeros == 0) return false;
  memory.fill(zeros, 0, 16);
  d.type = op.sourceAt(acc.source).type;
  d.shape = changetype<TableShape>(shape);
  d.textShape = changetype<TableShape>(textShape);
  const texts = d.textShape;
  texts.tableId = 1 + op.distinctCount + acc.table;
  texts.kind = PAGE_TEXTS;
  texts.headBytes = TEXT_HEAD_BYTES;
  texts.entryBytes = TEXT_ENTRY_BYTES;
  texts.refs = TEXT_REFS;
  texts.template = zeros;
  return pairShapeInit(d.shape, 1 + acc.table, d.type == TYPE_UTF8) && shapeInit(texts);
}

// Reading a plan: i32 words from the host become the operators of a task.
//
// A plan is not trusted: every count, column, type and program is checked here, against the types
// that the operator before it puts out, so that operators need no checks per batch. What does not
// fit fills the error slot: ERROR_BAD_PLAN (offset of the word in the plan, word found).
import {
  COLUMNS_MAX,
  ERROR_BAD_PLAN,
  EXPR_HEADER_WORDS,
  OP_FILTER,
  OP_INPUT,
  OP_OUTPUT,
  OP_PARTITION,
  OP_PROJECT,
  OP_TIME,
  OP_WINDOW,
  PLAN_MAGIC,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_BOOL,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from "../../abi";
import { exchangeNew } from "../exchange/index";
import { exprCheck, exprWords } from "../expr/index";
import { blockAlloc, fail } from "../memory/index";
import { partitionNew } from "../operators/partition";
import { windowCreate, windowOutputTypes } from "../operators/window";
import { Operator, OPERATOR_BYTES, Task, taskFree, taskNew } from "./task";
import { badWord, planStartsAt } from "./plan-words";

const OPERATORS_MAX: i32 = 256;
const PLAN_WORDS_MAX: i32 = 1 << 22;
const KEY_GROUPS_LOG2_MAX: i32 = 15;
const CHANNELS_MAX: i32 = 255;
/** In OP_WINDOW, counted from keyCount, less the keys: timeColumn, three i64, keyGroupsLog2, then this. */
const LATE_OUTPUT_WORD: i32 = 9;
const TYPES_ROW_BYTES: usize = <usize>COLUMNS_MAX * 4;

/** A task that runs the plan of `words` words at `plan` (copied); 0 = error slot filled. */
export function planRead(plan: usize, words: i32): usize {
  if (
    words < 2 ||
    words > PLAN_WORDS_MAX ||
    plan == 0 ||
    <u64>plan + ((<u64>words) << 2) > (<u64>memory.size()) << 16
  ) {
    fail(ERROR_BAD_PLAN, -1, 0, words, 0);
    return 0;
  }
  const ptr = taskNew();
  if (ptr == 0) return 0;
  if (readOperators(changetype<Task>(ptr), plan, words) == STATUS_DONE) return ptr;
  taskFree(ptr);
  return 0;
}

function readOperators(task: Task, plan: usize, words: i32): i32 {
  const bytes = (<usize>words) << 2;
  task.plan = blockAlloc(bytes);
  if (task.plan == 0) return STATUS_ERROR;
  memory.copy(task.plan, plan, bytes);
  planStartsAt(task.plan);
  let at = task.plan;
  const end = at + bytes;
  if (load<i32>(at) != PLAN_MAGIC) return badWord(at);
  const count = load<i32>(at, 4);
  if (count < 2 || count > OPERATORS_MAX) return badWord(at + 4);
  task.operators = blockAlloc(<usize>count * OPERATOR_BYTES);
  // a window with the most keys and aggregates writes 2 · COLUMNS_MAX + 2 types before it is refused
  task.types = blockAlloc(<usize>(count + 3) * TYPES_ROW_BYTES);
  if (task.operators == 0 || task.types == 0) return STATUS_ERROR;
  memory.fill(task.operators, 0, <usize>count * OPERATOR_BYTES);
  at += 8;
  let columnCount = 0;
  for (let index = 0; index < count; index++) {
    if (at + 12 > end) return fail(ERROR_BAD_PLAN, -1, words, count, 0);
    const payloadWords = load<i32>(at, 8);
    if (payloadWords < 0 || <u32>payloadWords > <u32>((end - at - 12) >> 2)) return badWord(at + 8);
    const operator = changetype<Operator>(task.operators + <usize>index * OPERATOR_BYTES);
    operator.kind = load<i32>(at);
    operator.id = load<i32>(at, 4);
    operator.payload = at + 12;
    operator.payloadWords = payloadWords;
    operator.types = task.types + <usize>index * TYPES_ROW_BYTES;
    operator.columnCount = columnCount;
    task.operatorCount = index + 1;
    const kind = operator.kind;
    const terminal = kind == OP_OUTPUT || kind == OP_PARTITION;
    if ((index == 0) != (kind == OP_INPUT) || (index == count - 1) != terminal) return badWord(at);
    columnCount = readOperator(task, operator, index, operator.types + TYPES_ROW_BYTES);
    if (columnCount < 0) return STATUS_ERROR;
    at = operator.payload + ((<usize>payloadWords) << 2);
  }
  return at == end ? STATUS_DONE : badWord(at);
}

/** Checks and sets up one operator, writes the types that it puts out; their count, or an error. */
function readOperator(task: Task, operator: Operator, index: i32, outTypes: usize): i32 {
  const kind = operator.kind;
  if (kind == OP_INPUT) return readInput(operator, outTypes);
  if (kind == OP_PROJECT) return readProject(operator, outTypes);
  if (kind == OP_WINDOW) return readWindow(task, operator, index, outTypes);
  let status: i32;
  if (kind == OP_FILTER) status = checkProgram(operator, operator.payload, true);
  else if (kind == OP_TIME) status = checkTime(operator);
  else if (kind == OP_PARTITION) status = readPartition(task, operator);
  else if (kind == OP_OUTPUT) status = readOutput(task, operator);
  else status = badWord(operator.payload - 12);
  if (status < 0) return STATUS_ERROR;
  memory.copy(outTypes, operator.types, (<usize>operator.columnCount) << 2);
  return operator.columnCount;
}

function readInput(operator: Operator, outTypes: usize): i32 {
  const payload = operator.payload;
  if (operator.payloadWords < 1) return badWord(payload - 4);
  const count = load<i32>(payload);
  if (count < 0 || count > COLUMNS_MAX || operator.payloadWords != count + 1) return badWord(payload);
  for (let column = 0; column < count; column++) {
    const at = payload + 4 + ((<usize>column) << 2);
    const type = load<i32>(at);
    if (type < TYPE_BOOL || type > TYPE_UTF8) return badWord(at);
    store<i32>(outTypes + ((<usize>column) << 2), type);
  }
  return count;
}

/** `whole`: the program is the rest of the payload. Returns its length in words, or an error. */
function checkProgram(operator: Operator, program: usize, whole: bool): i32 {
  const end = operator.payload + ((<usize>operator.payloadWords) << 2);
  if (program + ((<usize>EXPR_HEADER_WORDS) << 2) > end) return badWord(operator.payload - 4);
  const words = exprWords(program);
  const room = <i32>((end - program) >> 2);
  if (words < EXPR_HEADER_WORDS || words > room || (whole && words != room)) return badWord(program);
  if (exprCheck(program, operator.types, operator.columnCount) < 0) return STATUS_ERROR;
  return words;
}

function readProject(operator: Operator, outTypes: usize): i32 {
  const payload = operator.payload;
  const end = payload + ((<usize>operator.payloadWords) << 2);
  if (operator.payloadWords < 2) return badWord(payload - 4);
  const count = load<i32>(payload);
  if (count < 0 || count > COLUMNS_MAX) return badWord(payload);
  const timeColumn = load<i32>(payload, 4);
  if (timeColumn < -1 || timeColumn >= count) return badWord(payload + 4);
  let at = payload + 8;
  for (let column = 0; column < count; column++) {
    if (at + 8 > end) return badWord(payload - 4);
    const type = load<i32>(at);
    const source = load<i32>(at, 4);
    if (type < TYPE_BOOL || type > TYPE_UTF8) return badWord(at);
    if (source < -1 || source >= operator.columnCount) return badWord(at + 4);
    if (source >= 0 && typeAt(operator.types, source) != type) return badWord(at);
    at += 8;
    if (source < 0) {
      const words = checkProgram(operator, at, false);
      if (words < 0) return STATUS_ERROR;
      at += (<usize>words) << 2;
    }
    store<i32>(outTypes + ((<usize>column) << 2), type);
  }
  return at == end ? count : badWord(payload - 4);
}

function checkTime(operator: Operator): i32 {
  const payload = operator.payload;
  if (operator.payloadWords != 3) return badWord(payload - 4);
  const column = load<i32>(payload);
  if (<u32>column >= <u32>operator.columnCount || typeAt(operator.types, column) != TYPE_TIMESTAMP)
    return badWord(payload);
  const bound = load<i64>(payload, 4);
  return bound < 0 || bound > i64.MAX_VALUE >> 1 ? badWord(payload + 4) : STATUS_DONE;
}

function readPartition(task: Task, operator: Operator): i32 {
  const payload = operator.payload;
  const words = operator.payloadWords;
  if (words < 1) return badWord(payload - 4);
  const keyCount = load<i32>(payload);
  if (keyCount < 1 || keyCount > COLUMNS_MAX || words < keyCount + 3) return badWord(payload);
  for (let key = 0; key < keyCount; key++) {
    const at = payload + 4 + ((<usize>key) << 2);
    if (load<u32>(at) >= <u32>operator.columnCount) return badWord(at);
  }
  const rest = payload + 4 + ((<usize>keyCount) << 2);
  const keyGroupsLog2 = load<i32>(rest);
  if (keyGroupsLog2 < 0 || keyGroupsLog2 > KEY_GROUPS_LOG2_MAX) return badWord(rest);
  const channelCount = load<i32>(rest, 4);
  if (channelCount < 1 || channelCount > CHANNELS_MAX || words != keyCount + 4 + channelCount) return badWord(rest + 4);
  let bound = 0;
  for (let channel = 0; channel <= channelCount; channel++) {
    const at = rest + 8 + ((<usize>channel) << 2);
    const next = load<i32>(at);
    if (next < bound || (channel == 0 && next != 0)) return badWord(at);
    bound = next;
  }
  if (bound != 1 << keyGroupsLog2) return badWord(rest + 8 + ((<usize>channelCount) << 2));
  operator.state = partitionNew(payload);
  task.exchange = exchangeNew(operator.types, operator.columnCount, channelCount);
  return operator.state == 0 || task.exchange == 0 ? STATUS_ERROR : STATUS_DONE;
}

function readOutput(task: Task, operator: Operator): i32 {
  if (operator.payloadWords != 0) return badWord(operator.payload - 4);
  task.exchange = exchangeNew(operator.types, operator.columnCount, 1);
  return task.exchange == 0 ? STATUS_ERROR : STATUS_DONE;
}

function readWindow(task: Task, operator: Operator, index: i32, outTypes: usize): i32 {
  const payload = operator.payload;
  if (task.window >= 0) return badWord(payload - 12);
  // the window checks its own payload, within these words
  operator.state = windowCreate(payload, operator.payloadWords, operator.types, operator.columnCount, operator.id);
  if (operator.state == 0) return STATUS_ERROR;
  task.window = index;
  const lateOutputAt = payload + ((<usize>(load<i32>(payload) + LATE_OUTPUT_WORD)) << 2);
  const lateOutput = load<i32>(lateOutputAt);
  if (lateOutput < 0 || lateOutput > 1) return badWord(lateOutputAt);
  if (lateOutput == 1) {
    task.lateExchange = exchangeNew(operator.types, operator.columnCount, 1);
    if (task.lateExchange == 0) return STATUS_ERROR;
  }
  if (windowOutputTypes(operator.state, 0) > COLUMNS_MAX) return badWord(payload);
  return windowOutputTypes(operator.state, outTypes);
}


@inline
function typeAt(types: usize, index: i32): i32 {
  return load<i32>(types + ((<usize>index) << 2));
}

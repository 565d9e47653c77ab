// Checking the payload of OP_WINDOW: shape, columns and types; what the numbers mean is the
// window's own business (operators/window.ts), which may refuse more.
import {
  AGG_COUNT,
  AGG_COUNT_DISTINCT,
  AGG_MAX,
  AGG_MIN,
  COLUMNS_MAX,
  TYPE_BOOL,
  TYPE_TIMESTAMP,
  TYPE_UTF8,
} from "../../abi";
import { badWord } from "./plan-words";
import { Operator } from "./task";

/** From keys to aggregateCount: timeColumn, three i64, keyGroupsLog2, lateOutput, aggregateCount. */
const FIXED_WORDS: i32 = 10;
const AGGREGATE_WORDS: i32 = 3;

/** Returns the word lateOutput (0 or 1), or an error. */
export function checkWindow(operator: Operator): i32 {
  const payload = operator.payload;
  const words = operator.payloadWords;
  if (words < 1) return badWord(payload - 4);
  const keyCount = load<i32>(payload);
  if (keyCount < 0 || keyCount > COLUMNS_MAX || words < 1 + keyCount + FIXED_WORDS) return badWord(payload);
  let at = payload + 4;
  for (let key = 0; key < keyCount; key++) {
    if (load<u32>(at) >= <u32>operator.columnCount) return badWord(at);
    at += 4;
  }
  if (load<u32>(at) >= <u32>operator.columnCount || typeOf(operator, load<i32>(at)) != TYPE_TIMESTAMP)
    return badWord(at);
  const size = load<i64>(at, 4);
  const slide = load<i64>(at, 12);
  if (size <= 0) return badWord(at + 4);
  if (slide <= 0 || slide > size) return badWord(at + 12);
  const keyGroupsLog2 = load<i32>(at, 28);
  if (keyGroupsLog2 < 0 || keyGroupsLog2 > 15) return badWord(at + 28);
  const lateOutput = load<i32>(at, 32);
  if (lateOutput < 0 || lateOutput > 1) return badWord(at + 32);
  const aggregateCount = load<i32>(at, 36);
  if (aggregateCount < 0 || aggregateCount > COLUMNS_MAX) return badWord(at + 36);
  if (words != 1 + keyCount + FIXED_WORDS + aggregateCount * AGGREGATE_WORDS) return badWord(at + 36);
  at += 40;
  for (let index = 0; index < aggregateCount; index++) {
    if (checkAggregate(operator, at) < 0) return -1;
    at += 12;
  }
  return lateOutput;
}

function checkAggregate(operator: Operator, at: usize): i32 {
  const fn = load<i32>(at);
  const column = load<i32>(at, 4);
  const filter = load<i32>(at, 8);
  if (fn < AGG_COUNT || fn > AGG_COUNT_DISTINCT) return badWord(at);
  if (column < -1 || column >= operator.columnCount || (column < 0 && fn != AGG_COUNT)) return badWord(at + 4);
  if (filter < -1 || filter >= operator.columnCount) return badWord(at + 8);
  if (filter >= 0 && typeOf(operator, filter) != TYPE_BOOL) return badWord(at + 8);
  const anyType = fn == AGG_COUNT || fn == AGG_COUNT_DISTINCT || fn == AGG_MIN || fn == AGG_MAX;
  if (!anyType && (typeOf(operator, column) == TYPE_UTF8 || typeOf(operator, column) == TYPE_BOOL))
    return badWord(at + 4);
  return 0;
}


@inline
function typeOf(operator: Operator, column: i32): i32 {
  return load<i32>(operator.types + ((<usize>column) << 2));
}

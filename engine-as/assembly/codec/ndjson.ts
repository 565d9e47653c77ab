// NDJSON to columns: one object per line.
//
// Keys come in any order; keys that nobody wants are skipped with their values (checked all the same);
// a missing key is null; of a repeated one the last value counts. The predicted order (key-order.ts)
// carries most lines; the grammar takes over key by key. Lines of blanks are ignored. With
// FLAG_SKIP_BAD a line that is no object, or has a value of the wrong type, is skipped and counted.
import { ERROR_LINE_TOO_LONG, ERROR_NOT_JSON, ERROR_OUT_OF_MEMORY, ROW_BYTES_MAX } from "../../abi";
import { errorCode } from "../memory/index";
import { ColumnOut, markValid, putNull } from "./column-out";
import { findNewline } from "./newline";
import { refuse } from "./refusal";
import {
  columnOut,
  COLUMN_BYTES,
  Decoder,
  failAt,
  FLAG_SKIP_BAD,
  scratchFor,
  STOP_END,
  STOP_ERROR,
  STOP_FULL,
} from "./decoder";
import { frameIsFull } from "./frame-out";
import { skipBlanks, skipValue, stringEnd, stringStop } from "./json-skip";
import { unescapeJson } from "./json-string";
import { plainValue, putValue } from "./json-value";
import { learnBegin, learnEnd, learnStep, matchStep, noteLine, STEP_BYTES, STEP_END, STEP_SKIP } from "./key-order";
import { ndjsonBatch } from "./ndjson-batch";
import { dictionaryFind } from "./text-dictionary";

const LF: u32 = 0x0a;
const QUOTE: u32 = 0x22;

/** As csvRecords (csv.ts), for lines. */
export function ndjsonRecords(decoder: Decoder, start: usize, end: usize, single: bool): usize {
  let p = start;
  if (!decoder.hasStarted) {
    decoder.hasStarted = true;
    const offset = decoder.regionOffset + <i64>(start - decoder.regionPtr);
    if (offset == 0 && (load<u32>(p) & 0xffffff) == 0xbfbbef) p += 3;
  }
  while (p < end) {
    if (decoder.rows == decoder.rowsMax) {
      decoder.stop = STOP_FULL;
      break;
    }
    if (decoder.pause == 0 && !single) {
      p = ndjsonBatch(decoder, p, end);
      if (decoder.stop == STOP_FULL) break;
      continue;
    }
    decoder.pause = max(0, decoder.pause - 1);
    let after = line(decoder, p);
    if (after == 0) {
      if (decoder.stop == STOP_END) {
        const blank = skipBlanks(p);
        if (<u32>load<u8>(blank) != LF) continue; // the column became plain: the same line again
        p = blank + 1;
        decoder.lines++;
        if (single) break;
        continue;
      }
      if (decoder.stop != STOP_ERROR || !skipBad(decoder)) break;
      p = findNewline(p, end);
      if (single) break;
      continue;
    }
    const bytes = after - p;
    if (bytes > <usize>ROW_BYTES_MAX) {
      failAt(decoder, ERROR_LINE_TOO_LONG, -1, p, <i32>bytes);
      if (!skipBad(decoder)) break;
      p = after;
      continue;
    }
    p = after;
    decoder.rows++;
    decoder.lines++;
    if (single) break;
    if (frameIsFull(decoder, bytes)) {
      decoder.stop = STOP_FULL;
      break;
    }
  }
  return p;
}

/** Counts a bad line and clears what it has left in its row; false when bad lines are errors, or it was memory that lacked. */
function skipBad(decoder: Decoder): bool {
  if ((decoder.flags & FLAG_SKIP_BAD) == 0 || errorCode() == ERROR_OUT_OF_MEMORY) return false;
  decoder.stop = STOP_END;
  decoder.skipped++;
  decoder.lines++;
  for (let i = 0; i < decoder.columnCount; i++) markValid(columnOut(decoder, i), decoder.rows);
  return true;
}

/** One line into row `decoder.rows`; the address after it, or 0: blank, or `decoder.stop` is set. */
function line(decoder: Decoder, start: usize): usize {
  const row = decoder.rows;
  const stamp = ++decoder.stamp;
  let step = decoder.sequence;
  const stepsEnd = step + <usize>decoder.sequenceCount * STEP_BYTES;
  let filled = 0;
  let p = start;
  while (step < stepsEnd) {
    const value = matchStep(step, p);
    if (value == 0) break;
    const index = load<i32>(step, 8);
    step += STEP_BYTES;
    if (index >= 0) {
      const column = columnOut(decoder, index);
      p = plainValue(column, row, value);
      if (p == 0) {
        p = putValue(decoder, column, row, value);
        if (p == 0) return 0;
      }
      column.seen = stamp;
      filled++;
    } else if (index == STEP_SKIP) {
      p = skipUnwanted(decoder, value);
      if (p == 0) return 0;
    } else {
      if (filled != decoder.columnCount) fillMissing(decoder, row, stamp);
      noteLine(decoder, true);
      return value;
    }
  }
  return lineByGrammar(decoder, start, p, step, stepsEnd, stamp);
}

/** The rest of a line from p on; the prediction is tried again before every key. */
function lineByGrammar(
  decoder: Decoder,
  start: usize,
  from: usize,
  nextStep: usize,
  stepsEnd: usize,
  stamp: u32,
): usize {
  const row = decoder.rows;
  let step = nextStep;
  let p = from;
  let isFirst = from == start;
  if (isFirst) {
    p = skipBlanks(p);
    if (<u32>load<u8>(p) == LF) return 0;
    if (load<u8>(p) != 0x7b) return refuse(decoder, ERROR_NOT_JSON, -1, p, 0);
    p++;
    if (decoder.sequenceCount == 0) learnBegin(decoder);
  }
  if (step == decoder.sequence && step < stepsEnd) step += STEP_BYTES; // the first one holds the brace
  let textFrom = start;
  while (true) {
    let index = STEP_SKIP;
    // steps after the first one begin with a comma, so they may only follow a value
    let value = !isFirst && step < stepsEnd ? matchStep(step, p) : 0;
    if (value != 0 && load<i32>(step, 8) != STEP_END) {
      index = load<i32>(step, 8);
      step += STEP_BYTES;
    } else {
      value = key(decoder, p, isFirst);
      if (value == 0) return 0;
      if (foundColumn == STEP_END) {
        p = lineEnd(decoder, value);
        break;
      }
      index = foundColumn;
      if (index >= 0 && columnOut(decoder, index).next >= 0) {
        step = decoder.sequence + <usize>columnOut(decoder, index).next * STEP_BYTES;
      }
    }
    if (decoder.isLearning) learnStep(decoder, textFrom, value, index);
    p = index < 0 ? skipUnwanted(decoder, value) : putAgain(decoder, columnOut(decoder, index), row, value, stamp);
    if (p == 0) return 0;
    textFrom = p;
    isFirst = false;
  }
  if (p == 0) return 0;
  fillMissing(decoder, row, stamp);
  if (decoder.isLearning && !isFirst) {
    learnStep(decoder, textFrom, p, STEP_END);
    if (decoder.isLearning) learnEnd(decoder);
  } else noteLine(decoder, false);
  return p;
}

/** A predicted text may be followed by blanks that the learned line did not have. */
function skipUnwanted(decoder: Decoder, value: usize): usize {
  const p = skipValue(skipBlanks(value));
  return p == 0 ? refuse(decoder, ERROR_NOT_JSON, -1, value, 0) : p;
}

/** A value of a key that may have been met in this line before: the last one counts. */
function putAgain(decoder: Decoder, column: ColumnOut, row: i32, value: usize, stamp: u32): usize {
  if (column.seen == stamp) {
    markValid(column, row);
    decoder.isLearning = false;
  }
  column.seen = stamp;
  const p = plainValue(column, row, value);
  return p == 0 ? putValue(decoder, column, row, value) : p;
}

/** After the closing brace: blanks and the newline. */
function lineEnd(decoder: Decoder, p: usize): usize {
  const end = skipBlanks(p);
  return <u32>load<u8>(end) == LF ? end + 1 : refuse(decoder, ERROR_NOT_JSON, -1, end, 0);
}

let foundColumn: i32 = 0;

/**
 * What comes next in an object: comma (not before the first key), key, colon. The address of the value
 * with the key's column in foundColumn, or with STEP_END the address after the brace; 0 = not JSON.
 */
function key(decoder: Decoder, from: usize, isFirst: bool): usize {
  let p = skipBlanks(from);
  let c = <u32>load<u8>(p);
  if (c == 0x7d) {
    foundColumn = STEP_END;
    return p + 1;
  }
  if (!isFirst) {
    if (c != 0x2c) return refuse(decoder, ERROR_NOT_JSON, -1, p, 0);
    p = skipBlanks(p + 1);
    c = <u32>load<u8>(p);
  }
  if (c != QUOTE) return refuse(decoder, ERROR_NOT_JSON, -1, p, 0);
  const name = p + 1;
  const stop = stringStop(name);
  let end = stop;
  if (<u32>load<u8>(stop) != QUOTE) end = stringEnd(name);
  if (end == 0) return refuse(decoder, ERROR_NOT_JSON, -1, p, 0);
  p = skipBlanks(end + 1);
  if (load<u8>(p) != 0x3a) return refuse(decoder, ERROR_NOT_JSON, -1, p, 0);
  foundColumn = STEP_SKIP;
  if (end == stop) {
    const found = dictionaryFind(decoder.names, name, <i32>(end - name));
    if (found >= 0) foundColumn = found;
  } else if (!findEscaped(decoder, name, end)) return 0;
  return skipBlanks(p + 1);
}

function findEscaped(decoder: Decoder, name: usize, end: usize): bool {
  const bytes = <i32>(end - name);
  if (bytes > ROW_BYTES_MAX) {
    refuse(decoder, ERROR_LINE_TOO_LONG, -1, name, bytes);
    return false;
  }
  if (!scratchFor(decoder, bytes)) {
    decoder.stop = STOP_ERROR;
    return false;
  }
  const found = dictionaryFind(
    decoder.names,
    decoder.scratch,
    <i32>(unescapeJson(name, end, decoder.scratch) - decoder.scratch),
  );
  if (found >= 0) foundColumn = found;
  return true;
}

function fillMissing(decoder: Decoder, row: i32, stamp: u32): void {
  let at = decoder.columns;
  const end = at + <usize>decoder.columnCount * COLUMN_BYTES;
  while (at < end) {
    const column = changetype<ColumnOut>(at);
    if (column.seen != stamp) putNull(column, row);
    at += COLUMN_BYTES;
  }
}

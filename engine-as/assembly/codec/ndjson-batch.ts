// Many lines of NDJSON at once, while they are laid out as the learned one (line-layout.ts).
//
// Input without a layout, or whose lines do not fit it again and again, learns another line.
import { batchColumn, SPAN } from "./column-batch";
import { putNull } from "./column-out";
import { columnOut, Decoder } from "./decoder";
import { skipValue } from "./json-skip";
import { STEP_END } from "./key-order";
import {
  LAYOUT_COLUMN_AT,
  LAYOUT_FIRST_AT,
  LAYOUT_HEAD_AT,
  LAYOUT_LAST_AT,
  LAYOUT_STEP_BYTES,
  LAYOUT_STRING_AT,
  LAYOUT_TAIL_AT,
  matchingLines,
} from "./line-layout";
import { batchDone, batchStart, PAUSE_MAX, scanEnd } from "./record-batch";
import { listJson } from "./separators";

/** As csvBatch (csv-batch.ts), for lines. */
export function ndjsonBatch(decoder: Decoder, start: usize, end: usize): usize {
  if (decoder.layoutCount == 0) {
    decoder.pauseNext = min(PAUSE_MAX, (decoder.pauseNext << 1) + 1);
    decoder.pause = decoder.pauseNext;
    decoder.sequenceCount = 0;
    return start;
  }
  const signs = decoder.layoutSigns;
  listJson(decoder.separators, start, scanEnd(decoder, start, end));
  const tried = batchStart(decoder, signs, end, true);
  let good = matchingLines(decoder, tried);
  const fitting = good;
  let step = decoder.layout;
  while (load<i32>(step, LAYOUT_COLUMN_AT) != STEP_END && good > 0) {
    good = value(decoder, step, good);
    step += LAYOUT_STEP_BYTES;
  }
  for (let i = 0; i < decoder.columnCount; i++) {
    const column = columnOut(decoder, i);
    if (column.next < 0) for (let k = 0; k < good; k++) putNull(column, decoder.rows + k);
  }
  decoder.misses = max(0, decoder.misses - good);
  const after = batchDone(decoder, start, signs, tried, good);
  if (fitting == 0 && decoder.pauseNext == PAUSE_MAX) decoder.sequenceCount = 0;
  return after;
}

/** The values behind a step's text, in all lines; how many lines are good. */
function value(decoder: Decoder, step: usize, lines: i32): i32 {
  const list = decoder.separators;
  const next = step + LAYOUT_STEP_BYTES;
  SPAN.from = list + ((<usize>load<i32>(step, LAYOUT_LAST_AT)) << 2);
  SPAN.fromMore = <usize>load<i32>(step, LAYOUT_TAIL_AT);
  SPAN.to = list + ((<usize>load<i32>(next, LAYOUT_FIRST_AT)) << 2);
  SPAN.toLess = <usize>load<i32>(next, LAYOUT_HEAD_AT);
  SPAN.isText = load<i32>(step, LAYOUT_STRING_AT) != 0;
  const column = load<i32>(step, LAYOUT_COLUMN_AT);
  if (column >= 0) return batchColumn(decoder, columnOut(decoder, column), lines);
  return SPAN.isText ? lines : skipped(lines);
}

function skipped(lines: i32): i32 {
  const stride = SPAN.stride;
  const fromMore = SPAN.fromMore;
  const toLess = SPAN.toLess;
  const width = SPAN.to - SPAN.from;
  let at = SPAN.from;
  for (let i = 0; i < lines; i++) {
    const from = <usize>load<u32>(at) + fromMore;
    if (skipValue(from) != <usize>load<u32>(at + width) - toLess) return i;
    at += stride;
  }
  return lines;
}

// Many records of CSV at once, while no quote is met and every record has all of its fields.
import { batchColumn, SPAN } from "./column-batch";
import { ColumnOut } from "./column-out";
import { Decoder, STEP_BYTES, STEP_SOURCE_AT } from "./decoder";
import { batchDone, batchStart, scanEnd } from "./record-batch";
import { crBeforeNewlines, followsCr, listCsv } from "./separators";

/**
 * Records from start on into rows; the address after them. `decoder.pause` is not 0 if the next record
 * must be parsed singly; `decoder.stop` says whether the frame is full.
 */
export function csvBatch(decoder: Decoder, start: usize, end: usize): usize {
  const list = decoder.separators;
  const signs = decoder.fieldCount;
  listCsv(list, start, scanEnd(decoder, start, end), decoder.delimiter, decoder.quote);
  const tried = batchStart(decoder, signs, end, false);
  let good = tried;
  let step = decoder.order;
  const stepsEnd = step + <usize>decoder.columnCount * STEP_BYTES;
  while (step < stepsEnd && good > 0) {
    const field = load<i32>(step, STEP_SOURCE_AT);
    SPAN.from = list + ((<usize>field) << 2);
    SPAN.to = SPAN.from + 4;
    SPAN.fromMore = 1;
    SPAN.toLess = 0;
    if (field == signs - 1) {
      const cr = crBeforeNewlines(list, signs, good);
      if (cr < 0) good = -1 - cr;
      SPAN.toLess = <usize>followsCr(list + SPAN.stride);
    }
    good = batchColumn(decoder, changetype<ColumnOut>(load<usize>(step)), good);
    step += STEP_BYTES;
  }
  return batchDone(decoder, start, signs, tried, good);
}

// How many records a batch tries, and when single ones are parsed again; the same for both formats.
//
// A batch is worth its scan when many records in a row are regular. After a record that is not, the
// next batch is smaller; after failures in a row, records are parsed singly for a while, up to
// PAUSE_MAX of them, so that input which never fits costs little more than without batches.
import { batchBegin, batchEnd, SPAN } from "./column-batch";
import { Decoder, STOP_FULL } from "./decoder";
import { regularRecords, separatorCount, separatorsStopped } from "./separators";

const BATCH_BYTES_MAX: i32 = 16384;
const BATCH_BYTES_MIN: i32 = 1024;
/** Good bytes below which a batch that met an irregular record counts as failed. */
const FAILED_BYTES: i32 = 512;
export const PAUSE_MAX: i32 = 255;

/** Where the scan ends: not far behind the rows that the frame still takes. */
export function scanEnd(decoder: Decoder, start: usize, end: usize): usize {
  const bytes = min(BATCH_BYTES_MAX, max(BATCH_BYTES_MIN, decoder.batchBytes));
  const rows = decoder.rowsMax - decoder.rows;
  const recordBytes = decoder.batchRecordBytes;
  const enough = recordBytes > 0 && rows < BATCH_BYTES_MAX ? rows * (recordBytes + (recordBytes >> 3)) + 128 : bytes;
  return min(end, start + <usize>min(bytes, enough));
}

/** Of the listed records, how many to convert; SPAN is set up but for its place. */
export function batchStart(decoder: Decoder, signs: i32, end: usize, isJson: bool): i32 {
  SPAN.stride = (<usize>signs) << 2;
  SPAN.end = end;
  SPAN.isJson = isJson;
  regular = regularRecords(decoder.separators, signs);
  return batchBegin(decoder, regular);
}

let regular: i32 = 0;

/** Counts the rows, decides on the next batch, and says where the first record behind this one is. */
export function batchDone(decoder: Decoder, start: usize, signs: i32, tried: i32, good: i32): usize {
  const hasRoom = batchEnd(decoder, good, tried);
  if (!hasRoom && decoder.rows > 0) decoder.stop = STOP_FULL;
  const after = good == 0 ? start : <usize>load<u32>(decoder.separators + <usize>good * <usize>signs * 4) + 1;
  const bytes = <i32>(after - start);
  if (good > 0) decoder.batchRecordBytes = bytes / good + 1;
  const isCut = good < tried || (good == regular && (separatorsStopped || regular < separatorCount / signs));
  if (isCut) {
    decoder.batchBytes = bytes << 1;
    decoder.pauseNext = bytes < FAILED_BYTES ? min(PAUSE_MAX, (decoder.pauseNext << 1) + 1) : 0;
    decoder.pause = max(1, decoder.pauseNext);
  } else {
    decoder.batchBytes = min(BATCH_BYTES_MAX, max(BATCH_BYTES_MIN, decoder.batchBytes) << 1);
    decoder.pauseNext = 0;
    decoder.pause = <i32>(good == 0);
  }
  return after;
}

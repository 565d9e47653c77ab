// Batches: rows in columns, seen through pointers; and the checked way from a frame to a batch.
export {
  Batch,
  BATCH_BYTES,
  bitAt,
  Column,
  COLUMN_BYTES,
  columnAt,
  dataBytesOf,
  Dictionary,
  DICTIONARY_BYTES,
  validAt,
} from "./batch";
export { batchFromFrame, CHECK_SCHEMA } from "./frame";
export { offsetsAscend } from "./frame-checks";
export {
  directoryBytes,
  entryData,
  entryDictionary,
  entryText,
  entryValidity,
  entryWrite,
  headerLate,
  headerTimes,
  headerWrite,
} from "./frame-writer";

// abi.ts: the numbers that the engine (asc) and the host (tsc) must agree on, and nothing else.
//
// This is the one file that both compilers read, so it holds typed constants only. The host
// compares ABI_VERSION with the value that the engine exports before it makes any other call.
// Persisted numbers (frame layout, types, record kinds) are never reused for another meaning.

/** Changes whenever a call, a layout or a number below changes its meaning. */
export const ABI_VERSION: i32 = 1;

// ---- status of every resumable call --------------------------------------------------------
export const STATUS_DONE: i32 = 0;
/** One output frame is ready (`task_out_*`); take it, then call `task_resume`. */
export const STATUS_OUTPUT: i32 = 1;
/** The call failed; the error slot says how (`error_*`). */
export const STATUS_ERROR: i32 = -1;

// ---- error codes of the error slot ---------------------------------------------------------
export const ERROR_NONE: i32 = 0;
/** values: bytes wanted, bytes in use, bytes allowed */
export const ERROR_OUT_OF_MEMORY: i32 = 1;
/** values: offset in the plan, word found */
export const ERROR_BAD_PLAN: i32 = 2;
/** values: which check (see batch/frame.ts), value found, bound */
export const ERROR_BAD_FRAME: i32 = 3;
/** values: row in the batch; the time column is null */
export const ERROR_TIME_NULL: i32 = 4;
/** values: row, operation; integer overflow in an expression */
export const ERROR_OVERFLOW: i32 = 5;
/** values: row, operation; division by zero */
export const ERROR_DIVISION_BY_ZERO: i32 = 6;
/** values: row, source type, target type; a value that the cast cannot represent */
export const ERROR_CAST: i32 = 7;
/** values: bytes of the row, bytes allowed */
export const ERROR_ROW_TOO_LARGE: i32 = 8;
/** values: which check, value found, expected; a restored record is not what was written */
export const ERROR_BAD_SNAPSHOT: i32 = 9;
/** decoders; values: line (1-based in the input), column index or -1, byte offset in the input (docs/design/formats.md) */
export const ERROR_CSV_FIELD_MISSING: i32 = 10;
export const ERROR_CSV_QUOTE_UNCLOSED: i32 = 11;
export const ERROR_CSV_FIELD_EXTRA: i32 = 12;
export const ERROR_LINE_TOO_LONG: i32 = 13;
export const ERROR_NOT_JSON: i32 = 14;
export const ERROR_VALUE_TYPE: i32 = 15;
export const ERROR_NOT_UTF8: i32 = 16;
/** values: which assertion; a bug in the engine */
export const ERROR_BUG: i32 = 99;

// ---- value types and encodings --------------------------------------------------------------
/** Bitmap, least significant bit first. */
export const TYPE_BOOL: i32 = 1;
export const TYPE_I32: i32 = 2;
export const TYPE_I64: i32 = 3;
export const TYPE_F64: i32 = 4;
/** i64, milliseconds since 1970-01-01T00:00:00Z. */
export const TYPE_TIMESTAMP: i32 = 5;
export const TYPE_UTF8: i32 = 6;

export const ENCODING_PLAIN: i32 = 0;
/** utf8 only: i32 ids into a dictionary that travels in the frame. */
export const ENCODING_DICTIONARY: i32 = 1;

// ---- the frame: a relocatable batch ---------------------------------------------------------
//
//   0        64             64 + 48·columns                                   frameBytes
//   ┌────────┬──────────────┬──────────────────────────────────────────────────┐
//   │ header │ column dir.  │ bitmaps, values, offsets, bytes, dictionaries …  │
//   └────────┴──────────────┴──────────────────────────────────────────────────┘
//   Little-endian; every block starts at a multiple of 16; `…At` offsets count from the frame's
//   first byte; 0 means "absent". frameBytes is a multiple of 16. Unused bits and bytes are 0.
//
//   header (64 B)                              column directory entry (48 B)
//   +0  u32 magic 'SLF1'                       +0  u8  type      +1 u8 encoding   +2 u16 0
//   +4  u32 frameBytes                         +4  u32 validityAt  bitmap, 1 = valid; 0 = no nulls
//   +8  u32 rowCount                           +8  u32 dataAt      values | bool bitmap |
//   +12 u32 columnCount                                            i32 offsets[rows+1] | i32 ids[rows]
//   +16 i64 timeMin  (if FRAME_TIMED)          +12 u32 dataBytes
//   +24 i64 timeMax  (if FRAME_TIMED)          +16 u32 bytesAt     plain utf8: the bytes
//   +32 u32 flags                              +20 u32 bytesLength
//   +36 u32 rowKinds (bit per kind present)    +24 u32 dictAt      i32 offsets[dictCount+1]
//   +40 u32 lateAt   i64[rows] | 0             +28 u32 dictCount
//   +44 u32 kindsAt  u8[rows]  | 0             +32 u32 dictBytesAt
//   +48 i32 timeColumn or -1                   +36 u32 dictBytesLength
//   +52 … 0                                    +40 u64 dictHash    hash v1 of the dictionary's content
//
//   `late` is present only when some row is behind its split's watermark: it then holds, for every
//   row, the watermark of the row's own split just before that row (a row is late when its time
//   is <= that value). Windows that had closed at that watermark do not take the row.
export const FRAME_MAGIC: i32 = 0x31464c53;
export const FRAME_HEADER_BYTES: i32 = 64;
export const FRAME_BYTES_AT: i32 = 4;
export const FRAME_ROWS_AT: i32 = 8;
export const FRAME_COLUMNS_AT: i32 = 12;
export const FRAME_TIME_MIN_AT: i32 = 16;
export const FRAME_TIME_MAX_AT: i32 = 24;
export const FRAME_FLAGS_AT: i32 = 32;
export const FRAME_KINDS_AT: i32 = 36;
export const FRAME_LATE_AT: i32 = 40;
export const FRAME_KIND_BYTES_AT: i32 = 44;
export const FRAME_TIME_COLUMN_AT: i32 = 48;

export const COLUMN_ENTRY_BYTES: i32 = 48;
export const COLUMN_TYPE_AT: i32 = 0;
export const COLUMN_ENCODING_AT: i32 = 1;
export const COLUMN_VALIDITY_AT: i32 = 4;
export const COLUMN_DATA_AT: i32 = 8;
export const COLUMN_DATA_BYTES_AT: i32 = 12;
export const COLUMN_BYTES_AT: i32 = 16;
export const COLUMN_BYTES_LENGTH_AT: i32 = 20;
export const COLUMN_DICT_AT: i32 = 24;
export const COLUMN_DICT_COUNT_AT: i32 = 28;
export const COLUMN_DICT_BYTES_AT: i32 = 32;
export const COLUMN_DICT_BYTES_LENGTH_AT: i32 = 36;
export const COLUMN_DICT_HASH_AT: i32 = 40;

/** Times within the frame do not decrease. */
export const FRAME_SORTED: i32 = 1;
/** `late` is present. */
export const FRAME_LATE: i32 = 2;
/** timeMin, timeMax and timeColumn are meaningful. */
export const FRAME_TIMED: i32 = 4;

export const ROW_INSERT: i32 = 1;

/** Rows of a frame at most: what a selection vector (u16) and the kernels' scratch are made for. */
export const FRAME_ROWS_MAX: i32 = 4096;
/** An output frame is closed when it holds this many bytes, so that it fits a channel's ring. */
export const FRAME_BYTES_TARGET: i32 = 131072;
/** One row's bytes at most (a frame is at most target + one row). */
export const ROW_BYTES_MAX: i32 = 524288;
export const COLUMNS_MAX: i32 = 256;

// ---- the task plan: i32 words ---------------------------------------------------------------
//   [PLAN_MAGIC, opCount, then per operator: kind, operatorId, payloadWords, payload …]
//   i64 values take two words, low first. Expression programs are [words, …] (see expr/program.ts).
//   Order: OP_INPUT, stateless operators, at most one stateful one, stateless operators, one
//   terminal (OP_OUTPUT or OP_PARTITION).
export const PLAN_MAGIC: i32 = 0x314e4c50;
/** [columnCount, type …] */
export const OP_INPUT: i32 = 1;
/** [program] keeps the rows for which it is true */
export const OP_FILTER: i32 = 2;
/** [columnCount, timeColumn or -1, then per column: type, sourceColumn or -1, program if -1] */
export const OP_PROJECT: i32 = 3;
/** [timeColumn, outOfOrderMs i64] notes times, sortedness and lateness of a source's batches */
export const OP_TIME: i32 = 4;
/** [keyCount, key …, keyGroupsLog2, channelCount, then channelCount+1 bounds: first key group of each channel] */
export const OP_PARTITION: i32 = 5;
/** [] frames for the host (channel 0) */
export const OP_OUTPUT: i32 = 6;
/**
 * [keyCount, key …, timeColumn, sizeMs i64, slideMs i64, offsetMs i64, keyGroupsLog2,
 *  lateOutput 0|1, aggregateCount, then per aggregate: function, column or -1, filter column (bool) or -1]
 * Emits: key columns, window_start, window_end (timestamps), one column per aggregate.
 */
export const OP_WINDOW: i32 = 7;

export const AGG_COUNT: i32 = 1;
export const AGG_SUM: i32 = 2;
export const AGG_MIN: i32 = 3;
export const AGG_MAX: i32 = 4;
export const AGG_AVG: i32 = 5;
export const AGG_COUNT_DISTINCT: i32 = 6;

/** `task_out_channel` of a frame of late rows. */
export const CHANNEL_LATE: i32 = -1;

// ---- expression programs --------------------------------------------------------------------
//   The layout and what each operation does is drawn in assembly/expr/program.ts. An operation's
//   number is also its name in the error slot (ERROR_OVERFLOW, ERROR_DIVISION_BY_ZERO).
export const EXPR_MAGIC: i32 = 0x31584c53;
export const EXPR_HEADER_WORDS: i32 = 8;
export const EXPR_INSTRUCTION_WORDS: i32 = 8;
/** Registers that are live at once at most (a vector of 4096 rows each). */
export const EXPR_REGISTERS_MAX: i32 = 128;
/** Words of one program at most, constants included. */
export const EXPR_WORDS_MAX: i32 = 65536;

export const EXPR_COLUMN: i32 = 1;
export const EXPR_CONSTANT: i32 = 2;
export const EXPR_NULL: i32 = 3;
export const EXPR_ADD: i32 = 4;
export const EXPR_SUB: i32 = 5;
export const EXPR_MUL: i32 = 6;
export const EXPR_DIV: i32 = 7;
export const EXPR_MOD: i32 = 8;
export const EXPR_NEG: i32 = 9;
export const EXPR_ABS: i32 = 10;
export const EXPR_EQ: i32 = 11;
export const EXPR_NE: i32 = 12;
export const EXPR_LT: i32 = 13;
export const EXPR_LE: i32 = 14;
export const EXPR_GT: i32 = 15;
export const EXPR_GE: i32 = 16;
export const EXPR_AND: i32 = 17;
export const EXPR_OR: i32 = 18;
export const EXPR_NOT: i32 = 19;
export const EXPR_IS_NULL: i32 = 20;
export const EXPR_IS_NOT_NULL: i32 = 21;
export const EXPR_IS_TRUE: i32 = 22;
export const EXPR_IS_FALSE: i32 = 23;
export const EXPR_IF: i32 = 24;
export const EXPR_CAST: i32 = 25;
export const EXPR_STARTS_WITH: i32 = 26;
export const EXPR_ENDS_WITH: i32 = 27;
export const EXPR_CONTAINS: i32 = 28;
export const EXPR_LOWER: i32 = 29;
export const EXPR_LENGTH: i32 = 30;
export const EXPR_DATE_PART: i32 = 31;
export const EXPR_TRUNCATE: i32 = 32;

/** The immediate operand of EXPR_DATE_PART … */
export const PART_YEAR: i32 = 0;
export const PART_MONTH: i32 = 1;
export const PART_DAY: i32 = 2;
export const PART_HOUR: i32 = 3;
export const PART_MINUTE: i32 = 4;
export const PART_SECOND: i32 = 5;
export const PART_MILLISECOND: i32 = 6;
/** ISO: Monday = 1 … Sunday = 7. */
export const PART_DAY_OF_WEEK: i32 = 7;
/** From 1. */
export const PART_DAY_OF_YEAR: i32 = 8;
/** … and of EXPR_TRUNCATE. */
export const UNIT_SECOND: i32 = 0;
export const UNIT_MINUTE: i32 = 1;
export const UNIT_HOUR: i32 = 2;
export const UNIT_DAY: i32 = 3;
/** ISO week: from Monday. */
export const UNIT_WEEK: i32 = 4;
export const UNIT_MONTH: i32 = 5;
export const UNIT_YEAR: i32 = 6;

// ---- counters (task_counter) ----------------------------------------------------------------
export const COUNTER_ROWS_IN: i32 = 0;
export const COUNTER_ROWS_OUT: i32 = 1;
export const COUNTER_LATE_ROWS: i32 = 2;
export const COUNTER_STATE_BYTES: i32 = 3;
export const COUNTER_STATE_KEYS: i32 = 4;

// ---- snapshot records -----------------------------------------------------------------------
//   A snapshot is a series of records, each [header 64 B][payload, padded to 16]:
//   +0 u32 magic 'SLS1'  +4 u32 kind  +8 u32 layoutVersion  +12 u32 operatorId
//   +16 u32 pageId       +20 u32 keyGroupFrom  +24 u32 keyGroupTo (exclusive)
//   +28 u32 payloadBytes +32 u64 checksum (hash v1 of the payload)  +40 … operator's own
export const RECORD_MAGIC: i32 = 0x31534c53;
export const RECORD_HEADER_BYTES: i32 = 64;
export const RECORD_KIND_AT: i32 = 4;
export const RECORD_LAYOUT_AT: i32 = 8;
export const RECORD_OPERATOR_AT: i32 = 12;
export const RECORD_PAGE_AT: i32 = 16;
export const RECORD_GROUP_FROM_AT: i32 = 20;
export const RECORD_GROUP_TO_AT: i32 = 24;
export const RECORD_PAYLOAD_BYTES_AT: i32 = 28;
export const RECORD_CHECKSUM_AT: i32 = 32;
/** Operator's own small data (watermark, last fired window); one per operator and snapshot. */
export const RECORD_META: i32 = 1;
/** A state page that changed since the last snapshot. */
export const RECORD_PAGE: i32 = 2;
/**
 * u32[]: ids of all live pages; what is not listed is gone. A long list comes in several records
 * (+40 u32 part, +44 u32 parts): their union counts.
 */
export const RECORD_LIVE: i32 = 3;

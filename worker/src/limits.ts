/**
 * Bounds of this home, each with its unit and its reason. The local runtime enforces few of the platform's limits, so
 * they are kept by ourselves. The host's own bounds are in host-ts/src/base/limits.ts.
 */

/** Bytes of one row of SQLite at most: the platform ends at 2 MB. */
export const SQLITE_ROW_BYTES = 1 << 20;
/** Bytes of data in one call between objects: packets, chunks of a log. The platform ends at 32 MiB. */
export const RPC_BYTES_MAX = 1 << 20;
/** Bytes of one stored value at most: usually STORED_VALUE_BYTES and one row. */
export const VALUE_BYTES_MAX = 8 << 20;
/** Bytes of one body of rows: it is held in memory until it is stored. */
export const ROWS_BODY_BYTES_MAX = 8 << 20;
/** Bytes of a body of JSON: options of a start. */
export const JSON_BODY_BYTES_MAX = 64 << 10;
/** Bytes that a log keeps at most before it refuses more: a tenth of what one object may store. */
export const LOG_BYTES_MAX = 2 ** 30;
/** Partitions of a log at most; each is one object and one split. */
export const LOG_PARTITIONS_MAX = 32;
/** A reader that has reached a log's end is answered after this long, so that no call hangs for ever. */
export const LOG_WAIT_MS = 5_000;
/** Bytes of one slot's engine unless the start says otherwise: objects of one isolate share 128 MB. */
export const ENGINE_BYTES_MAX = 96 << 20;
/** Slots of a job unless the start says otherwise. */
export const PARALLELISM = 2;
export const CHECKPOINT_INTERVAL_MS = 5_000;
/** A slot holds the coordinator's question whether it lives for this long; when it dies, the question fails at once. */
export const ALIVE_MS = 5_000;
/** The coordinator's alarm: after eviction or a crash it goes on by itself at the latest after this long. */
export const DEADMAN_MS = 10_000;
/** Control messages in one call. */
export const CONTROL_BATCH_MAX = 64;
/** Control messages that wait for the other side before it is taken for lost. */
export const CONTROL_QUEUE_MAX = 10_000;
/** Calls of one slot to the checkpoint storage under way at once; further ones wait. */
export const STORAGE_CALLS_MAX = 4;
/** An object that came back tries this often to go on while an input or a slot cannot be reached, at every alarm. */
export const GO_ON_TRIES_MAX = 30;
/** Pieces of work in one slice of a slot's loop. In production the clock stands still within a slice, so time cannot end it. */
export const SLICE_PIECES_MAX = 64;
/** Slots report their metrics this often: every report is a call that is billed. */
export const METRICS_EVERY_MS = 500;
/** Buffers of packets that wait in a slot for a deployment that it has not heard of yet. */
export const EARLY_PACKETS_MAX = 1_024;
/** A client that has taken none of a table's rows for this long is given up: what is stored for it can be released. */
export const ANSWER_IDLE_MS_MAX = 60_000;
/** Stored bytes of a job's tables up to which the coordinator keeps them in memory: the object has a part of 128 MB. */
export const TABLE_VIEW_BYTES_MAX = 4 << 20;

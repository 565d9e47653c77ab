/**
 * Every bound of the host in one place, with its unit and its reason. The engine's own bounds
 * are in engine-as/abi.ts.
 */
import { FRAME_BYTES_TARGET, ROW_BYTES_MAX } from '../abi/index.ts';

/** Bytes of one ring channel: room for the largest frame and a few usual ones behind it. */
export const RING_BYTES = 1 << 20;
/** Largest packet on any channel; a frame closes at its target, one row may still follow. */
export const PACKET_BYTES_MAX = FRAME_BYTES_TARGET + ROW_BYTES_MAX;
/** Buffers that circulate on one message channel: enough to keep both sides busy. */
export const MESSAGE_CHANNEL_BUFFERS = 8;
/** Stored values are packed to this size: IndexedDB at 64 KiB is 5× slower, SQLite rows end at 2 MB. */
export const STORED_VALUE_BYTES = 1 << 20;
/**
 * Stored bytes of snapshot records per live byte, per slot: beyond it live records are carried over into new values. At
 * 3 an epoch carries at most half of what it writes, at 2 as much as it writes.
 */
export const STORED_PER_LIVE_MAX = 3;
/** A slot with fewer stored bytes of records carries nothing: so little is not worth reading. */
export const STORED_BYTES_TOLERATED = 8 * STORED_VALUE_BYTES;
/** Values of so many bytes are given up per slot and epoch: read one by one, they delay it by some tens of milliseconds. */
export const GIVEN_UP_BYTES_PER_EPOCH = 12 * STORED_VALUE_BYTES;
/** Parallelism at most: channels grow with its square. */
export const PARALLELISM_MAX = 32;
/** Key groups of a job unless it says otherwise (a power of two, fixed in the manifest). */
export const KEY_GROUPS = 128;
/** Key groups at most: bounds of ranges fit 16 bits, and state records stay few. */
export const KEY_GROUPS_MAX = 32_768;
/** Slices of one window (size / greatest common divisor with the slide): every firing merges this many. */
export const WINDOW_SLICES_MAX = 4_096;
/** Key columns and aggregates of one window: the engine's KEYS_MAX and AGGREGATES_MAX. */
export const WINDOW_KEYS_MAX = 24;
export const WINDOW_AGGREGATES_MAX = 64;
/** Completed checkpoints that are kept besides the newest one. */
export const CHECKPOINTS_KEPT = 2;
/** The step loop yields to the event loop after this long, so that control and storage run. */
export const STEP_SLICE_MS_MAX = 8;
/** Restarts without a completed checkpoint in between before the job is given up. */
export const RESTARTS_MAX = 5;
/** A slot that has said nothing for this long is taken for dead, should no exit event come. */
export const HEARTBEAT_TIMEOUT_MS = 30_000;
/** Table changes are pushed to subscribers at most this often. */
export const TABLE_UPDATES_PER_SECOND_MAX = 30;
/**
 * Bytes of a block of a table's segment: the least that is read, checked and held of it. Larger ones make readers of
 * many segments hold more, smaller ones cost a directory and dictionaries each (0.5 KiB with eight columns).
 */
export const TABLE_BLOCK_BYTES = 1 << 15;
/**
 * Bytes that one reader of a table fetches ahead, over all runs of segments; each has a block at least, so a hundred
 * runs have 3.2 MiB. More makes a scan no faster and leaves the more to be collected behind it.
 */
export const TABLE_READ_AHEAD_BYTES = 1 << 20;
/** Bytes of segments' indexes that a table keeps for lookups: those of about half a GiB of rows. */
export const TABLE_INDEX_BYTES_MAX = 1 << 20;
/**
 * Bytes of stored segments up to which a job's tables are also kept sorted in memory, all together: counts, pages by
 * offset and lookups are then immediate. While it is brought up to date, that takes up to four times as much.
 */
export const TABLE_VIEW_BYTES_MAX = 64 << 20;
/** Rows that `collect` holds before it fails: it is meant for tests and small results. */
export const COLLECT_ROWS_MAX = 1_000_000;

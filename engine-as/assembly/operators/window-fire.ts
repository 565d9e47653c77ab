// Closed windows leave, in ascending order of their ends, as batches of at most 4,096 rows.
//
// Only ends for which some namespace has rows fire. A window over one namespace is emitted straight
// from its tables; others are merged first: from scratch, or (all accumulators can be taken back) by
// a running window that gains the newest namespaces and loses the expired ones. The running window
// is derived: it is not in snapshots and is rebuilt by the first fire after a restore. The state of
// a pending fire is the cursor in the operator; one batch may hold the rows of several windows.
import { FRAME_ROWS_MAX } from "../../abi";
import { PAGE_COUNT_AT, Table, entryTextBytes, headLongBytes, pageEnd, pageEntries, tablePageAt } from "../state/index";
import { dictionaryCollect } from "./window-dictionary";
import { emitBatch, emitFinish, emitRows, emitStart } from "./window-emit";
import { mergeSpace, mergedFree, mergedNew } from "./window-merge";
import { firstWindowEnd, lastWindowEnd } from "../time/index";
import { spaceFree, spaceInWindow } from "./window-space";
import { Space, WindowOperator } from "./window-types";

/** A batch is closed at this many bytes of strings, so that long keys cannot make it huge. */
const BATCH_STRING_BYTES: usize = 1 << 20;
/** A running window is rebuilt when it holds this many times its live entries, and then some. */
const DEAD_FACTOR: u32 = 4;
const DEAD_MIN: u32 = 2048;
/** The same for bytes in its logs. */
const DEAD_LOG_BYTES_MIN: u64 = 1 << 20;

/** Whether a fired or pending window has rows to give under the own watermark. */
@inline
export function firePending(op: WindowOperator): bool {
  return op.fireMain != 0 || (op.spaceCount > 0 && op.nextEnd - 1 <= op.watermark);
}

/** The next batch in `arena`; 0 = none left, or an error (op.status). */
export function fireNextBatch(op: WindowOperator, arena: usize): usize {
  if (!firePending(op)) return 0;
  const emit = emitStart(op, arena);
  if (emit == 0) return 0;
  let rows = 0;
  while (rows < FRAME_ROWS_MAX && emitBatch(emit).stringBytes < BATCH_STRING_BYTES) {
    if (op.fireMain == 0) {
      if (!firePending(op)) break;
      if (!fireBegin(op)) return 0;
    }
    const table = changetype<Table>(op.fireMain);
    if (op.firePage >= table.idCount) {
      if (!fireEnd(op)) return 0;
      continue;
    }
    const page = tablePageAt(table, op.firePage);
    const count = load<u32>(page, PAGE_COUNT_AT);
    const most = min(<i32>(count - op.fireEntry), FRAME_ROWS_MAX - rows);
    const n =
      table.logBytes == 0 && op.mainShape.textCount == 0
        ? most
        : entriesToTarget(op, page, most, emitBatch(emit).stringBytes);
    const live = liveEntries(op, pageEntries(page) + <usize>op.fireEntry * op.entryBytes, n);
    if (live > 0 && !emitRows(op, emit, rows, live, pageEnd(page))) return 0;
    rows += live;
    op.fireRows += <u32>live;
    op.fireEntry += <u32>n;
    if (op.fireEntry >= count) {
      op.firePage++;
      op.fireEntry = 0;
    }
  }
  // the last window's tables may be empty by now: free what is done before the caller goes on
  if (op.fireMain != 0 && op.firePage >= changetype<Table>(op.fireMain).idCount && !fireEnd(op)) return 0;
  op.rowsOut += rows;
  return emitFinish(op, emit, rows);
}

/** How many of the next entries a batch takes up to its target of bytes: strings in a log may be 500 KB each. */
function entriesToTarget(op: WindowOperator, page: usize, most: i32, stringBytes: usize): i32 {
  let entry = pageEntries(page) + <usize>op.fireEntry * op.entryBytes;
  let bytes = stringBytes;
  let n = 0;
  while (n < most && bytes < BATCH_STRING_BYTES) {
    bytes += headLongBytes(entry, op.refs) + entryTextBytes(entry, op.mainShape);
    entry += op.entryBytes;
    n++;
  }
  return n;
}

/** op.emitEntries = the entries that have rows; a running window also holds keys without any. */
function liveEntries(op: WindowOperator, first: usize, n: i32): i32 {
  const width = <usize>op.entryBytes;
  const rowsAt = <usize>op.rowsAt;
  let entry = first;
  let live = 0;
  for (let i = 0; i < n; i++, entry += width) {
    store<u32>(op.emitEntries + ((<usize>live) << 2), <u32>entry);
    live += <i32>(rowsAt == 0 || load<i64>(entry + rowsAt) != 0);
  }
  return live;
}

function fireBegin(op: WindowOperator): bool {
  const end = op.nextEnd;
  op.fireEnd = end;
  op.firePage = 0;
  op.fireEntry = 0;
  op.fireRows = 0;
  let taking = 0;
  let only: usize = 0;
  for (let i = 0; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    if (space.slice >= end) break; // and so are all behind it
    if (!spaceInWindow(op, space, end)) continue;
    taking++;
    only = changetype<usize>(space);
  }
  // a namespace that a running window must count anyway is not worth a short cut
  if (taking == 1 && op.incremental == 0) {
    op.fireMain = changetype<Space>(only).main;
    return true;
  }
  if (op.running == 0 && !mergedNew(op)) return false;
  const main = changetype<Table>(op.running);
  for (let i = 0; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    if (space.slice >= end) break;
    if (space.added != 0 || !spaceInWindow(op, space, end)) continue;
    if (!mergeSpace(op, space, main, 1)) return false;
    space.added = op.incremental;
  }
  op.fireMain = op.running;
  return true;
}

/** Takes what goes with this window out of the running one. On failure all namespaces are still there, to be freed once. */
function takeBack(op: WindowOperator, end: i64): bool {
  for (let i = 0; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    if (space.slice >= end) break;
    if (space.added == 0 || !isLast(op, space, end)) continue;
    if (!mergeSpace(op, space, changetype<Table>(op.running), -1)) return false;
    space.added = 0;
  }
  return true;
}

/** Whether no later window than this one takes the namespace. */
@inline
function isLast(op: WindowOperator, space: Space, end: i64): bool {
  const next = space.nextEnd == end ? end + op.slide : space.nextEnd;
  return next > lastWindowEnd(space.slice, op.size, op.slide, op.offset);
}

/** After a window's last row: its namespaces move on to their next window or go. */
function fireEnd(op: WindowOperator): bool {
  const end = op.fireEnd;
  if (!takeBack(op, end)) return false;
  let kept = 0;
  let next = i64.MAX_VALUE;
  let i = 0;
  for (; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    if (space.slice >= end) break;
    const goes = isLast(op, space, end);
    if (space.nextEnd == end) space.nextEnd = end + op.slide;
    if (goes) {
      spaceFree(op, changetype<usize>(space));
      continue;
    }
    next = min(next, space.nextEnd);
    store<usize>(op.spaces + ((<usize>kept) << 2), changetype<usize>(space));
    kept++;
  }
  // what lies ahead of the window is not touched, however much it is: splits may be far apart
  const rest = op.spaceCount - i;
  memory.copy(op.spaces + ((<usize>kept) << 2), op.spaces + ((<usize>i) << 2), (<usize>rest) << 2);
  kept += rest;
  op.spaceCount = kept;
  op.nextEnd = min(next, nextEndFrom(op, kept - rest));
  op.fireMain = 0;
  if (op.running != 0 && (op.incremental == 0 || kept == 0 || worthRebuilding(op))) {
    mergedFree(op);
    for (let i = 0; i < kept; i++) op.spaceAt(i).added = 0;
  }
  for (let i = 0; i < op.distinctCount; i++) {
    if (!dictionaryCollect(op, i)) return false;
  }
  return true;
}

/** Smallest nextEnd of the namespaces from `first` on, of which no window has fired yet. */
function nextEndFrom(op: WindowOperator, first: i32): i64 {
  let next = i64.MAX_VALUE;
  for (let i = first; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    // the first ends of later slices are not smaller
    if (firstWindowEnd(space.slice, op.size, op.slide, op.width, op.offset) >= next) break;
    next = min(next, space.nextEnd);
  }
  return next;
}

/**
 * Whether most of the running window are keys that have no rows any more. They are kept for a while: what
 * comes again every day then costs no insert.
 */
function worthRebuilding(op: WindowOperator): bool {
  if (changetype<Table>(op.running).count > DEAD_FACTOR * op.fireRows + DEAD_MIN) return true;
  const logs = changetype<Table>(op.running).logBytes;
  if (logs <= DEAD_LOG_BYTES_MIN) return false;
  let live: u64 = 0;
  for (let i = 0; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    if (space.added != 0) live += changetype<Table>(space.main).logBytes;
  }
  return logs > <u64>DEAD_FACTOR * live + DEAD_LOG_BYTES_MIN;
}

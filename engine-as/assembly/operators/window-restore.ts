// The window operator back from snapshots: records of one or several old subtasks, in any order.
//
// Pages of main tables are adopted or inserted as they come. What refers to other pages (strings in logs, pairs,
// texts) waits for the last record (state/held.ts); pairs get new numbers and ids (window-restore-pairs.ts).
// Nothing is trusted: what does not fit is ERROR_BAD_SNAPSHOT with the check (state/checks.ts).
import {
  RECORD_GROUP_FROM_AT,
  RECORD_GROUP_TO_AT,
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LIVE,
  RECORD_META,
  RECORD_PAGE,
  RECORD_PAYLOAD_BYTES_AT,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_UTF8,
} from "../../abi";
import { failIn } from "../memory/index";
import {
  CHECK_KIND,
  CHECK_META,
  CHECK_NAMESPACE,
  CHECK_PAGE_BYTES,
  CHECK_PAGE_KIND,
  CHECK_SHAPE,
  CHECK_TABLE,
  CHECK_WATERMARK,
  LAYOUT_VERSION_PAIRS,
  PAGE_HASH,
  PAGE_HEADER_BYTES,
  PAGE_KIND_AT,
  PAGE_LAYOUT_AT,
  PAGE_LOG,
  PAGE_NEXT_AT,
  PAGE_PAIRS,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  PAGE_TEXTS,
  PageStore,
  Table,
  TableShape,
  badSnapshot,
  heldAdd,
  heldDone,
  heldReady,
  heldRestore,
  logCheck,
  pageCheck,
  pageConcerns,
  pageRestore,
  pairsCheck,
  recordCheck,
  storeFree,
  storeNew,
  storePage,
  usesLog,
} from "../state/index";
import { TIME_LIMIT, endAfterWatermark, firstWindowEnd, floorTo, lastWindowEnd } from "../time/index";
import {
  countPairs,
  oldValueShape,
  renumberKeys,
  restoreMapsFree,
  restoreOldValues,
  restorePairs,
  restoreTexts,
} from "./window-restore-pairs";
import { META_BYTES, shapeHash } from "./window-snapshot";
import { spaceGet } from "./window-space";
import { Space, WindowOperator } from "./window-types";

export function restoreBegin(op: WindowOperator, from: i32, to: i32): i32 {
  op.groups.from = <u32>from;
  op.groups.to = <u32>to;
  op.restored = 0;
  op.restoredMeta = 0;
  heldFree(op);
  return STATUS_DONE;
}

/** One record of any old subtask of this operator. */
export function restoreRecord(op: WindowOperator, ptr: usize, bytes: i32): i32 {
  const status = recordCheck(ptr, bytes, op.id);
  if (status != STATUS_DONE) return status;
  const kind = load<i32>(ptr, RECORD_KIND_AT);
  const payload = ptr + RECORD_HEADER_BYTES;
  const payloadBytes = load<u32>(ptr, RECORD_PAYLOAD_BYTES_AT);
  if (kind == RECORD_LIVE) return STATUS_DONE;
  if (kind == RECORD_META) return restoreMeta(op, payload, payloadBytes);
  if (kind == RECORD_PAGE) {
    const isOwn =
      load<u32>(ptr, RECORD_GROUP_FROM_AT) >= op.groups.from && load<u32>(ptr, RECORD_GROUP_TO_AT) <= op.groups.to;
    return restorePage(op, payload, payloadBytes, isOwn);
  }
  return badSnapshot(op.id, CHECK_KIND, kind, RECORD_PAGE);
}

function restoreMeta(op: WindowOperator, payload: usize, payloadBytes: u32): i32 {
  if (payloadBytes != META_BYTES) return badSnapshot(op.id, CHECK_META, payloadBytes, META_BYTES);
  const shape = load<u64>(payload);
  if (shape != shapeHash(op)) return badSnapshot(op.id, CHECK_SHAPE, shape, shapeHash(op));
  const watermark = load<i64>(payload, 8);
  if (op.restoredMeta != 0 && watermark != op.watermark)
    return badSnapshot(op.id, CHECK_WATERMARK, watermark, op.watermark);
  op.watermark = watermark;
  op.restoredMeta = 1;
  return STATUS_DONE;
}

function restorePage(op: WindowOperator, payload: usize, payloadBytes: u32, isOwn: bool): i32 {
  if (payloadBytes < <u32>PAGE_HEADER_BYTES)
    return badSnapshot(op.id, CHECK_PAGE_BYTES, payloadBytes, PAGE_HEADER_BYTES);
  const table = load<u32>(payload, PAGE_TABLE_AT);
  const pairTables = <u32>op.distinctCount;
  if (table > pairTables << 1 || (table > pairTables && op.distinctAt(table - pairTables - 1).type != TYPE_UTF8))
    return badSnapshot(op.id, CHECK_TABLE, table, pairTables);
  const kind = load<u8>(payload, PAGE_KIND_AT);
  const shape = shapeOf(op, table, kind);
  const status =
    kind == PAGE_LOG
      ? logCheck(payload, payloadBytes, op.id)
      : kind == PAGE_PAIRS
        ? pairsCheck(payload, payloadBytes, shape, op.id)
        : pageCheck(payload, payloadBytes, shape, op.id);
  if (status != STATUS_DONE) return status;
  const slice = load<i64>(payload, PAGE_SPACE_A_AT);
  const firstEnd = load<i64>(payload, PAGE_SPACE_B_AT);
  if (table <= pairTables && !isNamespace(op, slice, firstEnd))
    return badSnapshot(op.id, CHECK_NAMESPACE, slice, firstEnd);
  op.restored = 1;
  if (kind == PAGE_LOG || kind == PAGE_PAIRS || kind == PAGE_TEXTS) return holdPage(op, payload, payloadBytes, isOwn);
  if (!pageConcerns(payload, op.groups)) return STATUS_DONE;
  if (table != 0) {
    const layout = load<u8>(payload, PAGE_LAYOUT_AT);
    return layout < LAYOUT_VERSION_PAIRS
      ? holdPage(op, payload, payloadBytes, isOwn)
      : badSnapshot(op.id, CHECK_PAGE_KIND, kind, PAGE_PAIRS);
  }
  return restoreMain(op, payload, payloadBytes, shape, isOwn);
}

function restoreMain(op: WindowOperator, payload: usize, payloadBytes: u32, shape: TableShape, isOwn: bool): i32 {
  const ptr = spaceGet(op, load<i64>(payload, PAGE_SPACE_A_AT), load<i64>(payload, PAGE_SPACE_B_AT));
  if (ptr == 0) return failIn(op.id);
  const space = changetype<Space>(ptr);
  const status = renumberKeys(op, space, payload);
  if (status != STATUS_DONE) return status;
  if (usesLog(payload, shape)) return holdPage(op, payload, payloadBytes, isOwn);
  return pageRestore(changetype<Table>(space.main), payload, payloadBytes, op.groups) == STATUS_DONE
    ? STATUS_DONE
    : failIn(op.id);
}

/** The form of a page's entries; before version 3 distinct values were entries of hash pages. */
function shapeOf(op: WindowOperator, table: u32, kind: u8): TableShape {
  if (table == 0) return op.mainShape;
  if (table > <u32>op.distinctCount) return op.distinctAt(table - op.distinctCount - 1).textShape;
  return kind == PAGE_PAIRS ? op.distinctAt(table - 1).shape : oldValueShape(op, table - 1);
}

/** Keeps a page until all records have come (state/held.ts). */
function holdPage(op: WindowOperator, payload: usize, payloadBytes: u32, isOwn: bool): i32 {
  if (op.held == 0) op.held = storeNew();
  if (op.held == 0) return failIn(op.id);
  // pages of pairs have no next page here
  if (load<u8>(payload, PAGE_KIND_AT) == PAGE_PAIRS) store<u32>(payload, <u32>isOwn, PAGE_NEXT_AT);
  const status = heldAdd(changetype<PageStore>(op.held), payload, payloadBytes, op.id);
  return status == STATUS_DONE ? STATUS_DONE : failIn(op.id);
}

/** Inserts what the kept pages hold: keys, then texts, then what names both. */
function restoreHeld(op: WindowOperator): i32 {
  const held = changetype<PageStore>(op.held);
  let status = heldReady(held, op.id);
  for (let pass = 0; pass < 3; pass++) {
    for (let id: u32 = 0; id < held.idCount && status == STATUS_DONE; id++) {
      const payload = storePage(held, id);
      const kind = load<u8>(payload, PAGE_KIND_AT);
      const isMain = load<u32>(payload, PAGE_TABLE_AT) == 0;
      if (pass == 0 && kind == PAGE_HASH && isMain) status = restoreHeldMain(op, payload);
      else if (pass == 1 && kind == PAGE_TEXTS) status = restoreTexts(op, payload);
      else if (pass == 2 && kind == PAGE_PAIRS) status = restorePairs(op, payload);
      else if (pass == 2 && kind == PAGE_HASH && !isMain) status = restoreOldValues(op, payload);
    }
  }
  heldDone();
  if (status == STATUS_DONE) status = countPairs(op);
  heldFree(op);
  return status == STATUS_DONE ? STATUS_DONE : failIn(op.id);
}

function restoreHeldMain(op: WindowOperator, payload: usize): i32 {
  const space = spaceGet(op, load<i64>(payload, PAGE_SPACE_A_AT), load<i64>(payload, PAGE_SPACE_B_AT));
  if (space == 0) return STATUS_ERROR;
  return heldRestore(changetype<Table>(changetype<Space>(space).main), op.held, payload, op.groups);
}

export function heldFree(op: WindowOperator): void {
  restoreMapsFree(op);
  storeFree(op.held);
  op.held = 0;
}

function isNamespace(op: WindowOperator, slice: i64, firstEnd: i64): bool {
  if (slice <= -TIME_LIMIT - op.width || slice >= TIME_LIMIT || floorTo(slice, op.width, op.offset) != slice)
    return false;
  const last = lastWindowEnd(slice, op.size, op.slide, op.offset);
  const first = firstWindowEnd(slice, op.size, op.slide, op.width, op.offset);
  return firstEnd >= first && firstEnd <= last && (firstEnd - first) % op.slide == 0;
}

/** Derives what is not written; the operator is ready for rows. */
export function restoreEnd(op: WindowOperator): i32 {
  if (op.restored != 0 && op.restoredMeta == 0) return badSnapshot(op.id, CHECK_META, 0, 1);
  if (op.held != 0) {
    const status = restoreHeld(op);
    if (status != STATUS_DONE) return status;
  }
  restoreMapsFree(op);
  op.nextEnd = i64.MAX_VALUE;
  for (let i = 0; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    const last = lastWindowEnd(space.slice, op.size, op.slide, op.offset);
    if (last - 1 <= op.watermark) return badSnapshot(op.id, CHECK_NAMESPACE, space.slice, op.watermark);
    space.nextEnd = endAfterWatermark(space.firstEnd, op.watermark, op.slide);
    op.nextEnd = min(op.nextEnd, space.nextEnd);
  }
  return STATUS_DONE;
}

// The window operator in snapshots: one META record, then the page store's records; and back.
//
//   RECORD_META payload (64 B)
//   +0  u64 shape: hash v1 of what the bytes of the state mean (windows, key types, accumulators)
//   +8  i64 watermark at the barrier
//   +16 i64 size  +24 i64 slide  +32 i64 offset  +40 u32 keyGroupsLog2  +44 … 0
//
// A barrier follows the same watermarks on all channels, so all old subtasks were at the same one;
// records that disagree are refused. Namespaces' next windows follow from the watermark: all windows
// with end − 1 <= watermark had fired. Column numbers are not part of the shape: a plan may reorder
// its input.
import {
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LIVE,
  RECORD_META,
  RECORD_PAGE,
  RECORD_PAYLOAD_BYTES_AT,
  STATUS_DONE,
  STATUS_ERROR,
} from "../../abi";
import { hashBytes, hashCombine } from "../kernels/hash";
import { failIn } from "../memory/index";
import {
  CHECK_KIND,
  CHECK_META,
  CHECK_NAMESPACE,
  CHECK_PAGE_BYTES,
  CHECK_SHAPE,
  CHECK_TABLE,
  CHECK_WATERMARK,
  PAGE_HEADER_BYTES,
  PAGE_KIND_AT,
  PAGE_LOG,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
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
  recordCheck,
  recordSeal,
  snapshotPages,
  storeFree,
  storeFreeze,
  storeNew,
  storePage,
  usesLog,
} from "../state/index";
import { TIME_LIMIT, endAfterWatermark, firstWindowEnd, floorTo, lastWindowEnd } from "../time/index";
import { spaceGet } from "./window-space";
import { ACC_DISTINCT, Space, WindowOperator, distinctTableAt } from "./window-types";

const META_BYTES: u32 = 64;
const CAPACITY_MIN: i32 = 131072;

/** Freezes the state as it is now. */
export function snapshotBegin(op: WindowOperator): i32 {
  if (!storeFreeze(op.pages)) return failIn(op.id);
  // addresses found before are of pages that were dirty then: look everything up again
  for (let i = 0; i < op.spaceCount; i++) {
    const space = op.spaceAt(i);
    changetype<Table>(space.main).moves++;
    for (let d = 0; d < op.distinctCount; d++) distinctTableAt(space.distinct, d).moves++;
  }
  op.snapshotMeta = 1;
  op.snapshotWatermark = op.watermark;
  return STATUS_DONE;
}

/** Whole records; bytes written, 0 = complete, < 0 = error. capacity >= 128 KiB. */
export function snapshotNext(op: WindowOperator, into: usize, capacity: i32): i32 {
  if (capacity < CAPACITY_MIN) return badSnapshot(op.id, CHECK_PAGE_BYTES, capacity, CAPACITY_MIN);
  let at = into;
  if (op.snapshotMeta != 0) {
    at += writeMeta(op, into);
    op.snapshotMeta = 0;
  }
  const written = <i32>(at - into);
  const pages = snapshotPages(op.pages, at, capacity - written, op.id, op.groups);
  return pages < 0 ? pages : written + pages;
}

function writeMeta(op: WindowOperator, at: usize): usize {
  const payload = at + RECORD_HEADER_BYTES;
  memory.fill(payload, 0, META_BYTES);
  store<u64>(payload, shapeHash(op));
  store<i64>(payload, op.snapshotWatermark, 8);
  store<i64>(payload, op.size, 16);
  store<i64>(payload, op.slide, 24);
  store<i64>(payload, op.offset, 32);
  store<u32>(payload, op.groups.log2, 40);
  return recordSeal(at, RECORD_META, op.id, 0, op.groups.from, op.groups.to, META_BYTES);
}

function shapeHash(op: WindowOperator): u64 {
  let hash = hashCombine(<u64>op.keyCount, <u64>op.accumulatorCount);
  hash = hashCombine(hash, <u64>op.size);
  hash = hashCombine(hash, <u64>op.slide);
  hash = hashCombine(hash, <u64>op.offset);
  hash = hashCombine(hash, <u64>op.groups.log2);
  if (op.keyCount > 0) hash = hashCombine(hash, hashBytes(op.keyTypes, op.keyCount << 2));
  for (let i = 0; i < op.accumulatorCount; i++) {
    const acc = op.accumulatorAt(i);
    const type = acc.source < 0 ? 0 : op.sourceAt(acc.source).type;
    // of a count's input only whether it has one matters
    hash = hashCombine(hash, <u64>((acc.kind << 8) | (acc.kind == ACC_DISTINCT || acc.source >= 0 ? type : 0)));
  }
  return hash;
}

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
  if (kind == RECORD_PAGE) return restorePage(op, payload, payloadBytes);
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

function restorePage(op: WindowOperator, payload: usize, payloadBytes: u32): i32 {
  if (payloadBytes < <u32>PAGE_HEADER_BYTES)
    return badSnapshot(op.id, CHECK_PAGE_BYTES, payloadBytes, PAGE_HEADER_BYTES);
  const table = load<u32>(payload, PAGE_TABLE_AT);
  if (table > <u32>op.distinctCount) return badSnapshot(op.id, CHECK_TABLE, table, op.distinctCount);
  const shape = shapeOf(op, table);
  const isLog = load<u8>(payload, PAGE_KIND_AT) == PAGE_LOG;
  const status = isLog ? logCheck(payload, payloadBytes, op.id) : pageCheck(payload, payloadBytes, shape, op.id);
  if (status != STATUS_DONE) return status;
  const slice = load<i64>(payload, PAGE_SPACE_A_AT);
  const firstEnd = load<i64>(payload, PAGE_SPACE_B_AT);
  if (!isNamespace(op, slice, firstEnd)) return badSnapshot(op.id, CHECK_NAMESPACE, slice, firstEnd);
  op.restored = 1;
  if (isLog || usesLog(payload, shape)) return holdPage(op, payload, payloadBytes, isLog);
  const target = tableOf(op, payload);
  if (target == 0) return failIn(op.id);
  return pageRestore(changetype<Table>(target), payload, payloadBytes, op.groups) == STATUS_DONE
    ? STATUS_DONE
    : failIn(op.id);
}

function shapeOf(op: WindowOperator, table: u32): TableShape {
  return table == 0 ? op.mainShape : op.distinctShapeAt(table - 1);
}

/** The table of a checked page; 0 = out of memory. */
function tableOf(op: WindowOperator, payload: usize): usize {
  const ptr = spaceGet(op, load<i64>(payload, PAGE_SPACE_A_AT), load<i64>(payload, PAGE_SPACE_B_AT));
  if (ptr == 0) return 0;
  const space = changetype<Space>(ptr);
  const table = load<u32>(payload, PAGE_TABLE_AT);
  return table == 0 ? space.main : changetype<usize>(distinctTableAt(space.distinct, table - 1));
}

/** Keeps a page until all records have come (state/held.ts). */
function holdPage(op: WindowOperator, payload: usize, payloadBytes: u32, isLog: bool): i32 {
  if (!isLog && !pageConcerns(payload, op.groups)) return STATUS_DONE;
  if (op.held == 0) op.held = storeNew();
  if (op.held == 0) return failIn(op.id);
  const status = heldAdd(changetype<PageStore>(op.held), payload, payloadBytes, op.id);
  return status == STATUS_DONE ? STATUS_DONE : failIn(op.id);
}

/** Inserts the entries of kept pages, with their strings. */
function restoreHeld(op: WindowOperator): i32 {
  const held = changetype<PageStore>(op.held);
  let status = heldReady(held, op.id);
  for (let id: u32 = 0; id < held.idCount && status == STATUS_DONE; id++) {
    const payload = storePage(held, id);
    if (load<u8>(payload, PAGE_KIND_AT) == PAGE_LOG) continue;
    const target = tableOf(op, payload);
    status = target == 0 ? STATUS_ERROR : heldRestore(changetype<Table>(target), op.held, payload, op.groups);
  }
  heldDone();
  heldFree(op);
  return status == STATUS_DONE ? STATUS_DONE : failIn(op.id);
}

export function heldFree(op: WindowOperator): void {
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

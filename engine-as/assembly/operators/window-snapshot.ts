// The window operator in snapshots: one META record, then the page store's records. Back: window-restore.ts.
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
import { RECORD_HEADER_BYTES, RECORD_META, STATUS_DONE } from "../../abi";
import { hashBytes, hashCombine } from "../kernels/hash";
import { failIn } from "../memory/index";
import { CHECK_PAGE_BYTES, Table, badSnapshot, recordSeal, snapshotPages, storeFreeze } from "../state/index";
import { ACC_DISTINCT, WindowOperator, distinctTableAt } from "./window-types";

export const META_BYTES: u32 = 64;
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

export function shapeHash(op: WindowOperator): u64 {
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

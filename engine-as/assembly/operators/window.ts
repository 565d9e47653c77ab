// OP_WINDOW: tumbling and hopping event-time windows per key. The task runner uses only this file.
//
// Call order: create, optionally restore, then push and watermark in any order; after a watermark
// that returns STATUS_OUTPUT take batches until windowNextBatch returns 0. Barriers (snapshotBegin)
// are taken only when nothing is pending. How rows, namespaces and windows hang together is in
// docs/design/state.md.
import {
  COUNTER_LATE_ROWS,
  COUNTER_ROWS_IN,
  COUNTER_ROWS_OUT,
  COUNTER_STATE_BYTES,
  COUNTER_STATE_KEYS,
  ERROR_BAD_PLAN,
  ERROR_BUG,
  FRAME_ROWS_MAX,
  STATUS_DONE,
  STATUS_OUTPUT,
} from "../../abi";
import { arenaFree, arenaNew, blockAlloc, blockFree, fail, failIn } from "../memory/index";
import { KeyGroups, PageStore, Table, TableShape, storeDirtyAll, storeFree, storeNew } from "../state/index";
import { dictionaryFree } from "./window-dictionary";
import { emitTypes } from "./window-emit";
import { fireNextBatch, firePending } from "./window-fire";
import { mergedCountBytes, mergedFree } from "./window-merge";
import { planRead } from "./window-plan";
import { pushBatch } from "./window-push";
import { heldFree, restoreBegin, restoreEnd, restoreRecord } from "./window-restore";
import { snapshotBegin, snapshotNext } from "./window-snapshot";
import { spaceFree } from "./window-space";
import { CHUNK_ROWS, WindowOperator, planAlloc } from "./window-types";

/** Makes the operator from its payload of OP_WINDOW and the types (i32[]) of its input; 0 = error slot filled. */
export function windowCreate(payload: usize, words: i32, inputTypes: usize, inputCount: i32, operatorId: i32): usize {
  const ptr = blockAlloc(offsetof<WindowOperator>());
  if (ptr == 0) return 0;
  memory.fill(ptr, 0, offsetof<WindowOperator>());
  const op = changetype<WindowOperator>(ptr);
  op.id = operatorId;
  op.watermark = i64.MIN_VALUE;
  op.nextEnd = i64.MAX_VALUE;
  if (!makeParts(op) || !planRead(op, payload, words, inputTypes, inputCount) || !makeScratch(op)) {
    failIn(operatorId);
    windowFree(ptr);
    return 0;
  }
  return ptr;
}

function makeParts(op: WindowOperator): bool {
  op.plan = arenaNew();
  op.arena = arenaNew();
  const pages = storeNew();
  const scratchPages = storeNew();
  op.pages = changetype<PageStore>(pages);
  op.scratchPages = changetype<PageStore>(scratchPages);
  if (op.plan == 0 || op.arena == 0 || pages == 0 || scratchPages == 0) return false;
  const groups = planAlloc(op, offsetof<KeyGroups>());
  const shape = planAlloc(op, offsetof<TableShape>());
  op.groups = changetype<KeyGroups>(groups);
  op.mainShape = changetype<TableShape>(shape);
  return groups != 0 && shape != 0;
}

function makeScratch(op: WindowOperator): bool {
  op.heads = planAlloc(op, <usize>op.headBytesMax * CHUNK_ROWS);
  op.entries = planAlloc(op, CHUNK_ROWS << 2);
  op.entries2 = planAlloc(op, CHUNK_ROWS << 2);
  op.entries3 = planAlloc(op, CHUNK_ROWS << 2);
  op.rows2 = planAlloc(op, (CHUNK_ROWS << 1) + 16);
  op.rows3 = planAlloc(op, (CHUNK_ROWS << 1) + 16);
  op.pairKeys = planAlloc(op, CHUNK_ROWS << 2);
  op.pairValues = planAlloc(op, CHUNK_ROWS << 3);
  op.emitEntries = planAlloc(op, (FRAME_ROWS_MAX << 2) + 16);
  op.identity = planAlloc(op, FRAME_ROWS_MAX << 1);
  if (op.heads == 0 || op.entries == 0 || op.entries2 == 0 || op.entries3 == 0) return false;
  if (op.rows3 == 0 || op.pairKeys == 0 || op.pairValues == 0) return false;
  if (op.rows2 == 0 || op.emitEntries == 0 || op.identity == 0) return false;
  for (let row = 0; row < FRAME_ROWS_MAX; row++) store<u16>(op.identity + ((<usize>row) << 1), <u16>row);
  return true;
}

export function windowFree(ptr: usize): void {
  if (ptr == 0) return;
  const op = changetype<WindowOperator>(ptr);
  heldFree(op);
  mergedFree(op);
  for (let i = 0; i < op.distinctCount; i++) dictionaryFree(op.distinctAt(i));
  blockFree(op.numbered);
  for (let i = 0; i < op.spaceCount; i++) spaceFree(op, load<usize>(op.spaces + ((<usize>i) << 2)));
  blockFree(op.spaces);
  storeFree(changetype<usize>(op.pages));
  storeFree(changetype<usize>(op.scratchPages));
  arenaFree(op.arena);
  arenaFree(op.plan);
  blockFree(ptr);
}

/** Types of the output columns into i32[] `out` (0: only count); returns their count. */
export function windowOutputTypes(ptr: usize, out: usize): i32 {
  return emitTypes(changetype<WindowOperator>(ptr), out);
}

/** Takes a batch, borrowed until the call returns (windowLateBatch points into it until the next push). */
export function windowPush(ptr: usize, batch: usize): i32 {
  const op = changetype<WindowOperator>(ptr);
  if (firePending(op)) return fail(ERROR_BUG, op.id, 1, 0, 0);
  return pushBatch(op, batch);
}

/** Moves event time on; STATUS_OUTPUT while batches are pending. A smaller watermark changes nothing. */
export function windowWatermark(ptr: usize, watermark: i64): i32 {
  const op = changetype<WindowOperator>(ptr);
  op.watermark = max(op.watermark, watermark);
  return firePending(op) ? STATUS_OUTPUT : STATUS_DONE;
}

/** The next batch of fired windows, made in `arena`; 0 = done or failed, which windowStatus tells. */
export function windowNextBatch(ptr: usize, arena: usize): usize {
  const op = changetype<WindowOperator>(ptr);
  op.status = STATUS_DONE;
  const batch = fireNextBatch(op, arena);
  // what is still pending although no batch came has failed
  if (batch == 0 && firePending(op)) op.status = failIn(op.id);
  return batch;
}

/** STATUS_ERROR if the last windowNextBatch failed (error slot filled), else STATUS_DONE. */
export function windowStatus(ptr: usize): i32 {
  return changetype<WindowOperator>(ptr).status;
}

/** The last push's late rows as a selection over its batch; 0 = none. */
export function windowLateBatch(ptr: usize): usize {
  return changetype<WindowOperator>(ptr).late;
}

export function windowSnapshotBegin(ptr: usize): i32 {
  const op = changetype<WindowOperator>(ptr);
  if (firePending(op)) return fail(ERROR_BUG, op.id, 2, 0, 0);
  return snapshotBegin(op);
}

export function windowSnapshotNext(ptr: usize, into: usize, capacity: i32): i32 {
  return snapshotNext(changetype<WindowOperator>(ptr), into, capacity);
}

/** The host threw a snapshot away that was written: the next one is full. */
export function windowSnapshotDiscard(ptr: usize): void {
  storeDirtyAll(changetype<WindowOperator>(ptr).pages);
}

export function windowRestoreBegin(ptr: usize, keyGroupFrom: i32, keyGroupTo: i32): i32 {
  const op = changetype<WindowOperator>(ptr);
  const count = 1 << op.groups.log2;
  if (keyGroupFrom < 0 || keyGroupFrom > keyGroupTo || keyGroupTo > count) {
    return fail(ERROR_BAD_PLAN, op.id, keyGroupFrom, keyGroupTo, count);
  }
  return restoreBegin(op, keyGroupFrom, keyGroupTo);
}

export function windowRestoreRecord(ptr: usize, record: usize, bytes: i32): i32 {
  return restoreRecord(changetype<WindowOperator>(ptr), record, bytes);
}

export function windowRestoreEnd(ptr: usize): i32 {
  return restoreEnd(changetype<WindowOperator>(ptr));
}

export function windowCounter(ptr: usize, counter: i32): i64 {
  const op = changetype<WindowOperator>(ptr);
  if (counter == COUNTER_ROWS_IN) return op.rowsIn;
  if (counter == COUNTER_ROWS_OUT) return op.rowsOut;
  if (counter == COUNTER_LATE_ROWS) return op.lateRows;
  if (counter == COUNTER_STATE_BYTES)
    return <i64>(op.pages.pageBytes + op.scratchPages.pageBytes + mergedCountBytes(op));
  if (counter != COUNTER_STATE_KEYS) return 0;
  let keys: i64 = 0;
  for (let i = 0; i < op.spaceCount; i++) keys += changetype<Table>(op.spaceAt(i).main).count;
  return keys;
}

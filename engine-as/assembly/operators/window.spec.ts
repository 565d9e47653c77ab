import { windowCreate, windowCounter, windowFree, windowLateBatch, windowNextBatch, windowOutputTypes, windowPush, windowRestoreBegin, windowRestoreEnd, windowRestoreRecord, windowSnapshotBegin, windowSnapshotDiscard, windowSnapshotNext, windowStatus, windowWatermark } from "./window";
export function test_links(): void {
  assert(windowCreate(0, 0, 0, 0, 1) == 0);
  if (memory.size() > 65000) {
    windowPush(0, 0); windowCounter(0, 0); windowFree(0); windowLateBatch(0); windowNextBatch(0, 0); windowOutputTypes(0, 0);
    windowRestoreBegin(0, 0, 0); windowRestoreEnd(0); windowRestoreRecord(0, 0, 0); windowSnapshotBegin(0); windowSnapshotDiscard(0);
    windowSnapshotNext(0, 0, 0); windowStatus(0); windowWatermark(0, 0);
  }
}

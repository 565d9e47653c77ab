// Keyed state: pages, tables of one namespace, snapshot and restore. Design: docs/design/state.md.
export { EXACT_SUM_BYTES, exactAdd, exactMerge, exactRead } from "./exact-sum";
export { canonicalBits, headsColumn, headLongBytes, headsEmpty, headsStart, slotBytes, slotStore } from "./heads";
export { heldAdd, heldDone, heldReady, usesLog } from "./held";
export {
  HEAD_HASH_AT,
  HEAD_NULLS_AT,
  HEAD_SLOTS_AT,
  LAYOUT_VERSION,
  PAGE_COUNT_AT,
  PAGE_HEADER_BYTES,
  PAGE_KIND_AT,
  PAGE_LOG,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  copyWords,
  pageEnd,
  pageEntries,
} from "./layout";
export { textCopy } from "./log";
export { PageStore, storeFree, storeNew, storePage } from "./page-store";
export { tableResolve } from "./probe";
export {
  CHECK_KIND,
  CHECK_META,
  CHECK_NAMESPACE,
  CHECK_PAGE_BYTES,
  CHECK_SHAPE,
  CHECK_TABLE,
  CHECK_WATERMARK,
  badSnapshot,
} from "./checks";
export { heldRestore, logCheck, pageCheck, pageConcerns, pageRestore, recordCheck } from "./restore";
export { KeyGroups, recordSeal, snapshotPages, storeDirtyAll, storeFreeze } from "./snapshot";
export { Table, TableShape, shapeInit, tableFree, tableNew, tablePageAt } from "./table";
export { TEXT_NONE, entryTextBytes, textOrder, textReplace } from "./text-values";

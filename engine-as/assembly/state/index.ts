// Keyed state: pages, tables of one namespace, snapshot and restore. Design: docs/design/state.md.
export { EXACT_SUM_BYTES, exactAdd, exactMerge, exactRead } from "./exact-sum";
export { canonicalBits, headsColumn, headLongBytes, headsEmpty, headsStart, slotBytes, slotStore } from "./heads";
export { heldAdd, heldDone, heldReady, heldResolve, payloadBytesOf, usesLog } from "./held";
export {
  HEAD_HASH_AT,
  HEAD_NULLS_AT,
  HEAD_SLOTS_AT,
  LAYOUT_VERSION,
  LAYOUT_VERSION_PAIRS,
  PAGE_COUNT_AT,
  PAGE_HEADER_BYTES,
  PAGE_KIND_AT,
  PAGE_LAYOUT_AT,
  PAGE_NEXT_AT,
  PAGE_ORIGIN_AT,
  PAGE_HASH,
  PAGE_LOG,
  PAGE_PAIRS,
  PAGE_TEXTS,
  PAGE_SPACE_A_AT,
  PAGE_SPACE_B_AT,
  PAGE_TABLE_AT,
  copyWords,
  pageEnd,
  pageEntries,
} from "./layout";
export { tableInsert } from "./insert";
export { textCopy } from "./log";
export { PageStore, storeFree, storeNew, storePage } from "./page-store";
export { pairShapeInit, pairsAdd } from "./pair-table";
export { pairHash } from "./pairs";
export { tableResolve } from "./probe";
export {
  CHECK_KEY_TWICE,
  CHECK_KIND,
  CHECK_META,
  CHECK_NAMESPACE,
  CHECK_LAYOUT,
  CHECK_PAGE_BYTES,
  CHECK_PAGE_KIND,
  CHECK_PAIR,
  CHECK_SHAPE,
  CHECK_TABLE,
  CHECK_WATERMARK,
  badSnapshot,
} from "./checks";
export { heldRestore, logCheck, pageCheck, pageConcerns, pageRestore, pairsCheck, recordCheck } from "./restore";
export { KeyGroups, keyGroupOf, recordSeal, snapshotPages, storeDirtyAll, storeFreeze } from "./snapshot";
export { Table, TableShape, shapeInit, tableBytes, tableFree, tableNew, tablePageAt } from "./table";
export { TEXT_NONE, entryTextBytes, textOrder, textReplace } from "./text-values";

// The window operator's structs. All live in linear memory; WindowOperator owns what it points to.
import { arenaAlloc, blockAlloc, blockFree } from "../memory/index";
import { KeyGroups, PageStore, Table, TableShape, tableFree, tableNew } from "../state/index";

export const ACC_COUNT: i32 = 1;
export const ACC_SUM_I64: i32 = 2;
export const ACC_SUM_F64: i32 = 3;
export const ACC_MIN: i32 = 4;
export const ACC_MAX: i32 = 5;
export const ACC_DISTINCT: i32 = 6;
export const ACC_MIN_TEXT: i32 = 7;
export const ACC_MAX_TEXT: i32 = 8;

/** Null bits and reference bits of a head are one u64 each: 24 utf8 keys are 2 + 48 words. */
export const KEYS_MAX: i32 = 24;
export const AGGREGATES_MAX: i32 = 64;
/** Rows that are looked up at once: their heads and entries stay in the first-level cache. */
export const CHUNK_ROWS: i32 = 1024;

/** What feeds an accumulator: a column's non-null values in rows that the filter lets through. */
@unmanaged
export class Source {
  column: i32;
  filter: i32;
  type: i32;
  /** of the current batch: i64[rows] (bool, i32 widened) or f64[rows] */
  values: usize;
  /** of the current batch: u8[rows], 1 = counts; 0 = all rows count */
  mask: usize;
}


@unmanaged
export class Accumulator {
  kind: i32;
  /** index of the source, -1 = every row */
  source: i32;
  /** offset in the entry */
  at: u32;
  /** index of the distinct count, or -1 */
  table: i32;
}

/** What the sets of pairs of one distinct count have in common; the sets themselves are tables of pairs, one per namespace. */
@unmanaged
export class Distinct {
  /** type of the values */
  type: i32;
  shape: TableShape;
  /** of texts: shape of the dictionary, Table or 0, ids given out, u32[freeCount] ids to give out again */
  textShape: TableShape;
  dictionary: usize;
  ids: u32;
  freeIds: usize;
  freeCount: u32;
  /** bytes at which the dictionary is built again */
  collectBytes: u64;
  /** id of a frame's dictionary → id, 0 = not known yet: u32[cacheCapacity], for one dictionary */
  cache: usize;
  cacheCapacity: i32;
  /** number of its content (Dictionary.content), 0 = none */
  cacheDictionary: u32;
  /** of the current batch: 1 = the cache is for its dictionary; u64[rows] hashes of the texts, or 0 */
  cached: i32;
  hashes: usize;
  /** PairCounts of the merged window, or 0 (window-counts.ts) */
  counts: usize;
  /** during a restore: NumberMap of old ids, or 0 */
  maps: usize;
}


@unmanaged
export class Aggregate {
  kind: i32;
  inputType: i32;
  /** of the result */
  type: i32;
  at: u32;
  /** offset of the count of inputs, 0 = never null */
  countAt: u32;
}

/** The rows of one slice whose first window is firstEnd: one main table and the distinct ones. */
@unmanaged
export class Space {
  slice: i64;
  firstEnd: i64;
  /** the next window end that takes these rows */
  nextEnd: i64;
  main: usize;
  /** u32[distinctCount]: Table of pairs */
  distinct: usize;
  /** is part of the running window */
  added: i32;
  /** u32[main.count] entries of the merged window, valid for this window while its main.moves stands, or 0 */
  targets: usize;
  targetsMerge: u32;
  targetsMoves: u32;
  /** during a restore: NumberMap of old key numbers, or 0 (window-restore-pairs.ts) */
  maps: usize;
  /** of the current push: number in its list of spaces */
  pushStamp: u32;
  pushIndex: u32;
  /** dictionary id → entry: u32[cacheCapacity], valid for one dictionary while main.moves stands */
  cache: usize;
  cacheCapacity: u32;
  cacheMoves: u32;
  /** by the numbers of their contents (Dictionary.content), 0 = none */
  cacheDictionary: u32;
  seenDictionary: u32;
}


@unmanaged
export class WindowOperator {
  id: i32;
  keyCount: i32;
  keys: usize;
  keyTypes: usize;
  slotAts: usize;
  headBytes: u32;
  headBytesMax: u32;
  refs: u64;
  timeColumn: i32;
  size: i64;
  slide: i64;
  offset: i64;
  width: i64;
  groups: KeyGroups;
  aggregates: usize;
  aggregateCount: i32;
  accumulators: usize;
  accumulatorCount: i32;
  sources: usize;
  sourceCount: i32;
  entryBytes: u32;
  mainShape: TableShape;
  distincts: usize;
  distinctCount: i32;
  /** offset of the count of rows (incremental windows), or 0 */
  rowsAt: u32;
  /** 1 = keep a running window: add the new slices, take back the expired ones */
  incremental: i32;

  /** state; `scratchPages` holds merged windows and is never part of a snapshot */
  pages: PageStore;
  scratchPages: PageStore;
  /** u32[spaceCapacity]: Space, ascending by (slice, firstEnd) */
  spaces: usize;
  spaceCount: i32;
  spaceCapacity: i32;
  watermark: i64;
  /** smallest nextEnd of all spaces, i64.MAX_VALUE without spaces */
  nextEnd: i64;

  /** what lives as long as the operator, and as long as one push */
  plan: usize;
  arena: usize;
  /** chunk scratch: heads, u32 entries ×3, u16 rows ×2, u32 and u64 of pairs */
  heads: usize;
  entries: usize;
  entries2: usize;
  entries3: usize;
  rows2: usize;
  rows3: usize;
  pairKeys: usize;
  pairValues: usize;
  identity: usize;
  emitEntries: usize;
  pushStamp: u32;
  late: usize;

  /** the window being emitted: its main table (0 = none), the cursor, and what to free afterwards */
  fireMain: usize;
  fireEnd: i64;
  firePage: u32;
  fireEntry: u32;
  fireRows: u32;
  /** merged window: Table; how many have been made; its namespaces; u32[numberedCapacity] scratch by key number */
  running: usize;
  merges: u32;
  namespaces: i32;
  numbered: usize;
  numberedCapacity: u32;
  status: i32;

  rowsIn: i64;
  rowsOut: i64;
  lateRows: i64;

  snapshotMeta: i32;
  snapshotWatermark: i64;
  restored: i32;
  restoredMeta: i32;
  /** during a restore: PageStore of the pages that wait for the last record (state/held.ts), or 0 */
  held: usize;


  @inline aggregateAt(index: i32): Aggregate {
    return changetype<Aggregate>(this.aggregates + <usize>index * offsetof<Aggregate>());
  }


  @inline accumulatorAt(index: i32): Accumulator {
    return changetype<Accumulator>(this.accumulators + <usize>index * offsetof<Accumulator>());
  }


  @inline sourceAt(index: i32): Source {
    return changetype<Source>(this.sources + <usize>index * offsetof<Source>());
  }


  @inline distinctAt(index: i32): Distinct {
    return changetype<Distinct>(this.distincts + <usize>index * offsetof<Distinct>());
  }


  @inline spaceAt(index: i32): Space {
    return changetype<Space>(load<usize>(this.spaces + ((<usize>index) << 2)));
  }
}


@inline
export function distinctTableAt(tables: usize, index: i32): Table {
  return changetype<Table>(load<usize>(tables + ((<usize>index) << 2)));
}

/** Memory that lives as long as the operator; 0 = out of memory. */
export function planAlloc(op: WindowOperator, bytes: usize): usize {
  return arenaAlloc(op.plan, bytes);
}

/** u32[distinctCount] of new tables for a namespace; 0 = out of memory. */
export function distinctTablesNew(op: WindowOperator, pages: PageStore, a: i64, b: i64): usize {
  const tables = blockAlloc(((<usize>op.distinctCount) << 2) + 4);
  if (tables == 0) return 0;
  for (let i = 0; i < op.distinctCount; i++) {
    const table = tableNew(op.distinctAt(i).shape, pages, a, b, op.id);
    store<usize>(tables + ((<usize>i) << 2), table);
    if (table != 0) continue;
    distinctTablesFree(tables, i);
    return 0;
  }
  return tables;
}

export function distinctTablesFree(tables: usize, count: i32): void {
  if (tables == 0) return;
  for (let i = 0; i < count; i++) tableFree(load<usize>(tables + ((<usize>i) << 2)));
  blockFree(tables);
}

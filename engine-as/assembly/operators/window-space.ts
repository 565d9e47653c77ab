// Namespaces of the window operator: which (slice, first window end) takes a row, and their life.
//
// A row belongs to one slice and to all windows over it that are still open for it. Rows that are
// behind their split's watermark may not enter windows which that watermark had closed, although
// such a window may not have fired here (the merged watermark lags behind). So a partially late row
// goes to a namespace of its own, (slice, first end that takes it), and a window e takes all
// namespaces of its slices with firstEnd <= e. By protocol a row never comes for a window that has
// fired here; if a misdeclared source sends one, the own watermark decides as if it were the split's.
import { blockAlloc, blockFree } from "../memory/index";
import { tableFree, tableNew } from "../state/index";
import { endAfterWatermark, firstWindowEnd, lastWindowEnd } from "../time/index";
import { Space, WindowOperator, distinctTablesFree, distinctTablesNew } from "./window-types";

/** Instead of a Space: the row is late; it lies in a gap between windows; the error slot is filled. */
export const SPACE_LATE: usize = 1;
export const SPACE_GAP: usize = 2;
export const SPACE_ERROR: usize = 0;

/** The namespace for rows of a slice under a watermark (the larger of the split's and the own one). */
export function spaceFor(op: WindowOperator, slice: i64, watermark: i64): usize {
  const first = firstWindowEnd(slice, op.size, op.slide, op.width, op.offset);
  const last = lastWindowEnd(slice, op.size, op.slide, op.offset);
  if (last < first) return SPACE_GAP;
  if (last - 1 <= watermark) return SPACE_LATE;
  return spaceGet(op, slice, endAfterWatermark(first, watermark, op.slide));
}

/** Finds or makes a namespace; 0 = out of memory. */
export function spaceGet(op: WindowOperator, slice: i64, firstEnd: i64): usize {
  const index = spaceIndex(op, slice, firstEnd);
  const known = spaceIs(op, index, slice, firstEnd);
  return known != 0 ? known : insertSpace(op, index, slice, firstEnd);
}

/** The namespace, 0 = there is none. */
export function spaceFind(op: WindowOperator, slice: i64, firstEnd: i64): usize {
  return spaceIs(op, spaceIndex(op, slice, firstEnd), slice, firstEnd);
}

function spaceIs(op: WindowOperator, index: i32, slice: i64, firstEnd: i64): usize {
  if (index == op.spaceCount) return 0;
  const space = op.spaceAt(index);
  return space.slice == slice && space.firstEnd == firstEnd ? changetype<usize>(space) : 0;
}

/** Where the namespace is, or would be. */
function spaceIndex(op: WindowOperator, slice: i64, firstEnd: i64): i32 {
  let low = 0;
  let high = op.spaceCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    const space = op.spaceAt(middle);
    if (space.slice < slice || (space.slice == slice && space.firstEnd < firstEnd)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insertSpace(op: WindowOperator, index: i32, slice: i64, firstEnd: i64): usize {
  if (op.spaceCount == op.spaceCapacity && !growSpaces(op)) return 0;
  const ptr = spaceNew(op, slice, firstEnd);
  if (ptr == 0) return 0;
  const at = op.spaces + ((<usize>index) << 2);
  memory.copy(at + 4, at, (<usize>(op.spaceCount - index)) << 2);
  store<usize>(at, ptr);
  op.spaceCount++;
  op.nextEnd = min(op.nextEnd, firstEnd);
  return ptr;
}

function spaceNew(op: WindowOperator, slice: i64, firstEnd: i64): usize {
  const ptr = blockAlloc(offsetof<Space>());
  if (ptr == 0) return 0;
  memory.fill(ptr, 0, offsetof<Space>());
  const space = changetype<Space>(ptr);
  space.slice = slice;
  space.firstEnd = firstEnd;
  space.nextEnd = firstEnd;
  space.main = tableNew(op.mainShape, op.pages, slice, firstEnd, op.id);
  if (space.main != 0) space.distinct = distinctTablesNew(op, op.pages, slice, firstEnd);
  if (space.distinct != 0) return ptr;
  tableFree(space.main);
  blockFree(ptr);
  return 0;
}

function growSpaces(op: WindowOperator): bool {
  const capacity = max(op.spaceCapacity << 1, 16);
  const spaces = blockAlloc((<usize>capacity) << 2);
  if (spaces == 0) return false;
  memory.copy(spaces, op.spaces, (<usize>op.spaceCount) << 2);
  blockFree(op.spaces);
  op.spaces = spaces;
  op.spaceCapacity = capacity;
  return true;
}

/** Frees the namespace's pages and itself; the caller takes it out of the list. */
export function spaceFree(op: WindowOperator, ptr: usize): void {
  const space = changetype<Space>(ptr);
  tableFree(space.main);
  distinctTablesFree(space.distinct, op.distinctCount);
  blockFree(space.cache);
  blockFree(space.targets);
  blockFree(ptr);
}

/** Whether the window that ends at `end` takes the namespace. */
@inline
export function spaceInWindow(op: WindowOperator, space: Space, end: i64): bool {
  return space.slice >= end - op.size && space.slice < end && space.firstEnd <= end;
}

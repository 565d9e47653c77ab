// Prepares a batch for the accumulators, once per batch: values widened to i64, masks, hashes.
//
// A mask byte is 1 where the column is not null and the filter is true. Values at masked rows are
// unspecified and never used. All arrays live in the operator's arena until the next push.
import { TYPE_BOOL, TYPE_I32 } from "../../abi";
import { Batch, Column, bitAt, columnAt } from "../batch/index";
import { hashColumn } from "../kernels/hash";
import { arenaAlloc } from "../memory/index";
import { Source, WindowOperator } from "./window-types";

/** Hash of the empty key (no key columns). */
export const EMPTY_KEY_HASH: u64 = 0x9e3779b97f4a7c15;

/** u64[rows] hashes of the key columns of the selected rows; 0 = out of memory. */
export function keyHashes(op: WindowOperator, batch: usize): usize {
  const rows = changetype<Batch>(batch).rows;
  const hashes = arenaAlloc(op.arena, (<usize>rows) << 3);
  if (hashes == 0) return 0;
  if (op.keyCount == 0) {
    for (let row = 0; row < rows; row++) store<u64>(hashes + ((<usize>row) << 3), EMPTY_KEY_HASH);
  }
  for (let i = 0; i < op.keyCount; i++) {
    hashColumn(columnAt(batch, load<i32>(op.keys + ((<usize>i) << 2))), batch, hashes, i > 0);
  }
  return hashes;
}

/** Fills values and masks of all sources; false = out of memory. */
export function sourcesPrepare(op: WindowOperator, batch: usize): bool {
  const rows = changetype<Batch>(batch).rows;
  for (let i = 0; i < op.sourceCount; i++) {
    if (!prepareSource(op, op.sourceAt(i), batch, rows)) return false;
  }
  return true;
}

function prepareSource(op: WindowOperator, source: Source, batch: usize, rows: i32): bool {
  source.values = 0;
  source.mask = 0;
  let validity: usize = 0;
  if (source.column >= 0) {
    const column = changetype<Column>(columnAt(batch, source.column));
    validity = column.validity;
    source.values = column.data;
    if (source.type == TYPE_I32 || source.type == TYPE_BOOL) {
      source.values = arenaAlloc(op.arena, (<usize>rows) << 3);
      if (source.values == 0) return false;
      widen(column, source.values, rows);
    }
  }
  if (validity == 0 && source.filter < 0) return true;
  source.mask = arenaAlloc(op.arena, <usize>rows + 8);
  if (source.mask == 0) return false;
  fillMask(source.mask, validity, rows, false);
  if (source.filter >= 0) {
    const filter = changetype<Column>(columnAt(batch, source.filter));
    fillMask(source.mask, filter.data, rows, true);
    if (filter.validity != 0) fillMask(source.mask, filter.validity, rows, true);
  }
  return true;
}

function widen(column: Column, values: usize, rows: i32): void {
  const data = column.data;
  if (column.type == TYPE_I32) {
    for (let row = 0; row < rows; row++)
      store<i64>(values + ((<usize>row) << 3), <i64>load<i32>(data + ((<usize>row) << 2)));
  } else {
    for (let row = 0; row < rows; row++) store<i64>(values + ((<usize>row) << 3), <i64>bitAt(data, row));
  }
}

/** mask[row] = bit (no bitmap: 1), or with `and` only where it is 1 already. */
function fillMask(mask: usize, bitmap: usize, rows: i32, and: bool): void {
  if (bitmap == 0) {
    memory.fill(mask, 1, rows);
    return;
  }
  for (let row = 0; row < rows; row += 8) {
    // eight bits become eight bytes: spread by a multiplication, then one bit per byte
    const bits = <u64>load<u8>(bitmap + ((<usize>row) >> 3));
    const spread = (((bits & 0x7f) * 0x02040810204081) & 0x0101010101010101) | ((bits >> 7) << 56);
    const at = mask + <usize>row;
    store<u64>(at, and ? load<u64>(at) & spread : spread);
  }
}

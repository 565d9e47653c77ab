/**
 * One JavaScript value into a store's column: the way in for keys that a reader asks for.
 */
import { TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_UTF8 } from '../abi/index.ts';
import type { RowValue } from '../schema/index.ts';
import { tableKeyInvalid } from './errors.ts';
import type { RowStore } from './row-store.ts';

const encoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));

export interface ValueAt {
  readonly index: number;
  readonly value: RowValue;
  /** For the error. */
  readonly table: string;
}

/** Writes `value` behind the store's last row; the caller counts the row. Throws TABLE_KEY_INVALID. */
export function appendValue(store: RowStore, { index, value, table }: ValueAt): void {
  const column = store.columns[index]!;
  const row = store.rows;
  if (value === null) {
    store.nullsOf(column)[row] = 1;
    return;
  }
  if (column.nulls !== undefined) column.nulls[row] = 0;
  const { type, values, pool } = column;
  const wrong = (): Error => tableKeyInvalid(table, `${typeof value} ${String(value)} is no value of column ${index}`);
  if (type === TYPE_UTF8) {
    if (typeof value !== 'string') throw wrong();
    const bytes = encoder.encode(value);
    values[row] = pool!.intern(bytes, 0, bytes.length);
  } else if (type === TYPE_BOOL) {
    if (typeof value !== 'boolean') throw wrong();
    values[row] = value ? 1 : 0;
  } else if (type === TYPE_I32) {
    if (typeof value !== 'number' || (value | 0) !== value) throw wrong();
    values[row] = value;
  } else {
    if (type === TYPE_F64) {
      if (typeof value !== 'number') throw wrong();
      scratch.setFloat64(0, value, true);
    } else {
      if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw wrong();
      scratch.setBigInt64(0, BigInt(value), true);
    }
    values[2 * row] = scratch.getInt32(0, true);
    values[2 * row + 1] = scratch.getInt32(4, true);
  }
}

// Finds the rows whose first key column begins with a text, by narrowing down over the table in key order:
// five rounds of a few single rows for a million of them. Keys are ordered by their UTF-8 bytes, nulls first.
import type { TableHandle } from 'sluice';

export interface RowRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export async function findPrefix(table: TableHandle, column: string, prefix: string): Promise<RowRange> {
  const rowCount = await table.rowCount();
  if (prefix === '') return { from: 0, to: rowCount };
  const keyAt = async (row: number): Promise<string | null> => {
    const [found] = await table.scan({ offset: row, limit: 1 });
    const value = found?.[column];
    return value === null || value === undefined ? null : String(value);
  };
  const [from, to] = await Promise.all([
    firstRow(rowCount, async (row) => compareBytes(await keyAt(row), prefix) >= 0),
    firstRow(rowCount, async (row) => {
      const key = await keyAt(row);
      return compareBytes(key, prefix) >= 0 && !key!.startsWith(prefix);
    }),
  ]);
  return { from, to };
}

/** Rows looked at together: a round costs one trip to the coordinator, whatever their number. */
const PROBES = 15;

/** The first of `count` rows for which the condition holds; it holds for all rows after that one. */
async function firstRow(count: number, holds: (row: number) => Promise<boolean>): Promise<number> {
  let low = 0;
  let high = count;
  while (low < high) {
    const step = Math.ceil((high - low) / (PROBES + 1));
    const probes: number[] = [];
    for (let row = low + step - 1; row < high; row += step) probes.push(row);
    const answers = await Promise.all(probes.map(holds));
    const first = answers.indexOf(true);
    if (first >= 0) high = probes[first]!;
    const last = first < 0 ? probes.length - 1 : first - 1;
    if (last >= 0) low = probes[last]! + 1;
  }
  return low;
}

/** Order of UTF-8 bytes, which is that of code points; null is the smallest. */
export function compareBytes(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  let at = 0;
  while (at < a.length && at < b.length) {
    const left = a.codePointAt(at)!;
    const right = b.codePointAt(at)!;
    if (left !== right) return left - right;
    at += left > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}

// The SHA-256 of a table as `npx sluice run --json` prints it: one JSON object per row, columns in the table's order,
// times as ISO 8601, integers with all digits, rows by key. So a hash of this page can be compared with one of Node.
import type { TableHandle, TableRow } from 'sluice';
import { Sha256 } from './sha256.ts';

/** Rows fetched at once: small enough that the page stays smooth while it hashes. */
const ROWS_AT_ONCE = 4_000;

export interface TableHash {
  readonly sha256: string;
  readonly rows: number;
}

export interface TableHashOptions {
  /** Leaves out rows of windows that end later (ms). */
  readonly untilMs?: number;
  readonly progress?: (share: number) => void;
}

export async function hashTable(table: TableHandle, options: TableHashOptions = {}): Promise<TableHash> {
  const { untilMs = Infinity, progress } = options;
  const columns = await table.columns();
  const hash = new Sha256();
  const encoder = new TextEncoder();
  let rows = 0;
  for (let offset = 0; ; offset += ROWS_AT_ONCE) {
    const chunk = await table.scan({ offset, limit: ROWS_AT_ONCE });
    const chosen = untilMs === Infinity ? chunk : chunk.filter((row) => Number(row['window_end']) <= untilMs);
    hash.update(encoder.encode(chosen.map((row) => rowLine(row, columns)).join('')));
    rows += chosen.length;
    if (chunk.length < ROWS_AT_ONCE) return { sha256: hash.finish(), rows };
    progress?.(Math.min(1, offset / Math.max(1, await table.rowCount())));
  }
}

function rowLine(row: TableRow, columns: readonly { readonly name: string; readonly type: string }[]): string {
  const cells = columns.map(({ name, type }) => `${JSON.stringify(name)}:${cell(row[name] ?? null, type)}`);
  return `{${cells.join(',')}}\n`;
}

function cell(value: TableRow[string], type: string): string {
  if (typeof value === 'bigint') return String(value);
  if (value !== null && type.startsWith('timestamp')) return JSON.stringify(new Date(Number(value)).toISOString());
  return JSON.stringify(value);
}

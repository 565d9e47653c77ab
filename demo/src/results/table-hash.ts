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
  /** Told how many rows are hashed. */
  readonly progress?: (rows: number) => void;
}

export async function hashTable(table: TableHandle, options: TableHashOptions = {}): Promise<TableHash> {
  const { untilMs = Infinity, progress } = options;
  const columns = await table.columns();
  const hash = new Sha256();
  const encoder = new TextEncoder();
  let rows = 0;
  for await (const chunk of chunksOf(
    table,
    columns.map(({ name }) => name),
  )) {
    const chosen = untilMs === Infinity ? chunk : chunk.filter((row) => Number(row['window_end']) <= untilMs);
    hash.update(encoder.encode(chosen.map((row) => rowLine(row, columns)).join('')));
    rows += chosen.length;
    progress?.(rows);
  }
  return { sha256: hash.finish(), rows };
}

/**
 * All rows in key order, each once, while new rows may come in between and push others back: every chunk begins with
 * the last row of the one before, and goes on behind it, wherever it lies by then.
 */
async function* chunksOf(table: TableHandle, columns: readonly string[]): AsyncGenerator<readonly TableRow[]> {
  let last: TableRow | undefined;
  for (let offset = 0; ;) {
    const chunk = await table.scan({ offset, limit: ROWS_AT_ONCE });
    const at = last === undefined ? -1 : chunk.findIndex((row) => columns.every((name) => row[name] === last![name]));
    const isPushedBehind = last !== undefined && at < 0;
    if (!isPushedBehind) {
      yield chunk.slice(at + 1);
      last = chunk.at(-1);
    }
    if (chunk.length < ROWS_AT_ONCE) return;
    offset += isPushedBehind ? ROWS_AT_ONCE : ROWS_AT_ONCE - 1;
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

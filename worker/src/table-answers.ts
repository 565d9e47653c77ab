/**
 * Tables over HTTP, as `--json` prints them: one object per line, in key order.
 *
 *   GET …/tables/:table                     all rows, streamed
 *   GET …/tables/:table?offset=&limit=      a part, at most TABLE_PAGE_ROWS_MAX rows
 *   GET …/tables/:table?key=["ATL","2001-01-01T05:00:00.000Z"]    one row, or 404
 */
import type { RowValue, Schema } from '../../host-ts/src/schema/index.ts';
import { tableJson } from '../../host-ts/src/table/index.ts';
import type { Table, TableRow } from '../../host-ts/src/table/index.ts';
import { parameterInvalid, rowUnknown } from './errors.ts';
import { wholeParameter } from './http-answers.ts';
import { TABLE_PAGE_ROWS_MAX } from './limits.ts';

const NDJSON = { 'content-type': 'application/x-ndjson; charset=utf-8' };

export async function tableAnswer(table: Table, parameters: URLSearchParams): Promise<Response> {
  const key = parameters.get('key');
  if (key !== null) return rowAnswer(table, key);
  if (!parameters.has('limit') && !parameters.has('offset')) {
    // all frames first: they are a copy, which stays as it is while the job goes on
    return new Response(textStream(tableJson({ schema: table.schema, frames: await table.frames() })), {
      headers: NDJSON,
    });
  }
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const offset = wholeParameter(parameters, 'offset', { ...range, otherwise: 0 });
  const limit = wholeParameter(parameters, 'limit', {
    min: 0,
    max: TABLE_PAGE_ROWS_MAX,
    otherwise: TABLE_PAGE_ROWS_MAX,
  });
  const rows = await table.scan({ offset, limit });
  return new Response(rows.map((row) => rowJson(table.schema, row)).join(''), { headers: NDJSON });
}

async function rowAnswer(table: Table, text: string): Promise<Response> {
  const row = await table.get(keyOf(table, text));
  if (row === undefined) throw rowUnknown(table.name, text);
  return new Response(rowJson(table.schema, row), { headers: NDJSON });
}

/** JSON values by key column: integers as numbers or text, times as ISO text or milliseconds. */
function keyOf(table: Table, text: string): RowValue[] {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw parameterInvalid('key', text, 'a JSON list of the key columns in order');
  }
  if (!Array.isArray(values)) throw parameterInvalid('key', text, 'a JSON list of the key columns in order');
  return values.map((value: unknown, index) => {
    const type = table.schema[table.keyColumns[index] ?? '']?.type;
    if (type === 'timestamp' && typeof value === 'string' && !Number.isNaN(Date.parse(value))) return Date.parse(value);
    if (type === 'i64' && typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
    return value as RowValue;
  });
}

/** The line that `tableJson` writes for this row. */
export function rowJson(schema: Schema, row: TableRow): string {
  const cells = Object.entries(schema).map(([name, { type }]) => {
    const value = row[name] ?? null;
    return `${JSON.stringify(name)}:${valueJson(type, value)}`;
  });
  return `{${cells.join(',')}}\n`;
}

function valueJson(type: string, value: RowValue): string {
  if (value === null) return 'null';
  if (type === 'timestamp') {
    const date = new Date(Number(value));
    return Number.isNaN(date.getTime()) ? String(value) : `"${date.toISOString()}"`;
  }
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

function textStream(texts: Iterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = texts.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}

/**
 * Tables over HTTP, as `--json` prints them: one object per line, in key order.
 *
 *   GET …/tables/:table                              all rows
 *   GET …/tables/:table?after=["ATL","2001-…Z"]      those behind a key
 *   GET …/tables/:table?offset=&limit=               a part
 *   GET …/tables/:table?key=["ATL","2001-…Z"]        one row, or 404
 *
 * Rows are read while they are sent, as fast as the client takes them, all of the epoch that was newest at the
 * request. What is stored for them is kept meanwhile, so a client that takes nothing for ANSWER_IDLE_MS_MAX is given up.
 */
import type { Timers } from '../../host-ts/src/platform/index.ts';
import type { RowValue, Schema } from '../../host-ts/src/schema/index.ts';
import { scanJson } from '../../host-ts/src/table/index.ts';
import type { ScanOptions, Table, TableRow } from '../../host-ts/src/table/index.ts';
import { answerStalled, parameterInvalid, rowUnknown } from './errors.ts';
import { wholeParameter } from './http-answers.ts';
import { ANSWER_IDLE_MS_MAX } from './limits.ts';

const NDJSON = { 'content-type': 'application/x-ndjson; charset=utf-8' };

/** What is asked for; `bodyless`: of a HEAD. */
export interface TableRequest {
  readonly parameters: URLSearchParams;
  readonly bodyless: boolean;
}

/** Rejects, instead of answering, with what keeps the first rows from being read. */
export async function tableAnswer(table: Table, request: TableRequest, timers: Timers): Promise<Response> {
  const { parameters, bodyless } = request;
  const key = parameters.get('key');
  if (key !== null) return rowAnswer(table, key);
  const options = rangeOf(table, parameters);
  if (bodyless) return new Response(null, { headers: NDJSON });
  const texts = scanJson(table.schema, table.read(options));
  const first = await texts.next();
  return new Response(textStream(first, texts, { table: table.name, timers }), { headers: NDJSON });
}

function rangeOf(table: Table, parameters: URLSearchParams): ScanOptions {
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const after = parameters.get('after');
  return {
    offset: wholeParameter(parameters, 'offset', { ...range, otherwise: 0 }),
    ...(parameters.has('limit') && { limit: wholeParameter(parameters, 'limit', { ...range, otherwise: 0 }) }),
    ...(after !== null && { after: keyOf(table, { name: 'after', text: after }) }),
  };
}

async function rowAnswer(table: Table, text: string): Promise<Response> {
  const row = await table.get(keyOf(table, { name: 'key', text }));
  if (row === undefined) throw rowUnknown(table.name, text);
  return new Response(rowJson(table.schema, row), { headers: NDJSON });
}

/** JSON values by key column: integers as numbers or text, times as ISO text or milliseconds. */
function keyOf(table: Table, { name, text }: { readonly name: 'key' | 'after'; readonly text: string }): RowValue[] {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw parameterInvalid(name, text, 'a JSON list of the key columns in order');
  }
  if (!Array.isArray(values)) throw parameterInvalid(name, text, 'a JSON list of the key columns in order');
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

/** Chunks of text on their way, each read when the one before it has been taken. */
function textStream(
  first: IteratorResult<string, unknown>,
  texts: AsyncGenerator<string>,
  { table, timers }: { readonly table: string; readonly timers: Timers },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<string, unknown>> | undefined = Promise.resolve(first);
  let stopWaiting = (): void => undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      stopWaiting();
      const { done, value } = await (next ?? texts.next());
      next = undefined;
      if (done === true) {
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(value));
      stopWaiting = timers.after(ANSWER_IDLE_MS_MAX, () => {
        controller.error(answerStalled(table, ANSWER_IDLE_MS_MAX));
        void texts.return(undefined);
      });
    },
    async cancel() {
      stopWaiting();
      await texts.return(undefined);
    },
  });
}

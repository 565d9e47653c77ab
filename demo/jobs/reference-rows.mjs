// What the two references share: reading an input into row objects, split by split, and printing the result.
// Plain JavaScript over hyparquet and JSON.parse; nothing of Sluice is imported, so that an agreement means something.
//
// A split is an array of rows { date, delay, distance, origin, destination }, `date` in ms since 1970 (UTC),
// every field but `date` may be null. Parquet: one split per row group. NDJSON: one split per range of
// FIXTURE_SPLIT_BYTES bytes; a line belongs to the range in which it starts.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

export const FLIGHTS = fileURLToPath(
  new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url),
);
export const FIXTURE_SPLIT_BYTES = 16_384;
const COLUMNS = ['date', 'delay', 'distance', 'origin', 'destination'];

/** The input's splits, one after the other. */
export async function* readSplits(path = FLIGHTS) {
  if (path.endsWith('.ndjson')) yield* ndjsonSplits(readFileSync(path));
  else yield* parquetSplits(path);
}

async function* parquetSplits(path) {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = Array.from({ length: rowEnd - rowStart }, () => ({
      date: 0,
      delay: null,
      distance: null,
      origin: null,
      destination: null,
    }));
    const fill = ({ columnName, columnData, rowStart: from }) => {
      for (let i = 0; i < columnData.length; i++) rows[from - rowStart + i][columnName] = plainValue(columnData[i]);
    };
    const parsers = { timestampFromMicroseconds: (micros) => Math.floor(Number(micros) / 1000) };
    await parquetRead({ file, metadata, compressors, parsers, columns: COLUMNS, rowStart, rowEnd, onChunk: fill });
    yield rows;
    rowStart = rowEnd;
  }
}

function plainValue(value) {
  return typeof value === 'bigint' ? Number(value) : (value ?? null);
}

function* ndjsonSplits(bytes) {
  const splits = Array.from({ length: Math.ceil(bytes.length / FIXTURE_SPLIT_BYTES) }, () => []);
  let at = 0;
  while (at < bytes.length) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.toString('utf8', at, end).trim();
    if (line !== '') splits[Math.floor(at / FIXTURE_SPLIT_BYTES)].push(rowOf(JSON.parse(line)));
    at = end + 1;
  }
  yield* splits;
}

function rowOf({ date, delay = null, distance = null, origin = null, destination = null }) {
  return { date: typeof date === 'string' ? Date.parse(date) : date, delay, distance, origin, destination };
}

/** Order of keys: null first, then by UTF-8 bytes. */
export function compareKeys(a, b) {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Runs a reference as a command: `[--input PATH] [--hash]`. `collect` gives `{ add(split), rows() }`; the rows are
 * printed as they come, or only the SHA-256 of what would have been printed.
 */
export async function main(collect) {
  const { values } = parseArgs({ options: { input: { type: 'string' }, hash: { type: 'boolean', default: false } } });
  const { add, rows } = collect();
  for await (const split of readSplits(values.input)) add(split);
  const hash = createHash('sha256');
  for (const text of chunks(rows())) {
    if (values.hash) hash.update(text);
    else if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
  if (values.hash) console.log(hash.digest('hex'));
}

function* chunks(rows) {
  let text = '';
  for (const row of rows) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length < 1 << 16) continue;
    yield text;
    text = '';
  }
  yield text;
}

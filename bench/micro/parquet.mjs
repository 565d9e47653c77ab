// Parquet to frames, alone: columns of the flights from a file in memory, one thread.
//   node bench/micro/parquet.mjs [--json] [--groups N]     (N row groups of 11; all unless given)
// Figures are medians of several rounds in one process, measured in turn, by the thread's CPU time. Beside it
// hyparquet's own reading into arrays of JavaScript values.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import { parquetMetadata, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

const host = (room) => import(new URL(`../../host-ts/src/${room}/index.ts`, import.meta.url).href);
const { standardConnectors } = await host('connectors');
const { Engine } = await host('engine');
const { bytesSource } = await host('platform');
const { i64, timestamp, utf8 } = await host('schema');

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, groups: { type: 'string', default: '11' } },
});
const ROUNDS = 5;
const bytes = new Uint8Array(
  readFileSync(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url)),
);
const wasm = readFileSync(new URL('../../engine-as/build/engine.wasm', import.meta.url));
const engine = Engine.create(new WebAssembly.Module(wasm), { memoryBytesMax: 0 });
const schema = { date: timestamp(), delay: i64(), origin: utf8() };
const source = bytesSource('flights', bytes, 'bench');

async function connector(decompressor) {
  const timers = { after: () => () => undefined, soon: (callback) => void setImmediate(() => callback()) };
  const platform = { timers, open: () => Promise.resolve(source), ...(decompressor && { decompressor }) };
  const binding = { connector: 'parquet', location: { kind: 'bytes', bytes, name: 'flights' }, options: {} };
  return standardConnectors.parquet(binding, { platform, inputName: 'flights', schema, timeColumn: 'date' });
}

async function convert(opened, splits, seen) {
  let rows = 0;
  for (const split of splits) {
    const reader = await opened.openSplit(split, null, engine);
    for (;;) {
      const result = reader.poll(4096);
      if (result.kind === 'end') break;
      if (result.kind === 'wait') await reader.ready();
      else {
        rows += result.rows;
        seen?.(engine.frameBytes(result.framePtr));
      }
    }
    reader.close();
  }
  return rows;
}

const zstd = async () => (page, byteLength) => zstdDecompressSync(page, { maxOutputLength: byteLength });
const portable = await connector();
const native = await connector(zstd);
const splits = (await portable.enumerate()).splits.slice(0, Number(flags.groups));

async function hyparquetColumns() {
  const file = { byteLength: bytes.length, slice: (from, to) => bytes.buffer.slice(from, to) };
  const metadata = parquetMetadata(bytes.buffer);
  const rowEnd = splits.reduce((sum, split) => sum + split.rows, 0);
  let rows = 0;
  const onChunk = ({ columnData }) => (rows += columnData.length);
  await parquetRead({ file, metadata, compressors, columns: Object.keys(schema), rowStart: 0, rowEnd, onChunk });
  return rows / 3;
}

const cases = {
  'parquet/frames': () => convert(portable, splits),
  'parquet/frames/native-zstd': () => convert(native, splits),
  'parquet/hyparquet-columns': hyparquetColumns,
};
const figures = new Map(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, run] of Object.entries(cases)) {
    const before = process.threadCpuUsage();
    const rows = await run();
    const { user, system } = process.threadCpuUsage(before);
    if (round > 0) figures.get(name).push(rows / (user + system));
  }
}
const hash = createHash('sha256');
await convert(portable, splits.slice(0, 1), (frame) => hash.update(frame));
for (const [name, rounds] of figures) {
  const value = Number(rounds.sort((a, b) => a - b)[ROUNDS >> 1].toFixed(2));
  if (flags.json) console.log(JSON.stringify({ name, value, unit: 'M rows/s' }));
  else console.log(`${name.padEnd(32)} ${value} M rows/s`);
}
if (!flags.json) console.log(`frames of the first row group: ${hash.digest('hex').slice(0, 16)}`);

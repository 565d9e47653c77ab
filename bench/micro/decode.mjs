// CSV and NDJSON to columns, beside papaparse and JSON.parse line by line: GB/s of text on one core.
//   node bench/micro/decode.mjs [--json] [--tiny]
// Rows like those of the flights; the text is made from a seed. The variants alternate within a round, the median of
// the rounds is printed, of wall time and (thread) of the thread's own, which other load disturbs less. The engine gets the bytes in chunks of 256 KiB, copied in, and gives frames with all columns;
// the others get one JavaScript string (made outside of the measured time) and give arrays or objects.
// It measures inner rooms, which have no public name, and so takes them from their source.
import { readFileSync } from 'node:fs';
import Papa from 'papaparse';

const room = (name) => import(new URL(`../../host-ts/src/${name}/index.ts`, import.meta.url).href);
const { Engine, FrameReader } = await room('engine');
const { CsvDecoder, NdjsonDecoder } = await room('formats');
const { timestamp, i64, utf8 } = await room('schema');

const CHUNK_BYTES = 1 << 18;
const SCHEMA = { date: timestamp(), delay: i64(), distance: i64(), origin: utf8(), destination: utf8() };

const isTiny = process.argv.includes('--tiny');
const rows = isTiny ? 2000 : 200_000;
const rounds = isTiny ? 1 : 15;
const texts = makeTexts(rows);
const wasm = readFileSync(new URL('../../engine-as/build/engine.wasm', import.meta.url));
const engine = await Engine.create(new WebAssembly.Module(wasm), { memoryBytesMax: 0 });

const variants = {
  'csv/sluice': { bytes: texts.csv.length, run: () => decode(CsvDecoder, texts.csv, SCHEMA) },
  'csv/papaparse': { bytes: texts.csv.length, run: () => papaparse(texts.csvString) },
  'ndjson/sluice': { bytes: texts.ndjson.length, run: () => decode(NdjsonDecoder, texts.ndjson, SCHEMA) },
  'ndjson/sluice-2-columns': {
    bytes: texts.ndjson.length,
    run: () => decode(NdjsonDecoder, texts.ndjson, { date: SCHEMA.date, delay: SCHEMA.delay }),
  },
  'ndjson/sluice-changing-keys': {
    bytes: texts.shuffled.length,
    run: () => decode(NdjsonDecoder, texts.shuffled, SCHEMA),
  },
  'ndjson/json-parse': { bytes: texts.ndjson.length, run: () => jsonParse(texts.ndjsonString) },
};

const seconds = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
const threadSeconds = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
const threadSecondsNow = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};
let hash = 0;
for (let round = 0; round < rounds; round++) {
  for (const [name, { run }] of Object.entries(variants)) {
    const threadStart = threadSecondsNow();
    const start = performance.now();
    const sum = run();
    seconds[name].push((performance.now() - start) / 1000);
    threadSeconds[name].push(threadSecondsNow() - threadStart);
    // all of them must have read the same delays
    if (sum !== texts.delaySum) throw new Error(`${name} read ${sum}, not ${texts.delaySum}`);
    hash = (Math.imul(hash, 31) + sum) | 0;
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const gigabytes = (name, bytes, time) => ({
  name,
  value: Number((bytes / median(time) / 1e9).toFixed(3)),
  unit: 'GB/s',
});
const figures = Object.entries(variants).flatMap(([name, { bytes }]) => [
  gigabytes(`decode/${name}`, bytes, seconds[name]),
  // the system counts a thread's time in steps, a tiny run may take none
  ...(median(threadSeconds[name]) > 0 ? [gigabytes(`decode/${name}/thread`, bytes, threadSeconds[name])] : []),
]);
for (const [text, other] of [
  ['csv', 'papaparse'],
  ['ndjson', 'json-parse'],
]) {
  const ratio = median(seconds[`${text}/${other}`]) / median(seconds[`${text}/sluice`]);
  figures.push({ name: `decode/${text}/times-${other}`, value: Number(ratio.toFixed(1)), unit: 'x' });
}
for (const figure of figures) {
  console.log(
    process.argv.includes('--json')
      ? JSON.stringify(figure)
      : `${figure.name.padEnd(36)} ${figure.value} ${figure.unit}`,
  );
}
if (!process.argv.includes('--json')) console.log(`result hash ${(hash >>> 0).toString(16)}`);

function decode(Decoder, bytes, schema) {
  const decoder = new Decoder(engine, { schema, inputName: 'bench' });
  const delayColumn = Object.keys(schema).indexOf('delay');
  let sum = 0;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    decoder.push(bytes.subarray(at, at + CHUNK_BYTES), at + CHUNK_BYTES >= bytes.length);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      const { words } = new FrameReader(engine.frameBytes(frame.framePtr)).columns[delayColumn];
      for (let row = 0; row < frame.rows; row++) sum += words[2 * row];
    }
  }
  decoder.free();
  return sum;
}

function papaparse(text) {
  let sum = 0;
  const { data } = Papa.parse(text, { header: false, skipEmptyLines: true });
  for (let row = 1; row < data.length; row++) sum += Number(data[row][1]);
  return sum;
}

function jsonParse(text) {
  let sum = 0;
  let at = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
    sum += JSON.parse(text.slice(at, end)).delay;
    at = end + 1;
  }
  return sum;
}

function makeTexts(count) {
  let state = 12345;
  const random = (bound) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const letter = (n) => String.fromCharCode(65 + n);
  const airports = Array.from({ length: 230 }, (_, n) => letter(n % 26) + letter((n * 7) % 26) + letter((n * 3) % 23));
  const csv = [Object.keys(SCHEMA).join(',')];
  const ndjson = [];
  const shuffled = [];
  let time = Date.UTC(2001, 0, 1);
  let delaySum = 0;
  for (let n = 0; n < count; n++) {
    time += random(20_000);
    const flight = {
      date: new Date(time).toISOString(),
      delay: Math.floor((random(1000) * random(1000)) / 8000) - 15,
      distance: 50 + random(2500),
      origin: airports[random(airports.length)],
      destination: airports[random(airports.length)],
    };
    delaySum += flight.delay;
    csv.push(Object.values(flight).join(','));
    ndjson.push(JSON.stringify(flight));
    const entries = Object.entries(flight);
    shuffled.push(JSON.stringify(Object.fromEntries([...entries.slice(n % 5), ...entries.slice(0, n % 5)])));
  }
  const encoder = new TextEncoder();
  const [csvString, ndjsonString] = [csv, ndjson].map((lines) => `${lines.join('\n')}\n`);
  return {
    csvString,
    ndjsonString,
    csv: encoder.encode(csvString),
    ndjson: encoder.encode(ndjsonString),
    shuffled: encoder.encode(`${shuffled.join('\n')}\n`),
    delaySum,
  };
}

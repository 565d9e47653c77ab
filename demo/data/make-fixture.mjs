// Makes the small input that holds what the flights lack, and says what both jobs must answer for it.
//   node demo/data/make-fixture.mjs [--check]      (--check: fails when the committed files differ)
//
// fixture.ndjson has splits of exactly FIXTURE_SPLIT_BYTES bytes (the rest of a split is blank), so that every
// reader cuts it alike: 0 and 1 overlap in time, 2 ends early, 3 is idle (no row at all), 4 lies around 1970.
// In them: nulls in every column but the time, disorder within 60 min, rows late for some or for all of their
// windows, keys that are empty, non-ASCII, longer than 12 bytes with a common start, and that UTF-8 and UTF-16
// sort differently. fixture.csv holds split 0. fixture.json: what the references answer.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { FIXTURE_SPLIT_BYTES } from '../jobs/reference-rows.mjs';
import { computeLateFlights } from '../jobs/late-flights.reference.mjs';
import { computeRouteDelays } from '../jobs/route-delays.reference.mjs';

const MINUTE_MS = 60_000;
// prettier-ignore
const PLACES = [
  'ATL', 'ORD', 'ZRH', 'Zürich', 'Ålesund', 'København', '東京国際空港', 'San Francisco International',
  'San Francisco Intl', 'Londonderry/Eglinton', '\uff61 halfwidth', '🛫 takeoff', 'O"Hare, IL', 'tab\there',
];

// mulberry32: small, seeded, the same everywhere
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function makeSplit({ seed, from, minutesPerRow, rowsMax }) {
  const next = random(seed);
  const pick = (places) => (next() < 0.04 ? null : next() < 0.02 ? '' : places[Math.floor(next() * places.length)]);
  const rows = [];
  let at = Date.parse(from);
  let bytes = 0;
  while (rows.length < rowsMax) {
    at += Math.floor(next() * 2 * minutesPerRow * MINUTE_MS);
    const lot = next();
    let behindMinutes = 0;
    if (lot < 0.3) behindMinutes = next() * 59;
    else if (lot < 0.36) behindMinutes = 61 + next() * 200;
    else if (lot < 0.4) behindMinutes = 300 + next() * 1100;
    else if (lot < 0.42) behindMinutes = 1600 + next() * 3000;
    else if (lot < 0.45) behindMinutes = 60;
    const row = {
      date: at - Math.floor(behindMinutes * MINUTE_MS),
      delay: next() < 0.06 ? null : Math.floor(next() * 120) - 40,
      distance: next() < 0.1 ? null : Math.floor(next() * 3000),
      origin: pick(PLACES),
      destination: pick(PLACES.slice(0, 9)),
    };
    bytes += Buffer.byteLength(line(row));
    if (bytes > FIXTURE_SPLIT_BYTES) break;
    rows.push(row);
  }
  return rows;
}

function line(row) {
  return `${JSON.stringify({ ...row, date: new Date(row.date).toISOString() })}\n`;
}

function csvField(value) {
  if (value === null) return '';
  return typeof value === 'string' && (value === '' || /[",\n\r]/.test(value))
    ? `"${value.replaceAll('"', '""')}"`
    : value;
}

function files() {
  const splits = [
    makeSplit({ seed: 1, from: '2001-03-01T00:00:00Z', minutesPerRow: 20, rowsMax: 1000 }),
    makeSplit({ seed: 2, from: '2001-03-01T06:00:00Z', minutesPerRow: 12, rowsMax: 1000 }),
    makeSplit({ seed: 3, from: '2001-03-01T02:00:00Z', minutesPerRow: 7, rowsMax: 20 }),
    [],
    makeSplit({ seed: 5, from: '1969-12-31T00:00:00Z', minutesPerRow: 15, rowsMax: 1000 }),
  ];
  const ndjson = splits.map((rows) => {
    const text = rows.map(line).join('');
    return `${text}${' '.repeat(FIXTURE_SPLIT_BYTES - Buffer.byteLength(text) - 1)}\n`;
  });
  const header = 'date,delay,distance,origin,destination\n';
  const csv = splits[0].map(({ date, ...rest }) =>
    [new Date(date).toISOString(), ...Object.values(rest)].map(csvField).join(','),
  );
  const facts = {
    splitBytes: FIXTURE_SPLIT_BYTES,
    rows: splits.map((rows) => rows.length),
    results: {
      'late-flights': answer(computeLateFlights(splits)),
      'route-delays': answer(computeRouteDelays(splits)),
    },
    csvResults: {
      'late-flights': answer(computeLateFlights([splits[0]])),
      'route-delays': answer(computeRouteDelays([splits[0]])),
    },
  };
  return {
    'fixture.ndjson': ndjson.join(''),
    'fixture.csv': `${header}${csv.join('\n')}\n`,
    'fixture.json': `${JSON.stringify(facts, null, 2).replace(/\[[\d,\s]+\]/, (list) => list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'))}\n`,
  };
}

function answer(rows) {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
  return { rows: rows.length, sha256: hash.digest('hex') };
}

for (const [name, text] of Object.entries(files())) {
  const url = new URL(name, import.meta.url);
  if (!process.argv.includes('--check')) writeFileSync(url, text);
  else if (readFileSync(url, 'utf8') !== text) {
    throw new Error(`FIXTURE_CHANGED: ${name} is not what its script makes; run node demo/data/make-fixture.mjs`);
  }
}

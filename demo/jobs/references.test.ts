// The references are what everything else is compared with, so they are checked themselves: against a computation
// that puts every row into every window by itself, and against the committed answers.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';
import test from 'node:test';

const HOUR_MS = 3_600_000;
const SPLIT_BYTES = 16_384;
const fixtureFile = fileURLToPath(new URL('../data/fixture.ndjson', import.meta.url));
const facts = JSON.parse(readFileSync(new URL('../data/fixture.json', import.meta.url), 'utf8'));

interface Row {
  date: string;
  delay: number | null;
  origin: string | null;
  destination: string | null;
}

interface Cell {
  key: string | null;
  start: number;
  rows: Row[];
}

/** Every row in every window that takes it, by the rule alone. */
function windows(key: 'origin' | 'destination', sizeHours: number, keep: (row: Row) => boolean): Cell[] {
  const bytes = readFileSync(fixtureFile);
  const cells = new Map<string, Cell>();
  for (let at = 0; at < bytes.length; at += SPLIT_BYTES) {
    const lines = bytes.toString('utf8', at, at + SPLIT_BYTES).split('\n');
    let timeMax = -Infinity;
    for (const row of lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Row)) {
      const time = Date.parse(row.date);
      const watermark = timeMax - HOUR_MS - 1;
      timeMax = Math.max(timeMax, time);
      if (!keep(row)) continue;
      for (let back = 0; back < sizeHours; back++) {
        const start = (Math.floor(time / HOUR_MS) - back) * HOUR_MS;
        if (start + sizeHours * HOUR_MS - 1 <= watermark) continue;
        const id = JSON.stringify([row[key], start]);
        const cell = cells.get(id) ?? { key: row[key], start, rows: [] };
        cell.rows.push(row);
        cells.set(id, cell);
      }
    }
  }
  const bytesOf = (text: string | null): Buffer => Buffer.from(text === null ? '' : `+${text}`);
  return [...cells.values()].sort((a, b) => Buffer.compare(bytesOf(a.key), bytesOf(b.key)) || a.start - b.start);
}

function answer(rows: readonly object[]): { rows: number; sha256: string } {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
  return { rows: rows.length, sha256: hash.digest('hex') };
}

const times = (cell: Cell, hours: number) => ({
  window_start: new Date(cell.start),
  window_end: new Date(cell.start + hours * HOUR_MS),
});
const isLate = (row: Row): boolean => (row.delay ?? -1) > 15;

test('the fixture is what its script makes', () => {
  const script = fileURLToPath(new URL('../data/make-fixture.mjs', import.meta.url));
  execFileSync(process.execPath, [script, '--check']);
});

test('late-flights: the reference agrees with row by window', () => {
  const rows = windows('origin', 1, isLate).map((cell) => ({
    origin: cell.key,
    ...times(cell, 1),
    flights: cell.rows.length,
    worst: Math.max(...cell.rows.map((row) => row.delay ?? -Infinity)),
  }));
  assert.deepEqual(answer(rows), facts.results['late-flights']);
});

test('route-delays: the reference agrees with row by window', () => {
  const rows = windows('destination', 24, () => true).map((cell) => {
    const delays = cell.rows.flatMap(({ delay }) => delay ?? []);
    return {
      destination: cell.key,
      ...times(cell, 24),
      flights: cell.rows.length,
      late: cell.rows.filter(isLate).length,
      avg_delay: delays.length === 0 ? null : delays.reduce((sum, delay) => sum + delay, 0) / delays.length,
      origins: new Set(cell.rows.flatMap(({ origin }) => origin ?? [])).size,
    };
  });
  assert.deepEqual(answer(rows), facts.results['route-delays']);
});

test('late-flights over three million flights has 193,463 rows', () => {
  const script = fileURLToPath(new URL('late-flights.reference.mjs', import.meta.url));
  const hash = execFileSync(process.execPath, [script, '--hash'], { encoding: 'utf8' }).trim();
  assert.equal(hash, '97957cf218bfeeabd1aaa82ef2e6d807007160dd77c4c2212a4b209aca44e4be');
});

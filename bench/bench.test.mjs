// Every suite on tiny inputs, so that the benchmarks cannot rot. Their figures mean nothing here: what is looked at is that each
// suite ends, prints the figures that are promised, and computes what the references do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

const run = path.join(import.meta.dirname, 'run.mjs');

function figuresOf(suite) {
  const output = execFileSync(process.execPath, [run, suite, '--tiny', '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const figures = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const { name, value, unit } of figures) {
    assert.ok(
      typeof name === 'string' && typeof unit === 'string' && value > 0 && Number.isFinite(value),
      String(name),
    );
  }
  return figures;
}

for (const [suite, promised] of [
  [
    'flights',
    ['late-flights', 'route-delays'].flatMap((job) =>
      ['parquet', 'end-to-end/2-slots', 'engine/1-slot', 'engine/2-slots', 'js-rows', 'js-columns'].map(
        (name) => `${job}/${name}`,
      ),
    ),
  ],
  ['decode', ['decode/csv/sluice', 'decode/csv/papaparse', 'decode/ndjson/sluice', 'decode/ndjson/json-parse']],
  [
    'exchange',
    ['ring', 'message'].flatMap((form) => [`exchange/${form}/65536B/bytes`, `exchange/${form}/65536B/rows`]),
  ],
  [
    'closures',
    ['filter', 'map', 'flatMap'].flatMap((form) =>
      ['numbers', 'i64', 'texts'].flatMap((values) =>
        ['plain', 'driver', 'by-hand'].map((variant) => `closures/${form}/${values}/${variant}`),
      ),
    ),
  ],
  ['state', ['state/update/1000-keys/pages', 'state/update/1000-keys/flat', 'state/bytes-per-key/1000-keys/pages']],
  ['size', ['size/engine.wasm', 'size/library/node']],
]) {
  test(`suite ${String(suite)}`, () => {
    const names = figuresOf(suite).map(({ name }) => name);
    for (const name of promised) assert.ok(names.includes(name), `${name} is missing in ${names.join(', ')}`);
  });
}

test('an unknown suite is refused', () => {
  assert.throws(() => execFileSync(process.execPath, [run, 'fligths'], { stdio: 'pipe', encoding: 'utf8' }), {
    status: 2,
    stderr: /BENCH_USAGE.*fligths/,
  });
});

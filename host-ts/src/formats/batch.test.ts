// Many records at once against the same records one by one: chunks smaller than a record never make a batch.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_BYTES_TARGET } from '../abi/index.ts';
import { bool, f64, i32, i64, timestamp, utf8 } from '../schema/index.ts';
import { seeded } from '../../test/engine/test-engine.ts';
import { decode, testEngine } from '../../test/formats/decode-text.ts';
import { CsvDecoder, NdjsonDecoder } from './index.ts';
import type { Decoded, TestInput } from '../../test/formats/decode-text.ts';

const SCHEMA = { t: timestamp(), n: i64(), x: f64(), s: utf8(), i: i32(), ok: bool(), last: utf8() };
type Random = (bound: number) => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)]!;

interface Kind {
  /** How many distinct texts there are, and how long they may be. */
  readonly texts: number;
  readonly textBytesMax: number;
  /** One of so many values is null or of an unusual form. */
  readonly oddEvery: number;
}

const KINDS: readonly Kind[] = [
  { texts: 20, textBytesMax: 8, oddEvery: 1_000_000 },
  { texts: 300, textBytesMax: 20, oddEvery: 500 },
  { texts: 20_000, textBytesMax: 30, oddEvery: 2000 },
  { texts: 50, textBytesMax: 400, oddEvery: 20 },
];

/** Rows of flights, in order of time, as values of JSON. */
function flights(random: Random, kind: Kind, count: number): unknown[][] {
  const isOdd = (): boolean => random(kind.oddEvery) === 0;
  const word = (n: number): string => `${(n * 7919) % 99_991}é`.padEnd((n * 31) % kind.textBytesMax, 'xyz');
  let time = Date.UTC(2001, 0, 1);
  return Array.from({ length: count }, () => {
    time += random(900_000);
    const iso = new Date(time).toISOString();
    return [
      isOdd() ? pick(random, [null, iso.slice(0, 10), `${iso.slice(0, 19)}+02:00`, 1234]) : iso,
      isOdd() ? pick(random, [null, 12_345_678_901, -1e15]) : random(2000) - 1000,
      isOdd() ? null : random(100_000) / 64,
      isOdd() ? pick(random, [null, '', 'say "x"', 'a,b']) : word(random(kind.texts)),
      isOdd() ? null : random(20_000_000) - 10_000_000,
      isOdd() ? null : random(2) === 0,
      isOdd() ? pick(random, [null, '', '\t', 'two\nlines']) : word(random(kind.texts)),
    ];
  });
}

const NAMES = Object.keys(SCHEMA);

function csvOf(rows: readonly unknown[][], newline: string): string {
  const field = (value: unknown): string => {
    if (value === null) return '';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return text === '' || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [NAMES.join(','), ...rows.map((row) => row.map(field).join(','))].join(newline) + newline;
}

function jsonOf(rows: readonly unknown[][], gap: string, extra: unknown): string {
  const names = extra === undefined ? NAMES : [...NAMES, 'extra'];
  const line = (row: unknown[]): string =>
    `{${names.map((name, n) => `"${name}":${gap}${JSON.stringify(n < row.length ? row[n] : extra)}`).join(`,${gap}`)}}\n`;
  return rows.map(line).join('');
}

function assertSame(bytes: Uint8Array, options: TestInput, chunkBytes: number, note: string): Decoded {
  const atOnce = decode(bytes, options);
  const singly = decode(bytes, { ...options, chunkBytes });
  assert.deepEqual(atOnce.error?.context, singly.error?.context, note);
  assert.equal(atOnce.error?.code, singly.error?.code, note);
  assert.equal(atOnce.rows.length, singly.rows.length, note);
  atOnce.rows.forEach((row, n) => assert.deepEqual(row, singly.rows[n], `${note}, row ${n}`));
  assert.equal(atOnce.skipped, singly.skipped, note);
  // positions after as many rows differ at most by blank lines
  const ends = new Map(singly.positions.map(({ rows, at }) => [rows, at.offset]));
  for (const { rows, at } of atOnce.skipped === 0 ? atOnce.positions : []) {
    const end = ends.get(rows);
    if (end === undefined) continue;
    const between = new TextDecoder().decode(bytes.subarray(Math.min(end, at.offset), Math.max(end, at.offset)));
    assert.match(between, /^[ \t\r\n]*$/, note);
  }
  return atOnce;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('regular and odd records, at once and singly, give the same rows', () => {
  KINDS.forEach((kind, n) => {
    const random = seeded(1009 * (n + 1));
    const rows = flights(random, kind, 1500);
    const rowsMax = pick(random, [4096, 700]);
    const csv = { format: 'csv', schema: SCHEMA, rowsMax } as const;
    for (const newline of ['\n', '\r\n']) {
      const { rows: found } = assertSame(encode(csvOf(rows, newline)), csv, 9, `kind ${n}, ${JSON.stringify(newline)}`);
      assert.deepEqual(
        found.map((row) => [row[3], row[6], row[4]]),
        rows.map((row) => [row[3], row[6], row[4]]),
      );
    }
    for (const [gap, extra] of [
      ['', undefined],
      [' ', 'z'],
      ['', { deep: [1, 'two'] }],
    ] as const) {
      const { rows: found } = assertSame(
        encode(jsonOf(rows, gap, extra)),
        { ...csv, format: 'ndjson' },
        9,
        `kind ${n}, ${JSON.stringify(extra)}`,
      );
      assert.deepEqual(
        found.map((row) => [row[2], row[3], row[5], row[6]]),
        rows.map((row) => [row[2], row[3], row[5], row[6]]),
      );
    }
  });
});

test('regular input with a few bytes changed is taken, skipped or refused alike, at once and singly', () => {
  const rows = flights(seeded(5), KINDS[0]!, 60);
  const texts = { csv: csvOf(rows, '\n'), crlf: csvOf(rows, '\r\n'), ndjson: jsonOf(rows, '', 7) };
  const signs = Array.from(new TextEncoder().encode('",\n\r\\{}[]: 0-9.eT\u0000\t'));
  let refused = 0;
  for (let seed = 1; seed <= 900; seed++) {
    const random = seeded(seed * 48271);
    const name = pick(random, ['csv', 'crlf', 'ndjson'] as const);
    let bytes = encode(texts[name]);
    for (let change = random(3); change >= 0; change--) {
      const at = 60 + random(bytes.length - 60);
      const put = random(4) === 0 ? [] : [random(5) === 0 ? random(256) : pick(random, signs)];
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + random(2))]);
    }
    const schema = random(3) === 0 ? { i: i32(), s: utf8() } : SCHEMA;
    const options: TestInput =
      name === 'ndjson'
        ? { format: 'ndjson', schema, badLines: pick(random, ['fail', 'skip'] as const) }
        : { format: 'csv', schema, nullLiteral: pick(random, ['', '7919é']) };
    if (assertSame(bytes, options, 11, `seed ${seed}`).error !== undefined) refused++;
  }
  assert.ok(refused > 100 && refused < 800, `${refused} of 900 were refused`);
});

test('many texts end frames within their size', () => {
  const engine = testEngine();
  const rows = flights(seeded(99), KINDS[2]!, 9000);
  for (const isCsv of [true, false]) {
    const bytes = encode(isCsv ? csvOf(rows, '\n') : jsonOf(rows, '', undefined));
    const options = { schema: SCHEMA, inputName: 'test' };
    const decoder = isCsv ? new CsvDecoder(engine, options) : new NdjsonDecoder(engine, options);
    decoder.push(bytes, true);
    let count = 0;
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      assert.ok(frame.bytes <= FRAME_BYTES_TARGET, `a frame of ${frame.bytes} bytes`);
      count += frame.rows;
    }
    decoder.free();
    assert.equal(count, rows.length);
  }
});

// The decoders against others that are trusted: papaparse, JSON.parse, Number, Date; and against broken input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Papa from 'papaparse';
import { bool, f64, i64, schemaTypeCodes, timestamp, utf8 } from '../schema/index.ts';
import { FrameBuilder } from '../engine/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { csvHeader, encodeCsv, encodeNdjson } from './encode-text.ts';
import { decode, testEngine } from '../../test/formats/decode-text.ts';
import { seeded } from '../../test/engine/test-engine.ts';
import type { TestInput } from '../../test/formats/decode-text.ts';

const PAPA = { header: true, delimiter: ',', skipEmptyLines: true } as const;

type Random = (bound: number) => number;

const FRAGMENTS = [
  'a',
  'bc',
  'x'.repeat(15),
  'y'.repeat(16),
  'z'.repeat(40),
  ',',
  '"',
  '""',
  '\n',
  '\r\n',
  ' ',
  'é',
  '😀',
  '0',
  '-1',
  '\t',
  '\\',
  '',
];
const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)]!;
const textOf = (random: Random): string => Array.from({ length: random(5) }, () => pick(random, FRAGMENTS)).join('');

test('random CSV gives the fields that papaparse finds', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed * 7919);
    const names = Array.from({ length: 2 + random(12) }, (_, n) => `c${n}`);
    const newline = pick(random, ['\n', '\r\n'] as const);
    const field = (): string => {
      const text = textOf(random);
      const plain = !/[",\r\n]/.test(text) && random(4) > 0;
      return plain ? text : `"${text.replaceAll('"', '""')}"`;
    };
    const lines = [names.join(','), ...Array.from({ length: 1 + random(60) }, () => names.map(field).join(','))];
    const text = lines.join(newline) + (random(2) === 0 ? newline : '');
    const wanted = names.filter(() => random(3) > 0);
    if (wanted.length === 0) wanted.push(names[0]!);
    wanted.sort(() => random(3) - 1);
    const parsed = Papa.parse<Record<string, string>>(text, { ...PAPA, newline });
    assert.deepEqual(parsed.errors, [], `seed ${seed}`);
    const schema: Schema = Object.fromEntries(wanted.map((name) => [name, utf8()]));
    const { rows, error } = decode(text, {
      format: 'csv',
      schema,
      chunkBytes: 1 + random(200),
      rowsMax: 1 + random(20),
    });
    assert.equal(error, undefined, `seed ${seed}`);
    // papaparse knows no null: empty is the empty text
    const expected = parsed.data.map((row) => wanted.map((name) => row[name]));
    assert.deepEqual(
      rows.map((row) => row.map((value) => value ?? '')),
      expected,
      `seed ${seed}`,
    );
  }
});

function jsonValue(random: Random, depth: number): unknown {
  const kind = random(depth > 3 ? 5 : 7);
  if (kind === 0) return null;
  if (kind === 1) return random(2) === 0;
  if (kind === 2) return (random(2 ** 31) - 2 ** 30) / 2 ** random(30);
  if (kind < 5) return textOf(random) + pick(random, ['\u0001', '\ud800', '\u2028', '']);
  if (kind === 5) return Array.from({ length: random(4) }, () => jsonValue(random, depth + 1));
  return Object.fromEntries(Array.from({ length: random(4) }, () => [textOf(random), jsonValue(random, depth + 1)]));
}

const JSON_SCHEMA = { n: i64(), x: f64(), s: utf8(), ok: bool(), t: timestamp(), 'k"é': utf8() };

/** An object with the columns at random places, sometimes missing, null or twice; blanks anywhere. */
function jsonLine(random: Random): { readonly line: string; readonly row: RowValue[] } {
  const values: Record<string, unknown> = {
    n: random(2 ** 31) - 2 ** 30,
    x: (random(2 ** 31) - 2 ** 30) / 2 ** random(40),
    s: textOf(random),
    ok: random(2) === 0,
    t: new Date(random(2 ** 31) * 1000 + random(1000)).toISOString(),
    'k"é': pick(random, ['one', 'two', '']),
  };
  const members: [string, unknown][] = [];
  for (const name of Object.keys(values)) {
    if (random(8) === 0) continue;
    if (random(12) === 0) members.push([name, null]);
    members.push([name, random(10) === 0 ? null : values[name]]);
  }
  while (random(3) === 0) members.push([`z${random(9)}`, jsonValue(random, 0)]);
  if (random(3) === 0) members.sort(() => random(3) - 1);
  const blank = random(3) === 0 ? (): string => pick(random, ['', ' ', '\t ']) : (): string => '';
  const text = members.map(
    ([name, value]) => `${blank()}${JSON.stringify(name)}${blank()}:${blank()}${JSON.stringify(value)}${blank()}`,
  );
  const line = `${blank()}{${text.join(',')}${text.length === 0 ? blank() : ''}}${blank()}`;
  const found = JSON.parse(line) as Record<string, unknown>;
  const row = Object.keys(JSON_SCHEMA).map((name): RowValue => {
    const value = (found[name] ?? null) as RowValue;
    if (value === null) return null;
    if (name === 'n') return BigInt(String(value));
    if (name === 't') return Date.parse(String(value));
    return value;
  });
  return { line, row };
}

test('random NDJSON gives what JSON.parse finds', () => {
  for (let seed = 1; seed <= 80; seed++) {
    const random = seeded(seed * 104729);
    const lines = Array.from({ length: 1 + random(80) }, () => jsonLine(random));
    const text = lines.map(({ line }) => line).join('\n');
    const { rows, error } = decode(text, {
      format: 'ndjson',
      schema: JSON_SCHEMA,
      chunkBytes: 1 + random(300),
      rowsMax: 1 + random(30),
    });
    assert.equal(error, undefined, `seed ${seed}: ${error?.message}`);
    assert.deepEqual(
      rows,
      lines.map(({ row }) => row),
      `seed ${seed}`,
    );
  }
});

test('a mutated line is taken exactly when JSON.parse takes it as an object', () => {
  const random = seeded(4242);
  const signs = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'e',
    '.',
    '-',
    '0',
    '1',
    ' ',
    'null',
    'true',
    '\u0002',
    'u00e9',
  ];
  let taken = 0;
  for (let n = 0; n < 6000; n++) {
    let line = JSON.stringify({ id: 1, extra: jsonValue(random, 0), more: [jsonValue(random, 2)], v: 'x' });
    for (let change = random(3); change >= 0; change--) {
      const at = random(line.length + 1);
      line = line.slice(0, at) + (random(2) === 0 ? pick(random, signs) : '') + line.slice(at + random(3));
    }
    if (line.includes('\n') || line.trim() === '') continue;
    let isObject = false;
    try {
      const value: unknown = JSON.parse(line);
      isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    } catch {
      isObject = false;
    }
    const { error, rows } = decode(`{"id":0,"v":"x"}\n${line}`, { format: 'ndjson', schema: { zz: utf8() } });
    assert.equal(error === undefined, isObject, `${JSON.stringify(line)}: ${error?.message}`);
    assert.equal(rows.length, isObject ? 2 : 1);
    if (isObject) taken++;
  }
  assert.ok(taken > 500 && taken < 5500, `${taken} of 6000 lines were objects`);
});

function numberText(random: Random): string {
  const bits = new DataView(new ArrayBuffer(8));
  const digits = (count: number): string => Array.from({ length: count }, () => random(10)).join('');
  switch (random(6)) {
    case 0:
      bits.setUint32(0, random(2 ** 32));
      bits.setUint32(4, random(2 ** 32));
      return String(bits.getFloat64(0));
    case 1:
      return `${random(1000)}.${digits(1 + random(25))}`;
    case 2:
      return `${1 + random(9)}${digits(random(40))}e${random(700) - 350}`;
    case 3: {
      // the midpoint of two neighbours, with all its digits, and just beside it
      bits.setUint32(0, (random(2) === 0 ? 0x3ff00000 : 0x41500000) + random(0x1000));
      bits.setUint32(4, random(2 ** 32));
      const value = BigInt(2 ** 52 + random(2 ** 31)) * 2n + 1n;
      return `${value * 2n ** BigInt(1 + random(60))}${pick(random, ['', '.0', '.00000000000000000000001', '00e-2'])}`;
    }
    case 4:
      return `${random(10)}.${'0'.repeat(random(330))}${1 + random(9)}${digits(random(20))}`;
    default:
      return `${digits(1 + random(17)).replace(/^0+(?=\d)/, '')}e-${random(30)}`;
  }
}

test('f64 are those that Number gives, to the last bit, for 100,000 random texts', () => {
  const random = seeded(31337);
  const special = [
    '4.9e-324',
    '2.4703282292062327e-324',
    '2.4703282292062328e-324',
    '2.2250738585072011e-308',
    '2.2250738585072014e-308',
    '1.7976931348623157e308',
    '1.7976931348623158e308',
    '1.7976931348623159e308',
    '1e400',
    '1e-400',
    '-0',
    '0e999999999',
    '9007199254740993',
    '9007199254740992.99999999999999999999',
    '0.000000000000000000000000000000000000000000000001e48',
    `${'9'.repeat(400)}e-400`,
    `0.${'0'.repeat(400)}1e400`,
    '1e99999999999999999999',
    '5e-99999999999999999999',
    '7.2057594037927933e16',
    `2.4703282292062327208299924${'4'.repeat(900)}e-324`,
    `1.${'0'.repeat(800)}1`,
  ];
  const texts = [...special, ...Array.from({ length: 100_000 }, () => numberText(random))].filter(
    (text) => text !== 'NaN' && !text.includes('Inf'),
  );
  const fromCsv = decode(`x\n${texts.join('\n')}\n`, { format: 'csv', schema: { x: f64() } });
  const fromJson = decode(texts.map((text) => `{"x":${text}}`).join('\n'), { format: 'ndjson', schema: { x: f64() } });
  for (const { rows, error } of [fromCsv, fromJson]) {
    assert.equal(error, undefined);
    assert.equal(rows.length, texts.length);
    rows.forEach((row, n) => {
      if (!Object.is(row[0], Number(texts[n]))) assert.fail(`${texts[n]} was read as ${String(row[0])}`);
    });
  }
});

test('mutated and truncated input gives rows or an error, never a trap, within bounded memory', () => {
  const engine = testEngine();
  const schema = { t: timestamp(), n: i64(), x: f64(), s: utf8(), ok: bool() };
  const csvText = `t,n,zz,x,s,ok\n${Array.from({ length: 30 }, (_, n) => `2001-02-03T04:05:0${n % 10}.678Z,${n * 12345678},"a ""b""\n",${n / 7},text é ${n},true`).join('\n')}`;
  const jsonText = Array.from({ length: 30 }, (_, n) =>
    JSON.stringify({ t: '2001-02-03T04:05:06Z', n: n * 987654, s: `é${n}\n"`, zz: [{ a: n }], x: n / 3, ok: true }),
  ).join('\n');
  let bytesMost = 0;
  let errors = 0;
  for (let seed = 1; seed <= 1500; seed++) {
    const random = seeded(seed * 65537);
    const isCsv = seed % 2 === 0;
    const bytes = new TextEncoder().encode(isCsv ? csvText : jsonText).slice(0, 20 + random(2500));
    for (let change = random(6); change > 0; change--)
      bytes[random(bytes.length)] = random(3) === 0 ? pick(random, [10, 13, 34, 44, 92, 0]) : random(256);
    const input = { schema, chunkBytes: 1 + random(3000), rowsMax: 1 + random(40) };
    const options: TestInput = isCsv
      ? { format: 'csv', ...input }
      : { format: 'ndjson', badLines: random(2) === 0 ? 'fail' : 'skip', ...input };
    const { error } = decode(bytes, options, engine);
    if (error !== undefined) errors++;
    assert.ok(error === undefined || error.kind === 'user', `seed ${seed}: ${error?.message}`);
    if (seed === 100) bytesMost = engine.memoryUsed;
  }
  assert.ok(errors > 300 && errors < 1450, `${errors} of 1500 were errors`);
  assert.ok(engine.memoryUsed <= bytesMost, 'nothing stays behind');
});

function frameOf(schema: Schema, rows: readonly (readonly RowValue[])[]): Uint8Array {
  const columns = Object.keys(schema).map((_, index) => ({ values: rows.map((row) => row[index]) }));
  return new FrameBuilder(schemaTypeCodes(schema)).build(rows.length, columns);
}

test('what the encoders write, the decoders read back', () => {
  const random = seeded(77);
  const schema = { t: timestamp(), n: i64(), x: f64(), s: utf8(), ok: bool() };
  const names = Object.keys(schema);
  const rows = Array.from({ length: 500 }, (): RowValue[] => [
    random(9) === 0 ? null : random(2 ** 31) * 4001 - 2 ** 41,
    random(9) === 0 ? null : BigInt(random(2 ** 32)) * BigInt(random(2 ** 31)) * (random(2) === 0 ? -1n : 1n),
    random(9) === 0 ? null : pick(random, [NaN, Infinity, -Infinity, 0.1, 1e21, 5e-324, random(1000) / 8]),
    random(9) === 0 ? null : textOf(random),
    random(9) === 0 ? null : random(2) === 0,
  ]);
  const frame = frameOf(schema, rows);
  const asCsv = decode(Buffer.concat([Buffer.from(csvHeader(names)), encodeCsv(frame)]), { format: 'csv', schema });
  assert.deepEqual(asCsv.rows, rows);
  assert.deepEqual(decode(encodeNdjson(frame, names), { format: 'ndjson', schema }).rows, rows);
  const line = new TextDecoder().decode(encodeNdjson(frameOf(schema, [[0, 2n ** 63n - 1n, 1.5, 'a"é', null]]), names));
  assert.equal(line, '{"t":"1970-01-01T00:00:00.000Z","n":9223372036854775807,"x":1.5,"s":"a\\"é","ok":null}\n');
  const record = new TextDecoder().decode(
    encodeCsv(
      frameOf(schema, [
        [-1, -5n, NaN, 'a"b,c', true],
        [null, null, null, '', null],
      ]),
    ),
  );
  assert.equal(record, '1969-12-31T23:59:59.999Z,-5,NaN,"a""b,c",true\n,,,"",\n');
});

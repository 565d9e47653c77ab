/**
 * Casts between text and f64, timestamp and bool: the engine against the reference interpreter, and that against
 * JavaScript, over random bit patterns, every power of two and ten, and texts that are nearly right.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_ROWS_MAX, STATUS_DONE } from '../../src/abi/index.ts';
import type { Value } from '../../src/expr/index.ts';
import { checkExpr, col, compileExpr } from '../../src/expr/index.ts';
import { castValue } from '../../src/expr/evaluate.ts';
import type { ColumnType } from '../../src/schema/index.ts';
import { bool, f64, timestamp, utf8 } from '../../src/schema/index.ts';
import { Random } from '../../src/testing/index.ts';
import { ExprEngine, frameOf } from './engine-harness.ts';

const engine = await ExprEngine.load();
const SAMPLES = Number(process.env['CAST_SAMPLES'] ?? 100_000);

/** What the engine makes of a batch; undefined where the row fails. One failing row is found per run. */
function castBatch(values: readonly Value[], from: ColumnType, to: ColumnType): readonly (Value | undefined)[] {
  const schema = { x: from };
  const words = compileExpr(checkExpr(col('x').cast(to).toJSON(), schema));
  const program = engine.putWords(words);
  const frame = engine.put(frameOf(schema, [values], new Set()));
  const failed = new Set<number>();
  try {
    assert.ok(engine.check(program, words.length, schema));
    while (true) {
      const sound = [...values.keys()].filter((row) => !failed.has(row));
      const sel = engine.put(new Uint8Array(Uint16Array.from(sound).buffer));
      assert.equal(engine.exports.open(frame, sel, sound.length), values.length);
      const status = engine.exports.evaluate(program);
      engine.exports.free(sel);
      if (status === STATUS_DONE) break;
      const failure = engine.failure();
      assert.equal(failure.code, 'CAST_FAILED');
      assert.ok(!failed.has(failure.row) && failure.row < values.length, `row ${failure.row}`);
      failed.add(failure.row);
    }
    const column = engine.readColumn(values.length);
    assert.equal(column.type, to.type);
    return column.values.map((value, row) => (failed.has(row) ? undefined : value));
  } finally {
    engine.exports.free(program);
    engine.exports.free(frame);
  }
}

/** Small, because a batch is run once for every row that fails. */
const FALLIBLE_ROWS = 300;

/** Engine and reference give the same for all values. */
function agree(values: readonly NonNullable<Value>[], from: ColumnType, to: ColumnType): void {
  for (let at = 0; at < values.length; at += FALLIBLE_ROWS) {
    const batch = values.slice(at, at + FALLIBLE_ROWS);
    for (const [row, found] of castBatch(batch, from, to).entries()) {
      const value = batch[row]!;
      const expected = castValue(value, from.type, to.type);
      if (!Object.is(found, expected)) assert.equal(found, expected, `${String(value)} to ${to.type}`);
    }
  }
}

const word = new DataView(new ArrayBuffer(8));

function fromBits(bits: bigint): number {
  word.setBigUint64(0, BigInt.asUintN(64, bits));
  return word.getFloat64(0);
}

function bitsOf(value: number): bigint {
  word.setFloat64(0, value);
  return word.getBigUint64(0);
}

function randomDouble(random: Random): number {
  word.setUint32(0, random.below(2 ** 32));
  word.setUint32(4, random.below(2 ** 32));
  return word.getFloat64(0);
}

/** Every power of two and of ten with its neighbours, where the form changes, and what has no digits. */
function hardDoubles(): number[] {
  const centres = [1e21, 1e-6, 1e-7, 2 ** 53, 123456789012345680000, 0.1, 5e-324, Number.MAX_VALUE, 9.5367431640625e-7];
  for (let power = -1074; power < 1024; power++) centres.push(2 ** power);
  for (let power = -323; power <= 308; power++) centres.push(Number(`1e${power}`));
  const around = centres.flatMap((centre) => [-2n, -1n, 0n, 1n, 2n].map((step) => fromBits(bitsOf(centre) + step)));
  return [...around, ...around.map((value) => -value), 0, -0, NaN, Infinity, -Infinity];
}

test('f64 to text is String(x), and reads back as the same bits', () => {
  const random = new Random(24);
  const values = hardDoubles();
  while (values.length < SAMPLES) {
    values.push(randomDouble(random), random.below(2 ** 32) / 1000, random.below(2 ** 32) * 2 ** random.below(40));
  }
  for (let at = 0; at < values.length; at += FRAME_ROWS_MAX) {
    const batch = values.slice(at, at + FRAME_ROWS_MAX);
    const texts = castBatch(batch, f64(), utf8());
    for (const [row, value] of batch.entries())
      if (texts[row] !== String(value)) assert.equal(texts[row], String(value));
    for (const [row, back] of castBatch(texts as string[], utf8(), f64()).entries()) {
      const value = Object.is(batch[row], -0) ? 0 : batch[row];
      if (!Object.is(back, value)) assert.equal(back, value, `from ${texts[row]}`);
    }
  }
});

const pick = (random: Random, from: string): string => from[random.below(from.length)]!;

/** Changes, drops or doubles one character now and then. */
function spoil(random: Random, text: string, alphabet: string): string {
  if (random.below(3) > 0) return text;
  const at = random.below(text.length + 1);
  const head = text.slice(0, at);
  const choice = random.below(3);
  if (choice === 0) return head + text.slice(at + 1);
  return head + pick(random, alphabet) + text.slice(choice === 1 ? at : at + 1);
}

function digits(random: Random, max: number): string {
  return Array.from({ length: random.below(max + 1) }, () => pick(random, '0123456789')).join('');
}

function numberText(random: Random): string {
  const long = random.below(20) === 0 ? 800 : 20;
  const exponent =
    random.below(2) === 0 ? '' : `${pick(random, 'eE')}${pick(random, '+-  ').trim()}${digits(random, 3)}`;
  const point = random.below(2) === 0 ? '' : `.${digits(random, long)}`;
  return spoil(
    random,
    `${pick(random, '+-    ').trim()}${digits(random, long)}${point}${exponent}`,
    '0123456789.eE+-_ ',
  );
}

/** Exactly half way between two doubles, and a digit to either side of it. */
function halfways(random: Random): string[] {
  const value = Math.abs(randomDouble(random));
  if (!(value < 1e300)) return [];
  const power = BigInt(Math.max(1, Number(bitsOf(value) >> 52n)) - 1076);
  const fraction = bitsOf(value) & 0xfffffffffffffn;
  const odd = 2n * (bitsOf(value) >> 52n === 0n ? fraction : fraction | (1n << 52n)) + 1n;
  const text = power >= 0n ? String(odd << power) : `${odd * 5n ** -power}e${power}`;
  const more = power >= 0n ? `${text}.0000000001` : text.replace('e', '.0000000001e');
  return [text, more, `-${text}`];
}

test('text to f64 is the nearest double, or a failure', () => {
  const random = new Random(7);
  const texts = [
    '',
    '+',
    '-',
    '.',
    'e5',
    '1e',
    '1e+',
    '1.',
    '.5',
    '+.5e-3',
    '0x10',
    '1_000',
    ' 1',
    '1 ',
    '1\n',
    '\u0661',
  ];
  texts.push(
    'nan',
    'NaN',
    'NAN',
    '-nan',
    '+NaN',
    'inf',
    '+Inf',
    '-INF',
    'infinity',
    '-Infinity',
    'infinit',
    'infinityx',
  );
  texts.push('1e400', '-1e400', '1e-400', '9'.repeat(400), `0.${'0'.repeat(400)}1e401`, `1${'0'.repeat(5000)}e-5000`);
  texts.push('1e999999999999', '0e999999999999', `${'0'.repeat(30)}7`, '-0', '-0.0e10', 'ınf', 'İnf');
  for (let i = 0; i < SAMPLES / 20; i++) texts.push(numberText(random), ...(i % 10 === 0 ? halfways(random) : []));
  agree(texts, utf8(), f64());
});

function timeText(random: Random): string {
  const ms = random.below(3) === 0 ? (random.below(2 ** 32) - 2 ** 31) * 4_000_000 : random.below(2 ** 32) * 1000;
  const iso = new Date(ms + random.below(86_400_000)).toISOString();
  const forms = [
    iso,
    iso.replace('Z', ''),
    iso.replace('T', ' '),
    iso.slice(0, -5),
    iso.slice(0, -8),
    iso.slice(0, iso.indexOf('T')),
    iso.replace('Z', digits(random, 8) + pick(random, 'Zz')),
    iso.replace('Z', `${pick(random, '+-')}${digits(random, 4)}`),
    iso.replace(
      'Z',
      `${pick(random, '+-')}${String(random.below(26)).padStart(2, '0')}:${String(random.below(62)).padStart(2, '0')}`,
    ),
    iso.replace(
      /-\d\d-\d\d/,
      `-${String(random.below(14)).padStart(2, '0')}-${String(random.below(33)).padStart(2, '0')}`,
    ),
    iso.replace(/T\d\d:\d\d:\d\d/, `t${random.below(30)}:${random.below(70)}:${random.below(70)}`),
  ];
  return spoil(random, forms[random.below(forms.length)]!, '0123456789-:.TZ +\0');
}

test('text to timestamp is what Date reads in the usual form, and the reference in any', () => {
  const random = new Random(8);
  const texts = [
    '',
    '2001',
    '2001-01',
    '2001-02-29',
    '2000-02-29',
    '1900-02-29',
    '2001-00-01',
    '2001-13-01',
    '2001-01-00',
  ];
  texts.push(
    '-000000-01-01',
    '+000000-01-01',
    '0000-01-01',
    '+999999-12-31',
    '-999999-01-01T00:00',
    '2001-01-01T24:00:00Z',
  );
  texts.push('2001-01-01T12', '2001-01-01T12:00:60Z', '2001-01-01T12:00:00.Z', '2001-01-01T12:00:00+5', '2001-01-01Z');
  texts.push(
    '\0\0\0\0\0\0\0\0\0\0T12:00:00Z',
    `2001-01-01T12:00:00.${'9'.repeat(3000)}Z`,
    '978307200000',
    '2001-01-01T12:00:00+05:',
  );
  for (let i = 0; i < SAMPLES / 10; i++) texts.push(timeText(random));
  agree(texts, utf8(), timestamp());
  for (const text of texts) {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?(Z|[+-]\d\d:\d\d)$/.test(text)) continue;
    const found = castValue(text, 'utf8', 'timestamp');
    const ms = Date.parse(text);
    const asDate =
      Number.isNaN(ms) ||
      new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().slice(0, 10) !== text.slice(0, 10) ||
      /T24/.test(text);
    assert.equal(found, asDate ? undefined : BigInt(ms), text);
  }
});

test('a time goes to text and back', () => {
  const random = new Random(9);
  const times = [0n, -1n, 8_640_000_000_000_000n, -8_640_000_000_000_000n, -62_167_219_200_001n, 253_402_300_800_000n];
  for (let i = 0; i < FRAME_ROWS_MAX - 6; i++) {
    times.push(
      ((BigInt(random.below(2 ** 32)) * 4_000_000n + BigInt(random.below(4_000_000))) * (i % 2 === 0 ? 1n : -1n)) %
        8_640_000_000_000_000n,
    );
  }
  const texts = castBatch(times, timestamp(), utf8()) as string[];
  assert.deepEqual(
    texts,
    times.map((time) => new Date(Number(time)).toISOString()),
  );
  assert.deepEqual(castBatch(texts, utf8(), timestamp()), times);
});

test('text to bool is true or false in any case, and nothing else', () => {
  const random = new Random(10);
  const texts = [
    'true',
    'false',
    'TRUE',
    'False',
    'tRuE',
    '',
    't',
    'f',
    '1',
    '0',
    'yes',
    'true ',
    ' true',
    'truefalse',
    'fals',
  ];
  for (let i = 0; i < 2000; i++) texts.push(spoil(random, texts[random.below(5)]!, 'truefalsTRUEFALS \u017f\u212a\0'));
  agree(texts, utf8(), bool());
  assert.deepEqual(castBatch([true, false], bool(), utf8()), ['true', 'false']);
});

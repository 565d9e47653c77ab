/** Columns that are written row by row, frame after frame; above all how texts travel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENCODING_DICTIONARY, ENCODING_PLAIN, TYPE_BOOL, TYPE_I64, TYPE_UTF8 } from '../abi/index.ts';
import { createColumnWriter } from './column-writer.ts';
import { FrameBuilder } from './frame-builder.ts';
import { FrameReader } from './frame-reader.ts';
import { hashDictionary } from './hash-v1.ts';

/** A writer of texts; each call is a frame. */
function textFrames(): (texts: readonly (string | null)[]) => FrameReader {
  const writer = createColumnWriter(TYPE_UTF8, 0);
  const builder = new FrameBuilder([TYPE_UTF8]);
  return (texts) => {
    for (const [row, text] of texts.entries()) writer.put(row, text);
    const frame = new FrameReader(builder.assemble(texts.length, [writer.take(texts.length)]));
    assert.deepEqual(
      texts.map((_, row) => frame.column(0).get(row)),
      texts,
    );
    return frame;
  };
}

const repeated = (count: number, ...texts: readonly (string | null)[]) =>
  Array.from({ length: count }, (_, row) => texts[row % texts.length] ?? null);
const different = (count: number, prefix: string) => Array.from({ length: count }, (_, row) => `${prefix}${row}`);

test('a frame that brings no new text carries the dictionary of the one before', () => {
  const next = textFrames();
  const first = next(repeated(100, 'SEA', 'SFO', null, 'Zürich')).column(0);
  const second = next(repeated(50, 'Zürich', 'SEA')).column(0);
  assert.equal(first.encoding, ENCODING_DICTIONARY);
  assert.equal(second.dictionary?.hash, first.dictionary?.hash);
  assert.deepEqual(second.dictionary?.offsets, first.dictionary?.offsets);
});

test('new texts are entered behind those that are known, and the hash is that of all', () => {
  const next = textFrames();
  const first = next(repeated(100, 'SEA', 'Zürich')).column(0);
  const second = next(repeated(100, '東京', 'SEA', 'JFK')).column(0);
  assert.equal(first.dictionary?.count, 2);
  const { dictionary } = second;
  assert.ok(dictionary);
  assert.deepEqual(
    Array.from({ length: dictionary.count }, (_, id) => new TextDecoder().decode(dictionary.entry(id))),
    ['SEA', 'Zürich', '東京', 'JFK'],
  );
  assert.equal(dictionary.hash, hashDictionary(dictionary.offsets, dictionary.bytes));
});

test('texts that do not repeat travel plain, and are tried as a dictionary again', () => {
  const next = textFrames();
  assert.equal(next(different(200, 'a')).column(0).encoding, ENCODING_PLAIN);
  const encodings = Array.from({ length: 20 }, () => next(repeated(200, 'x', 'é', null)).column(0).encoding);
  const tried = encodings.indexOf(ENCODING_DICTIONARY);
  assert.ok(tried > 0, 'not at once, but soon');
  assert.ok(encodings.slice(tried).every((encoding) => encoding === ENCODING_DICTIONARY));
});

test('a dictionary that has become too large to travel begins anew', () => {
  const next = textFrames();
  const long = (from: number) =>
    Array.from({ length: 4000 }, (_, row) => `${'a long text that takes its place '.repeat(3)}${from + (row % 299)}`);
  // one text comes first and last in every frame: it must not be taken for an entry of the dictionary before
  const counts = Array.from(
    { length: 12 },
    (_, frame) => next(['SEA', ...long(frame * 299), 'SEA']).column(0).dictionary?.count,
  );
  assert.ok(counts.every((count) => count === undefined || count <= 1200));
  assert.deepEqual(counts.slice(0, 2), [300, 599]);
  assert.ok(counts.indexOf(300, 1) > 0, `begins anew: ${counts.join(' ')}`);
  const few = textFrames();
  few(repeated(4096, ...long(0).slice(0, 300)));
  assert.equal(few(repeated(3, long(0)[0]!)).column(0).encoding, ENCODING_PLAIN, 'three rows do not carry 30 KB');
});

test('a byte order mark is part of its text, plain and in a dictionary', () => {
  const next = textFrames();
  next(['\ufeffa', '\ufeff']);
  next(repeated(40, '\ufeffa'));
});

test('characters of several bytes do not shift those behind them', () => {
  const next = textFrames();
  next(['é', 'abc', '', '🛫', 'z', null, '東京']);
  next(['\ud800', 'b', 'lone surrogates become U+FFFD'].map((text) => text.replace('\ud800', '\ufffd')));
});

test('nothing of a frame is left in the next: nulls, bits, halves', () => {
  for (const [type, filled, other] of [
    [TYPE_BOOL, true, false],
    [TYPE_I64, -1n, 3n],
  ] as const) {
    const writer = createColumnWriter(type, 0);
    const builder = new FrameBuilder([type]);
    for (const values of [repeatedOf(13, filled), repeatedOf(9, null), repeatedOf(11, other)]) {
      for (const [row, value] of values.entries()) writer.put(row, value);
      const column = new FrameReader(builder.assemble(values.length, [writer.take(values.length)])).column(0);
      assert.deepEqual(
        values.map((_, row) => column.get(row)),
        values,
      );
      assert.equal(column.validity === undefined, values[0] !== null);
    }
  }
});

function repeatedOf<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value);
}

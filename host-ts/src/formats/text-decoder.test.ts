// CSV and NDJSON case by case: the RFC's, every chunk border, every type, every error with its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROW_BYTES_MAX } from '../abi/index.ts';
import { bool, f64, i32, i64, timestamp, utf8 } from '../schema/index.ts';
import { CsvDecoder, NdjsonDecoder } from './text-decoder.ts';
import { decode, sharedEngine, testEngine } from '../../test/formats/decode-text.ts';
import type { TestInput } from '../../test/formats/decode-text.ts';

const AB = { a: utf8(), b: utf8() };
const ALL = { t: timestamp(), n: i64(), x: f64(), s: utf8(), ok: bool(), i: i32() };
const csv = (schema = AB, more: object = {}): TestInput => ({ format: 'csv', schema, ...more });
const ndjson = (schema: object, more: object = {}): TestInput =>
  ({ format: 'ndjson', schema, ...more }) as unknown as TestInput;
const wide = (schema: object, more: object = {}): TestInput =>
  ({ format: 'csv', schema, ...more }) as unknown as TestInput;

function rowsOf(text: string | Uint8Array, options: TestInput): unknown {
  const { rows, error } = decode(text, options);
  if (error !== undefined) throw error;
  return rows;
}

function errorOf(
  text: string | Uint8Array,
  options: TestInput,
): { code: string; line: unknown; column: unknown; byte: unknown; message: string } {
  const { error } = decode(text, options);
  assert.ok(error !== undefined, 'the text must be refused');
  const { line, column, byte } = error.context;
  return { code: error.code, line, column, byte, message: error.message };
}

test('CSV: quotes, doubled quotes, newlines and delimiters in fields, CRLF and LF, no newline at the end', () => {
  const text = 'a,b\r\n1,2\r\n"x ""y"" z","p,q"\n"two\r\nlines",\n,""\nlast,"end"';
  assert.deepEqual(rowsOf(text, csv()), [
    ['1', '2'],
    ['x "y" z', 'p,q'],
    ['two\r\nlines', null],
    [null, ''],
    ['last', 'end'],
  ]);
});

test('CSV: BOM, blank lines, quotes within plain fields, spaces kept, columns in any order, others ignored', () => {
  const text = '\uFEFFz,b,"a",y\n9, s p ,5" disk,"u"\n\n\r\n"q,""q""\n",x,"",3\n';
  assert.deepEqual(rowsOf(text, csv()), [
    ['5" disk', ' s p '],
    ['', 'x'],
  ]);
});

test('CSV: a header alone, an empty input, and one column with blank lines as nulls', () => {
  assert.deepEqual(rowsOf('a,b\n', csv()), []);
  assert.deepEqual(rowsOf('a,b', csv()), []);
  assert.deepEqual(rowsOf('', csv()), []);
  assert.deepEqual(rowsOf('a\nx\n\ny', wide({ a: utf8() })), [['x'], [null], ['y']]);
});

test('CSV: delimiter, quote, null literal and field names are options', () => {
  assert.deepEqual(rowsOf("a;b\n'1;2';\\N\n'\\N';x\n", csv(AB, { delimiter: ';', quote: "'", nullLiteral: '\\N' })), [
    ['1;2', null],
    ['\\N', 'x'],
  ]);
  assert.deepEqual(rowsOf('"1,2\n', csv(AB, { quote: '', fieldNames: ['b', 'a'] })), [['2', '"1']]);
  assert.throws(() => rowsOf('', csv(AB, { delimiter: '0' })), { code: 'FORMAT_OPTION_INVALID' });
  assert.throws(() => rowsOf('', csv(AB, { fieldNames: ['a'] })), { code: 'FORMAT_OPTION_INVALID' });
});

test('CSV: the null literal stands for null however many columns there are, and in columns of every type', () => {
  const schema = { a: utf8(), b: utf8(), c: utf8(), d: utf8(), e: utf8(), f: utf8(), g: utf8(), h: utf8() };
  const text = 'a,b,c,d,e,f,g,h\nNA,1,NA,2,NA,3,NA,4\n5,NA,6,NA,7,NA,8,NA\n';
  assert.deepEqual(rowsOf(text, wide(schema, { nullLiteral: 'NA' })), [
    [null, '1', null, '2', null, '3', null, '4'],
    ['5', null, '6', null, '7', null, '8', null],
  ]);
  for (const nullLiteral of ['-999', '0', '1.5', '1970-01-01']) {
    const rows =
      't,n,x,s,ok,i\n' + [nullLiteral, nullLiteral, nullLiteral, nullLiteral, 'true', nullLiteral].join() + '\n';
    const nulls = [null, null, null, null, true, null];
    assert.deepEqual(rowsOf(rows + rows.slice(rows.indexOf('\n') + 1).repeat(3), wide(ALL, { nullLiteral })), [
      nulls,
      nulls,
      nulls,
      nulls,
    ]);
  }
});

test('a time stamp is refused that only looks like one', () => {
  const times = wide({ t: timestamp(), s: utf8() });
  for (const text of [
    '+abcdef-01-01',
    '+00-1-0-01-01',
    '\0\0\0\0\0\0\0\0\0\0T12:34:56.789Z',
    '\0\0\0\0\0\0\0\0\0\0T12:34:56',
  ])
    assert.equal(errorOf(`t,s\n${text},x\n`, times).code, 'VALUE_TYPE_MISMATCH', JSON.stringify(text));
});

test('values of every type, in CSV', () => {
  const text = [
    't,n,x,s,ok,i',
    '2001-02-03T04:05:06.789Z,-9223372036854775808,1e-7,é,true,-2147483648',
    '2001-02-03 04:05:06,+9223372036854775807,.5,😀,FALSE,2147483647',
    '2001-02-03,007,NaN,"",,',
    '2001-02-03T04:05+01:30, 12 ,-Infinity,,True,"5"',
    '1000,"1",5.,x,false,0',
    '-000001-12-31T23:59:59.9999Z,12345678,123456789012345678901234567890,y,,12345678',
  ].join('\n');
  assert.deepEqual(rowsOf(text, wide(ALL)), [
    [Date.UTC(2001, 1, 3, 4, 5, 6, 789), -(2n ** 63n), 1e-7, 'é', true, -2147483648],
    [Date.UTC(2001, 1, 3, 4, 5, 6), 2n ** 63n - 1n, 0.5, '😀', false, 2147483647],
    [Date.UTC(2001, 1, 3), 7n, NaN, '', null, null],
    [Date.UTC(2001, 1, 3, 2, 35), 12n, -Infinity, null, true, 5],
    [1000, 1n, 5, 'x', false, 0],
    [Date.parse('-000001-12-31T23:59:59.999Z'), 12345678n, 1.2345678901234568e29, 'y', null, 12345678],
  ]);
});

test('values of every type, in NDJSON', () => {
  const text = [
    '{"t":"2001-02-03T04:05:06.789Z","n":-9223372036854775808,"x":1e-7,"s":"\\u00e9\\n\\ud83d\\ude00\\ud83d","ok":true,"i":7}',
    '{"t":1000,"n":1e3,"x":"NaN","s":"","ok":false,"i":12.0}',
    '{ "i" : null , "x" : -0 }\t\r',
    '{"\\u0073":"by escaped key","extra":{"s":["}",{"n":[1,{}]}]},"n":1,"n":null,"n":2}',
    '  ',
    '{}',
  ].join('\n');
  assert.deepEqual(rowsOf(text, ndjson(ALL)), [
    [Date.UTC(2001, 1, 3, 4, 5, 6, 789), -(2n ** 63n), 1e-7, 'é\n😀\uFFFD', true, 7],
    [1000, 1000n, NaN, '', false, 12],
    [null, null, -0, null, null, null],
    [null, 2n, null, 'by escaped key', null, null],
    [null, null, null, null, null, null],
  ]);
});

test('numbers as timestamps count the unit of the column', () => {
  const schema = { s: timestamp(), us: timestamp(), ns: timestamp() };
  const units = { s: 's', us: 'us', ns: 'ns' };
  const expected = [[1_500_000, -2, 1]];
  assert.deepEqual(rowsOf('{"s":1500,"us":-1500,"ns":1999999}', ndjson(schema, { units })), expected);
  assert.deepEqual(rowsOf('s,us,ns\n1500,-1500,1999999', wide(schema, { units })), expected);
  assert.deepEqual(rowsOf('{"s":1.5}', ndjson(schema, { units })), [[1500, null, null]]);
});

test('dates: only those of the calendar, zones, and ISO forms that Date reads the same way', () => {
  const good = [
    '2000-02-29',
    '1900-03-01T00:00Z',
    '0001-01-01',
    '9999-12-31T23:59:59.999Z',
    '1969-12-31T23:59:59.001-23:59',
  ];
  for (const text of good) {
    assert.deepEqual(rowsOf(`t\n${text}`, wide({ t: timestamp() })), [
      [Date.parse(text.includes('T') ? text : `${text}T00:00Z`)],
    ]);
  }
  const bad = [
    '1900-02-29',
    '2001-13-01',
    '2001-00-01',
    '2001-04-31',
    '2001-1-1',
    '2001-01-01T24:00',
    '2001-01-01T00:60',
    '2001-01-01T00:00:60Z',
    '2001-01-01T',
    '2001-01-01T00:00:00.Z',
    '-000000-01-01',
    '2001-01-01X',
  ];
  for (const text of bad)
    assert.equal(errorOf(`t\n${text}`, wide({ t: timestamp() })).code, 'VALUE_TYPE_MISMATCH', text);
});

test('a chunk may end at every byte', () => {
  const csvText =
    't,n,x,s,ok,i\r\n2001-02-03T04:05:06.789Z,1,"1.5","a ""b""\r\nc",true,5\r\n\r\n,,,"",,\n2001-02-03,22,0.1,ä€😀,false,-1';
  const jsonText =
    '{"t":"2001-02-03T04:05:06.789Z","n":1,"x":0.5,"s":"a\\"\\u00e9","ok":true,"i":5}\r\n\n{"s":"ä€😀","z":[{"a":"]"}]}\n{"n":22}';
  for (const [text, options] of [
    [csvText, wide(ALL)],
    [jsonText, ndjson(ALL)],
  ] as const) {
    const whole = decode(text, options);
    assert.equal(whole.error, undefined);
    assert.equal(whole.rows.length, 3);
    for (let chunkBytes = 1; chunkBytes <= Buffer.byteLength(text); chunkBytes++) {
      const cut = decode(text, { ...options, chunkBytes });
      assert.deepEqual(cut.rows, whole.rows, `chunks of ${chunkBytes}`);
      assert.deepEqual(cut.positions.at(-1), whole.positions.at(-1), `chunks of ${chunkBytes}`);
    }
  }
});

test('a decoder goes on at every position, with lines and fields', () => {
  const lines = Array.from({ length: 40 }, (_, n) =>
    n % 7 === 3 ? `"q\n${n}",${n}\n` : `${n},x${n}\n${n % 5 === 0 ? '\n' : ''}`,
  );
  for (const [text, options] of [
    [`b,a\n${lines.join('')}`, csv()],
    [Array.from({ length: 40 }, (_, n) => `{"a":"${n}","b":"é${n}"}\n`).join(''), ndjson(AB)],
  ] as const) {
    const bytes = new TextEncoder().encode(text);
    const whole = decode(bytes, { ...options, rowsMax: 3 });
    for (const { rows, at } of whole.positions) {
      const rest = decode(bytes.subarray(at.offset), { ...options, position: at });
      assert.deepEqual(rest.rows, whole.rows.slice(rows));
      const end = whole.positions.at(-1)?.at;
      if (rest.rows.length > 0) assert.deepEqual(rest.positions.at(-1)?.at, end);
    }
  }
});

test('CSV errors name line, column and byte; rows before them are delivered', () => {
  const half = decode('a,b\n1,2\n"x\ny",2\n3\n', csv());
  assert.equal(half.rows.length, 2);
  assert.deepEqual(
    [half.error?.code, half.error?.context['line'], half.error?.context['column'], half.error?.context['byte']],
    ['CSV_FIELD_MISSING', 5, 'b', 17],
  );
  const missing = errorOf('a,c\n1,2\n', csv());
  assert.match(missing.message, /CSV_COLUMN_MISSING: input 'test' has no column 'b'; its header is 'a,c\\n'/);
  assert.equal(errorOf('a,b\n1,2,3\n', csv()).code, 'CSV_FIELD_EXTRA');
  assert.equal(errorOf('a,b,c\n1,2\n', csv()).code, 'CSV_FIELD_MISSING');
  assert.equal(errorOf('c,a,b\n1,"2"\n', csv()).code, 'CSV_FIELD_MISSING');
  assert.deepEqual(errorOf('a,b\n1,2\n1,"2\n\n', csv()).code, 'CSV_QUOTE_UNCLOSED');
  assert.equal(errorOf('a,b\n1,2\n1,"2\n\n', csv()).line, 3);
  assert.equal(errorOf('a,b\n"1"x,2\n', csv()).code, 'CSV_QUOTE_UNCLOSED');
  assert.equal(errorOf('c,a,b\n"1"x,2,3\n', csv()).code, 'CSV_QUOTE_UNCLOSED');
  const wrong = errorOf('n,ok\n1,true\n12x,true\n', wide({ n: i64() }));
  assert.match(wrong.message, /line 3, byte 12: column 'n' takes i64, found '12x'/);
  for (const text of ['9223372036854775808', '1.5', '-', '1 2', '0x1']) {
    assert.equal(errorOf(`n\n${text}`, wide({ n: i64() })).code, 'VALUE_TYPE_MISMATCH', text);
  }
  assert.equal(errorOf('n\n2147483648', wide({ n: i32() })).code, 'VALUE_TYPE_MISMATCH');
  assert.equal(errorOf('n\nyes', wide({ n: bool() })).code, 'VALUE_TYPE_MISMATCH');
  for (const text of ['1.5.2', 'e5', '1e', '.', 'nane']) {
    assert.equal(errorOf(`n\n${text}`, wide({ n: f64() })).code, 'VALUE_TYPE_MISMATCH', text);
  }
});

test('NDJSON errors: not JSON, not an object, wrong types; or bad lines are skipped and counted', () => {
  const bad = [
    'x',
    '[1]',
    '5',
    '{',
    '{"n":}',
    '{"n":1',
    '{"n":1}}',
    '{"n":1,}',
    '{n:1}',
    '{"n":01}',
    '{"z":"\\x"}',
    '{"z":"\\u12g4"}',
    '{"z":[1,]}',
    '{"z":[1}',
    '{"z":nul}',
    '{"z":1.}',
    '{"z":-}',
    '{"z":"tab\t"}',
    '{"n":1 "s":2}',
    '{"z":{"a" 1}}',
    '{,}',
  ];
  const schema = { n: i64(), s: utf8() };
  for (const line of bad) {
    assert.throws(() => JSON.parse(line) && assert.ok(line.startsWith('{')), line);
    const error = errorOf(`{"n":1}\n${line}\n{"n":2}\n`, ndjson(schema));
    assert.equal(error.code, 'NDJSON_INVALID', line);
    assert.equal(error.line, 2, line);
  }
  const mismatch = [
    '{"n":"1"}',
    '{"n":1.5}',
    '{"s":1}',
    '{"n":9223372036854775808}',
    '{"n":true}',
    '{"s":{}}',
    '{"n":[1]}',
  ];
  for (const line of mismatch) assert.equal(errorOf(line, ndjson(schema)).code, 'VALUE_TYPE_MISMATCH', line);
  const lines = [...bad, ...mismatch].flatMap((line, n) => [line, `{"n":${n},"s":"k"}`]);
  for (const chunkBytes of [7, 100, 100_000]) {
    const skipping = decode(lines.join('\n'), ndjson(schema, { badLines: 'skip', chunkBytes }));
    assert.equal(skipping.error, undefined);
    assert.equal(skipping.skipped, bad.length + mismatch.length);
    assert.deepEqual(
      skipping.rows,
      [...bad, ...mismatch].map((_, n) => [BigInt(n), 'k']),
    );
  }
});

test('bytes that are not UTF-8 are refused in wanted text', () => {
  for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const text = Buffer.concat([Buffer.from('a,b\nok,1\n'), Buffer.from(bytes), Buffer.from(',2\n')]);
    assert.equal(errorOf(text, csv()).code, 'NOT_UTF8');
    assert.deepEqual(rowsOf(text, wide({ b: i64() })), [[1n], [2n]]);
  }
});

test('a line of 10 MB is refused or skipped within bounded memory, whole or in chunks', () => {
  const long = 'x'.repeat(10_000_000);
  for (const chunkBytes of [65_536, 20_000_000]) {
    const engine = testEngine();
    // the allocator keeps a slab of every size that was ever used
    decode('a,b\n1,2', csv(), engine);
    decode('{"a":"1"}', ndjson(AB), engine);
    const before = engine.memoryUsed;
    const asCsv = decode(`a,b\n1,2\n${long},2\n`, csv(AB, { chunkBytes }), engine);
    assert.deepEqual([asCsv.error?.code, asCsv.error?.context['line']], ['LINE_TOO_LONG', 3]);
    const asJson = decode(`{"a":"1"}\n{"a":"${long}"}\n`, ndjson(AB, { chunkBytes }), engine);
    assert.deepEqual([asJson.error?.code, asJson.error?.context['line']], ['LINE_TOO_LONG', 2]);
    const skipped = decode(
      `{"a":"1"}\n{"a":"${long}"}\n{"a":"2"}\n`,
      ndjson(AB, { chunkBytes, badLines: 'skip' }),
      engine,
    );
    assert.deepEqual([skipped.rows.length, skipped.skipped], [2, 1]);
    const quoted = decode(`a,b\n1,"${long}`, csv(AB, { chunkBytes }), engine);
    assert.match(quoted.error?.code ?? '', /^(LINE_TOO_LONG|CSV_QUOTE_UNCLOSED)$/);
    assert.equal(engine.memoryUsed, before, 'everything is given back');
  }
  const most = 'y'.repeat(ROW_BYTES_MAX - 3);
  assert.deepEqual(rowsOf(`a,b\n${most},2\n`, csv(AB, { chunkBytes: 1000 })), [[most, '2']]);
});

test('a column whose dictionary overflows goes on plain, in the same order', () => {
  const values = Array.from({ length: 30_000 }, (_, n) => `value number ${n % 9000} of many`);
  const asCsv = decode(`a,b\n${values.map((v, n) => `${v},${n % 3}`).join('\n')}`, csv());
  assert.deepEqual(
    asCsv.rows,
    values.map((v, n) => [v, String(n % 3)]),
  );
  const asJson = decode(values.map((v) => `{"a":"${v}"}`).join('\n'), ndjson({ a: utf8() }));
  assert.deepEqual(
    asJson.rows,
    values.map((v) => [v]),
  );
});

test('a decoder that is out of memory says so', () => {
  const engine = testEngine(2 * 1024 * 1024);
  assert.throws(
    () => {
      const decoders = Array.from({ length: 50 }, () => new CsvDecoder(engine, { inputName: 'test', schema: AB }));
      for (const decoder of decoders) decoder.free();
    },
    { code: 'ENGINE_OUT_OF_MEMORY' },
  );
  assert.ok(sharedEngine.memoryUsed >= 0);
});

test('a line for which there is no memory is no bad line: it is not skipped', () => {
  const engine = testEngine(4 * 1024 * 1024);
  const decoder = new NdjsonDecoder(engine, { inputName: 'test', schema: { a: utf8() }, badLines: 'skip' });
  const long = `{"a":"\\n${'x'.repeat(200_000)}"}\n`;
  const lines = new TextEncoder().encode(`{"a":"first"}\n${long}`);
  decoder.push(lines, true);
  assert.equal(decoder.next(1)?.rows, 1);
  for (let bytes = 1 << 20; bytes >= 1 << 12; bytes >>= 1) {
    try {
      for (;;) engine.alloc(bytes);
    } catch {
      // so much is not there any more
    }
  }
  assert.throws(() => decoder.next(1), { code: 'ENGINE_OUT_OF_MEMORY' });
  assert.equal(decoder.skipped, 0);
});

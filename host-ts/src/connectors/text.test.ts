// CSV and NDJSON through the real engine: splits, resuming at any row, streams, bad input.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Engine } from '../engine/index.ts';
import { streamSource } from '../platform/index.ts';
import { bool, f64, i64, timestamp, utf8 } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { RowStore } from '../table/index.ts';
import type { Json } from '../base/index.ts';
import { bytesSource, contextOf, fakePlatform } from '../../test/connectors/fake-home.ts';
import type { Connector, ConnectorFactory, SplitDescription } from './contract.ts';
import { csvConnector, ndjsonConnector } from './text.ts';

const WASM = new URL('../../../engine-as/build/engine.wasm', import.meta.url);
assert.ok(existsSync(WASM), 'build the engine first: npm run build:engine');
const module = new WebAssembly.Module(readFileSync(WASM));
const newEngine = (): Promise<Engine> => Promise.resolve(Engine.create(module, { memoryBytesMax: 0 }));

const FIXTURE = new URL('../../../demo/data/', import.meta.url);
const FLIGHTS = { date: timestamp(), delay: i64(), distance: i64(), origin: utf8(), destination: utf8() };
const SCHEMA = { n: i64(), name: utf8(), x: f64(), ok: bool() } satisfies Schema;

type Row = Readonly<Record<string, RowValue>>;

function open(
  factory: ConnectorFactory,
  text: string | Uint8Array,
  schema: Schema,
  options: Json = {},
): Promise<Connector> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const location = { kind: 'bytes', bytes, name: 'text' } as const;
  return factory(
    { connector: 'text', location, options },
    contextOf(schema, { platform: fakePlatform(bytesSource(bytes)) }),
  );
}

interface Read {
  readonly rows: Row[];
  readonly position: Json;
  readonly skipped: number;
}

async function read(
  connector: Connector,
  split: SplitDescription,
  schema: Schema,
  from: Json = null,
  rowsMax = Infinity,
): Promise<Read> {
  const engine = await newEngine();
  const reader = await connector.openSplit(split, from, engine);
  const store = new RowStore(schema, []);
  try {
    while (store.rows < rowsMax) {
      const result = reader.poll(Math.min(64, rowsMax - store.rows));
      if (result.kind === 'end') break;
      if (result.kind === 'wait') await reader.ready();
      else store.append(engine.frameBytes(result.framePtr));
    }
    const rows = Array.from({ length: store.rows }, (_, row) => store.row(row));
    return { rows, position: JSON.parse(JSON.stringify(reader.position())) as Json, skipped: reader.skippedRows };
  } finally {
    reader.close();
  }
}

async function readAll(connector: Connector, schema: Schema): Promise<Row[][]> {
  const { splits } = await connector.enumerate();
  return Promise.all(splits.map(async (split) => (await read(connector, split, schema)).rows));
}

test('the fixture: NDJSON in its five splits, and CSV', async () => {
  const facts = JSON.parse(readFileSync(new URL('fixture.json', FIXTURE), 'utf8')) as {
    splitBytes: number;
    rows: number[];
  };
  const text = readFileSync(new URL('fixture.ndjson', FIXTURE));
  const options = { splitBytes: facts.splitBytes };
  const splits = await readAll(await open(ndjsonConnector, new Uint8Array(text), FLIGHTS, options), FLIGHTS);
  assert.deepEqual(
    splits.map((rows) => rows.length),
    facts.rows,
  );
  const want = text
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const big = (value: unknown): unknown => (typeof value === 'number' ? BigInt(value) : value);
  assert.deepEqual(
    splits.flat(),
    want.map((row) => ({
      ...row,
      date: Date.parse(String(row['date'])),
      delay: big(row['delay']),
      distance: big(row['distance']),
    })),
  );
  const csv = await readAll(
    await open(csvConnector, new Uint8Array(readFileSync(new URL('fixture.csv', FIXTURE))), FLIGHTS),
    FLIGHTS,
  );
  assert.deepEqual(csv, [splits[0]]);
});

const LINES = Array.from({ length: 700 }, (_, n) => ({
  n: BigInt(n),
  name: `${'name '.repeat(n % 9)}${n}`,
  x: n / 8,
  ok: n % 3 === 0,
}));
const NDJSON = LINES.map(({ n, ...rest }) => JSON.stringify({ n: Number(n), ...rest })).join('\n');
const CSV = `name,extra,ok,n,x\n${LINES.map(({ n, name, x, ok }) => `"${name}",?,${ok},${n},${x}`).join('\r\n')}`;

test('every line is in exactly one split, wherever the ranges end', async () => {
  for (const splitBytes of [4096, 5000, 7777, 20_000]) {
    const splits = await readAll(await open(ndjsonConnector, NDJSON, SCHEMA, { splitBytes }), SCHEMA);
    assert.equal(splits.length, Math.ceil(NDJSON.length / splitBytes));
    assert.deepEqual(splits.flat(), LINES);
  }
});

test('reading goes on behind any row', async () => {
  for (const [factory, text] of [
    [ndjsonConnector, NDJSON],
    [csvConnector, CSV],
  ] as const) {
    const connector = await open(factory, text, SCHEMA);
    const [split] = (await connector.enumerate()).splits;
    for (const stop of [1, 63, 65, 640, 700]) {
      const first = await read(connector, split!, SCHEMA, null, stop);
      assert.equal(first.rows.length, stop);
      const rest = await read(connector, split!, SCHEMA, first.position);
      assert.deepEqual([...first.rows, ...rest.rows], LINES);
    }
  }
});

test('a stream is read once', async () => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < NDJSON.length; at += 999)
        controller.enqueue(new TextEncoder().encode(NDJSON.slice(at, at + 999)));
      controller.close();
    },
  });
  const platform = { ...fakePlatform(), open: () => Promise.resolve(streamSource('s', stream)) };
  const location = { kind: 'stream', stream, name: 's' } as const;
  const connector = await ndjsonConnector(
    { connector: 'ndjson', location, options: {} },
    contextOf(SCHEMA, { platform }),
  );
  assert.equal(connector.replayable, false);
  const [split] = (await connector.enumerate()).splits;
  assert.equal(stream.locked, false, 'enumerating leaves the stream alone, so that it can still be sent to a slot');
  const { rows, position } = await read(connector, split!, SCHEMA);
  assert.deepEqual(rows, LINES);
  await assert.rejects(read(connector, split!, SCHEMA, position), { code: 'SOURCE_NOT_REPLAYABLE' });
});

test('bad lines fail the job, or are skipped and counted', async () => {
  const text = '{"n":1}\nnot json\n{"n":2}\n{"n":"x"}\n{"n":3}\n';
  const schema = { n: i64() };
  await assert.rejects(
    open(ndjsonConnector, text, schema).then((connector) => readAll(connector, schema)),
    (error: Error & { code: string; context: object }) => {
      assert.equal(error.code, 'NDJSON_INVALID');
      assert.match(error.message, /line 2/);
      assert.match(error.message, /input 'things'/);
      return true;
    },
  );
  const connector = await open(ndjsonConnector, text, schema, { badLines: 'skip' });
  const [split] = (await connector.enumerate()).splits;
  const { rows, skipped } = await read(connector, split!, schema);
  assert.deepEqual(rows, [{ n: 1n }, { n: 2n }, { n: 3n }]);
  assert.equal(skipped, 2);
});

test('what CSV and NDJSON can do wrong has a code', async () => {
  const schema = { a: i64(), b: utf8() };
  const cases: readonly (readonly [ConnectorFactory, string, string])[] = [
    [csvConnector, 'a,b\n1,x\n2\n', 'CSV_FIELD_MISSING'],
    [csvConnector, 'a,b\n1,x,y\n', 'CSV_FIELD_EXTRA'],
    [csvConnector, 'a,b\n1,"x\n', 'CSV_QUOTE_UNCLOSED'],
    [csvConnector, 'a,b\nq,x\n', 'VALUE_TYPE_MISMATCH'],
    [csvConnector, 'a,c\n1,x\n', 'CSV_COLUMN_MISSING'],
    [csvConnector, `a,b\n1,${'x'.repeat(10_000_000)}\n`, 'LINE_TOO_LONG'],
    [ndjsonConnector, `{"a":1,"b":"${'x'.repeat(10_000_000)}"}\n`, 'LINE_TOO_LONG'],
    [ndjsonConnector, '{"a":true}\n', 'VALUE_TYPE_MISMATCH'],
    [ndjsonConnector, '{"a":1,\n', 'NDJSON_INVALID'],
  ];
  for (const [factory, text, code] of cases) {
    await assert.rejects(
      open(factory, text, schema).then((connector) => readAll(connector, schema)),
      { code },
      text.slice(0, 30),
    );
  }
  await assert.rejects(open(ndjsonConnector, '', schema, { splitBytes: 10 }), { code: 'INPUT_INVALID' });
  await assert.rejects(
    open(csvConnector, 'a\n', schema, { delimiter: ';;' }).then((c) => readAll(c, schema)),
    { code: 'FORMAT_OPTION_INVALID' },
  );
});

test('empty inputs have no rows', async () => {
  assert.deepEqual(await readAll(await open(ndjsonConnector, '', SCHEMA), SCHEMA), [[]]);
  assert.deepEqual(await readAll(await open(ndjsonConnector, '\n \n', SCHEMA), SCHEMA), [[]]);
  assert.deepEqual(await readAll(await open(csvConnector, 'n,name,x,ok\n', SCHEMA), SCHEMA), [[]]);
});

test('reading a split again and again takes no more memory', async () => {
  const engine = await newEngine();
  const used: number[] = [];
  for (let round = 0; round < 12; round++) {
    const connector = await open(ndjsonConnector, NDJSON, SCHEMA);
    const reader = await connector.openSplit((await connector.enumerate()).splits[0]!, null, engine);
    while (reader.poll(64).kind !== 'end');
    reader.close();
    reader.close();
    used.push(engine.memoryUsed);
  }
  assert.equal(used.at(-1), used[2]);
});

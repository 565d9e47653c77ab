// The dashboard's parts that need no page: folding of results, search by key, hashing, rates, the graph's layout.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import type { TableHandle, TableRow } from 'sluice';
import { flowOut, graphModel, vertexTotals } from '../src/graph/graph-model.ts';
import { layoutGraph } from '../src/graph/layout.ts';
import { formatBytes, formatCompact, formatEventTime, formatPercent, formatWatermark } from '../src/format.ts';
import { compareBytes, findPrefix } from '../src/results/key-search.ts';
import { ResultStore } from '../src/results/result-store.ts';
import type { ResultView } from '../src/results/result-view.ts';
import { Sha256 } from '../src/results/sha256.ts';
import { hashTable } from '../src/results/table-hash.ts';
import { RateMeter } from '../src/run/rates.ts';

const HOUR_MS = 3_600_000;
const VIEW: ResultView = {
  table: 't',
  key: 'origin',
  keyLabel: 'origin',
  windowMs: HOUR_MS,
  slideMs: HOUR_MS,
  chart: { title: '', column: 'flights', unit: 'count', fold: 'sum' },
  ranking: { title: '', column: 'flights', unit: 'count', fold: 'sum', over: 'total' },
  columnLabels: {},
};

const row = (origin: string, hour: number, flights: number): TableRow => ({
  origin,
  window_start: hour * HOUR_MS,
  window_end: (hour + 1) * HOUR_MS,
  flights: BigInt(flights),
});

test('rows that come again replace, and never count twice', () => {
  const store = new ResultStore(VIEW);
  store.apply([row('A', 0, 3), row('B', 0, 4), row('A', 1, 5)]);
  store.apply([row('A', 0, 3), row('B', 0, 6)]);
  assert.equal(store.rowCount, 3);
  assert.deepEqual(store.series(-Infinity, HOUR_MS), [
    [0, 3600],
    [9, 5],
  ]);
  assert.deepEqual(store.ranking(5), [
    { key: 'A', value: 8, amount: 8 },
    { key: 'B', value: 6, amount: 6 },
  ]);
});

test('windows without rows count nothing, windows join into longer ones, and order does not matter', () => {
  const store = new ResultStore(VIEW);
  store.apply([row('A', 30, 1), row('A', 2, 2), row('A', 0, 4)]);
  assert.deepEqual(store.series(0, HOUR_MS), [
    [0, 3600, 7200, 10_800, 29 * 3600, 30 * 3600],
    [4, 0, 2, 0, 0, 1],
  ]);
  assert.deepEqual(store.series(0, 24 * HOUR_MS), [
    [0, 86_400],
    [6, 1],
  ]);
});

test('a share is the ratio of the sums; overlapping windows beyond the end of the input are left out', () => {
  const measure = { column: 'late', divisor: 'flights', unit: 'percent', fold: 'sum' } as const;
  const store = new ResultStore({
    ...VIEW,
    windowMs: 2 * HOUR_MS,
    chart: { title: '', ...measure },
    ranking: { title: '', ...measure, over: 'latest' },
  });
  store.apply([
    { origin: 'A', window_start: 0, late: 1n, flights: 2n },
    { origin: 'B', window_start: 0, late: 0n, flights: 2n },
    { origin: 'A', window_start: HOUR_MS, late: 1n, flights: 1n },
  ]);
  assert.deepEqual(store.series(-Infinity, HOUR_MS), [
    [3600, 7200],
    [0.25, 1],
  ]);
  store.ended = true;
  assert.deepEqual(store.series(-Infinity, HOUR_MS), [[3600], [0.25]]);
  assert.deepEqual(store.ranking(1), [{ key: 'A', value: 0.5, amount: 1 }]);
});

test('maxima fold keys and windows by the largest, and a null is no value', () => {
  const measure = { column: 'worst', unit: 'number', fold: 'max' } as const;
  const store = new ResultStore({
    ...VIEW,
    chart: { title: '', ...measure },
    ranking: { title: '', ...measure, over: 'total' },
  });
  store.apply([
    { origin: 'A', window_start: 0, worst: -5 },
    { origin: 'B', window_start: 0, worst: null },
  ]);
  assert.deepEqual(store.series(-Infinity, HOUR_MS), [[0], [-5]]);
  assert.deepEqual(store.ranking(5), [{ key: 'A', value: -5, amount: -5 }]);
});

/** A table over rows in key order that may grow between two reads. */
function tableOf(rows: TableRow[], afterScan: () => void = () => undefined): TableHandle {
  const refuse = (): never => assert.fail('not used');
  return {
    columns: () =>
      Promise.resolve(
        Object.keys(rows[0]!).map((name) => ({ name, type: name.startsWith('window') ? 'timestamp' : 'x' })),
      ),
    rowCount: () => Promise.resolve(rows.length),
    scan: ({ offset = 0, limit = 1000 } = {}) => {
      const found = rows.slice(offset, offset + limit);
      afterScan();
      return Promise.resolve(found);
    },
    get: refuse,
    frames: refuse,
    subscribe: refuse,
  };
}

test('a search finds all rows whose key begins with the text, in the order of UTF-8 bytes', async () => {
  const keys = ['', 'A', 'AB', 'ABC', 'ABD', 'AC', 'B', 'é', '\uffee', '😀', '😀a'];
  const rows = keys.flatMap((key) => Array.from({ length: 40 }, (_, hour) => row(key, hour, 1)));
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(keys.toSorted(compareBytes), sorted);
  for (const prefix of ['A', 'AB', 'ABD', 'B', 'é', '😀', 'nowhere', '\uffee']) {
    const from = rows.findIndex(({ origin }) => String(origin).startsWith(prefix));
    const count = rows.filter(({ origin }) => String(origin).startsWith(prefix)).length;
    const found = await findPrefix(tableOf(rows), 'origin', prefix);
    assert.equal(found.to - found.from, count, prefix);
    if (count > 0) assert.equal(found.from, from, prefix);
  }
});

test('SHA-256 over pieces is that of the whole', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 255);
    for (const piece of [1, 13, 64, 1000]) {
      const hash = new Sha256();
      for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, at + piece));
      assert.equal(hash.finish(), createHash('sha256').update(bytes).digest('hex'), `${length} by ${piece}`);
    }
  }
});

test('a table is hashed as it is printed, also while newer rows push others back', async () => {
  const final = Array.from({ length: 3 }, (_, key) =>
    Array.from({ length: 5_000 }, (_, hour) => row(`K${key}`, hour, hour)),
  ).flat();
  const text = final.map(({ origin, window_start, window_end, flights }) => {
    const iso = (ms: TableRow[string] | undefined): string => new Date(Number(ms)).toISOString();
    return `{"origin":"${origin}","window_start":"${iso(window_start)}","window_end":"${iso(window_end)}","flights":${flights}}\n`;
  });
  const sha256 = createHash('sha256').update(text.join('')).digest('hex');
  assert.deepEqual(await hashTable(tableOf(final)), { sha256, rows: final.length });

  const growing = [...final];
  let hour = 5_000;
  const grow = (): void => {
    for (let n = 0; n < 700; n++, hour++)
      growing.splice(
        growing.findIndex(({ origin }) => origin === 'K1'),
        0,
        row('K0', hour, 1),
      );
  };
  const untilMs = 5_000 * HOUR_MS;
  assert.deepEqual(await hashTable(tableOf(growing, grow), { untilMs }), { sha256, rows: final.length });
});

test('rates are differences over about a second, and begin again with an attempt', () => {
  const meter = new RateMeter();
  const sample = (rowsIn: number, elapsedMs: number, busyMs: number) => ({
    subtasks: [
      {
        vertex: 0,
        slot: 1,
        rowsIn,
        rowsOut: rowsIn / 2,
        bytesIn: 0,
        bytesOut: rowsIn * 8,
        busyMs,
        backpressuredMs: 0,
        idleMs: elapsedMs - busyMs,
        watermark: null,
        lateRows: 0,
        skippedRows: 0,
        stateBytes: 4,
        stateKeys: 1,
      },
    ],
    checkpoints: [],
  });
  meter.note(sample(0, 0, 0), 0);
  const rates = meter.note(sample(1000, 500, 250), 500);
  assert.equal(rates.get('0/1')?.rowsInPerSecond, 2000);
  assert.equal(rates.get('0/1')?.busy, 0.5);
  assert.deepEqual(flowOut(0, rates), { rowsPerSecond: 1000, bytesPerSecond: 16_000 });
  assert.equal(meter.note(sample(10, 20, 10), 700).get('0/1')?.rowsInPerSecond, 0);
  assert.deepEqual(vertexTotals(0, sample(1, 1, 1)).stateBytes, 4);
});

test('the graph lies from left to right where there is room, else from top to bottom, without overlaps', () => {
  const chain = (id: string) => ({ id, vertex: undefined, title: id, steps: [] });
  const edge = (from: string, to: string) => ({ id: from + to, from, to, label: '', sender: 0, kind: 'hash' as const });
  const model = {
    nodes: ['a', 'b', 'c', 'd'].map(chain),
    edges: [edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')],
  };
  for (const [width, across] of [
    [1000, true],
    [340, false],
  ] as const) {
    const placed = layoutGraph(model, () => 100, width);
    assert.equal(placed.across, across);
    const boxes = [...placed.nodes.values()];
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        assert.ok(apart, JSON.stringify([a, b]));
      }
    }
    if (across) assert.ok(placed.width <= width);
  }
});

test('a vertex is described by the library’s own words', () => {
  const plan = [
    '  vertex 0  flights',
    '    native   filter delay > 15',
    '    native   project a, late$where = delay > 15',
    '  vertex 1  window-1',
    '    native   window tumble 1 h on date: flights = count(), late = count() where late$where',
  ].join('\n');
  const base = { inSchema: {}, outSchema: {}, input: { kind: 'edges' as const }, stages: [] };
  const output = {
    kind: 'fan' as const,
    forward: [],
    sinks: [{ kind: 'table' as const, uid: 't', name: 'out', key: ['k'] }],
  };
  const model = graphModel(
    {
      version: 1,
      name: 'j',
      keyGroups: 128,
      warnings: [],
      edges: [{ id: 0, from: 0, to: 1, kind: 'hash', keys: ['k'] }],
      vertices: [
        { ...base, id: 0, name: 'flights', output: { kind: 'exchange', edge: 0 } },
        { ...base, id: 1, name: 'window-1', output },
      ],
    },
    plan,
  );
  assert.deepEqual(
    model.nodes.map(({ title }) => title),
    ['Flights', 'Window-1', 'out'],
  );
  assert.deepEqual(
    model.nodes[1]?.steps.map(({ label, text }) => `${label} ${text}`),
    ['flights count()', 'late count() where delay > 15'],
  );
  assert.deepEqual(
    model.edges.map(({ from, to }) => `${from}→${to}`),
    ['v0→v1', 'v1→s1.0'],
  );
});

test('numbers and times', () => {
  assert.deepEqual([0, 999, 1000, 12_345, 999_900, 3e6].map(formatCompact), [
    '0',
    '999',
    '1 k',
    '12.3 k',
    '1.00 M',
    '3 M',
  ]);
  assert.deepEqual([12, 1500, 2.5e6].map(formatBytes), ['12 B', '1.50 kB', '2.50 MB']);
  assert.deepEqual([0, 0.034, 0.25].map(formatPercent), ['0 %', '3.4 %', '25 %']);
  assert.equal(formatEventTime(Date.UTC(2001, 0, 2, 3, 4)), '2001-01-02 03:04');
  assert.equal(formatWatermark(Date.UTC(2001, 0, 2) - 1), '2001-01-02 00:00');
  assert.equal(formatWatermark(Number(2n ** 63n - 1n)), 'end of input');
});

// Jobs of every shape that the two flight jobs lack, with inputs by seed and a plain model of each answer:
// closures (map, filter, flatMap) before and behind windows, late rows, a union, a window over windows, several sinks.
// A model knows splits and the rule of lateness, and nothing of Sluice.
import { avg, count, input, job, max, min, minutes, seconds, sum, toFile, tumble, hop } from '../../src/api/index.ts';
import type { JobDefinition } from '../../src/api/index.ts';
import { rows } from '../../src/connectors/index.ts';
import type { InputBinding } from '../../src/connectors/index.ts';
import { col } from '../../src/expr/index.ts';
import { i64, timestamp, utf8 } from '../../src/schema/index.ts';
import { Random } from '../../src/testing/index.ts';

export interface Order {
  readonly id: number;
  readonly time: number;
  readonly user: string | null;
  readonly amount: number | null;
  readonly words: string;
}

type Row = Readonly<Record<string, string | number | null>>;
export type Answer = Readonly<Record<string, readonly Row[]>>;
type Splits = readonly (readonly Order[])[];

export interface Graph {
  readonly job: JobDefinition;
  readonly inputs: Readonly<Record<string, Splits>>;
  /** Every table in key order, as `--json` prints it; 'out.csv' and 'out.ndjson' are files, sorted by line. */
  readonly answer: Answer;
}

const OUT_OF_ORDER_MS = 2_000;
const START_MS = Date.UTC(2024, 1, 29, 23, 58);
const USERS = ['ann', 'Bob', 'Çelik', 'dōmo', 'eve', '', 'a user with a name longer than a slot', '🛫'];
const WORDS = ['tea', 'rice', 'Öl', 'bread', 'salt'];
const MINUTE_MS = 60_000;

const orderSchema = { id: i64(), time: timestamp(), user: utf8(), amount: i64(), words: utf8() };
const wordSchema = { id: i64(), time: timestamp(), user: utf8(), word: utf8(), amount: i64() };

/** Splits of unequal length, in time order but for disorder within the bound and some rows truly late. */
export function orders(seed: number, count: number, splits: number, idFrom = 0): Splits {
  const random = new Random(seed);
  const ends = [...Array.from({ length: splits - 1 }, () => random.below(count)), count].sort((a, b) => a - b);
  let id = 0;
  return ends.map((end) => {
    const list: Order[] = [];
    for (; id < end; id++) list.push(order(random, id, idFrom));
    return list;
  });
}

function order(random: Random, id: number, idFrom: number): Order {
  const behindMs = random.chance(0.04) ? random.between(70_000, 900_000) : random.below(OUT_OF_ORDER_MS);
  const words = Array.from({ length: random.below(4) }, () => random.pick(WORDS));
  return {
    id: idFrom + id,
    time: START_MS + id * 400 - behindMs,
    user: random.chance(0.05) ? null : random.pick(USERS),
    amount: random.chance(0.05) ? null : random.between(-500, 9_000),
    words: words.join(' '),
  };
}

/** Bindings of a graph's inputs as rows given at the start. */
export function bound(graph: Graph): Readonly<Record<string, InputBinding>> {
  return Object.fromEntries(Object.entries(graph.inputs).map(([name, splits]) => [name, rows(splits)]));
}

// ---- closures before and behind a window, late rows on through them -----------------------------

const closuresJob = job('closures', (env) => {
  const words = env
    .source(input('orders', orderSchema))
    .watermarks({ column: 'time', outOfOrder: OUT_OF_ORDER_MS })
    .map(
      ({ id, time, user, amount, words: text }) => ({ id, time, user: user ?? 'nobody', amount, words: text }),
      orderSchema,
    )
    .filter(({ words: text }) => text !== '')
    .flatMap(function* ({ id, time, user, amount, words: text }) {
      for (const word of text?.split(' ') ?? [])
        yield { id, time, user, word, amount: amount === null ? null : amount * 2n };
    }, wordSchema);
  const windows = words
    .keyBy('user', 'word')
    .window(tumble(minutes(1)))
    .aggregate({ n: count(), total: sum('amount') });
  windows
    .late()
    .map(({ id, word, time }) => ({ id, word: word?.toUpperCase() ?? null, time }), {
      id: i64(),
      word: utf8(),
      time: timestamp(),
    })
    .keyBy('id', 'word')
    .window(tumble(minutes(10)))
    .aggregate({ times: count() })
    .late()
    .filter(({ id }) => id !== null)
    .sink(env.table('twice_late', { key: ['id', 'word'] }));
  windows
    .late()
    .filter(({ word }) => word !== 'salt')
    .sink(env.table('late', { key: ['id', 'word'] }));
  windows
    .map(({ user, word, window_start, n, total }) => ({ user, word, window_start, line: `${n} for ${total}` }), {
      user: utf8(),
      word: utf8(),
      window_start: timestamp(),
      line: utf8(),
    })
    .sink(env.table('lines', { key: ['user', 'word', 'window_start'] }));
});

function closuresAnswer(splits: Splits): Answer {
  const cells = new Map<string, { user: string; word: string; start: number; n: number; total: number | null }>();
  const late = new Map<string, Row>();
  const twiceLate = new Map<string, Row>();
  for (const { row, watermark } of judged(splits)) {
    for (const word of row.words === '' ? [] : row.words.split(' ')) {
      const user = row.user ?? 'nobody';
      const start = floor(row.time, MINUTE_MS);
      if (start + MINUTE_MS - 1 <= watermark) {
        const { id, time } = row;
        const amount = row.amount === null ? null : row.amount * 2;
        if (word !== 'salt') late.set(JSON.stringify([id, word]), { id, word, time: iso(time), user, amount });
        const again = floor(time, 10 * MINUTE_MS) + 10 * MINUTE_MS - 1 <= watermark;
        const upper = word.toUpperCase();
        if (again) twiceLate.set(JSON.stringify([id, upper]), { id, word: upper, time: iso(time) });
        continue;
      }
      const key = JSON.stringify([user, word, start]);
      const cell = cells.get(key) ?? { user, word, start, n: 0, total: null };
      cells.set(key, cell);
      cell.n += 1;
      if (row.amount !== null) cell.total = (cell.total ?? 0) + row.amount * 2;
    }
  }
  const lines = [...cells.values()].map(({ user, word, start, n, total }): Row => ({
    user,
    word,
    window_start: iso(start),
    line: `${n} for ${total}`,
  }));
  return {
    twice_late: inKeyOrder([...twiceLate.values()], ['id', 'word']),
    late: inKeyOrder([...late.values()], ['id', 'word']),
    lines: inKeyOrder(lines, ['user', 'word', 'window_start']),
  };
}

// ---- a union of two inputs, windows over windows --------------------------------------------------

const unionJob = job('union and two windows', (env) => {
  const source = (name: string) =>
    env.source(input(name, orderSchema)).watermarks({ column: 'time', outOfOrder: OUT_OF_ORDER_MS });
  const dear = source('shop').filter(col('amount').gt(1_000)).uid('dear');
  const perUser = source('web')
    .union(dear)
    .keyBy('user')
    .window(tumble(minutes(1)))
    .aggregate({ orders: count(), total: sum('amount') })
    .uid('per user');
  perUser.sink(env.table('per_user', { key: ['user', 'window_start'] }));
  perUser
    .select({ minute_total: col('total'), orders: col('orders'), closed: col('window_end'), user: col('user') })
    .keyBy('orders')
    .window(hop(minutes(10), minutes(5)))
    .aggregate({ users: count(), best: max('minute_total'), mean: avg('minute_total'), last: max('user') })
    .uid('per count')
    .sink(env.table('per_count', { key: ['orders', 'window_start'] }));
});

interface PerUser {
  readonly user: string | null;
  readonly start: number;
  orders: number;
  total: number | null;
}

function unionAnswer(web: Splits, shop: Splits): Answer {
  const perUser = new Map<string, PerUser>();
  const all = [...judged(web), ...[...judged(shop)].filter(({ row }) => (row.amount ?? 0) > 1_000)];
  for (const { row, watermark } of all) {
    const start = floor(row.time, MINUTE_MS);
    if (start + MINUTE_MS - 1 <= watermark) continue;
    const key = JSON.stringify([row.user, start]);
    const cell = perUser.get(key) ?? { user: row.user, start, orders: 0, total: null };
    perUser.set(key, cell);
    cell.orders += 1;
    if (row.amount !== null) cell.total = (cell.total ?? 0) + row.amount;
  }
  const perCount = new Map<string, { orders: number; start: number; totals: (number | null)[]; last: string | null }>();
  for (const { user, start, orders: n, total } of perUser.values()) {
    const time = start + MINUTE_MS - 1;
    for (const from of [floor(time, 5 * MINUTE_MS), floor(time, 5 * MINUTE_MS) - 5 * MINUTE_MS]) {
      const key = JSON.stringify([n, from]);
      const cell = perCount.get(key) ?? { orders: n, start: from, totals: [], last: null };
      perCount.set(key, cell);
      cell.last = further(cell.last, user, 1);
      cell.totals.push(total);
    }
  }
  const first = [...perUser.values()].map(({ user, start, orders: n, total }): Row => ({
    user,
    ...window(start, MINUTE_MS),
    orders: n,
    total,
  }));
  const second = [...perCount.values()].map(({ orders: n, start, totals, last }): Row => {
    const known = totals.filter((total) => total !== null);
    const best = known.length === 0 ? null : Math.max(...known);
    const mean = known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
    return { orders: n, ...window(start, 10 * MINUTE_MS), users: totals.length, best, mean, last };
  });
  return {
    per_user: inKeyOrder(first, ['user', 'window_start']),
    per_count: inKeyOrder(second, ['orders', 'window_start']),
  };
}

// ---- one stream, many sinks -----------------------------------------------------------------------

/** Files go to the folder that the job is started with; without one they are left out. */
const sinksJob = job('many sinks', (env) => {
  const folder = typeof env.parameters === 'string' ? env.parameters : undefined;
  const windows = env
    .source(input('orders', orderSchema))
    .watermarks({ column: 'time', outOfOrder: OUT_OF_ORDER_MS })
    .keyBy('user')
    .window(tumble(seconds(30)))
    .aggregate({ n: count(), most: max('amount'), first: min('words'), last: max('words') });
  windows.sink(env.table('sums', { key: ['window_start', 'user'] }));
  const late = windows.late();
  late.sink(env.table('late', { key: ['id'] }));
  if (folder === undefined) return;
  windows.sink(toFile(`${folder}/out.csv`, 'csv'));
  windows.filter(col('n').gt(1)).sink(toFile(`${folder}/out.ndjson`, 'ndjson'));
  late.filter((row) => row.words !== '').sink(toFile(`${folder}/late.csv`, 'csv'));
});

interface Sums {
  readonly user: string | null;
  readonly start: number;
  n: number;
  most: number | null;
  first: string | null;
  last: string | null;
}

function sinksAnswer(splits: Splits): Answer {
  const sizeMs = 30_000;
  const cells = new Map<string, Sums>();
  const late: Row[] = [];
  for (const { row, watermark } of judged(splits)) {
    const start = floor(row.time, sizeMs);
    if (start + sizeMs - 1 <= watermark) {
      late.push({ ...row, time: iso(row.time) });
      continue;
    }
    const key = JSON.stringify([row.user, start]);
    const cell = cells.get(key) ?? { user: row.user, start, n: 0, most: null, first: null, last: null };
    cells.set(key, cell);
    cell.n += 1;
    if (row.amount !== null) cell.most = Math.max(cell.most ?? -Infinity, row.amount);
    cell.first = further(cell.first, row.words, -1);
    cell.last = further(cell.last, row.words, 1);
  }
  const sums = [...cells.values()].map(({ user, start, ...rest }): Row => ({
    user,
    ...window(start, sizeMs),
    ...rest,
  }));
  const byTime = sums.map(({ user, window_start, ...rest }): Row => ({
    window_start: window_start!,
    user: user!,
    ...rest,
  }));
  return {
    sums: inKeyOrder(byTime, ['window_start', 'user']),
    late: inKeyOrder(late, ['id']),
    'out.csv': sums,
    'out.ndjson': sums.filter(({ n }) => Number(n) > 1),
    'late.csv': late.filter(({ words }) => words !== ''),
  };
}

// ---- what the models share ------------------------------------------------------------------------

/** Each row with its split's watermark before it. */
function* judged(splits: Splits): Generator<{ readonly row: Order; readonly watermark: number }> {
  for (const split of splits) {
    let timeMax = -Infinity;
    for (const row of split) {
      yield { row, watermark: timeMax - OUT_OF_ORDER_MS - 1 };
      timeMax = Math.max(timeMax, row.time);
    }
  }
}

const floor = (time: number, stepMs: number): number => Math.floor(time / stepMs) * stepMs;
const iso = (time: number): string => new Date(time).toISOString();
const window = (start: number, sizeMs: number): Row => ({ window_start: iso(start), window_end: iso(start + sizeMs) });

/** The least (sign -1) or greatest (1) of two texts; nulls do not count. */
function further(known: string | null, text: string | null, sign: 1 | -1): string | null {
  if (known === null || text === null) return known ?? text;
  return Math.sign(compareText(text, known)) === sign ? text : known;
}

/** Texts by their UTF-8 bytes. */
function compareText(a: string, b: string): number {
  const encoder = new TextEncoder();
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  const at = x.findIndex((byte, index) => byte !== y[index]);
  return at < 0 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1);
}

/** Nulls first, numbers and times ascending, texts by their UTF-8 bytes. */
function inKeyOrder(list: readonly Row[], key: readonly string[]): readonly Row[] {
  const compare = (a: string | number | null, b: string | number | null): number => {
    if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return compareText(String(a), String(b));
  };
  return list.toSorted((a, b) => {
    for (const name of key) {
      const order = compare(a[name] ?? null, b[name] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** All three, of so many rows. */
export function graphs(rowCount: number): Readonly<Record<'closures' | 'union' | 'sinks', Graph>> {
  const [a, b, c] = [orders(11, rowCount, 5), orders(12, rowCount, 3), orders(13, rowCount, 4, 1_000_000)];
  return {
    closures: { job: closuresJob, inputs: { orders: a }, answer: closuresAnswer(a) },
    union: { job: unionJob, inputs: { web: b, shop: c }, answer: unionAnswer(b, c) },
    sinks: { job: sinksJob, inputs: { orders: a }, answer: sinksAnswer(a) },
  };
}

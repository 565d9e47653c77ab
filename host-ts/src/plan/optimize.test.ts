import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expr, Value } from '../expr/index.ts';
import { checkExpr, col, evaluate, formatExpr, lit } from '../expr/index.ts';
import { bool, columnNames, i64, timestamp, utf8 } from '../schema/index.ts';
import type { LogicalAggregate, LogicalNode, LogicalPlan, WindowNode } from './logical-plan.ts';
import { optimize } from './optimize.ts';
import { PlanBuilder } from './plan-builder.ts';

const SCHEMA = { t: timestamp(), a: i64(), b: i64(), s: utf8(), f: bool() };

function start(): { builder: PlanBuilder; source: number } {
  const builder = new PlanBuilder('job', 128);
  const source = builder.source({ kind: 'input', name: 'in' }, SCHEMA, 'in');
  builder.watermarks(source, { column: 't', outOfOrderMs: 0 });
  return { builder, source };
}

const columns = (given: Record<string, Expr>) =>
  Object.entries(given).map(([name, expr]) => ({ name, expr: expr.toJSON() }));
const print = { kind: 'print', prefix: '' } as const;
const count: LogicalAggregate = { name: 'n', fn: 'count', argument: undefined, filter: undefined };
const window = (keys: readonly string[], aggregates: readonly LogicalAggregate[] = [count], sizeMs = 10) => ({
  keys,
  sizeMs,
  slideMs: sizeMs,
  offsetMs: 0,
  aggregates,
});
const kinds = (plan: LogicalPlan): string[] => plan.nodes.map((node) => node.kind);
const schemas = (plan: LogicalPlan): string[] => plan.nodes.map((node) => columnNames(node.schema).join(' '));

test('neighbouring filters become one, unless the second may fail or the first has other readers', () => {
  const { builder, source } = start();
  const one = builder.filter(source, col('a').gt(1).toJSON());
  const two = builder.filter(one, col('f').toJSON());
  const three = builder.filter(two, col('s').eq('x').toJSON());
  const four = builder.filter(three, col('b').div(col('a')).gt(1).toJSON());
  builder.sink(four, print);
  const plan = optimize(builder.finish());
  assert.deepEqual(kinds(plan), ['source', 'filter', 'filter', 'sink']);
  const [, merged, kept] = plan.nodes;
  assert.equal(merged?.kind === 'filter' && formatExpr(merged.expr), "((a > 1) and f) and (s = 'x')");
  assert.equal(kept?.uid, 'filter-4');

  const shared = start();
  const first = shared.builder.filter(shared.source, col('a').gt(1).toJSON());
  shared.builder.sink(first, print);
  shared.builder.sink(shared.builder.filter(first, col('f').toJSON()), print);
  assert.equal(kinds(optimize(shared.builder.finish())).filter((kind) => kind === 'filter').length, 2);
});

test('neighbouring projections become one, unless something would be computed twice', () => {
  const { builder, source } = start();
  const one = builder.project(source, columns({ x: col('a').add(1), y: col('b'), z: col('s') }));
  const two = builder.project(one, columns({ p: col('x').mul(col('y')), q: col('y') }));
  const three = builder.project(two, columns({ r: col('p').add(col('p')), q: col('q') }));
  builder.sink(three, print);
  const plan = optimize(builder.finish());
  assert.deepEqual(kinds(plan), ['source', 'project', 'project', 'sink']);
  const formatted = plan.nodes.flatMap((node) =>
    node.kind === 'project' ? node.columns.map(({ name, expr }) => `${name} = ${formatExpr(expr)}`) : [],
  );
  assert.deepEqual(formatted, ['p = (a + 1) * b', 'q = b', 'r = p + p', 'q = q']);
  assert.deepEqual(schemas(plan)[0], 't a b');
});

test('sources read what is needed, in their own order; projections that do nothing go', () => {
  const { builder, source } = start();
  const filter = builder.filter(source, col('f').toJSON());
  const closed = builder.window(filter, window(['s']));
  builder.sink(closed, { kind: 'table', name: 'x', key: ['s', 'window_start'] });
  const plan = optimize(builder.finish());
  // f is needed by the filter only: a projection keeps it from crossing the exchange
  assert.deepEqual(kinds(plan), ['source', 'filter', 'project', 'window', 'sink']);
  assert.deepEqual(schemas(plan), [
    't s f',
    't s f',
    't s',
    's window_start window_end n',
    's window_start window_end n',
  ]);
});

test('a table gets its key columns first', () => {
  const { builder, source } = start();
  builder.sink(source, { kind: 'table', name: 'x', key: ['s', 'a'] });
  const plan = optimize(builder.finish());
  assert.deepEqual(schemas(plan), ['t a b s f', 's a t b f', 's a t b f']);
});

test('arguments and filters are columns before the window; equal ones are computed once', () => {
  const { builder, source } = start();
  const late = col('a').gt(15).toJSON();
  const aggregates: LogicalAggregate[] = [
    { name: 'late', fn: 'count', argument: undefined, filter: late },
    { name: 'sum', fn: 'sum', argument: col('a').add(col('b')).toJSON(), filter: late },
    { name: 'max', fn: 'max', argument: col('a').toJSON(), filter: col('f').toJSON() },
  ];
  builder.sink(builder.window(source, window(['s'], aggregates)), print);
  const plan = optimize(builder.finish());
  assert.deepEqual(schemas(plan)[1], 't a s f late$where sum$of');
  const node = plan.nodes.find((n): n is WindowNode => n.kind === 'window')!;
  assert.deepEqual(
    node.aggregates.map(({ argument, filter }) =>
      [argument, filter].map((e) => (e === undefined ? '' : formatExpr(e))),
    ),
    [
      ['', 'late$where'],
      ['sum$of', 'late$where'],
      ['a', 'f'],
    ],
  );
});

test('a window over windows is timed by window_end − 1 ms, under any name', () => {
  const { builder, source } = start();
  const first = builder.window(source, window(['s', 'a']));
  const renamed = builder.project(first, columns({ s: col('s'), end: col('window_end'), n: col('n') }));
  builder.sink(builder.window(renamed, window(['s'], undefined, 100)), print);
  const plan = optimize(builder.finish());
  const input = plan.nodes.findLast((node) => node.kind === 'project')!;
  assert.deepEqual(columnNames(input.schema), ['s', '$time']);
  assert.equal(input.kind === 'project' && formatExpr(input.columns[1]!.expr), 'window_end + -1');
  assert.deepEqual(input.time, { column: '$time', shiftMs: 0 });
});

test('late rows leave the window with its columns and get their own back', () => {
  const { builder, source } = start();
  const closed = builder.window(
    source,
    window(['s'], [{ name: 'late', fn: 'count', argument: undefined, filter: col('a').gt(15).toJSON() }]),
  );
  builder.sink(closed, print);
  builder.sink(builder.late(closed), print);
  const plan = optimize(builder.finish());
  const byKind = (kind: LogicalNode['kind']) => plan.nodes.findLast((node) => node.kind === kind)!;
  assert.equal(columnNames(byKind('late').schema).join(' '), 't a b s f late$where');
  assert.equal(columnNames(byKind('project').schema).join(' '), 't a b s f');
});

// ---- the rewritten plan means the same --------------------------------------------------------

type Row = Record<string, Value>;

test('random plans give the same rows before and after', () => {
  let changed = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const plan = randomPlan(seed);
    const better = optimize(plan);
    if (better.nodes.length !== plan.nodes.length) changed++;
    assert.deepEqual(run(better), run(plan), `seed ${seed}`);
  }
  assert.ok(changed > 200, `only ${changed} plans were rewritten`);
});

function randomPlan(seed: number): LogicalPlan {
  const random = mulberry32(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const { builder, source } = start();
  let streams = [source];
  for (let step = 0; step < 6; step++) {
    const from = pick(streams);
    const names = columnNames(builder.schemaOf(from));
    const numbers = names.filter((name) => builder.schemaOf(from)[name]!.type === 'i64');
    const choice = random();
    if (choice < 0.35 && numbers.length > 0) {
      const test = pick([
        col(pick(numbers)).gt(3),
        col(pick(numbers)).mod(2).eq(0),
        lit(true),
        col(pick(names)).isNull(),
      ]);
      streams.push(builder.filter(from, test.toJSON()));
    } else if (choice < 0.75 && numbers.length > 0) {
      const kept = names.filter(() => random() < 0.8);
      const computed = { [`c${step}`]: pick([col(pick(numbers)).add(1), col(pick(numbers)).mul(col(pick(numbers)))]) };
      const all = { ...Object.fromEntries(kept.map((name) => [name, col(name)])), ...computed };
      streams.push(builder.project(from, columns(all)));
    } else if (choice < 0.85) streams.push(builder.union([from, from]));
    else if (names.includes('t') && names.includes('s') && numbers.length > 0) {
      const argument = col(pick(numbers)).add(0).toJSON();
      const aggregates: LogicalAggregate[] = [
        {
          name: 'n',
          fn: 'count',
          argument: undefined,
          filter: random() < 0.5 ? col(pick(numbers)).gt(2).toJSON() : undefined,
        },
        { name: 'm', fn: 'sum', argument, filter: undefined },
      ];
      streams.push(builder.window(from, window(['s'], aggregates)));
    }
    if (random() < 0.3) streams = streams.slice(-2);
  }
  builder.sink(streams.at(-1)!, print);
  if (random() < 0.5) builder.sink(pick(streams), { ...print, prefix: 'second' });
  return builder.finish();
}

/** The rows of every sink, by uid, as sorted text: a plain reading of the plan. */
function run(plan: LogicalPlan): Record<string, string[]> {
  const rows: Row[][] = [];
  for (const node of plan.nodes) {
    const inputs = node.inputs.map((id) => rows[id]!);
    rows.push(step(node, inputs, plan));
  }
  const sinks = plan.nodes.filter((node) => node.kind === 'sink');
  return Object.fromEntries(sinks.map((node) => [node.uid, rows[node.id]!.map(show).sort()]));
}

function step(node: LogicalNode, inputs: readonly Row[][], plan: LogicalPlan): Row[] {
  const input = inputs[0] ?? [];
  const inSchema = plan.nodes[node.inputs[0] ?? 0]!.schema;
  const value = (expr: Parameters<typeof checkExpr>[0], row: Row): Value =>
    evaluate(
      checkExpr(expr, inSchema),
      columnNames(inSchema).map((name) => row[name]!),
      0,
    );
  const only = (row: Row): Row => Object.fromEntries(columnNames(node.schema).map((name) => [name, row[name]!]));
  switch (node.kind) {
    case 'source':
      return ROWS.map(only);
    case 'filter':
      return input.filter((row) => value(node.expr, row) === true).map(only);
    case 'project':
      return input.map((row) => Object.fromEntries(node.columns.map(({ name, expr }) => [name, value(expr, row)])));
    case 'union':
      return inputs.flat().map(only);
    case 'sink':
      return input;
    case 'window': {
      const time = plan.nodes[node.inputs[0]!]!.time!;
      const groups = Map.groupBy(input, (row) => {
        const at = (row[time.column] as bigint) + BigInt(time.shiftMs);
        return show([...node.keys.map((key) => row[key]!), at - (at % BigInt(node.sizeMs))]);
      });
      return [...groups].map(([group, members]) => {
        const results = node.aggregates.map(({ name, argument, filter }) => {
          const counted = members.filter((row) => filter === undefined || value(filter, row) === true);
          const given = counted.map((row) => (argument === undefined ? 1n : value(argument, row)));
          return [name, given.reduce<bigint>((sum, each) => sum + ((each ?? 0n) as bigint), 0n)];
        });
        const startMs = BigInt(/(-?\d+)n\]$/.exec(group)![1]!);
        const keys = node.keys.map((key) => [key, members[0]![key]!]);
        const times = [
          ['window_start', startMs],
          ['window_end', startMs + BigInt(node.sizeMs)],
        ];
        return Object.fromEntries([...keys, ...times, ...results]) as Row;
      });
    }
    default:
      throw new Error(`the reading knows no ${node.kind}`);
  }
}

const ROWS: Row[] = Array.from({ length: 24 }, (_, index) => ({
  t: BigInt(index * 3),
  a: index % 5 === 0 ? null : BigInt(index % 7),
  b: BigInt(index % 4),
  s: 'xyz'[index % 3]!,
  f: index % 2 === 0,
}));

function show(row: unknown): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)).replaceAll(
    '"',
    '',
  );
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

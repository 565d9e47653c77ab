import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col } from '../expr/index.ts';
import { columnNames, i64, timestamp, utf8 } from '../schema/index.ts';
import type { JobGraph } from './job-graph.ts';
import { optimize } from './optimize.ts';
import { PlanBuilder } from './plan-builder.ts';
import { toJobGraph } from './to-job-graph.ts';

const SCHEMA = { t: timestamp(), a: i64(), s: utf8() };
const print = { kind: 'print', prefix: '' } as const;
const WINDOW = {
  keys: ['s'],
  sizeMs: 10,
  slideMs: 10,
  offsetMs: 0,
  aggregates: [{ name: 'n', fn: 'count', argument: undefined, filter: undefined }],
} as const;

function graphOf(say: (builder: PlanBuilder, source: number) => void): JobGraph {
  const builder = new PlanBuilder('job', 128);
  const source = builder.source({ kind: 'input', name: 'in' }, SCHEMA, 'in');
  builder.watermarks(source, { column: 't', outOfOrderMs: 0 });
  say(builder, source);
  const graph = toJobGraph(optimize(builder.finish()));
  checkGraph(graph);
  return graph;
}

/** What every graph must be, whatever the job. */
function checkGraph(graph: JobGraph): void {
  graph.vertices.forEach((vertex, index) => {
    assert.equal(vertex.id, index);
    assert.deepEqual(vertex.outSchema, vertex.stages.at(-1)?.outSchema ?? vertex.inSchema);
    const incoming = graph.edges.filter((edge) => edge.to === index);
    assert.equal(incoming.length > 0, vertex.input.kind === 'edges');
    const windows = vertex.stages.flatMap((stage) => (stage.kind === 'native' ? stage.ops : []));
    windows.forEach((op, at) => assert.ok(op.kind !== 'window' || at === 0, 'a window begins its vertex'));
    const fans = [vertex.output, vertex.late].filter((fan) => fan?.kind === 'fan');
    const forward = fans.flatMap((fan) => (fan?.kind === 'fan' ? fan.forward : []));
    const out = graph.edges.filter((edge) => edge.from === index && edge.kind === 'forward');
    assert.deepEqual(
      forward.toSorted((a, b) => a - b),
      out.map((edge) => edge.to).toSorted((a, b) => a - b),
    );
    assert.equal(new Set(forward).size, forward.length, 'one edge from chain to chain');
  });
  graph.edges.forEach((edge, index) => {
    assert.equal(edge.id, index);
    assert.ok(edge.from < edge.to, 'vertices are in topological order');
    const { outSchema, inSchema, output, late } = graph.vertices[edge.from]!;
    const lateEdge = late?.forward.includes(edge.to) === true;
    const sent = lateEdge ? inSchema : outSchema;
    assert.deepEqual(graph.vertices[edge.to]!.inSchema, sent);
    if (edge.kind === 'hash') assert.deepEqual(output, { kind: 'exchange', edge: index });
    for (const key of edge.keys) assert.ok(Object.hasOwn(outSchema, key));
  });
}

const shape = (graph: JobGraph): string[] =>
  graph.vertices.map(({ stages, output, late }) => {
    const inside = stages.flatMap((stage) => (stage.kind === 'native' ? stage.ops.map((op) => op.kind) : [stage.form]));
    const out =
      output.kind === 'exchange' ? 'exchange' : `${output.sinks.length} sinks, to ${output.forward.join(' ')}`.trim();
    const lateOut = late === undefined ? '' : `; late ${late.sinks.length} sinks, to ${late.forward.join(' ')}`;
    return `${inside.join(' ')} | ${out}${lateOut}`.trim();
  });

test('stateless operators and closures chain up to the exchange, and behind the window', () => {
  const graph = graphOf((builder, source) => {
    const filtered = builder.filter(source, col('a').gt(1).toJSON());
    const mapped = builder.closure(filtered, 'map', 0, SCHEMA, 'double');
    const kept = builder.filter(mapped, col('a').gt(2).toJSON());
    const closed = builder.window(kept, WINDOW);
    builder.sink(builder.filter(closed, col('n').gt(1).toJSON()), print);
  });
  assert.deepEqual(shape(graph), ['filter map filter project | exchange', 'window filter | 1 sinks, to']);
  const [first] = graph.vertices;
  assert.deepEqual(
    first?.stages.map((stage) => stage.kind),
    ['native', 'closure', 'native'],
  );
  assert.equal(first?.stages[1]?.kind === 'closure' && first.stages[1].timeColumn, 't');
  assert.deepEqual(graph.edges, [{ id: 0, from: 0, to: 1, kind: 'hash', keys: ['s'] }]);
});

test('branches: sinks hang on their vertex, operators and windows begin new ones', () => {
  const graph = graphOf((builder, source) => {
    builder.sink(source, print);
    builder.sink(builder.filter(source, col('a').gt(1).toJSON()), print);
    builder.sink(builder.window(builder.project(source, named('t', 'a', 's')), WINDOW), print);
  });
  assert.deepEqual(shape(graph), [
    '| 1 sinks, to 1 2',
    'filter | 1 sinks, to',
    'project | exchange',
    'window | 1 sinks, to',
  ]);
});

test('a window over rows that others read too gets a chain that only cuts them by key', () => {
  const graph = graphOf((builder, source) => {
    const slim = builder.project(source, named('t', 's'));
    builder.sink(slim, print);
    builder.sink(builder.window(slim, WINDOW), print);
  });
  assert.deepEqual(shape(graph), ['| 1 sinks, to 1', '| exchange', 'window | 1 sinks, to']);
  assert.equal(graph.vertices[1]?.name, 'partition');
});

test('unions take forward edges, one per chain', () => {
  const graph = graphOf((builder, source) => {
    const small = builder.filter(source, col('a').lt(1).toJSON());
    const united = builder.union([builder.union([source, small]), source]);
    builder.sink(united, print);
  });
  assert.deepEqual(shape(graph), ['| 0 sinks, to 1 2 3', 'filter | 0 sinks, to 2', '| 0 sinks, to 3', '| 1 sinks, to']);
  const self = graphOf((builder, source) => void builder.sink(builder.union([source, source]), print));
  assert.deepEqual(shape(self), ['| 0 sinks, to 1 2', '| 0 sinks, to 2', '| 1 sinks, to']);
});

test('late rows: to a sink directly, or through a chain that restores their columns', () => {
  const direct = graphOf((builder, source) => {
    const closed = builder.window(source, WINDOW);
    builder.sink(closed, print);
    builder.sink(builder.late(closed), print);
  });
  assert.deepEqual(shape(direct), ['| exchange', 'window | 1 sinks, to; late 1 sinks, to']);

  const restored = graphOf((builder, source) => {
    const filter = col('a').gt(1).toJSON();
    const closed = builder.window(source, { ...WINDOW, aggregates: [{ ...WINDOW.aggregates[0], filter }] });
    builder.sink(builder.filter(closed, col('n').gt(1).toJSON()), print);
    builder.sink(builder.late(closed), print);
  });
  assert.deepEqual(shape(restored), [
    'project | exchange',
    'window filter | 1 sinks, to; late 0 sinks, to 2',
    'project | 1 sinks, to',
  ]);
  assert.deepEqual(columnNames(restored.vertices[2]!.outSchema), ['t', 'a', 's']);

  const again = graphOf((builder, source) => {
    const closed = builder.window(source, WINDOW);
    builder.sink(builder.window(builder.late(closed), WINDOW), print);
  });
  assert.deepEqual(shape(again), [
    '| exchange',
    'window | 0 sinks, to; late 0 sinks, to 2',
    '| exchange',
    'window | 1 sinks, to',
  ]);
});

function named(...names: readonly string[]) {
  return names.map((name) => ({ name, expr: col(name).toJSON() }));
}

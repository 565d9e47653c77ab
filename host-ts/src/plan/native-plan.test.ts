import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as abi from '../abi/index.ts';
import { checkExpr, checkPredicate, col, compileExpr } from '../expr/index.ts';
import { f64, i64, timestamp, utf8 } from '../schema/index.ts';
import type { JobGraph } from './job-graph.ts';
import type { NativeTaskPlan, TaskPlan } from './native-plan.ts';
import { taskPlans } from './native-plan.ts';
import { operatorTable } from './operator-table.ts';
import { optimize } from './optimize.ts';
import { PlanBuilder } from './plan-builder.ts';
import { toJobGraph } from './to-job-graph.ts';

const SCHEMA = { t: timestamp(), a: i64(), b: f64(), s: utf8() };
const print = { kind: 'print', prefix: '' } as const;
const WINDOW = {
  keys: ['s'],
  sizeMs: 10 * 86_400_000_000,
  slideMs: 86_400_000_000,
  offsetMs: -5,
  aggregates: [
    { name: 'n', fn: 'count', argument: undefined, filter: col('a').gt(15).toJSON() },
    { name: 'm', fn: 'avg', argument: col('b').toJSON(), filter: undefined },
    { name: 'd', fn: 'countDistinct', argument: col('a').toJSON(), filter: undefined },
  ],
} as const;

function graphOf(say: (builder: PlanBuilder, source: number) => void, timed = true): JobGraph {
  const builder = new PlanBuilder('job', 64);
  const source = builder.source({ kind: 'input', name: 'in' }, SCHEMA, 'in');
  if (timed) builder.watermarks(source, { column: 't', outOfOrderMs: 2 ** 33 + 7 });
  say(builder, source);
  return toJobGraph(optimize(builder.finish()));
}

interface DecodedOperator {
  readonly kind: number;
  readonly id: number;
  readonly payload: readonly number[];
}

/** Reads the words back by the rules of engine-as/abi.ts. */
function decode(plan: TaskPlan | undefined): readonly DecodedOperator[] {
  assert.equal(plan?.kind, 'native');
  const { words, operators } = plan;
  assert.equal(words[0], abi.PLAN_MAGIC);
  const decoded: DecodedOperator[] = [];
  let at = 2;
  for (let index = 0; index < words[1]!; index++) {
    const length = words[at + 2]!;
    decoded.push({ kind: words[at]!, id: words[at + 1]!, payload: [...words.subarray(at + 3, at + 3 + length)] });
    at += 3 + length;
  }
  assert.equal(at, words.length);
  assert.deepEqual(
    decoded.map(({ id }) => id),
    operators.map(({ id }) => id),
  );
  return decoded;
}

const i64At = (payload: readonly number[], at: number): bigint =>
  (BigInt(payload[at + 1]!) << 32n) | BigInt(payload[at]! >>> 0);
const kinds = (plan: TaskPlan | undefined): number[] => decode(plan).map(({ kind }) => kind);

test('a source with a filter, a projection and an exchange', () => {
  const graph = graphOf((builder, source) => {
    const filtered = builder.filter(source, col('a').gt(1).toJSON());
    builder.sink(builder.window(filtered, WINDOW), print);
  });
  const [plan, ...rest] = taskPlans(graph.vertices[0]!, graph, 3);
  assert.equal(rest.length, 0);
  const [input, time, filter, project, partition] = decode(plan);
  assert.deepEqual(input?.payload, [4, abi.TYPE_TIMESTAMP, abi.TYPE_I64, abi.TYPE_F64, abi.TYPE_UTF8]);
  assert.equal(time?.kind, abi.OP_TIME);
  assert.equal(time.payload[0], 0);
  assert.equal(i64At(time.payload, 1), 2n ** 33n + 7n);
  assert.equal(filter?.kind, abi.OP_FILTER);
  assert.deepEqual(filter.payload, [...compileExpr(checkPredicate(col('a').gt(1).toJSON(), SCHEMA))]);
  assert.equal(project?.kind, abi.OP_PROJECT);
  const late = compileExpr(checkExpr(col('a').gt(15).toJSON(), SCHEMA));
  const passed = [abi.TYPE_TIMESTAMP, 0, abi.TYPE_I64, 1, abi.TYPE_F64, 2, abi.TYPE_UTF8, 3];
  assert.deepEqual(project.payload, [5, 0, ...passed, abi.TYPE_BOOL, -1, ...late]);
  assert.equal(partition?.kind, abi.OP_PARTITION);
  assert.deepEqual(partition.payload, [1, 3, 6, 3, 0, 21, 42, 64]);
  assert.equal((plan as NativeTaskPlan).out, 'exchange');
});

test('a window: keys, 64-bit sizes, aggregates with columns and filters by position', () => {
  const graph = graphOf((builder, source) => {
    const closed = builder.window(source, WINDOW);
    builder.sink(builder.filter(closed, col('n').gt(1).toJSON()), print);
    builder.sink(builder.late(closed), print);
  });
  const [plan] = taskPlans(graph.vertices[1]!, graph, 3);
  assert.deepEqual(kinds(plan), [abi.OP_INPUT, abi.OP_WINDOW, abi.OP_FILTER, abi.OP_OUTPUT]);
  const { payload } = decode(plan)[1]!;
  assert.deepEqual(payload.slice(0, 3), [1, 3, 0]);
  assert.deepEqual([i64At(payload, 3), i64At(payload, 5), i64At(payload, 7)], [864_000_000_000n, 86_400_000_000n, -5n]);
  const aggregates = [abi.AGG_COUNT, -1, 4, abi.AGG_AVG, 2, -1, abi.AGG_COUNT_DISTINCT, 1, -1];
  assert.deepEqual(payload.slice(9), [6, 1, 3, ...aggregates]);
  assert.deepEqual((plan as NativeTaskPlan).outSchema, graph.vertices[1]!.outSchema);
  assert.equal((plan as NativeTaskPlan).stateful, true);
});

test('closures: time before them, partition behind them, in tasks of their own', () => {
  const graph = graphOf((builder, source) => {
    const mapped = builder.closure(source, 'map', 0, SCHEMA, 'm');
    builder.sink(
      builder.window(builder.closure(mapped, 'filter', 1, SCHEMA, 'f'), { ...WINDOW, aggregates: [] }),
      print,
    );
  });
  const plans = taskPlans(graph.vertices[0]!, graph, 2);
  assert.deepEqual(
    plans.map((plan) => plan.kind),
    ['native', 'closure', 'closure', 'native'],
  );
  assert.deepEqual(kinds(plans[0]), [abi.OP_INPUT, abi.OP_TIME, abi.OP_OUTPUT]);
  assert.deepEqual(kinds(plans[3]), [abi.OP_INPUT, abi.OP_PROJECT, abi.OP_PARTITION]);

  const bare = graphOf((builder, source) => {
    const keyed = builder.closure(source, 'map', 0, { t: timestamp(), s: utf8() }, '');
    builder.sink(
      builder.window(keyed, {
        ...WINDOW,
        aggregates: [WINDOW.aggregates[0]].map((a) => ({ ...a, filter: undefined })),
      }),
      print,
    );
  });
  const last = taskPlans(bare.vertices[0]!, bare, 2).at(-1);
  assert.deepEqual(kinds(last), [abi.OP_INPUT, abi.OP_PARTITION]);
  assert.deepEqual(last?.inSchema, { t: timestamp(), s: utf8() });
});

test('chains without operators copy frames; untimed closures stand alone', () => {
  const plain = graphOf((builder, source) => void builder.sink(source, print), false);
  assert.deepEqual(kinds(taskPlans(plain.vertices[0]!, plain, 1)[0]), [abi.OP_INPUT, abi.OP_OUTPUT]);
  const timed = graphOf((builder, source) => void builder.sink(source, print));
  assert.deepEqual(kinds(taskPlans(timed.vertices[0]!, timed, 1)[0]), [abi.OP_INPUT, abi.OP_TIME, abi.OP_OUTPUT]);
  const closure = graphOf((builder, source) => {
    builder.sink(builder.closure(source, 'flatMap', 0, SCHEMA, ''), print);
  }, false);
  assert.deepEqual(
    taskPlans(closure.vertices[0]!, closure, 1).map((plan) => plan.kind),
    ['closure'],
  );
});

test('operator numbers are positions in one table, and every uid is in it once', () => {
  const graph = graphOf((builder, source) => {
    const mapped = builder.closure(source, 'map', 0, SCHEMA, 'double');
    const closed = builder.window(mapped, WINDOW);
    builder.setUid(closed, 'totals');
    builder.sink(closed, print);
  });
  const table = operatorTable(graph);
  table.forEach(({ id }, index) => assert.equal(id, index));
  assert.equal(new Set(table.map(({ uid }) => uid)).size, table.length);
  assert.deepEqual(
    table.filter(({ stateful }) => stateful).map(({ uid, vertex }) => [uid, vertex]),
    [['totals', 1]],
  );
  const used = graph.vertices
    .flatMap((vertex) => taskPlans(vertex, graph, 2))
    .flatMap((plan) => (plan.kind === 'native' ? plan.operators : [plan.operator]));
  for (const operator of used) assert.deepEqual(operator, table[operator.id]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col } from '../expr/index.ts';
import { explain } from '../plan/index.ts';
import type { NativeOp } from '../plan/index.ts';
import { f64, i64, required, timestamp, utf8 } from '../schema/index.ts';
import type { Env, JobDefinition } from './index.ts';
import {
  avg,
  buildJob,
  callback,
  collect,
  collection,
  count,
  days,
  findJob,
  generator,
  hop,
  hours,
  input,
  isJob,
  job,
  max,
  minutes,
  ms,
  print,
  seconds,
  toFile,
  tumble,
} from './index.ts';

const SCHEMA = { date: timestamp(), delay: i64(), origin: utf8() };
const flights = input('flights', SCHEMA);
const build = (say: (env: Env) => unknown) => buildJob(job('test', say));
const timed = (env: Env) => env.source(flights).watermarks({ column: 'date', outOfOrder: minutes(1) });
const native = (say: (env: Env) => unknown): NativeOp[] =>
  build(say).graph.vertices.flatMap(({ stages }) =>
    stages.flatMap((stage) => (stage.kind === 'native' ? stage.ops : [])),
  );

test('durations are milliseconds', () => {
  assert.deepEqual([ms(3), seconds(2), minutes(1.5), hours(1), days(1)], [3, 2000, 90_000, 3_600_000, 86_400_000]);
});

test('a job becomes the same graph every time, with its functions by number', () => {
  const double = (row: { readonly delay: bigint | null }) => ({ twice: (row.delay ?? 0n) * 2n });
  const seen: unknown[] = [];
  const definition = job('functions', (env) => {
    const made = generator({ n: required(i64()) }, (index) => ({ n: BigInt(index) }), { rows: 10, splits: 2 });
    env
      .source(made)
      .filter((row) => row.n > 3n)
      .sink(callback((row) => seen.push(row.n)));
    timed(env).map(double, { twice: i64() }).sink(print('> '));
    env.source(collection(SCHEMA, [{ date: 1, delay: 2n, origin: 'x' }])).sink(collect('all'));
  });
  const built = buildJob(definition);
  assert.equal(built.graphHash, buildJob(definition).graphHash);
  assert.deepEqual(JSON.parse(JSON.stringify(built.graph)), built.graph);
  assert.equal(built.functions.length, 5);
  const call = (id: number, argument: unknown): unknown =>
    (built.functions[id] as (given: unknown) => unknown)(argument);
  const sources = built.graph.vertices.map(({ input: from }) => (from.kind === 'source' ? from.source : undefined));
  assert.deepEqual(sources, [
    { kind: 'generator', functionId: 0, options: { rows: 10, splits: 2 } },
    { kind: 'input', name: 'flights' },
    { kind: 'collection', functionId: 4 },
  ]);
  assert.deepEqual(call(0, 7), { n: 7n });
  const stages = built.graph.vertices.flatMap((vertex) => vertex.stages);
  assert.deepEqual(
    stages.map((stage) => stage.kind === 'closure' && [stage.form, stage.name, stage.functionId]),
    [
      ['filter', 'filter', 1],
      ['map', 'double', 3],
    ],
  );
  assert.deepEqual(call(3, { delay: 4n }), { twice: 8n });
  call(2, { n: 5n });
  assert.deepEqual(seen, [5n]);
  assert.deepEqual(call(4, undefined), [{ date: 1, delay: 2n, origin: 'x' }]);
  assert.deepEqual(built.inputs, [{ name: 'flights', schema: SCHEMA, timeColumn: 'date' }]);
});

test('a source reads only what the job needs, and the job keeps what it declared', () => {
  const built = build((env) =>
    timed(env)
      .keyBy('origin')
      .window(tumble(hours(1)))
      .aggregate({ n: count() })
      .sink(print()),
  );
  assert.deepEqual(Object.keys(built.graph.vertices[0]!.inSchema), ['date', 'origin']);
  assert.deepEqual(Object.keys(built.inputs[0]!.schema), ['date', 'delay', 'origin']);
});

test('columns: select, project, withColumns keep the order that was said', () => {
  const names = (say: (env: Env) => { readonly schema: object }): string[] => {
    let found: string[] = [];
    build((env) => {
      const stream = say(env);
      found = Object.keys(stream.schema);
      timed(env).sink(print());
    });
    return found;
  };
  assert.deepEqual(
    names((env) => timed(env).select({ b: col('delay').add(1), a: col('origin') })),
    ['b', 'a'],
  );
  assert.deepEqual(
    names((env) => timed(env).project('origin', 'date')),
    ['origin', 'date'],
  );
  const replaced = (env: Env) => timed(env).withColumns({ x: col('delay'), delay: col('delay').cast(f64()) });
  assert.deepEqual(names(replaced), ['date', 'delay', 'origin', 'x']);
  assert.deepEqual(
    names((env) => timed(env).withColumn('late', col('delay').gt(15))),
    ['date', 'delay', 'origin', 'late'],
  );
});

test('windows, aggregates and a window over windows', () => {
  const ops = native((env) =>
    timed(env)
      .keyBy('origin')
      .window(hop(hours(2), hours(1), { offset: minutes(5) }))
      .aggregate({ n: count().where(col('delay').gt(15)), worst: max('delay'), mean: avg(col('delay').mul(2)) })
      .keyBy('origin')
      .window(tumble(days(1)))
      .aggregate({ most: max('n') })
      .sink(print()),
  );
  const windows = ops.filter((op) => op.kind === 'window');
  assert.deepEqual(
    windows.map(({ sizeMs, slideMs, offsetMs, timeColumn }) => [sizeMs, slideMs, offsetMs, timeColumn]),
    [
      [hours(2), hours(1), minutes(5), 'date'],
      [days(1), days(1), 0, '$time'],
    ],
  );
  assert.deepEqual(windows[0]?.aggregates, [
    { name: 'n', fn: 'count', filter: 'n$where' },
    { name: 'worst', fn: 'max', column: 'delay' },
    { name: 'mean', fn: 'avg', column: 'mean$of' },
  ]);
});

test('several sinks, late rows, uids and names', () => {
  const { graph } = build((env) => {
    const totals = timed(env)
      .uid('flights')
      .keyBy('origin')
      .window(tumble(hours(1)))
      .aggregate({ n: count() })
      .uid('totals')
      .name('per hour')
      .lateTo(toFile('late.csv', 'csv'));
    totals.sink(env.table('totals', { key: ['origin', 'window_start'] })).uid('table');
    totals.filter(col('n').gt(100)).sink(collect('busy')).name('busy origins');
  });
  const [source, window] = graph.vertices;
  assert.equal(source?.input.kind === 'source' && source.input.uid, 'flights');
  assert.equal(window?.name, 'per hour');
  assert.deepEqual(window?.output, {
    kind: 'fan',
    forward: [2],
    sinks: [{ kind: 'table', uid: 'table', name: 'totals', key: ['origin', 'window_start'] }],
  });
  assert.deepEqual(window?.late, {
    kind: 'fan',
    forward: [],
    sinks: [{ kind: 'file', uid: 'sink-1', path: 'late.csv', format: 'csv' }],
  });
});

test('mistakes that the compiler cannot see, or was not asked about', () => {
  const fails = (code: string, say: (env: Env) => unknown): void =>
    assert.throws(
      () => build(say),
      (error: { code?: string; context?: { job?: string } }) => {
        assert.equal(error.code, code);
        assert.equal(error.context?.job, 'test');
        return true;
      },
    );
  const anyColumn = (name: string) => name as 'origin';
  fails('JOB_HAS_NO_SINK', (env) => timed(env));
  fails('UNKNOWN_COLUMN', (env) => timed(env).keyBy(anyColumn('orign')).window(tumble(1)));
  fails('UNKNOWN_COLUMN', (env) => timed(env).filter(col(anyColumn('x')).isNull()));
  fails('TYPE_MISMATCH', (env) => timed(env).filter(col('delay').add('x').isNull()));
  fails('WINDOW_WITHOUT_WATERMARKS', (env) =>
    env.source(flights).keyBy('origin').window(tumble(1)).aggregate({ n: count() }),
  );
  fails('BAD_WINDOW', (env) => timed(env).keyBy('origin').window(tumble(0)).aggregate({ n: count() }));
  fails('KEY_NOT_IN_TABLE', (env) => timed(env).sink(env.table('t', { key: [anyColumn('window_start')] })));
  fails('DUPLICATE_TABLE', (env) => {
    timed(env).sink(env.table('t', { key: ['origin'] }));
    timed(env).sink(env.table('t', { key: ['origin'] }));
  });
  fails('DUPLICATE_UID', (env) => {
    timed(env).uid('x').sink(print());
    timed(env).uid('x').sink(print());
  });
  fails('DUPLICATE_INPUT', (env) => [timed(env), env.source(input('flights', { date: i64() }))]);
  fails('JOB_BUILDER_ASYNC', async (env) => timed(env).sink(print()));
  fails('JOB_BUILD_FAILED', () => {
    throw new TypeError('no');
  });
  let other: ReturnType<typeof timed> | undefined;
  build((env) => (other = timed(env)).sink(print()));
  fails('FOREIGN_STREAM', (env) => timed(env).union(other!));
  assert.throws(() => input('x', {}), { code: 'SCHEMA_INVALID' });
  assert.throws(() => job(' ', () => undefined), { code: 'BAD_JOB_NAME' });
  assert.throws(() => buildJob(job('x', (env) => timed(env).sink(print()), { keyGroups: 3 })), {
    code: 'BAD_KEY_GROUPS',
  });
  for (const options of [{ rows: -1 }, { rows: 1, splits: 0 }, { rows: 1, rowsPerSecond: 0 }]) {
    const made = generator({ n: i64() }, () => ({ n: 1n }), options);
    assert.throws(() => build((env) => env.source(made)), { code: 'BAD_GENERATOR' });
  }
});

test('a module exports a job, or says what it exports instead', () => {
  const one = job('one', () => undefined);
  const two = job('two', () => undefined);
  assert.equal(findJob({ default: one, two }), one);
  assert.equal(findJob({ helper: 1, two }), two);
  assert.equal(findJob(one), one);
  assert.throws(() => findJob({ helper: 1, other: 2 }, 'job.ts'), {
    code: 'NOT_A_JOB',
    message: /job\.ts exports no job: it exports helper, other.*export default job/,
  });
  assert.throws(() => findJob({}), { code: 'NOT_A_JOB', message: /no exports/ });
  assert.throws(() => findJob(undefined), { code: 'NOT_A_JOB' });
  assert.throws(() => findJob({ one, two }), { code: 'SEVERAL_JOBS', message: /one, two/ });
  const copy = { name: 'copy', build: one.build, options: {}, [Symbol.for('sluice.job')]: true } as JobDefinition;
  assert.ok(isJob(copy), 'a job of another copy of the library');
  assert.ok(!isJob({ ...one, [Symbol.for('sluice.job')]: undefined }) && !isJob(null));
});

test('explain takes what buildJob gives', () => {
  const { graph, plan } = build((env) => timed(env).sink(print()));
  assert.match(explain(graph, plan), /#0 source-1 "flights": input 'flights'/);
});

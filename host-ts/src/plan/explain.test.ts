import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col } from '../expr/index.ts';
import { i64, timestamp, utf8 } from '../schema/index.ts';
import { finishJob } from './built-job.ts';
import { explain, isWhollyNative } from './explain.ts';
import { PlanBuilder } from './plan-builder.ts';

test('closures, branches, late rows, unions and warnings are told', () => {
  const builder = new PlanBuilder('all sorts', 128);
  const schema = { t: timestamp(), a: i64(), s: utf8() };
  const generator = { kind: 'generator', functionId: 0, options: { rows: 5, splits: 1 } } as const;
  const made = builder.source(generator, schema, 'generator');
  const read = builder.source({ kind: 'input', name: 'in' }, schema, 'in');
  for (const id of [made, read]) builder.watermarks(id, { column: 't', outOfOrderMs: 1500, idleAfterMs: 60_000 });
  const mapped = builder.closure(builder.union([made, read]), 'map', 1, schema, 'double');
  const closed = builder.window(mapped, {
    keys: ['s'],
    sizeMs: 5400_000,
    slideMs: 3600_000,
    offsetMs: 1,
    aggregates: [{ name: 'n', fn: 'sum', argument: col('a').mul(2).toJSON(), filter: col('a').gt(0).toJSON() }],
  });
  builder.sink(closed, { kind: 'file', path: 'out.csv', format: 'csv' });
  builder.sink(builder.late(closed), { kind: 'collect', name: 'late' });
  const { graph, plan } = finishJob(builder.finish(), [], []);
  const text = explain(graph, plan);
  assert.ok(!isWhollyNative(graph));
  for (const line of [
    '1 of 4 stages are closures: their rows visit JavaScript',
    'warning: 2 sources have default uids (source-1, source-2): adding or removing one would bind state to another; name them with .uid(…)',
    `  #0 source-1 "generator": generator {"rows":5,"splits":1} {t: timestamp, a: i64, s: utf8}, watermarks t − 1500 ms, idle after 1 min`,
    '  #2 union-1 ← #0, #1',
    '  #4 window-1 ← #3: hop 90 min every 1 h offset 1 ms by s: n = sum(a * 2) where a > 0',
    '    closure  map map-1 → {t: timestamp, a: i64, s: utf8}',
    '    exchange by s → vertex 3 {t: timestamp, a: i64, s: utf8, n$of: i64, n$where: bool}',
    "    sink     csv file 'out.csv' {s: utf8, window_start: timestamp, window_end: timestamp, n: i64}",
    '    late     forward → vertex 4',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\nis not in\n${text}`);
  }
  assert.ok(!explain(graph).includes('logical plan'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col } from '../expr/index.ts';
import { i64, timestamp, utf8 } from '../schema/index.ts';
import { canonicalJson, fnv1a64, graphHash } from './graph-hash.ts';
import type { JobGraph } from './job-graph.ts';
import { optimize } from './optimize.ts';
import { PlanBuilder } from './plan-builder.ts';
import { toJobGraph } from './to-job-graph.ts';

function graph(schema = { a: i64(), t: timestamp(), s: utf8() }, prefix = ''): JobGraph {
  const builder = new PlanBuilder('job', 128);
  const source = builder.source({ kind: 'input', name: 'in' }, schema, 'in');
  const filter = builder.filter(source, col('a').gt(1).toJSON());
  builder.sink(filter, { kind: 'print', prefix });
  return toJobGraph(optimize(builder.finish()));
}

test('FNV-1a, 64 bits: the published vectors', () => {
  assert.equal(fnv1a64(''), 'cbf29ce484222325');
  assert.equal(fnv1a64('a'), 'af63dc4c8601ec8c');
  assert.equal(fnv1a64('foobar'), '85944171f73967e8');
});

test('canonical JSON does not depend on the order of keys', () => {
  assert.equal(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined }), '{"b":[1,{"c":"x","d":null}]}');
});

test('the hash is the same for the same job, also after a trip through JSON', () => {
  const once = graph();
  const copy = JSON.parse(JSON.stringify(once)) as JobGraph;
  assert.match(graphHash(once), /^[0-9a-f]{16}$/);
  assert.equal(graphHash(once), graphHash(graph()));
  assert.equal(graphHash(once), graphHash(copy));
});

test('the hash covers columns and their order, and leaves out what only people read', () => {
  assert.notEqual(graphHash(graph()), graphHash(graph({ t: timestamp(), a: i64(), s: utf8() })));
  const once = graph();
  assert.equal(graphHash(once), graphHash(graph(undefined, 'other prefix')));
  assert.equal(graphHash(once), graphHash({ ...once, warnings: ['something'] }));
  assert.notEqual(graphHash(once), graphHash({ ...once, keyGroups: 64 }));
});

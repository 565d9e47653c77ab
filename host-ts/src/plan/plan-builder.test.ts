import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col, lit } from '../expr/index.ts';
import { columnNames, i64, required, timestamp, utf8 } from '../schema/index.ts';
import type { LogicalAggregate } from './logical-plan.ts';
import { PlanBuilder } from './plan-builder.ts';

const SCHEMA = { date: timestamp(), delay: required(i64()), origin: utf8() };
const HOUR = 3_600_000;
const COUNT: LogicalAggregate = { name: 'flights', fn: 'count', argument: undefined, filter: undefined };

function start(timed = true): { builder: PlanBuilder; source: number } {
  const builder = new PlanBuilder('job', 128);
  const source = builder.source({ kind: 'input', name: 'flights' }, SCHEMA, 'flights');
  if (timed) builder.watermarks(source, { column: 'date', outOfOrderMs: 60_000 });
  return { builder, source };
}

const tumble = (aggregates: readonly LogicalAggregate[] = [COUNT], sizeMs = HOUR, slideMs = sizeMs) => ({
  keys: ['origin'],
  sizeMs,
  slideMs,
  offsetMs: 0,
  aggregates,
});

test('schemas flow through every step', () => {
  const { builder, source } = start();
  const projected = builder.project(source, [
    { name: 'when', expr: col('date').toJSON() },
    { name: 'delay', expr: col('delay').toJSON() },
    { name: 'twice', expr: col('delay').mul(2).toJSON() },
    { name: 'origin', expr: col('origin').toJSON() },
  ]);
  assert.deepEqual(builder.schemaOf(projected), {
    when: timestamp(),
    delay: required(i64()),
    twice: i64(),
    origin: utf8(),
  });
  const worst: LogicalAggregate = { name: 'worst', fn: 'max', argument: col('delay').toJSON(), filter: undefined };
  const window = builder.window(projected, tumble([COUNT, worst, { ...worst, name: 'avg', fn: 'avg' }]));
  assert.deepEqual(builder.schemaOf(window), {
    origin: utf8(),
    window_start: required(timestamp()),
    window_end: required(timestamp()),
    flights: required(i64()),
    worst: required(i64()),
    avg: { type: 'f64', nullable: false },
  });
});

test('columns that are not there, and wrong types, name the step', () => {
  const { builder, source } = start();
  const unknown = { code: 'UNKNOWN_COLUMN', message: /did you mean 'delay'/ };
  assert.throws(() => builder.filter(source, col('delya').gt(1).toJSON()), unknown);
  assert.throws(() => builder.project(source, [{ name: 'x', expr: col('delya').toJSON() }]), unknown);
  assert.throws(() => builder.checkKeys(source, ['delya']), unknown);
  assert.throws(() => builder.watermarks(source, { column: 'delya', outOfOrderMs: 0 }), unknown);
  assert.throws(() => builder.filter(source, col('delay').add(1).toJSON()), {
    code: 'TYPE_MISMATCH',
    context: { job: 'job', operator: 'filter', operation: 'filter', types: 'i64', expression: 'delay + 1' },
  });
  assert.throws(() => builder.watermarks(source, { column: 'delay', outOfOrderMs: 0 }), { code: 'TYPE_MISMATCH' });
  const sum: LogicalAggregate = { name: 'x', fn: 'sum', argument: col('origin').toJSON(), filter: undefined };
  assert.throws(() => builder.window(source, tumble([sum])), { code: 'TYPE_MISMATCH', message: /i32, i64, f64/ });
  assert.throws(() => builder.window(source, tumble([{ ...COUNT, filter: col('delay').toJSON() }])), {
    code: 'TYPE_MISMATCH',
  });
});

test('a window without event time says where it was lost', () => {
  const without = start(false);
  assert.throws(() => without.builder.window(without.source, tumble()), {
    code: 'WINDOW_WITHOUT_WATERMARKS',
    message: /\.watermarks\(/,
  });
  const { builder, source } = start();
  const dropped = builder.project(source, [{ name: 'origin', expr: col('origin').toJSON() }]);
  const later = builder.filter(dropped, col('origin').isNotNull().toJSON());
  assert.throws(() => builder.window(later, tumble()), {
    code: 'WINDOW_WITHOUT_WATERMARKS',
    message: /project-1 dropped the time column 'date'/,
  });
  const mapped = builder.closure(source, 'map', 0, { origin: utf8() }, '');
  assert.throws(() => builder.window(mapped, tumble()), { message: /map-1 dropped the time column/ });
});

test('windows that cannot be', () => {
  const { builder, source } = start();
  const bad = (size: number, slide: number, message: RegExp): void =>
    assert.throws(() => builder.window(source, tumble([COUNT], size, slide)), { code: 'BAD_WINDOW', message });
  bad(0, 0, /whole, positive/);
  bad(-1, -1, /whole, positive/);
  bad(1.5, 1.5, /whole, positive/);
  bad(HOUR, 2 * HOUR, /skips rows/);
  bad(5000 * HOUR, HOUR, /5000 slices, more than 4096/);
  bad(HOUR + 1, HOUR, /3600001 slices/);
  builder.window(source, tumble([COUNT], 1.5 * HOUR, HOUR));
  const many = Array.from({ length: 65 }, (_, index) => ({ ...COUNT, name: `c${index}` }));
  assert.throws(() => builder.window(source, tumble(many)), { code: 'BAD_WINDOW', message: /65 aggregates/ });
  assert.throws(() => builder.window(source, tumble([{ ...COUNT, name: 'window_end' }])), { code: 'COLUMN_TAKEN' });
  assert.throws(() => builder.window(source, { ...tumble(), keys: [] }), { code: 'NO_KEYS' });
  assert.throws(() => builder.window(source, { ...tumble(), keys: ['origin', 'origin'] }), { code: 'DUPLICATE_KEY' });
});

test('what concerns the job as a whole is refused at its end', () => {
  const empty = start();
  assert.throws(() => empty.builder.finish(), { code: 'JOB_HAS_NO_SINK', message: /1 operators but no sink/ });

  const twice = start();
  const filter = twice.builder.filter(twice.source, lit(true).toJSON());
  twice.builder.setUid(filter, 'source-1');
  twice.builder.sink(filter, { kind: 'print', prefix: '' });
  assert.throws(() => twice.builder.finish(), { code: 'DUPLICATE_UID', message: /'source-1'/ });

  for (const [kind, code] of [
    ['table', 'DUPLICATE_TABLE'],
    ['collect', 'DUPLICATE_COLLECT'],
  ] as const) {
    const { builder, source } = start();
    const sink = kind === 'table' ? { kind, name: 'x', key: ['origin'] } : { kind, name: 'x' };
    builder.sink(source, sink);
    builder.sink(source, sink);
    assert.throws(() => builder.finish(), { code, message: /'x'/ });
  }
});

test('tables, late rows, unions, durations, key groups', () => {
  const { builder, source } = start();
  const table = (key: readonly string[]) => builder.sink(source, { kind: 'table', name: 't', key });
  assert.throws(() => table(['window_start']), { code: 'KEY_NOT_IN_TABLE', message: /date, delay, origin/ });
  assert.throws(() => table([]), { code: 'TABLE_WITHOUT_KEY' });
  assert.throws(() => table(['date', 'date']), { code: 'DUPLICATE_KEY' });
  assert.throws(() => builder.late(source), { code: 'LATE_NOT_AFTER_WINDOW' });
  assert.throws(() => builder.watermarks(source, { column: 'date', outOfOrderMs: -1 }), { code: 'BAD_DURATION' });
  for (const uid of ['', 'a/b']) assert.throws(() => builder.setUid(source, uid), { code: 'BAD_UID' });
  const other = builder.project(source, [{ name: 'origin', expr: col('origin').toJSON() }]);
  assert.throws(() => builder.union([source, other]), { code: 'TYPE_MISMATCH', message: /different columns/ });
  assert.throws(() => builder.watermarks(other, { column: 'date', outOfOrderMs: 0 }), {
    code: 'WATERMARKS_NOT_AT_SOURCE',
  });
  for (const keyGroups of [0, 100, 65_536]) {
    assert.throws(() => new PlanBuilder('job', keyGroups), { code: 'BAD_KEY_GROUPS' });
  }
  const late = builder.late(builder.window(source, tumble()));
  assert.deepEqual(columnNames(builder.schemaOf(late)), ['date', 'delay', 'origin']);
});

test('default uids count by kind; two windows without names are warned of', () => {
  const { builder, source } = start();
  const first = builder.window(source, tumble());
  const second = builder.window(source, tumble());
  builder.sink(first, { kind: 'print', prefix: '' });
  builder.sink(second, { kind: 'print', prefix: '' });
  const plan = builder.finish();
  assert.deepEqual(
    plan.nodes.map((node) => node.uid),
    ['source-1', 'window-1', 'window-2', 'sink-1', 'sink-2'],
  );
  assert.match(plan.warnings.join(), /2 windows have default uids \(window-1, window-2\)/);
  builder.setUid(second, 'other');
  assert.deepEqual(builder.finish().warnings, []);
});

/** One attempt, fact by fact: deployment, splits, epochs, the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest, SinkState, SlotSnapshot, SplitState, TableSegment } from '../checkpoint/index.ts';
import type { SplitDescription } from '../connectors/index.ts';
import { Attempt } from './attempt.ts';
import type { Decision } from './attempt.ts';
import { SplitPool, TIME_END, TIME_NONE } from './split-pool.ts';

const split = (index: number, timeMin: number | null): SplitDescription => ({
  id: `s${index}`,
  index,
  timeMin,
  rows: 10,
  bytes: null,
  data: null,
});

const state = (id: string, over: Partial<SplitState> = {}): SplitState => ({
  vertex: 0,
  splitId: id,
  position: 5,
  rows: 5,
  maxTime: '150',
  finished: false,
  ...over,
});

const snapshot = (slot: number): SlotSnapshot => ({
  slot,
  records: [],
  values: {},
  splits: [],
  sinks: [],
  bytesWritten: 0,
  bytesCarried: 0,
});

function attemptOf(pools: readonly SplitPool[], parallelism = 2): Attempt {
  return new Attempt({ attempt: 1, parallelism, pools, restored: undefined, pinned: new Map() });
}

const manifestOf = (attempt: Attempt): Manifest =>
  attempt.manifest({
    job: 'j',
    graphHash: '',
    keyGroups: 128,
    inputs: {},
    createdAt: 0,
    durationMs: 0,
    place: (sinks) => sinks,
  });

const posted = (decisions: readonly Decision[], type: string): readonly Decision[] =>
  decisions.filter((decision) => decision.kind === 'post' && decision.message.type === type);

function running(pools: readonly SplitPool[]): Attempt {
  const attempt = attemptOf(pools);
  for (const slot of [0, 1]) assert.deepEqual(attempt.ready(slot), [{ kind: 'deploy', slot }]);
  assert.deepEqual(attempt.deployed(0), []);
  assert.equal(attempt.deployed(1)[0]?.kind, 'running');
  return attempt;
}

test('splits are handed out in order, those begun earlier first, and the floor follows', () => {
  const pool = new SplitPool(0, [split(0, 100), split(1, 200), split(2, 300)], [state('s1', { maxTime: '250' })], 20);
  assert.equal(pool.floor, '100');
  assert.equal(pool.take()?.split.id, 's1');
  assert.equal(pool.take()?.split.id, 's0');
  assert.equal(pool.floor, '300');
  assert.equal(pool.take()?.split.id, 's2');
  assert.equal(pool.floor, TIME_END);
  assert.equal(pool.noneWaiting, true);
});

test('a begun split holds the watermark back by what it has seen, an unknown one altogether', () => {
  const begun = new SplitPool(0, [split(0, 100)], [state('s0', { maxTime: '250' })], 20);
  assert.equal(begun.floor, '230');
  assert.equal(new SplitPool(0, [split(0, null), split(1, 5)], [], 0).floor, TIME_NONE);
});

test('finished splits of a former run are not read again', () => {
  const pool = new SplitPool(0, [split(0, 1), split(1, 2)], [state('s0', { finished: true })], 0);
  assert.equal(pool.take()?.split.id, 's1');
  assert.equal(pool.take(), undefined);
  pool.finish('s1');
  assert.equal(pool.allDone, true);
});

test('no barrier before all slots run, one epoch at a time', () => {
  const attempt = attemptOf([new SplitPool(0, [split(0, 1)], [], 0)]);
  assert.deepEqual(attempt.trigger(false), []);
  const started = running([new SplitPool(0, [split(0, 1)], [], 0)]);
  assert.equal(posted(started.trigger(false), 'barrier').length, 2);
  assert.deepEqual(started.trigger(false), []);
  assert.deepEqual(started.acknowledge(1, snapshot(0)), []);
  assert.deepEqual(started.acknowledge(9, snapshot(1)), [], 'an acknowledgement of another epoch counts for nothing');
  assert.deepEqual(started.acknowledge(1, snapshot(1)), [{ kind: 'publish', epoch: 1, final: false }]);
  assert.deepEqual(started.published(manifestOf(started)), []);
});

test('the last split forces a final epoch, after the one in flight if there is one', () => {
  const attempt = running([new SplitPool(0, [split(0, 1)], [], 0)]);
  assert.equal(posted(attempt.wantSplit(0, 0), 'assign').length, 1);
  attempt.trigger(false);
  assert.deepEqual(attempt.splitDone(0, 's0'), []);
  attempt.acknowledge(1, snapshot(0));
  attempt.acknowledge(1, snapshot(1));
  assert.equal(posted(attempt.published(manifestOf(attempt)), 'barrier').length, 2);
  attempt.acknowledge(2, snapshot(0));
  assert.deepEqual(attempt.acknowledge(2, snapshot(1)), [{ kind: 'publish', epoch: 2, final: true }]);
  assert.equal(attempt.published(manifestOf(attempt)).at(-1)?.kind, 'finished');
  assert.deepEqual(attempt.trigger(false), []);
});

test('an input that exists once is read by its slot only', () => {
  const pools = [new SplitPool(0, [split(0, 1)], [], 0)];
  const attempt = new Attempt({ attempt: 1, parallelism: 2, pools, restored: undefined, pinned: new Map([[0, 0]]) });
  for (const slot of [0, 1]) attempt.deployed(slot);
  assert.equal(posted(attempt.wantSplit(1, 0), 'assign').length, 0);
  assert.equal(posted(attempt.wantSplit(0, 0), 'assign').length, 1);
});

test('splits wait until all slots run, so that a late one gets its share', () => {
  const attempt = attemptOf([new SplitPool(0, [split(0, 1), split(1, 2)], [], 0)]);
  attempt.deployed(1);
  assert.deepEqual(attempt.wantSplit(1, 0), []);
  const assigned = posted(attempt.deployed(0), 'assign');
  assert.deepEqual(
    assigned.map((decision) => decision.kind === 'post' && decision.slot),
    [1],
  );
});

test('segments merged while an epoch is being published stay merged', () => {
  const segment = (value: string, epoch: number): TableSegment => ({ value, bytes: 1, rows: 1, epoch, slot: 0 });
  const attempt = running([new SplitPool(0, [split(0, 1)], [], 0)]);
  const publish = (epoch: number, between: () => void): Manifest => {
    attempt.trigger(false);
    const sink: SinkState = {
      vertex: 0,
      sink: 0,
      slot: 0,
      table: 't',
      values: [{ value: `e${epoch}`, bytes: 1, rows: 1 }],
      prepared: null,
    };
    attempt.acknowledge(epoch, { ...snapshot(0), sinks: [sink] });
    attempt.acknowledge(epoch, snapshot(1));
    const manifest = manifestOf(attempt);
    between();
    attempt.published(manifest);
    return manifest;
  };
  publish(1, () => undefined);
  publish(2, () => undefined);
  const overtaken = publish(3, () => {
    attempt.replaceSegments('t', [segment('e1', 1), segment('e2', 2)], [segment('merged', 2)]);
  });
  assert.deepEqual(attempt.unmerged(overtaken), {}, 'its list for the table is no longer the list');
  const newest = publish(4, () => undefined);
  assert.deepEqual(attempt.unmerged(newest), newest.tables);
  const { tables } = newest;
  assert.deepEqual(
    tables['t']?.map(({ value }) => value),
    ['merged', 'e3', 'e4'],
  );
});

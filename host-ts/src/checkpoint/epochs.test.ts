/** The life of an epoch, the manifest it comes to, and what may be released afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Epochs, leftBehind, releasable } from './epochs.ts';
import type { Manifest, RecordRef, SlotSnapshot, SplitState } from './manifest.ts';
import { attemptOfValue, mergedName, recordsName, sinkName } from './value-names.ts';

const record = (value: string, pageId: number): RecordRef => ({
  value,
  at: 0,
  bytes: 100,
  vertex: 1,
  stage: 0,
  operator: 0,
  kind: 1,
  pageId,
  keyGroupFrom: 0,
  keyGroupTo: 64,
});

const state = (splitId: string, rows: number): SplitState => ({
  vertex: 0,
  splitId,
  position: rows,
  rows,
  maxTime: null,
  finished: false,
});

const snapshot = (slot: number, over: Partial<SlotSnapshot> = {}): SlotSnapshot => ({
  slot,
  records: [],
  values: {},
  splits: [],
  sinks: [],
  bytesWritten: 0,
  bytesCarried: 0,
  ...over,
});

const base = {
  job: 'j',
  graphHash: 'h',
  keyGroups: 128,
  inputs: {},
  createdAt: 1,
  durationMs: 2,
  splits: [] as readonly SplitState[],
  tables: {},
  place: (sinks: Manifest['sinks']) => sinks,
};

test('one epoch at a time, numbered on from the restored one, none after the final one', () => {
  const epochs = new Epochs({ parallelism: 2, attempt: 3, lastEpoch: 7 });
  assert.equal(epochs.trigger(false), 8);
  assert.equal(epochs.trigger(true), undefined);
  assert.equal(epochs.acknowledge(8, snapshot(0)), false);
  assert.equal(epochs.acknowledge(8, snapshot(0)), false, 'a slot counts once');
  assert.equal(epochs.acknowledge(7, snapshot(1)), false, 'of another epoch');
  assert.equal(epochs.acknowledge(8, snapshot(1)), true);
  assert.equal(epochs.trigger(false), undefined, 'not before it is published');
  assert.throws(() => epochs.published(7), { code: 'BUG' });
  epochs.published(8);
  assert.equal(epochs.trigger(true), 9);
  assert.equal(epochs.final, true);
  epochs.acknowledge(9, snapshot(0));
  epochs.acknowledge(9, snapshot(1));
  epochs.published(9);
  assert.equal(epochs.trigger(false), undefined);
});

test('the manifest holds the newest state of every split and every value with its size', () => {
  const epochs = new Epochs({ parallelism: 2, attempt: 3, lastEpoch: 0 });
  epochs.trigger(false);
  const sink = { vertex: 1, sink: 0, slot: 1, table: 't', values: [{ value: 'k', bytes: 7, rows: 2 }], prepared: null };
  epochs.acknowledge(1, snapshot(1, { records: [record('b', 2)], values: { b: 130 }, sinks: [sink] }));
  epochs.acknowledge(
    1,
    snapshot(0, { records: [record('a', 1), record('a', 2)], values: { a: 900 }, splits: [state('s0', 50)] }),
  );
  const older = { value: 'old', bytes: 3, rows: 1, epoch: 0, slot: 0 };
  const manifest = epochs.manifest({ ...base, splits: [state('s0', 10), state('s1', 20)], tables: { t: [older] } });
  assert.deepEqual(
    manifest.splits.map(({ splitId, rows }) => [splitId, rows]),
    [
      ['s1', 20],
      ['s0', 50],
    ],
  );
  assert.deepEqual(
    manifest.records.map(({ value }) => value),
    ['a', 'a', 'b'],
    'in the order of slots',
  );
  assert.deepEqual(manifest.tables['t'], [older, { value: 'k', bytes: 7, rows: 2, epoch: 1, slot: 1 }]);
  assert.deepEqual(manifest.values, { a: 900, b: 130, k: 7, old: 3 });
});

test('a slot whose records lie in a value that it does not name is a bug: the value would be released', () => {
  const epochs = new Epochs({ parallelism: 1, attempt: 1, lastEpoch: 0 });
  epochs.trigger(false);
  epochs.acknowledge(1, snapshot(0, { records: [record('a', 1), record('b', 2)], values: { a: 100 } }));
  assert.throws(() => epochs.manifest(base), { code: 'BUG', message: /does not name|did not name/ });
});

test('left behind are values of attempts before, unless a manifest names them; names that are none of ours too', () => {
  const of = { epoch: 4, slot: 1 };
  const names = {
    ofBefore: recordsName({ ...of, attempt: 9 }, 0),
    ofBeforeNamed: recordsName({ ...of, attempt: 9 }, 1),
    ofNow: recordsName({ ...of, attempt: 10 }, 0),
    sinkBefore: sinkName({ ...of, attempt: 2 }, { vertex: 1, sink: 0 }, 3),
    sinkNow: sinkName({ ...of, attempt: 10 }, { vertex: 1, sink: 0 }, 3),
    mergedBefore: mergedName(1, 7),
    mergedNow: mergedName(10, 7),
    foreign: 'attempt-10',
  };
  const named = { values: { [names.ofBeforeNamed]: 1 } } as unknown as Manifest;
  const { ofBefore, sinkBefore, mergedBefore, foreign } = names;
  const expected = [ofBefore, sinkBefore, mergedBefore, foreign];
  assert.deepEqual(leftBehind(Object.values(names), [named], 10), expected);
  assert.deepEqual(Object.values(names).map(attemptOfValue), [9, 9, 10, 2, 10, 1, 10, 0]);
});

test('released are the values that only released manifests name', () => {
  const named = (...names: string[]): Manifest =>
    ({ values: Object.fromEntries(names.map((name) => [name, 1])) }) as unknown as Manifest;
  assert.deepEqual(releasable([named('a', 'b'), named('b', 'c')], [named('c', 'd')]), ['a', 'b']);
  assert.deepEqual(releasable([], [named('a')]), []);
});

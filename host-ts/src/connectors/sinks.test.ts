// Sinks: what a slot prepares and what the coordinator makes of it, with crashes between the steps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SinkState } from '../checkpoint/index.ts';
import { FrameBuilder } from '../engine/index.ts';
import type { FileStore } from '../platform/index.ts';
import { i64, schemaTypeCodes, timestamp, utf8 } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { Table, tableSchema } from '../table/index.ts';
import { HeldValues, MemoryCheckpointStorage } from '../checkpoint/index.ts';
import type { SinkSpec } from '../plan/index.ts';
import { createSink } from './create-sink.ts';
import { FileCommitter } from './file-sink.ts';
import { CallbackReceiver, CollectReceiver, PrintReceiver } from './forward-sink.ts';
import type { Sink } from './sink.ts';

const SCHEMA = { at: timestamp(), city: utf8(), n: i64() } satisfies Schema;
type Row = Readonly<Record<keyof typeof SCHEMA, RowValue>>;

function frameOf(rows: readonly Row[]): Uint8Array {
  const columns = (Object.keys(SCHEMA) as (keyof typeof SCHEMA)[]).map((name) => ({
    values: rows.map((row) => row[name]),
  }));
  return new FrameBuilder(schemaTypeCodes(SCHEMA)).build(rows.length, columns);
}

const row = (city: string | null, at: number, n: number): Row => ({ at, city, n: BigInt(n) });
const noForward = (): void => assert.fail('nothing is forwarded');

test('a table sink: the later row of a key wins, the key comes first', async () => {
  const spec: SinkSpec = { kind: 'table', uid: 't', name: 'cities', key: ['city', 'at'] };
  const sink = createSink(spec, SCHEMA, noForward);
  sink.push(frameOf([row('b', 2, 1), row('a', 1, 2), row(null, 5, 3)]));
  sink.push(frameOf([row('b', 2, 4), row('b', 1, 5)]));
  const prepared = sink.prepare(1);
  assert.equal(prepared.table, 'cities');
  assert.deepEqual(
    prepared.values.map(({ rows }) => rows),
    [4],
  );
  const { bytes, index } = prepared.values[0]!;
  assert.ok(index !== undefined);
  const storage = new MemoryCheckpointStorage();
  await storage.fence(1);
  await storage.putValue(1, 'v', bytes);
  const schema = tableSchema(SCHEMA, spec.key);
  const table = new Table({ name: 'cities', schema, key: spec.key, values: new HeldValues(storage) });
  table.addSegments(1, [{ value: 'v', bytes: bytes.length, rows: 4, index, epoch: 1, slot: 0 }]);
  const rows = await table.scan();
  assert.deepEqual(Object.keys(rows[0]!), ['city', 'at', 'n']);
  assert.deepEqual(
    rows.map(({ city, at, n }) => [city, at, n]),
    [
      [null, 5, 3n],
      ['a', 1, 2n],
      ['b', 1, 5n],
      ['b', 2, 4n],
    ],
  );
  assert.deepEqual(sink.prepare(2).values, [], 'an epoch without rows stores nothing');
});

test('a blackhole takes rows, forwards none and stores none', () => {
  const sink = createSink({ kind: 'blackhole', uid: 'b' }, SCHEMA, noForward);
  sink.push(frameOf([row('a', 1, 2)]));
  assert.deepEqual(sink.prepare(1), { values: [], prepared: null });
  sink.close();
});

test('print, callback and collect get the rows at once', () => {
  const frames: Uint8Array[] = [];
  for (const spec of [
    { kind: 'print', uid: 'p', prefix: '>' },
    { kind: 'callback', uid: 'c', functionId: 0 },
    { kind: 'collect', uid: 'k', name: 'all' },
  ] satisfies SinkSpec[]) {
    const sink = createSink(spec, SCHEMA, (frame) => frames.push(frame));
    const pushed = frameOf([row('ä', 0, 7)]);
    sink.push(pushed);
    pushed.fill(0);
    assert.deepEqual(sink.prepare(1).values, []);
  }
  const lines: string[] = [];
  new PrintReceiver(SCHEMA, '>', (line) => lines.push(line)).receive(frames[0]!);
  assert.deepEqual(lines, ['> {"at":"1970-01-01T00:00:00.000Z","city":"ä","n":7}']);
  const called: object[] = [];
  new CallbackReceiver(SCHEMA, (value) => called.push(value)).receive(frames[1]!);
  const collected = new CollectReceiver(SCHEMA, 'all');
  collected.receive(frames[2]!);
  assert.deepEqual(called, [row('ä', 0, 7)]);
  assert.deepEqual(collected.rows(), [row('ä', 0, 7)]);
});

/** Files in memory; every write can be made to fail. */
function memoryFiles(): { files: FileStore; contents: Map<string, Uint8Array>; failAfter: { writes: number } } {
  const contents = new Map<string, Uint8Array>();
  const failAfter = { writes: Infinity };
  const write = (path: string, bytes: Uint8Array): Promise<void> => {
    if (failAfter.writes-- <= 0) return Promise.reject(new Error('ENOSPC: no space left on device'));
    contents.set(path, bytes);
    return Promise.resolve();
  };
  const at = (path: string): Uint8Array => contents.get(path) ?? new Uint8Array(0);
  const files: FileStore = {
    size: (path) => Promise.resolve(contents.get(path)?.length),
    read: (path) => Promise.resolve(at(path)),
    writeAtomic: write,
    append: (path, bytes) => write(path, Uint8Array.from([...at(path), ...bytes])),
    truncate: (path, byteLength) => write(path, at(path).slice(0, byteLength)),
    rename: () => Promise.reject(new Error('unused')),
    remove: () => Promise.reject(new Error('unused')),
    list: () => Promise.resolve([]),
  };
  return { files, contents, failAfter };
}

function fileWorld(format: 'csv' | 'ndjson') {
  const values = new Map<string, Uint8Array>();
  const spec: SinkSpec = { kind: 'file', uid: 'f', format, path: 'out' };
  const sinks: readonly Sink[] = [0, 1].map(() => createSink(spec, SCHEMA, noForward));
  const home = memoryFiles();
  const load = (value: string): Promise<Uint8Array> => Promise.resolve(values.get(value) ?? assert.fail(value));
  const newCommitter = (): FileCommitter => new FileCommitter(home.files, load);
  const states = (epoch: number): SinkState[] =>
    sinks.map((sink, slot) => {
      const prepared = sink.prepare(epoch);
      const stored = prepared.values.map(({ bytes, rows }, index) => {
        values.set(`e${epoch}s${slot}-${index}`, bytes);
        return { value: `e${epoch}s${slot}-${index}`, bytes: bytes.length, rows };
      });
      return { vertex: 1, sink: 0, slot, values: stored, prepared: prepared.prepared };
    });
  const text = (): string => new TextDecoder().decode(home.contents.get('out'));
  return { ...home, sinks, newCommitter, states, text, load };
}

for (const format of ['csv', 'ndjson'] as const) {
  test(`a ${format} file is exact after a crash at any write`, async () => {
    const whole = async (failAt: number): Promise<{ text: string; failures: number }> => {
      const world = fileWorld(format);
      world.contents.set('out', new TextEncoder().encode('of an earlier run\n'));
      let committer = world.newCommitter();
      let failures = 0;
      let write = 0;
      for (let epoch = 1; epoch <= 4; epoch++) {
        if (epoch !== 3) world.sinks[1]!.push(frameOf([row('x,"y"', epoch, 1), row('', epoch, 2)]));
        world.sinks[0]!.push(frameOf([row(null, epoch, 3)]));
        const manifest = committer.place(world.states(epoch));
        world.failAfter.writes = write <= failAt ? failAt - write : Infinity;
        const before = world.failAfter.writes;
        try {
          await committer.commit(manifest);
          write += before === Infinity ? 0 : before - world.failAfter.writes;
        } catch (error) {
          assert.equal((error as { code: string }).code, 'FILE_SINK_FAILED');
          failures++;
          write = Infinity;
          world.failAfter.writes = Infinity;
          committer = world.newCommitter();
          await committer.restore(JSON.parse(JSON.stringify(manifest)) as SinkState[]);
        }
      }
      await committer.commit([]);
      return { text: world.text(), failures };
    };
    const { text, failures } = await whole(1e9);
    assert.equal(failures, 0);
    const [first] = text.split('\n');
    assert.equal(first, format === 'csv' ? 'at,city,n' : '{"at":"1970-01-01T00:00:00.001Z","city":null,"n":3}');
    assert.equal(text.split('\n').length, (format === 'csv' ? 1 : 0) + 4 + 6 + 1);
    let failed = 0;
    for (let failAt = 0; failAt < 12; failAt++) {
      const again = await whole(failAt);
      failed += again.failures;
      assert.equal(again.text, text, `failed at write ${failAt}`);
    }
    assert.ok(failed >= 8);
  });
}

test('a file that lost bytes, and a home without files, are named', async () => {
  const world = fileWorld('csv');
  const committer = world.newCommitter();
  world.sinks[0]!.push(frameOf([row('a', 1, 1)]));
  await committer.commit(committer.place(world.states(1)));
  world.contents.set('out', new Uint8Array(3));
  world.sinks[0]!.push(frameOf([row('b', 2, 1)]));
  const states = committer.place(world.states(2));
  await assert.rejects(committer.commit(states), { code: 'FILE_SINK_CHANGED' });
  assert.throws(() => new FileCommitter(undefined, world.load).place(states), { code: 'FILE_SINK_UNSUPPORTED' });
});

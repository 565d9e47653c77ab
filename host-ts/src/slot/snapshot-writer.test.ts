/** Snapshots: what is drained, packed, referenced and acknowledged, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  RECORD_GROUP_FROM_AT,
  RECORD_GROUP_TO_AT,
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LIVE,
  RECORD_META,
  RECORD_OPERATOR_AT,
  RECORD_PAGE,
  RECORD_PAGE_AT,
  RECORD_PAYLOAD_BYTES_AT,
} from '../abi/index.ts';
import { STORED_VALUE_BYTES, checksum } from '../base/index.ts';
import { CARRY_LIMITS, valueMissing } from '../checkpoint/index.ts';
import type { CarryLimits, CheckpointStorage } from '../checkpoint/index.ts';
import type { PreparedSink } from '../connectors/index.ts';
import type { Engine } from '../engine/index.ts';
import type { NativeStage } from './native-stage.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import type { SnapshotDone } from './snapshot-writer.ts';

const PART_AT = 40;
const PARTS_AT = 44;
const OPERATOR = 4;

function record(kind: number, pageId: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + ((payload.length + 15) & ~15));
  const view = new DataView(bytes.buffer);
  view.setUint32(RECORD_KIND_AT, kind, true);
  view.setUint32(RECORD_OPERATOR_AT, OPERATOR, true);
  view.setUint32(RECORD_PAGE_AT, pageId, true);
  view.setUint32(RECORD_GROUP_FROM_AT, pageId, true);
  view.setUint32(RECORD_GROUP_TO_AT, pageId + 1, true);
  view.setUint32(RECORD_PAYLOAD_BYTES_AT, payload.length, true);
  bytes.set(payload, RECORD_HEADER_BYTES);
  return bytes;
}

const page = (id: number, byteLength = 100): Uint8Array => record(RECORD_PAGE, id, new Uint8Array(byteLength).fill(id));
const meta = (): Uint8Array => record(RECORD_META, 0, Uint8Array.of(1, 2, 3));

/** The list of live pages, in as many parts as lists are given. */
function live(...parts: readonly (readonly number[])[]): Uint8Array[] {
  return parts.map((ids, part) => {
    const bytes = record(RECORD_LIVE, 0, new Uint8Array(Uint32Array.from(ids).buffer));
    const view = new DataView(bytes.buffer);
    view.setUint32(PART_AT, part, true);
    view.setUint32(PARTS_AT, parts.length, true);
    return bytes;
  });
}

/** One stage's state as its engine task would give it: a list of drained buffers per snapshot. */
class PlayedTask {
  readonly #bytes: Uint8Array;
  begun = 0;
  discarded = 0;
  drains: Uint8Array[][] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  snapshotBegin(): void {
    this.begun += 1;
  }

  snapshotDiscard(): void {
    this.discarded += 1;
  }

  snapshotNext(): number {
    const next = this.drains.shift();
    if (next === undefined) return 0;
    let at = 0;
    for (const one of next) {
      this.#bytes.set(one, at);
      at += one.length;
    }
    return at;
  }
}

interface Put {
  readonly name: string;
  readonly bytes: number;
  settle(): void;
  refuse(error: unknown): void;
}

function writerOf(
  vertexCount: number,
  carry: CarryLimits = CARRY_LIMITS,
): {
  readonly writer: SnapshotWriter;
  readonly task: PlayedTask;
  readonly natives: readonly { readonly stage: number; readonly native: NativeStage }[];
  readonly puts: Put[];
  /** What was put, by name. */
  readonly values: Map<string, Uint8Array>;
  readonly done: SnapshotDone[];
  readonly failures: unknown[];
  readonly notCarried: string[];
  readonly reading: { fails: boolean };
} {
  const memory = new Uint8Array(1 << 19);
  const puts: Put[] = [];
  const done: SnapshotDone[] = [];
  const failures: unknown[] = [];
  const notCarried: string[] = [];
  const reading = { fails: false };
  const values = new Map<string, Uint8Array>();
  const task = new PlayedTask(memory);
  const writer = new SnapshotWriter({
    engine: { alloc: () => 16, bytes: (_: number, length: number) => memory.subarray(0, length) } as unknown as Engine,
    storage: {
      putValue: (_: number, name: string, bytes: Uint8Array) => {
        values.set(name, bytes);
        return new Promise<void>((settle, refuse) => puts.push({ name, bytes: bytes.length, settle, refuse }));
      },
      getValue: async (name: string) => {
        if (reading.fails) throw new Error('the disk is busy');
        const value = values.get(name);
        if (value === undefined) throw valueMissing(name);
        return value;
      },
    } as unknown as CheckpointStorage,
    attempt: 3,
    slot: 2,
    vertexCount,
    steady: () => 0,
    done: (one) => done.push(one),
    fail: (error) => failures.push(error),
    carry,
    notCarried: (value, { code }) => notCarried.push(`${value} ${code}`),
    forgetKeyGroup: undefined,
  });
  const natives = [{ stage: 1, native: { task } as unknown as NativeStage }];
  return { writer, task, puts, values, done, failures, notCarried, reading, natives };
}

const nothing = { natives: [], splits: [], sinks: [] };
const drain = (writer: SnapshotWriter): void => {
  while (writer.step());
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const settleAll = async (puts: readonly Put[]): Promise<void> => {
  for (const put of puts) put.settle();
  await settled();
};

test('acknowledged when every chain has passed, all is drained and every value is durable', async () => {
  const { writer, task, natives, puts, done } = writerOf(2);
  task.drains = [[meta(), ...live([7])], [page(7)]];
  writer.freeze({ epoch: 1, vertex: 0, ...nothing, natives });
  assert.equal(task.begun, 1, 'frozen at once');
  drain(writer);
  assert.equal(puts.length, 0, 'the value is kept open for the other chain');
  const sink: PreparedSink = { values: [{ bytes: new Uint8Array(9), rows: 2 }], table: 't', prepared: null };
  writer.freeze({ epoch: 1, vertex: 1, ...nothing, sinks: [{ sink: 0, prepared: sink }] });
  assert.deepEqual(
    puts.map(({ name }) => name),
    ['a3-e1-s2-v1k0-0', 'a3-e1-s2-p0'],
  );
  puts[1]?.settle();
  await settled();
  assert.equal(done.length, 0);
  puts[0]?.settle();
  await settled();
  assert.equal(done.length, 1);
  const { epoch, snapshot } = done[0]!;
  assert.equal(epoch, 1);
  assert.equal(snapshot.bytesWritten, 9 + puts[1]!.bytes);
  assert.deepEqual(
    snapshot.records.map(({ vertex, stage, operator, kind, pageId, at }) => [
      vertex,
      stage,
      operator,
      kind,
      pageId,
      at,
    ]),
    [
      [0, 1, OPERATOR, RECORD_META, 0, 0],
      [0, 1, OPERATOR, RECORD_PAGE, 7, meta().length],
    ],
  );
  assert.deepEqual(snapshot.sinks[0]?.values, [
    { value: 'a3-e1-s2-v1k0-0', bytes: 9, rows: 2, sum: checksum(new Uint8Array(9)) },
  ]);
});

test('unchanged pages are referenced where an older epoch wrote them; those gone are not', async () => {
  const { writer, task, natives, puts, done } = writerOf(1);
  const epoch = async (number: number, records: Uint8Array[]): Promise<Readonly<Record<number, string>>> => {
    task.drains = records.map((one) => [one]);
    writer.freeze({ epoch: number, vertex: 0, ...nothing, natives });
    drain(writer);
    await settleAll(puts);
    const { records: refs } = done.at(-1)!.snapshot;
    return Object.fromEntries(refs.filter(({ kind }) => kind === RECORD_PAGE).map((ref) => [ref.pageId, ref.value]));
  };
  const [e1, e2, e3] = ['a3-e1-s2-p0', 'a3-e2-s2-p0', 'a3-e3-s2-p0'];
  assert.deepEqual(await epoch(1, [meta(), ...live([1, 2, 3]), page(1), page(2), page(3)]), { 1: e1, 2: e1, 3: e1 });
  assert.deepEqual(await epoch(2, [meta(), ...live([1, 2, 4]), page(2), page(4)]), { 1: e1, 2: e2, 4: e2 });
  assert.deepEqual(await epoch(3, [meta(), ...live([1, 2], [4, 5]), page(5)]), { 1: e1, 2: e2, 4: e2, 5: e3 });
  assert.deepEqual(await epoch(4, [meta(), ...live([])]), {}, 'all state is gone');
  assert.equal(done.at(-1)?.snapshot.records.length, 1, 'the newest meta stays');
});

test('values are packed up to their size, and every record lies in one of them', async () => {
  const { writer, task, natives, puts, done } = writerOf(1);
  const count = 50;
  const ids = Array.from({ length: count }, (_, id) => id);
  task.drains = [[meta(), ...live(ids)], ...ids.map((id) => [page(id, 60_000)])];
  writer.freeze({ epoch: 1, vertex: 0, ...nothing, natives });
  drain(writer);
  await settleAll(puts);
  assert.equal(puts.length, 3, 'three megabytes in three values');
  const { records } = done[0]!.snapshot;
  assert.equal(records.length, count + 1);
  for (const put of puts) {
    assert.ok(put.bytes <= STORED_VALUE_BYTES);
    const held = records.filter(({ value }) => value === put.name);
    assert.equal(
      held.reduce((end, { at, bytes }) => (assert.equal(at, end), at + bytes), 0),
      put.bytes,
    );
  }
});

test('chains without state are acknowledged at once; what the last epoch had is not said again', async () => {
  const { writer, puts, done } = writerOf(2);
  const split = { vertex: 0, splitId: 's', position: null, rows: 1, maxTime: null, finished: true };
  for (const epoch of [1, 2]) {
    writer.freeze({ epoch, vertex: 0, ...nothing, splits: [split] });
    assert.equal(done.length, epoch - 1);
    writer.freeze({ epoch, vertex: 1, ...nothing });
    assert.equal(done.length, epoch);
    assert.deepEqual(done.at(-1)?.snapshot.splits, [split]);
  }
  assert.equal(puts.length, 0);
});

test('a value that cannot be stored fails the slot, and the epoch is not acknowledged', async () => {
  const { writer, task, natives, puts, done, failures } = writerOf(1);
  task.drains = [[meta()]];
  writer.freeze({ epoch: 1, vertex: 0, ...nothing, natives });
  drain(writer);
  puts[0]?.refuse(new Error('disk full'));
  await settled();
  assert.deepEqual(
    failures.map((error) => (error as Error).message),
    ['disk full'],
  );
  assert.equal(done.length, 0);
});

test('the next snapshot does not begin before the last one has ended', () => {
  const { writer } = writerOf(2);
  writer.freeze({ epoch: 1, vertex: 0, ...nothing });
  assert.throws(() => writer.freeze({ epoch: 2, vertex: 0, ...nothing }), { code: 'BUG' });
});

/** Two stored bytes per live one, however little it is. */
const CARRY_SOON: CarryLimits = { storedPerLive: 2, storedBytesMin: 0, givenUpBytesMax: 1 << 20 };
const PAGE_BYTES = page(0).length;

/** A writer of one chain with `pages` pages, all of them stored with epoch 1 but for those that `later` writes. */
function carryingWriter(pages: number): {
  readonly made: ReturnType<typeof writerOf>;
  /** An epoch that writes these pages, to its drained end; values are durable only when told. */
  epoch(number: number, dirty: readonly Uint8Array[]): Promise<void>;
  /** The same to its acknowledgement: where each page lies, and that its bytes are there. */
  acknowledged(number: number, dirty: readonly Uint8Array[]): Promise<Readonly<Record<number, string>>>;
} {
  const made = writerOf(1, CARRY_SOON);
  const { writer, task, natives, puts, done, values } = made;
  const ids = Array.from({ length: pages }, (_, id) => id);
  const epoch = async (number: number, dirty: readonly Uint8Array[]): Promise<void> => {
    task.drains = [live(ids), ...dirty.map((one) => [one])];
    writer.freeze({ epoch: number, vertex: 0, ...nothing, natives });
    drain(writer);
    await settled();
  };
  const acknowledged = async (number: number, dirty: readonly Uint8Array[]): Promise<Record<number, string>> => {
    await epoch(number, dirty);
    await settleAll(puts);
    const { epoch: last, snapshot } = done.at(-1)!;
    assert.equal(last, number);
    for (const { value, at, bytes, pageId } of snapshot.records) {
      const stored = values.get(value)!.subarray(at, at + bytes);
      assert.equal(new DataView(stored.buffer, stored.byteOffset).getUint32(RECORD_PAGE_AT, true), pageId);
      assert.equal(snapshot.values[value], values.get(value)!.length);
    }
    assert.equal(snapshot.records.length, pages);
    return Object.fromEntries(snapshot.records.map(({ pageId, value }) => [pageId, value]));
  };
  return { made, epoch, acknowledged };
}

const pages = (from: number, to: number): Uint8Array[] => Array.from({ length: to - from }, (_, at) => page(from + at));

test('live records of sparse values are carried over, apart from what changed, and the old values are not named', async () => {
  const { made, acknowledged } = carryingWriter(8);
  const [e1, e2] = ['a3-e1-s2-p0', 'a3-e2-s2-p0'];
  assert.deepEqual(new Set(Object.values(await acknowledged(1, pages(0, 8)))), new Set([e1]));
  const second = await acknowledged(2, pages(0, 7));
  assert.deepEqual([second[0], second[7]], [e2, e1], 'fifteen stored for eight is in proportion');
  assert.equal(made.done.at(-1)?.snapshot.bytesCarried, 0);
  const third = await acknowledged(3, pages(0, 5));
  assert.deepEqual(
    [third[0], third[5], third[7]],
    ['a3-e3-s2-p0', e2, 'a3-e3-s2-p1'],
    'only the sparser one is given up',
  );
  const { snapshot } = made.done.at(-1)!;
  assert.equal(snapshot.bytesCarried, PAGE_BYTES);
  assert.equal(snapshot.bytesWritten, 6 * PAGE_BYTES);
  assert.deepEqual(Object.keys(snapshot.values), [e2, 'a3-e3-s2-p0', 'a3-e3-s2-p1']);
  assert.deepEqual(made.values.get('a3-e3-s2-p1'), page(7), 'as it was');
});

test('a page that has just been written is not carried: the newest bytes count', async () => {
  const { made, acknowledged } = carryingWriter(4);
  await acknowledged(1, pages(0, 4));
  await acknowledged(2, pages(0, 3));
  const newer = record(RECORD_PAGE, 3, new Uint8Array(100).fill(99));
  const where = await acknowledged(3, [page(0), newer]);
  const { value, at, bytes } = made.done.at(-1)!.snapshot.records.find(({ pageId }) => pageId === 3)!;
  assert.equal(value, where[0]);
  assert.deepEqual(made.values.get(value)!.subarray(at, at + bytes), newer);
});

test('an epoch that carries is acknowledged when the new values are durable too', async () => {
  const { made, epoch, acknowledged } = carryingWriter(8);
  await acknowledged(1, pages(0, 8));
  await acknowledged(2, pages(0, 7));
  await epoch(3, pages(0, 5));
  const [drained, carried, ...others] = made.puts.slice(2);
  assert.equal(others.length, 0);
  await settleAll([drained!]);
  assert.equal(made.done.length, 2);
  await settleAll([carried!]);
  assert.equal(made.done.length, 3);
});

test('what cannot be read now stays where it is; the next epoch tries again', async () => {
  const { made, acknowledged } = carryingWriter(8);
  await acknowledged(1, pages(0, 8));
  await acknowledged(2, pages(0, 7));
  made.reading.fails = true;
  assert.equal((await acknowledged(3, pages(0, 5)))[7], 'a3-e1-s2-p0');
  assert.deepEqual(made.notCarried, ['a3-e1-s2-p0 UNEXPECTED']);
  assert.equal(made.task.discarded, 0);
  made.reading.fails = false;
  assert.equal((await acknowledged(4, pages(0, 5)))[7], 'a3-e4-s2-p1');
  assert.deepEqual(made.failures, []);
});

for (const [what, code, damage] of [
  ['lost', 'CHECKPOINT_VALUE_MISSING', (values: Map<string, Uint8Array>, name: string) => values.delete(name)],
  [
    'damaged',
    'CHECKPOINT_CORRUPT',
    (values: Map<string, Uint8Array>, name: string) =>
      values.set(
        name,
        values.get(name)!.map((byte, at) => byte ^ +(at === 9)),
      ),
  ],
] as const) {
  test(`a value that is ${what}: the state that it held is written again with the next epoch`, async () => {
    const { made, epoch, acknowledged } = carryingWriter(8);
    await acknowledged(1, pages(0, 8));
    await acknowledged(2, pages(0, 7));
    damage(made.values, 'a3-e1-s2-p0');
    await epoch(3, pages(0, 5));
    await settleAll(made.puts);
    assert.equal(made.done.length, 3, 'acknowledged');
    assert.deepEqual(made.notCarried, [`a3-e1-s2-p0 ${code}`]);
    assert.equal(made.task.discarded, 1);
    const where = await acknowledged(4, pages(0, 8));
    assert.deepEqual(new Set(Object.values(where)), new Set(['a3-e4-s2-p0']));
    assert.deepEqual(made.failures, []);
  });
}

test('a slot that is closed while it carries stores nothing more and leaves its stages alone', async () => {
  for (const lost of [false, true]) {
    const { made, epoch, acknowledged } = carryingWriter(8);
    await acknowledged(1, pages(0, 8));
    await acknowledged(2, pages(0, 7));
    if (lost) made.values.delete('a3-e1-s2-p0');
    const drained = epoch(3, pages(0, 5)); // the value is asked for, and has not come
    assert.equal(made.puts.length, 3);
    made.writer.close();
    await drained;
    await settleAll(made.puts);
    assert.deepEqual([made.puts.length, made.done.length, made.task.discarded], [3, 2, 0]);
    assert.deepEqual(made.notCarried, []);
  }
});

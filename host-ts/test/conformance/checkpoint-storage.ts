/**
 * What every checkpoint storage must do, as cases for any test runner and any home. `open` opens the
 * same place again and again; each case gets a place of its own.
 */
import { SluiceError } from '../../src/base/index.ts';
import { leftBehind, recordsName } from '../../src/checkpoint/index.ts';
import type { CheckpointStorage, Manifest } from '../../src/checkpoint/index.ts';

export interface StorageCase {
  readonly title: string;
  run(open: () => Promise<CheckpointStorage>): Promise<void>;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [actual, expected].map((value) => JSON.stringify(value instanceof Uint8Array ? [...value] : value));
  if (a !== e) throw new Error(`${what}: got ${a}, expected ${e}`);
}

async function rejects(promise: Promise<unknown>, code: string, what: string): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const actual = error instanceof SluiceError ? error.code : String(error);
  if (actual !== code) throw new Error(`${what}: got ${actual}, expected ${code}`);
}

export const STORAGE_CASES: readonly StorageCase[] = [
  {
    title: 'a fresh storage is empty',
    async run(open) {
      const storage = await open();
      same(await storage.lastAttempt(), 0, 'attempt');
      same(await storage.epochs(), [], 'epochs');
      same(await storage.valueNames(), [], 'values');
      await rejects(storage.getValue('none'), 'CHECKPOINT_VALUE_MISSING', 'a missing value');
      await rejects(storage.manifest(1), 'CHECKPOINT_MISSING', 'a missing manifest');
      await storage.close();
    },
  },
  {
    title: 'what was written is there after opening again',
    async run(open) {
      const storage = await open();
      await storage.fence(1);
      const large = Uint8Array.from({ length: 1_500_000 }, (_, at) => (at * 7) & 255);
      await storage.putValue(1, 'a1/slot-0/é 1', large);
      await storage.putValue(1, 'empty', new Uint8Array(0));
      await storage.publish(1, 12, bytesOf('twelve'));
      await storage.publish(1, 9, bytesOf('nine'));
      await storage.publish(1, 100, bytesOf('hundred'));
      await storage.close();
      const again = await open();
      same(await again.lastAttempt(), 1, 'attempt');
      same(await again.epochs(), [9, 12, 100], 'epochs ascend as numbers');
      same(await again.manifest(12), bytesOf('twelve'), 'manifest');
      same([...(await again.valueNames())].sort(), ['a1/slot-0/é 1', 'empty'], 'value names');
      same((await again.getValue('empty')).length, 0, 'the empty value');
      const back = await again.getValue('a1/slot-0/é 1');
      same(back.length, large.length, 'length');
      same(
        back.every((byte, at) => byte === large[at]),
        true,
        'bytes',
      );
      await again.close();
    },
  },
  {
    title: 'parts of a value, across whatever it lies in, and no more than there is',
    async run(open) {
      const storage = await open();
      await storage.fence(1);
      const large = Uint8Array.from({ length: 2_300_000 }, (_, at) => (at * 31 + (at >> 9)) & 255);
      await storage.putValue(1, 'large', large);
      const ranges = [
        [0, 10],
        [1_048_570, 12],
        [1_000_000, 1_200_000],
        [2_299_999, 50],
        [2_300_000, 5],
        [77, 0],
      ];
      for (const [at = 0, bytes = 0] of ranges) {
        const part = await storage.getPart('large', at, bytes);
        const wanted = large.subarray(at, at + bytes);
        same(part.length, wanted.length, `length of ${bytes} B at ${at}`);
        same(
          part.every((byte, place) => byte === wanted[place]),
          true,
          `${bytes} B at ${at}`,
        );
      }
      const mine = await storage.getPart('large', 5, 3);
      mine.fill(0);
      same(await storage.getPart('large', 5, 3), large.slice(5, 8), 'stored still');
      await rejects(storage.getPart('none', 0, 1), 'CHECKPOINT_VALUE_MISSING', 'a part of a missing value');
      await storage.close();
    },
  },
  {
    title: 'a fence keeps every older attempt from writing',
    async run(open) {
      const [old, young] = [await open(), await open()];
      await old.fence(3);
      await old.putValue(3, 'kept', bytesOf('kept'));
      await young.fence(4);
      await rejects(old.fence(4), 'STORAGE_FENCED', 'the same attempt twice');
      await rejects(old.fence(2), 'STORAGE_FENCED', 'a lower attempt');
      await rejects(old.putValue(3, 'late', bytesOf('late')), 'STORAGE_FENCED', 'a late value');
      await rejects(old.publish(3, 1, bytesOf('late')), 'STORAGE_FENCED', 'a late manifest');
      await rejects(old.release(3, [], ['kept']), 'STORAGE_FENCED', 'a late release');
      same(await young.epochs(), [], 'no epoch came of it');
      same(await young.valueNames(), ['kept'], 'values');
      await young.publish(4, 1, bytesOf('young'));
      same(await old.epochs(), [1], 'reading is free');
      await old.close();
      await young.close();
    },
  },
  {
    title: 'concurrent fences: exactly one wins an attempt',
    async run(open) {
      const all = await Promise.all([open(), open(), open(), open()]);
      const settled = await Promise.allSettled(all.map((storage) => storage.fence(1)));
      same(settled.filter(({ status }) => status === 'fulfilled').length, 1, 'winners');
      await Promise.all(all.map((storage) => storage.close()));
    },
  },
  {
    title: 'the same value twice is allowed; views of larger and of shared memory are stored as their part',
    async run(open) {
      const storage = await open();
      await storage.fence(1);
      const part = bytesOf('..part..').subarray(2, 6);
      await storage.putValue(1, 'v', part);
      await storage.putValue(1, 'v', part);
      same(await storage.getValue('v'), bytesOf('part'), 'value');
      const shared = new Uint8Array(new SharedArrayBuffer(64)).subarray(8, 12);
      shared.set(bytesOf('rosa'));
      await storage.putValue(1, 's', shared);
      await storage.publish(1, 1, shared);
      same(await storage.getValue('s'), bytesOf('rosa'), 'value from shared memory');
      same(await storage.manifest(1), bytesOf('rosa'), 'manifest from shared memory');
      await storage.close();
    },
  },
  {
    title: 'ownership: later changes of the caller do not reach what is stored, nor the other way',
    async run(open) {
      const storage = await open();
      await storage.fence(1);
      const mine = bytesOf('first');
      await storage.putValue(1, 'v', mine);
      mine.fill(0);
      const yours = await storage.getValue('v');
      same(yours, bytesOf('first'), 'stored');
      yours.fill(0);
      same(await storage.getValue('v'), bytesOf('first'), 'stored still');
      await storage.close();
    },
  },
  {
    title: 'release forgets epochs and values, and ignores missing ones',
    async run(open) {
      const storage = await open();
      await storage.fence(1);
      for (const name of ['a', 'b', 'c']) await storage.putValue(1, name, bytesOf(name));
      await storage.publish(1, 1, bytesOf('1'));
      await storage.publish(1, 2, bytesOf('2'));
      await storage.release(1, [1, 77], ['a', 'c', 'nobody']);
      same(await storage.epochs(), [2], 'epochs');
      same(await storage.valueNames(), ['b'], 'values');
      await rejects(storage.getValue('a'), 'CHECKPOINT_VALUE_MISSING', 'released');
      await storage.close();
    },
  },
  {
    title: 'what attempts before left behind is told by its name and removed; what a manifest names stays',
    async run(open) {
      const [old, young] = [await open(), await open()];
      const nameOf = (attempt: number, epoch: number): string => recordsName({ attempt, epoch, slot: 0 }, 0);
      const publish = async (storage: CheckpointStorage, attempt: number, epoch: number): Promise<Manifest> => {
        await storage.putValue(attempt, nameOf(attempt, epoch), bytesOf(`${attempt}/${epoch}`));
        const manifest = { epoch, attempt, values: { [nameOf(attempt, epoch)]: 3 } } as unknown as Manifest;
        await storage.publish(attempt, epoch, bytesOf(JSON.stringify(manifest)));
        return manifest;
      };
      await old.fence(1);
      const first = await publish(old, 1, 1);
      await old.putValue(1, nameOf(1, 2), bytesOf('not published'));
      await young.fence(2);
      await rejects(old.putValue(1, nameOf(1, 3), bytesOf('late')), 'STORAGE_FENCED', 'a late value');
      await young.putValue(2, nameOf(2, 2), bytesOf('on its way'));
      const rubbish = leftBehind(await young.valueNames(), [first], 2);
      same(rubbish, [nameOf(1, 2)], 'left behind');
      await rejects(old.release(1, [], [nameOf(2, 2)]), 'STORAGE_FENCED', 'a sweep of the old attempt');
      await young.release(2, [], rubbish);
      await publish(young, 2, 3);
      same([...(await young.valueNames())].sort(), [nameOf(1, 1), nameOf(2, 2), nameOf(2, 3)], 'values');
      same(await young.getValue(nameOf(1, 1)), bytesOf('1/1'), 'what the older manifest names');
      await young.release(2, [1], [nameOf(1, 1)]);
      same(await young.epochs(), [3], 'epochs');
      await rejects(young.getValue(nameOf(1, 1)), 'CHECKPOINT_VALUE_MISSING', 'released with its manifest');
      same(await young.getValue(nameOf(2, 3)), bytesOf('2/3'), 'what the newest manifest names');
      await old.close();
      await young.close();
    },
  },
];

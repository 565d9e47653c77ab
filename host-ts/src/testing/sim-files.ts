/**
 * Files of the simulated machine. Every step takes a random time and is done or not done, never by halves; steps of a
 * process that has died meanwhile are not done.
 */
import type { FileStore } from '../platform/index.ts';
import type { World } from './world.ts';

const DELAY_MS_MAX = 2;

/** What outlives a process: file contents by path. */
export type SimFolder = Map<string, Uint8Array>;

export function simFiles(world: World, folder: SimFolder, alive: () => boolean): FileStore {
  const step = <T>(act: () => T): Promise<T> =>
    new Promise((resolve) => {
      world.at(world.random.next() * DELAY_MS_MAX, () => {
        if (alive()) resolve(act());
      });
    });
  const contentOf = (path: string): Uint8Array => folder.get(path) ?? new Uint8Array(0);
  return {
    size: (path) => step(() => folder.get(path)?.byteLength),
    read: (path) => step(() => contentOf(path).slice()),
    writeAtomic: (path, bytes) => step(() => void folder.set(path, bytes.slice())),
    append: (path, bytes) => step(() => void folder.set(path, joined(contentOf(path), bytes))),
    truncate: (path, byteLength) => step(() => void folder.set(path, contentOf(path).slice(0, byteLength))),
    rename: (from, to) =>
      step(() => {
        folder.set(to, contentOf(from));
        folder.delete(from);
      }),
    remove: (path) => step(() => void folder.delete(path)),
    list: (directory) => step(() => [...folder.keys()].filter((path) => path.startsWith(`${directory}/`)).sort()),
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.byteLength + b.byteLength);
  both.set(a);
  both.set(b, a.byteLength);
  return both;
}

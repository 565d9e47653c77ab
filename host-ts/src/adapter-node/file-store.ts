/** Files for file sinks. Every write is synced before its promise settles. */
import { readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import type { FileStore } from '../platform/index.ts';
import { folderOf, makeFolder, syncFolder, writeSynced, writeWhole } from './durable-files.ts';

export function fileStore(sync: (folder: string) => Promise<void> = syncFolder): FileStore {
  return {
    size,
    read: async (path) => new Uint8Array(await readFile(path)),
    async writeAtomic(path, bytes) {
      await makeFolder(folderOf(path), sync);
      await writeWhole(path, bytes);
      await sync(folderOf(path));
    },
    async append(path, bytes) {
      await makeFolder(folderOf(path), sync);
      const isNew = (await size(path)) === undefined;
      await writeSynced(path, bytes, 'a');
      if (isNew) await sync(folderOf(path));
    },
    truncate,
    async rename(from, to) {
      await makeFolder(folderOf(to), sync);
      await rename(from, to);
      await sync(folderOf(to));
    },
    remove: (path) => rm(path, { force: true }),
    async list(directory) {
      try {
        return (await readdir(directory)).sort();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
  };
}

async function size(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

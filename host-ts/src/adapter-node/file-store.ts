/** Files for file sinks. Every write is synced before its promise settles. */
import { mkdir, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import type { FileStore } from '../platform/index.ts';
import { folderOf, syncFolder, writeSynced, writeWhole } from './durable-files.ts';

export function fileStore(): FileStore {
  return {
    async size(path) {
      try {
        return (await stat(path)).size;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    read: async (path) => new Uint8Array(await readFile(path)),
    async writeAtomic(path, bytes) {
      await mkdir(folderOf(path), { recursive: true });
      await writeWhole(path, bytes);
      await syncFolder(folderOf(path));
    },
    async append(path, bytes) {
      await mkdir(folderOf(path), { recursive: true });
      await writeSynced(path, bytes, 'a');
    },
    truncate,
    async rename(from, to) {
      await mkdir(folderOf(to), { recursive: true });
      await rename(from, to);
      await syncFolder(folderOf(to));
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

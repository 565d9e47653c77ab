/**
 * Files that are whole or absent, also after a power cut: written beside, synced, renamed, and the
 * folder synced after.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

export const TEMPORARY = '.tmp';

/** Writes and syncs a file under its final name, except for the folder's own entry (`syncFolder`). */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}${TEMPORARY}`;
  try {
    await writeSynced(temporary, bytes, 'wx');
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes ('wx': a new file) or appends ('a') and syncs. */
export async function writeSynced(file: string, bytes: Uint8Array, flags: 'wx' | 'a'): Promise<void> {
  const handle = await open(file, flags);
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those that it lies in; the name of each new one is durable in the folder around it. */
export async function makeFolder(folder: string, sync: (folder: string) => Promise<void> = syncFolder): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  const { root } = path.parse(path.resolve(folder));
  for (let made = path.resolve(folder); made !== root; made = path.dirname(made)) {
    await sync(path.dirname(made));
    if (made === path.resolve(first)) return;
  }
}

/** Makes names that were added to or removed from a folder durable, where the system allows it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined); // Windows opens no folders
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

export const folderOf = (file: string): string => path.dirname(file);

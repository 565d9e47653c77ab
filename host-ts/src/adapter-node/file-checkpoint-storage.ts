/**
 * Checkpoints in a folder.
 *
 *   <folder>/fence             the newest attempt
 *   <folder>/lock              held while fence, publish or release runs
 *   <folder>/values/v-<name>   one file per value, name percent-encoded
 *   <folder>/manifests/<epoch> one file per epoch
 *
 * Every file is written beside, synced and renamed, so it is whole or absent. A manifest appears
 * after the folder of values has been synced: what it names is on disk. Fence, publish and release
 * hold the lock, so that comparing the attempt and acting on it are one step; values need no lock,
 * since nothing refers to a late one.
 */
import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  manifestMissing,
  storageBlocked,
  storageFenced,
  storageFull,
  valueDiffers,
  valueMissing,
} from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';
import { makeFolder, syncFolder, TEMPORARY, writeWhole } from './durable-files.ts';
import { withLock } from './folder-lock.ts';

const VALUE = 'v-';
/** As encodeURIComponent writes names. */
const VALUE_FILE = /^v-(?:[\w.!~*'()-]|%[\dA-F]{2})+$/;

export class FileCheckpointStorage implements CheckpointStorage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = path.resolve(folder);
  }

  async fence(attempt: number): Promise<void> {
    await this.#locked(0, async () => {
      const newest = await this.lastAttempt();
      if (attempt <= newest) throw storageFenced(attempt, newest);
      await writeWhole(this.#at('fence'), Buffer.from(String(attempt)));
      await syncFolder(this.#folder);
      await this.#sweep(); // an older attempt's half-written files; its renames now fail
    });
  }

  async lastAttempt(): Promise<number> {
    return Number((await this.#read(this.#at('fence'))) ?? 0);
  }

  async putValue(attempt: number, name: string, bytes: Uint8Array): Promise<void> {
    await this.#writing(bytes.length, async () => {
      await this.#compare(attempt);
      const file = this.#valueFile(name);
      const old = await stat(file).catch(() => undefined);
      if (old?.size === bytes.length) return;
      if (old !== undefined) throw valueDiffers(name, old.size, bytes.length);
      await makeFolder(this.#at('values'));
      await writeWhole(file, bytes);
    });
  }

  async getValue(name: string): Promise<Uint8Array> {
    const bytes = await this.#read(this.#valueFile(name));
    if (bytes === undefined) throw valueMissing(name);
    return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  }

  async getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    const file = await open(this.#valueFile(name)).catch((error: unknown) => this.#nothingIfMissing(error));
    if (file === undefined) throw valueMissing(name);
    try {
      const part = new Uint8Array(bytes);
      let filled = 0;
      while (filled < bytes) {
        const { bytesRead } = await file.read(part, filled, bytes - filled, at + filled);
        if (bytesRead === 0) break; // the value ends here
        filled += bytesRead;
      }
      return filled === bytes ? part : part.slice(0, filled);
    } finally {
      await file.close();
    }
  }

  async publish(attempt: number, epoch: number, manifest: Uint8Array): Promise<void> {
    await this.#locked(manifest.length, async () => {
      await this.#compare(attempt);
      await makeFolder(this.#at('manifests'));
      await syncFolder(this.#at('values'));
      await writeWhole(this.#at('manifests', String(epoch)), manifest);
      await syncFolder(this.#at('manifests'));
    });
  }

  async epochs(): Promise<readonly number[]> {
    const files = await this.#list('manifests', /^\d+$/);
    return files.map(Number).sort((a, b) => a - b);
  }

  async manifest(epoch: number): Promise<Uint8Array> {
    const bytes = await this.#read(this.#at('manifests', String(epoch)));
    if (bytes === undefined) throw manifestMissing(epoch);
    return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Manifests first: a manifest never outlives the values that it names. */
  async release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    await this.#locked(0, async () => {
      await this.#compare(attempt);
      for (const epoch of epochs) await rm(this.#at('manifests', String(epoch)), { force: true });
      if (epochs.length > 0) await syncFolder(this.#at('manifests'));
      for (const value of values) await rm(this.#valueFile(value), { force: true });
    });
  }

  async valueNames(): Promise<readonly string[]> {
    const files = await this.#list('values', VALUE_FILE);
    return files.map((file) => decodeURIComponent(file.slice(VALUE.length)));
  }

  async close(): Promise<void> {
    // nothing is kept open
  }

  #at(...parts: readonly string[]): string {
    return path.join(this.#folder, ...parts);
  }

  #valueFile(name: string): string {
    return this.#at('values', VALUE + encodeURIComponent(name));
  }

  /** Files of ours: a file manager or a backup may leave its own beside them. */
  async #list(folder: string, name: RegExp): Promise<string[]> {
    const files = await readdir(this.#at(folder)).catch((error: unknown) => this.#nothingIfMissing(error));
    return (files ?? []).filter((file) => name.test(file) && !file.endsWith(TEMPORARY));
  }

  #read(file: string): Promise<Buffer | undefined> {
    return readFile(file).catch((error: unknown) => this.#nothingIfMissing(error));
  }

  #nothingIfMissing(error: unknown): undefined {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storageErrorOf(error, this.#folder, 0);
  }

  async #sweep(): Promise<void> {
    for (const folder of ['values', 'manifests']) {
      for (const file of (await readdir(this.#at(folder)).catch((error: unknown) => this.#nothingIfMissing(error))) ??
        []) {
        if (file.endsWith(TEMPORARY)) await rm(this.#at(folder, file), { force: true });
      }
    }
  }

  async #compare(attempt: number): Promise<void> {
    const newest = await this.lastAttempt();
    if (attempt !== newest) throw storageFenced(attempt, newest);
  }

  #locked(bytes: number, step: () => Promise<void>): Promise<void> {
    return this.#writing(bytes, async () => {
      await makeFolder(this.#folder);
      await withLock(this.#at('lock'), step);
    });
  }

  /** Turns the system's errors into ours. */
  async #writing(bytes: number, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw storageErrorOf(error, this.#folder, bytes);
    }
  }
}

/** ENOSPC and its like become CHECKPOINT_STORAGE_FULL, denied access CHECKPOINT_STORAGE_BLOCKED. */
export function storageErrorOf(error: unknown, place: string, bytes: number): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return storageFull({ bytes, place }, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return storageBlocked(place, (error as Error).message, 'choose a folder that this user may write to');
    default:
      return error;
  }
}

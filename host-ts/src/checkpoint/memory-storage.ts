/**
 * Checkpoints in memory: for jobs that only need to survive a slot, and for tests. What outlives an
 * instance is its `MemoryDisk`: several instances may be opened on one, as several runs on one folder.
 */
import { storageFenced, manifestMissing, valueDiffers, valueMissing } from './storage-errors.ts';
import { sameBytes } from './storage.ts';
import type { CheckpointStorage } from './storage.ts';

export class MemoryDisk {
  attempt = 0;
  readonly values = new Map<string, Uint8Array>();
  readonly manifests = new Map<number, Uint8Array>();
}

export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly disk: MemoryDisk;

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.disk = disk;
  }

  async fence(attempt: number): Promise<void> {
    if (attempt <= this.disk.attempt) throw storageFenced(attempt, this.disk.attempt);
    this.disk.attempt = attempt;
  }

  async lastAttempt(): Promise<number> {
    return this.disk.attempt;
  }

  async putValue(attempt: number, name: string, bytes: Uint8Array): Promise<void> {
    this.#compare(attempt);
    const old = this.disk.values.get(name);
    if (old !== undefined && !sameBytes(old, bytes)) throw valueDiffers(name, old.length, bytes.length);
    if (old === undefined) this.disk.values.set(name, bytes.slice());
  }

  async getValue(name: string): Promise<Uint8Array> {
    const value = this.disk.values.get(name);
    if (value === undefined) throw valueMissing(name);
    return value.slice();
  }

  async getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    const value = this.disk.values.get(name);
    if (value === undefined) throw valueMissing(name);
    return value.slice(at, at + bytes);
  }

  async publish(attempt: number, epoch: number, manifest: Uint8Array): Promise<void> {
    this.#compare(attempt);
    this.disk.manifests.set(epoch, manifest.slice());
  }

  async epochs(): Promise<readonly number[]> {
    return [...this.disk.manifests.keys()].sort((a, b) => a - b);
  }

  async manifest(epoch: number): Promise<Uint8Array> {
    const manifest = this.disk.manifests.get(epoch);
    if (manifest === undefined) throw manifestMissing(epoch);
    return manifest.slice();
  }

  async release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    this.#compare(attempt);
    for (const epoch of epochs) this.disk.manifests.delete(epoch);
    for (const value of values) this.disk.values.delete(value);
  }

  async valueNames(): Promise<readonly string[]> {
    return [...this.disk.values.keys()];
  }

  async close(): Promise<void> {
    // the disk stays as it is
  }

  #compare(attempt: number): void {
    if (attempt !== this.disk.attempt) throw storageFenced(attempt, this.disk.attempt);
  }
}

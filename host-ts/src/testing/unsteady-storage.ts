/**
 * Checkpoint storage that fails now and then: a value or a manifest that is not stored, something that is not released,
 * or the answer is lost of what took effect. On request reading fails too. The number of failures is bounded, so that a
 * run comes to its end.
 */
import { storageFull } from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';
import type { Random } from './random.ts';

const FAILS = 0.02;
const TAKES_EFFECT = 0.5;

export class UnsteadyStorage implements CheckpointStorage {
  readonly #inner: CheckpointStorage;
  readonly #random: Random;
  readonly #left: { failures: number };
  readonly #reads: boolean;

  /** `left`: failures to come, counted down; shared by the runs of one simulation. */
  constructor(inner: CheckpointStorage, random: Random, left: { failures: number }, reads: boolean) {
    this.#inner = inner;
    this.#random = random;
    this.#left = left;
    this.#reads = reads;
  }

  fence(attempt: number): Promise<void> {
    return this.#inner.fence(attempt);
  }

  lastAttempt(): Promise<number> {
    return this.#inner.lastAttempt();
  }

  putValue(attempt: number, name: string, bytes: Uint8Array): Promise<void> {
    return this.#unsteady(bytes.byteLength, () => this.#inner.putValue(attempt, name, bytes));
  }

  getValue(name: string): Promise<Uint8Array> {
    return this.#reads ? this.#unsteady(0, () => this.#inner.getValue(name)) : this.#inner.getValue(name);
  }

  getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    return this.#inner.getPart(name, at, bytes);
  }

  publish(attempt: number, epoch: number, manifest: Uint8Array): Promise<void> {
    return this.#unsteady(manifest.byteLength, () => this.#inner.publish(attempt, epoch, manifest));
  }

  epochs(): Promise<readonly number[]> {
    return this.#inner.epochs();
  }

  manifest(epoch: number): Promise<Uint8Array> {
    return this.#inner.manifest(epoch);
  }

  release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    const release = (): Promise<void> => this.#inner.release(attempt, epochs, values);
    return epochs.length + values.length === 0 ? release() : this.#unsteady(0, release);
  }

  valueNames(): Promise<readonly string[]> {
    return this.#inner.valueNames();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #unsteady<T>(bytes: number, act: () => Promise<T>): Promise<T> {
    if (this.#left.failures === 0 || !this.#random.chance(FAILS)) return act();
    this.#left.failures -= 1;
    if (this.#random.chance(TAKES_EFFECT)) await act();
    throw storageFull({ bytes, place: 'the simulated disk' }, undefined);
  }
}

/**
 * Checkpoint storage with random delays. Calls of a worker that dies meanwhile still take effect
 * (a late write outlives its caller), but nobody hears of it.
 */
import type { CheckpointStorage } from '../checkpoint/index.ts';
import type { World } from './world.ts';

const DELAY_MS_MAX = 3;

export class SimStorage implements CheckpointStorage {
  readonly #world: World;
  readonly #inner: CheckpointStorage;
  readonly #alive: () => boolean;

  constructor(world: World, inner: CheckpointStorage, alive: () => boolean) {
    this.#world = world;
    this.#inner = inner;
    this.#alive = alive;
  }

  fence(attempt: number): Promise<void> {
    return this.#later(() => this.#inner.fence(attempt));
  }

  lastAttempt(): Promise<number> {
    return this.#later(() => this.#inner.lastAttempt());
  }

  putValue(attempt: number, name: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice();
    return this.#later(() => this.#inner.putValue(attempt, name, copy));
  }

  getValue(name: string): Promise<Uint8Array> {
    return this.#later(() => this.#inner.getValue(name));
  }

  getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    return this.#later(() => this.#inner.getPart(name, at, bytes));
  }

  publish(attempt: number, epoch: number, manifest: Uint8Array): Promise<void> {
    return this.#later(() => this.#inner.publish(attempt, epoch, manifest));
  }

  epochs(): Promise<readonly number[]> {
    return this.#later(() => this.#inner.epochs());
  }

  manifest(epoch: number): Promise<Uint8Array> {
    return this.#later(() => this.#inner.manifest(epoch));
  }

  release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    return this.#later(() => this.#inner.release(attempt, epochs, values));
  }

  valueNames(): Promise<readonly string[]> {
    return this.#later(() => this.#inner.valueNames());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #later<T>(act: () => Promise<T>): Promise<T> {
    const outcome = this.#world.later(DELAY_MS_MAX, act);
    return new Promise((resolve, reject) => {
      outcome.then(
        (value) => {
          if (this.#alive()) resolve(value);
        },
        (error: unknown) => {
          if (this.#alive()) reject(error);
        },
      );
    });
  }
}

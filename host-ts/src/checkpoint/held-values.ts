/**
 * Stored values that someone reads: they are not released under the reader.
 *
 * A value that no kept manifest names any more is released (checkpoints.ts), but a reader of a table goes on reading
 * the segments of the epoch that it began with, as slowly as its own reader takes them. It holds them meanwhile:
 *
 *   hold(names) ──► release(…, names): set aside ──► last hold let go ──► released
 *
 * Holds live in this process. What is set aside when it ends is rubbish, which the next start sweeps. Another
 * process that takes the storage over knows nothing of them: a reader here then fails with CHECKPOINT_VALUE_MISSING.
 */
import type { CheckpointStorage } from './storage.ts';

/** Values as a reader of tables needs them. */
export interface ReadValues {
  getValue(name: string): Promise<Uint8Array>;
  getPart(name: string, at: number, bytes: number): Promise<Uint8Array>;
  /** Keeps these values until the returned function is called. */
  hold(names: readonly string[]): () => void;
}

export class HeldValues implements ReadValues {
  readonly #storage: CheckpointStorage;
  /** How many hold each. */
  readonly #holds = new Map<string, number>();
  /** Released while they were held. */
  readonly #aside = new Set<string>();
  /** Of the newest release. */
  #attempt = 0;

  constructor(storage: CheckpointStorage) {
    this.#storage = storage;
  }

  getValue(name: string): Promise<Uint8Array> {
    return this.#storage.getValue(name);
  }

  getPart(name: string, at: number, bytes: number): Promise<Uint8Array> {
    return this.#storage.getPart(name, at, bytes);
  }

  hold(names: readonly string[]): () => void {
    for (const name of names) this.#holds.set(name, (this.#holds.get(name) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#letGo(names);
      isHeld = false;
    };
  }

  /** As the storage's: values that are held follow when they are not any more. */
  async release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    this.#attempt = attempt;
    const free = values.filter((name) => !this.#holds.has(name));
    for (const name of values) if (this.#holds.has(name)) this.#aside.add(name);
    const late = [...this.#aside].filter((name) => !this.#holds.has(name));
    await this.#storage.release(attempt, epochs, [...new Set([...free, ...late])]);
    for (const name of [...free, ...late]) this.#aside.delete(name);
  }

  /** Values that were released and are still there. */
  get asideCount(): number {
    return this.#aside.size;
  }

  #letGo(names: readonly string[]): void {
    for (const name of names) {
      const holds = this.#holds.get(name) ?? 0;
      if (holds > 1) this.#holds.set(name, holds - 1);
      else this.#holds.delete(name);
    }
    if (![...this.#aside].some((name) => !this.#holds.has(name))) return;
    // it costs space only when it fails (a newer attempt has the storage): the next release tries again
    this.release(this.#attempt, [], []).catch(() => undefined);
  }
}

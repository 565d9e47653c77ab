/**
 * The coordinator's dealings with checkpoint storage: find what to resume from, publish, and
 * release what no kept manifest names.
 */
import { CHECKPOINTS_KEPT, errorFromData, errorToData } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';
import { MANIFEST_VERSIONS_READ, leftBehind, releasable, storageFenced } from '../checkpoint/index.ts';
import type { CheckpointStorage, HeldValues, Manifest } from '../checkpoint/index.ts';
import type { LogLine } from '../platform/index.ts';
import { manifestUnreadable } from './errors.ts';

/** Errors of a restore that another try cannot mend: what the manifest names is damaged or gone. */
const DAMAGED = new Set(['SNAPSHOT_CORRUPT', 'CHECKPOINT_CORRUPT', 'CHECKPOINT_VALUE_MISSING']);

export class Checkpoints {
  readonly #storage: CheckpointStorage;
  /** What is released goes through it: readers of tables may hold values. */
  readonly #held: HeldValues;
  readonly #log: (line: LogLine) => void;
  /** Kept manifests, oldest first. */
  #manifests: Manifest[] = [];
  /** Some manifest could not be read: what it names must not be taken for rubbish. */
  #unread: ErrorData | undefined;
  /** Epochs that were said to be passed over: the log says it once. */
  readonly #said = new Set<number>();
  /** The attempt whose predecessors' values were swept last. */
  #swept = 0;
  #sweeping: Promise<void> = Promise.resolve();
  /** The highest attempt that this run has raised the fence to, or tried to. */
  #attempt = 0;

  constructor(storage: CheckpointStorage, held: HeldValues, log: (line: LogLine) => void) {
    this.#storage = storage;
    this.#held = held;
    this.#log = log;
  }

  get newest(): Manifest | undefined {
    return this.#manifests.at(-1);
  }

  /** Reads what a former run left; a manifest that cannot be read is logged and passed over. */
  async load(): Promise<void> {
    const { manifests, unreadable } = await this.#read();
    this.#manifests = manifests;
    this.#unread = [...unreadable.values()].at(-1);
    for (const [epoch, error] of unreadable) this.#passedOver(epoch, error);
  }

  /** To be called before going on from the newest: throws CHECKPOINT_CORRUPT when there are manifests and none can be read. */
  checkReadable(): void {
    if (this.#manifests.length === 0 && this.#unread !== undefined) throw errorFromData(this.#unread);
  }

  /**
   * A slot failed to restore the newest manifest: if that is damaged, the one before it is the newest from now on.
   * False when it is damaged and there is none.
   */
  passOverIfDamaged(restored: Manifest | undefined, error: ErrorData): boolean {
    if (restored === undefined || restored !== this.newest || !DAMAGED.has(error.code)) return true;
    if (this.#manifests.length === 1) return false;
    this.#manifests.pop();
    this.#unread = error;
    this.#passedOver(restored.epoch, error);
    return true;
  }

  /**
   * Raises the fence: from here on, writers of older attempts fail. Returns the new attempt. Rejects STORAGE_FENCED
   * when another run has taken the storage over since this one raised it.
   */
  async nextAttempt(atLeast: number): Promise<number> {
    const last = await this.#storage.lastAttempt();
    if (this.#attempt > 0 && last > this.#attempt) throw storageFenced(this.#attempt, last);
    this.#attempt = Math.max(atLeast, last + 1);
    await this.#storage.fence(this.#attempt);
    return this.#attempt;
  }

  /** Forgets a former run: the start is a fresh one. */
  async forgetAll(attempt: number): Promise<void> {
    await this.#held.release(attempt, await this.#storage.epochs(), await this.#storage.valueNames());
    this.#manifests = [];
    this.#swept = attempt;
  }

  /** Reads what is there now that nobody else writes, and removes what no manifest names. */
  async loadAndSweep(attempt: number): Promise<void> {
    await this.load();
    await this.sweep(attempt);
  }

  /**
   * Removes what attempts before this one left behind (checkpoint/epochs.ts says why that is safe), once per attempt. A
   * failure costs space only: it is logged, and tried again with the next call. Storage is asked what manifests there
   * are: one whose publication seemed to fail may be among them. While one cannot be read nothing is removed; it is let
   * go of itself once there are as many newer ones as are kept.
   */
  async sweep(attempt: number): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweepOnce(attempt));
    await this.#sweeping;
  }

  async publish(manifest: Manifest): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    await this.#storage.publish(manifest.attempt, manifest.epoch, bytes);
    this.#manifests.push(manifest);
  }

  /** Lets go of all but the newest manifests. A failure costs space only: it is logged, and tried again next time. */
  async releaseOld(attempt: number): Promise<void> {
    const count = this.#manifests.length - 1 - CHECKPOINTS_KEPT;
    if (count <= 0) return;
    const released = this.#manifests.slice(0, count);
    const kept = this.#manifests.slice(count);
    try {
      const epochs = released.map((manifest) => manifest.epoch);
      await this.#held.release(attempt, epochs, releasable(released, kept));
      this.#manifests = this.#manifests.filter((manifest) => !released.includes(manifest));
    } catch (error) {
      this.#costsSpace('old checkpoints could not be released', error);
    }
  }

  async #sweepOnce(attempt: number): Promise<void> {
    if (this.#swept >= attempt) return;
    try {
      const names = await this.#storage.valueNames();
      const { manifests, unreadable } = await this.#read();
      const oldestKept = this.#manifests.at(-1 - CHECKPOINTS_KEPT)?.epoch ?? 0;
      const outlived = [...unreadable.keys()].filter((epoch) => epoch < oldestKept);
      if (outlived.length < unreadable.size) return;
      const rubbish = leftBehind(names, [...manifests, ...this.#manifests], attempt);
      if (rubbish.length + outlived.length > 0) await this.#held.release(attempt, outlived, rubbish);
      // a manifest that this run does not know is replaced by its own of the same epoch: then its values are left over
      if (manifests.every((manifest) => this.#knows(manifest))) this.#swept = attempt;
    } catch (error) {
      this.#costsSpace('values of failed attempts could not be removed', error);
    }
  }

  async #read(): Promise<{ manifests: Manifest[]; unreadable: Map<number, ErrorData> }> {
    const manifests: Manifest[] = [];
    const unreadable = new Map<number, ErrorData>();
    for (const epoch of await this.#storage.epochs()) {
      try {
        manifests.push(decodeManifest(epoch, await this.#storage.manifest(epoch)));
      } catch (error) {
        unreadable.set(epoch, errorToData(error));
      }
    }
    return { manifests, unreadable };
  }

  #knows({ epoch, attempt }: Manifest): boolean {
    return this.#manifests.some((manifest) => manifest.epoch === epoch && manifest.attempt === attempt);
  }

  #costsSpace(message: string, error: unknown): void {
    const { code, message: reason } = errorToData(error);
    this.#log({ level: 'warn', message, values: { code, message: reason } });
  }

  #passedOver(epoch: number, { code, message }: ErrorData): void {
    if (this.#said.has(epoch)) return;
    this.#said.add(epoch);
    this.#log({ level: 'warn', message: 'a checkpoint was passed over', values: { epoch, code, message } });
  }
}

function decodeManifest(epoch: number, bytes: Uint8Array): Manifest {
  let parsed: { readonly version: number; readonly epoch: number };
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as typeof parsed;
  } catch (error) {
    throw manifestUnreadable(epoch, errorToData(error).message);
  }
  if (!MANIFEST_VERSIONS_READ.includes(parsed.version)) {
    throw manifestUnreadable(
      epoch,
      `version ${parsed.version}, this release reads ${MANIFEST_VERSIONS_READ.join(' and ')}`,
    );
  }
  if (parsed.epoch !== epoch) throw manifestUnreadable(epoch, `it says epoch ${parsed.epoch}`);
  return parsed as Manifest;
}

/**
 * The coordinator's dealings with checkpoint storage: find what to resume from, publish, and
 * release what no kept manifest names.
 */
import { CHECKPOINTS_KEPT, errorToData } from '../base/index.ts';
import { MANIFEST_VERSION, releasable } from '../checkpoint/index.ts';
import type { CheckpointStorage, Manifest } from '../checkpoint/index.ts';
import type { Platform } from '../platform/index.ts';
import { manifestUnreadable } from './errors.ts';

export class Checkpoints {
  readonly #storage: CheckpointStorage;
  readonly #platform: Platform;
  /** Kept manifests, oldest first. */
  #manifests: Manifest[] = [];

  constructor(storage: CheckpointStorage, platform: Platform) {
    this.#storage = storage;
    this.#platform = platform;
  }

  get newest(): Manifest | undefined {
    return this.#manifests.at(-1);
  }

  /** Reads what a former run left; a manifest that cannot be read is logged and passed over. */
  async load(): Promise<void> {
    this.#manifests = [];
    for (const epoch of await this.#storage.epochs()) {
      try {
        this.#manifests.push(decodeManifest(epoch, await this.#storage.manifest(epoch)));
      } catch (error) {
        const { code, message } = errorToData(error);
        this.#platform.log({ level: 'warn', message: 'a manifest was passed over', values: { epoch, code, message } });
      }
    }
  }

  /** Raises the fence: from here on, writers of older attempts fail. Returns the new attempt. */
  async nextAttempt(atLeast: number): Promise<number> {
    const attempt = Math.max(atLeast, (await this.#storage.lastAttempt()) + 1);
    await this.#storage.fence(attempt);
    return attempt;
  }

  /** Forgets a former run: the start is a fresh one. */
  async forgetAll(attempt: number): Promise<void> {
    await this.#storage.release(attempt, await this.#storage.epochs(), await this.#storage.valueNames());
    this.#manifests = [];
  }

  /** Removes values that no kept manifest names: rubbish of attempts that died before publishing. */
  async sweep(attempt: number): Promise<void> {
    const wanted = new Set(this.#manifests.flatMap((manifest) => Object.keys(manifest.values)));
    const rubbish = (await this.#storage.valueNames()).filter((name) => !wanted.has(name));
    if (rubbish.length > 0) await this.#storage.release(attempt, [], rubbish);
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
      await this.#storage.release(attempt, epochs, releasable(released, kept));
      this.#manifests = this.#manifests.filter((manifest) => !released.includes(manifest));
    } catch (error) {
      const { code, message } = errorToData(error);
      this.#platform.log({
        level: 'warn',
        message: 'old checkpoints could not be released',
        values: { code, message },
      });
    }
  }
}

function decodeManifest(epoch: number, bytes: Uint8Array): Manifest {
  let parsed: { readonly version: number; readonly epoch: number };
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as typeof parsed;
  } catch (error) {
    throw manifestUnreadable(epoch, errorToData(error).message);
  }
  if (parsed.version !== MANIFEST_VERSION) {
    throw manifestUnreadable(epoch, `version ${parsed.version}, this release reads ${MANIFEST_VERSION}`);
  }
  if (parsed.epoch !== epoch) throw manifestUnreadable(epoch, `it says epoch ${parsed.epoch}`);
  return parsed as Manifest;
}

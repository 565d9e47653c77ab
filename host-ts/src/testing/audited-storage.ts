/**
 * Checkpoint storage that looks at every manifest and every release as they take effect: whether each manifest that
 * lies there can be restored from, and how much is stored. What it finds wrong is kept and not thrown, since a job gets
 * over failures of storage.
 */
import {
  RECORD_GROUP_FROM_AT,
  RECORD_GROUP_TO_AT,
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_MAGIC,
  RECORD_OPERATOR_AT,
  RECORD_PAGE_AT,
  RECORD_PAYLOAD_BYTES_AT,
} from '../abi/index.ts';
import { MemoryCheckpointStorage, attemptOfValue } from '../checkpoint/index.ts';
import type { Manifest, RecordRef } from '../checkpoint/index.ts';

/** Stored bytes as an epoch is published. */
export interface StoredBytes {
  readonly epoch: number;
  /** Of all values that lie there. */
  readonly stored: number;
  /** Of those values that hold records of the epoch. */
  readonly referenced: number;
  /** Of the epoch's records themselves. */
  readonly live: number;
}

export class AuditedStorage extends MemoryCheckpointStorage {
  readonly wrongs: string[] = [];
  readonly epochsStored: StoredBytes[] = [];

  override async publish(attempt: number, epoch: number, bytes: Uint8Array): Promise<void> {
    await super.publish(attempt, epoch, bytes);
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
    for (const ref of manifest.records) this.#checkRecord(epoch, ref);
    this.#checkNamed();
    this.epochsStored.push(this.#measure(manifest));
  }

  override async release(attempt: number, epochs: readonly number[], values: readonly string[]): Promise<void> {
    await super.release(attempt, epochs, values);
    this.#checkNamed();
  }

  /** Values of attempts before the newest that no manifest names. */
  leftBehind(): readonly string[] {
    const named = new Set(this.#manifests().flatMap(({ values }) => Object.keys(values)));
    const names = [...this.disk.values.keys()];
    return names.filter((name) => !named.has(name) && attemptOfValue(name) < this.disk.attempt);
  }

  #manifests(): readonly Manifest[] {
    const decoder = new TextDecoder();
    return [...this.disk.manifests.values()].map((bytes) => JSON.parse(decoder.decode(bytes)) as Manifest);
  }

  #checkNamed(): void {
    for (const { epoch, values, records } of this.#manifests()) {
      for (const name of [...Object.keys(values), ...records.map(({ value }) => value)]) {
        if (!this.disk.values.has(name)) this.wrongs.push(`epoch ${epoch} names '${name}', which is gone`);
      }
    }
  }

  /** Where the manifest says that a record lies there is one, of this page. */
  #checkRecord(epoch: number, ref: RecordRef): void {
    const value = this.disk.values.get(ref.value);
    if (value === undefined) return; // said above
    const where = `epoch ${epoch}: page ${ref.pageId} of ${ref.vertex}/${ref.stage} at ${ref.at} of '${ref.value}'`;
    if (ref.at + ref.bytes > value.byteLength) {
      this.wrongs.push(`${where} ends behind its ${value.byteLength} B`);
      return;
    }
    const view = new DataView(value.buffer, value.byteOffset + ref.at, ref.bytes);
    const word = (at: number): number => view.getUint32(at, true);
    const found = [RECORD_KIND_AT, RECORD_OPERATOR_AT, RECORD_PAGE_AT, RECORD_GROUP_FROM_AT, RECORD_GROUP_TO_AT].map(
      word,
    );
    const stated = [ref.kind, ref.operator, ref.pageId, ref.keyGroupFrom, ref.keyGroupTo];
    const bytes = RECORD_HEADER_BYTES + ((word(RECORD_PAYLOAD_BYTES_AT) + 15) & ~15);
    if (word(0) !== RECORD_MAGIC || bytes !== ref.bytes || found.join() !== stated.join()) {
      this.wrongs.push(`${where} is another record`);
    }
  }

  #measure({ epoch, records }: Manifest): StoredBytes {
    const size = (name: string): number => this.disk.values.get(name)?.byteLength ?? 0;
    const sum = (sizes: readonly number[]): number => sizes.reduce((total, bytes) => total + bytes, 0);
    return {
      epoch,
      stored: sum([...this.disk.values.keys()].map(size)),
      referenced: sum([...new Set(records.map(({ value }) => value))].map(size)),
      live: sum(records.map(({ bytes }) => bytes)),
    };
  }
}

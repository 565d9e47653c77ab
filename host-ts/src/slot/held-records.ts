/**
 * Where the newest snapshot records of a slot lie: for every stage its pages and its meta, and the stored values that
 * hold them. A value whose last record was replaced is forgotten; the manifests to come do not name it.
 */
import { RECORD_META, RECORD_PAGE } from '../abi/index.ts';
import type { RecordRef, ValueUse } from '../checkpoint/index.ts';

export interface StageKey {
  readonly vertex: number;
  readonly stage: number;
}

interface StoredValue {
  readonly bytes: number;
  /** Checksum of the whole value. */
  readonly sum: number;
}

/** The place of the meta record among a stage's pages. */
const META = -1;

export class HeldRecords {
  /** By stage, then by page. */
  readonly #refs = new Map<string, Map<number, RecordRef>>();
  readonly #values = new Map<string, StoredValue>();

  /** The record is the newest of its page. */
  hold(ref: RecordRef): void {
    this.#stage(ref).set(ref.kind === RECORD_META ? META : ref.pageId, ref);
  }

  /** A value is complete. */
  closed(value: string, stored: StoredValue): void {
    this.#values.set(value, stored);
  }

  value(value: string): StoredValue | undefined {
    return this.#values.get(value);
  }

  /** The stage's pages other than these are gone. */
  forgetDead(key: StageKey, live: ReadonlySet<number>): void {
    const refs = this.#stage(key);
    for (const [pageId, ref] of refs) if (ref.kind === RECORD_PAGE && !live.has(pageId)) refs.delete(pageId);
  }

  /** All records, stage by stage. */
  all(): readonly RecordRef[] {
    return [...this.#refs.values()].flatMap((refs) => [...refs.values()]);
  }

  /** The records that lie in these values, by value. */
  inValues(values: readonly string[]): ReadonlyMap<string, readonly RecordRef[]> {
    const found = new Map<string, RecordRef[]>(values.map((value) => [value, []]));
    for (const refs of this.#refs.values()) for (const ref of refs.values()) found.get(ref.value)?.push(ref);
    return found;
  }

  /** What the records use of each value; values without records are forgotten. To be called when all are closed. */
  uses(): readonly ValueUse[] {
    const live = new Map<string, number>();
    for (const refs of this.#refs.values()) {
      for (const { value, bytes } of refs.values()) live.set(value, (live.get(value) ?? 0) + bytes);
    }
    for (const value of this.#values.keys()) if (!live.has(value)) this.#values.delete(value);
    return [...this.#values].map(([value, { bytes }]) => ({ value, bytes, liveBytes: live.get(value) ?? 0 }));
  }

  #stage({ vertex, stage }: StageKey): Map<number, RecordRef> {
    const name = `${vertex}/${stage}`;
    let refs = this.#refs.get(name);
    if (refs === undefined) this.#refs.set(name, (refs = new Map()));
    return refs;
  }
}

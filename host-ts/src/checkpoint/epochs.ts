/**
 * The life cycle of checkpoints within one attempt, pure: facts in, decisions out.
 *
 *   idle ──trigger──► aligning ──all slots acknowledged──► publishing ──published──► idle
 *
 * One epoch is in flight at a time. The manifest is built from the acknowledgements and from
 * the manifest before it (splits not handed out, table segments so far).
 */
import { invariant } from '../base/index.ts';
import { MANIFEST_VERSION } from './manifest.ts';
import { attemptOfValue } from './value-names.ts';
import type { Manifest, SinkState, SlotSnapshot, SplitState, TableSegment } from './manifest.ts';

export interface EpochsInit {
  readonly parallelism: number;
  readonly attempt: number;
  /** Epochs go on from here. */
  readonly lastEpoch: number;
}

/** What the manifest holds besides the slots' acknowledgements. */
export interface ManifestBase {
  readonly job: string;
  readonly graphHash: string;
  readonly keyGroups: number;
  readonly inputs: Manifest['inputs'];
  /** States of the splits that no slot holds now. */
  readonly splits: readonly SplitState[];
  readonly tables: Manifest['tables'];
  readonly createdAt: number;
  readonly durationMs: number;
  /** Adds what only the coordinator knows to the sinks' states. */
  readonly place: (sinks: readonly SinkState[]) => readonly SinkState[];
}

export class Epochs {
  readonly #init: EpochsInit;
  readonly #acknowledged = new Map<number, SlotSnapshot>();
  #epoch: number;
  #phase: 'idle' | 'aligning' | 'publishing' = 'idle';
  #final = false;

  constructor(init: EpochsInit) {
    this.#init = init;
    this.#epoch = init.lastEpoch;
  }

  get phase(): 'idle' | 'aligning' | 'publishing' {
    return this.#phase;
  }

  /** The newest epoch that was drawn. */
  get epoch(): number {
    return this.#epoch;
  }

  get final(): boolean {
    return this.#final;
  }

  /** Draws the next epoch; undefined while one is in flight or after the final one. */
  trigger(final: boolean): number | undefined {
    if (this.#phase !== 'idle' || this.#final) return undefined;
    this.#phase = 'aligning';
    this.#acknowledged.clear();
    this.#final = final;
    this.#epoch += 1;
    return this.#epoch;
  }

  /** Notes a slot's acknowledgement; true when all have come and the manifest can be published. */
  acknowledge(epoch: number, snapshot: SlotSnapshot): boolean {
    if (this.#phase !== 'aligning' || epoch !== this.#epoch) return false;
    this.#acknowledged.set(snapshot.slot, snapshot);
    if (this.#acknowledged.size < this.#init.parallelism) return false;
    this.#phase = 'publishing';
    return true;
  }

  published(epoch: number): void {
    invariant(this.#phase === 'publishing' && epoch === this.#epoch, 'publication out of turn', { epoch });
    this.#phase = 'idle';
  }

  /** The manifest of the acknowledged epoch. */
  manifest(base: ManifestBase): Manifest {
    const snapshots = [...this.#acknowledged.values()].sort((a, b) => a.slot - b.slot);
    const sinks = base.place(snapshots.flatMap((snapshot) => snapshot.sinks));
    const tables = addSegments(base.tables, sinks, this.#epoch);
    const records = snapshots.flatMap((snapshot) => snapshot.records);
    const held = new Set(snapshots.flatMap((s) => s.splits.map((split) => `${split.vertex}/${split.splitId}`)));
    const splits = [
      ...base.splits.filter((split) => !held.has(`${split.vertex}/${split.splitId}`)),
      ...snapshots.flatMap((snapshot) => snapshot.splits),
    ];
    const values: Record<string, number> = {};
    for (const snapshot of snapshots) Object.assign(values, sizes(snapshot));
    for (const sink of sinks) for (const ref of sink.values) values[ref.value] = ref.bytes;
    for (const segments of Object.values(tables)) for (const s of segments) values[s.value] = s.bytes;
    return {
      version: MANIFEST_VERSION,
      job: base.job,
      graphHash: base.graphHash,
      epoch: this.#epoch,
      attempt: this.#init.attempt,
      keyGroups: base.keyGroups,
      parallelism: this.#init.parallelism,
      createdAt: base.createdAt,
      durationMs: base.durationMs,
      final: this.#final,
      inputs: base.inputs,
      splits,
      records,
      sinks,
      tables,
      values,
    };
  }
}

function addSegments(before: Manifest['tables'], sinks: readonly SinkState[], epoch: number): Manifest['tables'] {
  const tables: Record<string, readonly TableSegment[]> = { ...before };
  for (const sink of sinks) {
    if (sink.table === undefined) continue;
    const added = sink.values.map((ref): TableSegment => ({ ...ref, epoch, slot: sink.slot }));
    tables[sink.table] = [...(tables[sink.table] ?? []), ...added];
  }
  return tables;
}

/** The values that a slot's records lie in, each with its size. */
function sizes({ slot, records, values }: SlotSnapshot): Record<string, number> {
  const named: Record<string, number> = {};
  for (const { value } of records) {
    const bytes = values[value];
    invariant(bytes !== undefined, 'a record lies in a value that the slot did not name', { slot, value });
    named[value] = bytes;
  }
  return named;
}

/** Values that the older manifests name and the kept ones do not: they may be released. */
export function releasable(released: readonly Manifest[], kept: readonly Manifest[]): readonly string[] {
  const wanted = new Set(kept.flatMap((manifest) => Object.keys(manifest.values)));
  const all = new Set(released.flatMap((manifest) => Object.keys(manifest.values)));
  return [...all].filter((value) => !wanted.has(value));
}

/**
 * What attempts before this one left behind: their values that no manifest names. None can be named any more: the fence
 * keeps those attempts from publishing, and a later one's manifests name what it wrote itself, and of older values only
 * segments that the manifest before named already.
 */
export function leftBehind(
  names: readonly string[],
  manifests: readonly Manifest[],
  attempt: number,
): readonly string[] {
  const named = new Set(manifests.flatMap((manifest) => Object.keys(manifest.values)));
  return names.filter((name) => attemptOfValue(name) < attempt && !named.has(name));
}

/**
 * One attempt at running the job, pure: facts in (what slots say), decisions out (what the shell
 * shall do). It ends by finishing or by being replaced after a failure.
 *
 *   deploying ──all deployed──► running ──all splits read──► (final epoch) ──published──► finished
 */
import { Epochs } from '../checkpoint/index.ts';
import type { Manifest, ManifestBase, SlotSnapshot, TableSegment } from '../checkpoint/index.ts';
import type { ToSlot } from '../control/index.ts';
import type { SplitPool } from './split-pool.ts';

export type Decision =
  | { readonly kind: 'deploy'; readonly slot: number }
  | { readonly kind: 'post'; readonly slot: number; readonly message: ToSlot }
  | { readonly kind: 'running' }
  /** An epoch begins. */
  | { readonly kind: 'epoch' }
  /** All slots acknowledged: publish this manifest, then say `published`. */
  | { readonly kind: 'publish'; readonly epoch: number; readonly final: boolean }
  | { readonly kind: 'finished' };

export interface AttemptInit {
  readonly attempt: number;
  readonly parallelism: number;
  readonly pools: readonly SplitPool[];
  readonly restored: Manifest | undefined;
  /** The only slot that may read a source's splits, for inputs that exist once. */
  readonly pinned: ReadonlyMap<number, number>;
}

export class Attempt {
  readonly number: number;
  readonly parallelism: number;
  readonly restored: Manifest | undefined;
  readonly pools: readonly SplitPool[];
  readonly #epochs: Epochs;
  readonly #pinned: ReadonlyMap<number, number>;
  readonly #deployed = new Set<number>();
  readonly #ready = new Set<number>();
  /** Who asked for a split before all slots were deployed. */
  readonly #wanted: { readonly slot: number; readonly vertex: number }[] = [];
  /** Committed segments so far: carried from manifest to manifest. */
  #tables: Manifest['tables'];
  #phase: 'deploying' | 'running' | 'finished' = 'deploying';
  #finalWanted = false;

  constructor(init: AttemptInit) {
    this.number = init.attempt;
    this.parallelism = init.parallelism;
    this.restored = init.restored;
    this.pools = init.pools;
    this.#pinned = init.pinned;
    const { attempt, parallelism, restored } = init;
    this.#epochs = new Epochs({ attempt, parallelism, lastEpoch: restored?.epoch ?? 0 });
    this.#tables = restored?.tables ?? {};
  }

  get phase(): 'deploying' | 'running' | 'finished' {
    return this.#phase;
  }

  get epoch(): number {
    return this.#epochs.epoch;
  }

  /** A worker is up. */
  ready(slot: number): readonly Decision[] {
    if (this.#ready.has(slot)) return [];
    this.#ready.add(slot);
    return [{ kind: 'deploy', slot }];
  }

  deployed(slot: number): readonly Decision[] {
    this.#deployed.add(slot);
    if (this.#deployed.size < this.parallelism || this.#phase !== 'deploying') return [];
    this.#phase = 'running';
    const floors = this.pools.flatMap((pool) => this.#floor(pool));
    const wanted = [...this.#wanted].sort((a, b) => a.slot - b.slot);
    const splits = wanted.flatMap(({ slot: asking, vertex }) => this.wantSplit(asking, vertex));
    return [{ kind: 'running' }, ...floors, ...splits, ...this.#finishIfRead()];
  }

  /** Splits are handed out once all slots run: a worker that starts late gets its share. */
  wantSplit(slot: number, vertex: number): readonly Decision[] {
    if (this.#phase === 'deploying') {
      this.#wanted.push({ slot, vertex });
      return [];
    }
    const pool = this.#pool(vertex);
    const pinned = this.#pinned.get(vertex);
    if (pool === undefined) return [];
    const taken = pinned === undefined || pinned === slot ? pool.take() : undefined;
    if (taken === undefined) return this.#floor(pool, slot);
    const { split, state } = taken;
    const { floor } = pool;
    return [
      { kind: 'post', slot, message: { type: 'assign', attempt: this.number, vertex, split, state, floor } },
      ...this.#floor(pool),
    ];
  }

  splitDone(vertex: number, splitId: string): readonly Decision[] {
    this.#pool(vertex)?.finish(splitId);
    return this.#finishIfRead();
  }

  /** Draws an epoch and sends its barrier; nothing while one is in flight or before all run. */
  trigger(final: boolean): readonly Decision[] {
    if (this.#phase !== 'running') return [];
    if (final) this.#finalWanted = true;
    const epoch = this.#epochs.trigger(final);
    if (epoch === undefined) return [];
    return [{ kind: 'epoch' }, ...this.#toAll({ type: 'barrier', attempt: this.number, epoch })];
  }

  acknowledge(epoch: number, snapshot: SlotSnapshot): readonly Decision[] {
    if (!this.#epochs.acknowledge(epoch, snapshot)) return [];
    return [{ kind: 'publish', epoch, final: this.#epochs.final }];
  }

  manifest(base: Omit<ManifestBase, 'splits' | 'tables'>): Manifest {
    const splits = this.pools.flatMap((pool) => pool.restoredStates());
    return this.#epochs.manifest({ ...base, splits, tables: this.#tables });
  }

  published(manifest: Manifest): readonly Decision[] {
    const { epoch, final } = manifest;
    this.#tables = withEpoch(this.#tables, manifest);
    this.#epochs.published(epoch);
    if (final) {
      this.#phase = 'finished';
      return [{ kind: 'finished' }];
    }
    return this.#finalWanted ? this.trigger(true) : [];
  }

  /** Merged segments take the place of others in the manifests to come. */
  replaceSegments(table: string, replaced: readonly TableSegment[], merged: readonly TableSegment[]): void {
    const gone = new Set(replaced.map((segment) => segment.value));
    const kept = (this.#tables[table] ?? []).filter((segment) => !gone.has(segment.value));
    this.#tables = { ...this.#tables, [table]: [...merged, ...kept].sort((a, b) => a.epoch - b.epoch) };
  }

  /**
   * The manifest's tables, without those whose segments have been merged since it was drawn up: merging them again
   * would give two segments of one epoch with the same rows.
   */
  unmerged({ tables }: Manifest): Manifest['tables'] {
    const isCurrent = ([name, segments]: readonly [string, readonly TableSegment[]]): boolean => {
      const current = new Set((this.#tables[name] ?? []).map(({ value }) => value));
      return segments.every(({ value }) => current.has(value));
    };
    return Object.fromEntries(Object.entries(tables).filter(isCurrent));
  }

  #finishIfRead(): readonly Decision[] {
    const read = this.pools.every((pool) => pool.allDone);
    return read && this.#phase === 'running' ? this.trigger(true) : [];
  }

  #floor(pool: SplitPool, only?: number): readonly Decision[] {
    const message: ToSlot = {
      type: 'floor',
      attempt: this.number,
      vertex: pool.vertex,
      floor: pool.floor,
      noMoreSplits: pool.noneWaiting,
    };
    return only === undefined ? this.#toAll(message) : [{ kind: 'post', slot: only, message }];
  }

  #toAll(message: ToSlot): readonly Decision[] {
    return Array.from({ length: this.parallelism }, (_, slot) => ({ kind: 'post', slot, message }));
  }

  #pool(vertex: number): SplitPool | undefined {
    return this.pools.find((pool) => pool.vertex === vertex);
  }
}

/**
 * The tables with what the published epoch added. Not simply the manifest's: segments may have been merged since it
 * was written.
 */
function withEpoch(tables: Manifest['tables'], { epoch, tables: published }: Manifest): Manifest['tables'] {
  const grown = Object.entries(published).map(([name, segments]) => {
    const added = segments.filter((segment) => segment.epoch === epoch);
    return [name, [...(tables[name] ?? []), ...added]] as const;
  });
  return { ...tables, ...Object.fromEntries(grown) };
}

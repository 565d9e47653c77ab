/**
 * Writes a slot's part of a checkpoint while the rows flow on.
 *
 * At the barrier each chain freezes its state; the writer then drains the frozen pages in small
 * steps between other work, packs them into values of about a mebibyte, stores those, and
 * acknowledges when every chain has passed and every value is durable. Pages that did not change
 * are referenced where an older epoch wrote them.
 */
import {
  RECORD_GROUP_FROM_AT,
  RECORD_GROUP_TO_AT,
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LIVE,
  RECORD_META,
  RECORD_OPERATOR_AT,
  RECORD_PAGE,
  RECORD_PAGE_AT,
  RECORD_PAYLOAD_BYTES_AT,
} from '../abi/index.ts';
import { STORED_VALUE_BYTES, checksum, invariant } from '../base/index.ts';
import type { CheckpointStorage, RecordRef, SinkState, SlotSnapshot, SplitState } from '../checkpoint/index.ts';
import type { PreparedSink } from '../connectors/index.ts';
import type { Engine } from '../engine/index.ts';
import type { NativeStage } from './native-stage.ts';

/** Room for a batch of records; the engine wants at least 128 KiB. */
const DRAIN_BYTES = 1 << 18;

interface StageKey {
  readonly vertex: number;
  readonly stage: number;
}

interface Draining extends StageKey {
  readonly native: NativeStage;
}

export interface SnapshotDone {
  readonly epoch: number;
  readonly snapshot: SlotSnapshot;
  readonly alignMs: number;
}

export interface SnapshotWriterInit {
  readonly engine: Engine;
  readonly storage: CheckpointStorage;
  readonly attempt: number;
  readonly slot: number;
  readonly vertexCount: number;
  readonly steady: () => number;
  readonly done: (done: SnapshotDone) => void;
  readonly fail: (error: unknown) => void;
  /** For the simulator's own test only. */
  readonly forgetKeyGroup: number | undefined;
}

export class SnapshotWriter {
  readonly #init: SnapshotWriterInit;
  readonly #buffer: number;
  /** Per stage, where its newest records lie: pages by id, meta as −1. */
  readonly #refs = new Map<string, Map<number, RecordRef>>();
  #epoch = 0;
  #startedMs = 0;
  #frozen = 0;
  #queue: Draining[] = [];
  #splits: SplitState[] = [];
  #sinks: SinkState[] = [];
  /** Ids of the live pages of the stage that is being drained. */
  readonly #live = new Set<number>();
  #open = new Uint8Array(STORED_VALUE_BYTES);
  #openBytes = 0;
  #openRefs: { readonly key: StageKey; readonly ref: RecordRef }[] = [];
  #sequence = 0;
  #storing = 0;
  #bytesWritten = 0;

  constructor(init: SnapshotWriterInit) {
    this.#init = init;
    this.#buffer = init.engine.alloc(DRAIN_BYTES);
  }

  /** A chain has passed the barrier and its state is frozen. */
  freeze(frozen: {
    readonly epoch: number;
    readonly vertex: number;
    readonly natives: readonly { readonly stage: number; readonly native: NativeStage }[];
    readonly splits: readonly SplitState[];
    readonly sinks: readonly { readonly sink: number; readonly prepared: PreparedSink }[];
  }): void {
    if (this.#epoch !== frozen.epoch) this.#start(frozen.epoch);
    for (const { stage, native } of frozen.natives) {
      native.task.snapshotBegin();
      this.#queue.push({ vertex: frozen.vertex, stage, native });
    }
    this.#splits.push(...frozen.splits);
    for (const { sink, prepared } of frozen.sinks) this.#storeSink(frozen.vertex, sink, prepared);
    this.#frozen += 1;
    if (this.#queue.length === 0) this.#finishDrain();
  }

  /** Drains a piece; true when something was done. */
  step(): boolean {
    const draining = this.#queue[0];
    if (draining === undefined) return false;
    const written = draining.native.task.snapshotNext(this.#buffer, DRAIN_BYTES);
    if (written === 0) {
      this.#queue.shift();
      this.#forgetDead(draining);
      if (this.#queue.length === 0) this.#finishDrain();
    } else {
      this.#takeRecords(draining, this.#init.engine.bytes(this.#buffer, written));
    }
    return true;
  }

  #start(epoch: number): void {
    invariant(this.#frozen === 0 && this.#queue.length === 0, 'a snapshot began before the last one ended', { epoch });
    this.#epoch = epoch;
    this.#startedMs = this.#init.steady();
    this.#splits = [];
    this.#sinks = [];
    this.#bytesWritten = 0;
    this.#sequence = 0;
  }

  #takeRecords(key: Draining, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength;) {
      const payloadBytes = view.getUint32(at + RECORD_PAYLOAD_BYTES_AT, true);
      const recordBytes = RECORD_HEADER_BYTES + ((payloadBytes + 15) & ~15);
      const kind = view.getUint32(at + RECORD_KIND_AT, true);
      if (kind === RECORD_LIVE) this.#noteLive(view, at + RECORD_HEADER_BYTES, payloadBytes);
      else this.#append(key, kind, view, at, bytes.subarray(at, at + recordBytes));
      at += recordBytes;
    }
  }

  /** The list of live pages may come in several records. */
  #noteLive(view: DataView, at: number, bytes: number): void {
    for (let offset = 0; offset < bytes; offset += 4) this.#live.add(view.getUint32(at + offset, true));
  }

  /** A stage is drained: pages that it did not list are gone. */
  #forgetDead(key: StageKey): void {
    const refs = this.#refsOf(key);
    for (const [pageId, ref] of refs) if (ref.kind === RECORD_PAGE && !this.#live.has(pageId)) refs.delete(pageId);
    this.#live.clear();
  }

  #append(key: StageKey, kind: number, view: DataView, at: number, record: Uint8Array): void {
    const keyGroupFrom = view.getUint32(at + RECORD_GROUP_FROM_AT, true);
    const forgotten = this.#init.forgetKeyGroup;
    if (kind === RECORD_PAGE && forgotten !== undefined && keyGroupFrom === forgotten) return;
    if (this.#openBytes + record.byteLength > this.#open.byteLength) this.#closeValue();
    this.#open.set(record, this.#openBytes);
    const ref: RecordRef = {
      value: this.#valueName(),
      at: this.#openBytes,
      bytes: record.byteLength,
      vertex: key.vertex,
      stage: key.stage,
      operator: view.getUint32(at + RECORD_OPERATOR_AT, true),
      kind,
      pageId: view.getUint32(at + RECORD_PAGE_AT, true),
      keyGroupFrom,
      keyGroupTo: view.getUint32(at + RECORD_GROUP_TO_AT, true),
    };
    this.#openBytes += record.byteLength;
    this.#openRefs.push({ key, ref });
  }

  #closeValue(): void {
    if (this.#openBytes === 0) return;
    const name = this.#valueName();
    const bytes = this.#open.slice(0, this.#openBytes);
    for (const { key, ref } of this.#openRefs) {
      this.#refsOf(key).set(ref.kind === RECORD_META ? -1 : ref.pageId, ref);
    }
    this.#openRefs = [];
    this.#openBytes = 0;
    this.#sequence += 1;
    this.#store(name, bytes);
  }

  #storeSink(vertex: number, sink: number, prepared: PreparedSink): void {
    const values = prepared.values.map(({ bytes, rows, index }, place) => {
      const value = `${this.#prefix()}-v${vertex}k${sink}-${place}`;
      this.#store(value, bytes);
      return { value, bytes: bytes.byteLength, rows, sum: checksum(bytes), ...(index !== undefined && { index }) };
    });
    const { slot } = this.#init;
    const table = prepared.table === undefined ? {} : { table: prepared.table };
    this.#sinks.push({ vertex, sink, slot, ...table, values, prepared: prepared.prepared });
  }

  #store(name: string, bytes: Uint8Array): void {
    this.#storing += 1;
    this.#bytesWritten += bytes.byteLength;
    this.#init.storage.putValue(this.#init.attempt, name, bytes).then(
      () => {
        this.#storing -= 1;
        this.#acknowledge();
      },
      (error: unknown) => this.#init.fail(error),
    );
  }

  #finishDrain(): void {
    if (this.#frozen < this.#init.vertexCount) return;
    this.#closeValue();
    this.#acknowledge();
  }

  #acknowledge(): void {
    const open = this.#queue.length > 0 || this.#openBytes > 0;
    if (this.#frozen < this.#init.vertexCount || this.#storing > 0 || open) return;
    this.#frozen = 0;
    const records = [...this.#refs.values()].flatMap((refs) => [...refs.values()]);
    const { slot } = this.#init;
    this.#init.done({
      epoch: this.#epoch,
      alignMs: this.#init.steady() - this.#startedMs,
      snapshot: { slot, records, splits: this.#splits, sinks: this.#sinks, bytesWritten: this.#bytesWritten },
    });
  }

  #refsOf(key: StageKey): Map<number, RecordRef> {
    const name = `${key.vertex}/${key.stage}`;
    let refs = this.#refs.get(name);
    if (refs === undefined) this.#refs.set(name, (refs = new Map()));
    return refs;
  }

  #prefix(): string {
    return `a${this.#init.attempt}-e${this.#epoch}-s${this.#init.slot}`;
  }

  #valueName(): string {
    return `${this.#prefix()}-p${this.#sequence}`;
  }
}

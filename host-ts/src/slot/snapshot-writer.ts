/**
 * Writes a slot's part of a checkpoint while the rows flow on.
 *
 * At the barrier each chain freezes its state; the writer then drains the frozen pages in small
 * steps between other work, packs them into values of about a mebibyte, stores those, and
 * acknowledges when every chain has passed and every value is durable. Pages that did not change
 * are referenced where an older epoch wrote them, or carried over into new values when those that hold them have
 * become too sparse (checkpoint/carry-plan.ts).
 */
import {
  RECORD_GROUP_FROM_AT,
  RECORD_GROUP_TO_AT,
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LIVE,
  RECORD_OPERATOR_AT,
  RECORD_PAGE,
  RECORD_PAGE_AT,
  RECORD_PAYLOAD_BYTES_AT,
} from '../abi/index.ts';
import { STORED_VALUE_BYTES, checksum, errorToData, invariant } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';
import { recordsName, sinkName, valuesToGiveUp } from '../checkpoint/index.ts';
import type {
  CarryLimits,
  CheckpointStorage,
  RecordRef,
  SinkState,
  SlotEpoch,
  SlotSnapshot,
  SplitState,
} from '../checkpoint/index.ts';
import type { PreparedSink } from '../connectors/index.ts';
import type { Engine } from '../engine/index.ts';
import { storedValueDamaged } from './errors.ts';
import { HeldRecords } from './held-records.ts';
import type { StageKey } from './held-records.ts';
import type { NativeStage } from './native-stage.ts';

/** What the carrying finds wrong with a value that the next checkpoints would need. */
const DAMAGED = new Set(['CHECKPOINT_VALUE_MISSING', 'CHECKPOINT_CORRUPT']);

/** Room for a batch of records; the engine wants at least 128 KiB. */
const DRAIN_BYTES = 1 << 18;

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
  readonly carry: CarryLimits;
  /** Records of this value could not be carried over now. */
  readonly notCarried: (value: string, error: ErrorData) => void;
  /** For the simulator's own test only. */
  readonly forgetKeyGroup: number | undefined;
}

export class SnapshotWriter {
  readonly #init: SnapshotWriterInit;
  readonly #buffer: number;
  readonly #held = new HeldRecords();
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
  #sequence = 0;
  #storing = 0;
  #carrying = false;
  #closed = false;
  #bytesWritten = 0;
  #bytesDrained = 0;
  #bytesCarried = 0;
  /** Stages with state, as of the newest barrier. */
  #stages: Draining[] = [];

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
      const draining = { vertex: frozen.vertex, stage, native };
      this.#queue.push(draining);
      this.#stages.push(draining);
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
      this.#held.forgetDead(draining, this.#live);
      this.#live.clear();
      if (this.#queue.length === 0) this.#finishDrain();
    } else {
      this.#takeRecords(draining, this.#init.engine.bytes(this.#buffer, written));
    }
    return true;
  }

  /** Nothing more is read or written, and the stages are not touched. */
  close(): void {
    this.#closed = true;
  }

  #start(epoch: number): void {
    invariant(this.#frozen === 0 && this.#queue.length === 0, 'a snapshot began before the last one ended', { epoch });
    this.#epoch = epoch;
    this.#startedMs = this.#init.steady();
    this.#splits = [];
    this.#sinks = [];
    this.#bytesWritten = 0;
    this.#bytesDrained = 0;
    this.#bytesCarried = 0;
    this.#stages = [];
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

  #append(key: StageKey, kind: number, view: DataView, at: number, record: Uint8Array): void {
    const keyGroupFrom = view.getUint32(at + RECORD_GROUP_FROM_AT, true);
    const forgotten = this.#init.forgetKeyGroup;
    if (kind === RECORD_PAGE && forgotten !== undefined && keyGroupFrom === forgotten) return;
    this.#bytesDrained += record.byteLength;
    this.#place(record, {
      vertex: key.vertex,
      stage: key.stage,
      operator: view.getUint32(at + RECORD_OPERATOR_AT, true),
      kind,
      pageId: view.getUint32(at + RECORD_PAGE_AT, true),
      keyGroupFrom,
      keyGroupTo: view.getUint32(at + RECORD_GROUP_TO_AT, true),
    });
  }

  /** Puts the record into the open value: from now on this is where its page lies. */
  #place(record: Uint8Array, of: Omit<RecordRef, 'value' | 'at' | 'bytes'>): void {
    if (this.#openBytes + record.byteLength > this.#open.byteLength) this.#closeValue();
    this.#open.set(record, this.#openBytes);
    this.#held.hold({ ...of, value: this.#valueName(), at: this.#openBytes, bytes: record.byteLength });
    this.#openBytes += record.byteLength;
  }

  #closeValue(): void {
    if (this.#openBytes === 0) return;
    const name = this.#valueName();
    const bytes = this.#open.slice(0, this.#openBytes);
    this.#held.closed(name, { bytes: bytes.byteLength, sum: checksum(bytes) });
    this.#openBytes = 0;
    this.#sequence += 1;
    this.#store(name, bytes);
  }

  #storeSink(vertex: number, sink: number, prepared: PreparedSink): void {
    const values = prepared.values.map(({ bytes, rows, index }, place) => {
      const value = sinkName(this.#slotEpoch(), { vertex, sink }, place);
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
    const given = valuesToGiveUp(this.#held.uses(), this.#init.carry, this.#bytesDrained);
    if (given.length === 0) return this.#acknowledge();
    this.#carrying = true;
    this.#carry(given).then(
      () => {
        if (this.#closed) return;
        this.#carrying = false;
        this.#closeValue();
        this.#acknowledge();
      },
      (error: unknown) => this.#init.fail(error),
    );
  }

  /**
   * Carries the live records of these values over into new ones, apart from those that changed: what has not changed
   * for long will rarely change. All pages of this epoch are drained, so what is live does not change meanwhile. What
   * cannot be read stays where it is.
   */
  async #carry(values: readonly string[]): Promise<void> {
    for (const [value, refs] of this.#held.inValues(values)) {
      const bytes = await this.#read(value).catch((error: unknown) => errorToData(error));
      if (this.#closed) return;
      if (!(bytes instanceof Uint8Array)) {
        this.#notCarried(value, refs, bytes);
        continue;
      }
      for (const ref of refs) {
        this.#place(bytes.subarray(ref.at, ref.at + ref.bytes), ref);
        this.#bytesCarried += ref.bytes;
      }
    }
  }

  async #read(value: string): Promise<Uint8Array> {
    const bytes = await this.#init.storage.getValue(value);
    const stored = this.#held.value(value);
    const sum = checksum(bytes);
    if (stored?.sum !== sum) throw storedValueDamaged(value, stored?.sum, sum);
    return bytes;
  }

  /** If the value is lost or damaged the state is still here: the stages that have records in it write all of theirs again. */
  #notCarried(value: string, refs: readonly RecordRef[], error: ErrorData): void {
    this.#init.notCarried(value, error);
    if (!DAMAGED.has(error.code)) return;
    for (const { vertex, stage, native } of this.#stages) {
      if (refs.some((ref) => ref.vertex === vertex && ref.stage === stage)) native.task.snapshotDiscard();
    }
  }

  #acknowledge(): void {
    const open = this.#queue.length > 0 || this.#openBytes > 0 || this.#carrying;
    if (this.#frozen < this.#init.vertexCount || this.#storing > 0 || open) return;
    this.#frozen = 0;
    this.#init.done({
      epoch: this.#epoch,
      alignMs: this.#init.steady() - this.#startedMs,
      snapshot: {
        slot: this.#init.slot,
        records: this.#held.all(),
        values: Object.fromEntries(this.#held.uses().map(({ value, bytes }) => [value, bytes])),
        splits: this.#splits,
        sinks: this.#sinks,
        bytesWritten: this.#bytesWritten,
        bytesCarried: this.#bytesCarried,
      },
    });
  }

  #slotEpoch(): SlotEpoch {
    return { attempt: this.#init.attempt, epoch: this.#epoch, slot: this.#init.slot };
  }

  #valueName(): string {
    return recordsName(this.#slotEpoch(), this.#sequence);
  }
}

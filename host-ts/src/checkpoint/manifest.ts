/**
 * The manifest of one epoch: everything a restart needs, published last. Plain JSON.
 *
 * Version 2 has segments of tables in blocks with an index; version 1 knew single frames only. Both are read, also
 * segments of both in one manifest: those that an older release wrote have no `index`.
 */
import type { Json } from '../base/index.ts';

export const MANIFEST_VERSION = 2;
/** Versions that this release reads. */
export const MANIFEST_VERSIONS_READ: readonly number[] = [1, MANIFEST_VERSION];

/** Bytes inside a stored value. */
export interface ValueRef {
  readonly value: string;
  readonly at: number;
  readonly bytes: number;
}

/** One snapshot record of an operator (engine-as/abi.ts) and where it lies. */
export interface RecordRef extends ValueRef {
  readonly vertex: number;
  readonly stage: number;
  readonly operator: number;
  readonly kind: number;
  readonly pageId: number;
  readonly keyGroupFrom: number;
  readonly keyGroupTo: number;
}

/** A source's split: where to go on, and the largest event time seen in it (null = none). */
export interface SplitState {
  readonly vertex: number;
  readonly splitId: string;
  /** Connector's own position after the last row before the barrier; null = from the start. */
  readonly position: Json;
  /** Rows delivered before the barrier. */
  readonly rows: number;
  readonly maxTime: string | null;
  readonly finished: boolean;
}

/** What a sink prepared: it takes effect when the manifest that names it is published. */
export interface SinkState {
  readonly vertex: number;
  /** Index of the sink within the vertex's outputs (late outputs follow the others). */
  readonly sink: number;
  readonly slot: number;
  /** The table that the values are segments of; undefined for other sinks. */
  readonly table?: string;
  /** Stored values of this epoch, in order. */
  readonly values: readonly SinkValue[];
  /** Sink's own. */
  readonly prepared: Json;
}

export interface SinkValue {
  readonly value: string;
  readonly bytes: number;
  readonly rows: number;
  /** Checksum of the bytes. */
  readonly sum?: number;
  /** Of a table's segment. */
  readonly index?: SegmentIndexRef;
}

/** Where a segment's index lies in its value: the rows' blocks end there. Drawn in table/segment.ts. */
export interface SegmentIndexRef {
  readonly at: number;
  readonly bytes: number;
  /** Checksum of the index, which holds those of the blocks. */
  readonly sum: number;
}

/** What one slot adds to a checkpoint. */
export interface SlotSnapshot {
  readonly slot: number;
  readonly records: readonly RecordRef[];
  /** Stored values that the records lie in, with their whole sizes. */
  readonly values: Readonly<Record<string, number>>;
  readonly splits: readonly SplitState[];
  readonly sinks: readonly SinkState[];
  /** Bytes newly written for this epoch. */
  readonly bytesWritten: number;
  /** Bytes among them of records that did not change: carried over from older values (carry-plan.ts). */
  readonly bytesCarried: number;
}

export interface TableSegment {
  readonly value: string;
  readonly bytes: number;
  readonly rows: number;
  /** Checksum of the bytes, compared whenever they are read as a whole. */
  readonly sum?: number;
  /** Absent: the value is one frame, as version 1 has it. */
  readonly index?: SegmentIndexRef;
  readonly epoch: number;
  readonly slot: number;
}

export interface Manifest {
  readonly version: number;
  readonly job: string;
  readonly graphHash: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly keyGroups: number;
  readonly parallelism: number;
  /** Milliseconds since 1970, for people. */
  readonly createdAt: number;
  readonly durationMs: number;
  /** The last epoch of a finished job. */
  readonly final: boolean;
  readonly inputs: Readonly<Record<string, { readonly fingerprint: string; readonly splits: readonly Json[] }>>;
  /** Splits of every source: also those not yet handed out. */
  readonly splits: readonly SplitState[];
  readonly records: readonly RecordRef[];
  readonly sinks: readonly SinkState[];
  /** All committed segments of every table, by table name. */
  readonly tables: Readonly<Record<string, readonly TableSegment[]>>;
  /** Stored values this epoch refers to, with sizes; the reference counts follow from it. */
  readonly values: Readonly<Record<string, number>>;
}

/**
 * The job graph: what is deployed. Plain JSON, the same for a job whoever builds it; its hash
 * decides whether two slots built the same job and whether a checkpoint fits.
 *
 * A vertex is a chain: one subtask of every chain runs in every slot. A chain has one input (a
 * source, or the edges that lead to it), a list of stages (native parts that run in the engine,
 * closures that run in JavaScript) and one way out.
 */
import type { ExprJson } from '../expr/index.ts';
import type { Schema } from '../schema/index.ts';
import type { Json } from '../base/index.ts';

export const JOB_GRAPH_VERSION = 1;

export interface JobGraph {
  readonly version: typeof JOB_GRAPH_VERSION;
  readonly name: string;
  /** A power of two. */
  readonly keyGroups: number;
  readonly vertices: readonly Vertex[];
  readonly edges: readonly Edge[];
  readonly warnings: readonly string[];
}

export interface Vertex {
  /** Index in `vertices`; vertices are in topological order. */
  readonly id: number;
  readonly name: string;
  readonly input: SourceInput | EdgesInput;
  readonly inSchema: Schema;
  readonly stages: readonly Stage[];
  readonly outSchema: Schema;
  readonly output: ExchangeOutput | FanOutput;
  /**
   * Where late rows of this chain's window go; undefined = counted and dropped. The window is then
   * the chain's first operator, so late rows have `inSchema`.
   */
  readonly late?: FanOutput;
}

export interface EdgesInput {
  readonly kind: 'edges';
}

/** How rows come in; `connector` names the kind, `functionId` a closure of the job module. */
export interface SourceInput {
  readonly kind: 'source';
  readonly uid: string;
  /** 'input': bound when the job starts, by `name`; else a connector that the job itself names. */
  readonly source:
    | { readonly kind: 'input'; readonly name: string }
    | { readonly kind: 'generator'; readonly functionId: number; readonly options: Json }
    | { readonly kind: 'collection'; readonly functionId: number };
  readonly watermarks?: { readonly column: string; readonly outOfOrderMs: number; readonly idleAfterMs?: number };
}

/** To another chain: by key hash over all slots, or within the slot. */
export interface ExchangeOutput {
  readonly kind: 'exchange';
  readonly edge: number;
}

export interface FanOutput {
  readonly kind: 'fan';
  /** Vertex ids of chains of the same slot that get every frame, each over a forward edge of its own. */
  readonly forward: readonly number[];
  readonly sinks: readonly SinkSpec[];
}

export interface Edge {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  /** 'hash': to the slot that owns the key's group; 'forward': within the slot. */
  readonly kind: 'hash' | 'forward';
  /** Key columns in the sender's outSchema. */
  readonly keys: readonly string[];
}

export type Stage = NativeStage | ClosureStage;

export interface NativeStage {
  readonly kind: 'native';
  readonly ops: readonly NativeOp[];
  readonly outSchema: Schema;
}

export interface ClosureStage {
  readonly kind: 'closure';
  readonly form: 'map' | 'filter' | 'flatMap';
  readonly uid: string;
  readonly name: string;
  readonly functionId: number;
  readonly outSchema: Schema;
  /** The event-time column of `outSchema`: what the frames that this stage makes are timed by. */
  readonly timeColumn?: string;
}

export type NativeOp =
  { readonly kind: 'filter'; readonly uid: string; readonly expr: ExprJson } | ProjectOp | WindowOp;

export interface ProjectOp {
  readonly kind: 'project';
  readonly uid: string;
  readonly columns: readonly { readonly name: string; readonly expr: ExprJson }[];
  /** The event-time column among `columns`; undefined when none is carried on. */
  readonly timeColumn?: string;
}

export interface WindowOp {
  readonly kind: 'window';
  readonly uid: string;
  readonly keys: readonly string[];
  readonly timeColumn: string;
  readonly sizeMs: number;
  /** Equal to sizeMs for tumbling windows. */
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly aggregates: readonly Aggregate[];
}

export interface Aggregate {
  readonly name: string;
  readonly fn: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'countDistinct';
  /** Undefined for count of rows. Columns and filters that are expressions are projected before the window. */
  readonly column?: string;
  /** A bool column; rows where it is not true are left out. */
  readonly filter?: string;
}

export type SinkSpec =
  | { readonly kind: 'table'; readonly uid: string; readonly name: string; readonly key: readonly string[] }
  | { readonly kind: 'print'; readonly uid: string; readonly prefix: string }
  | { readonly kind: 'callback'; readonly uid: string; readonly functionId: number }
  | { readonly kind: 'collect'; readonly uid: string; readonly name: string }
  | { readonly kind: 'file'; readonly uid: string; readonly format: 'csv' | 'ndjson'; readonly path: string }
  | { readonly kind: 'blackhole'; readonly uid: string };

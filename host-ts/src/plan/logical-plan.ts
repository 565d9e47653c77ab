/**
 * The logical plan: what the user said, as plain data, before anything is rearranged.
 *
 * Nodes are in topological order: a node's id is its index and its inputs have smaller ids. The
 * API (and SQL later) makes plans through `PlanBuilder`; `optimize` rewrites plan to plan;
 * `toJobGraph` turns the result into chains.
 */
import type { ExprJson } from '../expr/index.ts';
import type { Schema } from '../schema/index.ts';
import type { ClosureStage, SinkSpec, SourceInput } from './job-graph.ts';

export interface LogicalPlan {
  readonly name: string;
  /** A power of two. */
  readonly keyGroups: number;
  readonly nodes: readonly LogicalNode[];
  readonly warnings: readonly string[];
}

/**
 * Where a row's event time stands: in `column`, plus `shiftMs`. The result of a window has time
 * window_end − 1 ms, the last instant that it covers (Flink's window time attribute).
 */
export interface TimeAttribute {
  readonly column: string;
  readonly shiftMs: number;
}

interface NodeBase {
  readonly id: number;
  /** What the user or the default calls it; state is bound to it. */
  readonly uid: string;
  /** For people. */
  readonly name: string;
  readonly inputs: readonly number[];
  readonly schema: Schema;
  /** Undefined when no watermarks were declared, or the column was dropped on the way. */
  readonly time: TimeAttribute | undefined;
}

export interface SourceNode extends NodeBase {
  readonly kind: 'source';
  readonly source: SourceInput['source'];
  readonly watermarks: NonNullable<SourceInput['watermarks']> | undefined;
}

export interface FilterNode extends NodeBase {
  readonly kind: 'filter';
  readonly expr: ExprJson;
}

export interface ProjectNode extends NodeBase {
  readonly kind: 'project';
  readonly columns: readonly ProjectedColumn[];
}

export interface ProjectedColumn {
  readonly name: string;
  readonly expr: ExprJson;
}

export interface ClosureNode extends NodeBase {
  readonly kind: 'closure';
  readonly form: ClosureStage['form'];
  readonly functionId: number;
}

export interface UnionNode extends NodeBase {
  readonly kind: 'union';
}

export interface WindowNode extends NodeBase {
  readonly kind: 'window';
  readonly keys: readonly string[];
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly aggregates: readonly LogicalAggregate[];
}

export interface LogicalAggregate {
  readonly name: string;
  readonly fn: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'countDistinct';
  /** Undefined for count of rows. */
  readonly argument: ExprJson | undefined;
  /** Rows for which it is not true are left out. */
  readonly filter: ExprJson | undefined;
}

/** Rows that came after their last window had closed; its input is the window node. */
export interface LateNode extends NodeBase {
  readonly kind: 'late';
}

export interface SinkNode extends NodeBase {
  readonly kind: 'sink';
  readonly sink: SinkSpec;
}

export type LogicalNode =
  SourceNode | FilterNode | ProjectNode | ClosureNode | UnionNode | WindowNode | LateNode | SinkNode;

/** Ids of the nodes that read each node's rows, by node id. */
export function consumersOf(nodes: readonly LogicalNode[]): readonly (readonly number[])[] {
  const consumers: number[][] = nodes.map(() => []);
  for (const node of nodes) for (const input of node.inputs) consumers[input]?.push(node.id);
  return consumers;
}

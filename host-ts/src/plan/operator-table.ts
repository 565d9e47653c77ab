/**
 * Numbers for all operators of a job graph: what the engine calls them in errors, counters and
 * snapshot records, and what state is bound to (number → uid).
 *
 * Operators are numbered from 0 in the order of vertices, and within a vertex: input, time,
 * stages in order, output. The same graph gives the same numbers everywhere. A changed graph may
 * give others; a checkpoint is then matched by uid.
 */
import { invariant } from '../base/index.ts';
import type { ClosureStage, JobGraph, Vertex } from './job-graph.ts';

export interface OperatorInfo {
  /** Index in the table. */
  readonly id: number;
  readonly vertex: number;
  readonly kind: 'input' | 'time' | 'filter' | 'project' | 'window' | 'closure' | 'partition' | 'output';
  /** Unique in the job. */
  readonly uid: string;
  /** For people: `window-1 (late flights)`. */
  readonly name: string;
  /** Whether the engine keeps state for it. */
  readonly stateful: boolean;
}

/** The operators of one vertex, by the place they have in it. */
export interface VertexOperators {
  readonly input: OperatorInfo;
  readonly time: OperatorInfo | undefined;
  /** Per stage: one per operator of a native stage, one for a closure. */
  readonly stages: readonly (readonly OperatorInfo[])[];
  readonly output: OperatorInfo;
}

export function operatorTable(graph: JobGraph): readonly OperatorInfo[] {
  return graph.vertices.flatMap((vertex) => {
    const { input, time, stages, output } = vertexOperators(graph, vertex.id);
    return [input, ...(time === undefined ? [] : [time]), ...stages.flat(), output];
  });
}

export function vertexOperators(graph: JobGraph, vertexId: number): VertexOperators {
  const vertex = graph.vertices[vertexId];
  invariant(vertex !== undefined, 'no such vertex', { vertex: vertexId });
  let id = graph.vertices.slice(0, vertexId).reduce((sum, before) => sum + operatorCount(before), 0);
  const make = (kind: OperatorInfo['kind'], uid: string, name = uid): OperatorInfo => ({
    id: id++,
    vertex: vertexId,
    kind,
    uid,
    name,
    stateful: kind === 'window',
  });
  const own = vertex.input.kind === 'source' ? vertex.input.uid : `vertex-${vertexId}`;
  const input = make('input', vertex.input.kind === 'source' ? own : `${own}/input`);
  const time = isTimed(vertex) ? make('time', `${own}/time`) : undefined;
  const stages = vertex.stages.map((stage) =>
    stage.kind === 'closure'
      ? [make('closure', stage.uid, closureName(stage))]
      : stage.ops.map((op) => make(op.kind, op.uid)),
  );
  const output = make(vertex.output.kind === 'exchange' ? 'partition' : 'output', `${own}/output`);
  return { input, time, stages, output };
}

/** A closure is known by its uid, and by its function's or the user's name where there is one. */
function closureName({ uid, name, form }: ClosureStage): string {
  return name === form || name === uid ? uid : `${uid} (${name})`;
}

/** Whether the vertex is a source that declares event time. */
export function isTimed(vertex: Vertex): boolean {
  return vertex.input.kind === 'source' && vertex.input.watermarks !== undefined;
}

function operatorCount(vertex: Vertex): number {
  const inStages = vertex.stages.reduce((sum, stage) => sum + (stage.kind === 'closure' ? 1 : stage.ops.length), 0);
  return 2 + (isTimed(vertex) ? 1 : 0) + inStages;
}

/**
 * The sinks of a vertex with their numbers: those of the main rows, then those of the late ones (which have the
 * schema of the rows that came in). */
import type { Schema } from '../schema/index.ts';
import type { SinkSpec, Vertex } from './job-graph.ts';

export interface NumberedSink {
  readonly index: number;
  readonly spec: SinkSpec;
  /** Of the rows that the sink gets. */
  readonly schema: Schema;
}

export function sinksOf(vertex: Vertex): readonly NumberedSink[] {
  const main = vertex.output.kind === 'fan' ? vertex.output.sinks : [];
  const late = vertex.late?.sinks ?? [];
  return [
    ...main.map((spec, index) => ({ index, spec, schema: vertex.outSchema })),
    ...late.map((spec, index) => ({ index: main.length + index, spec, schema: vertex.inSchema })),
  ];
}

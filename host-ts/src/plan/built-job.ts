/**
 * A job after its function has run: the graph, and what cannot travel in it.
 *
 * `finishJob` is the last step of every way to say a job: optimize, make the graph, hash it.
 */
import type { Schema } from '../schema/index.ts';
import { graphHash } from './graph-hash.ts';
import type { JobGraph } from './job-graph.ts';
import type { LogicalPlan } from './logical-plan.ts';
import { optimize } from './optimize.ts';
import { toJobGraph } from './to-job-graph.ts';

/** A function of the job module (closure, generator, callback, collection's rows), called by the slot. */
export type UserFunction = (...args: never[]) => unknown;

/** An input that the job reads, as it must be bound at the start. */
export interface JobInput {
  readonly name: string;
  /** All columns that the job declared, not only those it needs. */
  readonly schema: Schema;
  readonly timeColumn: string | undefined;
}

export interface BuiltJob {
  /** As the user said it; for `explain(graph, plan)`. */
  readonly plan: LogicalPlan;
  readonly graph: JobGraph;
  readonly graphHash: string;
  /** By the graph's functionIds. */
  readonly functions: readonly UserFunction[];
  readonly inputs: readonly JobInput[];
}

/** `functions` by the plan's functionIds; `inputs` with all columns that the job declared. */
export function finishJob(
  plan: LogicalPlan,
  functions: readonly UserFunction[],
  inputs: readonly { readonly name: string; readonly schema: Schema }[],
): BuiltJob {
  const graph = toJobGraph(optimize(plan));
  const timeColumnOf = (name: string): string | undefined =>
    plan.nodes.find((node) => node.kind === 'source' && node.source.kind === 'input' && node.source.name === name)?.time
      ?.column;
  return {
    plan,
    graph,
    graphHash: graphHash(graph),
    functions,
    inputs: inputs.map(({ name, schema }) => ({ name, schema, timeColumn: timeColumnOf(name) })),
  };
}

/** A job after its builder has run: the graph, and what cannot travel in it. */
import type { Schema } from '../schema/index.ts';
import type { JobGraph } from './job-graph.ts';

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
  readonly graph: JobGraph;
  readonly graphHash: string;
  /** By the graph's functionIds. */
  readonly functions: readonly UserFunction[];
  readonly inputs: readonly JobInput[];
}

/**
 * A job while its function runs: the plan under construction and what cannot be plain data.
 *
 * Users' functions are kept in a list and the plan holds their numbers, so that a slot, which runs
 * the same job function, finds the same function under the same number.
 */
import { formatSchema, schemaEquals } from '../schema/index.ts';
import type { UserFunction } from '../plan/index.ts';
import { duplicateInput, PlanBuilder } from '../plan/index.ts';
import type { InputDefinition } from './sources.ts';
import type { SinkPlan } from './sinks.ts';

export class Draft {
  readonly job: string;
  readonly builder: PlanBuilder;
  readonly functions: UserFunction[] = [];
  readonly inputs = new Map<string, InputDefinition>();

  constructor(job: string, keyGroups: number) {
    this.job = job;
    this.builder = new PlanBuilder(job, keyGroups);
  }

  addFunction(fn: UserFunction): number {
    return this.functions.push(fn) - 1;
  }

  addSink(stream: number, { ...plan }: SinkPlan): number {
    if (plan.kind !== 'callback') return this.builder.sink(stream, plan);
    return this.builder.sink(stream, { kind: 'callback', functionId: this.addFunction(plan.callback) });
  }

  /** Throws DUPLICATE_INPUT when the same name was declared with other columns. */
  addInput(input: InputDefinition): void {
    const known = this.inputs.get(input.name);
    if (known !== undefined && !schemaEquals(known.schema, input.schema)) {
      throw duplicateInput(this.job, input.name, formatSchema(known.schema), formatSchema(input.schema));
    }
    this.inputs.set(input.name, input);
  }
}

/** What a job's function is given: where streams begin, and the sinks that belong to the job. */
import type { Json } from '../base/index.ts';
import type { Schema } from '../schema/index.ts';
import type { Draft } from './draft.ts';
import { badGenerator } from './errors.ts';
import type { TableOptions, Sink } from './sinks.ts';
import { table } from './sinks.ts';
import type { GeneratorOptions, SourceDefinition } from './sources.ts';
import { SourceStream } from './stream.ts';

export class Env {
  readonly #draft: Draft;
  /** What the job was started with, plain JSON: `start(job, { parameters })`; null when nothing was given. */
  readonly parameters: Json;

  constructor(draft: Draft, parameters: Json) {
    this.#draft = draft;
    this.parameters = parameters;
  }

  /** A stream of the rows of an input, a generator or a collection. */
  source<S extends Schema>(source: SourceDefinition<S>): SourceStream<S> {
    return new SourceStream<S>(this.#draft, this.#add(source));
  }

  /** A table that is queried and watched through the job's handle; its name is unique in the job. */
  table<const Column extends string>(
    name: string,
    options: TableOptions<Column>,
  ): Sink<{ readonly [Name in Column]: unknown }> {
    return table(name, options);
  }

  #add(source: SourceDefinition): number {
    const { builder } = this.#draft;
    if (source.kind === 'input') {
      this.#draft.addInput(source);
      return builder.source({ kind: 'input', name: source.name }, source.schema, source.name);
    }
    if (source.kind === 'generator') {
      const functionId = this.#draft.addFunction(source.make);
      const options = checkGenerator(source.options);
      return builder.source({ kind: 'generator', functionId, options }, source.schema, 'generator');
    }
    const { rows } = source;
    const functionId = this.#draft.addFunction(() => rows);
    return builder.source({ kind: 'collection', functionId }, source.schema, 'collection');
  }
}

function checkGenerator({ rows, splits = 1, rowsPerSecond }: GeneratorOptions): Readonly<Record<string, number>> {
  if (!Number.isSafeInteger(rows) || rows < 0) throw badGenerator('rows', rows);
  if (!Number.isSafeInteger(splits) || splits < 1) throw badGenerator('splits', splits);
  if (rowsPerSecond === undefined) return { rows, splits };
  if (!(rowsPerSecond > 0)) throw badGenerator('rowsPerSecond', rowsPerSecond);
  return { rows, splits, rowsPerSecond };
}

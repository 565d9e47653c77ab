/** The tables of a job that is not running any more, as its newest checkpoint left them. */
import type { CheckpointStorage, Manifest, ReadValues } from '../../host-ts/src/checkpoint/index.ts';
import type { BuiltJob } from '../../host-ts/src/plan/index.ts';
import { sinksOf } from '../../host-ts/src/plan/index.ts';
import { Table, tableSchema } from '../../host-ts/src/table/index.ts';
import { tableUnknown } from './errors.ts';
import { TABLE_VIEW_BYTES_MAX } from './limits.ts';

export function tableNames(built: BuiltJob): readonly string[] {
  return tableSinks(built).map(({ spec }) => spec.name);
}

/** Keeps a table that was read, for as long as no newer checkpoint exists. */
export class CommittedTables {
  readonly #storage: CheckpointStorage;
  readonly #values: ReadValues;
  #epoch = 0;
  #tables = new Map<string, Table>();

  /** `values`: those of the storage. */
  constructor(storage: CheckpointStorage, values: ReadValues) {
    this.#storage = storage;
    this.#values = values;
  }

  /** Throws TABLE_UNKNOWN. */
  async table(built: BuiltJob, name: string): Promise<Table> {
    const newest = (await this.#storage.epochs()).at(-1) ?? 0;
    if (newest !== this.#epoch) this.forget();
    this.#epoch = newest;
    const table = this.#tables.get(name) ?? (await this.#read(built, name));
    this.#tables.set(name, table);
    return table;
  }

  /** Epochs begin anew with a fresh run. */
  forget(): void {
    this.#tables = new Map();
    this.#epoch = 0;
  }

  async #read(built: BuiltJob, name: string): Promise<Table> {
    const sinks = tableSinks(built);
    const found = sinks.find(({ spec }) => spec.name === name);
    if (found === undefined) throw tableUnknown(built.graph.name, name, tableNames(built));
    const { spec, schema } = found;
    const table = new Table({
      name,
      schema: tableSchema(schema, spec.key),
      key: spec.key,
      values: this.#values,
      viewBytesMax: Math.floor(TABLE_VIEW_BYTES_MAX / sinks.length),
    });
    const newest = (await this.#storage.epochs()).at(-1);
    if (newest !== undefined) {
      const manifest = JSON.parse(new TextDecoder().decode(await this.#storage.manifest(newest))) as Manifest;
      table.reset(manifest.tables[name] ?? []);
    }
    return table;
  }
}

function tableSinks(built: BuiltJob) {
  return built.graph.vertices.flatMap((vertex) =>
    sinksOf(vertex).flatMap(({ spec, schema }) => (spec.kind === 'table' ? [{ spec, schema }] : [])),
  );
}

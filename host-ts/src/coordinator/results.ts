/**
 * What a job gives: its tables, the rows of its forwarding sinks, and its files' commits.
 */
import { CallbackReceiver, CollectReceiver, FileCommitter, PrintReceiver } from '../connectors/index.ts';
import type { RowsReceiver } from '../connectors/index.ts';
import type { Manifest, ReadValues, SinkState } from '../checkpoint/index.ts';
import type { FromSlot } from '../control/index.ts';
import type { BuiltJob, SinkSpec, Vertex } from '../plan/index.ts';
import { sinksOf } from '../plan/index.ts';
import type { Platform } from '../platform/index.ts';
import { Table, TableFeed, tableSchema } from '../table/index.ts';
import type { TableRow } from '../table/index.ts';
import { errorToData, TABLE_VIEW_BYTES_MAX } from '../base/index.ts';
import type { Compaction } from './compactor.ts';
import { tableUnknown } from './errors.ts';

interface TableResult {
  readonly table: Table;
  readonly feed: TableFeed;
}

export class Results {
  readonly #job: string;
  readonly #tables = new Map<string, TableResult>();
  readonly #receivers = new Map<string, RowsReceiver>();
  readonly #collected = new Map<string, CollectReceiver>();
  readonly #files: FileCommitter;

  /** `viewBytesMax`: what the job's tables may keep in memory together. */
  constructor(built: BuiltJob, values: ReadValues, platform: Platform, viewBytesMax = TABLE_VIEW_BYTES_MAX) {
    this.#job = built.graph.name;
    this.#files = new FileCommitter(platform.files, (value) => values.getValue(value));
    const sinks = built.graph.vertices.flatMap((vertex) => sinksOf(vertex).map((sink) => ({ ...sink, vertex })));
    const tableCount = sinks.filter(({ spec }) => spec.kind === 'table').length;
    const share = { values, viewBytesMax: Math.floor(viewBytesMax / Math.max(1, tableCount)) };
    for (const { spec, schema, index, vertex } of sinks) {
      if (spec.kind === 'table') {
        const { name, key } = spec;
        this.#addTable(new Table({ name, schema: tableSchema(schema, key), key, ...share }), platform);
      } else this.#addReceiver(built, vertex, index, spec, schema, platform);
    }
  }

  get tableNames(): readonly string[] {
    return [...this.#tables.keys()];
  }

  table(name: string): TableResult {
    const found = this.#tables.get(name);
    if (found === undefined) throw tableUnknown(this.#job, name, this.tableNames);
    return found;
  }

  collected(name: string): readonly TableRow[] {
    return this.#collected.get(name)?.rows() ?? [];
  }

  /** Rows that a slot forwarded. What a callback throws goes to the caller. */
  rows(message: Extract<FromSlot, { type: 'rows' }>): void {
    this.#receivers.get(`${message.vertex}/${message.sink}`)?.receive(message.frame);
  }

  /** Adds to the sinks' states what the manifest must hold for the commit. */
  place(sinks: readonly SinkState[]): readonly SinkState[] {
    return this.#files.place(sinks);
  }

  /** The manifest is published: its rows are visible from now on. */
  async commit(manifest: Manifest): Promise<void> {
    await this.#files.commit(manifest.sinks);
    for (const [name, { table, feed }] of this.#tables) {
      const added = (manifest.tables[name] ?? []).filter((segment) => segment.epoch === manifest.epoch);
      table.addSegments(manifest.epoch, added);
      feed.committed(manifest.epoch, added);
    }
  }

  /** The merged segments hold the rows of the replaced ones: readers see no difference. */
  replaceSegments({ table, replaced, merged }: Compaction): void {
    this.table(table).table.replaceSegments(replaced, merged);
  }

  /**
   * An attempt begins from this manifest, of this run or a former one: files end and tables hold what it says,
   * whatever was placed, appended or merged since.
   */
  async restore(manifest: Manifest | undefined): Promise<void> {
    await this.#files.restore(manifest?.sinks ?? []);
    for (const [name, { table }] of this.#tables) {
      const wanted = manifest?.tables[name] ?? [];
      const held = new Set(table.segments.map((segment) => segment.value));
      const same = held.size === wanted.length && wanted.every((segment) => held.has(segment.value));
      if (!same) table.reset(wanted);
    }
  }

  #addTable(table: Table, platform: Platform): void {
    const failed = (error: unknown): void => {
      const { code, message } = errorToData(error);
      platform.log({
        level: 'error',
        message: 'a table could not be read',
        values: { table: table.name, code, message },
      });
    };
    this.#tables.set(table.name, { table, feed: new TableFeed(table, platform.timers, failed) });
  }

  #addReceiver(
    built: BuiltJob,
    vertex: Vertex,
    index: number,
    spec: Exclude<SinkSpec, { kind: 'table' }>,
    schema: ConstructorParameters<typeof CollectReceiver>[0],
    platform: Platform,
  ): void {
    const key = `${vertex.id}/${index}`;
    if (spec.kind === 'collect') {
      const receiver = new CollectReceiver(schema, spec.name);
      this.#collected.set(spec.name, receiver);
      this.#receivers.set(key, receiver);
    } else if (spec.kind === 'print') {
      this.#receivers.set(key, new PrintReceiver(schema, spec.prefix, (line) => platform.print(line)));
    } else if (spec.kind === 'callback') {
      const callback = built.functions[spec.functionId] as (row: TableRow) => void;
      this.#receivers.set(key, new CallbackReceiver(schema, callback));
    }
  }
}

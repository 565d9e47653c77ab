/**
 * Makes a logical plan step by step, checking every step against the schema that flows into it.
 *
 * The API (and SQL later) say what they want in names and expressions; each call adds one node
 * and returns its id. Everything a user can get wrong about columns, types, keys and windows is
 * refused here, at the step that is wrong; what concerns the job as a whole waits for `finish`.
 */
import type { SluiceError } from '../base/index.ts';
import { KEY_GROUPS_MAX, withContext } from '../base/index.ts';
import type { ExprJson } from '../expr/index.ts';
import { checkPredicate } from '../expr/index.ts';
import type { ColumnType, Schema } from '../schema/index.ts';
import { checkSchema, formatSchema, schemaEquals } from '../schema/index.ts';
import { defaultUid, uidWarnings } from './default-uids.ts';
import * as errors from './errors.ts';
import { columnExpr, columnTypeOf } from './expressions.ts';
import type { ClosureStage, SinkSpec, SourceInput } from './job-graph.ts';
import type { LogicalNode, LogicalPlan, ProjectedColumn, SinkNode, SourceNode } from './logical-plan.ts';
import type { WindowInit } from './step-checks.ts';
import { checkTableKey, checkUnique, checkWindow, timeAfterProject, windowSchema } from './step-checks.ts';

/** A sink before it is attached: its uid is the node's. */
export type SinkInit = SinkSpec extends infer S ? (S extends SinkSpec ? Omit<S, 'uid'> : never) : never;

/** A node before it has an id and a uid. */
type NodeInit = LogicalNode extends infer N ? (N extends LogicalNode ? Omit<N, 'id' | 'uid' | 'name'> : never) : never;

export class PlanBuilder {
  readonly #job: string;
  readonly #keyGroups: number;
  readonly #nodes: LogicalNode[] = [];
  readonly #named = new Set<number>();

  constructor(job: string, keyGroups: number) {
    this.#job = job;
    this.#keyGroups = keyGroups;
    if (keyGroups < 1 || keyGroups > KEY_GROUPS_MAX || (keyGroups & (keyGroups - 1)) !== 0) {
      throw errors.badKeyGroups(job, keyGroups, KEY_GROUPS_MAX);
    }
  }

  schemaOf(id: number): Schema {
    return this.#node(id).schema;
  }

  source(source: SourceInput['source'], schema: Schema, name: string): number {
    checkSchema(schema);
    return this.#add({ kind: 'source', inputs: [], schema, time: undefined, source, watermarks: undefined }, name);
  }

  /** Declares the event time of a source: `column` is a timestamp. */
  watermarks(id: number, watermarks: NonNullable<SourceNode['watermarks']>): void {
    const node = this.#node(id);
    if (node.kind !== 'source') throw this.#at(id, errors.watermarksNotAtSource(node.kind));
    const type = this.#column(id, watermarks.column).type;
    if (type !== 'timestamp') throw this.#at(id, errors.typeMismatch(watermarks.column, 'timestamp', type));
    for (const [option, value] of [
      ['outOfOrder', watermarks.outOfOrderMs],
      ['idleAfter', watermarks.idleAfterMs ?? 0],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < 0) throw this.#at(id, errors.badDuration(option, value));
    }
    this.#nodes[id] = { ...node, watermarks, time: { column: watermarks.column, shiftMs: 0 } };
  }

  filter(input: number, expr: ExprJson): number {
    const { schema, time } = this.#node(input);
    return this.#attempt('filter', () => {
      checkPredicate(expr, schema);
      return this.#add({ kind: 'filter', inputs: [input], schema, time, expr });
    });
  }

  /** Exactly these columns, in this order. The event time follows its column through renames. */
  project(input: number, columns: readonly ProjectedColumn[]): number {
    const node = this.#node(input);
    return this.#attempt('project', () => {
      const schema = Object.fromEntries(
        columns.map(({ name, expr }): [string, ColumnType] => [name, columnTypeOf(expr, node.schema)]),
      );
      checkSchema(schema);
      const time = timeAfterProject(node.time, columns);
      return this.#add({ kind: 'project', inputs: [input], schema, time, columns });
    });
  }

  closure(input: number, form: ClosureStage['form'], functionId: number, schema: Schema, name: string): number {
    const { time } = this.#node(input);
    return this.#attempt(form, () => {
      checkSchema(schema);
      const kept = time !== undefined && schema[time.column]?.type === 'timestamp' ? time : undefined;
      return this.#add({ kind: 'closure', inputs: [input], schema, time: kept, form, functionId }, name || form);
    });
  }

  union(inputs: readonly number[]): number {
    const nodes = inputs.map((id) => this.#node(id));
    const { schema } = nodes[0]!;
    return this.#attempt('union', () => {
      for (const node of nodes) {
        if (!schemaEquals(schema, node.schema)) {
          throw errors.unionMismatch(formatSchema(schema), formatSchema(node.schema));
        }
      }
      const time = nodes[0]!.time;
      const sameTime = nodes.every((n) => n.time?.column === time?.column && n.time?.shiftMs === time?.shiftMs);
      return this.#add({ kind: 'union', inputs, schema, time: sameTime ? time : undefined });
    });
  }

  checkKeys(input: number, keys: readonly string[]): void {
    this.#attempt('keyBy', () => {
      if (keys.length === 0) throw errors.noKeys();
      for (const key of keys) this.#column(input, key);
      const twice = keys.find((key, index) => keys.indexOf(key) !== index);
      if (twice !== undefined) throw errors.keyTwice(twice);
    });
  }

  window(input: number, init: WindowInit): number {
    const node = this.#node(input);
    return this.#attempt('window', () => {
      this.checkKeys(input, init.keys);
      checkWindow(init);
      if (node.time === undefined) throw errors.windowWithoutWatermarks(this.#timeLostAt(input));
      const schema = windowSchema(node.schema, init);
      return this.#add({
        kind: 'window',
        inputs: [input],
        schema,
        time: { column: 'window_end', shiftMs: -1 },
        ...init,
      });
    });
  }

  late(window: number): number {
    const node = this.#node(window);
    if (node.kind !== 'window') throw this.#at(window, errors.lateNotAfterWindow(node.kind));
    const existing = this.#nodes.find((other) => other.kind === 'late' && other.inputs[0] === window);
    if (existing !== undefined) return existing.id;
    const { schema, time } = this.#node(node.inputs[0]!);
    return this.#add({ kind: 'late', inputs: [window], schema, time });
  }

  sink(input: number, sink: SinkInit): number {
    const { schema } = this.#node(input);
    return this.#attempt('sink', () => {
      if (sink.kind === 'table') checkTableKey(sink, schema);
      const label = sink.kind === 'table' || sink.kind === 'collect' ? `${sink.kind} ${sink.name}` : sink.kind;
      const spec = { ...sink, uid: '' } as SinkSpec;
      return this.#add({ kind: 'sink', inputs: [input], schema, time: undefined, sink: spec }, label);
    });
  }

  setUid(id: number, uid: string): void {
    if (uid === '' || uid.includes('/')) throw this.#at(id, errors.badUid(uid));
    this.#named.add(id);
    this.#nodes[id] = { ...this.#node(id), uid };
  }

  setName(id: number, name: string): void {
    this.#nodes[id] = { ...this.#node(id), name };
  }

  /** The whole plan; throws JOB_HAS_NO_SINK, DUPLICATE_UID, DUPLICATE_TABLE. */
  finish(): LogicalPlan {
    const sinks = this.#nodes.filter((node): node is SinkNode => node.kind === 'sink');
    if (sinks.length === 0) throw errors.jobHasNoSink(this.#job, this.#nodes.length);
    checkUnique(
      this.#nodes.map((node) => node.uid),
      (uid) => errors.duplicateUid(this.#job, uid),
    );
    for (const kind of ['table', 'collect'] as const) {
      const names = sinks.flatMap(({ sink }) => (sink.kind === kind ? [sink.name] : []));
      checkUnique(names, (name) => errors.duplicateTable(this.#job, kind, name));
    }
    const nodes = this.#nodes.map((node): LogicalNode =>
      node.kind === 'sink' ? { ...node, sink: { ...node.sink, uid: node.uid } } : node,
    );
    const warnings = uidWarnings(nodes, (id) => this.#named.has(id));
    return { name: this.#job, keyGroups: this.#keyGroups, nodes, warnings };
  }

  #add(init: NodeInit, name = ''): number {
    const id = this.#nodes.length;
    const uid = defaultUid(init.kind === 'closure' ? init.form : init.kind, this.#nodes);
    this.#nodes.push({ ...init, id, uid, name: name || uid });
    return id;
  }

  #node(id: number): LogicalNode {
    const node = this.#nodes[id];
    if (node === undefined) throw errors.foreignStream(this.#job);
    return node;
  }

  #column(id: number, name: string): ColumnType {
    return columnTypeOf(columnExpr(name), this.#node(id).schema);
  }

  /** Runs a step; its errors name the job and the operator. */
  #attempt<T>(operator: string, step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw withContext(error, { job: this.#job, operator });
    }
  }

  #at(id: number, error: SluiceError): SluiceError {
    return withContext(error, { job: this.#job, operator: this.#node(id).uid });
  }

  /** The step upstream at which a declared event time was lost, if it ever was declared. */
  #timeLostAt(id: number): string | undefined {
    const node = this.#node(id);
    for (const input of node.inputs) {
      const before = this.#node(input);
      if (before.time !== undefined) return `${node.uid} dropped the time column '${before.time.column}'`;
      const lost = this.#timeLostAt(input);
      if (lost !== undefined) return lost;
    }
    return undefined;
  }
}

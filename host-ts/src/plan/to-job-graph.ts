/**
 * From the optimized plan to chains: a vertex is as long a run of operators as one subtask can
 * work through without an exchange or a branch.
 *
 *   source, window, union      begin a vertex (the window behind a hash edge, the union behind
 *                              forward edges)
 *   filter, project, closure   go on in the vertex of their input, unless others read it too
 *   sink                       hangs on the end of its vertex
 *
 * A window is always the first operator of its vertex.
 */
import { invariant } from '../base/index.ts';
import { columnNames } from '../schema/index.ts';
import type { Schema } from '../schema/index.ts';
import { referencedColumn } from './expressions.ts';
import type { Aggregate, Edge, FanOutput, JobGraph, NativeOp, SinkSpec, Stage, Vertex, WindowOp } from './job-graph.ts';
import { JOB_GRAPH_VERSION } from './job-graph.ts';
import type { LogicalNode, LogicalPlan, ProjectNode, WindowNode } from './logical-plan.ts';
import { consumersOf } from './logical-plan.ts';

export function toJobGraph(plan: LogicalPlan): JobGraph {
  return new GraphMaker(plan).make();
}

/** A vertex while it grows. */
interface Chain {
  readonly id: number;
  readonly head: LogicalNode | undefined;
  readonly inSchema: Schema;
  readonly nodes: LogicalNode[];
  exchange: number | undefined;
  readonly fan: { readonly forward: number[]; readonly sinks: SinkSpec[] };
  late: { readonly forward: number[]; readonly sinks: SinkSpec[] } | undefined;
}

class GraphMaker {
  readonly #plan: LogicalPlan;
  readonly #consumers: readonly (readonly LogicalNode[])[];
  readonly #chains: Chain[] = [];
  readonly #edges: Edge[] = [];
  /** The chain that a node's rows leave, by node id. */
  readonly #chainOf = new Map<number, Chain>();

  constructor(plan: LogicalPlan) {
    this.#plan = plan;
    this.#consumers = consumersOf(plan.nodes).map((ids) =>
      ids.map((id) => plan.nodes[id]!).filter((consumer) => consumer.kind !== 'late'),
    );
  }

  make(): JobGraph {
    for (const node of this.#plan.nodes) this.#place(node);
    const { name, keyGroups, warnings } = this.#plan;
    const vertices = this.#chains.map((chain) => this.#vertex(chain));
    return { version: JOB_GRAPH_VERSION, name, keyGroups, vertices, edges: this.#edges, warnings };
  }

  #place(node: LogicalNode): void {
    const inputs = node.inputs.map((id) => this.#plan.nodes[id]!);
    const [input] = inputs;
    if (node.kind === 'source' || input === undefined) this.#begin(node, node.schema);
    else if (node.kind === 'late') {
      const window = this.#chainOf.get(input.id)!;
      window.late = { forward: [], sinks: [] };
      this.#chainOf.set(node.id, window);
    } else if (node.kind === 'sink') this.#outOf(input).sinks.push(node.sink);
    else if (node.kind === 'window') this.#exchangeTo(node, input);
    else if (node.kind === 'union') {
      this.#unite(node, inputs);
    } else if (input.kind !== 'late' && this.#consumers[input.id]!.length === 1) {
      const chain = this.#chainOf.get(input.id)!;
      chain.nodes.push(node);
      this.#chainOf.set(node.id, chain);
    } else this.#forwardTo(this.#begin(node, input.schema), input);
  }

  #begin(head: LogicalNode | undefined, inSchema: Schema): Chain {
    const nodes = head === undefined ? [] : [head];
    const fan = { forward: [], sinks: [] };
    const chain: Chain = { id: this.#chains.length, head, inSchema, nodes, exchange: undefined, fan, late: undefined };
    this.#chains.push(chain);
    if (head !== undefined) this.#chainOf.set(head.id, chain);
    return chain;
  }

  /** Where the rows of a node leave its chain. */
  #outOf(node: LogicalNode): { readonly forward: number[]; readonly sinks: SinkSpec[] } {
    const chain = this.#chainOf.get(node.id)!;
    return node.kind === 'late' ? chain.late! : chain.fan;
  }

  #forwardTo(to: Chain, from: LogicalNode): void {
    this.#forward(this.#chainOf.get(from.id)!, this.#outOf(from), to);
  }

  #forward(sender: Chain, out: { readonly forward: number[] }, to: Chain): void {
    out.forward.push(to.id);
    this.#edges.push({ id: this.#edges.length, from: sender.id, to: to.id, kind: 'forward', keys: [] });
  }

  /**
   * Edges are told apart by their ends, so each input of a union must come from another chain:
   * where one chain has two of them (a union with itself), the second takes a detour.
   */
  #unite(union: LogicalNode, inputs: readonly LogicalNode[]): void {
    const senders = new Set<Chain>();
    const detours = inputs.map((from): Chain | undefined => {
      const chain = this.#chainOf.get(from.id)!;
      const detour = senders.has(chain) ? this.#begin(undefined, from.schema) : undefined;
      if (detour !== undefined) this.#forwardTo(detour, from);
      senders.add(detour ?? chain);
      return detour;
    });
    const to = this.#begin(union, union.schema);
    inputs.forEach((from, index) => {
      const detour = detours[index];
      if (detour === undefined) this.#forwardTo(to, from);
      else this.#forward(detour, detour.fan, to);
    });
  }

  #exchangeTo(window: WindowNode, input: LogicalNode): void {
    let sender = this.#chainOf.get(input.id)!;
    if (input.kind === 'late' || this.#consumers[input.id]!.length > 1) {
      // Others read these rows too: a chain of its own cuts them by key.
      sender = this.#begin(undefined, input.schema);
      this.#forwardTo(sender, input);
    }
    const receiver = this.#begin(window, input.schema);
    sender.exchange = this.#edges.length;
    this.#edges.push({ id: sender.exchange, from: sender.id, to: receiver.id, kind: 'hash', keys: window.keys });
  }

  #vertex(chain: Chain): Vertex {
    const { id, head, inSchema, nodes, exchange, fan, late } = chain;
    const stages = stagesOf(nodes, (node) => this.#plan.nodes[node.inputs[0]!]!);
    const shown = nodes.filter((node) => !node.uid.includes('/'));
    const name = (shown.length > 0 ? shown : nodes).map((node) => node.name).join(' → ') || 'partition';
    invariant(exchange === undefined || fan.sinks.length + fan.forward.length === 0, 'a chain has two ways out', {
      id,
    });
    const input: Vertex['input'] =
      head?.kind === 'source'
        ? {
            kind: 'source',
            uid: head.uid,
            source: head.source,
            ...(head.watermarks === undefined ? {} : { watermarks: head.watermarks }),
          }
        : { kind: 'edges' };
    return {
      id,
      name,
      input,
      inSchema,
      stages,
      outSchema: stages.at(-1)?.outSchema ?? inSchema,
      output: exchange === undefined ? fanOutput(fan) : { kind: 'exchange', edge: exchange },
      ...(late === undefined ? {} : { late: fanOutput(late) }),
    };
  }
}

function fanOutput({ forward, sinks }: Omit<FanOutput, 'kind'>): FanOutput {
  return { kind: 'fan', forward, sinks };
}

/** Neighbouring native operators share a stage; every closure is a stage. */
function stagesOf(nodes: readonly LogicalNode[], inputOf: (node: LogicalNode) => LogicalNode): readonly Stage[] {
  const stages: Stage[] = [];
  for (const node of nodes) {
    if (node.kind === 'source' || node.kind === 'union') continue;
    if (node.kind === 'closure') {
      const { form, uid, name, functionId, schema } = node;
      stages.push({ kind: 'closure', form, uid, name, functionId, outSchema: schema, ...timeColumnOf(node) });
      continue;
    }
    const op = nativeOp(node, inputOf(node));
    const last = stages.at(-1);
    if (last?.kind === 'native') {
      stages[stages.length - 1] = { kind: 'native', ops: [...last.ops, op], outSchema: node.schema };
    } else stages.push({ kind: 'native', ops: [op], outSchema: node.schema });
  }
  return stages;
}

function nativeOp(node: LogicalNode, input: LogicalNode): NativeOp {
  if (node.kind === 'filter') return { kind: 'filter', uid: node.uid, expr: node.expr };
  if (node.kind === 'project') return projectOp(node);
  invariant(node.kind === 'window', 'not an operator of the engine', { kind: node.kind });
  return windowOp(node, input);
}

function projectOp(node: ProjectNode): NativeOp {
  return { kind: 'project', uid: node.uid, columns: node.columns, ...timeColumnOf(node) };
}

/** A time that is not the column's own value (after a window) is no frame's time. */
function timeColumnOf({ time }: LogicalNode): { readonly timeColumn?: string } {
  return time === undefined || time.shiftMs !== 0 ? {} : { timeColumn: time.column };
}

function windowOp(node: WindowNode, input: LogicalNode): WindowOp {
  const { uid, keys, sizeMs, slideMs, offsetMs } = node;
  invariant(input.time?.shiftMs === 0, 'a window without a time column', {
    uid,
    columns: columnNames(input.schema).join(),
  });
  const aggregates = node.aggregates.map(({ name, fn, argument, filter }): Aggregate => {
    const column = argument === undefined ? undefined : referencedColumn(argument);
    const where = filter === undefined ? undefined : referencedColumn(filter);
    return { name, fn, ...(column === undefined ? {} : { column }), ...(where === undefined ? {} : { filter: where }) };
  });
  return { kind: 'window', uid, keys, timeColumn: input.time.column, sizeMs, slideMs, offsetMs, aggregates };
}

/**
 * Copies a plan node by node while ids change: the frame of every rewrite.
 *
 * Nodes are visited in order, so the inputs of a node are always copied before it.
 */
import { invariant } from '../base/index.ts';
import type { LogicalNode, LogicalPlan } from './logical-plan.ts';

type WithoutId = LogicalNode extends infer N ? (N extends LogicalNode ? Omit<N, 'id'> : never) : never;

export class PlanRewriter {
  readonly #plan: LogicalPlan;
  readonly #nodes: LogicalNode[] = [];
  readonly #mapped = new Map<number, number>();

  constructor(plan: LogicalPlan) {
    this.#plan = plan;
  }

  /** The new id of a node of the old plan. */
  mapped(id: number): number {
    const mapped = this.#mapped.get(id);
    invariant(mapped !== undefined, 'a plan node is used before it is copied', { id });
    return mapped;
  }

  /** A node of the new plan. */
  node(id: number): LogicalNode {
    const node = this.#nodes[id];
    invariant(node !== undefined, 'a plan node is missing', { id });
    return node;
  }

  /** Adds a node whose inputs are ids of the new plan. */
  add(node: WithoutId): number {
    const id = this.#nodes.length;
    this.#nodes.push({ ...node, id });
    return id;
  }

  /** Puts `node` (inputs of the new plan) where `old` was. */
  replace(old: LogicalNode, node: LogicalNode): void {
    this.#mapped.set(old.id, this.add(node));
  }

  /** Copies a node; members in `change` replace its own. */
  keep(old: LogicalNode, change: Partial<Pick<LogicalNode, 'schema' | 'time'>> = {}): void {
    this.replace(old, { ...old, ...change, inputs: old.inputs.map((id) => this.mapped(id)) });
  }

  /** Leaves `old` out: whoever read it reads the new node `id`. */
  skip(old: LogicalNode, id: number): void {
    this.#mapped.set(old.id, id);
  }

  finish(): LogicalPlan {
    return { ...this.#plan, nodes: this.#nodes };
  }
}

/**
 * Rewrites a logical plan into one that says the same with less: plan in, plan out, in this order.
 *
 *   prepareWindows   what windows read becomes columns of their input
 *   keysFirst        tables get their key columns first
 *   mergeFilters     neighbouring filters become one
 *   fuseProjects     neighbouring projections become one
 *   prune            every node makes only the columns that someone reads; sources read only those
 *   dropTrivial      projections that change nothing go
 */
import type { LogicalNode, LogicalPlan, ProjectedColumn, ProjectNode } from './logical-plan.ts';
import { consumersOf } from './logical-plan.ts';
import { substituteColumns } from '../expr/index.ts';
import { columnNames } from '../schema/index.ts';
import { canFail, columnExpr, columnUses, conjunction, isTrivial, referencedColumn } from './expressions.ts';
import { PlanRewriter } from './plan-rewriter.ts';
import { prepareWindows } from './prepare-windows.ts';
import { prune } from './prune.ts';

export function optimize(plan: LogicalPlan): LogicalPlan {
  return [prepareWindows, keysFirst, mergeFilters, fuseProjects, prune, dropTrivial].reduce(
    (current, rewrite) => rewrite(current),
    plan,
  );
}

/** A table's rows are stored and shown with the key in front, whatever order the stream has. */
export function keysFirst(plan: LogicalPlan): LogicalPlan {
  const rewriter = new PlanRewriter(plan);
  for (const node of plan.nodes) {
    if (node.kind !== 'sink' || node.sink.kind !== 'table') {
      rewriter.keep(node);
      continue;
    }
    const { key } = node.sink;
    const order = [...key, ...columnNames(node.schema).filter((name) => !key.includes(name))];
    const schema = Object.fromEntries(order.map((name) => [name, node.schema[name]!]));
    const columns = order.map((name) => ({ name, expr: columnExpr(name) }));
    const uid = `${node.uid}/columns`;
    const inputs = node.inputs.map((id) => rewriter.mapped(id));
    const project = rewriter.add({ kind: 'project', uid, name: uid, inputs, schema, time: undefined, columns });
    rewriter.replace(node, { ...node, inputs: [project], schema });
  }
  return rewriter.finish();
}

/**
 * filter(b, filter(a)) = filter(a and b). Not when b may fail: where a is null, `a and b` would
 * evaluate b on a row that the first filter drops.
 */
export function mergeFilters(plan: LogicalPlan): LogicalPlan {
  const rewriter = new PlanRewriter(plan);
  const consumers = consumersOf(plan.nodes);
  for (const node of plan.nodes) {
    const before = node.kind === 'filter' ? plan.nodes[node.inputs[0]!] : undefined;
    const alone = before !== undefined && consumers[before.id]!.length === 1;
    if (node.kind !== 'filter' || before?.kind !== 'filter' || !alone || canFail(node.expr)) {
      rewriter.keep(node);
      continue;
    }
    const merged = rewriter.node(rewriter.mapped(before.id));
    const left = merged.kind === 'filter' ? merged.expr : before.expr;
    rewriter.replace(node, { ...node, inputs: merged.inputs, expr: conjunction(left, node.expr) });
  }
  return withoutUnread(rewriter.finish());
}

/**
 * project(b, project(a)) computes b's expressions with a's put in, unless that would compute one
 * of them twice. Computed columns that nobody reads are not computed, and so cannot fail.
 */
export function fuseProjects(plan: LogicalPlan): LogicalPlan {
  const rewriter = new PlanRewriter(plan);
  const consumers = consumersOf(plan.nodes);
  for (const node of plan.nodes) {
    const before = node.kind === 'project' ? plan.nodes[node.inputs[0]!] : undefined;
    const alone = before !== undefined && consumers[before.id]!.length === 1;
    const inner = before?.kind === 'project' && alone ? rewriter.node(rewriter.mapped(before.id)) : undefined;
    const columns = node.kind === 'project' && inner?.kind === 'project' ? fused(node, inner) : undefined;
    if (node.kind !== 'project' || inner === undefined || columns === undefined) rewriter.keep(node);
    else rewriter.replace(node, { ...node, inputs: inner.inputs, columns });
  }
  return withoutUnread(rewriter.finish());
}

function fused(outer: ProjectNode, inner: ProjectNode): readonly ProjectedColumn[] | undefined {
  const uses = new Map<string, number>();
  for (const { expr } of outer.columns) {
    for (const name of columnUses(expr)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const twice = inner.columns.some(({ name, expr }) => !isTrivial(expr) && (uses.get(name) ?? 0) > 1);
  if (twice) return undefined;
  const byName = new Map(inner.columns.map(({ name, expr }) => [name, expr]));
  return outer.columns.map(({ name, expr }) => ({
    name,
    expr: substituteColumns(expr, (column) => byName.get(column)),
  }));
}

/** Leaves out projections whose result is their input: same columns, same order. */
export function dropTrivial(plan: LogicalPlan): LogicalPlan {
  const rewriter = new PlanRewriter(plan);
  for (const node of plan.nodes) {
    if (node.kind === 'project' && isIdentity(node, rewriter.node(rewriter.mapped(node.inputs[0]!)))) {
      rewriter.skip(node, rewriter.mapped(node.inputs[0]!));
    } else rewriter.keep(node);
  }
  return rewriter.finish();
}

function isIdentity(node: ProjectNode, input: LogicalNode): boolean {
  const names = columnNames(input.schema);
  return (
    names.length === node.columns.length &&
    node.columns.every(({ name, expr }, index) => name === names[index] && referencedColumn(expr) === name)
  );
}

/** Leaves out nodes that a rewrite has bypassed: no sink reads them. */
export function withoutUnread(plan: LogicalPlan): LogicalPlan {
  const read = new Set<number>();
  for (const node of plan.nodes.toReversed()) {
    if (node.kind === 'sink') read.add(node.id);
    if (read.has(node.id)) for (const input of node.inputs) read.add(input);
  }
  const rewriter = new PlanRewriter(plan);
  for (const node of plan.nodes) if (read.has(node.id)) rewriter.keep(node);
  return rewriter.finish();
}

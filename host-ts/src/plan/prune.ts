/**
 * Projection push-down: backwards, what each node's readers need; forwards, the plan with only
 * that. Sources then read only the columns that matter, in the order of the input, and the
 * projection before a window leaves out what need not cross the exchange.
 *
 * Closures, unions and sinks see whole rows, so they need every column of their input.
 */
import { exprColumns } from '../expr/index.ts';
import type { Schema } from '../schema/index.ts';
import { columnNames } from '../schema/index.ts';
import { referencedColumn } from './expressions.ts';
import type { LogicalNode, LogicalPlan, WindowNode } from './logical-plan.ts';
import { PlanRewriter } from './plan-rewriter.ts';

export function prune(plan: LogicalPlan): LogicalPlan {
  const needed = neededColumns(plan);
  const rewriter = new PlanRewriter(plan);
  for (const node of plan.nodes) pruneNode(rewriter, node, needed[node.id]!);
  return rewriter.finish();
}

function pruneNode(rewriter: PlanRewriter, node: LogicalNode, needed: ReadonlySet<string>): void {
  const inputs = node.inputs.map((id) => rewriter.mapped(id));
  if (node.kind === 'source') {
    rewriter.keep(node, { schema: subset(node.schema, needed) });
  } else if (node.kind === 'project') {
    const columns = node.columns.filter(({ name }) => needed.has(name));
    const time = node.time !== undefined && needed.has(node.time.column) ? node.time : undefined;
    rewriter.replace(node, { ...node, inputs, columns, time, schema: subset(node.schema, needed) });
  } else if (node.kind === 'filter') {
    const { schema, time } = rewriter.node(inputs[0]!);
    rewriter.keep(node, { schema, time });
  } else if (node.kind === 'late') {
    const window = rewriter.node(inputs[0]!);
    const { schema, time } = rewriter.node(window.inputs[0]!);
    rewriter.keep(node, { schema, time });
  } else {
    rewriter.keep(node);
  }
}

/** Columns of each node's rows that someone reads; never none, because a frame has a column. */
export function neededColumns(plan: LogicalPlan): readonly ReadonlySet<string>[] {
  const needed = plan.nodes.map(() => new Set<string>());
  const need = (id: number, names: Iterable<string>): void => {
    for (const name of names) needed[id]!.add(name);
  };
  for (const node of plan.nodes.toReversed()) {
    const own = needed[node.id]!;
    if (node.kind === 'source' && node.watermarks !== undefined) own.add(node.watermarks.column);
    if (own.size === 0) own.add(columnNames(node.schema)[0]!);
    const [input] = node.inputs;
    if (input === undefined) continue;
    if (node.kind === 'filter') need(input, [...own, ...exprColumns(node.expr)]);
    else if (node.kind === 'project') {
      need(
        input,
        node.columns.flatMap(({ name, expr }) => (own.has(name) ? exprColumns(expr) : [])),
      );
    } else if (node.kind === 'window') need(input, windowColumns(node, plan.nodes[input]!));
    else if (node.kind === 'late') need(plan.nodes[input]!.inputs[0]!, own);
    else for (const id of node.inputs) need(id, columnNames(plan.nodes[id]!.schema));
  }
  return needed;
}

/** What a prepared window reads of its input. */
function windowColumns(window: WindowNode, input: LogicalNode): readonly string[] {
  const read = window.aggregates.flatMap(({ argument, filter }) =>
    [argument, filter].flatMap((expr) => (expr === undefined ? [] : [referencedColumn(expr)!])),
  );
  return [...window.keys, input.time!.column, ...read];
}

function subset(schema: Schema, names: ReadonlySet<string>): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => names.has(name)));
}

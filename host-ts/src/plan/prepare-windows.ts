/**
 * First rewrite: everything a window reads becomes a plain column of its input.
 *
 * The engine's window knows columns only. So a projection is put before each window that passes
 * all columns through and adds what is computed: arguments (`avg_delay$of`), filters
 * (`late$where`) and, after another window, the event time (`$time` = window_end − 1 ms).
 * Pruning then drops what nobody reads, so the same projection also decides what crosses the
 * exchange. Late rows leave the window with these columns; a projection restores their own.
 */
import type { ExprJson } from '../expr/index.ts';
import type { Schema } from '../schema/index.ts';
import { columnNames } from '../schema/index.ts';
import { columnExpr, columnTypeOf, referencedColumn, shiftedTime } from './expressions.ts';
import { canonicalJson } from './graph-hash.ts';
import type { LateNode, LogicalAggregate, LogicalPlan, ProjectedColumn, WindowNode } from './logical-plan.ts';
import { PlanRewriter } from './plan-rewriter.ts';

export function prepareWindows(plan: LogicalPlan): LogicalPlan {
  const rewriter = new PlanRewriter(plan);
  for (const node of plan.nodes) {
    if (node.kind === 'window') prepareWindow(rewriter, node);
    else if (node.kind === 'late') restoreLateColumns(rewriter, node);
    else rewriter.keep(node);
  }
  return rewriter.finish();
}

function prepareWindow(rewriter: PlanRewriter, window: WindowNode): void {
  const input = rewriter.node(rewriter.mapped(window.inputs[0]!));
  const derived = new DerivedColumns(input.schema);
  const aggregates = window.aggregates.map((aggregate): LogicalAggregate => ({
    ...aggregate,
    argument: derived.columnOf(aggregate.argument, `${aggregate.name}$of`),
    filter: derived.columnOf(aggregate.filter, `${aggregate.name}$where`),
  }));
  const time = input.time!;
  const shifted = time.shiftMs === 0 ? undefined : shiftedTime(time.column, time.shiftMs);
  const timeExpr = derived.columnOf(shifted, '$time');
  const timeColumn = timeExpr === undefined ? time.column : referencedColumn(timeExpr)!;
  const projected = rewriter.add({
    kind: 'project',
    uid: `${window.uid}/input`,
    name: `${window.name} input`,
    inputs: [input.id],
    schema: derived.schema(),
    time: { column: timeColumn, shiftMs: 0 },
    columns: derived.columns(),
  });
  rewriter.replace(window, { ...window, inputs: [projected], aggregates });
}

function restoreLateColumns(rewriter: PlanRewriter, late: LateNode): void {
  const window = rewriter.node(rewriter.mapped(late.inputs[0]!));
  const rows = rewriter.node(window.inputs[0]!);
  const raw = rewriter.add({ ...late, inputs: [window.id], schema: rows.schema, time: rows.time });
  const columns = columnNames(late.schema).map((name) => ({ name, expr: columnExpr(name) }));
  const { schema, time } = late;
  const uid = `${late.uid}/columns`;
  rewriter.replace(late, { kind: 'project', id: 0, uid, name: uid, inputs: [raw], schema, time, columns });
}

/** Columns of a schema and computed ones behind them; equal expressions share a column. */
class DerivedColumns {
  readonly #input: Schema;
  readonly #derived = new Map<string, ProjectedColumn>();

  constructor(input: Schema) {
    this.#input = input;
  }

  /** An expression that is a column of the projection and computes `expr`. */
  columnOf(expr: ExprJson | undefined, name: string): ExprJson | undefined {
    if (expr === undefined || referencedColumn(expr) !== undefined) return expr;
    const key = canonicalJson(expr);
    const known = this.#derived.get(key);
    if (known !== undefined) return columnExpr(known.name);
    this.#derived.set(key, { name: this.#freeName(name), expr });
    return columnExpr(this.#derived.get(key)!.name);
  }

  columns(): readonly ProjectedColumn[] {
    const kept = columnNames(this.#input).map((name) => ({ name, expr: columnExpr(name) }));
    return [...kept, ...this.#derived.values()];
  }

  schema(): Schema {
    return projectedSchema(this.columns(), this.#input);
  }

  #freeName(name: string): string {
    const taken = (candidate: string): boolean =>
      Object.hasOwn(this.#input, candidate) || [...this.#derived.values()].some((column) => column.name === candidate);
    let free = name;
    while (taken(free)) free += '$';
    return free;
  }
}

/** The schema of a projection over an input. */
function projectedSchema(columns: readonly ProjectedColumn[], input: Schema): Schema {
  return Object.fromEntries(columns.map(({ name, expr }) => [name, columnTypeOf(expr, input)]));
}

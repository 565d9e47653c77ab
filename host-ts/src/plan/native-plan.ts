/**
 * From a vertex to what its slot runs: a list of native tasks and closures, rows going through
 * them in order. The words of a native task are laid out in engine-as/abi.ts (OP_…).
 *
 *   source with watermarks   OP_TIME in the first task (a task of its own before a closure)
 *   exchange behind it       OP_PARTITION ends the last task (a task of its own after a closure);
 *                            its output channel is the receiving slot
 *   else                     OP_OUTPUT: frames for the host
 *
 * The list is never empty: a chain without operators copies frames through one task.
 */
import {
  AGG_AVG,
  AGG_COUNT,
  AGG_COUNT_DISTINCT,
  AGG_MAX,
  AGG_MIN,
  AGG_SUM,
  OP_FILTER,
  OP_INPUT,
  OP_OUTPUT,
  OP_PARTITION,
  OP_PROJECT,
  OP_TIME,
  OP_WINDOW,
  PLAN_MAGIC,
} from '../abi/index.ts';
import { invariant } from '../base/index.ts';
import { checkExpr, checkPredicate, compileExpr } from '../expr/index.ts';
import type { Schema } from '../schema/index.ts';
import { columnIndex, schemaTypeCodes, typeCode } from '../schema/index.ts';
import { columnTypeOf, referencedColumn } from './expressions.ts';
import type { Aggregate, ClosureStage, JobGraph, NativeOp, ProjectOp, Vertex, WindowOp } from './job-graph.ts';
import { keyGroupBounds, keyGroupsLog2 } from './key-groups.ts';
import type { OperatorInfo } from './operator-table.ts';
import { vertexOperators } from './operator-table.ts';
import { windowOpSchema } from './step-checks.ts';

/** A step of a chain. */
export type TaskPlan = NativeTaskPlan | ClosureTaskPlan;

export interface NativeTaskPlan {
  readonly kind: 'native';
  /** For task_create. */
  readonly words: Int32Array;
  /** The operators in it, in order; their ids are the operator ids in `words`. */
  readonly operators: readonly OperatorInfo[];
  readonly inSchema: Schema;
  readonly outSchema: Schema;
  /** 'exchange': an output frame's channel is a slot; 'frames': channel 0 for the next step or the fan. */
  readonly out: 'exchange' | 'frames';
  /** Whether it holds the window, and thereby state. */
  readonly stateful: boolean;
}

export interface ClosureTaskPlan {
  readonly kind: 'closure';
  readonly stage: ClosureStage;
  readonly operator: OperatorInfo;
  readonly inSchema: Schema;
  readonly outSchema: Schema;
}

/** What encodeNativePlan needs besides the operators. */
export interface NativePlanContext {
  readonly inSchema: Schema;
  readonly inputOperator: OperatorInfo;
  readonly time?: { readonly operator: OperatorInfo; readonly column: string; readonly outOfOrderMs: number };
  readonly ops: readonly NativeOp[];
  /** One per op. */
  readonly operators: readonly OperatorInfo[];
  readonly output: { readonly operator: OperatorInfo; readonly partition?: PartitionPlan };
  readonly keyGroups: number;
  readonly lateOutput: boolean;
}

interface PartitionPlan {
  readonly keys: readonly string[];
  readonly parallelism: number;
}

/** The steps that every slot runs for a vertex. */
export function taskPlans(vertex: Vertex, graph: JobGraph, parallelism: number): readonly TaskPlan[] {
  const operators = vertexOperators(graph, vertex.id);
  const { keyGroups } = graph;
  const partition = partitionOf(vertex, graph, parallelism);
  const source = vertex.input.kind === 'source' ? vertex.input.watermarks : undefined;
  const time =
    source === undefined || operators.time === undefined
      ? undefined
      : { operator: operators.time, column: source.column, outOfOrderMs: source.outOfOrderMs };
  const lateOutput = vertex.late !== undefined;
  const plans: TaskPlan[] = [];
  let inSchema = vertex.inSchema;
  const native = (ops: readonly NativeOp[], ids: readonly OperatorInfo[], first: boolean, last: boolean): void => {
    const output = { operator: operators.output, ...(last && partition !== undefined ? { partition } : {}) };
    const timed = first && time !== undefined ? { time } : {};
    const context = {
      inSchema,
      inputOperator: operators.input,
      ...timed,
      ops,
      operators: ids,
      output,
      keyGroups,
      lateOutput,
    };
    const plan = encodeNativePlan(context);
    plans.push(plan);
    inSchema = plan.outSchema;
  };
  const count = vertex.stages.length;
  if (vertex.stages[0]?.kind !== 'native' && (time !== undefined || count === 0)) native([], [], true, count === 0);
  vertex.stages.forEach((stage, index) => {
    const ids = operators.stages[index]!;
    if (stage.kind === 'native') native(stage.ops, ids, index === 0, index === count - 1);
    else {
      plans.push({ kind: 'closure', stage, operator: ids[0]!, inSchema, outSchema: stage.outSchema });
      inSchema = stage.outSchema;
    }
  });
  if (vertex.stages.at(-1)?.kind === 'closure' && partition !== undefined) native([], [], false, true);
  return plans;
}

/** One native task: its words for the engine, and which operators the ids in them are. */
export function encodeNativePlan(context: NativePlanContext): NativeTaskPlan {
  const { inSchema, inputOperator, time, ops, operators, output, keyGroups, lateOutput } = context;
  const plan = new PlanWords();
  const inside: OperatorInfo[] = [inputOperator];
  plan.operator(OP_INPUT, inputOperator.id, [Object.keys(inSchema).length, ...schemaTypeCodes(inSchema)]);
  if (time !== undefined) {
    plan.operator(OP_TIME, time.operator.id, [indexOf(inSchema, time.column), ...i64Words(time.outOfOrderMs)]);
    inside.push(time.operator);
  }
  let schema = inSchema;
  ops.forEach((op, index) => {
    const operator = operators[index]!;
    const before = schema;
    inside.push(operator);
    if (op.kind === 'filter') {
      plan.operator(OP_FILTER, operator.id, [...compileExpr(checkPredicate(op.expr, schema))]);
    } else if (op.kind === 'project') {
      plan.operator(OP_PROJECT, operator.id, projectWords(op, schema));
      schema = Object.fromEntries(op.columns.map(({ name, expr }) => [name, columnTypeOf(expr, before)]));
    } else {
      plan.operator(OP_WINDOW, operator.id, windowWords(op, schema, keyGroups, lateOutput));
      schema = windowOpSchema(op, before);
    }
  });
  inside.push(output.operator);
  const { partition } = output;
  if (partition === undefined) plan.operator(OP_OUTPUT, output.operator.id, []);
  else plan.operator(OP_PARTITION, output.operator.id, partitionWords(partition, schema, keyGroups));
  return {
    kind: 'native',
    words: plan.finish(),
    operators: inside,
    inSchema,
    outSchema: schema,
    out: partition === undefined ? 'frames' : 'exchange',
    stateful: ops.some((op) => op.kind === 'window'),
  };
}

class PlanWords {
  readonly #words: number[] = [];
  #count = 0;

  operator(kind: number, id: number, payload: readonly number[]): void {
    this.#words.push(kind, id, payload.length, ...payload);
    this.#count++;
  }

  finish(): Int32Array {
    return Int32Array.of(PLAN_MAGIC, this.#count, ...this.#words);
  }
}

function projectWords(op: ProjectOp, schema: Schema): readonly number[] {
  const time = op.columns.findIndex(({ name }) => name === op.timeColumn);
  const columns = op.columns.flatMap(({ expr }) => {
    const source = referencedColumn(expr);
    const typed = checkExpr(expr, schema);
    if (source !== undefined) return [typeCode(typed.type), indexOf(schema, source)];
    return [typeCode(typed.type), -1, ...compileExpr(typed)];
  });
  return [op.columns.length, time, ...columns];
}

const FUNCTIONS: Readonly<Record<Aggregate['fn'], number>> = {
  count: AGG_COUNT,
  sum: AGG_SUM,
  min: AGG_MIN,
  max: AGG_MAX,
  avg: AGG_AVG,
  countDistinct: AGG_COUNT_DISTINCT,
};

function windowWords(op: WindowOp, schema: Schema, keyGroups: number, lateOutput: boolean): readonly number[] {
  const optional = (column: string | undefined): number => (column === undefined ? -1 : indexOf(schema, column));
  return [
    op.keys.length,
    ...op.keys.map((key) => indexOf(schema, key)),
    indexOf(schema, op.timeColumn),
    ...i64Words(op.sizeMs),
    ...i64Words(op.slideMs),
    ...i64Words(op.offsetMs),
    keyGroupsLog2(keyGroups),
    lateOutput ? 1 : 0,
    op.aggregates.length,
    ...op.aggregates.flatMap(({ fn, column, filter }) => [FUNCTIONS[fn], optional(column), optional(filter)]),
  ];
}

function partitionWords({ keys, parallelism }: PartitionPlan, schema: Schema, keyGroups: number): readonly number[] {
  const indexes = keys.map((key) => indexOf(schema, key));
  const bounds = keyGroupBounds(parallelism, keyGroups);
  return [keys.length, ...indexes, keyGroupsLog2(keyGroups), parallelism, ...bounds];
}

function partitionOf(vertex: Vertex, graph: JobGraph, parallelism: number): PartitionPlan | undefined {
  if (vertex.output.kind !== 'exchange') return undefined;
  const edge = graph.edges[vertex.output.edge];
  invariant(edge !== undefined, 'no such edge', { edge: vertex.output.edge });
  return { keys: edge.keys, parallelism };
}

/** Two's complement, low word first. */
function i64Words(value: number): readonly [number, number] {
  const bits = BigInt(value);
  return [Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n))];
}

function indexOf(schema: Schema, column: string): number {
  const index = columnIndex(schema, column);
  invariant(index >= 0, 'a planned column is missing', { column });
  return index;
}

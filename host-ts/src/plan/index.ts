/** From what the user said to what runs: logical plan, rewrites, job graph, native plans. Pure data. */
export * from './job-graph.ts';
export type { LogicalAggregate, LogicalNode, LogicalPlan, ProjectedColumn, TimeAttribute } from './logical-plan.ts';
export type { SinkInit } from './plan-builder.ts';
export { PlanBuilder } from './plan-builder.ts';
export type { WindowInit } from './step-checks.ts';
export { optimize } from './optimize.ts';
export { toJobGraph } from './to-job-graph.ts';
export { graphHash } from './graph-hash.ts';
export { explain, isWhollyNative } from './explain.ts';
export type { KeyGroupRange } from './key-groups.ts';
export { keyGroupBounds, keyGroupRange, keyGroupsLog2 } from './key-groups.ts';
export type { OperatorInfo, VertexOperators } from './operator-table.ts';
export { operatorTable, vertexOperators } from './operator-table.ts';
export type { ClosureTaskPlan, NativeTaskPlan, TaskPlan } from './native-plan.ts';
export { encodeNativePlan, taskPlans } from './native-plan.ts';

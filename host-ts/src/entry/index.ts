/** `sluice`: everything that a job module needs, the same in every home. */
export * from '../api/index.ts';
export type { ErrorContext, ErrorData, ErrorKind, Json } from '../base/index.ts';
export { SluiceError } from '../base/index.ts';
export type { Expr, Operand } from '../expr/index.ts';
export { caseWhen, coalesce, col, lit } from '../expr/index.ts';
export type { JobMetrics } from '../metrics/index.ts';
export type { BuiltJob, JobGraph, Vertex } from '../plan/index.ts';
export { explain, graphHash, isWhollyNative } from '../plan/index.ts';
export type { LogLine } from '../platform/index.ts';
export type { ColumnType, RowOf, Schema, TypeName } from '../schema/index.ts';
export { bool, f64, i32, i64, required, timestamp, utf8 } from '../schema/index.ts';

/** Expressions as data: built fluently, checked against a schema, compiled for the engine. */
export type { ColumnsOf, Operand, ShapeOf } from './build.ts';
export { CaseBuilder, caseWhen, coalesce, col, Expr, isExpr, lit, toExprJson } from './build.ts';
export { checkExpr, checkPredicate } from './check.ts';
export { compileExpr, exprOperationName } from './compile.ts';
export { evaluationFailed, typeMismatch, unknownColumn } from './errors.ts';
export type { EvaluationCode } from './errors.ts';
export { evaluate } from './evaluate.ts';
export type { DatePart, DateUnit, ExprJson, ExprNode } from './json.ts';
export { EXPR_VERSION, exprColumns, formatExpr, substituteColumns } from './json.ts';
export type { LiteralValue, Value } from './literal.ts';
export type { Expects, LiteralType, ResolveType, ResultColumn } from './types.ts';
export type { TypedExpr } from './typed.ts';
export { nearestName } from './nearest-name.ts';

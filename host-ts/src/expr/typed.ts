/**
 * Typed expressions: what the checker makes of a JSON tree and a schema, and what the compiler and the
 * reference interpreter take. Columns have positions, every conversion is an explicit cast, operands have the
 * types that the operation computes in, and no node is of unknown type.
 */
import type { TypeName } from '../schema/index.ts';
import type { CallOp, DatePart, DateUnit } from './json.ts';
import type { Value } from './literal.ts';

export type TypedExpr = TypedColumn | TypedLiteral | TypedCast | TypedDatePart | TypedTruncate | TypedCall;

export interface TypedColumn {
  readonly op: 'column';
  readonly type: TypeName;
  readonly name: string;
  /** Position in the schema. */
  readonly index: number;
}

export interface TypedLiteral {
  readonly op: 'literal';
  readonly type: TypeName;
  readonly value: Value;
}

export interface TypedCast {
  readonly op: 'cast';
  readonly type: TypeName;
  readonly args: readonly [TypedExpr];
}

export interface TypedDatePart {
  readonly op: 'datePart';
  readonly type: 'i64';
  readonly part: DatePart;
  readonly args: readonly [TypedExpr];
}

export interface TypedTruncate {
  readonly op: 'truncate';
  readonly type: 'timestamp';
  readonly unit: DateUnit;
  readonly args: readonly [TypedExpr];
}

export interface TypedCall {
  readonly op: CallOp;
  readonly type: TypeName;
  readonly args: readonly TypedExpr[];
}

/** The operands of a node, none for leaves. */
export function typedArgs(node: TypedExpr): readonly TypedExpr[] {
  return node.op === 'column' || node.op === 'literal' ? [] : node.args;
}

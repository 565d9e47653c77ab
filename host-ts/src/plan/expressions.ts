/** The few things that plan rewrites do with expressions; all of them data to data. */
import type { ExprJson, ExprNode } from '../expr/index.ts';
import { checkExpr, EXPR_VERSION } from '../expr/index.ts';
import type { ColumnType, Schema } from '../schema/index.ts';

export function columnExpr(name: string): ExprJson {
  return { version: EXPR_VERSION, node: { op: 'column', name } };
}

/** The column that the expression is, when it is nothing but a column. */
export function referencedColumn(expr: ExprJson): string | undefined {
  return expr.node.op === 'column' ? expr.node.name : undefined;
}

/** The column that an expression makes: a plain column keeps its promise of no nulls. Throws as checkExpr. */
export function columnTypeOf(expr: ExprJson, schema: Schema): ColumnType {
  const { type } = checkExpr(expr, schema);
  const name = referencedColumn(expr);
  return { type, nullable: name === undefined || schema[name]?.nullable !== false };
}

/** Rows for which both are true. */
export function conjunction(left: ExprJson, right: ExprJson): ExprJson {
  return { version: EXPR_VERSION, node: { op: 'and', args: [left.node, right.node] } };
}

/** `column + ms`, as a timestamp. */
export function shiftedTime(column: string, shiftMs: number): ExprJson {
  const literal: ExprNode = { op: 'literal', type: 'i64', value: String(shiftMs) };
  return { version: EXPR_VERSION, node: { op: 'add', args: [{ op: 'column', name: column }, literal] } };
}

const FAILING: readonly ExprNode['op'][] = ['add', 'sub', 'mul', 'div', 'mod', 'neg', 'abs', 'cast'];

/** Whether some row may make the evaluation fail (overflow, division by zero, cast). */
export function canFail(expr: ExprJson): boolean {
  const visit = (node: ExprNode): boolean => FAILING.includes(node.op) || exprArgs(node).some(visit);
  return visit(expr.node);
}

/** A column or a literal: repeating it costs nothing. */
export function isTrivial(expr: ExprJson): boolean {
  return exprArgs(expr.node).length === 0;
}

/** Every place where the expression reads a column: one name per place. */
export function columnUses(expr: ExprJson): readonly string[] {
  const visit = (node: ExprNode): readonly string[] =>
    node.op === 'column' ? [node.name] : exprArgs(node).flatMap(visit);
  return visit(expr.node);
}

function exprArgs(node: ExprNode): readonly ExprNode[] {
  return node.op === 'column' || node.op === 'literal' ? [] : node.args;
}

/**
 * The expression as data: a JSON tree, which is what a job graph holds, what its hash covers and what every
 * slot compiles. It names columns, not positions, and knows no types: `checkExpr` finds those, given a schema.
 *
 * i64 and timestamp literals are decimal strings and the f64 values that JSON lacks are spelled out, so that a
 * trip through JSON changes nothing.
 */
import type { TypeName } from '../schema/index.ts';
import { exprVersion } from './errors.ts';

/** Raised when a node changes its meaning; an older version stays readable. */
export const EXPR_VERSION = 1;

export interface ExprJson {
  readonly version: typeof EXPR_VERSION;
  readonly node: ExprNode;
}

export type ExprNode = ColumnNode | LiteralNode | CastNode | DatePartNode | TruncateNode | CallNode;

export interface ColumnNode {
  readonly op: 'column';
  readonly name: string;
}

export interface LiteralNode {
  readonly op: 'literal';
  /** 'null': a null that takes the type of what it meets. */
  readonly type: TypeName | 'null';
  /** bool: boolean; i32: number; f64: number or 'NaN', 'Infinity', '-Infinity', '-0'; else a string. */
  readonly value: boolean | number | string | null;
}

export interface CastNode {
  readonly op: 'cast';
  readonly to: TypeName;
  readonly args: readonly ExprNode[];
}

export const DATE_PARTS = [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'dayOfWeek',
  'dayOfYear',
] as const;
export type DatePart = (typeof DATE_PARTS)[number];

export interface DatePartNode {
  readonly op: 'datePart';
  readonly part: DatePart;
  readonly args: readonly ExprNode[];
}

export const DATE_UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type DateUnit = (typeof DATE_UNITS)[number];

export interface TruncateNode {
  readonly op: 'truncate';
  readonly unit: DateUnit;
  readonly args: readonly ExprNode[];
}

export type ArithmeticOp = 'add' | 'sub' | 'mul' | 'div' | 'mod';
export type SignOp = 'neg' | 'abs';
export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
export type LogicOp = 'and' | 'or' | 'not';
export type NullOp = 'isNull' | 'isNotNull' | 'coalesce';
export type TextTestOp = 'startsWith' | 'endsWith' | 'contains';
export type TextOp = 'lower' | 'length';
export type CallOp = ArithmeticOp | SignOp | CompareOp | LogicOp | NullOp | TextTestOp | TextOp | 'case';

export interface CallNode {
  readonly op: CallOp;
  /** case: when, then, when, then, …, otherwise. */
  readonly args: readonly ExprNode[];
}

/** Throws EXPRESSION_VERSION when a later version of Sluice wrote it. */
export function exprNode(json: ExprJson): ExprNode {
  const version: number = json.version;
  if (version !== EXPR_VERSION) throw exprVersion(version, EXPR_VERSION);
  return json.node;
}

export function exprArgs(node: ExprNode): readonly ExprNode[] {
  return node.op === 'column' || node.op === 'literal' ? [] : node.args;
}

/** The names of the columns that the expression reads, each once, in order of appearance. */
export function exprColumns(json: ExprJson): readonly string[] {
  const names = new Set<string>();
  const visit = (node: ExprNode): void => {
    if (node.op === 'column') names.add(node.name);
    for (const arg of exprArgs(node)) visit(arg);
  };
  visit(exprNode(json));
  return [...names];
}

/** The same expression with columns replaced (renamed, or by the expression that computes them). */
export function substituteColumns(json: ExprJson, replace: (name: string) => ExprJson | undefined): ExprJson {
  const visit = (node: ExprNode): ExprNode => {
    if (node.op === 'column') {
      const other = replace(node.name);
      return other === undefined ? node : exprNode(other);
    }
    return node.op === 'literal' ? node : { ...node, args: node.args.map(visit) };
  };
  return { version: EXPR_VERSION, node: visit(exprNode(json)) };
}

const INFIX: Partial<Record<ExprNode['op'], string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  eq: '=',
  ne: '<>',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  and: 'and',
  or: 'or',
};

/** For people: `(delay > 15) and (origin = 'SEA')`. */
export function formatExpr(json: ExprJson): string {
  return format(exprNode(json), false);
}

function format(node: ExprNode, nested: boolean): string {
  if (node.op === 'column') return node.name;
  if (node.op === 'literal') return formatLiteral(node);
  const args = node.args.map((arg) => format(arg, INFIX[node.op] !== undefined));
  const infix = INFIX[node.op];
  if (infix !== undefined) return nested ? `(${args.join(` ${infix} `)})` : args.join(` ${infix} `);
  if (node.op === 'cast') return `cast(${args.join('')} as ${node.to})`;
  if (node.op === 'datePart') return `${node.part}(${args.join('')})`;
  if (node.op === 'truncate') return `truncate(${args.join('')}, ${node.unit})`;
  if (node.op === 'case') return formatCase(args);
  return `${node.op}(${args.join(', ')})`;
}

function formatCase(args: readonly string[]): string {
  const parts = ['case'];
  for (let i = 0; i + 1 < args.length; i += 2) parts.push(`when ${args[i]} then ${args[i + 1]}`);
  return [...parts, `else ${args[args.length - 1]}`, 'end'].join(' ');
}

function formatLiteral(node: LiteralNode): string {
  if (node.value === null) return 'null';
  if (node.type === 'utf8') return `'${String(node.value).replaceAll("'", "''")}'`;
  if (node.type === 'timestamp') {
    const date = new Date(Number(node.value));
    return Number.isNaN(date.getTime()) ? `timestamp(${node.value})` : date.toISOString();
  }
  return String(node.value);
}

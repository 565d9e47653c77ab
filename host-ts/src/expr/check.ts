/**
 * The type checker: JSON tree + schema → typed tree, or UNKNOWN_COLUMN / TYPE_MISMATCH.
 *
 * Rules. Numbers widen i32 → i64 → f64 where two meet. Integer arithmetic (also of two i32) is i64. A timestamp
 * takes an integer of milliseconds in `+` and `-`; the difference of two timestamps is i64. Comparison wants
 * two numbers or two of the same type. A null literal takes the type of what it meets.
 */
import type { Schema, TypeName } from '../schema/index.ts';
import { columnIndex, columnNames, isTypeName } from '../schema/index.ts';
import { exprMalformed, typeMismatch, unknownColumn } from './errors.ts';
import type { CallNode, CallOp, CastNode, ExprJson, ExprNode } from './json.ts';
import { DATE_PARTS, DATE_UNITS, EXPR_VERSION, exprNode, formatExpr } from './json.ts';
import { literalValue } from './literal.ts';
import { nearestName } from './nearest-name.ts';
import type { TypedExpr } from './typed.ts';

/** A node whose type may still be open because it is a bare null. */
type Checked = TypedExpr | { readonly op: 'literal'; readonly type: 'null'; readonly value: null };

const NULL: Checked = { op: 'literal', type: 'null', value: null };

/** Throws UNKNOWN_COLUMN, TYPE_MISMATCH, LITERAL_INVALID, EXPRESSION_MALFORMED or EXPRESSION_VERSION. */
export function checkExpr(expr: ExprJson, schema: Schema): TypedExpr {
  const node = exprNode(expr);
  const typed = new Checker(schema).check(node);
  if (typed.type !== 'null') return typed;
  throw mismatch('select', [typed], 'give the null a type: lit(null, utf8())', node);
}

/** Like checkExpr, for a filter: the expression must be bool. */
export function checkPredicate(expr: ExprJson, schema: Schema): TypedExpr {
  const node = exprNode(expr);
  const typed = new Checker(schema).check(node);
  if (typed.type === 'null') return { op: 'literal', type: 'bool', value: null };
  if (typed.type === 'bool') return typed;
  throw mismatch('filter', [typed], 'a filter needs a bool: compare the value with something', node);
}

const ARITY: Readonly<Record<CallOp, number>> = {
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  mod: 2,
  neg: 1,
  abs: 1,
  eq: 2,
  ne: 2,
  lt: 2,
  le: 2,
  gt: 2,
  ge: 2,
  and: 2,
  or: 2,
  not: 1,
  isNull: 1,
  isNotNull: 1,
  coalesce: -1,
  startsWith: 2,
  endsWith: 2,
  contains: 2,
  lower: 1,
  length: 1,
  case: -3,
};

class Checker {
  private readonly schema: Schema;

  constructor(schema: Schema) {
    this.schema = schema;
  }

  check(node: ExprNode): Checked {
    switch (node.op) {
      case 'column':
        return this.column(node.name);
      case 'literal': {
        if (node.type === 'null') return NULL;
        return { op: 'literal', type: node.type, value: literalValue(node) };
      }
      case 'cast':
        return castNode(node, this.only(node));
      case 'datePart': {
        if (!DATE_PARTS.includes(node.part)) throw exprMalformed(`'${node.part}' is no part of a date`);
        const args = [this.operand(node, this.only(node), 'timestamp', `${node.part} needs a timestamp`)] as const;
        return { op: 'datePart', type: 'i64', part: node.part, args };
      }
      case 'truncate': {
        if (!DATE_UNITS.includes(node.unit)) throw exprMalformed(`'${node.unit}' is no unit to truncate to`);
        const args = [this.operand(node, this.only(node), 'timestamp', 'truncate needs a timestamp')] as const;
        return { op: 'truncate', type: 'timestamp', unit: node.unit, args };
      }
      default:
        return this.call(node);
    }
  }

  private column(name: string): Checked {
    const column = Object.hasOwn(this.schema, name) ? this.schema[name] : undefined;
    if (column === undefined) {
      const names = columnNames(this.schema);
      throw unknownColumn(name, names, nearestName(name, names));
    }
    return { op: 'column', type: column.type, name, index: columnIndex(this.schema, name) };
  }

  private only(node: { readonly op: string; readonly args: readonly ExprNode[] }): Checked {
    const [arg] = node.args;
    if (arg === undefined || node.args.length !== 1) throw wrongArity(node.op, node.args.length);
    return this.check(arg);
  }

  private operand(node: ExprNode, arg: Checked, type: TypeName, expected: string): TypedExpr {
    if (arg.type === 'null') return { op: 'literal', type, value: null };
    if (arg.type === type) return arg;
    throw mismatch(operationOf(node), [arg], expected, node);
  }

  private call(node: CallNode): Checked {
    const { op } = node;
    const arity = Object.hasOwn(ARITY, op) ? ARITY[op] : undefined;
    if (arity === undefined) throw exprMalformed(`'${op}' is no operation of expressions`);
    const count = node.args.length;
    if (arity >= 0 ? count !== arity : count < -arity || (op === 'case' && count % 2 === 0))
      throw wrongArity(op, count);
    const args = node.args.map((arg) => this.check(arg));
    switch (op) {
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
      case 'mod':
      case 'neg':
      case 'abs':
        return arithmetic(node, args);
      case 'eq':
      case 'ne':
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge':
        return comparison(node, args);
      case 'and':
      case 'or':
      case 'not':
        return { op, type: 'bool', args: this.all(node, args, 'bool', `${op} needs bool: compare the values first`) };
      case 'isNull':
      case 'isNotNull':
        return { op, type: 'bool', args: args.map((arg) => widen(arg, arg.type === 'null' ? 'bool' : arg.type)) };
      case 'coalesce':
        return common(node, args, []);
      case 'case':
        return this.caseOf(node, args);
      case 'startsWith':
      case 'endsWith':
      case 'contains':
        return { op, type: 'bool', args: this.all(node, args, 'utf8', `${op} needs two utf8`) };
      case 'lower':
        return { op, type: 'utf8', args: this.all(node, args, 'utf8', 'lower needs utf8') };
      case 'length':
        return { op, type: 'i64', args: this.all(node, args, 'utf8', 'length needs utf8') };
    }
  }

  private all(node: ExprNode, args: readonly Checked[], type: TypeName, expected: string): readonly TypedExpr[] {
    const wrong = args.some((arg) => arg.type !== type && arg.type !== 'null');
    if (wrong) throw mismatch(operationOf(node), args, expected, node);
    return args.map((arg) => widen(arg, type));
  }

  private caseOf(node: CallNode, args: readonly Checked[]): Checked {
    const conditions = args.filter((_, i) => i % 2 === 0 && i < args.length - 1);
    const values = args.filter((_, i) => i % 2 === 1 || i === args.length - 1);
    return common(node, values, this.all(node, conditions, 'bool', 'the conditions of caseWhen must be bool'));
  }
}

const isInteger = (type: string): boolean => type === 'i32' || type === 'i64' || type === 'null';
const isNumeric = (type: string): boolean => isInteger(type) || type === 'f64';

function arithmetic(node: CallNode, args: readonly Checked[]): Checked {
  const { op } = node;
  const types = args.map((arg) => arg.type);
  const [a, b] = types;
  if (types.every(isNumeric)) {
    const type = types.includes('f64') ? 'f64' : 'i64';
    return { op, type, args: args.map((arg) => widen(arg, type)) };
  }
  const [left, right] = args;
  if (left !== undefined && right !== undefined) {
    const shift = isInteger(b ?? '') && a === 'timestamp' && (op === 'add' || op === 'sub');
    if (shift) return { op, type: 'timestamp', args: [widen(left, 'timestamp'), widen(right, 'i64')] };
    if (op === 'add' && isInteger(a ?? '') && b === 'timestamp') {
      return { op, type: 'timestamp', args: [widen(left, 'i64'), widen(right, 'timestamp')] };
    }
    if (op === 'sub' && a === 'timestamp' && b === 'timestamp') {
      return { op, type: 'i64', args: [widen(left, 'timestamp'), widen(right, 'timestamp')] };
    }
  }
  throw mismatch(op, args, 'use numbers, or a timestamp with whole milliseconds in add and sub', node);
}

function comparison(node: CallNode, args: readonly Checked[]): Checked {
  const { op } = node;
  const [left, right] = args as readonly [Checked, Checked];
  const result = (type: TypeName): Checked => ({ op, type: 'bool', args: args.map((arg) => widen(arg, type)) });
  if (left.type === 'null' && right.type === 'null') return result('i64');
  const type =
    left.type === 'null' ? right.type : right.type === 'null' ? left.type : commonType(left.type, right.type);
  // i32 beside a constant that fits is compared as i32: twice the lanes.
  if (type === 'i64' && narrows(left, right)) return result('i32');
  const ordered = op !== 'eq' && op !== 'ne';
  if (type !== undefined && type !== 'null' && !(ordered && type === 'bool')) return result(type);
  const expected = type === 'bool' ? 'bool has eq and ne only' : 'compare two numbers, or two values of one type';
  throw mismatch(op, args, timestampHint(args) ?? expected, node);
}

function timestampHint(args: readonly Checked[]): string | undefined {
  const types = args.map((arg) => arg.type);
  if (!types.includes('timestamp') || !types.includes('utf8')) return undefined;
  return "write the time as lit('2001-01-31T12:00:00Z', timestamp()) or as a Date";
}

function narrows(left: Checked, right: Checked): boolean {
  const fits = (node: Checked): boolean =>
    node.op === 'literal' && typeof node.value === 'bigint' && BigInt.asIntN(32, node.value) === node.value;
  return (left.type === 'i32' && fits(right)) || (right.type === 'i32' && fits(left));
}

function commonType(a: TypeName, b: TypeName): TypeName | undefined {
  if (a === b) return a;
  if (!isNumeric(a) || !isNumeric(b)) return undefined;
  return a === 'f64' || b === 'f64' ? 'f64' : 'i64';
}

/** coalesce and case: the values brought to one type; conditions are interleaved again for case. */
function common(node: CallNode, values: readonly Checked[], conditions: readonly TypedExpr[]): Checked {
  let type: TypeName | undefined;
  for (const value of values) {
    if (value.type === 'null') continue;
    const next = type === undefined ? value.type : commonType(type, value.type);
    if (next === undefined) throw mismatch(node.op, values, 'bring the values to one type with cast()', node);
    type = next;
  }
  if (type === undefined) return NULL;
  const wanted = type;
  const widened = values.map((value) => widen(value, wanted));
  const args = node.op === 'case' ? conditions.flatMap((condition, i) => [condition, ...widened.slice(i, i + 1)]) : [];
  return { op: node.op, type, args: node.op === 'case' ? [...args, ...widened.slice(-1)] : widened };
}

/** An implicit conversion that the caller knows to be allowed. Literals convert at once. */
function widen(node: Checked, type: TypeName): TypedExpr {
  if (node.type === 'null') return { op: 'literal', type, value: null };
  if (node.type === type) return node;
  if (node.op === 'literal' && typeof node.value === 'bigint' && type === 'i32') {
    return { op: 'literal', type, value: Number(node.value) };
  }
  return { op: 'cast', type, args: [node] };
}

const CASTS: Readonly<Record<TypeName, readonly TypeName[]>> = {
  bool: ['i32', 'i64', 'utf8'],
  i32: ['i64', 'f64', 'timestamp', 'utf8'],
  i64: ['i32', 'f64', 'timestamp', 'utf8'],
  f64: ['i32', 'i64', 'utf8'],
  timestamp: ['i64', 'utf8'],
  utf8: ['bool', 'i32', 'i64', 'f64', 'timestamp'],
};

function castNode(node: CastNode, arg: Checked): Checked {
  const { to } = node;
  if (!isTypeName(to)) throw exprMalformed(`'${to as string}' is no type to cast to`);
  if (arg.type === 'null') return { op: 'literal', type: to, value: null };
  if (arg.type === to) return arg;
  const allowed = CASTS[arg.type];
  if (allowed.includes(to)) return { op: 'cast', type: to, args: [arg] };
  throw mismatch(`cast to ${to}`, [arg], `${arg.type} casts to ${allowed.join(', ')}`, node);
}

function operationOf(node: ExprNode): string {
  return node.op === 'datePart' ? node.part : node.op === 'truncate' ? `truncate to ${node.unit}` : node.op;
}

function wrongArity(op: string, count: number): Error {
  return exprMalformed(`'${op}' does not take ${count} operands`);
}

function mismatch(operation: string, args: readonly Checked[], expected: string, node: ExprNode): Error {
  const types = args.map((arg) => arg.type);
  return typeMismatch(operation, types, expected, formatExpr({ version: EXPR_VERSION, node }));
}

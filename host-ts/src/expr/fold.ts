/**
 * Constant folding on typed trees, by the reference interpreter itself. What fails to evaluate (an overflow
 * between literals) is left alone: it is an error only if a row gets there.
 */
import { SluiceError } from '../base/index.ts';
import { evaluate } from './evaluate.ts';
import type { TypedExpr } from './typed.ts';
import { typedArgs } from './typed.ts';

/** The same value for every row, with fewer operations. */
export function foldExpr(expr: TypedExpr): TypedExpr {
  if (expr.op === 'column' || expr.op === 'literal') return expr;
  const folded = { ...expr, args: expr.args.map(foldExpr) } as TypedExpr;
  if (typedArgs(folded).every((arg) => arg.op === 'literal')) return foldLiterals(folded);
  return simplify(folded);
}

function foldLiterals(expr: TypedExpr): TypedExpr {
  try {
    return { op: 'literal', type: expr.type, value: evaluate(expr, [], 0) };
  } catch (error) {
    if (error instanceof SluiceError) return expr;
    throw error;
  }
}

/** A literal on the left of and/or, and literal conditions of case, decide at once. */
function simplify(expr: TypedExpr): TypedExpr {
  const args = typedArgs(expr);
  const [left, right] = args;
  if (left === undefined || left.op !== 'literal' || right === undefined) return expr;
  if (expr.op === 'and' && left.value === true) return right;
  if (expr.op === 'and' && left.value === false) return left;
  if (expr.op === 'or' && left.value === false) return right;
  if (expr.op === 'or' && left.value === true) return left;
  if (expr.op === 'case') {
    if (left.value === true) return right;
    const rest = args.slice(2);
    return rest.length === 1 ? (rest[0] as TypedExpr) : simplify({ ...expr, args: rest });
  }
  return expr;
}

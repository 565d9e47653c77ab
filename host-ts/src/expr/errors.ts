/** The errors of expressions: one factory per code. Those of evaluation name the row; the slot adds the operator. */
import { SluiceError } from '../base/index.ts';

export function unknownColumn(name: string, existing: readonly string[], nearest: string | undefined): SluiceError {
  return new SluiceError({
    code: 'UNKNOWN_COLUMN',
    kind: 'user',
    message: `there is no column '${name}'; there are ${existing.map((other) => `'${other}'`).join(', ')}`,
    hint: nearest === undefined ? 'use one of the columns that exist' : `did you mean '${nearest}'?`,
    context: { column: name, columns: existing.join(', '), ...(nearest === undefined ? {} : { nearest }) },
  });
}

/** `found` are the operand types in order. */
export function typeMismatch(
  operation: string,
  found: readonly string[],
  expected: string,
  expression: string,
): SluiceError {
  return new SluiceError({
    code: 'TYPE_MISMATCH',
    kind: 'user',
    message: `${operation} cannot take (${found.join(', ')}) in ${expression}`,
    hint: expected,
    context: { operation, types: found.join(', '), expression },
  });
}

export function literalInvalid(value: string, type: string, expected: string): SluiceError {
  return new SluiceError({
    code: 'LITERAL_INVALID',
    kind: 'user',
    message: `${value} is not a literal of type ${type}`,
    hint: expected,
    context: { value, type },
  });
}

/** A tree that no builder makes: an unknown operation, a wrong number of operands. */
export function exprMalformed(message: string): SluiceError {
  return new SluiceError({
    code: 'EXPRESSION_MALFORMED',
    kind: 'user',
    message,
    hint: 'build expressions with col(), lit() and their methods',
  });
}

export function exprVersion(found: number, supported: number): SluiceError {
  return new SluiceError({
    code: 'EXPRESSION_VERSION',
    kind: 'user',
    message: `the expression has version ${found}, this Sluice reads version ${supported}`,
    hint: 'use the Sluice that wrote the job graph, or a later one',
    context: { found, supported },
  });
}

export function exprTooLarge(what: string, actual: number, bound: number): SluiceError {
  return new SluiceError({
    code: 'EXPRESSION_TOO_LARGE',
    kind: 'user',
    message: `the expression needs ${actual} ${what}, at most ${bound} are possible`,
    hint: 'compute parts of it in a select() before, or use a closure',
    context: { what, actual, bound },
  });
}

export type EvaluationCode = 'OVERFLOW' | 'DIVISION_BY_ZERO' | 'CAST_FAILED';

/** A row whose value cannot be computed: the engine's and the reference interpreter's errors look alike. */
export function evaluationFailed(code: EvaluationCode, operation: string, row: number): SluiceError {
  const what = {
    OVERFLOW: `${operation} leaves the range of i64`,
    DIVISION_BY_ZERO: `${operation} of an integer by zero`,
    CAST_FAILED: `${operation} cannot represent the value`,
  }[code];
  const hint = {
    OVERFLOW: 'compute in f64 (cast), or keep such rows out with a filter or caseWhen',
    DIVISION_BY_ZERO: 'guard it: caseWhen(divisor.ne(0), …), or compute in f64',
    CAST_FAILED: 'keep such rows out with a filter or caseWhen before the cast',
  }[code];
  return new SluiceError({
    code,
    kind: 'user',
    message: `${what} in row ${row} of the batch`,
    hint,
    context: { operation, row },
  });
}

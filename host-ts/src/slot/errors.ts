/** Errors of the slot's room. */
import { SluiceError, errorToData } from '../base/index.ts';

export function jobNotDeterministic(job: string, expected: string, built: string): SluiceError {
  return new SluiceError({
    code: 'JOB_NOT_DETERMINISTIC',
    kind: 'user',
    message: `job '${job}' built graph ${built} in a slot, the coordinator built ${expected}`,
    hint: 'the job function must build the same graph wherever it runs: no clock, randomness or environment in it',
    context: { job, expected, built },
  });
}

export function closureThrew(init: {
  readonly operator: string;
  readonly form: string;
  readonly row: number;
  readonly values: string;
  readonly cause: unknown;
}): SluiceError {
  const reason = errorToData(init.cause).message;
  return new SluiceError({
    code: 'CLOSURE_THREW',
    kind: 'user',
    message: `the ${init.form} function of operator '${init.operator}' threw "${reason}" on row ${init.row} of its input: ${init.values}`,
    hint: 'mend the function, or filter such rows out before it',
    context: { operator: init.operator, row: init.row, reason },
    cause: init.cause,
  });
}

export function closureResult(operator: string, form: string, row: number, got: string, wanted: string): SluiceError {
  return new SluiceError({
    code: 'CLOSURE_RESULT',
    kind: 'user',
    message: `the ${form} function of operator '${operator}' returned ${got} for row ${row} of its input, not ${wanted}`,
    hint: 'return what the operator was declared with',
    context: { operator, row, got, wanted },
  });
}

export function stateNotInGraph(vertex: number, stage: number): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_CORRUPT',
    kind: 'environment',
    message: `a record of the checkpoint belongs to stage ${stage} of chain ${vertex}, which holds no state`,
    hint: 'the manifest does not fit the job graph; an older checkpoint may',
    context: { vertex, stage },
  });
}

/** What is read back is not what this slot stored. */
export function storedValueDamaged(value: string, stored: number | undefined, sum: number): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_CORRUPT',
    kind: 'environment',
    message: `the stored value '${value}' has checksum ${sum} and not ${stored ?? 'any'}, which was stored`,
    hint: 'the next checkpoint writes the state in it again; if this comes again, look at the disk',
    context: { value, stored: stored ?? null, sum },
  });
}

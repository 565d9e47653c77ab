/**
 * What a call to another object gives: a value, or an error as data. An exception that crosses a call keeps only its
 * message, so errors of ours travel as values; a call that rejects therefore means that the other object is gone.
 */
import { errorFromData, errorToData } from '../../host-ts/src/base/index.ts';
import type { ErrorData } from '../../host-ts/src/base/index.ts';

export type Outcome<Value> = { readonly value: Value } | { readonly error: ErrorData };

export async function outcomeOf<Value>(step: () => Value | Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await step() };
  } catch (error) {
    return { error: errorToData(error) };
  }
}

/** The value, or the error thrown. */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
  if ('error' in outcome) throw errorFromData(outcome.error);
  return outcome.value;
}

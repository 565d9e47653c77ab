/** The errors of schemas: one factory per code. */
import { SluiceError } from '../base/index.ts';
import type { SchemaDifference } from './schema.ts';

/** A schema that no frame can hold. */
export function schemaInvalid(message: string, column: string): SluiceError {
  return new SluiceError({
    code: 'SCHEMA_INVALID',
    kind: 'user',
    message,
    hint: 'name each column and give it one of bool(), i32(), i64(), f64(), timestamp(), utf8()',
    context: { column },
  });
}

/** `what` names the two sides: "input 'flights'", "the checkpoint of window#0". */
export function schemaMismatch(what: string, differences: readonly SchemaDifference[]): SluiceError {
  return new SluiceError({
    code: 'SCHEMA_MISMATCH',
    kind: 'user',
    message: `${what} does not have the expected columns: ${differences.map(formatSchemaDifference).join('; ')}`,
    hint: 'change the schema in the job, or the data, so that names and types agree',
    context: { columns: differences.map((difference) => difference.column).join(', ') },
  });
}

export function formatSchemaDifference(difference: SchemaDifference): string {
  const { kind, column } = difference;
  if (kind === 'missing') return `'${column}' (${difference.expected}) is missing`;
  if (kind === 'extra') return `'${column}' (${difference.found}) is not expected`;
  if (kind === 'type') return `'${column}' should be ${difference.expected} but is ${difference.found}`;
  return `'${column}' should be column ${difference.expected} but is column ${difference.found}`;
}

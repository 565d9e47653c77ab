/** The errors of tables: one factory per code. */
import { SluiceError } from '../base/index.ts';

export function tableBadFrame(message: string, context: Readonly<Record<string, string | number>>): SluiceError {
  return new SluiceError({
    code: 'TABLE_BAD_FRAME',
    kind: 'bug',
    message,
    hint: 'a stored segment is damaged or was written for other columns; restore an earlier checkpoint',
    context,
  });
}

export function tableSegmentDamaged(table: string, value: string): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_CORRUPT',
    kind: 'environment',
    message: `the stored rows '${value}' of table '${table}' are not what was written: their checksum differs`,
    hint: 'restore the value from a copy, or run the job again from its inputs',
    context: { table, value },
  });
}

export function tableKeyInvalid(table: string, message: string): SluiceError {
  return new SluiceError({
    code: 'TABLE_KEY_INVALID',
    kind: 'user',
    message: `table '${table}': ${message}`,
    hint: 'give one value per key column, in the order of the key',
    context: { table },
  });
}

/** The errors of connectors and sinks: one factory per code. */
import { COLLECT_ROWS_MAX, SluiceError } from '../base/index.ts';
import type { ErrorContext } from '../base/index.ts';

function user(code: string, message: string, hint: string, context: ErrorContext): SluiceError {
  return new SluiceError({ code, kind: 'user', message, hint, context });
}

export function parquetTruncated(input: string, message: string, context: ErrorContext = {}): SluiceError {
  const hint = 'the file ends too early: copy or download it again';
  return user('PARQUET_TRUNCATED', `input '${input}': ${message}`, hint, { input, ...context });
}

/** Where in the file: row group and column, when they are known. */
export interface ParquetPlace {
  readonly input: string;
  readonly rowGroup?: number;
  readonly column?: string;
}

export function parquetCorrupt(place: ParquetPlace, message: string, cause?: unknown): SluiceError {
  const { input, rowGroup, column } = place;
  const where =
    rowGroup === undefined ? '' : `, row group ${rowGroup}${column === undefined ? '' : `, column '${column}'`}`;
  return new SluiceError({
    code: 'PARQUET_CORRUPT',
    kind: 'user',
    message: `input '${input}'${where}: ${message}`,
    hint: 'the file is damaged, or its writer uses something that is not read here; write it again',
    context: { input, rowGroup: rowGroup ?? null, column: column ?? null },
    cause,
  });
}

export function unknownColumn(input: string, column: string, existing: readonly string[]): SluiceError {
  const message = `input '${input}' has no column '${column}'; it has ${existing.join(', ')}`;
  return user('UNKNOWN_COLUMN', message, "correct the name in the job's input(…)", { input, column });
}

export interface TypeMismatch {
  readonly input: string;
  readonly column: string;
  readonly wanted: string;
  readonly found: string;
}

export function typeMismatch({ input, column, wanted, found }: TypeMismatch): SluiceError {
  const message = `input '${input}', column '${column}' is ${found} and cannot be read as ${wanted}`;
  const hint = "name a type in the job's input(…) that fits the data";
  return user('TYPE_MISMATCH', message, hint, { input, column, wanted, found });
}

export function inputUnbound(input: string, detail: string, hint: string): SluiceError {
  return user('INPUT_INVALID', `input '${input}': ${detail}`, hint, { input });
}

export function sourceNotReplayable(input: string): SluiceError {
  const message = `input '${input}' is a stream and cannot be read again`;
  return user('SOURCE_NOT_REPLAYABLE', message, 'bind a file, URL or bytes if the job has to recover', { input });
}

export function collectionRowInvalid(input: string, row: number, message: string): SluiceError {
  const hint = "rows have the values of the schema's columns: bigint or number for i64, ms or Date for timestamp";
  return user('ROW_INVALID', `input '${input}', row ${row}: ${message}`, hint, { input, row });
}

export function collectFull(name: string, rows: number): SluiceError {
  const message = `collect '${name}' holds ${rows} rows, more than ${COLLECT_ROWS_MAX}`;
  return user('COLLECT_FULL', message, 'use env.table or a file for large results', { name, rows });
}

export function callbackThrew(row: Readonly<Record<string, unknown>>, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const values = Object.entries(row)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ');
  return new SluiceError({
    code: 'CALLBACK_THREW',
    kind: 'user',
    message: `the function of a callback sink threw "${reason}" on the row { ${values.slice(0, 300)} }`,
    hint: 'mend the function, or filter such rows out before the sink',
    context: { reason },
    cause,
  });
}

export function fileSinkUnsupported(file: string): SluiceError {
  const message = `a file sink writes to '${file}', and this home has no files`;
  return user('FILE_SINK_UNSUPPORTED', message, 'use env.table here, or run the job in Node', { file });
}

export function fileSinkFailed(file: string, cause: unknown): SluiceError {
  return new SluiceError({
    code: 'FILE_SINK_FAILED',
    kind: 'environment',
    message: `cannot write '${file}': ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'make room on the disk or correct the path and its rights; the job resumes where it was',
    context: { file },
    cause,
  });
}

export function fileSinkChanged(
  file: string,
  size: { readonly found: number; readonly expected: number },
): SluiceError {
  const message = `'${file}' has ${size.found} B where ${size.expected} B had been committed`;
  return user('FILE_SINK_CHANGED', message, 'restore the file, or start the job anew', { file, ...size });
}

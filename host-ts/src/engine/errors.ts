/** The errors of the engine room: the engine's error slot, its traps, and frames that are not frames. */
import {
  ERROR_BAD_FRAME,
  ERROR_BAD_PLAN,
  ERROR_BAD_SNAPSHOT,
  ERROR_CAST,
  ERROR_CSV_FIELD_EXTRA,
  ERROR_CSV_FIELD_MISSING,
  ERROR_CSV_QUOTE_UNCLOSED,
  ERROR_DIVISION_BY_ZERO,
  ERROR_LINE_TOO_LONG,
  ERROR_NOT_JSON,
  ERROR_NOT_UTF8,
  ERROR_OUT_OF_MEMORY,
  ERROR_OVERFLOW,
  ERROR_ROW_TOO_LARGE,
  ERROR_TIME_NULL,
  ERROR_VALUE_TYPE,
} from '../abi/index.ts';
import type { ErrorKind } from '../base/index.ts';
import { SluiceError } from '../base/index.ts';
import { exprOperationName } from '../expr/index.ts';
import { typeOfCode } from '../schema/index.ts';

/** What the engine's error slot held. */
export interface EngineFailure {
  /** ERROR_… of the ABI. */
  readonly code: number;
  /** Name of the operator, or '' when none was at work. */
  readonly operator: string;
  readonly values: readonly [bigint, bigint, bigint];
}

interface Entry {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly hint: string;
  /** Names of the values in the context; '' leaves one out. */
  readonly names: readonly [string, string, string];
  readonly says: (a: bigint, b: bigint, c: bigint) => string;
}

const typeName = (code: bigint): string => typeOfCode(Number(code)) ?? `type ${code}`;
const line = (a: bigint, b: bigint): string => (b < 0n ? `line ${a}` : `line ${a}, column ${b}`);

const CATALOGUE: Readonly<Record<number, Entry>> = {
  [ERROR_OUT_OF_MEMORY]: {
    code: 'ENGINE_OUT_OF_MEMORY',
    kind: 'environment',
    hint: 'raise the memory limit, use more slots, or keep less state (shorter windows, fewer keys)',
    names: ['bytesWanted', 'bytesUsed', 'bytesMax'],
    says: (a, b, c) => `${a} B more are wanted, ${b} B of ${c} B are in use`,
  },
  [ERROR_BAD_PLAN]: {
    code: 'ENGINE_BAD_PLAN',
    kind: 'bug',
    hint: 'please report it with the output of explain()',
    names: ['word', 'found', ''],
    says: (a, b) => `word ${a} of the task's plan is ${b}`,
  },
  [ERROR_BAD_FRAME]: {
    code: 'FRAME_CORRUPT',
    kind: 'bug',
    hint: 'the sender, the channel or the storage changed the bytes; please report it',
    names: ['check', 'found', 'bound'],
    says: (a, b, c) => `a frame fails check ${a} (batch/frame.ts): found ${b}, bound ${c}`,
  },
  [ERROR_TIME_NULL]: {
    code: 'TIME_NULL',
    kind: 'user',
    hint: 'filter such rows out of the input, or give them a time',
    names: ['row', '', ''],
    says: (a) => `the time column is null in row ${a} of the batch`,
  },
  [ERROR_OVERFLOW]: {
    code: 'INTEGER_OVERFLOW',
    kind: 'user',
    hint: 'cast to f64, or make the operands smaller',
    names: ['row', 'operation', ''],
    says: (a, b) => `${exprOperationName(Number(b))} leaves the range of i64 in row ${a} of the batch`,
  },
  [ERROR_DIVISION_BY_ZERO]: {
    code: 'DIVISION_BY_ZERO',
    kind: 'user',
    hint: 'guard the divisor, for example with a case expression',
    names: ['row', 'operation', ''],
    says: (a) => `an integer is divided by zero in row ${a} of the batch`,
  },
  [ERROR_CAST]: {
    code: 'CAST_FAILED',
    kind: 'user',
    hint: 'filter such rows out before the cast',
    names: ['row', 'fromType', 'toType'],
    says: (a, b, c) => `the value in row ${a} of the batch cannot be cast from ${typeName(b)} to ${typeName(c)}`,
  },
  [ERROR_ROW_TOO_LARGE]: {
    code: 'ROW_TOO_LARGE',
    kind: 'user',
    hint: 'drop or shorten long text columns',
    names: ['bytes', 'bytesMax', ''],
    says: (a, b) => `a row of ${a} B exceeds ${b} B`,
  },
  [ERROR_BAD_SNAPSHOT]: {
    code: 'SNAPSHOT_CORRUPT',
    kind: 'environment',
    hint: 'resume from an older checkpoint',
    names: ['check', 'found', 'expected'],
    says: (a, b, c) => `a record of the checkpoint fails check ${a}: found ${b}, expected ${c}`,
  },
  [ERROR_CSV_FIELD_MISSING]: {
    code: 'CSV_FIELD_MISSING',
    kind: 'user',
    hint: 'mend the row, or skip bad rows',
    names: ['line', 'column', 'byte'],
    says: (a, b) => `${line(a, b)} has too few fields`,
  },
  [ERROR_CSV_QUOTE_UNCLOSED]: {
    code: 'CSV_QUOTE_UNCLOSED',
    kind: 'user',
    hint: 'close the quote, or choose another quote character',
    names: ['line', 'column', 'byte'],
    says: (a, b) => `${line(a, b)} opens a quote that is never closed`,
  },
  [ERROR_CSV_FIELD_EXTRA]: {
    code: 'CSV_FIELD_EXTRA',
    kind: 'user',
    hint: 'mend the row, or skip bad rows',
    names: ['line', 'column', 'byte'],
    says: (a, b) => `${line(a, b)} has more fields than the header`,
  },
  [ERROR_LINE_TOO_LONG]: {
    code: 'LINE_TOO_LONG',
    kind: 'user',
    hint: 'check that the input has line ends and that quotes are closed',
    names: ['line', 'column', 'byte'],
    says: (a, _, c) => `line ${a} is longer than a row may be (at byte ${c})`,
  },
  [ERROR_NOT_JSON]: {
    code: 'NDJSON_INVALID',
    kind: 'user',
    hint: 'mend the line, or skip bad rows',
    names: ['line', 'column', 'byte'],
    says: (a, b, c) => `${line(a, b)} is not a JSON object (at byte ${c})`,
  },
  [ERROR_VALUE_TYPE]: {
    code: 'VALUE_TYPE_MISMATCH',
    kind: 'user',
    hint: "change the column's type in the schema, or mend the value",
    names: ['line', 'column', 'byte'],
    says: (a, b, c) => `the value in ${line(a, b)} does not have the column's type (at byte ${c})`,
  },
  [ERROR_NOT_UTF8]: {
    code: 'NOT_UTF8',
    kind: 'user',
    hint: 'convert the input to UTF-8',
    names: ['line', 'column', 'byte'],
    says: (a, b, c) => `${line(a, b)} is not UTF-8 (at byte ${c})`,
  },
};

const BUG: Entry = {
  code: 'ENGINE_BUG',
  kind: 'bug',
  hint: 'please report it',
  names: ['assertion', 'found', ''],
  says: (a, b) => `assertion ${a} of the engine does not hold (${b})`,
};

export function engineError(failure: EngineFailure): SluiceError {
  const entry = CATALOGUE[failure.code] ?? BUG;
  const context: Record<string, string | number> = {};
  if (failure.operator !== '') context['operator'] = failure.operator;
  entry.names.forEach((name, index) => {
    if (name !== '') context[name] = exact(failure.values[index] ?? 0n);
  });
  const where = failure.operator === '' ? '' : `${failure.operator}: `;
  const message = where + entry.says(...failure.values);
  return new SluiceError({ code: entry.code, kind: entry.kind, message, hint: entry.hint, context });
}

/** A trap is a bug of the engine: its memory is no longer to be trusted. */
export function engineTrap(call: string, operators: string, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError({
    code: 'ENGINE_TRAP',
    kind: 'bug',
    message: `${call} trapped${operators === '' ? '' : ` in ${operators}`}: ${reason}`,
    hint: 'the slot restarts from the newest checkpoint; please report it',
    context: { call, operator: operators },
    cause,
  });
}

export function abiMismatch(found: number, expected: number): SluiceError {
  return new SluiceError({
    code: 'ABI_MISMATCH',
    kind: 'user',
    message: `engine.wasm has ABI version ${found}, the library expects ${expected}`,
    hint: 'serve the engine.wasm that belongs to this version of the library (clear old caches)',
    context: { found, expected },
  });
}

/** The file of the engine does not come. */
export function engineUnreachable(url: string, found: string, cause?: unknown): SluiceError {
  return new SluiceError({
    code: 'ENGINE_UNREACHABLE',
    kind: 'environment',
    message: `the engine cannot be loaded from ${url}: ${found}`,
    hint: 'serve engine.wasm where the bundler put it, beside the library; a page without network needs it in its service worker',
    context: { url, found },
    cause,
  });
}

/** Bytes that should be a frame and are not, found by the host. */
export function frameCorrupt(check: string, found: number, bound: number): SluiceError {
  return new SluiceError({
    code: 'FRAME_CORRUPT',
    kind: 'bug',
    message: `a frame's ${check} is ${found}, expected ${bound}`,
    hint: 'the sender, the channel or the storage changed the bytes; please report it',
    context: { check, found, bound },
  });
}

/** A JavaScript value that does not fit its column. */
export function frameValueType(column: number, row: number, found: string, expected: string): SluiceError {
  return new SluiceError({
    code: 'ROW_VALUE_TYPE',
    kind: 'user',
    message: `row ${row} has ${found} in column ${column}, which is ${expected}`,
    hint: 'return values of the types that the schema names (i64 takes bigint or a safe integer)',
    context: { column, row, found, expected },
  });
}

function exact(value: bigint): string | number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/**
 * The one root of all errors of Sluice.
 *
 * Every error has a stable code, the values that explain it, and a remedy. Each room makes its
 * errors in its own `errors.ts`, one factory per code; this file only says what an error is and
 * how it crosses a worker or a network boundary (as plain data, never as a class instance).
 */

/** Who can mend it: the user (job, data), the environment (retry), or we (a bug). */
export type ErrorKind = 'user' | 'environment' | 'bug';

/** Values that explain an error: job, operator, subtask, actual value, bound. JSON only. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

export interface ErrorInit {
  readonly code: string;
  readonly kind: ErrorKind;
  /** What happened, with the actual values; one sentence without the remedy. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/** An error as plain data: what crosses a channel. */
export interface ErrorData {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string;
  readonly context: ErrorContext;
  readonly stack: string;
}

export class SluiceError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly context: ErrorContext;
  /** The message without code and hint, for re-wrapping. */
  readonly summary: string;

  constructor(init: ErrorInit) {
    const tail = init.hint === undefined || init.hint === '' ? '' : `; ${init.hint}`;
    super(`${init.code}: ${init.message}${tail}`, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'SluiceError';
    this.code = init.code;
    this.kind = init.kind;
    this.hint = init.hint ?? '';
    this.context = init.context ?? {};
    this.summary = init.message;
  }
}

/** The error as plain data; foreign errors become UNEXPECTED bugs with their message kept. */
export function errorToData(error: unknown): ErrorData {
  if (error instanceof SluiceError) {
    const { code, kind, hint, context, summary } = error;
    return { code, kind, message: summary, hint, context, stack: error.stack ?? '' };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return { code: 'UNEXPECTED', kind: 'bug', message, hint: '', context: {}, stack };
}

export function errorFromData(data: ErrorData): SluiceError {
  const error = new SluiceError(data);
  if (data.stack !== '') error.stack = data.stack;
  return error;
}

/** A copy of the error that also names where it happened; existing values win. */
export function withContext(error: unknown, context: ErrorContext): SluiceError {
  const data = errorToData(error);
  return errorFromData({ ...data, context: { ...context, ...data.context } });
}

/** A condition that only a bug can break. */
export function invariant(condition: boolean, message: string, context: ErrorContext = {}): asserts condition {
  if (!condition) {
    throw new SluiceError({ code: 'BUG', kind: 'bug', message, context, hint: 'please report it' });
  }
}

/** The errors of planning: one factory per code; the builder adds job and operator. */
import type { ErrorContext } from '../base/index.ts';
import { SluiceError } from '../base/index.ts';

function userError(code: string, message: string, hint: string, context: ErrorContext = {}): SluiceError {
  return new SluiceError({ code, kind: 'user', message, hint, context });
}

export function typeMismatch(what: string, expected: string, found: string): SluiceError {
  return userError(
    'TYPE_MISMATCH',
    `${what} should be ${expected} but is ${found}`,
    `cast it, or choose another column`,
    {
      what,
      expected,
      found,
    },
  );
}

export function unionMismatch(left: string, right: string): SluiceError {
  return userError(
    'TYPE_MISMATCH',
    `union of streams with different columns: ${left} and ${right}`,
    'select the same names, types and order on both sides first',
    { expected: left, found: right },
  );
}

export function jobHasNoSink(job: string, operators: number): SluiceError {
  return userError(
    'JOB_HAS_NO_SINK',
    `job '${job}' has ${operators} operators but no sink, so it would do nothing`,
    "end a stream with .sink(…), for instance .sink(print()) or .sink(env.table('name', { key: [...] }))",
    { job, operators },
  );
}

export function duplicateUid(job: string, uid: string): SluiceError {
  return userError(
    'DUPLICATE_UID',
    `two operators of job '${job}' have the uid '${uid}'`,
    'give each its own .uid(…)',
    {
      job,
      uid,
    },
  );
}

export function duplicateTable(job: string, kind: 'table' | 'collect', name: string): SluiceError {
  const code = kind === 'table' ? 'DUPLICATE_TABLE' : 'DUPLICATE_COLLECT';
  const hint = 'give each its own name, or union the streams before one sink';
  return userError(code, `two ${kind} sinks of job '${job}' have the name '${name}'`, hint, { job, name });
}

export function duplicateInput(job: string, name: string, first: string, second: string): SluiceError {
  return userError(
    'DUPLICATE_INPUT',
    `job '${job}' declares input '${name}' twice with different columns: ${first} and ${second}`,
    'declare it once and use it twice, or give the second another name',
    { job, name },
  );
}

export function windowWithoutWatermarks(lost: string | undefined): SluiceError {
  return lost === undefined
    ? userError(
        'WINDOW_WITHOUT_WATERMARKS',
        'a window needs event time, but no source of this stream declares it',
        "add .watermarks({ column: '…', outOfOrder: minutes(1) }) after env.source(…)",
      )
    : userError(
        'WINDOW_WITHOUT_WATERMARKS',
        `a window needs event time, but ${lost}`,
        'keep the column until the window',
        {
          lost,
        },
      );
}

export function watermarksNotAtSource(kind: string): SluiceError {
  return userError(
    'WATERMARKS_NOT_AT_SOURCE',
    `watermarks are declared on a ${kind}`,
    'declare them right after env.source(…): lateness is judged by split',
    { kind },
  );
}

export function badWindow(message: string, hint: string, context: ErrorContext): SluiceError {
  return userError('BAD_WINDOW', message, hint, context);
}

export function badDuration(option: string, value: number): SluiceError {
  return userError(
    'BAD_DURATION',
    `${option} is ${value} ms`,
    'give a whole number of milliseconds from 0, for instance seconds(5)',
    { option, value },
  );
}

export function noKeys(): SluiceError {
  return userError('NO_KEYS', 'keyBy names no column', 'name at least one: .keyBy(…)');
}

export function keyTwice(column: string): SluiceError {
  return userError('DUPLICATE_KEY', `column '${column}' is named twice in one key`, 'name each key column once', {
    column,
  });
}

export function keyNotInTable(table: string, column: string, columns: readonly string[]): SluiceError {
  const known = columns.join(', ');
  return userError(
    'KEY_NOT_IN_TABLE',
    `table '${table}' is keyed by '${column}', which its rows do not have`,
    `choose among ${known}`,
    { table, column, columns: known },
  );
}

export function tableWithoutKey(table: string): SluiceError {
  return userError('TABLE_WITHOUT_KEY', `table '${table}' names no key column`, 'name at least one in { key: […] }', {
    table,
  });
}

export function columnTaken(column: string, by: string): SluiceError {
  return userError('COLUMN_TAKEN', `the result would have two columns '${column}': ${by}`, 'rename one of them', {
    column,
    by,
  });
}

export function lateNotAfterWindow(kind: string): SluiceError {
  return userError(
    'LATE_NOT_AFTER_WINDOW',
    `late rows are asked of a ${kind}`,
    'call late() on the result of .aggregate(…)',
    {
      kind,
    },
  );
}

export function badUid(uid: string): SluiceError {
  return userError(
    'BAD_UID',
    `'${uid}' is no uid`,
    'give a name without a slash (parts of operators have those) that stays the same when the job changes',
    { uid },
  );
}

export function badKeyGroups(job: string, keyGroups: number, max: number): SluiceError {
  return userError(
    'BAD_KEY_GROUPS',
    `job '${job}' asks for ${keyGroups} key groups`,
    `choose a power of two from 1 to ${max}`,
    { job, keyGroups, max },
  );
}

export function foreignStream(job: string): SluiceError {
  return userError(
    'FOREIGN_STREAM',
    `a stream of another job is used in job '${job}'`,
    'build each job from its own env',
    { job },
  );
}

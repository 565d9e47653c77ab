/** The errors of text formats: one factory per code; each names input, line, column and the text at fault. */
import {
  ERROR_CSV_FIELD_EXTRA,
  ERROR_CSV_FIELD_MISSING,
  ERROR_CSV_QUOTE_UNCLOSED,
  ERROR_LINE_TOO_LONG,
  ERROR_NOT_JSON,
  ERROR_NOT_UTF8,
  ERROR_VALUE_TYPE,
  ROW_BYTES_MAX,
} from '../abi/index.ts';
import { SluiceError } from '../base/index.ts';
import type { TypeName } from '../schema/index.ts';

/** What the engine's error slot held, made readable. */
export interface DecodeFailure {
  readonly input: string;
  /** ERROR_… of the ABI. */
  readonly code: number;
  /** From 1; counted from `lineOrigin`. */
  readonly line: number;
  /** Byte offset in the input at which line 1 begins: 0, unless this is a split of a file. */
  readonly lineOrigin: number;
  /** Name and type of the column, undefined when it is not about one. */
  readonly column: string | undefined;
  readonly type: TypeName | undefined;
  /** Byte offset in the input. */
  readonly offset: number;
  /** The text at fault, shortened. */
  readonly excerpt: string;
  /** The CSV header was being read. */
  readonly inHeader: boolean;
}

interface Entry {
  readonly code: string;
  readonly says: (failure: DecodeFailure) => string;
  readonly hint: string;
}

const FACTORIES: Readonly<Record<number, Entry>> = {
  [ERROR_CSV_FIELD_MISSING]: {
    code: 'CSV_FIELD_MISSING',
    says: ({ column }) =>
      column === undefined
        ? 'the record has fewer fields than the header'
        : `the record ends before the field of column '${column}'`,
    hint: 'complete the record, or check the delimiter',
  },
  [ERROR_CSV_FIELD_EXTRA]: {
    code: 'CSV_FIELD_EXTRA',
    says: () => 'the record has more fields than the header',
    hint: 'quote fields that contain the delimiter, or check the delimiter',
  },
  [ERROR_CSV_QUOTE_UNCLOSED]: {
    code: 'CSV_QUOTE_UNCLOSED',
    says: ({ excerpt }) => `a quoted field is not closed, or text follows its closing quote: ${excerpt}`,
    hint: 'double the quotes inside quoted fields, or set quote: "" for files without quoting',
  },
  [ERROR_LINE_TOO_LONG]: {
    code: 'LINE_TOO_LONG',
    says: () => `the record is longer than ${ROW_BYTES_MAX} B`,
    hint: 'check the line ends and the quotes, or split the record',
  },
  [ERROR_NOT_JSON]: {
    code: 'NDJSON_INVALID',
    says: ({ excerpt }) => `the line is not one JSON object: unexpected ${excerpt}`,
    hint: "write one object per line, or set badLines: 'skip' to skip and count such lines",
  },
  [ERROR_VALUE_TYPE]: {
    code: 'VALUE_TYPE_MISMATCH',
    says: ({ column, type, excerpt }) => `column '${column ?? '?'}' takes ${type ?? '?'}, found ${excerpt}`,
    hint: 'change the type in the schema, or the data',
  },
  [ERROR_NOT_UTF8]: {
    code: 'NOT_UTF8',
    says: ({ column, excerpt }) => `column '${column ?? '?'}' holds bytes that are not UTF-8: ${excerpt}`,
    hint: 'convert the input to UTF-8',
  },
};

/** The error of a failed decode, or undefined when the code is not a decoder's (out of memory, a bug). */
export function decodeFailed(failure: DecodeFailure): SluiceError | undefined {
  const entry = FACTORIES[failure.code];
  if (entry === undefined) return undefined;
  if (failure.inHeader && failure.code === ERROR_CSV_FIELD_MISSING) return csvColumnMissing(failure);
  const { input, line, lineOrigin, offset, column } = failure;
  const place = lineOrigin === 0 ? `line ${line}` : `line ${line} after byte ${lineOrigin}`;
  return new SluiceError({
    code: entry.code,
    kind: 'user',
    message: `input '${input}', ${place}, byte ${offset}: ${entry.says(failure)}`,
    hint: entry.hint,
    context: { input, line, lineOrigin, byte: offset, column: column ?? null, value: failure.excerpt },
  });
}

function csvColumnMissing({ input, column, excerpt }: DecodeFailure): SluiceError {
  return new SluiceError({
    code: 'CSV_COLUMN_MISSING',
    kind: 'user',
    message: `input '${input}' has no column '${column ?? '?'}'; its header is ${excerpt}`,
    hint: 'correct the name in the schema or in the header, or check the delimiter',
    context: { input, column: column ?? null, header: excerpt },
  });
}

export function formatOptionInvalid(input: string, option: string, found: string, expected: string): SluiceError {
  return new SluiceError({
    code: 'FORMAT_OPTION_INVALID',
    kind: 'user',
    message: `input '${input}': option ${option} is ${JSON.stringify(found)}`,
    hint: `give ${expected}`,
    context: { input, option, found },
  });
}

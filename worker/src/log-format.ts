/** What a log holds, and what is said about it in calls. Pure. */
import { contentTypeUnsupported } from './errors.ts';

export type LogFormat =
  | { readonly kind: 'ndjson' }
  /** `header`: the first line of every body, with its line end; null when bodies have none. */
  | { readonly kind: 'csv'; readonly header: string | null };

export interface LogDescription {
  /** Drawn when the log is made: another one means another content (INPUT_CHANGED at a resume). */
  readonly id: string;
  /** Null until the first rows came. */
  readonly format: LogFormat | null;
  /** Offset of the oldest byte kept, and behind the newest. */
  readonly from: number;
  readonly to: number;
  /** No more rows will come. */
  readonly ended: boolean;
}

export interface LogRead {
  readonly log: LogDescription;
  /** From the offset asked for; empty when there is nothing yet, or nothing any more. */
  readonly bytes: Uint8Array;
}

/** What a producer says of one of its bodies, so that a repeated one is noticed. */
export interface ProducerMark {
  readonly id: string;
  /** Raised by a producer that starts anew: from then on the older one is refused. */
  readonly epoch: number;
  /** 0, 1, 2, … within the epoch. */
  readonly sequence: number;
}

const LF = 10;

/** By the content type of a body; a CSV has a header unless it says `header=absent` (RFC 7111). */
export function formatOfContentType(contentType: string | null): {
  readonly kind: 'ndjson' | 'csv';
  readonly hasHeader: boolean;
} {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines'].includes(type)) {
    return { kind: 'ndjson', hasHeader: false };
  }
  if (type === 'text/csv') return { kind: 'csv', hasHeader: !parameters.includes('header=absent') };
  throw contentTypeUnsupported(contentType ?? '');
}

/** A body as the log stores it: without its header line, with a line end behind the last row. */
export function storedForm(
  body: Uint8Array,
  of: { readonly kind: 'ndjson' | 'csv'; readonly hasHeader: boolean },
): { readonly format: LogFormat; readonly rows: Uint8Array } {
  if (of.kind === 'ndjson') return { format: { kind: 'ndjson' }, rows: withLineEnd(body) };
  if (!of.hasHeader) return { format: { kind: 'csv', header: null }, rows: withLineEnd(body) };
  const end = body.indexOf(LF);
  const headerEnd = end < 0 ? body.length : end + 1;
  const header = new TextDecoder().decode(body.subarray(0, headerEnd)).replace(/\r?\n$/, '');
  return { format: { kind: 'csv', header: `${header}\n` }, rows: withLineEnd(body.subarray(headerEnd)) };
}

function withLineEnd(rows: Uint8Array): Uint8Array {
  if (rows.length === 0 || rows[rows.length - 1] === LF) return rows;
  const ended = new Uint8Array(rows.length + 1);
  ended.set(rows);
  ended[rows.length] = LF;
  return ended;
}

export function sameFormat(a: LogFormat, b: LogFormat): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

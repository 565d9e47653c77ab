/** The first records of a CSV text, for looking at a file whose columns nobody has named yet. */

export interface CsvSample {
  readonly delimiter: string;
  readonly header: readonly string[];
  /** Null for empty unquoted fields. */
  readonly records: readonly (readonly (string | null)[])[];
}

const DELIMITERS = [',', '\t', ';', '|'];

/** Reads whole records only: the sample may end anywhere. The delimiter is the one that the first line has most of. */
export function sampleCsv(text: string, recordsMax: number, isWhole: boolean): CsvSample {
  const first = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n'));
  const count = (sign: string): number => first.split(sign).length;
  const delimiter = DELIMITERS.reduce((best, sign) => (count(sign) > count(best) ? sign : best));
  const records = parse(text, delimiter, recordsMax + 1, isWhole);
  const header = (records.shift() ?? []).map((name) => name ?? '');
  return { delimiter, header, records };
}

function parse(text: string, delimiter: string, recordsMax: number, isWhole: boolean): (string | null)[][] {
  const records: (string | null)[][] = [];
  let record: (string | null)[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length && records.length < recordsMax) {
    const field = fieldAt(text, at, delimiter);
    if (field.end >= text.length && !isWhole) break;
    record.push(field.text);
    at = field.end + 1;
    if (text[field.end] === delimiter) continue;
    if (record.length > 1 || record[0] !== null) records.push(record);
    record = [];
  }
  if (isWhole && record.length > 0 && records.length < recordsMax) records.push([...record, null]);
  return records;
}

/** A field's text and where its delimiter or newline stands. */
function fieldAt(text: string, at: number, delimiter: string): { readonly text: string | null; readonly end: number } {
  const stop = (from: number): number => {
    let end = from;
    while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
    return end;
  };
  if (text[at] !== '"') {
    const end = stop(at);
    const plain = text.slice(at, end).replace(/\r$/, '');
    return { text: plain === '' ? null : plain, end };
  }
  let close = text.indexOf('"', at + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) return { text: null, end: text.length };
  return { text: text.slice(at + 1, close).replaceAll('""', '"'), end: stop(close + 1) };
}

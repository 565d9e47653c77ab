/**
 * How users say where an input is: `parquet(url)`, `csv({ path })`, `ndjson(file)`. Bindings are plain data (but for
 * blobs and streams, which can be sent to a worker) and open nothing.
 */
import type { Json } from '../base/index.ts';
import type { CsvOptions, NdjsonOptions } from '../formats/index.ts';
import type { ByteLocation } from '../platform/index.ts';
import type { InputBinding } from './contract.ts';
import { inputUnbound } from './errors.ts';
import type { InputRow } from './rows.ts';

/** A URL (as text or object), a file or blob, a path where there are files, a stream, or the bytes themselves. */
export type InputLocation = string | URL | Blob | { readonly path: string } | ReadableStream<Uint8Array> | Uint8Array;

export interface NdjsonBindingOptions extends Pick<NdjsonOptions, 'units' | 'badLines'> {
  /** Bytes of a split, at least 4,096; 8 MiB unless given. It decides the splits, so keep it for a resume. */
  readonly splitBytes?: number;
}

/** Delimiter, quote, null literal, field names (for files without a header) and units of numeric times. */
export type CsvBindingOptions = Pick<CsvOptions, 'units' | 'delimiter' | 'quote' | 'nullLiteral' | 'fieldNames'>;

/** Apache Parquet. Streams cannot be read (the footer comes last). */
export function parquet(location: InputLocation): InputBinding {
  return { connector: 'parquet', location: locationOf(location), options: {} };
}

/** CSV by RFC 4180, one split. */
export function csv(location: InputLocation, options: CsvBindingOptions = {}): InputBinding {
  return { connector: 'csv', location: locationOf(location), options: { ...options } };
}

/** One JSON object per line. */
export function ndjson(location: InputLocation, options: NdjsonBindingOptions = {}): InputBinding {
  return { connector: 'ndjson', location: locationOf(location), options: { ...options } };
}

/** Rows given at the start: a list, or a list per split. They must be JSON (i64 as numbers, times as ms or ISO text). */
export function rows(splits: readonly (readonly InputRow[])[]): InputBinding {
  return { connector: 'collection', options: { splits: splits as unknown as Json } };
}

const ENDINGS: Readonly<Record<string, (location: InputLocation) => InputBinding>> = {
  parquet,
  csv,
  ndjson: (location) => ndjson(location),
  jsonl: (location) => ndjson(location),
};

/** The binding that fits the file's name; throws INPUT_INVALID for an ending that nobody reads. */
export function bindingForFile(name: string, location: InputLocation): InputBinding {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const make = Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
  if (make !== undefined) return make(location);
  throw inputUnbound(name, `nothing reads '.${ending}' files`, `give one of .${Object.keys(ENDINGS).join(', .')}`);
}

export function locationOf(location: InputLocation): ByteLocation {
  if (typeof location === 'string') return { kind: 'url', url: location };
  if (location instanceof Uint8Array) return { kind: 'bytes', bytes: location, name: 'bytes' };
  if (location instanceof URL) return { kind: 'url', url: location.href };
  if (location instanceof Blob) {
    const name = 'name' in location && typeof location.name === 'string' ? location.name : 'blob';
    return { kind: 'blob', blob: location, name };
  }
  if ('getReader' in location) return { kind: 'stream', stream: location, name: 'stream' };
  return { kind: 'path', path: location.path };
}

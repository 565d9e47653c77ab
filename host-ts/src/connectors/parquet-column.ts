/**
 * One column of one row group, page by page. Bytes are read in windows, so a row group of any size needs little
 * memory; a page is decoded when it is asked for.
 */
import { parquetHeader } from 'hyparquet/src/column.js';
import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { SluiceError } from '../base/index.ts';
import type { ByteSource } from '../platform/index.ts';
import type { ColumnBatch } from './column-batch.ts';
import { parquetCorrupt, parquetTruncated } from './errors.ts';
import type { ParquetPlace } from './errors.ts';
import { decodeDictionary, decodePage, PAGE_BYTES_MAX, PAGE_ROWS_MAX, pageRows } from './parquet-page.ts';
import type { PageColumn, PageDictionary } from './parquet-page.ts';

/** Bytes that are read at once: a typical column of a row group in one request. */
const WINDOW_BYTES = 1 << 20;
/** Page headers have some tens of bytes, statistics of long texts make them longer. */
const HEADER_BYTES = 1 << 12;
const HEADER_BYTES_MAX = 1 << 20;

export interface ColumnInit {
  readonly source: ByteSource;
  readonly metadata: ColumnMetaData;
  readonly column: Omit<PageColumn, 'decompress'>;
  /** Of the column's codec; may still be loading. */
  readonly decompress: Promise<PageColumn['decompress']>;
  readonly place: ParquetPlace;
  /** Rows of the row group. */
  readonly rows: number;
  /** Rows to leave out at the beginning. */
  readonly skip: number;
}

export class ParquetColumn {
  readonly #init: ColumnInit;
  /** File offsets: the next byte to parse, and where the column ends. */
  #at: number;
  readonly #end: number;
  #held = new Uint8Array(0);
  #heldAt: number;
  #column: PageColumn | undefined;
  #dictionary: PageDictionary | undefined;
  #first: Promise<Uint8Array> | undefined;
  /** Rows of pages that were read or skipped. */
  #rows = 0;
  /** What is left of the page that was read last, and how many of its rows are to be left out. */
  #page: Iterator<ColumnBatch, void> | undefined;
  #leaveOut = 0;

  constructor(init: ColumnInit) {
    this.#init = init;
    const { metadata, source, place } = init;
    const dataAt = Number(metadata.data_page_offset);
    const dictionaryAt = Number(metadata.dictionary_page_offset ?? 0);
    // some writers leave the dictionary's offset out, or zero, and let the data's offset name the first page
    this.#at = dictionaryAt > 0 ? Math.min(dictionaryAt, dataAt) : dataAt;
    this.#end = this.#at + Number(metadata.total_compressed_size);
    this.#heldAt = this.#at;
    const { byteLength } = source;
    if (!(this.#at >= 0 && this.#end >= this.#at)) throw parquetCorrupt(place, `it lies at ${this.#at} … ${this.#end}`);
    if (byteLength !== undefined && this.#end > byteLength) {
      const found = `column '${place.column}' ends at byte ${this.#end}, the file at ${byteLength}`;
      throw parquetTruncated(place.input, found, { rowGroup: place.rowGroup ?? null, byteLength });
    }
  }

  /** Asks for the first bytes without waiting, so that all columns' requests are on their way at once. */
  begin(): void {
    const wanted = Math.min(this.#end - this.#at, WINDOW_BYTES);
    if (this.#init.rows <= this.#init.skip || wanted === 0) return;
    this.#first = this.#init.source.read(this.#at, wanted);
    for (const begun of [this.#first, this.#init.decompress]) begun.catch(() => undefined); // whoever awaits it is told
  }

  /** The next rows with where to begin in them; undefined behind the last row. */
  async next(): Promise<{ readonly batch: ColumnBatch; readonly from: number } | undefined> {
    const { rows, skip, place } = this.#init;
    const column = (this.#column ??= { ...this.#init.column, decompress: await this.#init.decompress });
    try {
      for (;;) {
        const piece = this.#nextPiece();
        if (piece !== undefined) return piece;
        if (this.#rows >= rows) return undefined;
        const header = await this.#header();
        const body = await this.#body(header);
        if (header.type === 'DICTIONARY_PAGE') this.#dictionary = decodeDictionary(header, body, column);
        if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') continue;
        this.#leaveOut = Math.max(0, skip - this.#rows);
        const count = pageRows(header);
        if (!(count >= 0 && count <= Math.min(PAGE_ROWS_MAX, rows - this.#rows))) {
          throw new RangeError(`a page of ${count} rows where ${rows - this.#rows} are left`);
        }
        this.#rows += count;
        if (this.#leaveOut < count) this.#page = decodePage(header, body, column, this.#dictionary);
      }
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      const what = error instanceof Error ? error.message : String(error);
      throw parquetCorrupt(place, `${what} (in the page before byte ${this.#at}, row ${this.#rows})`, error);
    }
  }

  #nextPiece(): { readonly batch: ColumnBatch; readonly from: number } | undefined {
    for (;;) {
      const next = this.#page?.next();
      if (next === undefined || next.done === true) {
        this.#page = undefined;
        return undefined;
      }
      const from = this.#leaveOut;
      this.#leaveOut = Math.max(0, from - next.value.rows);
      if (from < next.value.rows) return { batch: next.value, from };
      if (next.value.pooled !== undefined) this.#init.column.pool.give(next.value.pooled);
    }
  }

  async #header(): Promise<PageHeader> {
    for (let byteLength = HEADER_BYTES; ; byteLength *= 8) {
      const left = this.#end - this.#at;
      if (left <= 0) throw new RangeError(`it ends after ${this.#rows} of ${this.#init.rows} rows`);
      const bytes = await this.#bytes(Math.min(byteLength, left));
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      try {
        const header = parquetHeader(reader);
        this.#at += reader.offset;
        return header;
      } catch (error) {
        // perhaps the header goes on behind these bytes
        if (byteLength >= Math.min(left, HEADER_BYTES_MAX)) throw error;
      }
    }
  }

  async #body(header: PageHeader): Promise<Uint8Array> {
    const byteLength = header.compressed_page_size;
    if (!(byteLength >= 0 && byteLength <= Math.min(PAGE_BYTES_MAX, this.#end - this.#at))) {
      throw new RangeError(`a page of ${byteLength} B where ${this.#end - this.#at} B are left`);
    }
    const bytes = await this.#bytes(byteLength);
    this.#at += byteLength;
    return bytes;
  }

  /** The next `byteLength` bytes, left unread; they lie within the column. */
  async #bytes(byteLength: number): Promise<Uint8Array> {
    const { source, place } = this.#init;
    if (this.#first !== undefined) {
      this.#held = (await this.#first) as Uint8Array<ArrayBuffer>;
      this.#first = undefined;
    }
    const from = this.#at - this.#heldAt;
    if (from + byteLength <= this.#held.length) return this.#held.subarray(from, from + byteLength);
    const kept = this.#held.subarray(Math.min(from, this.#held.length));
    const readAt = this.#at + kept.length;
    const wanted = Math.min(this.#end - readAt, Math.max(WINDOW_BYTES, byteLength - kept.length));
    const more = await source.read(readAt, wanted);
    if (kept.length + more.length < byteLength) {
      const found = `${more.length} B instead of ${wanted} B at byte ${readAt}`;
      throw parquetTruncated(place.input, found, { rowGroup: place.rowGroup ?? null, column: place.column ?? null });
    }
    const held = kept.length === 0 ? more : new Uint8Array(kept.length + more.length);
    if (kept.length > 0) {
      held.set(kept);
      held.set(more, kept.length);
    }
    this.#held = held as Uint8Array<ArrayBuffer>;
    this.#heldAt = this.#at;
    return held.subarray(0, byteLength);
  }
}

/**
 * Stored segments, read in pieces: indexes and blocks, each compared with its checksum before it is used.
 *
 * Indexes are kept for the next reader, up to TABLE_INDEX_BYTES_MAX (the least recently used one leaves first).
 */
import { checksum, TABLE_INDEX_BYTES_MAX } from '../base/index.ts';
import type { ReadValues, TableSegment } from '../checkpoint/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import type { Schema } from '../schema/index.ts';
import { tableSegmentDamaged } from './errors.ts';
import { FrameKeys } from './frame-keys.ts';
import { SegmentIndex } from './segment-index.ts';
import type { BlockRef } from './segment-index.ts';

export interface SegmentReaderInit {
  /** For errors. */
  readonly table: string;
  readonly schema: Schema;
  /** Places of the key columns. */
  readonly key: readonly number[];
  readonly values: ReadValues;
}

/** Blocks of one segment that were fetched together. */
export interface BlockWindow {
  /** In the order of the segment; views of one buffer. */
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
}

export class SegmentReader {
  readonly init: SegmentReaderInit;
  readonly #keyTypes: readonly number[];
  readonly #indexes = new Map<string, SegmentIndex>();
  #indexBytes = 0;

  constructor(init: SegmentReaderInit) {
    this.init = init;
    const types = schemaTypeCodes(init.schema);
    this.#keyTypes = init.key.map((place) => types[place]!);
  }

  /** Rejects CHECKPOINT_CORRUPT, CHECKPOINT_VALUE_MISSING, TABLE_BAD_FRAME. */
  async index(segment: TableSegment): Promise<SegmentIndex> {
    const { value, index: ref } = segment;
    if (ref === undefined) return SegmentIndex.single(segment);
    const known = this.#indexes.get(value);
    if (known !== undefined) {
      this.#indexes.delete(value);
      this.#indexes.set(value, known);
      return known;
    }
    const bytes = await this.#part(value, ref.at, ref.bytes);
    if (checksum(bytes) !== ref.sum) throw this.#damaged(value);
    const index = SegmentIndex.read(bytes, this.init);
    this.#keep(value, index);
    return index;
  }

  /** Blocks from `block` on, as many as lie within `bytesMax`, one at least. */
  async blocks(
    segment: TableSegment,
    from: { readonly block: number; readonly bytesMax: number },
  ): Promise<BlockWindow> {
    const { blocks } = await this.index(segment);
    const first = blocks[from.block]!;
    const wanted: BlockRef[] = [];
    for (let block = from.block; block < blocks.length; block++) {
      const ref = blocks[block]!;
      if (wanted.length > 0 && ref.at + ref.bytes - first.at > from.bytesMax) break;
      wanted.push(ref);
    }
    const last = wanted.at(-1)!;
    const bytes = await this.#part(segment.value, first.at, last.at + last.bytes - first.at);
    const frames = wanted.map((ref) => {
      const frame = bytes.subarray(ref.at - first.at, ref.at - first.at + ref.bytes);
      if (ref.sum !== undefined && checksum(frame) !== ref.sum) throw this.#damaged(segment.value);
      return frame;
    });
    return { frames, bytes: bytes.length };
  }

  /** The keys of a frame of the table's columns. */
  keys(frame: Uint8Array): FrameKeys {
    return new FrameKeys(frame, this.init.key, this.#keyTypes);
  }

  /** A frame whose row 0 has the segment's first key. */
  async firstKey(segment: TableSegment): Promise<FrameKeys> {
    const { keys } = await this.index(segment);
    if (keys !== undefined) return keys;
    const { frames } = await this.blocks(segment, { block: 0, bytesMax: 0 });
    return this.keys(frames[0]!);
  }

  /** Indexes of segments that are gone. */
  forget(segments: readonly TableSegment[]): void {
    for (const { value } of segments) this.#drop(value);
  }

  async #part(value: string, at: number, bytes: number): Promise<Uint8Array> {
    const part = await this.init.values.getPart(value, at, bytes);
    if (part.length !== bytes) throw this.#damaged(value);
    return part;
  }

  #keep(value: string, index: SegmentIndex): void {
    this.#drop(value); // another reader may have fetched it meanwhile
    this.#indexes.set(value, index);
    this.#indexBytes += index.heldBytes;
    for (const oldest of this.#indexes.keys()) {
      if (this.#indexBytes <= TABLE_INDEX_BYTES_MAX) break;
      this.#drop(oldest);
    }
  }

  #drop(value: string): void {
    const index = this.#indexes.get(value);
    if (index === undefined) return;
    this.#indexes.delete(value);
    this.#indexBytes -= index.heldBytes;
  }

  #damaged(value: string): Error {
    return tableSegmentDamaged(this.init.table, value);
  }
}

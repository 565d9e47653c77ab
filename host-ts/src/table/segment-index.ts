/**
 * A segment's sparse index: a frame with one row per block.
 *
 *   key columns │ at i32 │ bytes i32 │ rows i32 │ sum i32
 *   of the block's first row; where the block lies in the value; its checksum (the bits of a u32)
 *
 * Keys ascend, so a key can only lie in the last block that does not begin above it.
 */
import { checksum } from '../base/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import { i32 } from '../schema/index.ts';
import type { Schema } from '../schema/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import { tableBadFrame } from './errors.ts';
import { FrameKeys } from './frame-keys.ts';
import { RowStore } from './row-store.ts';

export interface BlockRef {
  readonly at: number;
  readonly bytes: number;
  /** Undefined: of a segment that was stored without, as very old ones are. */
  readonly sum: number | undefined;
}

/** The index's columns behind the key's. */
const PLACE = { at: i32(), bytes: i32(), rows: i32(), sum: i32() };

/** Columns are named by place: a key column may be called anything. */
function indexSchema(schema: Schema, key: readonly number[]): Schema {
  const columns = Object.values(schema);
  const keys = Object.fromEntries(key.map((place, index) => [`key ${index}`, columns[place]!]));
  return { ...keys, ...PLACE };
}

export class IndexWriter {
  readonly store: RowStore;
  readonly #rows: RowStore;

  constructor(rows: RowStore) {
    this.#rows = rows;
    this.store = new RowStore(indexSchema(rows.schema, rows.key), []);
  }

  /** The block `bytes`, which lies at `at` and begins with this row of the store. */
  add(block: { readonly row: number; readonly rows: number; readonly at: number; readonly bytes: Uint8Array }): void {
    const { store } = this;
    store.reserve(store.rows + 1);
    this.#rows.key.forEach((place, index) => this.#copy(place, index, block.row));
    const { at, bytes, rows } = block;
    [at, bytes.length, rows, checksum(bytes) | 0].forEach((value, index) => {
      store.columns[this.#rows.key.length + index]!.values[store.rows] = value;
    });
    store.rows++;
  }

  #copy(place: number, index: number, row: number): void {
    const from = this.#rows.columns[place]!;
    const to = this.store.columns[index]!;
    const at = this.store.rows;
    const isNull = from.nulls?.[row] === 1;
    if (isNull || to.nulls !== undefined) this.store.nullsOf(to)[at] = isNull ? 1 : 0;
    if (isNull) return;
    if (from.pool !== undefined) {
      const text = from.pool.bytes(from.values[row]!);
      to.values[at] = to.pool!.intern(text, 0, text.length);
      return;
    }
    for (let word = 0; word < from.words; word++) {
      to.values[at * from.words + word] = from.values[row * from.words + word]!;
    }
  }
}

/** Where a segment's blocks lie, and with an index the first key of each. */
export class SegmentIndex {
  readonly blocks: readonly BlockRef[];
  readonly keys: FrameKeys | undefined;

  private constructor(blocks: readonly BlockRef[], keys: FrameKeys | undefined) {
    this.blocks = blocks;
    this.keys = keys;
  }

  /** Of the bytes that the manifest's `index` names. Throws TABLE_BAD_FRAME. */
  static read(bytes: Uint8Array, columns: { readonly schema: Schema; readonly key: readonly number[] }): SegmentIndex {
    const schema = indexSchema(columns.schema, columns.key);
    const places = columns.key.map((_, index) => index);
    const keys = new FrameKeys(bytes, places, schemaTypeCodes(schema));
    const store = new RowStore(schema, []);
    store.append(bytes);
    const [at, length, , sum] = store.columns.slice(places.length).map(({ values }) => values);
    if (store.rows === 0) throw tableBadFrame('an index names no block', { bytes: bytes.length });
    const blocks = Array.from({ length: store.rows }, (_, row) => ({
      at: at![row]!,
      bytes: length![row]!,
      sum: sum![row]! >>> 0,
    }));
    return new SegmentIndex(blocks, keys);
  }

  /** Of a segment that is a single frame. */
  static single({ bytes, sum }: TableSegment): SegmentIndex {
    return new SegmentIndex([{ at: 0, bytes, sum }], undefined);
  }

  /** What the index itself holds, about. */
  get heldBytes(): number {
    return this.keys?.bytes.length ?? 0;
  }
}

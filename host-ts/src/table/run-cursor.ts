/**
 * A place in one run: the segments of one slot in one epoch, whose keys ascend from segment to segment.
 *
 * It holds one window: blocks that were fetched together. The first has one block and each further one twice as many
 * bytes, up to what its reader allows, so that a look at a few rows fetches little and a long scan few pieces.
 */
import { TABLE_BLOCK_BYTES } from '../base/index.ts';
import type { TableSegment } from '../checkpoint/index.ts';
import { tableBadFrame } from './errors.ts';
import type { FrameKeys } from './frame-keys.ts';
import { appendFrame } from './frame-rows.ts';
import { RowStore } from './row-store.ts';
import { encodeRows } from './segment.ts';
import type { BlockWindow, SegmentReader } from './segment-reader.ts';

const EMPTY: BlockWindow = { frames: [], bytes: 0 };

/** A key's place: before the rows from it on, or (`above`) behind its own. */
export interface KeyPlace {
  readonly keys: FrameKeys;
  readonly above: boolean;
}

export class RunCursor {
  readonly #reader: SegmentReader;
  readonly #segments: readonly TableSegment[];
  readonly #windowBytesMax: number;
  #windowBytes = 0;
  #segment = 0;
  /** The next block of the segment that was not fetched. */
  #block = 0;
  #window = EMPTY;
  /** Of the current block in the window. */
  #frame = -1;
  #keys: FrameKeys | undefined;
  /** The next row of the current block. */
  row = 0;

  constructor(reader: SegmentReader, segments: readonly TableSegment[], windowBytesMax: number) {
    this.#reader = reader;
    this.#segments = segments;
    this.#windowBytesMax = windowBytesMax;
  }

  /** The current block; undefined at the end. After `fill` it has a row left. */
  get keys(): FrameKeys | undefined {
    return this.#keys;
  }

  /** Bytes of blocks in memory. */
  get heldBytes(): number {
    return this.#window.bytes;
  }

  /** Makes a block with rows left the current one, or none when the run has ended. */
  async fill(): Promise<void> {
    while (this.#keys === undefined || this.row >= this.#keys.rows) {
      if (!(await this.#nextBlock())) {
        this.#keys = undefined;
        return;
      }
    }
  }

  /** Goes to the first row at or behind the place. Before the first `fill`. */
  async seek(place: KeyPlace): Promise<void> {
    let low = 0;
    let high = this.#segments.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const first = await this.#reader.firstKey(this.#segments[middle]!);
      if (first.compare(0, place.keys, 0) <= 0) low = middle;
      else high = middle;
    }
    this.#segment = low;
    const { keys } = await this.#reader.index(this.#segments[low]!);
    this.#block = keys === undefined ? 0 : Math.max(0, keys.search(place.keys, 0, { above: true }) - 1);
    await this.fill();
    if (this.#keys === undefined) return;
    this.row = this.#keys.search(place.keys, 0, { above: place.above });
    await this.fill();
  }

  async #nextBlock(): Promise<boolean> {
    this.#frame++;
    let last = this.#keys;
    if (this.#frame >= this.#window.frames.length) {
      last = last && this.#lastRow(last);
      this.#keys = undefined; // the old window goes before the new one comes
      if (!(await this.#nextWindow())) return false;
    }
    const keys = this.#reader.keys(this.#window.frames[this.#frame]!);
    if (last !== undefined && last.rows > 0 && keys.rows > 0 && last.compare(last.rows - 1, keys, 0) >= 0) {
      const { value } = this.#segments[this.#segment]!;
      const { table } = this.#reader.init;
      throw tableBadFrame(`the keys of '${value}' of table '${table}' do not ascend`, { table, value });
    }
    this.#keys = keys;
    this.row = 0;
    return true;
  }

  /** A copy: the block may go. */
  #lastRow(keys: FrameKeys): FrameKeys {
    const { schema, key } = this.#reader.init;
    const store = new RowStore(schema, key);
    appendFrame(store, keys.bytes, { range: { from: Math.max(0, keys.rows - 1), to: keys.rows } });
    return this.#reader.keys(encodeRows(store, 0, store.rows));
  }

  async #nextWindow(): Promise<boolean> {
    for (; this.#segment < this.#segments.length; this.#segment++, this.#block = 0) {
      const segment = this.#segments[this.#segment]!;
      if (this.#block >= (await this.#reader.index(segment)).blocks.length) continue;
      this.#window = EMPTY;
      const bytesMax = this.#windowBytes;
      this.#windowBytes = Math.min(this.#windowBytesMax, Math.max(2 * bytesMax, TABLE_BLOCK_BYTES));
      this.#window = await this.#reader.blocks(segment, { block: this.#block, bytesMax });
      this.#block += this.#window.frames.length;
      this.#frame = 0;
      return true;
    }
    this.#window = EMPTY;
    return false;
  }
}

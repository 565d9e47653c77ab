/**
 * Texts of one column after the other, on their way into frames: as a dictionary while values repeat, else plain.
 *
 * The dictionary is kept from frame to frame and only grows, so a text that comes again is neither encoded nor hashed
 * again, and a frame that brings nothing new carries the dictionary of the one before, which its receiver knows. It
 * begins anew when it has become too large to travel. When most of a frame's texts were new, the next frames are taken
 * plain without looking for what repeats, but for one of PLAIN_FRAMES.
 */
import type { ColumnBlocks } from './frame-builder.ts';
import { FrameDictionary, dictionaryTravels, encodeTexts } from './frame-dictionary.ts';

type TextBlocks = Omit<ColumnBlocks, 'validity'>;

const PLAIN_FRAMES = 8;
/** So many texts that were looked up last are found without the map; a power of two. */
const RECENT_MAX = 1024;

export class TextGatherer {
  readonly #ids: Int32Array;
  readonly #recent: string[];
  readonly #recentIds: Int32Array;
  readonly #recentMask: number;
  /** Entries, each with its id; the ids of new ones follow. */
  #known = new Map<string, number>();
  /** What the frame before has carried: all entries but the new ones. */
  #dictionary: FrameDictionary | undefined;
  /** The frame's texts when nothing is looked up. */
  #plain: string[] | undefined;
  #plainFrames = 0;

  constructor(rowsMax: number) {
    this.#ids = new Int32Array(rowsMax);
    const recent = Math.min(RECENT_MAX, 2 ** Math.ceil(Math.log2(Math.max(rowsMax, 1))));
    this.#recent = new Array<string>(recent).fill('');
    this.#recentIds = new Int32Array(recent).fill(-1);
    this.#recentMask = recent - 1;
  }

  put(row: number, text: string): void {
    if (this.#plain !== undefined) {
      this.#plain[row] = text;
      return;
    }
    const slot = slotOf(text) & this.#recentMask;
    const id = this.#recentIds[slot]!;
    this.#ids[row] = id >= 0 && this.#recent[slot] === text ? id : this.#lookUp(text, slot);
  }

  #lookUp(text: string, slot: number): number {
    let id = this.#known.get(text);
    if (id === undefined) {
      id = this.#known.size;
      this.#known.set(text, id);
    }
    this.#recent[slot] = text;
    this.#recentIds[slot] = id;
    return id;
  }

  take(rows: number): TextBlocks {
    if (this.#plain !== undefined) return this.#takePlain(this.#plain, rows);
    const before = this.#dictionary;
    const added = this.#known.size - (before?.count ?? 0);
    const dictionary = added === 0 && before !== undefined ? before : this.#grown(before);
    const data = this.#ids.subarray(0, rows);
    // repeating values travel once; otherwise a dictionary only adds the ids
    const repeats = added * 2 <= rows && rows > 0;
    if (repeats && dictionaryTravels(dictionary, rows)) {
      this.#dictionary = dictionary;
      return { data, text: undefined, dictionary };
    }
    this.#known.clear();
    this.#dictionary = undefined;
    this.#recentIds.fill(-1);
    if (!repeats) this.#plain = [];
    return { ...plainTexts(data, dictionary), dictionary: undefined };
  }

  #takePlain(texts: string[], rows: number): TextBlocks {
    const { offsets, bytes } = encodeTexts(texts);
    texts.length = 0;
    this.#plainFrames = (this.#plainFrames + 1) % PLAIN_FRAMES;
    if (this.#plainFrames === 0) this.#plain = undefined;
    return { data: offsets.subarray(0, rows + 1), text: bytes, dictionary: undefined };
  }

  #grown(before: FrameDictionary | undefined): FrameDictionary {
    const texts = [...this.#known.keys()];
    if (before === undefined) return FrameDictionary.fromStrings(texts);
    const added = encodeTexts(texts.slice(before.count));
    const offsets = new Int32Array(texts.length + 1);
    offsets.set(before.offsets);
    for (let index = 1; index < added.offsets.length; index++) {
      offsets[before.count + index] = before.bytes.length + added.offsets[index]!;
    }
    const bytes = new Uint8Array(before.bytes.length + added.bytes.length);
    bytes.set(before.bytes);
    bytes.set(added.bytes, before.bytes.length);
    return new FrameDictionary(offsets, bytes);
  }
}

/** From the length and the characters in which short texts differ most; quicker than V8's own hash of a string. */
function slotOf(text: string): number {
  const { length } = text;
  if (length < 2) return length === 0 ? 0 : text.charCodeAt(0);
  const ends = text.charCodeAt(length - 1) + text.charCodeAt(length - 2) * 11;
  return ends + text.charCodeAt(length >> 1) * 37 + text.charCodeAt(0) * 131 + length * 7;
}

/** The texts of `ids`, one after the other. */
export function plainTexts(
  ids: Int32Array,
  { offsets, bytes }: Pick<FrameDictionary, 'offsets' | 'bytes'>,
): { data: Int32Array; text: Uint8Array } {
  const data = new Int32Array(ids.length + 1);
  let end = 0;
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!;
    end += offsets[id + 1]! - offsets[id]!;
    data[row + 1] = end;
  }
  const text = new Uint8Array(end);
  for (let row = 0; row < ids.length; row++) {
    let at = data[row]!;
    const to = offsets[ids[row]! + 1]!;
    // most texts are short: a call per text costs more than their bytes
    for (let from = offsets[ids[row]!]!; from < to; from++) text[at++] = bytes[from]!;
  }
  return { data, text };
}

/**
 * A pool of distinct byte strings: each gets a small id, so that columns of text are columns of i32.
 *
 * Open addressing over the bytes themselves; no JavaScript string is made until a row is shown. Ranks order the
 * ids by UTF-8 bytes, which is the order of keys everywhere in Sluice (and, unlike UTF-16, that of code points).
 */
const decoder = new TextDecoder();

export class TextPool {
  count = 0;
  #bytes = new Uint8Array(1 << 12);
  #offsets = new Int32Array(1 << 8);
  /** id + 1 by hash, 0 = free; at most half full. */
  #slots = new Int32Array(1 << 9);
  #ranks = new Uint32Array(0);
  #texts: (string | undefined)[] = [];

  /** The id of `source[from … to)`; the bytes are copied when they are new. */
  intern(source: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    let at = hashOf(source, from, to) & mask;
    for (let slot = this.#slots[at]!; slot !== 0; slot = this.#slots[at]!) {
      if (this.#equals(slot - 1, source, from, to)) return slot - 1;
      at = (at + 1) & mask;
    }
    return this.#add(source, from, to, at);
  }

  /** Bytes of one entry; a view, valid until the next `intern`. */
  bytes(id: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[id], this.#offsets[id + 1]);
  }

  byteLength(id: number): number {
    return this.#offsets[id + 1]! - this.#offsets[id]!;
  }

  text(id: number): string {
    return (this.#texts[id] ??= decoder.decode(this.bytes(id)));
  }

  /** u32[count]: the place of each id in the order of bytes. Valid until the next new entry. */
  ranks(): Uint32Array {
    if (this.#ranks.length === this.count) return this.#ranks;
    const prefixes = new Float64Array(this.count);
    for (let id = 0; id < this.count; id++) prefixes[id] = this.#prefix(id);
    const ids = Uint32Array.from({ length: this.count }, (_, id) => id);
    ids.sort((a, b) => prefixes[a]! - prefixes[b]! || this.compare(a, b));
    this.#ranks = new Uint32Array(this.count);
    for (let rank = 0; rank < ids.length; rank++) this.#ranks[ids[rank]!] = rank;
    return this.#ranks;
  }

  /** Order by bytes; a string that is a prefix of another comes first. */
  compare(a: number, b: number): number {
    return compareBytes(this.bytes(a), this.bytes(b));
  }

  // The first six bytes as a number that a double holds exactly; shorter strings are filled up with zeros.
  #prefix(id: number): number {
    const from = this.#offsets[id]!;
    const to = this.#offsets[id + 1]!;
    let prefix = 0;
    for (let at = from; at < from + 6; at++) prefix = prefix * 256 + (at < to ? this.#bytes[at]! : 0);
    return prefix;
  }

  #equals(id: number, source: Uint8Array, from: number, to: number): boolean {
    let at = this.#offsets[id]!;
    if (this.#offsets[id + 1]! - at !== to - from) return false;
    for (let other = from; other < to; other++, at++) if (this.#bytes[at] !== source[other]) return false;
    return true;
  }

  #add(source: Uint8Array, from: number, to: number, slotAt: number): number {
    const id = this.count;
    const start = this.#offsets[id]!;
    const end = start + to - from;
    if (end > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, start));
      this.#bytes = bytes;
    }
    if (to - from < 32) for (let at = from; at < to; at++) this.#bytes[start + at - from] = source[at]!;
    else this.#bytes.set(source.subarray(from, to), start);
    this.count++;
    if (this.count + 1 > this.#offsets.length) {
      const offsets = new Int32Array(this.#offsets.length * 2);
      offsets.set(this.#offsets);
      this.#offsets = offsets;
    }
    this.#offsets[this.count] = end;
    this.#slots[slotAt] = this.count;
    if (this.count * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (let id = 0; id < this.count; id++) {
      let at = hashOf(this.#bytes, this.#offsets[id]!, this.#offsets[id + 1]!) & mask;
      while (this.#slots[at] !== 0) at = (at + 1) & mask;
      this.#slots[at] = id + 1;
    }
  }
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const difference = a[at]! - b[at]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

// FNV-1a with a last mix, so that the low bits depend on every byte. Only this pool ever sees it.
function hashOf(source: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ source[at]!, 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

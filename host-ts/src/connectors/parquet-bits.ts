/**
 * Parquet's hybrid of runs and bit-packed groups, straight into typed arrays: dictionary ids and definition levels.
 *
 *   header varint: low bit 0 → run of (header >> 1) equal values, the value in ceil(width / 8) bytes
 *                  low bit 1 → (header >> 1) groups of 8 values, each `width` bits, least significant first
 */
export interface BitSource {
  readonly bytes: Uint8Array;
  /** Where to go on; moved by the decoders. */
  at: number;
  readonly end: number;
}

/** Fills out[0 … count); throws RangeError when the bytes end before. */
export function decodeHybrid(source: BitSource, width: number, out: Int32Array | Uint8Array, count: number): void {
  new HybridReader(source, width).read(out, count);
}

/** Reads the values piece by piece; a run or a packed group may go on in the next piece. */
export class HybridReader {
  readonly #source: BitSource;
  readonly #width: number;
  /** Values left of the run, or of the packed groups. */
  #left = 0;
  #packed = false;
  #runValue = 0;
  /** Where the next packed value begins, in bits of the source's bytes. */
  #bit = 0;

  constructor(source: BitSource, width: number) {
    if (width > 32) throw new RangeError(`values of ${width} bits`);
    this.#source = source;
    this.#width = width;
  }

  /** Fills out[0 … count) with the next values; throws RangeError when the bytes end before. */
  read(out: Int32Array | Uint8Array, count: number): void {
    const width = this.#width;
    if (width === 0) {
      out.fill(0, 0, count);
      return;
    }
    for (let done = 0; done < count;) {
      if (this.#left === 0) this.#next();
      const some = Math.min(this.#left, count - done);
      if (this.#packed) {
        // the last group may be cut off where the page ends
        const endBit = this.#bit + some * width;
        if (endBit > this.#source.end * 8) throw new RangeError('bit-packed values end early');
        unpack(this.#source.bytes, this.#bit, { width, out, done, count: some });
        this.#bit = endBit;
      } else out.fill(this.#runValue, done, done + some);
      this.#left -= some;
      done += some;
    }
  }

  #next(): void {
    const source = this.#source;
    const header = readVarint(source);
    this.#packed = (header & 1) === 1;
    if (this.#packed) {
      const groups = header >>> 1;
      this.#left = groups * 8;
      this.#bit = source.at * 8;
      source.at = Math.min(source.end, source.at + groups * this.#width);
    } else {
      this.#left = header >>> 1;
      this.#runValue = readRunValue(source, (this.#width + 7) >> 3);
    }
  }
}

/** True when one run covers all of `count` values with `value`; leaves the source as it was. */
export function isOneRun(source: BitSource, width: number, value: number, count: number): boolean {
  const probe = { bytes: source.bytes, at: source.at, end: source.end };
  const header = readVarint(probe);
  return (header & 1) === 0 && header >>> 1 >= count && readRunValue(probe, (width + 7) >> 3) === value;
}

function readVarint(source: BitSource): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (source.at >= source.end) throw new RangeError('a run header ends early');
    const byte = source.bytes[source.at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new RangeError('a run header is too long');
}

function readRunValue(source: BitSource, byteLength: number): number {
  if (source.at + byteLength > source.end) throw new RangeError('a run ends early');
  let value = 0;
  for (let index = 0; index < byteLength; index++) value |= source.bytes[source.at++]! << (8 * index);
  return value;
}

interface Unpack {
  readonly width: number;
  readonly out: Int32Array | Uint8Array;
  readonly done: number;
  readonly count: number;
}

function unpack(bytes: Uint8Array, fromBit: number, { width, out, done, count }: Unpack): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let bit = fromBit;
  let index = done;
  if (width <= 25) {
    // four bytes hold any value of up to 25 bits wherever it begins; the last values may lack the four bytes
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whole = done + Math.max(0, Math.min(count, Math.floor(((bytes.length - 4) * 8 - fromBit) / width)));
    for (; index < whole; index++, bit += width) out[index] = (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & mask;
  }
  for (; index < done + count; index++) {
    let value = 0;
    for (let got = 0; got < width;) {
      const take = Math.min(8 - (bit & 7), width - got);
      value |= ((bytes[bit >>> 3]! >>> (bit & 7)) & ((1 << take) - 1)) << got;
      got += take;
      bit += take;
    }
    out[index] = value;
  }
}

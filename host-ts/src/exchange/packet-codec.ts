/**
 * Packets as bytes: the header that channel.ts draws, then the payload, padded to 16 bytes.
 *
 * Pure. Everything that is read is checked before it is used, so that bytes of any content give a
 * packet inside the memory or CHANNEL_CORRUPT, never an access beyond it. A payload is a view into
 * the memory: who reads it copies it before the packet is released.
 */
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import { PACKET_BYTES_MAX } from '../base/index.ts';
import { PACKET_IDLE, PACKET_FRAME, PACKET_HEADER_BYTES } from './channel.ts';
import type { Packet, PacketHead } from './channel.ts';
import { channelCorrupt } from './errors.ts';
import type { ChannelName } from './errors.ts';

export const PACKET_ALIGN_BYTES = 16;

/** The same memory as bytes, as 32-bit and as 64-bit words. */
export interface PacketMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly longs: BigInt64Array;
}

/** Views of `byteLength` bytes from `at`, both multiples of 16. */
export function packetMemory(buffer: ArrayBufferLike, at: number, byteLength: number): PacketMemory {
  return {
    bytes: new Uint8Array(buffer, at, byteLength),
    words: new Int32Array(buffer, at, byteLength >> 2),
    longs: new BigInt64Array(buffer, at, byteLength >> 3),
  };
}

/** Bytes that a packet takes: header and payload, padded. */
export function packetBytes(payloadBytes: number): number {
  return (PACKET_HEADER_BYTES + payloadBytes + PACKET_ALIGN_BYTES - 1) & -PACKET_ALIGN_BYTES;
}

/** Writes a packet at `at` (a multiple of 16); the caller has made sure that it fits. */
export function writePacket(
  memory: PacketMemory,
  at: number,
  head: PacketHead,
  sequence: number,
  payload: Uint8Array,
): void {
  const word = at >> 2;
  const { words } = memory;
  words[word] = head.kind;
  words[word + 1] = payload.length;
  words[word + 2] = head.attempt;
  words[word + 3] = head.rowCount;
  memory.longs[(at >> 3) + 2] = head.value;
  words[word + 6] = sequence;
  words[word + 7] = 0;
  if (payload.length > 0) memory.bytes.set(payload, at + PACKET_HEADER_BYTES);
}

/**
 * The packet at `at` (a multiple of 16), which must lie wholly before `end` and carry `sequence`.
 * Each header word is read once: the other side cannot change it between the check and the use.
 */
export function readPacket(
  memory: PacketMemory,
  at: number,
  end: number,
  sequence: number,
  channel: ChannelName,
): Packet {
  const bound = Math.min(end, memory.bytes.length);
  if (at < 0 || at + PACKET_HEADER_BYTES > bound) {
    throw channelCorrupt(channel, 'the end of a packet header', at + PACKET_HEADER_BYTES, bound);
  }
  const word = at >> 2;
  const { words } = memory;
  const kind = words[word] ?? 0;
  const payloadBytes = words[word + 1] ?? -1;
  const attempt = words[word + 2] ?? -1;
  const rowCount = words[word + 3] ?? -1;
  const value = memory.longs[(at >> 3) + 2] ?? 0n;
  const actualSequence = words[word + 6] ?? 0;
  const reserved = words[word + 7] ?? -1;
  if (kind < PACKET_FRAME || kind > PACKET_IDLE) throw channelCorrupt(channel, 'a packet kind', kind, PACKET_IDLE);
  const payloadBytesMax = kind === PACKET_FRAME ? Math.min(PACKET_BYTES_MAX, bound - at - PACKET_HEADER_BYTES) : 0;
  if (payloadBytes < 0 || payloadBytes > payloadBytesMax) {
    throw channelCorrupt(channel, "a packet's payload length", payloadBytes, payloadBytesMax);
  }
  if (rowCount < 0 || rowCount > FRAME_ROWS_MAX) {
    throw channelCorrupt(channel, "a packet's row count", rowCount, FRAME_ROWS_MAX);
  }
  if (attempt < 0) throw channelCorrupt(channel, "a packet's attempt", attempt, 0);
  if (reserved !== 0) throw channelCorrupt(channel, "a packet's reserved word", reserved, 0);
  if (actualSequence !== (sequence | 0)) {
    throw channelCorrupt(channel, "a packet's sequence number", actualSequence >>> 0, sequence);
  }
  const from = at + PACKET_HEADER_BYTES;
  return { kind, attempt, rowCount, value, sequence, payload: memory.bytes.subarray(from, from + payloadBytes) };
}

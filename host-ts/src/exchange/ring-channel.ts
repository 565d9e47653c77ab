/**
 * The ring form of a channel: one sender, one receiver, one block of memory, no locks.
 *
 *   0        64       128      192                                  192 + capacity
 *   ┌────────┬────────┬────────┬─────────────────────────────────────┐
 *   │ head   │ tail   │ wanted │ packet │ packet │ … │ WRAP │ unused │
 *   └────────┴────────┴────────┴─────────────────────────────────────┘
 *   head    i32  bytes ever written, modulo 2^32; only the sender writes it
 *   tail    i32  bytes ever released, modulo 2^32; only the receiver writes it
 *   wanted  i32  free bytes that the sender waits for, 0 = it does not wait
 *
 * Each word has a cache line of its own. Capacity is a power of two; a position is a count modulo
 * capacity. A packet lies in one piece: where the rest of the block is too short, the word WRAP
 * sends the receiver back to the start. The sender publishes WRAP as soon as the rest is free, so
 * even a packet as large as the block finds room once the receiver has caught up. It also wraps early, when a
 * quarter of the block has been used and the receiver has read it all: a channel whose receiver keeps up stays in
 * that quarter, which the caches hold, and the rest of its memory is never touched.
 * In private memory (an ArrayBuffer) the same ring is the local channel of a slot with itself.
 */
import { invariant } from '../base/index.ts';
import { PACKET_HEADER_BYTES } from './channel.ts';
import type { ChannelReceiver, ChannelSender, Packet, PacketHead } from './channel.ts';
import { channelCorrupt, frameTooLarge } from './errors.ts';
import type { ChannelName } from './errors.ts';
import { packetBytes, packetMemory, readPacket, writePacket } from './packet-codec.ts';
import type { PacketMemory } from './packet-codec.ts';

const HEAD = 0;
const TAIL = 16;
const WANTED = 32;
export const RING_CONTROL_BYTES = 192;
const WRAP = -1;

interface Bell {
  ring(): void;
}

/** Bytes of memory for a ring of this capacity (a power of two). */
export function ringMemoryBytes(capacityBytes: number): number {
  invariant(capacityBytes >= 64 && (capacityBytes & (capacityBytes - 1)) === 0, 'a ring is a power of two', {
    capacityBytes,
  });
  return RING_CONTROL_BYTES + capacityBytes;
}

export class RingSender implements ChannelSender {
  readonly #control: Int32Array;
  readonly #memory: PacketMemory;
  readonly #capacity: number;
  readonly #channel: ChannelName;
  readonly #receiverBell: Bell;
  #head: number;
  /** The receiver's tail as last seen; the true one is never behind it. */
  #tail: number;
  #sequence = 0;
  #sentBytes = 0;

  constructor(memory: ArrayBufferLike, channel: ChannelName, receiverBell: Bell) {
    this.#capacity = memory.byteLength - RING_CONTROL_BYTES;
    ringMemoryBytes(this.#capacity);
    this.#control = new Int32Array(memory, 0, RING_CONTROL_BYTES >> 2);
    this.#memory = packetMemory(memory, RING_CONTROL_BYTES, this.#capacity);
    this.#channel = channel;
    this.#receiverBell = receiverBell;
    this.#head = Atomics.load(this.#control, HEAD);
    this.#tail = Atomics.load(this.#control, TAIL);
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  send(head: PacketHead, payload: Uint8Array): boolean {
    const bytes = packetBytes(payload.length);
    if (!this.#findRoom(bytes, payload.length)) return false;
    this.#wrapEarly(bytes);
    writePacket(this.#memory, this.#head & (this.#capacity - 1), head, this.#sequence, payload);
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#sentBytes += payload.length;
    this.#moveHead(bytes);
    this.#receiverBell.ring();
    return true;
  }

  hasRoom(payloadBytes: number): boolean {
    return this.#findRoom(packetBytes(payloadBytes), payloadBytes);
  }

  close(): void {
    Atomics.store(this.#control, WANTED, 0);
  }

  /** True when `bytes` are free in one piece at the head; else the receiver is asked to ring. */
  #findRoom(bytes: number, payloadBytes: number): boolean {
    if (bytes > this.#capacity) {
      throw frameTooLarge('RING', this.#channel, payloadBytes, this.#capacity - PACKET_HEADER_BYTES);
    }
    const at = this.#head & (this.#capacity - 1);
    const rest = this.#capacity - at;
    if (bytes > rest) {
      if (!this.#isFree(rest)) return false;
      this.#wrap(at, rest);
      this.#receiverBell.ring();
    }
    return this.#isFree(bytes);
  }

  /**
   * Goes back to the start of a ring that is empty and has room there. It does not ring: only for a packet that follows
   * at once and does. Bytes that the receiver knows nothing of would be taken from a larger packet, for ever.
   */
  #wrapEarly(bytes: number): void {
    const at = this.#head & (this.#capacity - 1);
    if (at >= this.#capacity >> 2 && bytes <= at && this.#isEmpty()) this.#wrap(at, this.#capacity - at);
  }

  #isEmpty(): boolean {
    this.#tail = Atomics.load(this.#control, TAIL);
    return this.#tail === this.#head;
  }

  #wrap(at: number, rest: number): void {
    this.#memory.words[at >> 2] = WRAP;
    this.#moveHead(rest);
  }

  #isFree(bytes: number): boolean {
    if (this.#free() >= bytes) return true;
    this.#tail = Atomics.load(this.#control, TAIL);
    if (this.#free() >= bytes) return true;
    // first say what is wanted, then look again: the receiver does it the other way round
    Atomics.store(this.#control, WANTED, bytes);
    this.#tail = Atomics.load(this.#control, TAIL);
    if (this.#free() < bytes) return false;
    Atomics.store(this.#control, WANTED, 0);
    return true;
  }

  #free(): number {
    return this.#capacity - ((this.#head - this.#tail) | 0);
  }

  /** Publishes what has been written. */
  #moveHead(bytes: number): void {
    this.#head = (this.#head + bytes) | 0;
    Atomics.store(this.#control, HEAD, this.#head);
  }
}

export class RingReceiver implements ChannelReceiver {
  readonly #control: Int32Array;
  readonly #memory: PacketMemory;
  readonly #capacity: number;
  readonly #channel: ChannelName;
  readonly #senderBell: Bell;
  /** The sender's head as last seen. */
  #head: number;
  #tail: number;
  #sequence = 0;
  #current: Packet | undefined;
  #receivedBytes = 0;

  constructor(memory: ArrayBufferLike, channel: ChannelName, senderBell: Bell) {
    this.#capacity = memory.byteLength - RING_CONTROL_BYTES;
    ringMemoryBytes(this.#capacity);
    this.#control = new Int32Array(memory, 0, RING_CONTROL_BYTES >> 2);
    this.#memory = packetMemory(memory, RING_CONTROL_BYTES, this.#capacity);
    this.#channel = channel;
    this.#senderBell = senderBell;
    this.#head = Atomics.load(this.#control, HEAD);
    this.#tail = Atomics.load(this.#control, TAIL);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  peek(): Packet | undefined {
    if (this.#current !== undefined) return this.#current;
    if (!this.#hasData()) return undefined;
    let at = this.#tail & (this.#capacity - 1);
    if (this.#memory.words[at >> 2] === WRAP) {
      this.#free(this.#capacity - at);
      if (!this.#hasData()) return undefined;
      at = this.#tail & (this.#capacity - 1);
    }
    const end = Math.min(this.#capacity, at + this.#used());
    this.#current = readPacket(this.#memory, at, end, this.#sequence, this.#channel);
    return this.#current;
  }

  release(): void {
    const packet = this.#current;
    invariant(packet !== undefined, 'release without a peeked packet', { ...this.#channel });
    this.#current = undefined;
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#receivedBytes += packet.payload.length;
    this.#free(packetBytes(packet.payload.length));
  }

  close(): void {
    this.#current = undefined;
  }

  #hasData(): boolean {
    if (this.#used() === 0) this.#head = Atomics.load(this.#control, HEAD);
    const used = this.#used();
    if (used < 0 || used > this.#capacity) {
      throw channelCorrupt(this.#channel, 'the number of bytes in the ring', used, this.#capacity);
    }
    return used > 0;
  }

  #used(): number {
    return (this.#head - this.#tail) | 0;
  }

  /**
   * Gives bytes back. A waiting sender is woken when half of the ring is free and not before: at
   * every packet it would wake, send one and sleep again. An empty ring always wakes it.
   */
  #free(bytes: number): void {
    this.#tail = (this.#tail + bytes) | 0;
    Atomics.store(this.#control, TAIL, this.#tail);
    const wanted = Atomics.load(this.#control, WANTED);
    if (wanted === 0) return;
    const free = this.#capacity - ((Atomics.load(this.#control, HEAD) - this.#tail) | 0);
    if (free < Math.max(wanted, this.#capacity >> 1)) return;
    if (Atomics.compareExchange(this.#control, WANTED, wanted, 0) === wanted) this.#senderBell.ring();
  }
}

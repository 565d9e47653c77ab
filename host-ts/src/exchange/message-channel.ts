/**
 * The message form of a channel, where memory cannot be shared: buffers circulate by transfer.
 *
 *   sender                                                     receiver
 *   spare buffers ─► open buffer ─── post (transfer) ──► queue ─► packets ─┐
 *        ▲                                                                 │
 *        └───────────────── the emptied buffer comes back: credit ◄────────┘
 *
 *   buffer: +0 u32 bytes used (this head included)   +4 … 0   +16 packets, one after another
 *
 * At most MESSAGE_CHANNEL_BUFFERS buffers exist, so memory is bounded without a window protocol.
 * The first packet leaves at once; while a buffer is away, further packets gather in the open one,
 * which is posted when it is full or when a buffer comes back. So posts are few under load, and
 * nothing lies about: a receiver that waits has given back all it had.
 */
import { invariant, MESSAGE_CHANNEL_BUFFERS, PACKET_BYTES_MAX } from '../base/index.ts';
import type { ChannelReceiver, ChannelSender, Packet, PacketHead } from './channel.ts';
import { channelCorrupt, frameTooLarge } from './errors.ts';
import type { ChannelName } from './errors.ts';
import { packetBytes, packetMemory, readPacket, writePacket } from './packet-codec.ts';
import type { PacketMemory } from './packet-codec.ts';

/** What is used of a MessagePort; the same in every home. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  close(): void;
}

const BUFFER_HEAD_BYTES = 16;
/** A usual buffer: room for a target-sized frame, or for many small ones. */
const BUFFER_BYTES = 1 << 18;

interface Bell {
  ring(): void;
}

/** A buffer on this side, with its views. */
interface Held {
  readonly buffer: ArrayBuffer;
  readonly memory: PacketMemory;
}

export class MessageSender implements ChannelSender {
  readonly #port: Port;
  readonly #channel: ChannelName;
  readonly #ownBell: Bell;
  readonly #spare: ArrayBuffer[] = [];
  #away = 0;
  #open: Held | undefined;
  #used = 0;
  #blocked = false;
  #sequence = 0;
  #sentBytes = 0;

  constructor(port: Port, channel: ChannelName, ownBell: Bell) {
    this.#port = port;
    this.#channel = channel;
    this.#ownBell = ownBell;
    port.onmessage = (event) => this.#returned(event.data);
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  send(head: PacketHead, payload: Uint8Array): boolean {
    const bytes = packetBytes(payload.length);
    const open = this.#findRoom(payload.length);
    if (open === undefined) return false;
    writePacket(open.memory, this.#used, head, this.#sequence, payload);
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#sentBytes += payload.length;
    this.#used += bytes;
    if (this.#away === 0) this.#post();
    return true;
  }

  hasRoom(payloadBytes: number): boolean {
    return this.#findRoom(payloadBytes) !== undefined;
  }

  close(): void {
    this.#post();
    this.#port.close();
  }

  #findRoom(payloadBytes: number): Held | undefined {
    if (payloadBytes > PACKET_BYTES_MAX) throw frameTooLarge('CHANNEL', this.#channel, payloadBytes, PACKET_BYTES_MAX);
    const bytes = packetBytes(payloadBytes);
    if (this.#open !== undefined && this.#used + bytes <= this.#open.buffer.byteLength) return this.#open;
    if (this.#open !== undefined && this.#used > BUFFER_HEAD_BYTES) this.#post();
    const buffer = this.#takeBuffer(BUFFER_HEAD_BYTES + bytes);
    if (buffer === undefined) {
      this.#blocked = true;
      return undefined;
    }
    this.#open = { buffer, memory: packetMemory(buffer, 0, buffer.byteLength) };
    this.#used = BUFFER_HEAD_BYTES;
    return this.#open;
  }

  /** A spare buffer that is large enough, or a new one while fewer than the bound exist. */
  #takeBuffer(bytes: number): ArrayBuffer | undefined {
    const empty = this.#open?.buffer; // open but without a packet, and too small
    if (empty !== undefined) this.#spare.push(empty);
    this.#open = undefined;
    const at = this.#spare.findIndex((buffer) => buffer.byteLength >= bytes);
    if (at >= 0) return this.#spare.splice(at, 1)[0];
    if (this.#spare.length + this.#away >= MESSAGE_CHANNEL_BUFFERS && this.#spare.pop() === undefined) return undefined;
    return new ArrayBuffer(Math.max(BUFFER_BYTES, (bytes + 15) & -16));
  }

  #post(): void {
    const open = this.#open;
    if (open === undefined || this.#used === BUFFER_HEAD_BYTES) return;
    open.memory.words[0] = this.#used;
    this.#open = undefined;
    this.#away++;
    this.#port.postMessage(open.buffer, [open.buffer]);
  }

  #returned(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || this.#away === 0) return; // not ours: nothing was lent
    this.#away--;
    this.#spare.push(data);
    this.#post();
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#ownBell.ring();
  }
}

export class MessageReceiver implements ChannelReceiver {
  readonly #port: Port;
  readonly #channel: ChannelName;
  readonly #queue: Held[] = [];
  #at = BUFFER_HEAD_BYTES;
  #sequence = 0;
  #current: Packet | undefined;
  #receivedBytes = 0;
  #foreign = false;

  constructor(port: Port, channel: ChannelName, ownBell: Bell) {
    this.#port = port;
    this.#channel = channel;
    port.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer && data.byteLength >= BUFFER_HEAD_BYTES) {
        this.#queue.push({ buffer: data, memory: packetMemory(data, 0, data.byteLength & -16) });
      } else {
        this.#foreign = true;
      }
      ownBell.ring();
    };
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  peek(): Packet | undefined {
    if (this.#current !== undefined) return this.#current;
    if (this.#foreign) throw channelCorrupt(this.#channel, 'the number of messages that are no buffers', 1, 0);
    const first = this.#queue[0];
    if (first === undefined) return undefined;
    const used = this.#usedOf(first);
    this.#current = readPacket(first.memory, this.#at, used, this.#sequence, this.#channel);
    return this.#current;
  }

  release(): void {
    const packet = this.#current;
    const first = this.#queue[0];
    invariant(packet !== undefined && first !== undefined, 'release without a peeked packet', { ...this.#channel });
    this.#current = undefined;
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#receivedBytes += packet.payload.length;
    this.#at += packetBytes(packet.payload.length);
    if (this.#at < this.#usedOf(first)) return;
    this.#queue.shift();
    this.#at = BUFFER_HEAD_BYTES;
    this.#port.postMessage(first.buffer, [first.buffer]);
  }

  close(): void {
    this.#current = undefined;
    this.#queue.length = 0;
    this.#port.close();
  }

  #usedOf(held: Held): number {
    const used = held.memory.words[0] ?? 0;
    if (used < BUFFER_HEAD_BYTES || used > held.memory.bytes.length) {
      throw channelCorrupt(this.#channel, "a buffer's used bytes", used, held.memory.bytes.length);
    }
    return used;
  }
}

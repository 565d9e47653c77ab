/**
 * The way into a chain that reads from channels: takes packets in turn, merges watermarks,
 * aligns barriers. Channels that wait for a barrier's alignment are simply not read; their
 * senders run out of credit, which is the back-pressure that alignment needs.
 */
import { Alignment, WatermarkMerge } from '../checkpoint/index.ts';
import { SluiceError } from '../base/index.ts';
import { PACKET_BARRIER, PACKET_FRAME, PACKET_IDLE, PACKET_WATERMARK } from '../exchange/index.ts';
import type { ChannelReceiver, Packet } from '../exchange/index.ts';
import { WATERMARK_END, WATERMARK_NONE } from './times.ts';

/** What came in; a frame stays borrowed until `release`. */
export type Arrival =
  | { readonly kind: 'frame'; readonly packet: Packet; release(): void }
  | { readonly kind: 'watermark'; readonly watermark: bigint }
  | { readonly kind: 'idle' }
  | { readonly kind: 'barrier'; readonly epoch: number };

export interface GateFaults {
  /** For the simulator's own test only: pretend that the first barrier is the last. */
  readonly skipAlignment: boolean;
}

export class Gate {
  readonly #channels: readonly ChannelReceiver[];
  readonly #alignment: Alignment;
  readonly #watermarks: WatermarkMerge;
  readonly #attempt: number;
  readonly #faults: GateFaults;
  readonly #passedEpochs: number[];
  #turn = 0;

  constructor(channels: readonly ChannelReceiver[], attempt: number, faults: GateFaults) {
    this.#channels = channels;
    this.#attempt = attempt;
    this.#faults = faults;
    this.#alignment = new Alignment(channels.length);
    this.#watermarks = new WatermarkMerge(channels.length, WATERMARK_NONE, WATERMARK_END);
    this.#passedEpochs = new Array<number>(channels.length).fill(0);
  }

  get receivedBytes(): number {
    let bytes = 0;
    for (const channel of this.#channels) bytes += channel.receivedBytes;
    return bytes;
  }

  /** The next thing to work on, or undefined when no readable channel has a packet. */
  next(): Arrival | undefined {
    const count = this.#channels.length;
    for (let tried = 0; tried < count; tried++) {
      const index = (this.#turn + tried) % count;
      const channel = this.#channels[index];
      if (channel === undefined || this.#alignment.isBlocked(index)) continue;
      const packet = channel.peek();
      if (packet === undefined) continue;
      this.#turn = index + 1;
      const arrival = this.#take(index, channel, packet);
      if (arrival !== undefined) return arrival;
      tried = -1; // a packet without an effect was consumed: look again at all channels
    }
    return undefined;
  }

  /** After the snapshot: the aligned channels flow again. */
  release(): void {
    this.#alignment.release();
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }

  #take(index: number, channel: ChannelReceiver, packet: Packet): Arrival | undefined {
    if (packet.attempt !== this.#attempt) {
      channel.release();
      return undefined;
    }
    if (packet.kind === PACKET_FRAME) {
      return { kind: 'frame', packet, release: () => channel.release() };
    }
    const { kind, value } = packet;
    channel.release();
    if (kind === PACKET_WATERMARK) {
      if (this.#watermarks.raise(index, value)) return { kind: 'watermark', watermark: this.#watermarks.merged };
      return this.#watermarks.idle ? { kind: 'idle' } : undefined; // the last active channel has finished
    }
    if (kind === PACKET_IDLE) {
      if (this.#watermarks.setIdle(index)) return { kind: 'watermark', watermark: this.#watermarks.merged };
      return this.#watermarks.idle ? { kind: 'idle' } : undefined;
    }
    if (kind === PACKET_BARRIER) return this.#barrier(index, Number(value));
    throw new SluiceError({
      code: 'CHANNEL_CORRUPT',
      kind: 'bug',
      message: `packet of kind ${kind} on channel ${index}`,
      hint: 'please report it',
    });
  }

  #barrier(index: number, epoch: number): Arrival | undefined {
    if (this.#faults.skipAlignment) {
      const first = !this.#passedEpochs.includes(epoch);
      this.#passedEpochs[index] = epoch;
      return first ? { kind: 'barrier', epoch } : undefined;
    }
    return this.#alignment.arrive(index, epoch) ? { kind: 'barrier', epoch } : undefined;
  }
}

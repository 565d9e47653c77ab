/**
 * The way out of a chain: channels to other subtasks and sinks of this one.
 *
 * Each method returns false when some channel has no credit; the caller calls again later with
 * the same argument, and what has already been delivered is not delivered twice.
 */
import type { Sink } from '../connectors/index.ts';
import { PACKET_BARRIER, PACKET_FRAME, PACKET_IDLE, PACKET_WATERMARK } from '../exchange/index.ts';
import type { ChannelSender, PacketHead } from '../exchange/index.ts';
import type { FrameRef } from './stage.ts';

const NOTHING = new Uint8Array(0);

/** Where one kind of rows (the main ones, or the late ones) goes. */
export interface Route {
  /** One channel per slot of a hash edge: a frame goes to the channel it was made for. */
  readonly exchange: readonly ChannelSender[];
  /** Channels to chains of this slot: each gets every frame. */
  readonly forward: readonly ChannelSender[];
  readonly sinks: readonly Sink[];
}

export class ChainOutput {
  readonly #main: Route;
  readonly #late: Route;
  readonly #attempt: number;
  readonly #all: readonly ChannelSender[];
  /** How many receivers of the current call have been served. */
  #served = 0;
  bytesOut = 0;
  rowsOut = 0;

  constructor(main: Route, late: Route, attempt: number) {
    this.#main = main;
    this.#late = late;
    this.#attempt = attempt;
    this.#all = [...main.exchange, ...main.forward, ...late.exchange, ...late.forward];
  }

  get sinks(): readonly Sink[] {
    return [...this.#main.sinks, ...this.#late.sinks];
  }

  frame(frame: FrameRef): boolean {
    const route = frame.late ? this.#late : this.#main;
    const head = this.#head(PACKET_FRAME, frame.rows, 0n);
    const target = route.exchange[frame.channel];
    const targets = target === undefined ? route.forward : [target, ...route.forward];
    if (!this.#serve(targets, head, frame.bytes)) return false;
    for (const sink of route.sinks) sink.push(frame.bytes);
    this.rowsOut += frame.rows;
    this.bytesOut += frame.bytes.byteLength * targets.length;
    return true;
  }

  watermark(watermark: bigint): boolean {
    return this.#serve(this.#all, this.#head(PACKET_WATERMARK, 0, watermark), NOTHING);
  }

  idle(): boolean {
    return this.#serve(this.#all, this.#head(PACKET_IDLE, 0, 0n), NOTHING);
  }

  barrier(epoch: number): boolean {
    return this.#serve(this.#all, this.#head(PACKET_BARRIER, 0, BigInt(epoch)), NOTHING);
  }

  close(): void {
    for (const sender of this.#all) sender.close();
    for (const sink of this.sinks) sink.close();
  }

  #serve(targets: readonly ChannelSender[], head: PacketHead, payload: Uint8Array): boolean {
    for (; this.#served < targets.length; this.#served++) {
      if (targets[this.#served]?.send(head, payload) === false) return false;
    }
    this.#served = 0;
    return true;
  }

  #head(kind: number, rowCount: number, value: bigint): PacketHead {
    return { kind, attempt: this.#attempt, rowCount, value };
  }
}

/**
 * One channel: packets from one subtask to another, in order, bounded, with credit.
 *
 * A packet is a header and a frame's bytes. Three forms keep this contract: a ring in shared
 * memory, a message port with circulating buffers, and a local queue within one slot. Nobody
 * blocks: `reserve` returns undefined when there is no credit, and the subtask is then not
 * runnable until the slot's doorbell rings.
 *
 *   packet header (32 B, little-endian)
 *   +0 u32 kind   +4 u32 payloadBytes   +8 u32 attempt   +12 u32 rowCount
 *   +16 i64 watermark or epoch          +24 u32 sequence +28 u32 0
 */
export const PACKET_HEADER_BYTES = 32;

/** A frame of rows. */
export const PACKET_FRAME = 1;
/** `value` is a watermark (i64 ms). */
export const PACKET_WATERMARK = 2;
/** `value` is an epoch; aligned by the receiver. */
export const PACKET_BARRIER = 3;
/** The sender's sources are idle: its watermark does not count until the next one comes. */
export const PACKET_IDLE = 4;

export interface Packet {
  readonly kind: number;
  readonly attempt: number;
  readonly rowCount: number;
  /** Watermark or epoch. */
  readonly value: bigint;
  readonly sequence: number;
  /** Borrowed until `release`; empty unless kind is PACKET_FRAME. */
  readonly payload: Uint8Array;
}

export interface PacketHead {
  readonly kind: number;
  readonly attempt: number;
  readonly rowCount: number;
  readonly value: bigint;
}

export interface ChannelSender {
  /**
   * Sends a packet, copying the payload out of the caller's memory; false when there is no
   * credit (nothing was sent; try again after the doorbell).
   */
  send(head: PacketHead, payload: Uint8Array): boolean;
  /** True when a packet of this many payload bytes would be taken now. */
  hasRoom(payloadBytes: number): boolean;
  readonly sentBytes: number;
  close(): void;
}

export interface ChannelReceiver {
  /** The oldest packet, or undefined; the same one until it is released. */
  peek(): Packet | undefined;
  /** Frees the packet that `peek` returned and gives its credit back. */
  release(): void;
  readonly receivedBytes: number;
  close(): void;
}

/** Wakes a slot's loop: data, credit or control has come. */
export interface Doorbell {
  ring(): void;
  /** Calls back at the next ring (or at once if one was missed). */
  wait(callback: () => void): void;
}

/** What a slot needs to open its ends; made by the home, given to the slot at deployment. */
export interface ChannelFactory {
  /** The sending end of edge `edgeId` from this slot to slot `to`. */
  sender(edgeId: number, to: number): ChannelSender;
  /** The receiving end of edge `edgeId` from slot `from` to this slot. */
  receiver(edgeId: number, from: number): ChannelReceiver;
  readonly kind: 'ring' | 'message' | 'simulated' | 'rpc';
}

/** Channel ends and stages that a test plays: what is sent is noted, credit is given out by hand. */
import { PACKET_BARRIER, PACKET_FRAME, PACKET_IDLE, PACKET_WATERMARK } from '../../src/exchange/index.ts';
import type { ChannelReceiver, ChannelSender, Packet, PacketHead } from '../../src/exchange/index.ts';
import type { FrameRef, StageCounters, StageRunner } from '../../src/slot/stage.ts';

const KINDS: Readonly<Record<number, string>> = {
  [PACKET_FRAME]: 'frame',
  [PACKET_WATERMARK]: 'watermark',
  [PACKET_BARRIER]: 'barrier',
  [PACKET_IDLE]: 'idle',
};

/** Notes `kind value` of everything; a frame's value is its first byte. */
export class PlayedSender implements ChannelSender {
  readonly sent: string[] = [];
  readonly heads: PacketHead[] = [];
  /** Packets that it still takes. */
  credit: number;
  closed = false;
  sentBytes = 0;

  constructor(credit = Number.POSITIVE_INFINITY) {
    this.credit = credit;
  }

  send(head: PacketHead, payload: Uint8Array): boolean {
    if (this.credit === 0) return false;
    this.credit -= 1;
    this.heads.push(head);
    this.sent.push(`${KINDS[head.kind]} ${head.kind === PACKET_FRAME ? payload[0] : head.value}`);
    return true;
  }

  hasRoom(): boolean {
    return this.credit > 0;
  }

  close(): void {
    this.closed = true;
  }
}

export class PlayedReceiver implements ChannelReceiver {
  readonly queue: Packet[] = [];
  receivedBytes = 0;
  closed = false;

  frame(byte: number, attempt = 1): this {
    return this.#push(PACKET_FRAME, 0n, attempt, Uint8Array.of(byte));
  }

  watermark(value: number, attempt = 1): this {
    return this.#push(PACKET_WATERMARK, BigInt(value), attempt);
  }

  barrier(epoch: number, attempt = 1): this {
    return this.#push(PACKET_BARRIER, BigInt(epoch), attempt);
  }

  idle(): this {
    return this.#push(PACKET_IDLE, 0n, 1);
  }

  peek(): Packet | undefined {
    return this.queue[0];
  }

  release(): void {
    this.receivedBytes += this.queue.shift()?.payload.byteLength ?? 0;
  }

  close(): void {
    this.closed = true;
  }

  #push(kind: number, value: bigint, attempt: number, payload = new Uint8Array(0)): this {
    this.queue.push({ kind, attempt, rowCount: payload.length, value, sequence: 0, payload });
    return this;
  }
}

export function frameOf(byte: number, over: Partial<FrameRef> = {}): FrameRef {
  return { ptr: 0, bytes: Uint8Array.of(byte), rows: 1, channel: 0, late: false, ...over };
}

/** Gives for every call the frames that `answer` says, one at a time. */
export class PlayedStage implements StageRunner {
  readonly calls: string[] = [];
  readonly #answer: (call: string, byte: number) => readonly FrameRef[];
  #ready: readonly FrameRef[] = [];
  closed = false;

  constructor(answer: (call: string, byte: number) => readonly FrameRef[]) {
    this.#answer = answer;
  }

  get output(): FrameRef | undefined {
    return this.#ready[0];
  }

  push(frame: FrameRef): void {
    this.#take('push', frame.bytes[0] ?? 0);
  }

  watermark(watermark: bigint): void {
    this.#take('watermark', Number(watermark));
  }

  flush(): void {
    this.#take('flush', 0);
  }

  next(): void {
    this.#ready = this.#ready.slice(1);
  }

  get counters(): StageCounters {
    return { rowsIn: 0, rowsOut: 0, lateRows: 0, stateBytes: 0, stateKeys: 0 };
  }

  close(): void {
    this.closed = true;
  }

  #take(call: string, byte: number): void {
    this.calls.push(call === 'flush' ? call : `${call} ${byte}`);
    this.#ready = this.#answer(call, byte);
  }
}

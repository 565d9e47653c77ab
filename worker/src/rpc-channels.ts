/**
 * Channels between slots that are objects: the message form of exchange/, whose buffers travel as calls.
 *
 *   MessageSender ─ post(buffer) ─► SendingPort ── push(sequence, bytes) ──► ReceivingPort ─► MessageReceiver
 *        ▲                                                                         │ gives the buffer back
 *        └────────────────────────── the call is answered ◄────────────────────────┘
 *
 * An answer that is withheld is back-pressure: a channel has MESSAGE_CHANNEL_BUFFERS buffers, so that many calls are
 * under way at most. Calls of an older deployment are refused, those of one that this slot has not heard of yet wait.
 */
import { invariant } from '../../host-ts/src/base/index.ts';
import { messageChannels } from '../../host-ts/src/exchange/index.ts';
import type { OpenedChannels, Port } from '../../host-ts/src/exchange/index.ts';
import type { Timers } from '../../host-ts/src/platform/index.ts';
import type { PacketCall, SlotCalls } from './calls.ts';
import { channelsFenced, packetsMissing, tooManyEarlyPackets } from './errors.ts';
import { EARLY_PACKETS_MAX, RPC_BYTES_MAX } from './limits.ts';

/** What a slot is told of a deployment's channels. */
export interface RpcPlan {
  readonly kind: 'rpc';
  readonly slot: number;
  readonly parallelism: number;
  readonly edges: readonly number[];
  /** Rises with every deployment of the job. */
  readonly deployment: number;
}

export interface RpcChannelsInit {
  readonly timers: Timers;
  readonly peer: (slot: number) => SlotCalls;
  /** A peer refused or vanished while its channels were in use. */
  readonly lost: (peer: number, error: unknown) => void;
}

interface Early {
  readonly deployment: number;
  readonly go: () => void;
  readonly refuse: (error: unknown) => void;
}

export class RpcChannels {
  readonly #init: RpcChannelsInit;
  #deployment = -1;
  #opened: OpenedChannels | undefined;
  #receiving = new Map<string, ReceivingPort>();
  #early: Early[] = [];

  constructor(init: RpcChannelsInit) {
    this.#init = init;
  }

  /** Opens a deployment's channels; those of the former one are given up. */
  open(plan: RpcPlan): OpenedChannels {
    invariant(plan.kind === 'rpc' && plan.deployment > this.#deployment, 'deployments rise', { ...this.#state() });
    this.#opened?.close();
    this.#deployment = plan.deployment;
    this.#receiving = new Map();
    const { slot } = plan;
    const others = Array.from({ length: plan.parallelism }, (_, other) => other).filter((other) => other !== slot);
    const peers = new Map(others.map((other) => [other, this.#init.peer(other)]));
    const ports = plan.edges.flatMap((edge) =>
      others.flatMap((other) => [
        { edge, from: slot, to: other, port: this.#sendingPort(peers.get(other)!, { ...plan, edge, other }) },
        { edge, from: other, to: slot, port: this.#receivingPort(edge, other) },
      ]),
    );
    this.#opened = messageChannels({ kind: 'message', slot, ports }, this.#init.timers);
    const early = this.#early;
    this.#early = early.filter((one) => one.deployment > plan.deployment);
    for (const one of early) {
      if (one.deployment === plan.deployment) one.go();
      else if (one.deployment < plan.deployment) one.refuse(channelsFenced(one.deployment, plan.deployment));
    }
    return this.#opened;
  }

  /** Settles when the packets have been worked off. Rejects CHANNELS_FENCED, PACKETS_MISSING. */
  async deliver(call: PacketCall): Promise<void> {
    if (call.deployment > this.#deployment) await this.#opening(call.deployment);
    if (call.deployment !== this.#deployment) throw channelsFenced(call.deployment, this.#deployment);
    const port = this.#receiving.get(`${call.edge}:${call.from}`);
    if (port === undefined) throw packetsMissing(`the unknown edge ${call.edge}`, call.sequence, 0);
    await port.deliver(call);
  }

  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
    for (const { deployment, refuse } of this.#early) refuse(channelsFenced(deployment, this.#deployment));
    this.#early = [];
    this.#deployment = Number.MAX_SAFE_INTEGER;
  }

  #opening(deployment: number): Promise<void> {
    if (this.#early.length >= EARLY_PACKETS_MAX) return Promise.reject(tooManyEarlyPackets(this.#early.length));
    return new Promise((go, refuse) => this.#early.push({ deployment, go, refuse }));
  }

  #sendingPort(peer: SlotCalls, to: RpcPlan & { readonly edge: number; readonly other: number }): SendingPort {
    const { deployment, edge, slot: from, other } = to;
    return new SendingPort(
      (sequence, buffer) => peer.push({ deployment, edge, from, sequence, buffer }),
      (error) => {
        if (this.#deployment === deployment) this.#init.lost(other, error);
      },
    );
  }

  #receivingPort(edge: number, from: number): ReceivingPort {
    const port = new ReceivingPort(`edge ${edge} from slot ${from}`);
    this.#receiving.set(`${edge}:${from}`, port);
    return port;
  }

  #state(): { readonly deployment: number } {
    return { deployment: this.#deployment };
  }
}

/** Sends a sender's buffers as calls and gives each back when its call is answered. */
export class SendingPort implements Port {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly #push: (sequence: number, bytes: ArrayBuffer) => Promise<void>;
  readonly #lost: (error: unknown) => void;
  #sequence = 0;
  #closed = false;

  constructor(push: (sequence: number, bytes: ArrayBuffer) => Promise<void>, lost: (error: unknown) => void) {
    this.#push = push;
    this.#lost = lost;
  }

  postMessage(message: unknown): void {
    const buffer = message as ArrayBuffer;
    const usedBytes = new Int32Array(buffer, 0, 1)[0] ?? 0; // drawn in exchange/message-channel.ts
    invariant(usedBytes <= RPC_BYTES_MAX, 'a buffer of packets exceeds what a call may hold', { usedBytes });
    this.#push(this.#sequence++, buffer.slice(0, usedBytes)).then(
      () => this.onmessage?.({ data: buffer }),
      (error: unknown) => {
        if (!this.#closed) this.#lost(error);
      },
    );
  }

  close(): void {
    this.#closed = true;
    this.onmessage = null;
  }
}

/** Hands buffers that came as calls to a receiver; a call is answered when its buffer is given back. */
export class ReceivingPort implements Port {
  readonly #name: string;
  #listener: Port['onmessage'] = null;
  #waiting: ArrayBuffer[] = [];
  #answers: (() => void)[] = [];
  #next = 0;
  #closed = false;

  constructor(name: string) {
    this.#name = name;
  }

  get onmessage(): Port['onmessage'] {
    return this.#listener;
  }

  set onmessage(listener: Port['onmessage']) {
    this.#listener = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const data of waiting) listener?.({ data });
  }

  deliver({ sequence, buffer }: Pick<PacketCall, 'sequence' | 'buffer'>): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (sequence !== this.#next) return Promise.reject(packetsMissing(this.#name, sequence, this.#next));
    this.#next += 1;
    return new Promise((resolve) => {
      this.#answers.push(resolve);
      if (this.#listener === null) this.#waiting.push(buffer);
      else this.#listener({ data: buffer });
    });
  }

  /** The receiver gives back the oldest buffer. */
  postMessage(): void {
    this.#answers.shift()?.();
  }

  close(): void {
    this.#closed = true;
    this.#listener = null;
    for (const answer of this.#answers) answer();
    this.#answers = [];
  }
}

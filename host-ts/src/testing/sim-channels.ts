/**
 * Simulated channels: packets arrive after a random delay, in order; capacity is small, so that
 * back-pressure and waiting for credit happen all the time.
 */
import type {
  ChannelReceiver,
  ChannelSender,
  Doorbell,
  OpenedChannels,
  Packet,
  PacketHead,
} from '../exchange/index.ts';
import type { World } from './world.ts';

/** Packets on their way or waiting, at most; a barrier needs room like any other packet. */
const CAPACITY_PACKETS = 4;

/** What one slot gets in its deployment. */
export interface SimPlan {
  readonly kind: 'simulated';
  readonly slot: number;
  readonly network: SimNetwork;
}

/** All channels of one deployment. */
export class SimNetwork {
  readonly #world: World;
  readonly #channels = new Map<string, SimChannel>();
  readonly #bells = new Map<number, SimBell>();

  constructor(world: World) {
    this.#world = world;
  }

  open(slot: number, alive: () => boolean): OpenedChannels {
    const bell = new SimBell(this.#world, alive);
    this.#bells.set(slot, bell);
    return {
      factory: {
        kind: 'simulated',
        sender: (edge, to) => this.#channel(edge, slot, to),
        receiver: (edge, from) => this.#channel(edge, from, slot),
      },
      doorbell: bell,
      close: () => undefined,
    };
  }

  ring(slot: number): void {
    this.#bells.get(slot)?.ring();
  }

  #channel(edge: number, from: number, to: number): SimChannel {
    const key = `${edge}:${from}:${to}`;
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      channel = new SimChannel(
        this.#world,
        () => this.ring(to),
        () => this.ring(from),
      );
      this.#channels.set(key, channel);
    }
    return channel;
  }
}

class SimBell implements Doorbell {
  readonly #world: World;
  readonly #alive: () => boolean;
  #rung = false;
  #waiter: (() => void) | undefined;

  constructor(world: World, alive: () => boolean) {
    this.#world = world;
    this.#alive = alive;
  }

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  wait(callback: () => void): void {
    this.#waiter = callback;
    if (this.#rung) this.#wake();
  }

  #wake(): void {
    const callback = this.#waiter;
    if (callback === undefined) return;
    this.#waiter = undefined;
    this.#rung = false;
    this.#world.at(this.#world.random.next() * 0.3, () => {
      if (this.#alive()) callback();
    });
  }
}

class SimChannel implements ChannelSender, ChannelReceiver {
  readonly #world: World;
  readonly #arrived: () => void;
  readonly #credit: () => void;
  readonly #queue: Packet[] = [];
  #onTheWay = 0;
  #lastArrivalMs = 0;
  #sequence = 0;
  sentBytes = 0;
  receivedBytes = 0;

  constructor(world: World, arrived: () => void, credit: () => void) {
    this.#world = world;
    this.#arrived = arrived;
    this.#credit = credit;
  }

  hasRoom(): boolean {
    return this.#onTheWay + this.#queue.length < CAPACITY_PACKETS;
  }

  send(head: PacketHead, payload: Uint8Array): boolean {
    if (!this.hasRoom()) return false;
    const packet: Packet = { ...head, sequence: this.#sequence++, payload: payload.slice() };
    this.sentBytes += payload.byteLength;
    this.#onTheWay += 1;
    const arrivesMs = Math.max(this.#lastArrivalMs, this.#world.nowMs + this.#world.random.next() * 2);
    this.#lastArrivalMs = arrivesMs;
    this.#world.at(arrivesMs - this.#world.nowMs, () => {
      this.#onTheWay -= 1;
      this.#queue.push(packet);
      this.#arrived();
    });
    return true;
  }

  peek(): Packet | undefined {
    return this.#queue[0];
  }

  release(): void {
    this.receivedBytes += this.#queue.shift()?.payload.byteLength ?? 0;
    this.#credit();
  }

  close(): void {
    // Packets on their way to a dead slot are never looked at.
  }
}

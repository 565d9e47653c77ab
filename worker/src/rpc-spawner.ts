/**
 * The coordinator's slots as objects: opens one per slot, sends control messages, and asks each all the time whether
 * it lives. The question is held by the slot, so a reset is noticed at once, and a lost connection after
 * HEARTBEAT_TIMEOUT_MS.
 */
import { HEARTBEAT_TIMEOUT_MS } from '../../host-ts/src/base/index.ts';
import type {
  ChannelPlans,
  FromSlot,
  SlotLink,
  SlotLinkEvents,
  Spawner,
  ToSlot,
} from '../../host-ts/src/control/index.ts';
import type { Timers } from '../../host-ts/src/platform/index.ts';
import { isSame } from './calls.ts';
import type { LinkId, SlotCalls } from './calls.ts';
import { objectLost } from './errors.ts';
import { Inbox, Outbox } from './outbox.ts';
import type { RpcPlan } from './rpc-channels.ts';

/** Deployments of one incarnation: far more than restarts are allowed. */
const DEPLOYMENTS_MAX = 2 ** 20;

export interface RpcSpawnerInit {
  readonly job: string;
  readonly incarnation: number;
  readonly timers: Timers;
  readonly slotOf: (slot: number) => SlotCalls;
}

export class RpcSpawner implements Spawner {
  readonly channelKind = 'rpc';
  readonly #init: RpcSpawnerInit;
  readonly #lines = new Map<number, SlotLine>();
  #links = 0;
  #deployments = 0;

  constructor(init: RpcSpawnerInit) {
    this.#init = init;
  }

  spawn(slot: number, events: SlotLinkEvents): SlotLink {
    const { incarnation, job, timers, slotOf } = this.#init;
    const link = { incarnation, number: ++this.#links };
    const line = new SlotLine({ opening: { job, slot, link }, object: slotOf(slot), events, timers });
    this.#lines.set(slot, line);
    return line;
  }

  channelPlan(edges: readonly number[], parallelism: number): ChannelPlans {
    const deployment = this.#init.incarnation * DEPLOYMENTS_MAX + ++this.#deployments;
    const plans = Array.from({ length: parallelism }, (_, slot): RpcPlan => ({
      kind: 'rpc',
      slot,
      parallelism,
      edges,
      deployment,
    }));
    return { plans, transfers: plans.map(() => []) };
  }

  /** What a slot reports; false when its link is not heard any more. */
  report(link: LinkId, slot: number, sequence: number, messages: readonly FromSlot[]): boolean {
    const line = this.#lines.get(slot);
    if (line === undefined || !isSame(line.link, link) || line.ended) return false;
    line.received(sequence, messages);
    return !line.ended;
  }

  close(): void {
    for (const line of this.#lines.values()) line.kill();
  }
}

interface SlotLineInit {
  readonly opening: { readonly job: string; readonly slot: number; readonly link: LinkId };
  readonly object: SlotCalls;
  readonly events: SlotLinkEvents;
  readonly timers: Timers;
}

class SlotLine implements SlotLink {
  readonly link: LinkId;
  readonly #init: SlotLineInit;
  readonly #inbox = new Inbox();
  readonly #outbox: Outbox<ToSlot>;
  readonly #opened: Promise<void>;
  #ended = false;

  constructor(init: SlotLineInit) {
    this.#init = init;
    this.link = init.opening.link;
    const lost = (error: unknown): void => this.#lost(error);
    this.#outbox = new Outbox({
      send: (sequence, messages) => init.object.control(this.link, sequence, messages),
      failed: lost,
    });
    this.#opened = init.object.open(init.opening);
    this.#opened.then(() => this.#watch()).catch(lost);
  }

  get ended(): boolean {
    return this.#ended;
  }

  post(message: ToSlot): void {
    this.#outbox.post(message);
  }

  kill(): void {
    if (this.#ended) return;
    this.#end();
    const { object } = this.#init;
    this.#opened.then(() => object.close(this.link)).catch(() => undefined); // who cannot be reached is closed by its next link
  }

  received(sequence: number, messages: readonly FromSlot[]): void {
    if (!this.#inbox.isNew(sequence)) return;
    for (const message of messages) if (!this.#ended) this.#init.events.message(message);
  }

  async #watch(): Promise<void> {
    const { object, timers } = this.#init;
    while (!this.#ended) {
      let cancel: (() => void) | undefined;
      const timeout = new Promise<never>((_, reject) => {
        cancel = timers.after(HEARTBEAT_TIMEOUT_MS, () => reject(new Error(`no answer in ${HEARTBEAT_TIMEOUT_MS} ms`)));
      });
      try {
        await Promise.race([object.alive(this.link), timeout]);
      } finally {
        cancel?.();
      }
    }
  }

  #lost(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    this.#init.events.exit(objectLost(`the object of slot ${this.#init.opening.slot}`, error).summary);
  }

  #end(): void {
    this.#ended = true;
    this.#outbox.close();
  }
}

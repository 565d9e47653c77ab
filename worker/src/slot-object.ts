/** A slot's object: keeps the host of the newest link, and refuses calls of older ones. It stores nothing. */
import { DurableObject } from 'cloudflare:workers';
import type { ToSlot } from '../../host-ts/src/control/index.ts';
import { objectsOf } from './bindings.ts';
import type { Bindings } from './bindings.ts';
import { isNewer, isSame } from './calls.ts';
import type { LinkId, PacketCall, SlotCalls, SlotOpening } from './calls.ts';
import { cloudflarePlatform } from './cloudflare-platform.ts';
import { linkStale } from './errors.ts';
import { ALIVE_MS } from './limits.ts';
import type { ServedJobs } from './served-jobs.ts';
import { SlotHost } from './slot-host.ts';

export class SlotObject extends DurableObject implements SlotCalls {
  readonly #jobs: ServedJobs;
  #host: SlotHost | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env, jobs: ServedJobs) {
    super(ctx, env);
    this.#jobs = jobs;
  }

  async open(opening: SlotOpening): Promise<void> {
    if (this.#host !== undefined && !isNewer(opening.link, this.#host.link)) throw linkStale('the slot');
    this.#host?.close();
    const objects = objectsOf(this.env as unknown as Bindings, opening.job);
    this.#host = new SlotHost({ opening, objects, jobs: this.#jobs, platformOf: cloudflarePlatform });
  }

  async control(link: LinkId, sequence: number, messages: readonly ToSlot[]): Promise<void> {
    this.#hostOf(link).control(sequence, messages);
  }

  async alive(link: LinkId): Promise<void> {
    this.#hostOf(link);
    await new Promise((resolve) => setTimeout(resolve, ALIVE_MS));
    this.#hostOf(link);
  }

  async push(call: PacketCall): Promise<void> {
    if (this.#host === undefined) throw linkStale('the slot');
    await this.#host.deliver(call);
  }

  async close(link: LinkId): Promise<void> {
    if (this.#host !== undefined && isSame(this.#host.link, link)) this.#host.close();
  }

  async crash(): Promise<void> {
    this.ctx.abort('crash by request');
  }

  #hostOf(link: LinkId): SlotHost {
    const host = this.#host;
    if (host === undefined || host.closed || !isSame(host.link, link)) throw linkStale('the slot');
    return host;
  }
}

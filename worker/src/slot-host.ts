/**
 * A slot within its object, for as long as one link lasts: passes control messages in order both ways, opens channels
 * and storage over calls, and gives itself up when the coordinator does not hear it any more.
 */
import { errorToData } from '../../host-ts/src/base/index.ts';
import { standardConnectors } from '../../host-ts/src/connectors/index.ts';
import type { FromSlot, ToSlot } from '../../host-ts/src/control/index.ts';
import type { Platform } from '../../host-ts/src/platform/index.ts';
import { Slot } from '../../host-ts/src/slot/index.ts';
import type { JobObjects } from './bindings.ts';
import type { LinkId, PacketCall, SlotOpening } from './calls.ts';
import { linkStale, objectLost } from './errors.ts';
import { METRICS_EVERY_MS, SLICE_PIECES_MAX } from './limits.ts';
import { logConnector } from './log-connector.ts';
import { Inbox, Outbox } from './outbox.ts';
import { RpcChannels } from './rpc-channels.ts';
import type { RpcPlan } from './rpc-channels.ts';
import type { ServedJobs } from './served-jobs.ts';
import { calledStorage } from './storage-calls.ts';

export interface SlotHostInit {
  readonly opening: SlotOpening;
  readonly objects: JobObjects;
  readonly jobs: ServedJobs;
  readonly platformOf: (log: Platform['log']) => Platform;
}

export class SlotHost {
  readonly link: LinkId;
  readonly #init: SlotHostInit;
  readonly #slot: Slot;
  readonly #inbox = new Inbox();
  readonly #outbox: Outbox<FromSlot>;
  readonly #channels: RpcChannels;
  #attempt = 0;
  #closed = false;

  constructor(init: SlotHostInit) {
    this.#init = init;
    const { opening, objects, jobs } = init;
    this.link = opening.link;
    const coordinator = objects.coordinator();
    this.#outbox = new Outbox({
      send: async (sequence, messages) => {
        const heard = await coordinator.report(opening.link, opening.slot, sequence, messages);
        if (!heard) throw linkStale('the coordinator');
      },
      failed: () => this.#coordinatorLost(),
    });
    const post = (message: FromSlot): void => this.#outbox.post(message);
    const platform = init.platformOf((line) => post({ type: 'log', slot: opening.slot, line }));
    this.#channels = new RpcChannels({
      timers: platform.timers,
      peer: (slot) => objects.slot(slot),
      lost: (peer, error) => this.#peerLost(peer, error),
    });
    this.#slot = new Slot({
      platform,
      post,
      openStorage: async () => calledStorage(coordinator),
      openChannels: (plan) => this.#channels.open(plan as RpcPlan),
      buildJob: (name, parameters) => jobs.build(name, parameters),
      connectors: { ...standardConnectors, log: logConnector((input, partition) => objects.log(input, partition)) },
      piecesMax: SLICE_PIECES_MAX,
      metricsEveryMs: METRICS_EVERY_MS,
    });
    this.#slot.hello();
  }

  get closed(): boolean {
    return this.#closed;
  }

  control(sequence: number, messages: readonly ToSlot[]): void {
    if (!this.#inbox.isNew(sequence)) return;
    for (const message of messages) {
      if (message.type === 'deploy') this.#attempt = Math.max(this.#attempt, message.attempt);
      this.#slot.receive(message);
    }
  }

  deliver(call: PacketCall): Promise<void> {
    return this.#channels.deliver(call);
  }

  close(): void {
    this.#closed = true;
    this.#outbox.close();
    this.#slot.close();
    this.#channels.close();
  }

  #peerLost(peer: number, error: unknown): void {
    if (this.#closed) return;
    const lost = errorToData(objectLost(`slot ${peer}`, error));
    this.#outbox.post({ type: 'failed', attempt: this.#attempt, slot: this.#init.opening.slot, error: lost });
  }

  /** Its object was reset, or a newer run has begun there: being called is what brings it back. */
  #coordinatorLost(): void {
    if (this.#closed) return;
    this.close();
    this.#init.objects
      .coordinator()
      .wake()
      .catch(() => undefined); // then its alarm does
  }
}

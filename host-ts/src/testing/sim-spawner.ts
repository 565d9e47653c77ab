/**
 * Simulated workers: every slot is a Slot of the real code with an engine of its own, reached by
 * messages that take a random time and arrive in order.
 */
import type { CarryLimits, CheckpointStorage, SlotSnapshot } from '../checkpoint/index.ts';
import type { ConnectorRegistry } from '../connectors/index.ts';
import type { ChannelPlans, FromSlot, SlotLink, SlotLinkEvents, Spawner, ToSlot } from '../control/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import { Slot } from '../slot/index.ts';
import type { SlotFaults } from '../slot/index.ts';
import { SimNetwork } from './sim-channels.ts';
import type { SimPlan } from './sim-channels.ts';
import { SimStorage } from './sim-storage.ts';
import { simPlatform } from './sim-platform.ts';
import type { World } from './world.ts';

/** Of the workers that die, how many go without a word. */
const SILENT_SHARE = 0.1;

export interface SimSpawnerInit {
  readonly world: World;
  readonly module: WebAssembly.Module;
  readonly storage: CheckpointStorage;
  readonly registry: ConnectorRegistry;
  /** A fresh build of the job, as each worker makes its own. */
  readonly buildJob: () => BuiltJob;
  readonly faults: SlotFaults;
  readonly carry: CarryLimits | undefined;
  /** A slot has acknowledged an epoch. */
  readonly acknowledged: (snapshot: SlotSnapshot) => void;
}

interface SimWorker {
  readonly slot: number;
  readonly worker: Slot;
  readonly events: SlotLinkEvents;
  alive: boolean;
}

export class SimSpawner implements Spawner {
  readonly channelKind = 'simulated';
  readonly #init: SimSpawnerInit;
  readonly #workers = new Set<SimWorker>();

  constructor(init: SimSpawnerInit) {
    this.#init = init;
  }

  spawn(slot: number, events: SlotLinkEvents): SlotLink {
    const { world } = this.#init;
    const inbox = new OrderedMail(world);
    const outbox = new OrderedMail(world);
    const sim: SimWorker = {
      slot,
      events,
      alive: true,
      worker: this.#createSlot(
        () => sim.alive,
        (message) => {
          if (!sim.alive) return;
          if (message.type === 'snapshot') this.#init.acknowledged(message.snapshot);
          outbox.send(() => events.message(message));
        },
      ),
    };
    this.#workers.add(sim);
    world.at(world.random.next() * 3, () => {
      if (sim.alive) sim.worker.hello();
    });
    return {
      post: (message: ToSlot) => {
        inbox.send(() => {
          if (sim.alive) sim.worker.receive(message);
        });
      },
      kill: () => this.#end(sim),
    };
  }

  channelPlan(_edges: readonly number[], parallelism: number): ChannelPlans {
    const network = new SimNetwork(this.#init.world);
    const plans = Array.from({ length: parallelism }, (_, slot): SimPlan => ({ kind: 'simulated', slot, network }));
    return { plans, transfers: plans.map(() => []) };
  }

  /**
   * A worker dies at once; the coordinator hears of it later, or now and then never: it finds out by the silence.
   * False when none is alive.
   */
  crashOne(): boolean {
    const alive = [...this.#workers].filter((worker) => worker.alive);
    if (alive.length === 0) return false;
    const { world } = this.#init;
    const victim = world.random.pick(alive);
    this.#end(victim);
    if (!world.random.chance(SILENT_SHARE)) world.at(world.random.next() * 5, () => victim.events.exit('crashed'));
    return true;
  }

  /** The whole process dies: nobody hears of anything any more. */
  crashAll(): void {
    for (const worker of Array.from(this.#workers)) this.#end(worker);
  }

  #end(sim: SimWorker): void {
    if (!sim.alive) return;
    sim.alive = false;
    this.#workers.delete(sim);
    sim.worker.close();
  }

  #createSlot(alive: () => boolean, post: (message: FromSlot) => void): Slot {
    const { world, module, storage, registry, buildJob, faults, carry } = this.#init;
    return new Slot({
      platform: simPlatform(world, module, alive),
      post,
      openStorage: () => Promise.resolve(new SimStorage(world, storage, alive)),
      openChannels: (plan) => {
        const { slot, network } = plan as SimPlan;
        return network.open(slot, alive);
      },
      buildJob,
      connectors: registry,
      piecesMax: world.random.between(1, 6),
      metricsEveryMs: 50,
      faults,
      ...(carry !== undefined && { carry }),
    });
  }
}

/** Messages of one direction: each takes its time, none overtakes another. */
class OrderedMail {
  readonly #world: World;
  #lastMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  send(deliver: () => void): void {
    this.#lastMs = Math.max(this.#lastMs, this.#world.nowMs + this.#world.random.next() * 2);
    this.#world.at(this.#lastMs - this.#world.nowMs, deliver);
  }
}

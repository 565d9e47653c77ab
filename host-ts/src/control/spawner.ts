/**
 * How the coordinator gets its slots and their channels. Each home has one spawner (worker threads,
 * Web Workers, Durable Objects); the simulator has its own, with crashes.
 *
 * A spawner makes workers and knows nothing of jobs: what a slot has to do comes in its `deploy` message.
 */
import type { Transferable } from '../platform/index.ts';
import type { SlotLink, SlotLinkEvents } from './messages.ts';

/** Channels of one deployment: `plans[slot]` goes into the slot's DeployMessage, posted with `transfers[slot]`. */
export interface ChannelPlans {
  readonly plans: readonly unknown[];
  readonly transfers: readonly (readonly Transferable[])[];
}

export interface Spawner {
  readonly channelKind: 'ring' | 'message' | 'simulated' | 'rpc';
  /** Starts a worker; it says `ready` when it can be deployed to. */
  spawn(slot: number, events: SlotLinkEvents): SlotLink;
  /** Fresh channels for every edge and pair of slots. A plan is good for one deployment only. */
  channelPlan(edges: readonly number[], parallelism: number): ChannelPlans;
}

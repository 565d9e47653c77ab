/**
 * The channels of one deployment, as the coordinator makes them and a slot opens them.
 *
 * A plan holds what a slot needs for its own ends and nothing else: shared buffers, or ports that
 * are transferred with the plan. A slot's channel to itself never appears: it is private memory.
 */
import { RING_BYTES } from '../base/index.ts';
import type { Timers } from '../platform/index.ts';
import type { ChannelFactory, ChannelReceiver, ChannelSender, Doorbell } from './channel.ts';
import { BELL_BYTES, localDoorbell, remoteBell, sharedDoorbell } from './doorbell.ts';
import type { OwnedDoorbell } from './doorbell.ts';
import { channelPlanUnknown, channelUnknown } from './errors.ts';
import type { ChannelName } from './errors.ts';
import { MessageReceiver, MessageSender } from './message-channel.ts';
import type { Port } from './message-channel.ts';
import { ringMemoryBytes, RingReceiver, RingSender } from './ring-channel.ts';

export interface RingPlan {
  readonly kind: 'ring';
  readonly slot: number;
  /** One doorbell per slot. */
  readonly bells: SharedArrayBuffer;
  readonly rings: readonly (ChannelName & { readonly memory: SharedArrayBuffer })[];
}

export interface MessagePlan {
  readonly kind: 'message';
  readonly slot: number;
  readonly ports: readonly (ChannelName & { readonly port: Port })[];
}

export interface DeploymentChannels<Plan> {
  /** `plans[slot]`, posted to that slot with `transfers[slot]`. */
  readonly plans: readonly Plan[];
  readonly transfers: readonly (readonly object[])[];
}

/** What a slot works with; `close` gives up every channel and the doorbell. */
export interface OpenedChannels {
  readonly factory: ChannelFactory;
  readonly doorbell: Doorbell;
  close(): void;
}

interface PlanOptions {
  /** Ids of the edges that cross slots. */
  readonly edges: readonly number[];
  readonly parallelism: number;
}

/** One ring of RING_BYTES per edge and ordered pair of different slots. Pages are only touched when used. */
export function createRingPlan({ edges, parallelism }: PlanOptions): DeploymentChannels<RingPlan> {
  const bells = new SharedArrayBuffer(parallelism * BELL_BYTES);
  const rings = pairs(edges, parallelism).map((name) => ({
    ...name,
    memory: new SharedArrayBuffer(ringMemoryBytes(RING_BYTES)),
  }));
  const plans = slots(parallelism).map((slot) => ({
    kind: 'ring' as const,
    slot,
    bells,
    rings: rings.filter(({ from, to }) => from === slot || to === slot),
  }));
  return { plans, transfers: plans.map(() => []) };
}

/** One pair of ports per edge and ordered pair of different slots; `newPair` makes a MessageChannel's two ports. */
export function createMessagePlan(
  { edges, parallelism }: PlanOptions,
  newPair: () => readonly [Port, Port],
): DeploymentChannels<MessagePlan> {
  const ports = slots(parallelism).map((): (ChannelName & { readonly port: Port })[] => []);
  for (const name of pairs(edges, parallelism)) {
    const [sending, receiving] = newPair();
    ports[name.from]?.push({ ...name, port: sending });
    ports[name.to]?.push({ ...name, port: receiving });
  }
  const plans = ports.map((own, slot) => ({ kind: 'message' as const, slot, ports: own }));
  return { plans, transfers: plans.map((plan) => plan.ports.map(({ port }) => port)) };
}

/** Opens a slot's plan of either kind, as it came with the deployment. */
export function openChannels(plan: unknown, timers: Timers): OpenedChannels {
  const { kind } = plan as { readonly kind: unknown };
  if (kind === 'ring') return ringChannels(plan as RingPlan, timers);
  if (kind === 'message') return messageChannels(plan as MessagePlan, timers);
  throw channelPlanUnknown(String(kind));
}

/**
 * Opens one deployment's channels after another in a worker that outlives an attempt: those of the
 * former deployment are given up.
 */
export function channelOpener(timers: Timers): (plan: unknown) => OpenedChannels {
  let last: OpenedChannels | undefined;
  return (plan) => {
    last?.close();
    last = openChannels(plan, timers);
    return last;
  };
}

export function ringChannels(plan: RingPlan, timers: Timers): OpenedChannels {
  const doorbell = sharedDoorbell(plan.bells, plan.slot, timers);
  const memoryOf = (name: ChannelName): SharedArrayBuffer => find(plan.rings, name).memory;
  return opened('ring', plan.slot, doorbell, {
    sender: (name) => new RingSender(memoryOf(name), name, remoteBell(plan.bells, name.to)),
    receiver: (name) => new RingReceiver(memoryOf(name), name, remoteBell(plan.bells, name.from)),
  });
}

/** A port keeps what comes before its end is opened. */
export function messageChannels(plan: MessagePlan, timers: Timers): OpenedChannels {
  const doorbell = localDoorbell(timers);
  const portOf = (name: ChannelName): Port => find(plan.ports, name).port;
  const channels = opened('message', plan.slot, doorbell, {
    sender: (name) => new MessageSender(portOf(name), name, doorbell),
    receiver: (name) => new MessageReceiver(portOf(name), name, doorbell),
  });
  return {
    ...channels,
    close() {
      channels.close();
      for (const { port } of plan.ports) port.close(); // also those whose end was never opened
    },
  };
}

/** Both ends of a channel within one slot. */
export function localChannel(
  name: ChannelName,
  doorbell: Doorbell,
  capacityBytes: number = RING_BYTES,
): { readonly sender: ChannelSender; readonly receiver: ChannelReceiver } {
  const memory = new ArrayBuffer(ringMemoryBytes(capacityBytes));
  return { sender: new RingSender(memory, name, doorbell), receiver: new RingReceiver(memory, name, doorbell) };
}

interface Ends {
  readonly sender: (name: ChannelName) => ChannelSender;
  readonly receiver: (name: ChannelName) => ChannelReceiver;
}

/** Each end is made once: an end keeps its own position. */
function opened(kind: 'ring' | 'message', slot: number, doorbell: OwnedDoorbell, ends: Ends): OpenedChannels {
  const senders = new Map<string, ChannelSender>();
  const receivers = new Map<string, ChannelReceiver>();
  const keyOf = ({ edge, from, to }: ChannelName): string => `${edge}:${from}:${to}`;
  const withOwn = (name: ChannelName): void => {
    if (name.from !== name.to || senders.has(keyOf(name))) return;
    const local = localChannel(name, doorbell);
    senders.set(keyOf(name), local.sender);
    receivers.set(keyOf(name), local.receiver);
  };
  const once = <End>(made: Map<string, End>, name: ChannelName, make: (name: ChannelName) => End): End => {
    withOwn(name);
    const end = made.get(keyOf(name)) ?? make(name);
    made.set(keyOf(name), end);
    return end;
  };
  return {
    factory: {
      kind,
      sender: (edge, to) => once(senders, { edge, from: slot, to }, ends.sender),
      receiver: (edge, from) => once(receivers, { edge, from, to: slot }, ends.receiver),
    },
    doorbell,
    close() {
      for (const end of [...senders.values(), ...receivers.values()]) end.close();
      doorbell.close();
    },
  };
}

function slots(parallelism: number): number[] {
  return Array.from({ length: parallelism }, (_, slot) => slot);
}

function pairs(edges: readonly number[], parallelism: number): ChannelName[] {
  const all = slots(parallelism);
  return edges.flatMap((edge) =>
    all.flatMap((from) => all.filter((to) => to !== from).map((to) => ({ edge, from, to }))),
  );
}

function find<Found extends ChannelName>(all: readonly Found[], { edge, from, to }: ChannelName): Found {
  const found = all.find((one) => one.edge === edge && one.from === from && one.to === to);
  if (found === undefined) throw channelUnknown({ edge, from, to });
  return found;
}

/**
 * Builds the subtask of one vertex in one slot: its stages, its way in and its way out.
 */
import type { Engine } from '../engine/index.ts';
import { LocalChannel } from '../exchange/index.ts';
import type { ChannelFactory, ChannelReceiver, ChannelSender } from '../exchange/index.ts';
import { taskPlans } from '../plan/index.ts';
import type { BuiltJob, FanOutput, JobGraph, Vertex } from '../plan/index.ts';
import { ChainOutput } from './chain-output.ts';
import type { Route } from './chain-output.ts';
import { Chain } from './chain.ts';
import { ClosureStage } from './closure-stage.ts';
import { NativeStage } from './native-stage.ts';
import type { SinkRunner } from './sink-runner.ts';
import type { StageRunner } from './stage.ts';
import { WATERMARK_NONE } from './times.ts';

/** Channels of a slot: those to and from other slots, and those within it. */
export class SlotChannels {
  readonly #factory: ChannelFactory;
  readonly #slot: number;
  readonly #parallelism: number;
  readonly #local = new Map<number, LocalChannel>();
  readonly #wake: () => void;

  constructor(factory: ChannelFactory, slot: number, parallelism: number, wake: () => void) {
    this.#factory = factory;
    this.#slot = slot;
    this.#parallelism = parallelism;
    this.#wake = wake;
  }

  /** One sender per slot, in slot order. */
  hashSenders(edge: number): readonly ChannelSender[] {
    return this.#eachSlot((slot) => (slot === this.#slot ? this.#localChannel(edge).sender : this.#factory.sender(edge, slot)));
  }

  hashReceivers(edge: number): readonly ChannelReceiver[] {
    return this.#eachSlot((slot) => (slot === this.#slot ? this.#localChannel(edge).receiver : this.#factory.receiver(edge, slot)));
  }

  forwardSender(edge: number): ChannelSender {
    return this.#localChannel(edge).sender;
  }

  forwardReceiver(edge: number): ChannelReceiver {
    return this.#localChannel(edge).receiver;
  }

  #eachSlot<T>(make: (slot: number) => T): readonly T[] {
    return Array.from({ length: this.#parallelism }, (_, slot) => make(slot));
  }

  #localChannel(edge: number): LocalChannel {
    let channel = this.#local.get(edge);
    if (channel === undefined) this.#local.set(edge, (channel = new LocalChannel(this.#wake)));
    return channel;
  }
}

export interface ChainInit {
  readonly built: BuiltJob;
  readonly vertex: Vertex;
  readonly slot: number;
  readonly parallelism: number;
  readonly attempt: number;
  readonly engine: Engine;
  readonly channels: SlotChannels;
  readonly sinks: (vertex: Vertex, fan: FanOutput, firstIndex: number) => readonly SinkRunner[];
}

export interface BuiltChain {
  readonly chain: Chain;
  /** Stages with state, by their index. */
  readonly stateful: readonly { readonly stage: number; readonly native: NativeStage }[];
  readonly timeStage: NativeStage | undefined;
}

export function buildChain(init: ChainInit): BuiltChain {
  const { built, vertex, parallelism, engine } = init;
  const stages: StageRunner[] = [];
  const stateful: { stage: number; native: NativeStage }[] = [];
  let timeStage: NativeStage | undefined;
  for (const plan of taskPlans(vertex, built.graph, parallelism)) {
    if (plan.kind === 'closure') {
      stages.push(new ClosureStage(plan, built.functions));
      continue;
    }
    const names = new Map(plan.operators.map(({ id, name }) => [id, name]));
    const stateOperator = plan.operators.find((operator) => operator.stateful)?.id ?? -1;
    const native = new NativeStage(engine, engine.createTask(plan.words, names), stateOperator);
    if (plan.stateful) stateful.push({ stage: stages.length, native });
    if (plan.operators.some((operator) => operator.kind === 'time')) timeStage = native;
    stages.push(native);
  }
  return { chain: new Chain(stages, buildOutput(init), WATERMARK_NONE), stateful, timeStage };
}

/** Receivers of a vertex that reads from edges: per edge one from every slot, or one from this. */
export function inputChannels(graph: JobGraph, vertex: Vertex, channels: SlotChannels): readonly ChannelReceiver[] {
  return graph.edges
    .filter((edge) => edge.to === vertex.id)
    .flatMap((edge) => (edge.kind === 'hash' ? channels.hashReceivers(edge.id) : [channels.forwardReceiver(edge.id)]));
}

function buildOutput(init: ChainInit): ChainOutput {
  const { vertex, attempt } = init;
  const main: Route =
    vertex.output.kind === 'exchange'
      ? { exchange: init.channels.hashSenders(vertex.output.edge), forward: [], sinks: [] }
      : fanRoute(init, vertex.output, 0);
  const late: Route =
    vertex.late === undefined ? { exchange: [], forward: [], sinks: [] } : fanRoute(init, vertex.late, main.sinks.length);
  return new ChainOutput(main, late, attempt);
}

function fanRoute(init: ChainInit, fan: FanOutput, firstSink: number): Route {
  const { built, vertex, channels } = init;
  const forward = fan.forward.map((to) => {
    const edge = built.graph.edges.find((e) => e.kind === 'forward' && e.from === vertex.id && e.to === to);
    if (edge === undefined) throw new TypeError(`no forward edge from ${vertex.id} to ${to}`);
    return channels.forwardSender(edge.id);
  });
  return { exchange: [], forward, sinks: init.sinks(vertex, fan, firstSink) };
}

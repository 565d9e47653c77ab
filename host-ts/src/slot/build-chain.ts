/**
 * Builds the subtask of one vertex in one slot: its stages, its way in and its way out.
 */
import type { Sink } from '../connectors/index.ts';
import type { Engine } from '../engine/index.ts';
import type { ChannelFactory, ChannelReceiver } from '../exchange/index.ts';
import { taskPlans } from '../plan/index.ts';
import type { BuiltJob, FanOutput, Vertex } from '../plan/index.ts';
import type { Platform } from '../platform/index.ts';
import { ChainOutput } from './chain-output.ts';
import type { Route } from './chain-output.ts';
import { Chain } from './chain.ts';
import { ClosureStage } from './closure-stage.ts';
import { NativeStage } from './native-stage.ts';
import type { StageRunner } from './stage.ts';
import { WATERMARK_NONE } from './times.ts';

export interface ChainInit {
  readonly built: BuiltJob;
  readonly vertex: Vertex;
  readonly slot: number;
  readonly parallelism: number;
  readonly attempt: number;
  readonly engine: Engine;
  readonly channels: ChannelFactory;
  /** The platform's compileFunction, for loops of closures. */
  readonly compile: Platform['compileFunction'];
  readonly sinks: (vertex: Vertex, fan: FanOutput, firstIndex: number) => readonly Sink[];
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
      stages.push(new ClosureStage(plan, built.functions, init.compile));
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

/** Receivers of a vertex that reads from edges: per hash edge one from every slot, else one from this. */
export function inputChannels(
  init: Pick<ChainInit, 'built' | 'vertex' | 'channels' | 'slot' | 'parallelism'>,
): readonly ChannelReceiver[] {
  const { built, vertex, channels, slot, parallelism } = init;
  return built.graph.edges
    .filter((edge) => edge.to === vertex.id)
    .flatMap((edge) =>
      (edge.kind === 'hash' ? everySlot(parallelism) : [slot]).map((from) => channels.receiver(edge.id, from)),
    );
}

function everySlot(parallelism: number): readonly number[] {
  return Array.from({ length: parallelism }, (_, slot) => slot);
}

function buildOutput(init: ChainInit): ChainOutput {
  const { vertex, attempt, channels, parallelism } = init;
  const { output } = vertex;
  const main: Route =
    output.kind === 'exchange'
      ? { exchange: everySlot(parallelism).map((to) => channels.sender(output.edge, to)), forward: [], sinks: [] }
      : fanRoute(init, output, 0);
  const late: Route =
    vertex.late === undefined
      ? { exchange: [], forward: [], sinks: [] }
      : fanRoute(init, vertex.late, main.sinks.length);
  return new ChainOutput(main, late, attempt);
}

function fanRoute(init: ChainInit, fan: FanOutput, firstSink: number): Route {
  const { built, vertex, channels } = init;
  const forward = fan.forward.map((to) => {
    const edge = built.graph.edges.find((e) => e.kind === 'forward' && e.from === vertex.id && e.to === to);
    if (edge === undefined) throw new TypeError(`no forward edge from ${vertex.id} to ${to}`);
    return channels.sender(edge.id, init.slot);
  });
  return { exchange: [], forward, sinks: init.sinks(vertex, fan, firstSink) };
}

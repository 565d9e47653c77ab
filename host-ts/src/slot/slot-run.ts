/**
 * One attempt in one slot: builds the job's chains, restores their state, runs the loop.
 */
import { CARRY_LIMITS } from '../checkpoint/index.ts';
import type { CheckpointStorage, RecordRef, SplitState } from '../checkpoint/index.ts';
import { createSink, openConnector } from '../connectors/index.ts';
import type { Sink } from '../connectors/index.ts';
import type { DeployMessage, ToSlot } from '../control/index.ts';
import { Engine } from '../engine/index.ts';
import type { Schema } from '../schema/index.ts';
import type { BuiltJob, FanOutput, SinkSpec, Vertex } from '../plan/index.ts';
import { keyGroupRange } from '../plan/index.ts';
import type { ChannelFactory, OpenedChannels } from '../exchange/index.ts';
import { errorToData, withContext } from '../base/index.ts';
import { buildChain, inputChannels } from './build-chain.ts';
import type { BuiltChain } from './build-chain.ts';
import { EdgeSubtask } from './edge-subtask.ts';
import { tellingFirstRows } from './first-rows.ts';
import { jobNotDeterministic, stateNotInGraph } from './errors.ts';
import { Gate } from './gate.ts';
import { Pacer } from './pacer.ts';
import type { SlotDependencies } from './slot-dependencies.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import { SourceSubtask } from './source-subtask.ts';
import { StepLoop } from './step-loop.ts';
import type { Subtask } from './subtask.ts';

const METRICS_EVERY_MS = 200;

export class SlotRun {
  readonly #deps: SlotDependencies;
  readonly #deploy: DeployMessage;
  readonly #onFailure: (error: unknown) => void;
  readonly #sources = new Map<number, SourceSubtask>();
  readonly #pacers: Pacer[] = [];
  readonly #subtasks: Subtask[] = [];
  readonly #chains = new Map<number, BuiltChain>();
  /** What came before the chains were there, the newest of its kind. */
  readonly #early = new Map<string, ToSlot>();
  #built: BuiltJob | undefined;
  #engine: Engine | undefined;
  #storage: CheckpointStorage | undefined;
  #writer: SnapshotWriter | undefined;
  #loop: StepLoop | undefined;
  #metricsTimer: (() => void) | undefined;
  #channels: OpenedChannels | undefined;
  #closed = false;
  #toldFirstRows = false;

  constructor(deps: SlotDependencies, deploy: DeployMessage, onFailure: (error: unknown) => void) {
    this.#deps = deps;
    this.#deploy = deploy;
    this.#onFailure = onFailure;
  }

  /** Settles when the slot is ready to work, or closed meanwhile; rejects with what is wrong. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } finally {
      if (this.#closed) this.#release(); // what was opened behind the closing
    }
  }

  async #open(): Promise<void> {
    const { platform } = this.#deps;
    const built = this.#deps.buildJob(this.#deploy.jobName, this.#deploy.parameters);
    if (built.graphHash !== this.#deploy.graphHash) {
      throw jobNotDeterministic(this.#deploy.jobName, this.#deploy.graphHash, built.graphHash);
    }
    this.#built = built;
    const { memoryBytesMax } = this.#deploy;
    const engine = Engine.create(await platform.engineModule(), { memoryBytesMax });
    this.#engine = engine;
    this.#storage = await this.#deps.openStorage(this.#deploy.storage);
    if (this.#closed) return;
    const channels = this.#deps.openChannels(this.#deploy.channels);
    this.#channels = channels;
    this.#writer = this.#createWriter(built, engine, this.#storage);
    for (const vertex of built.graph.vertices) {
      await this.#openVertex(built, engine, vertex, channels.factory);
      if (this.#closed) return;
      this.#postMetrics();
    }
    await this.#restore();
    if (this.#closed) return;
    this.#loop = new StepLoop({
      platform,
      doorbell: channels.doorbell,
      subtasks: this.#subtasks,
      background: () => this.#writer?.step() ?? false,
      fail: (error, vertex) => this.#fail(error, vertex),
      piecesMax: this.#deps.piecesMax ?? Number.MAX_SAFE_INTEGER,
    });
    for (const message of this.#early.values()) this.receive(message);
    this.#early.clear();
    this.#scheduleMetrics();
    this.#loop.wake();
  }

  receive(message: ToSlot): void {
    if (this.#loop === undefined) {
      this.#early.set('vertex' in message ? `${message.type}/${message.vertex}` : message.type, message);
      return;
    }
    switch (message.type) {
      case 'assign':
        this.#sources.get(message.vertex)?.setFloor(BigInt(message.floor), false);
        this.#sources.get(message.vertex)?.assign(message.split, this.#seek(message.state));
        break;
      case 'floor':
        this.#sources.get(message.vertex)?.setFloor(BigInt(message.floor), message.noMoreSplits);
        break;
      case 'barrier':
        for (const source of this.#sources.values()) source.injectBarrier(message.epoch);
        break;
      case 'pace':
        for (const pacer of this.#pacers) pacer.set(message.pace);
        for (const source of this.#sources.values()) source.setPaused(message.paused);
        break;
      case 'deploy':
        break;
    }
    this.#loop.wake();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop?.stop();
    this.#writer?.close();
    this.#metricsTimer?.();
    this.#release();
  }

  /** Gives back what has been opened so far. */
  #release(): void {
    const failed = (error: unknown): void => {
      const { code, message } = errorToData(error);
      this.#deps.platform.log({ level: 'debug', message: 'closing a slot failed', values: { code, message } });
    };
    for (const subtask of this.#subtasks.splice(0)) {
      try {
        subtask.close();
      } catch (error) {
        failed(error);
      }
    }
    this.#channels?.close();
    this.#channels = undefined;
    this.#storage?.close().catch(failed);
    this.#storage = undefined;
  }

  async #openVertex(built: BuiltJob, engine: Engine, vertex: Vertex, channels: ChannelFactory): Promise<void> {
    const { slot, parallelism, attempt } = this.#deploy;
    const sinks = (of: Vertex, fan: FanOutput, first: number): readonly Sink[] =>
      fan.sinks.map((spec, index) => {
        const schema = fan === of.late ? of.inSchema : of.outSchema;
        return this.#createSink(of, spec, schema, first + index);
      });
    const compile = this.#deps.platform.compileFunction;
    const chain = buildChain({ built, vertex, slot, parallelism, attempt, engine, channels, compile, sinks });
    this.#chains.set(vertex.id, chain);
    if (vertex.input.kind === 'source') {
      const source = await this.#openSource(built, engine, vertex, chain);
      this.#sources.set(vertex.id, source);
      this.#subtasks.push(source);
      return;
    }
    const gate = new Gate(inputChannels({ built, vertex, channels, slot, parallelism }), attempt, {
      skipAlignment: this.#deps.faults?.skipAlignment ?? false,
    });
    const freeze = (epoch: number): void => this.#freeze(epoch, vertex.id, chain, []);
    this.#subtasks.push(new EdgeSubtask({ vertex: vertex.id, slot, chain: chain.chain, gate, freeze }));
  }

  async #openSource(built: BuiltJob, engine: Engine, vertex: Vertex, built_: BuiltChain): Promise<SourceSubtask> {
    if (vertex.input.kind !== 'source') throw new TypeError('not a source');
    const { platform, connectors } = this.#deps;
    const { slot, attempt, inputs, pace, batchRows, paused } = this.#deploy;
    const connector = await openConnector({ vertex, built, inputs, registry: connectors, platform });
    const pacer = new Pacer(platform.clock, pace, batchRows);
    this.#pacers.push(pacer);
    const { watermarks } = vertex.input;
    const init = {
      vertex: vertex.id,
      slot,
      chain: built_.chain,
      engine,
      connector,
      timeStage: built_.timeStage,
      outOfOrderMs: watermarks?.outOfOrderMs ?? 0,
      idleAfterMs: watermarks?.idleAfterMs,
      pacer,
      clock: platform.clock,
      timers: platform.timers,
      freeze: (epoch: number, splits: readonly SplitState[]) => this.#freeze(epoch, vertex.id, built_, splits),
      wantSplit: () => this.#deps.post({ type: 'want-split', attempt, slot, vertex: vertex.id }),
      splitDone: (splitId: string) =>
        this.#deps.post({ type: 'split-done', attempt, slot, vertex: vertex.id, splitId }),
      wake: () => this.#loop?.wake(),
      fail: (error: unknown) => this.#fail(error, vertex.id),
    };
    return new SourceSubtask(init, paused);
  }

  #createSink(vertex: Vertex, spec: SinkSpec, schema: Schema, sink: number): Sink {
    const { attempt, slot, tellFirstRows = false } = this.#deploy;
    const created = createSink(spec, schema, (frame) => {
      this.#deps.post({ type: 'rows', attempt, slot, vertex: vertex.id, sink, frame }, [frame.buffer]);
    });
    return spec.kind === 'table' && tellFirstRows ? tellingFirstRows(created, () => this.#tellFirstRows()) : created;
  }

  #tellFirstRows(): void {
    if (this.#toldFirstRows) return;
    this.#toldFirstRows = true;
    const { attempt, slot } = this.#deploy;
    this.#deps.post({ type: 'first-rows', attempt, slot });
  }

  #createWriter(built: BuiltJob, engine: Engine, storage: CheckpointStorage): SnapshotWriter {
    const { attempt, slot } = this.#deploy;
    const { platform, faults } = this.#deps;
    return new SnapshotWriter({
      engine,
      storage,
      attempt,
      slot,
      vertexCount: built.graph.vertices.length,
      steady: () => platform.clock.steady(),
      done: ({ epoch, snapshot, alignMs }) => {
        this.#postMetrics();
        this.#deps.post({ type: 'snapshot', attempt, epoch, snapshot, alignMs, bytes: snapshot.bytesWritten });
      },
      fail: (error) => this.#fail(error, undefined),
      carry: this.#deps.carry ?? CARRY_LIMITS,
      notCarried: (value, { code, message }) => {
        const values = { value, code, message };
        platform.log({ level: 'warn', message: 'records of a sparse value were not carried over', values });
      },
      forgetKeyGroup: faults?.forgetKeyGroup,
    });
  }

  #freeze(epoch: number, vertex: number, built: BuiltChain, splits: readonly SplitState[]): void {
    const sinks = built.chain.output.sinks.map((sink, index) => ({ sink: index, prepared: sink.prepare(epoch) }));
    this.#writer?.freeze({ epoch, vertex, natives: built.stateful, splits, sinks });
  }

  async #restore(): Promise<void> {
    const { restore, slot, parallelism } = this.#deploy;
    const engine = this.#engine;
    const storage = this.#storage;
    const keyGroups = this.#built?.graph.keyGroups ?? 0;
    if (restore === undefined || engine === undefined || storage === undefined) return;
    const own = keyGroupRange(slot, parallelism, keyGroups);
    const stateful = [...this.#chains.values()].flatMap((chain) => chain.stateful);
    for (const { native } of stateful) native.task.restoreBegin(own.from, own.to);
    const byValue = Map.groupBy(restore.records, (record) => record.value);
    for (const [value, records] of byValue) {
      const bytes = await storage.getValue(value);
      if (this.#closed) return;
      for (const record of records) this.#restoreRecord(record, bytes);
      this.#postMetrics();
    }
    for (const { native } of stateful) native.task.restoreEnd();
  }

  #restoreRecord(record: RecordRef, bytes: Uint8Array): void {
    const stateful = this.#chains.get(record.vertex)?.stateful.find(({ stage }) => stage === record.stage);
    if (stateful === undefined) throw stateNotInGraph(record.vertex, record.stage);
    stateful.native.task.restoreRecord(bytes.subarray(record.at, record.at + record.bytes));
  }

  /** The split's state; off by some rows when the simulator's test wants a wrong seek. */
  #seek(state: SplitState | null): SplitState | null {
    const off = this.#deps.faults?.seekRowsOff ?? 0;
    if (off === 0 || state === null || typeof state.position !== 'number') return state;
    return { ...state, position: Math.max(0, state.position - off) };
  }

  #scheduleMetrics(): void {
    const every = this.#deps.metricsEveryMs ?? METRICS_EVERY_MS;
    this.#metricsTimer = this.#deps.platform.timers.after(every, () => {
      if (this.#closed) return;
      this.#postMetrics();
      this.#scheduleMetrics();
    });
  }

  #postMetrics(): void {
    const { attempt, slot } = this.#deploy;
    const loop = this.#loop;
    // while the slot opens this is a sign of life only
    const subtasks = loop === undefined ? [] : this.#subtasks.map((subtask, at) => subtask.metrics(loop.clock(at)));
    this.#deps.post({ type: 'metrics', attempt, slot, subtasks });
  }

  #fail(error: unknown, vertex: number | undefined): void {
    if (this.#closed) return;
    const name = vertex === undefined ? undefined : this.#built?.graph.vertices[vertex]?.name;
    this.#onFailure(name === undefined ? error : withContext(error, { chain: name }));
  }
}

/** One run of a job in the coordinator's object: coordinator and slots, from its start or resume to its end. */
import { FRAME_ROWS_MAX } from '../../host-ts/src/abi/index.ts';
import { keptOpen } from '../../host-ts/src/checkpoint/index.ts';
import type { CheckpointStorage, HeldValues, Manifest } from '../../host-ts/src/checkpoint/index.ts';
import { standardConnectors } from '../../host-ts/src/connectors/index.ts';
import { Coordinator } from '../../host-ts/src/coordinator/index.ts';
import type { BuiltJob } from '../../host-ts/src/plan/index.ts';
import type { LogLine, Platform } from '../../host-ts/src/platform/index.ts';
import type { JobObjects } from './bindings.ts';
import { logConnector, logIdsOf } from './log-connector.ts';
import type { LogOptions } from './log-connector.ts';
import { TABLE_VIEW_BYTES_MAX } from './limits.ts';
import { RpcSpawner } from './rpc-spawner.ts';
import type { Run } from './run-record.ts';

export interface JobRunInit {
  readonly run: Run;
  readonly built: BuiltJob;
  readonly objects: JobObjects;
  readonly storage: CheckpointStorage;
  /** Of the storage; also those that read tables between runs have them. */
  readonly heldValues: HeldValues;
  readonly platform: Platform;
}

export class JobRun {
  readonly coordinator: Coordinator;
  readonly spawner: RpcSpawner;
  /** Settles when the inputs are bound and the first attempt has begun. */
  readonly started: Promise<void>;
  /** `started` has resolved. */
  begun = false;
  readonly #init: JobRunInit;
  #trimmedEpoch = 0;

  constructor(init: JobRunInit) {
    this.#init = init;
    const { run, built, objects, storage, heldValues, platform } = init;
    const { options } = run;
    this.spawner = new RpcSpawner({
      job: run.job,
      incarnation: run.incarnation,
      timers: platform.timers,
      slotOf: (slot) => objects.slot(slot),
    });
    this.coordinator = new Coordinator({
      built,
      platform,
      spawner: this.spawner,
      storage: keptOpen(storage),
      heldValues,
      tableViewBytesMax: TABLE_VIEW_BYTES_MAX,
      slotStorage: null, // slots call this object
      registry: { ...standardConnectors, log: logConnector((input, partition) => objects.log(input, partition)) },
      inputs: options.inputs,
      parameters: options.parameters,
      parallelism: options.parallelism,
      checkpointIntervalMs: options.checkpointIntervalMs,
      resume: options.resume || run.state === 'underway',
      memoryBytesMax: options.memoryBytesMax,
      batchRows: FRAME_ROWS_MAX,
      paused: options.paused,
      paceSpeed: options.pace,
    });
    if (Object.values(options.inputs).some(isTrimmed)) this.coordinator.observe(() => void this.#trim());
    this.started = this.coordinator.start().then(() => void (this.begun = true));
    this.started.catch(() => undefined); // told by status() and by who waits for it
  }

  get built(): BuiltJob {
    return this.#init.built;
  }

  /** After an epoch: rows that lie before the oldest kept checkpoint are not read again. */
  async #trim(): Promise<void> {
    const { storage, objects, platform, run } = this.#init;
    const { epoch } = this.coordinator.status();
    if (epoch === this.#trimmedEpoch) return;
    this.#trimmedEpoch = epoch;
    try {
      const [oldest] = await storage.epochs();
      if (oldest === undefined) return;
      const manifest = JSON.parse(new TextDecoder().decode(await storage.manifest(oldest))) as Manifest;
      for (const vertex of this.built.graph.vertices) {
        if (vertex.input.kind !== 'source' || vertex.input.source.kind !== 'input') continue;
        const { name } = vertex.input.source;
        if (!isTrimmed(run.options.inputs[name])) continue;
        const ids = logIdsOf(manifest.inputs[name]?.fingerprint ?? '');
        for (const split of manifest.splits.filter((split) => split.vertex === vertex.id)) {
          const offset = logOffset(split.position);
          const partition = partitionOf(split.splitId);
          const id = ids[partition];
          if (offset > 0 && id !== undefined) await objects.log(name, partition).trim(id, offset);
        }
      }
    } catch (error) {
      platform.log(trimFailed(error));
    }
  }
}

function isTrimmed(binding: Run['options']['inputs'][string] | undefined): boolean {
  return binding?.connector === 'log' && (binding.options as unknown as LogOptions).retain === 'checkpoints';
}

/** The connector's position (log-connector.ts) as an offset in the log. */
function logOffset(position: unknown): number {
  if (position === null || position === undefined) return 0;
  const { decoder, headerBytes } = position as { decoder: { offset: number }; headerBytes: number };
  return decoder.offset - headerBytes;
}

function partitionOf(splitId: string): number {
  return Number(splitId.slice('log-'.length));
}

function trimFailed(error: unknown): LogLine {
  return { level: 'warn', message: 'a log could not be trimmed', values: { reason: String(error) } };
}

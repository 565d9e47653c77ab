/** Starts a job in this process: the coordinator in this thread, every slot in a worker thread. */
import { buildJob, isJob } from '../api/index.ts';
import type { JobDefinition, JobHandle } from '../api/index.ts';
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import { PARALLELISM_MAX } from '../base/index.ts';
import type { Json } from '../base/index.ts';
import { MemoryCheckpointStorage } from '../checkpoint/index.ts';
import { standardConnectors } from '../connectors/index.ts';
import type { InputBinding } from '../connectors/index.ts';
import { Coordinator, createJobHandle } from '../coordinator/index.ts';
import type { Spawner } from '../control/index.ts';
import type { LogLine } from '../platform/index.ts';
import { FileCheckpointStorage } from './file-checkpoint-storage.ts';
import { inThreadSpawner } from './in-thread-spawner.ts';
import { importJob, moduleUrl } from './job-module.ts';
import { nodePlatform } from './node-platform.ts';
import { nodeSpawner } from './node-spawner.ts';

export interface StartOptions {
  /** By the job's input names: `{ flights: parquet('flights.parquet') }`. */
  readonly inputs?: Readonly<Record<string, InputBinding>>;
  /** What the job's function is given as `env.parameters`: plain JSON, null unless given. */
  readonly parameters?: Json;
  /** Slots, 1 … PARALLELISM_MAX; as many as there are cores unless given. */
  readonly parallelism?: number;
  /** Folder of the checkpoints; without it they are kept in memory and outlive slots, but not the process. */
  readonly checkpoints?: string;
  /** Go on from the newest checkpoint in the folder, if there is one. */
  readonly resume?: boolean;
  /** Milliseconds between checkpoints; 5,000 unless given. */
  readonly checkpointIntervalMs?: number;
  /** Event-milliseconds per millisecond; unlimited unless given. */
  readonly pace?: number;
  readonly paused?: boolean;
  readonly channels?: 'ring' | 'message';
  /** Bytes of one slot's engine at most; 1 GiB unless given. */
  readonly memoryBytesMax?: number;
  /** Rows of a source batch, at most FRAME_ROWS_MAX. */
  readonly batchRows?: number;
  readonly logLevel?: LogLine['level'];
  readonly log?: (line: LogLine) => void;
}

const CHECKPOINT_INTERVAL_MS = 5_000;
const MEMORY_BYTES_MAX = 2 ** 30;

/**
 * Starts the job that a module exports: `start('late-flights.ts')` (a path from the working folder)
 * or `start(new URL('./late-flights.ts', import.meta.url))`. Every slot imports the module again, in
 * a worker thread of its own. A job given as a value runs all its slots in this thread.
 *
 * Rejects with what is wrong with the module, the job, its inputs or the checkpoints; what fails
 * later fails `handle.done`.
 */
export async function startJob(source: string | URL | JobDefinition, options: StartOptions = {}): Promise<JobHandle> {
  const jobModule = isJob(source) ? undefined : moduleUrl(source);
  const job = isJob(source) ? source : await importJob(moduleUrl(source));
  const parameters = options.parameters ?? null;
  const built = buildJob(job, parameters);
  const platform = nodePlatform(options.log);
  const { checkpoints: folder } = options;
  const storage = folder === undefined ? new MemoryCheckpointStorage() : new FileCheckpointStorage(folder);
  const spawner: Spawner =
    jobModule === undefined
      ? inThreadSpawner({ job, platform, storage })
      : nodeSpawner({
          jobModule,
          storage: folder === undefined ? { served: storage } : { folder },
          channels: options.channels ?? 'ring',
        });
  const coordinator = new Coordinator({
    built,
    platform,
    storage,
    slotStorage: null, // a slot gets its access when its thread is made
    spawner,
    registry: standardConnectors,
    inputs: options.inputs ?? {},
    parameters,
    parallelism: options.parallelism ?? Math.min(platform.cores, PARALLELISM_MAX),
    resume: options.resume ?? false,
    checkpointIntervalMs: options.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS,
    memoryBytesMax: options.memoryBytesMax ?? MEMORY_BYTES_MAX,
    batchRows: options.batchRows ?? FRAME_ROWS_MAX,
    paused: options.paused ?? false,
    paceSpeed: options.pace ?? null,
    ...(options.logLevel !== undefined && { logLevel: options.logLevel }),
  });
  await coordinator.start();
  return createJobHandle(coordinator, built, platform.timers);
}

/** Starts a job in a page: one worker for the coordinator, one for every slot. */
import * as Comlink from 'comlink';
import type { JobDefinition } from '../api/index.ts';
import type { Json } from '../base/index.ts';
import type { InputBinding } from '../connectors/index.ts';
import { handleClosed, workerFailed } from './errors.ts';
import { pageWorkers } from './page-workers.ts';
import { remoteHandle, whenStarted } from './remote-handle.ts';
import type { PageJobHandle } from './remote-handle.ts';
import type { CoordinatorStart, RemoteJob } from './worker-messages.ts';

export interface StartOptions {
  /**
   * Makes a worker whose module calls `serveSlot([…])` with the job:
   * `() => new Worker(new URL('./slot-worker.ts', import.meta.url), { type: 'module' })`.
   */
  readonly worker: () => Worker;
  /** By the job's input names: `{ flights: parquet(url) }`. */
  readonly inputs?: Readonly<Record<string, InputBinding>>;
  /** What the job's function is given as `env.parameters`: plain JSON, null unless given. */
  readonly parameters?: Json;
  /** Slots; as many as there are cores, at most 8, unless given. */
  readonly parallelism?: number;
  /** Name under which checkpoints are kept in IndexedDB; without it they are kept in memory. */
  readonly checkpoints?: string;
  /** Go on from the newest checkpoint of that name, if there is one. */
  readonly resume?: boolean;
  /** Milliseconds between checkpoints; 5,000 unless given. */
  readonly checkpointIntervalMs?: number;
  /**
   * Rows of tables are seen with their checkpoint. With this a checkpoint begins as soon as there are rows, the next one
   * so many milliseconds later, and further ones ever less often, up to the usual interval. Unset: all at that interval.
   */
  readonly firstCheckpointMs?: number;
  /** Event-milliseconds per millisecond; unlimited unless given. */
  readonly pace?: number;
  readonly paused?: boolean;
  /** How rows cross workers: 'auto' takes shared memory where the page is cross-origin isolated. */
  readonly channels?: 'auto' | 'ring' | 'message';
  /** Bytes of one slot's engine at most; 1 GiB unless given. */
  readonly memoryBytesMax?: number;
  readonly batchRows?: number;
}

/**
 * Starts the job (or the job of that name). Rejects with what is wrong with the job, its inputs or
 * the checkpoints; what fails later fails `handle.done`. `handle.close()` gives the workers back.
 */
export async function startJob(job: JobDefinition | string, options: StartOptions): Promise<PageJobHandle> {
  const name = typeof job === 'string' ? job : job.name;
  const inputs = withWholeUrls(options.inputs ?? {}); // before there is anything to give back
  const calls = new MessageChannel();
  const workers = new MessageChannel();
  const coordinator = options.worker();
  const slots = pageWorkers(options.worker, workers.port1);
  let lose: (error: Error) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  lost.catch(() => undefined); // seen by whoever waits
  const first: CoordinatorStart = {
    sluice: 'coordinator',
    calls: calls.port2,
    workers: workers.port2,
    options: {
      job: name,
      inputs,
      parameters: options.parameters ?? null,
      parallelism: options.parallelism,
      checkpoints: options.checkpoints,
      resume: options.resume ?? false,
      checkpointIntervalMs: options.checkpointIntervalMs,
      firstCheckpointMs: options.firstCheckpointMs,
      pace: options.pace,
      paused: options.paused ?? false,
      channels: options.channels ?? 'auto',
      memoryBytesMax: options.memoryBytesMax,
      batchRows: options.batchRows,
    },
  };
  const remote = Comlink.wrap<RemoteJob>(calls.port1);
  const close = (): void => {
    lose(handleClosed(name));
    slots.close();
    coordinator.terminate();
    calls.port1.close();
  };
  // nobody else ends the slots, or takes the page's calls
  coordinator.onerror = (event) => {
    lose(workerFailed('the coordinator', event.message || 'its module did not load'));
    close();
  };
  try {
    // refuses what cannot travel: a stream that somebody reads, parameters that are no plain data
    coordinator.postMessage(first, [calls.port2, workers.port2, ...streamsOf(inputs)]);
    await whenStarted(remote, lost);
  } catch (error) {
    close();
    throw error;
  }
  return remoteHandle({ remote, lost, close });
}

/** URLs are the page's; in a worker a relative one would be taken from the worker's module. */
function withWholeUrls(inputs: Readonly<Record<string, InputBinding>>): Readonly<Record<string, InputBinding>> {
  const whole = ({ location, ...rest }: InputBinding): InputBinding => {
    if (location === undefined) return rest;
    if (location.kind !== 'url') return { ...rest, location };
    return { ...rest, location: { kind: 'url', url: new URL(location.url, document.baseURI).href } };
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, binding]) => [name, whole(binding)]));
}

/** Streams change their owner with the message; everything else is copied. */
function streamsOf(inputs: Readonly<Record<string, InputBinding>>): Transferable[] {
  return Object.values(inputs).flatMap(({ location }) => (location?.kind === 'stream' ? [location.stream] : []));
}

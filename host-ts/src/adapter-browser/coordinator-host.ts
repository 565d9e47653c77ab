/** The coordinator in a Web Worker of its own, so that a busy or hidden page never holds up checkpoints. */
import * as Comlink from 'comlink';
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import { buildJob } from '../api/index.ts';
import type { JobDefinition } from '../api/index.ts';
import { errorToData, PARALLELISM_MAX } from '../base/index.ts';
import { MemoryCheckpointStorage } from '../checkpoint/index.ts';
import { standardConnectors } from '../connectors/index.ts';
import type { JobHandle } from '../control/index.ts';
import { Coordinator, createJobHandle } from '../coordinator/index.ts';
import { browserPlatform } from './browser-platform.ts';
import { IdbCheckpointStorage } from './idb-checkpoint-storage.ts';
import type { CoordinatorOptions, CoordinatorStart, Outcome, RemoteJob } from './worker-messages.ts';
import { workerSpawner } from './worker-spawner.ts';

const CHECKPOINT_INTERVAL_MS = 5_000;
const MEMORY_BYTES_MAX = 2 ** 30;
/** More slots than this rarely help a page; it may ask for more. */
const SLOTS_DEFAULT_MAX = 8;

export function hostCoordinator(start: CoordinatorStart, jobNamed: (name: string) => JobDefinition): void {
  const starting = startCoordinator(start, jobNamed);
  starting.catch(() => undefined); // told by `started`
  Comlink.expose(remoteJob(starting), start.calls);
}

async function startCoordinator(
  { options, workers }: CoordinatorStart,
  jobNamed: (name: string) => JobDefinition,
): Promise<JobHandle> {
  const built = buildJob(jobNamed(options.job), options.parameters);
  const platform = browserPlatform();
  const idb = options.checkpoints;
  const storage = idb === undefined ? new MemoryCheckpointStorage() : new IdbCheckpointStorage(idb);
  const coordinator = new Coordinator({
    built,
    platform,
    storage,
    slotStorage: null, // a slot gets its access when its worker is made
    spawner: workerSpawner({
      workers,
      channels: channelForm(options.channels),
      storage: idb === undefined ? { served: storage } : { idb },
    }),
    registry: standardConnectors,
    inputs: options.inputs,
    parameters: options.parameters,
    parallelism: options.parallelism ?? Math.min(platform.cores, SLOTS_DEFAULT_MAX, PARALLELISM_MAX),
    resume: options.resume,
    checkpointIntervalMs: options.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS,
    ...(options.firstCheckpointMs !== undefined && { firstCheckpointMs: options.firstCheckpointMs }),
    memoryBytesMax: options.memoryBytesMax ?? MEMORY_BYTES_MAX,
    batchRows: options.batchRows ?? FRAME_ROWS_MAX,
    paused: options.paused,
    paceSpeed: options.pace ?? null,
  });
  await coordinator.start();
  return createJobHandle(coordinator, built, platform.timers);
}

/** Shared memory is what makes a ring; without cross-origin isolation there is none. */
function channelForm(wanted: CoordinatorOptions['channels']): 'ring' | 'message' {
  if (wanted !== 'auto') return wanted;
  return self.crossOriginIsolated && typeof SharedArrayBuffer === 'function' ? 'ring' : 'message';
}

type Anything = (...args: readonly unknown[]) => unknown;

function remoteJob(starting: Promise<JobHandle>): RemoteJob {
  const listeners = new Map<number, () => void>();
  const readings = new Map<number, AsyncIterator<Uint8Array>>();
  let numbers = 0;
  const listened = (stop: () => void, listener: unknown): number => {
    const number = ++numbers;
    listeners.set(number, () => {
      stop();
      (listener as { [Comlink.releaseProxy]?: () => void })[Comlink.releaseProxy]?.();
    });
    return number;
  };
  const withHandle = (step: (handle: JobHandle) => unknown): Promise<Outcome> =>
    starting.then(step).then(
      (value) => Comlink.transfer({ value }, transferablesOf(value)),
      (error: unknown) => ({ error: errorToData(error) }),
    );
  return {
    started: () => withHandle(() => undefined),
    done: () => withHandle((handle) => handle.done),
    call: (method, args) => withHandle((handle) => (handle[method] as Anything)(...args)),
    callTable: (table, method, args) => withHandle((handle) => (handle.table(table)[method] as Anything)(...args)),
    observe: (listener) => withHandle(async (handle) => listened(await handle.observe(listener), listener)),
    readStart: (table, options) =>
      withHandle((handle) => {
        const number = ++numbers;
        readings.set(number, handle.table(table).read(options)[Symbol.asyncIterator]());
        return number;
      }),
    readNext: (number) =>
      withHandle(async () => {
        const next = await readings.get(number)?.next();
        return next?.done === false ? next.value : undefined;
      }),
    async readEnd(number) {
      const reading = readings.get(number);
      readings.delete(number);
      await reading?.return?.();
    },
    subscribe: (table, listener) =>
      withHandle(async (handle) => listened(await handle.table(table).subscribe(listener), listener)),
    async unlisten(number) {
      listeners.get(number)?.();
      listeners.delete(number);
    },
  };
}

/** The buffers of a table's frames, of one or many: they are the receiver's. */
function transferablesOf(value: unknown): Transferable[] {
  const frames = (Array.isArray(value) ? value : [value]).filter((frame) => frame instanceof Uint8Array);
  return [...new Set(frames.map((frame) => frame.buffer as ArrayBuffer))];
}

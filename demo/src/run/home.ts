// The only file that knows how a job is started in a page: workers by URL, inputs by connector, where checkpoints go.
import { start } from 'sluice/browser';
import type { PageJobHandle } from 'sluice/browser';
import { parquet } from 'sluice/connectors';
import { FLIGHTS_URL } from './demo-jobs.ts';
import type { DemoJob } from './demo-jobs.ts';
import { takeWorker } from './workers.ts';

export interface StartSettings {
  readonly parallelism: number;
  /** Event-milliseconds per millisecond; null = as fast as it goes. */
  readonly paceSpeed: number | null;
  /** Go on from the newest checkpoint in IndexedDB. */
  readonly resume: boolean;
  /** Checkpoints in memory instead: a run beside the one on the page, of which nothing stays. */
  readonly inMemory?: boolean;
}

/** Often enough that results, which appear with their checkpoint, come smoothly. */
const CHECKPOINT_INTERVAL_MS = 500;
/** … and the first ones soon. */
const FIRST_CHECKPOINT_MS = 20;

export function startJob(demo: DemoJob, settings: StartSettings): Promise<PageJobHandle> {
  const { parallelism, paceSpeed, resume, inMemory = false } = settings;
  return start(demo.job, {
    worker: takeWorker,
    inputs: demo.inputs?.() ?? { flights: parquet(FLIGHTS_URL) },
    checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
    firstCheckpointMs: FIRST_CHECKPOINT_MS,
    parallelism,
    resume,
    ...(demo.parameters === undefined ? {} : { parameters: demo.parameters }),
    ...(inMemory ? {} : { checkpoints: demo.id }),
    ...(paceSpeed === null ? {} : { pace: paceSpeed }),
  });
}

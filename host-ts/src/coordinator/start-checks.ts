/** What must hold before a job starts or goes on. */
import { PARALLELISM_MAX } from '../base/index.ts';
import type { Manifest } from '../checkpoint/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import { jobChanged, jobNameDiffers, paceOutOfRange, parallelismOutOfRange } from './errors.ts';

/** Throws BAD_PARALLELISM: every slot needs a key group of its own. */
export function checkParallelism(parallelism: number, { graph }: BuiltJob): void {
  const max = Math.min(PARALLELISM_MAX, graph.keyGroups);
  const fits = Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= max;
  if (!fits) throw parallelismOutOfRange(parallelism, max);
}

/** Throws BAD_PACE: a speed is above 0, or null for as fast as it goes. */
export function checkPace(speed: number | null): void {
  if (speed !== null && !(speed > 0 && Number.isFinite(speed))) throw paceOutOfRange(speed);
}

/** Throws CHECKPOINT_OF_OTHER_JOB or JOB_CHANGED. */
export function checkFits(manifest: Manifest, { graph, graphHash }: BuiltJob): void {
  if (manifest.job !== graph.name) throw jobNameDiffers(manifest.job, graph.name);
  if (manifest.graphHash !== graphHash) throw jobChanged(graph.name, manifest.epoch, manifest.graphHash, graphHash);
}

/** What must hold before a job starts or goes on. */
import { PARALLELISM_MAX } from '../base/index.ts';
import type { Manifest } from '../checkpoint/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { CoordinatorInit } from './coordinator-init.ts';
import { jobChanged, jobNameDiffers, paceOutOfRange, parallelismOutOfRange } from './errors.ts';
import { bindSources, checkUnchanged, closeSources } from './inputs.ts';
import type { BoundSource } from './inputs.ts';

/** Rejects with whatever speaks against starting from these inputs and what lies in storage; changes nothing. */
export async function checkStart(init: CoordinatorInit, checkpoints: Checkpoints): Promise<readonly BoundSource[]> {
  const { built, resume } = init;
  checkParallelism(init.parallelism, built);
  checkPace(init.paceSpeed ?? null);
  const binding = bindSources(init);
  try {
    await checkpoints.load();
    const { newest } = checkpoints;
    if (newest !== undefined) checkFits(newest, built, resume);
    if (resume) checkpoints.checkReadable();
    const sources = await binding;
    if (newest !== undefined && resume) checkUnchanged(sources, newest);
    return sources;
  } catch (error) {
    // what was wrong with the start is the news
    binding.then(
      (sources) => closeSources(sources, () => undefined),
      () => undefined,
    );
    throw error;
  }
}

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

/** Throws CHECKPOINT_OF_OTHER_JOB, for they must not be forgotten either, and JOB_CHANGED if the job is to go on from it. */
function checkFits(manifest: Manifest, { graph, graphHash }: BuiltJob, resume: boolean): void {
  if (manifest.job !== graph.name) throw jobNameDiffers(manifest.job, graph.name);
  if (resume && manifest.graphHash !== graphHash)
    throw jobChanged(graph.name, manifest.epoch, manifest.graphHash, graphHash);
}

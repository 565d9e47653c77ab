/**
 * A job: a name and a function that says what to do. `buildJob` runs the function; every slot does
 * it again and must come to the same graph, so the function reads nothing from outside.
 *
 * Jobs are recognised by `Symbol.for`, not `instanceof`: a job may carry its own copy of the library.
 */
import { KEY_GROUPS, SluiceError } from '../base/index.ts';
import type { Json } from '../base/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import { finishJob } from '../plan/index.ts';
import { Draft } from './draft.ts';
import { Env } from './env.ts';
import { asyncBuilder, badJobName, buildFailed, notAJob, severalJobs } from './errors.ts';

const JOB = Symbol.for('sluice.job');

export interface JobOptions {
  /** Units in which keyed state is spread over slots: a power of two, fixed for the job's life. 128 unless given. */
  readonly keyGroups?: number;
}

export interface JobDefinition {
  readonly name: string;
  readonly build: (env: Env) => unknown;
  readonly options: JobOptions;
}

/** `export default job('late flights', (env) => env.source(flights)….sink(…))` */
export function job(name: string, build: (env: Env) => unknown, options: JobOptions = {}): JobDefinition {
  if (typeof name !== 'string' || name.trim() === '') throw badJobName(name);
  const definition: JobDefinition = { name, build, options };
  Object.defineProperty(definition, JOB, { value: true });
  return definition;
}

/** Whether a value is a job, of this or another copy of the library. */
export function isJob(value: unknown): value is JobDefinition {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[JOB] === true;
}

/**
 * The job of a module: its default export, or its only export that is a job. Throws NOT_A_JOB or
 * SEVERAL_JOBS; `module` names it in them.
 */
export function findJob(exports: unknown, module = 'the module'): JobDefinition {
  if (isJob(exports)) return exports;
  const members = typeof exports === 'object' && exports !== null ? (exports as Record<string, unknown>) : {};
  if (isJob(members['default'])) return members['default'];
  const jobs = Object.values(members).filter(isJob);
  if (jobs.length > 1)
    throw severalJobs(
      module,
      jobs.map((found) => found.name),
    );
  if (jobs[0] !== undefined) return jobs[0];
  const names = Object.keys(members);
  throw notAJob(names.length === 0 ? 'it has no exports' : `it exports ${names.join(', ')}`, module);
}

/**
 * Runs the job's function and plans it. `parameters` is what `env.parameters` is in it; other parameters may make
 * another graph, which does not resume from checkpoints of this one. Throws the SluiceError of what is
 * wrong with the job.
 */
export function buildJob(definition: JobDefinition, parameters: Json = null): BuiltJob {
  const { name, build, options } = definition;
  const draft = new Draft(name, options.keyGroups ?? KEY_GROUPS);
  let result: unknown;
  try {
    result = build(new Env(draft, parameters));
  } catch (error) {
    throw error instanceof SluiceError ? error : buildFailed(name, error);
  }
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') throw asyncBuilder(name);
  return finishJob(draft.builder.finish(), draft.functions, [...draft.inputs.values()]);
}

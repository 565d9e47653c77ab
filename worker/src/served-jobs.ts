/** The jobs of a Worker, by their name and by the form of it that reads well in a path. */
import { buildJob, findJob } from '../../host-ts/src/api/index.ts';
import type { JobDefinition } from '../../host-ts/src/api/index.ts';
import type { Json } from '../../host-ts/src/base/index.ts';
import type { BuiltJob } from '../../host-ts/src/plan/index.ts';
import { jobNamesCollide, jobUnknown } from './errors.ts';

export class ServedJobs {
  readonly #jobs = new Map<string, JobDefinition>();
  readonly #byPath = new Map<string, string>();

  /** `jobs`: jobs or their modules. Throws NOT_A_JOB, SEVERAL_JOBS, JOB_NAMES_COLLIDE. */
  constructor(jobs: readonly unknown[]) {
    jobs.forEach((given, index) => {
      const job = findJob(given, `createWorker's job ${index}`);
      const path = pathName(job.name);
      if (this.#byPath.has(path)) throw jobNamesCollide(path);
      this.#jobs.set(job.name, job);
      this.#byPath.set(path, job.name);
    });
  }

  get names(): readonly string[] {
    return [...this.#jobs.keys()];
  }

  /** The job's name for what stands in a path: 'late-flights' or 'late flights'. Throws JOB_UNKNOWN. */
  named(text: string): string {
    if (this.#jobs.has(text)) return text;
    const name = this.#byPath.get(text);
    if (name === undefined) throw jobUnknown(text, this.names);
    return name;
  }

  /** `parameters`: what the job was started with. Throws what is wrong with the job. */
  build(name: string, parameters: Json = null): BuiltJob {
    const job = this.#jobs.get(name);
    if (job === undefined) throw jobUnknown(name, this.names);
    return buildJob(job, parameters);
  }
}

/** 'Late flights!' → 'late-flights' */
export function pathName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  return plain === '' ? name : plain;
}

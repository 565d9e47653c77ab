/** The errors of saying a job: one factory per code. Those of single steps are in plan/errors.ts. */
import { SluiceError } from '../base/index.ts';

export function notAJob(found: string, module: string): SluiceError {
  return new SluiceError({
    code: 'NOT_A_JOB',
    kind: 'user',
    message: `${module} exports no job: ${found}`,
    hint: "write `export default job('name', (env) => …)`",
    context: { module, found },
  });
}

export function severalJobs(module: string, names: readonly string[]): SluiceError {
  return new SluiceError({
    code: 'SEVERAL_JOBS',
    kind: 'user',
    message: `${module} exports ${names.length} jobs and none as default: ${names.join(', ')}`,
    hint: 'make one the default export, or name the one to run',
    context: { module, jobs: names.join(', ') },
  });
}

export function badJobName(name: string): SluiceError {
  return new SluiceError({
    code: 'BAD_JOB_NAME',
    kind: 'user',
    message: `'${name}' is no name for a job`,
    hint: 'give a name of at least one character: checkpoints are kept under it',
    context: { name },
  });
}

export function buildFailed(job: string, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError({
    code: 'JOB_BUILD_FAILED',
    kind: 'user',
    message: `the function of job '${job}' threw: ${reason}`,
    hint: 'it only describes the job: it should read nothing from outside',
    context: { job, reason },
    cause,
  });
}

export function asyncBuilder(job: string): SluiceError {
  return new SluiceError({
    code: 'JOB_BUILDER_ASYNC',
    kind: 'user',
    message: `the function of job '${job}' is asynchronous`,
    hint: 'build the job synchronously: every slot builds it again; read outside data through an input',
    context: { job },
  });
}

export function badGenerator(option: string, value: number): SluiceError {
  return new SluiceError({
    code: 'BAD_GENERATOR',
    kind: 'user',
    message: `generator option ${option} is ${value}`,
    hint: 'rows is a whole number from 0, splits from 1, rowsPerSecond above 0',
    context: { option, value },
  });
}

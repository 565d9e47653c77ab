/** Errors of the coordinator's room. */
import { SluiceError } from '../base/index.ts';

export function jobChanged(job: string, epoch: number, was: string, is: string): SluiceError {
  return new SluiceError({
    code: 'JOB_CHANGED',
    kind: 'user',
    message: `checkpoint ${epoch} of job '${job}' was taken with job graph ${was}, the job builds ${is}`,
    hint: 'resume with the job as it was, or start afresh without resume',
    context: { job, epoch, was, is },
  });
}

export function jobNameDiffers(was: string, is: string): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_OF_OTHER_JOB',
    kind: 'user',
    message: `the checkpoints are of job '${was}', not of '${is}'`,
    hint: 'give each job a checkpoint location of its own',
    context: { was, is },
  });
}

export function manifestUnreadable(epoch: number, reason: string): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_CORRUPT',
    kind: 'environment',
    message: `the manifest of epoch ${epoch} cannot be read: ${reason}`,
    hint: 'an older checkpoint is used if there is one; otherwise start afresh',
    context: { epoch, reason },
  });
}

export function inputChanged(input: string, was: string, is: string): SluiceError {
  return new SluiceError({
    code: 'INPUT_CHANGED',
    kind: 'user',
    message: `input '${input}' is not what the checkpoint was taken from (was ${was}, is ${is})`,
    hint: 'restore the old input, or start afresh without resume',
    context: { input, was, is },
  });
}

export function sourceNotReplayable(input: string, reason: string): SluiceError {
  return new SluiceError({
    code: 'SOURCE_NOT_REPLAYABLE',
    kind: 'user',
    message: `input '${input}' can be read only once, and the job must be started again (${reason})`,
    hint: 'bind the input to a file, a Blob or a URL if the job is to survive failures',
    context: { input, reason },
  });
}

export function slotLost(slot: number, reason: string): SluiceError {
  return new SluiceError({
    code: 'SLOT_LOST',
    kind: 'environment',
    message: `slot ${slot} died: ${reason}`,
    hint: 'the job goes on from the newest checkpoint',
    context: { slot, reason },
  });
}

export function parallelismOutOfRange(parallelism: number, max: number): SluiceError {
  return new SluiceError({
    code: 'BAD_PARALLELISM',
    kind: 'user',
    message: `parallelism ${parallelism} is not in 1 … ${max}`,
    hint: 'choose the number of workers, usually the number of cores',
    context: { parallelism, max },
  });
}

export function paceOutOfRange(speed: number): SluiceError {
  return new SluiceError({
    code: 'BAD_PACE',
    kind: 'user',
    message: `a pace of ${speed} is not above 0`,
    hint: 'give event-milliseconds per millisecond, or null for as fast as it goes; pause() stands still',
    context: { speed: String(speed) },
  });
}

export function jobNotRunning(job: string, phase: string, wanted: string): SluiceError {
  return new SluiceError({
    code: 'JOB_NOT_RUNNING',
    kind: 'user',
    message: `job '${job}' is ${phase}; ${wanted} needs a running job`,
    hint: 'start the job again, with resume to go on from its newest checkpoint',
    context: { job, phase },
  });
}

export function tableUnknown(job: string, table: string, known: readonly string[]): SluiceError {
  return new SluiceError({
    code: 'TABLE_UNKNOWN',
    kind: 'user',
    message: `job '${job}' has no table '${table}'; it has ${known.length === 0 ? 'none' : known.join(', ')}`,
    hint: 'tables are the names given to env.table',
    context: { job, table },
  });
}

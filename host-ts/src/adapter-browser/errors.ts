/** Errors of the browser as a home. */
import { SluiceError } from '../base/index.ts';

export function jobNotServed(job: string, served: readonly string[]): SluiceError {
  return new SluiceError({
    code: 'JOB_NOT_SERVED',
    kind: 'user',
    message: `the worker serves no job '${job}', only ${served.length === 0 ? 'none' : served.map((name) => `'${name}'`).join(', ')}`,
    hint: "pass the job to serveSlot([…]) in the worker's module",
    context: { job },
  });
}

/** The worker ended before or while the job ran: a script that does not load, or an error outside the job. */
export function workerFailed(which: string, reason: string): SluiceError {
  return new SluiceError({
    code: 'WORKER_FAILED',
    kind: 'environment',
    message: `the worker of ${which} failed: ${reason}`,
    hint: "check that the worker's module loads (network tab, content security policy) and calls serveSlot([…])",
    context: { which, reason },
  });
}

export function handleClosed(job: string): SluiceError {
  return new SluiceError({
    code: 'JOB_CLOSED',
    kind: 'user',
    message: `job '${job}' was closed on this page`,
    hint: 'start it again; with checkpoints and resume it goes on where it was',
    context: { job },
  });
}

/** `sluice run`: starts the job, shows how it goes, prints its tables, and gives the exit code. */
import { importJob, moduleUrl, startJob } from '../adapter-node/index.ts';
import { buildJob } from '../api/index.ts';
import type { JobHandle, JobStatus } from '../api/index.ts';
import type { RunRequest } from './arguments.ts';
import { bindInputs } from './inputs.ts';
import { printTableCounts, printTablesAsJson } from './print-tables.ts';
import type { Write } from './print-tables.ts';
import { count, progressBar } from './progress.ts';
import type { ProgressOutput } from './progress.ts';

const INTERRUPTED = 130;

export interface Console {
  readonly out: Write;
  readonly errors: ProgressOutput;
  /** Calls back at Ctrl-C or a request to end; returns how to stop listening. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

export async function run(request: RunRequest, console: Console): Promise<number> {
  const jobModule = moduleUrl(request.job);
  const { inputs: wanted } = buildJob(await importJob(jobModule));
  const names = wanted.map(({ name }) => name);
  const inputs = await bindInputs(names, request.inputs, jobModule);
  const { errors } = console;
  const startMs = errors.now();
  const handle = await startJob(jobModule, {
    inputs,
    resume: request.resume,
    ...(request.parallelism !== undefined && { parallelism: request.parallelism }),
    ...(request.checkpointDir !== undefined && { checkpoints: request.checkpointDir }),
    ...(request.checkpointIntervalMs !== undefined && { checkpointIntervalMs: request.checkpointIntervalMs }),
  });
  const first = await handle.status();
  if (first.restoredEpoch > 0) errors.write(`resumed from checkpoint ${first.restoredEpoch}\n`);
  const interrupt = watchInterrupts(handle, request, console);
  const status = await watch(handle, request.progress ?? errors.isTerminal, errors);
  interrupt.stop();
  if (interrupt.happened()) return INTERRUPTED;
  if (status.phase !== 'finished') return 1;
  if (request.json) await printTablesAsJson(handle, console.out);
  else await printTableCounts(handle, console.out);
  const seconds = ((errors.now() - startMs) / 1000).toFixed(1);
  if (request.progress !== false) errors.write(`${summary(status)} in ${seconds} s\n`);
  return 0;
}

/** Until the job ends; rejects with what it failed of. */
async function watch(handle: JobHandle, withProgress: boolean, output: ProgressOutput): Promise<JobStatus> {
  if (!withProgress) return (await handle.done).status;
  const bar = progressBar(output);
  const stop = await handle.observe((status) => bar.show(status));
  try {
    return (await handle.done).status;
  } finally {
    stop();
    bar.clear();
  }
}

/** The first Ctrl-C takes a last checkpoint and ends the job, the second ends the process. */
function watchInterrupts(
  handle: JobHandle,
  request: RunRequest,
  { errors, exit, onInterrupt }: Console,
): { happened(): boolean; stop(): void } {
  let happened = false;
  const end = async (): Promise<void> => {
    if (request.checkpointDir === undefined) {
      await handle.cancel();
      return;
    }
    errors.write('\ntaking a last checkpoint …\n');
    const epoch = await handle.stop();
    errors.write(`stopped at checkpoint ${epoch}; add --resume to go on from it\n`);
  };
  const stop = onInterrupt(() => {
    if (happened) {
      exit(INTERRUPTED);
      return;
    }
    happened = true;
    end().catch(() => handle.cancel());
  });
  return { happened: () => happened, stop };
}

function summary({ job, rowsRead, parallelism, recoveries }: JobStatus): string {
  const restarts = recoveries.length === 0 ? '' : `, ${recoveries.length} recoveries`;
  return `${job}: ${count(rowsRead)} rows read on ${parallelism} slots${restarts}`;
}

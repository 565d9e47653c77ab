/**
 * The HTTP interface of one job, answered in its coordinator's object (the Worker has resolved the job's name and
 * passes it as the first part of the path; inputs go to their logs and never come here).
 *
 *   POST start · stop · cancel · pause · resume · checkpoint · pace · rescale · crash · slots/:slot/crash
 *   GET  status · metrics · explain · graph · logs · tables · tables/:table
 */
import type { JobStatus } from '../../host-ts/src/control/index.ts';
import type { JobMetrics } from '../../host-ts/src/metrics/index.ts';
import { explain } from '../../host-ts/src/plan/index.ts';
import type { BuiltJob } from '../../host-ts/src/plan/index.ts';
import type { Timers } from '../../host-ts/src/platform/index.ts';
import type { Table } from '../../host-ts/src/table/index.ts';
import { tableNames } from './committed-tables.ts';
import type { CommittedTables } from './committed-tables.ts';
import {
  jobEnded,
  jobNotStarted,
  jobWaits,
  methodNotAllowed,
  parameterInvalid,
  pathUnknown,
  startInvalid,
} from './errors.ts';
import { json, jsonBodyOf } from './http-answers.ts';
import type { JobRun } from './job-run.ts';
import { JSON_BODY_BYTES_MAX } from './limits.ts';
import { resultWithout } from './run-record.ts';
import type { Run, RunRecord } from './run-record.ts';
import type { ServedJobs } from './served-jobs.ts';
import { paceOf, parametersOf, readable, startOptions } from './start-request.ts';
import type { StartOptions } from './start-request.ts';
import { tableAnswer } from './table-answers.ts';

export interface JobAccess {
  readonly jobs: ServedJobs;
  readonly record: RunRecord;
  /** Those of a job that is not running. */
  readonly tables: CommittedTables;
  readonly timers: Timers;
  /** Undefined before the first start and after the end. */
  readonly running: JobRun | undefined;
  start(job: string, options: StartOptions): Promise<JobRun>;
  crashSlot(job: string, slot: number): Promise<void>;
  /** Resets the coordinator's own object, soon. */
  crash(): void;
}

interface Call {
  readonly job: string;
  readonly rest: readonly string[];
  readonly request: Request;
  readonly parameters: URLSearchParams;
  readonly access: JobAccess;
}

type Answer = (call: Call) => Promise<Response>;

const GET: Readonly<Record<string, Answer>> = {
  status: async (call) => json(status(call)),
  metrics: async (call) => json(metrics(call)),
  explain: async (call) => new Response(explain(builtOf(call).graph)),
  graph: async (call) => json(builtOf(call).graph),
  logs: async (call) => json(runningOf(call, 'reading its log').coordinator.log.lines),
  tables: tables,
};

const POST: Readonly<Record<string, Answer>> = {
  start,
  stop: async (call) => json({ epoch: await runningOf(call, 'stopping it').coordinator.stop() }),
  cancel,
  pause: (call) => paused(call, true),
  resume: (call) => paused(call, false),
  checkpoint: async (call) => json({ epoch: await runningOf(call, 'a checkpoint').coordinator.checkpoint() }),
  pace,
  rescale,
  slots: crashSlot,
  crash: async (call) => {
    runningOf(call, 'a crash');
    call.access.crash();
    return json({ crashes: call.job }, 202);
  },
};

export async function answerJob(request: Request, access: JobAccess): Promise<Response> {
  const url = new URL(request.url);
  const [job = '', action = '', ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  const methods = { GET, POST };
  const allowed = Object.entries(methods).flatMap(([method, answers]) =>
    Object.hasOwn(answers, action) ? [method] : [],
  );
  const path = `/jobs/${url.pathname.slice(1)}`;
  if (allowed.length === 0 || (rest.length > 0 && action !== 'tables' && action !== 'slots')) throw pathUnknown(path);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (!allowed.includes(method)) throw methodNotAllowed(request.method, path, allowed);
  const answer = methods[method as 'GET' | 'POST'][action]!;
  return answer({ job, rest, request, parameters: url.searchParams, access });
}

async function start({ access, job, request }: Call): Promise<Response> {
  const body = await jsonBodyOf(request, JSON_BODY_BYTES_MAX);
  const built = access.jobs.build(job, parametersOf(body));
  const options = startOptions(body, { name: job, inputs: built.inputs.map(({ name }) => name) });
  const { coordinator } = await access.start(job, options);
  return json(coordinator.status(), 201);
}

/** Also a job that waits for its next try. */
async function cancel(call: Call): Promise<Response> {
  const { running, record } = call.access;
  const { run } = record;
  if (running === undefined && run !== undefined && run.state !== 'ended') {
    record.end(resultWithout(run, 'cancelled', null));
  } else runningOf(call, 'cancelling it').coordinator.cancel();
  return json(status(call));
}

async function paused(call: Call, isPaused: boolean): Promise<Response> {
  runningOf(call, isPaused ? 'pausing it' : 'resuming it').coordinator.setPaused(isPaused);
  call.access.record.change({ paused: isPaused });
  return json(status(call));
}

/** `{ "pace": 86400 }`; null or nothing for unlimited. */
async function pace(call: Call): Promise<Response> {
  const { pace: speed } = await jsonBodyOf(call.request, JSON_BODY_BYTES_MAX);
  const checked = paceOf(speed);
  runningOf(call, 'another pace').coordinator.setPace(checked);
  call.access.record.change({ pace: checked });
  return json(status(call));
}

/** `{ "parallelism": 4 }` */
async function rescale(call: Call): Promise<Response> {
  const { parallelism } = await jsonBodyOf(call.request, JSON_BODY_BYTES_MAX);
  if (typeof parallelism !== 'number') throw startInvalid('parallelism', parallelism, 'a number of slots');
  const { coordinator } = runningOf(call, 'rescaling');
  readable(lastRun(call.access, call.job).options.inputs, parallelism);
  await coordinator.rescale(parallelism);
  call.access.record.change({ parallelism });
  return json(status(call));
}

/** Resets a slot's object as a crash would, for demonstrations and tests: the job recovers. */
async function crashSlot(call: Call): Promise<Response> {
  const [slot = '', verb] = call.rest;
  if (verb !== 'crash' || call.rest.length !== 2) throw pathUnknown(`/jobs/${call.job}/slots/${call.rest.join('/')}`);
  const { parallelism } = runningOf(call, 'crashing a slot').coordinator.status();
  const number = /^\d{1,3}$/.test(slot) ? Number(slot) : NaN;
  if (!(number < parallelism)) throw parameterInvalid('slot', slot, `a number from 0 to ${parallelism - 1}`);
  await call.access.crashSlot(call.job, number);
  return json(status(call));
}

async function tables(call: Call): Promise<Response> {
  const { access, job, rest, parameters } = call;
  const built = builtOf(call);
  const [name] = rest;
  if (name === undefined) return json(tableNames(built));
  if (rest.length > 1) throw pathUnknown(`/jobs/${job}/tables/${rest.join('/')}`);
  lastRun(access, job);
  const asked = { parameters, bodyless: call.request.method === 'HEAD' };
  return tableAnswer(await tableOf(access, built, name), asked, access.timers);
}

async function tableOf(access: JobAccess, built: BuiltJob, name: string): Promise<Table> {
  const { running } = access;
  if (running === undefined) return access.tables.table(built, name);
  await running.started;
  return running.coordinator.results.table(name).table;
}

function status({ access, job }: Call): JobStatus {
  const found = access.running?.coordinator.status() ?? lastRun(access, job).result?.status;
  if (found === undefined) throw jobWaits(job);
  return { ...found, error: found.error && { ...found.error, stack: '' } }; // nobody's business outside
}

function metrics({ access, job }: Call): JobMetrics {
  const found = access.running?.coordinator.metrics() ?? lastRun(access, job).result?.metrics;
  if (found === undefined) throw jobWaits(job);
  return found;
}

function runningOf({ access, job }: Call, wanted: string): JobRun {
  const { running } = access;
  if (running !== undefined) return running;
  throw jobEnded(job, lastRun(access, job).result?.status.phase ?? 'not running', wanted);
}

function lastRun({ record }: JobAccess, job: string): Run {
  const { run } = record;
  if (run === undefined) throw jobNotStarted(job);
  return run;
}

/** The job as it was started, or as it would be without parameters. */
function builtOf({ access, job }: Call): BuiltJob {
  return access.running?.built ?? access.jobs.build(job, access.record.run?.options.parameters);
}

/**
 * The Worker's fetch handler: finds the object that a request is meant for. It keeps nothing.
 *
 *   /                                   what there is
 *   /jobs                               the jobs that are served
 *   /jobs/:job/inputs/:input[/end]      the input's log (?partition=)
 *   /jobs/:job/…                        the job's coordinator
 */
import { objectsOf } from './bindings.ts';
import type { Bindings } from './bindings.ts';
import { inputUnknown, methodNotAllowed, pathUnknown } from './errors.ts';
import { answering, json, wholeParameter } from './http-answers.ts';
import { LOG_PARTITIONS_MAX } from './limits.ts';
import { pathName } from './served-jobs.ts';
import type { ServedJobs } from './served-jobs.ts';

const INTERFACE = {
  'GET /jobs': 'the jobs that this Worker serves',
  'POST /jobs/:job/start':
    '{ parallelism, inputs, parameters, checkpointIntervalMs, pace, paused, resume, memoryBytesMax }, all optional',
  'POST /jobs/:job/inputs/:input':
    'rows as application/x-ndjson or text/csv; ?producer=&epoch=&seq= exactly once; ?partition=',
  'POST /jobs/:job/inputs/:input/end': 'no more rows will come',
  'GET /jobs/:job/inputs/:input': 'what its log holds; DELETE begins a new one',
  'GET /jobs/:job/{status,metrics,explain,graph,logs,tables}': 'the running job',
  'GET /jobs/:job/tables/:table': 'rows as NDJSON; ?after=[…]&limit= or ?offset=&limit= a part; ?key=[…] one row',
  'POST /jobs/:job/{stop,cancel,pause,resume,checkpoint,pace,rescale}': 'the running job',
  'POST /jobs/:job/crash, …/slots/:slot/crash': 'resets the coordinator or a slot, to see the job recover',
};

export function route(request: Request, env: Bindings, jobs: ServedJobs): Promise<Response> {
  return answering(() => {
    const url = new URL(request.url);
    const parts = partsOf(url.pathname);
    if (parts.length === 0) return readOnly(request, url.pathname, INTERFACE);
    if (parts[0] !== 'jobs') throw pathUnknown(url.pathname);
    const [, given, ...rest] = parts;
    if (given === undefined) {
      return readOnly(
        request,
        url.pathname,
        jobs.names.map((name) => ({ name, path: `/jobs/${encodeURIComponent(pathName(name))}` })),
      );
    }
    const job = jobs.named(given);
    const objects = objectsOf(env, job);
    if (rest[0] === 'inputs') return inputRequest(request, rest.slice(1), { url, job, objects, jobs });
    const path = [job, ...rest].map(encodeURIComponent).join('/');
    return objects.coordinator().fetch(new Request(`http://coordinator/${path}${url.search}`, request));
  });
}

function inputRequest(
  request: Request,
  parts: readonly string[],
  to: {
    readonly url: URL;
    readonly job: string;
    readonly objects: ReturnType<typeof objectsOf>;
    readonly jobs: ServedJobs;
  },
): Promise<Response> {
  const { url, job, objects, jobs } = to;
  const [input, verb, more] = parts;
  const known = jobs.build(job).inputs.map(({ name }) => name);
  if (input === undefined || more !== undefined || (verb !== undefined && verb !== 'end'))
    throw pathUnknown(url.pathname);
  if (!known.includes(input)) throw inputUnknown(job, input, known);
  const partition = wholeParameter(url.searchParams, 'partition', {
    min: 0,
    max: LOG_PARTITIONS_MAX - 1,
    otherwise: 0,
  });
  return objects.log(input, partition).fetch(new Request(`http://log/${verb ?? ''}${url.search}`, request));
}

function readOnly(request: Request, path: string, value: unknown): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(request.method, path, ['GET']);
  return json(value);
}

function partsOf(pathname: string): readonly string[] {
  try {
    return pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw pathUnknown(pathname);
  }
}

/** The errors of the Cloudflare home: one factory per code. HTTP status by code is in http-errors.ts. */
import { SluiceError } from '../../host-ts/src/base/index.ts';
import type { ErrorContext } from '../../host-ts/src/base/index.ts';

function user(code: string, message: string, hint: string, context: ErrorContext = {}): SluiceError {
  return new SluiceError({ code, kind: 'user', message, hint, context });
}

function environment(code: string, message: string, hint: string, context: ErrorContext = {}): SluiceError {
  return new SluiceError({ code, kind: 'environment', message, hint, context });
}

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ') || 'none';

// ---- requests -------------------------------------------------------------------------------

export function pathUnknown(path: string): SluiceError {
  const hint =
    'the paths are /jobs, /jobs/:job/start, …/status, …/tables/:table, …/inputs/:input; GET / lists them all';
  return user('PATH_UNKNOWN', `nothing answers at ${path}`, hint, { path });
}

export function methodNotAllowed(method: string, path: string, allowed: readonly string[]): SluiceError {
  const hint = `use ${allowed.join(' or ')}`;
  return user('METHOD_NOT_ALLOWED', `${method} does nothing at ${path}`, hint, {
    method,
    path,
    allow: allowed.join(', '),
  });
}

export function parameterInvalid(name: string, found: string, expected: string): SluiceError {
  return user('PARAMETER_INVALID', `parameter ${name} is ${JSON.stringify(found)}`, `give ${expected}`, {
    name,
    found,
  });
}

export function bodyTooLarge(bytes: number, bytesMax: number): SluiceError {
  const message = `the body has more than ${bytesMax} B (${bytes} B were read)`;
  return user('BODY_TOO_LARGE', message, 'send it in several smaller bodies', { bytes, bytesMax });
}

export function bodyNotJson(reason: string): SluiceError {
  return user('BODY_NOT_JSON', `the body is not JSON: ${reason}`, 'send a JSON object, or no body for the defaults', {
    reason,
  });
}

export function contentTypeUnsupported(contentType: string): SluiceError {
  const message = `rows of content type '${contentType}' cannot be read`;
  return user('CONTENT_TYPE_UNSUPPORTED', message, 'send application/x-ndjson or text/csv', { contentType });
}

export function startInvalid(option: string, found: unknown, expected: string): SluiceError {
  const text = JSON.stringify(found) ?? 'nothing';
  return user('START_INVALID', `option ${option} is ${text}`, `give ${expected}`, { option, found: text });
}

export function partitionsExceedSlots(input: string, partitions: number, parallelism: number): SluiceError {
  return user(
    'LOG_PARTITIONS_EXCEED_SLOTS',
    `input '${input}' has ${partitions} partitions for ${parallelism} slots`,
    'raise parallelism to the number of partitions, or write to fewer: a slot reads one partition to its end',
    { input, partitions, parallelism },
  );
}

// ---- jobs -----------------------------------------------------------------------------------

export function jobUnknown(job: string, served: readonly string[]): SluiceError {
  return user(
    'JOB_UNKNOWN',
    `this Worker serves no job '${job}', only ${quoted(served)}`,
    'pass it to createWorker([…])',
    { job },
  );
}

export function jobNamesCollide(name: string): SluiceError {
  return user('JOB_NAMES_COLLIDE', `two jobs of this Worker are called '${name}' in paths`, 'rename one of them', {
    name,
  });
}

export function inputUnknown(job: string, input: string, known: readonly string[]): SluiceError {
  return user('INPUT_UNKNOWN', `job '${job}' has no input '${input}', only ${quoted(known)}`, 'correct the name', {
    job,
    input,
  });
}

export function jobNotStarted(job: string): SluiceError {
  return user('JOB_NOT_STARTED', `job '${job}' was never started here`, `POST /jobs/${encodeURIComponent(job)}/start`, {
    job,
  });
}

export function jobWaits(job: string): SluiceError {
  return environment(
    'JOB_WAITS',
    `job '${job}' could not go on and waits for its next try`,
    'ask again in some seconds',
    {
      job,
    },
  );
}

export function jobRunning(job: string): SluiceError {
  return user('JOB_RUNNING', `job '${job}' is running already`, 'stop it first, or go on with it', { job });
}

export function jobEnded(job: string, phase: string, wanted: string): SluiceError {
  return user(
    'JOB_NOT_RUNNING',
    `job '${job}' is ${phase}: ${wanted} is not possible`,
    'start it again; with "resume": true it goes on',
    { job, phase },
  );
}

export function tableUnknown(job: string, table: string, tables: readonly string[]): SluiceError {
  return user('TABLE_UNKNOWN', `job '${job}' has no table '${table}', only ${quoted(tables)}`, 'correct the name', {
    job,
    table,
  });
}

export function rowUnknown(table: string, key: string): SluiceError {
  return user(
    'ROW_UNKNOWN',
    `table '${table}' has no row of key ${key}`,
    'give the key columns in order, as JSON values',
    { table, key },
  );
}

export function answerStalled(table: string, idleMs: number): SluiceError {
  return environment(
    'ANSWER_STALLED',
    `the rows of table '${table}' were not taken for ${idleMs} ms`,
    'read the answer as it comes, or ask for parts: ?after=[…]&limit=',
    { table, idleMs },
  );
}

// ---- logs -----------------------------------------------------------------------------------

export function producerFenced(producer: string, epoch: number, newest: number): SluiceError {
  const message = `producer '${producer}' sends in epoch ${epoch}, but epoch ${newest} has begun`;
  return user('PRODUCER_FENCED', message, 'another producer has taken over this id; end, or begin a higher epoch', {
    producer,
    epoch,
    newest,
  });
}

export function producerGap(producer: string, sequence: number, expected: number): SluiceError {
  const message = `producer '${producer}' sends number ${sequence}, ${expected} is missing`;
  return user('PRODUCER_GAP', message, `send ${expected} first; a new epoch begins with 0`, {
    producer,
    sequence,
    expected,
  });
}

export function logEnded(to: number): SluiceError {
  return user(
    'LOG_ENDED',
    `the input has been ended at byte ${to}`,
    'rows cannot be added any more; DELETE the input to begin anew',
    { to },
  );
}

export function logFull(held: number, bytes: number, bytesMax: number): SluiceError {
  const message = `the log holds ${held} B; ${bytes} B more exceed ${bytesMax} B`;
  return environment(
    'LOG_FULL',
    message,
    'wait until the job has gone on (with retain: "checkpoints"), or use more partitions',
    { held, bytes, bytesMax },
  );
}

export function logFormatDiffers(was: object, is: object): SluiceError {
  const message = `the log holds ${JSON.stringify(was)}, the body is ${JSON.stringify(is)}`;
  return user('LOG_FORMAT_DIFFERS', message, 'send all rows of an input in one format, CSV with one header', {
    was: JSON.stringify(was),
    is: JSON.stringify(is),
  });
}

export function logTrimmed(offset: number, from: number): SluiceError {
  const message = `byte ${offset} of the log is gone, it begins at ${from}`;
  return user(
    'LOG_TRIMMED',
    message,
    'the job can only go on from its checkpoints ("resume": true); send the rows again for a fresh start',
    { offset, from },
  );
}

// ---- between objects ------------------------------------------------------------------------

export function bindingMissing(name: string): SluiceError {
  const hint = "add it to the configuration's durable_objects.bindings, as docs/design/edge.md shows";
  return environment('BINDING_MISSING', `the Worker has no binding ${name}`, hint, { name });
}

/** The other object was reset, evicted or cannot be reached. */
export function objectLost(which: string, error: unknown): SluiceError {
  const reason = error instanceof Error ? error.message : String(error);
  return environment('OBJECT_LOST', `${which} does not answer: ${reason}`, 'the job goes on from its last checkpoint', {
    which,
    reason,
  });
}

export function linkStale(which: string): SluiceError {
  return environment(
    'LINK_STALE',
    `${which} serves another run by now`,
    'nothing is to be done: the newer run goes on',
    { which },
  );
}

export function channelsFenced(deployment: number, current: number): SluiceError {
  return environment(
    'CHANNELS_FENCED',
    `packets of deployment ${deployment} come in ${current}`,
    'nothing is to be done: the newer run goes on',
    { deployment, current },
  );
}

export function packetsMissing(channel: string, sequence: number, expected: number): SluiceError {
  const message = `buffer ${sequence} came on ${channel}, expected ${expected}`;
  return environment('PACKETS_MISSING', message, 'the job goes on from its last checkpoint', {
    channel,
    sequence,
    expected,
  });
}

export function tooManyEarlyPackets(count: number): SluiceError {
  return environment(
    'PACKETS_TOO_EARLY',
    `${count} buffers came before their deployment`,
    'the job goes on from its last checkpoint',
    { count },
  );
}

export function controlGap(sequence: number, expected: number): SluiceError {
  return environment(
    'CONTROL_GAP',
    `control call ${sequence} came, expected ${expected}`,
    'the job goes on from its last checkpoint',
    { sequence, expected },
  );
}

export function controlQueueFull(count: number): SluiceError {
  return environment(
    'CONTROL_QUEUE_FULL',
    `${count} control messages wait for the other side`,
    'the job goes on from its last checkpoint',
    { count },
  );
}

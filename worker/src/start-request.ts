/** What POST …/start asks for: checked, with defaults, as plain data that is kept for resumes. Pure. */
import { PARALLELISM_MAX } from '../../host-ts/src/base/index.ts';
import type { Json } from '../../host-ts/src/base/index.ts';
import { bindingForFile } from '../../host-ts/src/connectors/index.ts';
import type { InputBinding } from '../../host-ts/src/connectors/index.ts';
import { inputUnknown, partitionsExceedSlots, startInvalid } from './errors.ts';
import { CHECKPOINT_INTERVAL_MS, ENGINE_BYTES_MAX, LOG_PARTITIONS_MAX, PARALLELISM } from './limits.ts';
import { logBinding } from './log-connector.ts';
import type { LogOptions } from './log-connector.ts';

export interface StartOptions {
  readonly parallelism: number;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  readonly checkpointIntervalMs: number;
  /** Event-ms per ms; null = unlimited. */
  readonly pace: number | null;
  readonly paused: boolean;
  /** Go on from the newest checkpoint, if there is one. */
  readonly resume: boolean;
  /** What the job's function is given as `env.parameters`; null unless given. */
  readonly parameters: Json;
  /** Of one slot's engine. */
  readonly memoryBytesMax: number;
}

const OPTIONS = [
  'parallelism',
  'inputs',
  'parameters',
  'checkpointIntervalMs',
  'pace',
  'paused',
  'resume',
  'memoryBytesMax',
];
const FILE_CONNECTORS = ['parquet', 'csv', 'ndjson'];
const LOG_OPTIONS = ['partitions', 'badLines', 'units', 'delimiter', 'nullLiteral', 'retain'];
const MEMORY_BYTES_MIN = 16 << 20;

export function startOptions(
  body: Readonly<Record<string, unknown>>,
  job: { readonly name: string; readonly inputs: readonly string[] },
): StartOptions {
  const unknown = Object.keys(body).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw startInvalid(unknown, body[unknown], `only ${OPTIONS.join(', ')}`);
  const parallelism = whole(body, 'parallelism', { min: 1, max: PARALLELISM_MAX, otherwise: PARALLELISM });
  return {
    parallelism,
    inputs: readable(inputBindings(body['inputs'], job), parallelism),
    checkpointIntervalMs: whole(body, 'checkpointIntervalMs', {
      min: 10,
      max: 86_400_000,
      otherwise: CHECKPOINT_INTERVAL_MS,
    }),
    pace: paceOf(body['pace']),
    paused: flag(body, 'paused'),
    resume: flag(body, 'resume'),
    parameters: parametersOf(body),
    memoryBytesMax: whole(body, 'memoryBytesMax', { min: MEMORY_BYTES_MIN, max: 2 ** 32, otherwise: ENGINE_BYTES_MAX }),
  };
}

/** The inputs, if so many slots can read them: each reads one partition of a log for good. */
export function readable(
  inputs: Readonly<Record<string, InputBinding>>,
  parallelism: number,
): Readonly<Record<string, InputBinding>> {
  for (const [name, { connector, options }] of Object.entries(inputs)) {
    if (connector !== 'log') continue;
    const { partitions } = options as unknown as LogOptions;
    if (partitions > parallelism) throw partitionsExceedSlots(name, partitions, parallelism);
  }
  return inputs;
}

/** The body was JSON, so whatever stands there is. */
export function parametersOf(body: Readonly<Record<string, unknown>>): Json {
  return (body['parameters'] ?? null) as Json;
}

/** A speed: event-ms per ms, or null for as fast as it goes. */
export function paceOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw startInvalid('pace', value, 'event-milliseconds per millisecond above 0, or null for unlimited');
}

function inputBindings(
  given: unknown,
  job: { readonly name: string; readonly inputs: readonly string[] },
): Record<string, InputBinding> {
  if (given !== undefined && !isRecord(given)) throw startInvalid('inputs', given, 'an object by input name');
  const byName = given ?? {};
  const stranger = Object.keys(byName).find((name) => !job.inputs.includes(name));
  if (stranger !== undefined) throw inputUnknown(job.name, stranger, job.inputs);
  return Object.fromEntries(job.inputs.map((name) => [name, bindingOf(name, byName[name])]));
}

/** `"https://…/x.parquet"`, `{ url, connector?, options? }`, `{ log: { partitions, … } }`; nothing = a log of one partition. */
function bindingOf(name: string, given: unknown): InputBinding {
  if (given === undefined) return logBinding({ partitions: 1 });
  if (typeof given === 'string') return urlBinding(name, given);
  if (!isRecord(given)) throw startInvalid(`inputs.${name}`, given, 'a URL, { "url": … } or { "log": … }');
  if (typeof given['url'] === 'string') {
    const { url, connector, options = {} } = given;
    if (!isRecord(options)) throw startInvalid(`inputs.${name}.options`, options, 'an object');
    if (connector === undefined && Object.keys(options).length === 0) return urlBinding(name, url);
    if (!FILE_CONNECTORS.includes(String(connector))) {
      throw startInvalid(`inputs.${name}.connector`, connector, `one of ${FILE_CONNECTORS.join(', ')}`);
    }
    return { connector: String(connector), location: { kind: 'url', url }, options: options as Json };
  }
  if (isRecord(given['log'])) return logBindingOf(name, given['log']);
  throw startInvalid(`inputs.${name}`, given, 'a URL, { "url": … } or { "log": … }');
}

function urlBinding(name: string, text: string): InputBinding {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw startInvalid(`inputs.${name}`, text, 'an absolute http or https URL');
  }
  return bindingForFile(url.pathname, url);
}

function logBindingOf(name: string, given: Record<string, unknown>): InputBinding {
  const option = `inputs.${name}.log`;
  const unknown = Object.keys(given).find((key) => !LOG_OPTIONS.includes(key));
  if (unknown !== undefined)
    throw startInvalid(`${option}.${unknown}`, given[unknown], `only ${LOG_OPTIONS.join(', ')}`);
  const partitions = whole(given, 'partitions', { min: 1, max: LOG_PARTITIONS_MAX, otherwise: 1 });
  const { retain = 'all', badLines = 'fail' } = given;
  if (retain !== 'all' && retain !== 'checkpoints')
    throw startInvalid(`${option}.retain`, retain, "'all' or 'checkpoints'");
  if (badLines !== 'fail' && badLines !== 'skip')
    throw startInvalid(`${option}.badLines`, badLines, "'fail' or 'skip'");
  return logBinding({ ...(given as Partial<LogOptions>), partitions, retain, badLines });
}

function whole(
  values: Readonly<Record<string, unknown>>,
  name: string,
  range: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const value = values[name] ?? range.otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw startInvalid(name, value, `a whole number from ${range.min} to ${range.max}`);
}

function flag(values: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = values[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw startInvalid(name, value, 'true or false');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

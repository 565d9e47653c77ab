/** What HTTP says: JSON, errors with a fitting status, bodies read within a bound, parameters checked. Pure but for the body. */
import { errorToData } from '../../host-ts/src/base/index.ts';
import type { ErrorData } from '../../host-ts/src/base/index.ts';
import { bodyNotJson, bodyTooLarge, parameterInvalid } from './errors.ts';

const STATUS: Readonly<Record<string, number>> = {
  PATH_UNKNOWN: 404,
  JOB_UNKNOWN: 404,
  JOB_NOT_STARTED: 404,
  INPUT_UNKNOWN: 404,
  TABLE_UNKNOWN: 404,
  ROW_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  JOB_RUNNING: 409,
  JOB_NOT_RUNNING: 409,
  LOG_ENDED: 409,
  LOG_FORMAT_DIFFERS: 409,
  PRODUCER_GAP: 409,
  PRODUCER_FENCED: 403,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE_UNSUPPORTED: 415,
  LOG_FULL: 429,
};
const BY_KIND = { user: 400, environment: 503, bug: 500 } as const;

export function statusOf({ code, kind }: Pick<ErrorData, 'code' | 'kind'>): number {
  return STATUS[code] ?? BY_KIND[kind];
}

export function json(value: unknown, status = 200): Response {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
  return new Response(`${text}\n`, { status, headers: { 'content-type': 'application/json; charset=utf-8' } });
}

/** `{ code, message, hint, context }`: the stack is nobody's business outside. */
export function errorAnswer(error: unknown): Response {
  const { code, kind, message, hint, context } = errorToData(error);
  const answer = json({ code, message, hint, context }, statusOf({ code, kind }));
  if (code === 'METHOD_NOT_ALLOWED') answer.headers.set('allow', String(context['allow']));
  if (code === 'LOG_FULL') answer.headers.set('retry-after', '1');
  return answer;
}

export async function answering(step: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await step();
  } catch (error) {
    return errorAnswer(error);
  }
}

/** The whole body; throws BODY_TOO_LARGE as soon as it is longer than allowed. */
export async function bodyOf(request: Request, bytesMax: number): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? NaN);
  if (announced > bytesMax) throw bodyTooLarge(announced, bytesMax);
  // the runtime keeps a body to its announced length, and reads it in larger pieces than a reader here would
  if (announced <= bytesMax) return new Uint8Array(await request.arrayBuffer());
  const parts: Uint8Array[] = [];
  let bytes = 0;
  if (request.body === null) return new Uint8Array(0);
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > bytesMax) {
      await reader.cancel();
      throw bodyTooLarge(bytes, bytesMax);
    }
    parts.push(value);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A JSON object; an empty body is an empty one. */
export async function jsonBodyOf(request: Request, bytesMax: number): Promise<Readonly<Record<string, unknown>>> {
  const text = new TextDecoder().decode(await bodyOf(request, bytesMax)).trim();
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bodyNotJson(error instanceof Error ? error.message : String(error));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw bodyNotJson('it is no object');
}

/** A whole number in a range, or what it is when it is not given. */
export function wholeParameter(
  parameters: URLSearchParams,
  name: string,
  range: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const text = parameters.get(name);
  if (text === null) return range.otherwise;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= range.min && value <= range.max) return value;
  throw parameterInvalid(name, text, `a whole number from ${range.min} to ${range.max}`);
}

/**
 * One partition of an input's log: takes rows over HTTP, keeps them, and gives them to a slot.
 *
 *   POST /?producer=&epoch=&seq=   rows: 200 once durable, 204 for a duplicate, 403 and 409 for fenced ones and holes
 *   POST /end                      no more rows will come
 *   GET /                          what it holds         DELETE /    begins a new log
 */
import { DurableObject } from 'cloudflare:workers';
import { ChangeSignal } from './change-signal.ts';
import { cloudflarePlatform } from './cloudflare-platform.ts';
import { methodNotAllowed, parameterInvalid } from './errors.ts';
import { answering, bodyOf, json, wholeParameter } from './http-answers.ts';
import { LOG_WAIT_MS, ROWS_BODY_BYTES_MAX } from './limits.ts';
import type { LogCalls } from './calls.ts';
import { formatOfContentType, storedForm } from './log-format.ts';
import type { LogDescription, LogRead, ProducerMark } from './log-format.ts';
import { LogStore } from './log-store.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';

const newId = (): string => crypto.randomUUID();
const PRODUCER_CHARS_MAX = 256;

export class LogObject extends DurableObject implements LogCalls {
  readonly #store: LogStore;
  readonly #change = new ChangeSignal(cloudflarePlatform().timers);

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#store = new LogStore(ctx.storage, newId);
  }

  async describe(): Promise<LogDescription> {
    return this.#store.describe();
  }

  read(offset: number): Promise<Outcome<LogRead>> {
    return outcomeOf(async () => {
      let bytes = this.#store.read(offset);
      if (bytes.length === 0 && !this.#store.describe().ended) {
        await this.#change.next(LOG_WAIT_MS);
        bytes = this.#store.read(offset);
      }
      return { log: this.#store.describe(), bytes };
    });
  }

  async trim(log: string, offset: number): Promise<void> {
    this.#store.trim(log, offset);
  }

  override fetch(request: Request): Promise<Response> {
    return answering(() => {
      const url = new URL(request.url);
      if (url.pathname === '/end') return this.#end(request);
      if (request.method === 'GET') return json(this.#store.describe());
      if (request.method === 'POST') return this.#append(request, url.searchParams);
      if (request.method === 'DELETE') return this.#reset();
      throw methodNotAllowed(request.method, 'an input', ['GET', 'POST', 'DELETE']);
    });
  }

  async #append(request: Request, parameters: URLSearchParams): Promise<Response> {
    const producer = producerOf(parameters);
    const type = formatOfContentType(request.headers.get('content-type'));
    const { format, rows } = storedForm(await bodyOf(request, ROWS_BODY_BYTES_MAX), type);
    const result = this.#store.append({ format, rows, producer });
    await this.ctx.storage.sync();
    if (result === 'duplicate') return new Response(null, { status: 204 });
    this.#change.changed();
    return json({ bytes: rows.length, to: this.#store.describe().to });
  }

  async #end(request: Request): Promise<Response> {
    if (request.method !== 'POST') throw methodNotAllowed(request.method, '…/end', ['POST']);
    this.#store.end();
    await this.ctx.storage.sync();
    this.#change.changed();
    return json(this.#store.describe());
  }

  async #reset(): Promise<Response> {
    this.#store.reset(newId);
    await this.ctx.storage.sync();
    this.#change.changed();
    return json(this.#store.describe());
  }
}

/** A producer that names itself also numbers its bodies. */
export function producerOf(parameters: URLSearchParams): ProducerMark | undefined {
  const id = parameters.get('producer');
  if (id === null) return undefined;
  if (id === '' || id.length > PRODUCER_CHARS_MAX) {
    throw parameterInvalid(
      'producer',
      id.slice(0, PRODUCER_CHARS_MAX),
      `a name of 1 to ${PRODUCER_CHARS_MAX} characters`,
    );
  }
  const whole = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const sequence = wholeParameter(parameters, 'seq', { ...whole, otherwise: -1 });
  if (sequence < 0) throw parameterInvalid('seq', '', 'the number of this body, from 0');
  return { id, epoch: wholeParameter(parameters, 'epoch', { ...whole, otherwise: 0 }), sequence };
}

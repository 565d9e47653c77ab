/**
 * Bytes behind a URL, by range requests. A server that knows no ranges has its answer kept whole.
 *
 * The first answer fixes the fingerprint (ETag, else time of change and length); every later answer
 * must carry the same one, so that a file that changes in the middle is noticed and not mixed. Whoever is going to read
 * the end says so, and has it with the first answer.
 */
import { bytesSource } from './byte-sources.ts';
import { inputChangedWhileRead, inputNotFound, inputUnreachable } from './errors.ts';
import type { ByteSource, OpenOptions } from './platform.ts';

/** What is used of `fetch`. */
export type Request = (url: string, init: { readonly headers: Readonly<Record<string, string>> }) => Promise<Answer>;

export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
  readonly body: { cancel(): Promise<void> } | null;
}

const OK = 200;
const PARTIAL = 206;
const RANGE_NOT_SATISFIABLE = 416;

export async function httpSource(
  url: string,
  request: Request,
  { tailBytes = 0 }: OpenOptions = {},
): Promise<ByteSource> {
  const end = tailBytes > 0 ? await askForTail(url, request, tailBytes) : undefined;
  const first = end?.answer ?? (await ask(url, request, { Range: 'bytes=0-0' }));
  if (first.status === OK) {
    const bytes = await bodyOf(url, first);
    return bytesSource(url, bytes, tagOf(first, bytes.length));
  }
  const byteLength = first.status === RANGE_NOT_SATISFIABLE ? 0 : totalOf(url, first);
  const fingerprint = tagOf(first, byteLength) ?? `bytes-${byteLength}`;
  const tail = end && { at: end.at, bytes: await bodyOf(url, first) };
  if (tail === undefined)
    await first.body?.cancel().catch(() => undefined); // one byte at most; who cannot cancel has it already
  else if (tail.bytes.length !== byteLength - tail.at) throw incomplete(url, tail.bytes.length, tail.at, byteLength);
  return {
    name: url,
    byteLength,
    seekable: true,
    fingerprint,
    async read(at, length) {
      const end = Math.min(at + length, byteLength);
      if (at >= end) return new Uint8Array(0);
      if (tail !== undefined && at >= tail.at) return tail.bytes.slice(at - tail.at, end - tail.at);
      const answer = await ask(url, request, { Range: `bytes=${at}-${end - 1}` });
      const whole = answer.status === OK ? await bodyOf(url, answer) : undefined;
      const isLength = whole?.length ?? totalOf(url, answer);
      const is = tagOf(answer, isLength) ?? `bytes-${isLength}`;
      if (is !== fingerprint) throw inputChangedWhileRead(url, fingerprint, is);
      // a server may leave out the range now and then, as a cache on the way may have added it before
      const bytes = whole?.length === byteLength ? whole.slice(at, end) : (whole ?? (await bodyOf(url, answer)));
      if (bytes.length === end - at) return bytes;
      throw incomplete(url, bytes.length, at, end);
    },
    close: async () => undefined,
  };
}

async function ask(url: string, request: Request, headers: Record<string, string>): Promise<Answer> {
  const answer = await sent(url, request, headers);
  if (answer.status === 404 || answer.status === 410) throw inputNotFound(url, `HTTP ${answer.status}`);
  if (![OK, PARTIAL, RANGE_NOT_SATISFIABLE].includes(answer.status)) {
    throw inputUnreachable(url, `HTTP ${answer.status}`);
  }
  return answer;
}

/**
 * The last bytes and where they begin. A server that knows ranges need not know those that count from the end, and may
 * answer anything, the whole file too: undefined then, and it is asked as any server is. Nor need it be reached: of
 * another origin a page's browser asks for permission first (only a range with its first byte needs none).
 */
async function askForTail(
  url: string,
  request: Request,
  tailBytes: number,
): Promise<{ readonly answer: Answer; readonly at: number } | undefined> {
  const answer = await sent(url, request, { Range: `bytes=-${tailBytes}` }).catch(() => undefined);
  if (answer === undefined) return undefined;
  const isSmall = Number(answer.headers.get('content-length') ?? Infinity) <= tailBytes;
  if (answer.status === OK && isSmall) return { answer, at: 0 };
  const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.headers.get('content-range') ?? '') ?? [];
  if (answer.status === PARTIAL && Number(to) + 1 === Number(total)) return { answer, at: Number(from) };
  await answer.body?.cancel().catch(() => undefined);
  return undefined;
}

async function sent(url: string, request: Request, headers: Record<string, string>): Promise<Answer> {
  try {
    return await request(url, { headers });
  } catch (error) {
    throw inputUnreachable(url, error instanceof Error ? error.message : String(error), error);
  }
}

function incomplete(url: string, byteLength: number, at: number, end: number): Error {
  return inputUnreachable(url, `${byteLength} B came for the range ${at}–${end - 1}`);
}

async function bodyOf(url: string, answer: Answer): Promise<Uint8Array> {
  try {
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    throw inputUnreachable(url, `the connection broke off (${String(error)})`, error);
  }
}

/** The whole length, from `Content-Range: bytes 0-0/123`. */
function totalOf(url: string, answer: Answer): number {
  const range = answer.headers.get('content-range') ?? '';
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(range)?.[1];
  if (total === undefined) throw inputUnreachable(url, `the server answers a range without its total: '${range}'`);
  return Number(total);
}

function tagOf(answer: Answer, byteLength: number): string | undefined {
  const etag = answer.headers.get('etag');
  if (etag !== null) return `etag:${etag}`;
  const modified = answer.headers.get('last-modified');
  return modified === null ? undefined : `modified:${modified}-${byteLength}`;
}

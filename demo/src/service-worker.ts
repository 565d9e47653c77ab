// Stores the page's files and the flights, and answers from there: the network is asked only for the page itself and
// the list of files (so that a new build is found), and even these come from the store when there is no server.
//
// Ranges are cut from the stored parquet file. Every answer carries the headers of an isolated page's subresources,
// whatever the server sent when it was stored; the page's own headers (COOP, COEP) stay as they were.

declare const self: ServiceWorkerGlobalScope;

const VERSION = new URL(self.location.href).searchParams.get('v') ?? '0';
const CACHE = `sluice-${VERSION}`;
const DATA_CACHE = 'sluice-data';
const DATA_PATH = /\/data\/[^/]+\.parquet$/;
const DATA_FILES = ['./data/flights-3m.parquet'];

self.addEventListener('install', (event) => {
  event.waitUntil(store().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || (request.method !== 'GET' && request.method !== 'HEAD')) return;
  if (DATA_PATH.test(url.pathname)) event.respondWith(data(request));
  else if (request.mode === 'navigate') event.respondWith(networkFirst(request, './index.html'));
  else if (url.pathname.endsWith('/files.json')) event.respondWith(networkFirst(request, './files.json'));
  else event.respondWith(cacheFirst(request));
});

async function store(): Promise<void> {
  const list = await fetch('./files.json', { cache: 'no-cache' });
  const { files }: { readonly files: readonly string[] } = await list.clone().json();
  const cache = await caches.open(CACHE);
  await cache.put('./files.json', list);
  await cache.addAll(
    files.filter((file) => file !== './service-worker.js').map((file) => new Request(file, { cache: 'no-cache' })),
  );
  const stored = await caches.open(DATA_CACHE);
  for (const file of DATA_FILES) {
    const before = await stored.match(file);
    const now = await fetch(file, { method: 'HEAD', cache: 'no-cache' });
    if (before?.headers.get('ETag') !== now.headers.get('ETag') || before === undefined) await stored.add(file);
  }
}

async function forgetOld(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('sluice-') && name !== CACHE && name !== DATA_CACHE) await caches.delete(name);
  }
}

async function networkFirst(request: Request, file: string): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(file)) ?? Response.error();
  }
}

async function cacheFirst(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const { origin, pathname } = new URL(request.url);
  const found = await cache.match(origin + pathname);
  if (found === undefined) return fetch(request);
  const headers = new Headers(found.headers);
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(request.method === 'HEAD' ? null : found.body, { status: found.status, headers });
}

/** Blobs of stored files: taking them out of the store once is enough. */
const blobs = new Map<string, Promise<{ readonly blob: Blob; readonly headers: Headers } | undefined>>();

async function data(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  let stored = blobs.get(path);
  if (stored === undefined) blobs.set(path, (stored = blobOf(request.url)));
  const found = await stored;
  if (found === undefined) {
    blobs.delete(path);
    return fetch(request);
  }
  return cut(request, found.blob, new Headers(found.headers));
}

async function blobOf(url: string): Promise<{ readonly blob: Blob; readonly headers: Headers } | undefined> {
  const response = await (await caches.open(DATA_CACHE)).match(url, { ignoreSearch: true });
  return response === undefined ? undefined : { blob: await response.blob(), headers: response.headers };
}

/** One range (RFC 9110, 14.2); several, or one that cannot be read, mean the whole file. */
function cut(request: Request, blob: Blob, headers: Headers): Response {
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  headers.set('Accept-Ranges', 'bytes');
  const isHead = request.method === 'HEAD';
  const answer = (status: number, part: Blob): Response => {
    headers.set('Content-Length', String(part.size));
    return new Response(isHead ? null : part, { status, headers });
  };
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get('Range') ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return answer(200, blob);
  const size = blob.size;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start > end || start >= size) {
    headers.set('Content-Range', `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set('Content-Range', `bytes ${start}-${end}/${size}`);
  return answer(206, blob.slice(start, end + 1));
}

// The dashboard's static server: ranges, MIME types, and the headers that isolate a page (or not).
//   node tools/serve.mjs [--port N] [--no-isolation] [--no-open]
// Tests use `serve` with other roots and switches.
import { spawn } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DASHBOARD = path.join(ROOT, 'dist', 'dashboard');
const DATA = {
  '/data/flights-3m.parquet': path.join(ROOT, 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet'),
};
const PORT = 5173;
const PORTS_TRIED_MAX = 20;

const MIME = {
  css: 'text/css; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
  woff2: 'font/woff2',
};

/**
 * Serves `root`, with the files of `data` (URL path → file) laid over it. Port 0 takes any free port; another port
 * that is taken leads to the next one. `isolation: false` leaves out COOP and COEP, so that the page gets no
 * SharedArrayBuffer.
 */
export async function serve({ port = PORT, host = '127.0.0.1', isolation = true, root = DASHBOARD, data = DATA } = {}) {
  const server = createServer((request, response) => {
    answer(request, response, { isolation, root, data }).catch((error) => {
      if (response.headersSent) response.destroy(error);
      else response.writeHead(500).end(`${error.message}\n`);
    });
  });
  const actual = await listen(server, port, host);
  return {
    url: `http://localhost:${actual}/`,
    port: actual,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function listen(server, port, host) {
  for (let tried = 0; ; tried++) {
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port === 0 ? 0 : port + tried, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return server.address().port;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || tried >= PORTS_TRIED_MAX) throw error;
    }
  }
}

async function answer(request, response, { isolation, root, data }) {
  if (isolation) {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  }
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return void response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  }
  const found = await locate(request.url, root, data);
  if (!found) return void response.writeHead(404, { 'Content-Type': MIME.txt }).end('not found\n');

  const { file, size, mtimeMs } = found;
  const etag = `"${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`;
  response.setHeader('Content-Type', MIME[path.extname(file).slice(1)] ?? 'application/octet-stream');
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('ETag', etag);
  response.setHeader('Last-Modified', new Date(mtimeMs).toUTCString());
  response.setHeader('Cache-Control', 'no-cache');
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();

  const ifRange = request.headers['if-range'];
  const range = ifRange && ifRange !== etag ? undefined : parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') return void response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  response.writeHead(range ? 206 : 200, { 'Content-Length': end - start + 1 });
  if (request.method === 'HEAD' || size === 0) return void response.end();
  const body = createReadStream(file, { start, end });
  body.on('error', (error) => response.destroy(error));
  response.on('close', () => body.destroy());
  body.pipe(response);
}

async function locate(url, root, data) {
  let name;
  try {
    name = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  const wanted = Object.hasOwn(data, name) ? data[name] : path.join(root, name);
  if (wanted !== data[name] && wanted !== root && !wanted.startsWith(root.endsWith(path.sep) ? root : root + path.sep))
    return undefined;
  for (const file of [wanted, path.join(wanted, 'index.html')]) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) return { file, size: found.size, mtimeMs: found.mtimeMs };
  }
  return undefined;
}

/** One byte range of RFC 9110; several, or none that can be read, mean the whole file. */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size) return 'unsatisfiable';
  return start > end ? undefined : { start, end };
}

function openInBrowser(url) {
  const [command, ...args] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[process.platform] ?? ['xdg-open'];
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

async function main() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      port: { type: 'string' },
      isolation: { type: 'boolean', default: true },
      open: { type: 'boolean', default: true },
    },
  });
  if (!existsSync(path.join(DASHBOARD, 'index.html'))) {
    console.error('DASHBOARD_NOT_BUILT: dist/dashboard/index.html does not exist; run: npm start');
    process.exitCode = 1;
    return;
  }
  const server = await serve({
    port: values.port === undefined ? PORT : Number(values.port),
    isolation: values.isolation,
  });
  console.log(`Sluice dashboard: ${server.url}${values.isolation ? '' : '  (without cross-origin isolation)'}`);
  console.log('Ctrl-C stops it.');
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  if (values.open) openInBrowser(server.url);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();

// Runs the built Worker in workerd for tests: HTTP on a port, state in a folder, kill -9 of the process.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from '../../tools/build.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// the copy that wrangler pins: another one brings another workerd
const requireOfWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'));
const { Miniflare } = await import(requireOfWrangler.resolve('miniflare'));

const OBJECTS = { SLUICE_COORDINATOR: 'Coordinator', SLUICE_SLOT: 'Slot', SLUICE_LOG: 'Log' };
const DATE = /"compatibility_date": "([^"]+)"/.exec(readFileSync(path.join(ROOT, 'worker/wrangler.jsonc'), 'utf8'))[1];

/**
 * Starts workerd on our own Worker, built if it is stale; on another main module in its place (`module`); or on a
 * bundle that wrangler has written (`bundle`: folder and name of the main module). `folder` keeps the state.
 */
export async function startEdge({ folder, module, bundle } = {}) {
  if (!bundle && !build({ names: ['worker'], log: () => undefined })) throw new Error('the worker could not be built');
  const own = folder === undefined ? await mkdtemp(path.join(tmpdir(), 'sluice-edge-')) : undefined;
  const dist = bundle?.folder ?? path.join(ROOT, 'dist', 'worker');
  const mainModule = bundle?.main ?? 'index.js';
  const wasm = readdirSync(dist).filter((name) => name.endsWith('.wasm'));
  const port = await freePort();
  const miniflare = new Miniflare({
    cf: false,
    telemetry: { enabled: false },
    host: '127.0.0.1',
    port,
    resourcePersistencePath: folder ?? own,
    handleStructuredLogs: ({ level, message }) => level === 'error' && process.env.EDGE_LOGS && console.log(message),
    workers: [
      {
        config: {
          name: 'sluice',
          compatibilityDate: DATE,
          manifest: {
            mainModule,
            modulesRoot: dist,
            modules: {
              [mainModule]: { type: 'esm', contents: module ?? readFileSync(path.join(dist, mainModule), 'utf8') },
              ...Object.fromEntries(
                wasm.map((name) => [name, { type: 'wasm', contents: readFileSync(path.join(dist, name)) }]),
              ),
            },
          },
          env: Object.fromEntries(
            Object.entries(OBJECTS).map(([name, exportName]) => [
              name,
              { type: 'durable-object', worker: 'sluice', exportName },
            ]),
          ),
          exports: Object.fromEntries(
            Object.values(OBJECTS).map((name) => [name, { type: 'durable-object', storage: 'sqlite' }]),
          ),
        },
        dev: { rootPath: dist },
      },
    ],
  });
  await miniflare.ready;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    /** kill -9 of workerd; Miniflare starts another one on the same state. */
    async kill() {
      const pids = execFileSync('pgrep', ['-P', String(process.pid), 'workerd'], { encoding: 'utf8' });
      const list = pids.trim().split('\n').map(Number);
      for (const pid of list) process.kill(pid, 'SIGKILL');
      return list.length;
    },
    /** A request, again while workerd is being restarted. */
    async request(pathname, options = {}) {
      for (let tries = 0; ; tries++) {
        try {
          return await fetch(url + pathname, options);
        } catch (error) {
          if (tries > 100) throw error;
          await sleep(50);
        }
      }
    },
    async stop() {
      await miniflare.dispose();
      if (own !== undefined) await rm(own, { recursive: true, force: true });
    },
  };
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A client of one job. */
export function jobAt(edge, job) {
  const call = async (method, pathname, body) => {
    const answer = await edge.request(`/jobs/${job}${pathname}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${pathname}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    get: (pathname) => call('GET', pathname),
    post: (pathname, body) => call('POST', pathname, body),
    status: () => call('GET', '/status'),
    rows: (input, body, { type = 'application/x-ndjson', query = '' } = {}) =>
      edge.request(`/jobs/${job}/inputs/${input}${query}`, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'content-type': type },
      }),
    end: (input, query = '') => call('POST', `/inputs/${input}/end${query}`),
    /** Until the status fits; fails when the job failed, or after `seconds`. */
    async until(fits, seconds = 60) {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(40)) {
        const status = await call('GET', '/status');
        if (fits(status)) return status;
        if (status.phase === 'failed') throw new Error(JSON.stringify(status.error));
      }
      throw new Error(`not within ${seconds} s: ${JSON.stringify(await call('GET', '/status'))}`);
    },
    finished(seconds) {
      return this.until(({ phase }) => phase === 'finished', seconds);
    },
    /** Rows and SHA-256 of a whole table. */
    async table(name) {
      const answer = await edge.request(`/jobs/${job}/tables/${name}`);
      if (!answer.ok) throw new Error(await answer.text());
      const hash = createHash('sha256');
      let rows = 0;
      for await (const chunk of answer.body) {
        hash.update(chunk);
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows++;
      }
      return { rows, sha256: hash.digest('hex') };
    },
  };
}

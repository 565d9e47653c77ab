// npm run dev:edge: builds the Worker and runs it in workerd on this machine, without a network or an account.
//   npm run dev:edge [-- --port N] [--persist-to FOLDER] [further options of wrangler dev]
// Prints the address and three requests to try. State (logs, checkpoints, tables) stays in .sluice/edge.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from './build.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PORT = '8787';
const READY_MS_MAX = 120_000;

/** What keeps wrangler from asking the network for anything. */
export const OFFLINE = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};

/** Starts wrangler with our configuration or another one; the child process. */
export function wrangler(args, { config = path.join(ROOT, 'worker', 'wrangler.jsonc'), ...options } = {}) {
  const bin = path.join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  return spawn(process.execPath, [bin, ...args, '--config', config], {
    cwd: ROOT,
    env: { ...process.env, ...OFFLINE },
    ...options,
  });
}

export function requestsToTry(url) {
  return [
    `curl -X POST ${url}/jobs/late-flights/start`,
    `curl ${url}/jobs/late-flights/inputs/flights -H 'content-type: text/csv' --data-binary @demo/data/fixture.csv && curl -X POST ${url}/jobs/late-flights/inputs/flights/end`,
    `curl ${url}/jobs/late-flights/tables/late_flights`,
  ];
}

async function main(args) {
  if (!build({ names: ['engine', 'worker'] })) {
    process.exitCode = 1;
    return;
  }
  const valueOf = (name) => args[args.indexOf(name) + 1];
  const port = args.includes('--port') ? valueOf('--port') : PORT;
  const given = ['--ip', '127.0.0.1', '--port', port, '--show-interactive-dev-session=false'];
  if (!args.includes('--persist-to')) given.push('--persist-to', path.join(ROOT, '.sluice', 'edge'));
  const rest = args.filter((arg, at) => arg !== '--port' && args[at - 1] !== '--port');
  const server = wrangler(['dev', ...given, ...rest], { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
  server.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1);
  });
  const url = `http://127.0.0.1:${port}`;
  if (await answers(url, server)) {
    console.log(`\nSluice at the edge: ${url}\n\n${requestsToTry(url).join('\n')}\n\nCtrl-C stops it.`);
  }
}

/** Until the Worker answers; false when wrangler has ended or it takes too long. */
async function answers(url, server) {
  for (const end = Date.now() + READY_MS_MAX; Date.now() < end && server.exitCode === null;) {
    const ok = await fetch(`${url}/jobs`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));

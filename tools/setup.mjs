// Prepares a checkout: dependencies, Node 24, an up-to-date build and, for tests, browsers.
//   node tools/setup.mjs [--browsers] [--no-build]
// Runs on any Node from 18 and without node_modules, since it is what brings them. It does only what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { missingBrowsers } from './browsers.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const NODE_MAJOR_MIN = 24;
const BIN = path.join(ROOT, 'node_modules', '.bin');

/** A failure whose message says what to do; it is shown without a stack. */
export class SetupError extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** Prepares the checkout and returns the path of a Node that is new enough. */
export function setup({ browsers = false, build = true } = {}) {
  if (!dependenciesAreInstalled(readLock('package-lock.json'), readLock('node_modules/.package-lock.json')))
    installDependencies();
  const node = newEnoughNode();
  if (build && run(node, ['tools/build.mjs']) !== 0) throw new SetupError('BUILD_FAILED', 'see the lines above');
  if (browsers) provideBrowsers();
  return node;
}

/** Runs `main` and turns a SetupError into one line and exit code 1. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * Whether the packages in node_modules (npm's own record of them) are those of package-lock.json.
 * A package for another platform is optional and may be absent.
 */
export function dependenciesAreInstalled(wanted, installed) {
  if (!installed) return false;
  return Object.entries(wanted.packages).every(([name, entry]) => {
    if (name === '') return true;
    const found = installed.packages[name];
    if (!found) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function readLock(name) {
  const file = path.join(ROOT, name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * Installs what package-lock.json says, without changing it. Not `npm ci`: that refuses a lock file made where the
 * optional binaries of other platforms could not be looked up, and `npm install` then looks them up itself.
 */
function installDependencies() {
  console.log('setup: installing dependencies');
  const npm = process.env.npm_execpath;
  const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const status = npm
    ? run(process.execPath, [npm, ...args])
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
  if (status !== 0)
    throw new SetupError('DEPENDENCIES_FAILED', `npm install ended with ${status}; see the lines above`);
}

/** This process's Node if it is new enough, else the one that came as a dependency. */
function newEnoughNode() {
  const bundled = path.join(BIN, process.platform === 'win32' ? 'node.cmd' : 'node');
  if (existsSync(bundled)) {
    const version = spawnSync(bundled, ['--version'], { encoding: 'utf8' }).stdout;
    if (version && majorOf(version) >= NODE_MAJOR_MIN) return bundled;
  }
  if (majorOf(process.version) >= NODE_MAJOR_MIN) return process.execPath;
  throw new SetupError(
    'NODE_TOO_OLD',
    `this is Node ${process.version}, Sluice needs at least v${NODE_MAJOR_MIN}, and the dependency "node" did not bring it ` +
      `(npm may have blocked its install script); install Node ${NODE_MAJOR_MIN} or run: npm rebuild node`,
  );
}

function majorOf(version) {
  return Number(/^v?(\d+)/.exec(version.trim())?.[1] ?? 0);
}

function provideBrowsers() {
  if (missingBrowsers().length === 0) return;
  const root = typeof process.getuid === 'function' && process.getuid() === 0;
  if (root && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')) {
    console.log(`setup: installing ${missingBrowsers().join(' and ')} (apt-get)`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const packages = { chrome: 'chromium', firefox: 'firefox-esr' };
    if (run('apt-get', ['update', '-qq'], env) === 0) {
      run(
        'apt-get',
        ['install', '-y', '-qq', '--no-install-recommends', ...missingBrowsers().map((kind) => packages[kind])],
        env,
      );
    }
  }
  const missing = missingBrowsers();
  if (missing.length === 0) return;
  throw new SetupError(
    'BROWSER_MISSING',
    `the tests drive Chromium (or Chrome) and Firefox, and found no ${missing.join(' and no ')}; install it ` +
      '(Debian: apt-get install chromium firefox-esr) or name it in CHROME_PATH and FIREFOX_PATH',
  );
}

function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const flags = process.argv.slice(2);
  await runMain(() => setup({ browsers: flags.includes('--browsers'), build: !flags.includes('--no-build') }));
}

// The packed tarball, installed like a stranger would, works in a plain Node script and in a plain Vite project
// (built, previewed, opened in Chromium), and its declarations check in a strict TypeScript project.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromeArguments, findBrowser } from '../../tools/browsers.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, '..', '..');
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));

const EXPECTED_ROWS = 'ada 0 2 7 · ada 10000 1 2 · grete 0 1 5';

let app; // a project folder that has the tarball installed
let packed; // npm's description of the tarball

before(() => {
  for (const name of ['index', 'node', 'browser', 'cli']) {
    assert.ok(
      existsSync(path.join(ROOT, 'dist', 'lib', `${name}.js`)),
      `dist/lib/${name}.js is missing; run: npm run build:lib`,
    );
  }
  app = mkdtempSync(path.join(tmpdir(), 'sluice-package-'));
  [packed] = Object.values(JSON.parse(npm(ROOT, ['pack', '--json', '--ignore-scripts', '--pack-destination', app])));
  // the run-time dependencies come from this checkout, so that the test needs no network
  const dependencies = Object.fromEntries(
    closure(Object.keys(manifest.dependencies)).map((name) => [name, `file:${path.join(ROOT, 'node_modules', name)}`]),
  );
  dependencies.sluice = `file:${path.join(app, packed.filename)}`;
  writeFileSync(
    path.join(app, 'package.json'),
    JSON.stringify({ name: 'app', private: true, type: 'module', dependencies }),
  );
  npm(app, ['install', '--offline', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund']);
});
after(() => rmSync(app, { recursive: true, force: true }));

test('the tarball holds the library, the command and its papers, and nothing else', () => {
  const names = packed.files.map((file) => file.path);
  for (const name of [
    'dist/lib/index.js',
    'dist/lib/engine.wasm',
    'bin/sluice.mjs',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
  ]) {
    assert.ok(names.includes(name), `${name} is missing`);
  }
  const stray = names.filter(
    (name) => !/^(?:dist\/lib\/|bin\/|(?:README|CHANGELOG)\.md$|LICENSE$|package\.json$)/.test(name),
  );
  assert.deepEqual(stray, []);
  for (const target of Object.values(manifest.exports).flatMap((entry) =>
    Object.values(entry.types ? entry : { entry }),
  )) {
    assert.ok(names.includes(target.slice(2)), `package.json exports ${target}, which is not in the tarball`);
  }
});

test('a plain Node script runs a job with two worker threads', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [place('plain-node', 'run.mjs')], {
    cwd: app,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), EXPECTED_ROWS);
});

test('the installed command knows its version', () => {
  const bin = path.join(app, 'node_modules', '.bin', 'sluice');
  const { status, stdout, stderr } = spawnSync(bin, ['--version'], { cwd: app, encoding: 'utf8', env: withThisNode() });
  assert.equal(status, 0, stderr);
  assert.ok(stdout.includes(manifest.version), stdout);
});

test('the declarations check in a strict project that resolves like Node', () => {
  const names = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json') && name !== './cloudflare');
  const imports = names.map((name, i) => `import * as e${i} from '${path.posix.join('sluice', name)}';\nvoid e${i};`);
  writeFileSync(path.join(app, 'consumer.mts'), imports.join('\n'));
  const args = [
    '--noEmit',
    '--strict',
    '--target',
    'es2024',
    '--module',
    'nodenext',
    '--lib',
    'es2024,dom',
    '--types',
    '',
  ];
  const tsc = path.join(ROOT, 'node_modules', '.bin', 'tsc');
  const { status, stdout } = spawnSync(tsc, [...args, 'consumer.mts'], {
    cwd: app,
    encoding: 'utf8',
    env: withThisNode(),
  });
  assert.equal(status, 0, stdout);
});

for (const isolation of [false, true]) {
  test(`a Vite page, ${isolation ? '' : 'not '}isolated, runs a job with two workers`, async () => {
    const title = await titleOfBuiltPage(isolation);
    assert.equal(title, `finished: ${EXPECTED_ROWS}`);
  });
}

/** Builds the page once, previews it, opens it in Chromium and waits for its title to tell an end. */
async function titleOfBuiltPage(isolation) {
  const { build, preview } = await import('vite');
  const root = path.dirname(place('vite-page', 'index.html'));
  const config = { root, configFile: false, logLevel: 'error', build: { target: 'esnext' }, worker: { format: 'es' } };
  if (!existsSync(path.join(root, 'dist', 'index.html'))) await build(config);
  const headers = isolation
    ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    : {};
  const server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1', headers } });
  const { launch } = await import('puppeteer-core');
  const browser = await launch({ executablePath: findBrowser('chrome'), headless: true, args: chromeArguments() });
  try {
    const page = await browser.newPage();
    const { port } = server.httpServer.address();
    await page.goto(`http://127.0.0.1:${port}/`);
    assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), isolation);
    await page.waitForFunction(() => /^(?:finished|failed): /.test(document.title), { timeout: 60_000 });
    return await page.title();
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Copies a fixture folder and the job beside it into the project; the path of one of its files there. */
function place(folder, file) {
  const target = path.join(app, folder);
  if (!existsSync(target)) {
    mkdirSync(target);
    cpSync(path.join(HERE, folder), target, { recursive: true });
    cpSync(path.join(HERE, 'orders-job.mjs'), path.join(target, 'orders-job.mjs'));
  }
  return path.join(target, file);
}

/** The named packages and everything they depend on, by the lock file. */
function closure(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closure(Object.keys(lock.packages[`node_modules/${name}`].dependencies ?? {}), found);
  }
  return [...found];
}

function npm(cwd, args) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', env: withThisNode() });
  assert.equal(status, 0, `npm ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

function withThisNode() {
  return { ...process.env, PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}` };
}

// The test suites, run one after another with their output; the last line is `N passed, N failed, N skipped`.
//   node tools/suites.mjs [suite …] [words that choose files or cases]
// This is `npm test` without the set-up. A suite that finds no tests has failed: an empty run proves nothing.
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const BIN = path.join(ROOT, 'node_modules', '.bin');
const TEST_TIMEOUT_MS = 300_000; // one test file; the longest is the simulator's 200 seeds

const PROJECTS = ['portable', 'browser', 'node', 'demo', 'worker'];

const SUITES = {
  tidy: () => check('node', ['tools/tidy.mjs'], /^tidy: /gm),
  format: () =>
    check('prettier', ['--check', '--log-level', 'warn', '.'], /^\[(?:warn\] (?!Code style)|error\] \S+: )/gm),
  lint: () => check('oxlint', ['--type-aware', '--deny-warnings'], /^ {2}[×⚠x!] /gm),
  types,
  specs: (words) => counted('node', ['engine-as/spec.mjs', ...words], 'specs'),
  unit: (words) =>
    nodeTests(['host-ts/{src,test}/**/*.test.ts', 'tools/**/*.test.mjs', 'demo/jobs/**/*.test.ts'], words),
  browser,
  worker: (words) => nodeTests(['worker/**/*.test.{mjs,ts}'], words, ['--test-concurrency=1']),
  dashboard: (words) => nodeTests(['demo/test/**/*.test.{mjs,ts}'], words, ['--test-concurrency=1']),
  bench: (words) => nodeTests(['bench/**/*.test.{mjs,ts}'], words, ['--test-concurrency=1']),
  package: (words) => nodeTests(['test/package/**/*.test.mjs'], words, ['--test-concurrency=1']),
};

const args = process.argv.slice(2);
const named = args.filter((arg) => Object.hasOwn(SUITES, arg));
const words = args.filter((arg) => !Object.hasOwn(SUITES, arg));
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
for (const name of named.length > 0 ? named : Object.keys(SUITES)) {
  console.log(`\n── ${name} ──`);
  const start = performance.now();
  const counts = await SUITES[name](words);
  for (const key of Object.keys(total)) total[key] += counts[key];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  summary.push(`${name.padEnd(10)} ${line(counts)} (${seconds} s)`);
}
console.log(`\n${summary.join('\n')}\n\n${line(total)}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A tool that passes or lists problems: one failure per problem found in its output, at least one. */
async function check(command, args, problem) {
  const { status, output } = await run(command, args);
  if (status === 0) return { passed: 1, failed: 0, skipped: 0 };
  return { passed: 0, failed: Math.max(1, output.match(problem)?.length ?? 0), skipped: 0 };
}

/** A runner of ours that ends with `<title>: N passed, N failed`. */
async function counted(command, args, title) {
  const { status, output } = await run(command, args);
  const found = new RegExp(`^${title}: (\\d+) passed, (\\d+) failed$`, 'm').exec(output);
  const counts = { passed: Number(found?.[1] ?? 0), failed: Number(found?.[2] ?? 0), skipped: 0 };
  return orFailed(counts, status);
}

/** Each TypeScript project is one check; type tests (`@ts-expect-error`) live in host-ts/test and are part of it. */
async function types() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const project of PROJECTS) {
    const { status, output } = await run('tsc', ['-p', `tsconfig.${project}.json`]);
    if (status === 0) counts.passed++;
    else counts.failed += Math.max(1, output.match(/error TS\d+/g)?.length ?? 0);
    console.log(`tsconfig.${project}.json: ${status === 0 ? 'ok' : 'failed'}`);
  }
  return counts;
}

/** node:test over the files of the globs; browser tests are not for Node. */
async function nodeTests(globs, words, options = []) {
  const files = chosenFiles(globs, words).filter((file) => !file.startsWith('host-ts/test/browser/'));
  if (files.length === 0) return noTests(globs, words);
  return withCounts(async (countsFile) => {
    const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
    reporters.push('--test-reporter=./tools/count-reporter.mjs', `--test-reporter-destination=${countsFile}`);
    return run('node', ['--test', `--test-timeout=${TEST_TIMEOUT_MS}`, ...reporters, ...options, ...files]);
  });
}

async function browser(words) {
  const globs = ['host-ts/test/browser/**/*.test.ts'];
  const files = chosenFiles(globs, words);
  if (files.length === 0) return noTests(globs, words);
  return withCounts((countsFile) =>
    run('web-test-runner', ['--config', 'wtr.config.mjs', '--static-logging', '--files', ...files], {
      SLUICE_COUNTS_FILE: countsFile,
    }),
  );
}

/** Files of the globs; words choose among them by their paths. */
function chosenFiles(globs, words) {
  const files = globSync(globs, { cwd: ROOT, exclude: (name) => name === 'node_modules' }).map((file) =>
    file.split(path.sep).join('/'),
  );
  const chosen = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
  return chosen.sort();
}

function noTests(globs, words) {
  const chosen = words.length > 0 ? ` whose path contains ${words.join(' or ')}` : '';
  console.log(`no tests found in ${globs.join(', ')}${chosen}`);
  return { passed: 0, failed: words.length > 0 ? 0 : 1, skipped: 0 };
}

/** Lets a runner write its counts as JSON into a file; a run that wrote none has failed. */
async function withCounts(body) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-counts-'));
  try {
    const file = path.join(folder, 'counts.json');
    const { status } = await body(file);
    const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8') || '{}') : {};
    return orFailed({ passed: counts.passed ?? 0, failed: counts.failed ?? 0, skipped: counts.skipped ?? 0 }, status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function orFailed(counts, status) {
  const unseen = (status !== 0 && counts.failed === 0) || counts.passed + counts.failed + counts.skipped === 0;
  return unseen ? { ...counts, failed: counts.failed + 1 } : counts;
}

function run(command, args, env = {}) {
  const file = command === 'node' ? process.execPath : path.join(BIN, command);
  const PATH = `${BIN}${path.delimiter}${process.env.PATH}`;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH, ...env },
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      process.stdout.write(data);
    });
    child.stderr.on('data', (data) => {
      output += data;
      process.stderr.write(data);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

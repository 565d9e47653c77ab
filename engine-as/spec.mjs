// Runs the engine's specs: every assembly/**/*.spec.ts is compiled by asc, debug and release, and each
// exported function is a case. `test_*` must return; `traps_*` must trap (an assertion, unreachable, out of
// bounds). Each case gets an instance of its own, so cases cannot see each other's memory.
//   node engine-as/spec.mjs [text in the path or case name …] [--debug | --release]
// A compiled spec is kept in build/spec/ and used again while every file that asc read for it is unchanged.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, threadId } from 'node:worker_threads';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const BUILD = path.join(ROOT, 'engine-as', 'build', 'spec');
const COMPILERS_MAX = 3; // each holds a binaryen of about 200 MB

class AssertionFailed extends Error {}

const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
const isSpec = (name) => name.startsWith('test_') || name.startsWith('traps_');

if (isMainThread) {
  const words = process.argv.slice(2).filter((a) => !a.startsWith('-'));
  const targets = ['debug', 'release'].filter((t) => !process.argv.includes(t === 'debug' ? '--release' : '--debug'));
  const totals = await runSpecs({ words, targets, log: (line) => console.log(line) });
  console.log(`specs: ${totals.passed} passed, ${totals.failed} failed`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
} else {
  const compile = await loadCompiler();
  parentPort.on('message', ({ spec, target }) => {
    compile(spec, target).then(
      (result) => parentPort.postMessage(result),
      (error) => parentPort.postMessage({ error: String(error.stack) }),
    );
  });
}

/** Compiles and runs the specs whose path, or one of whose cases, contains one of the words (all when none). */
async function runSpecs({ words, targets, log }) {
  const specs = globSync('engine-as/assembly/**/*.spec.ts', { cwd: ROOT })
    .map((file) => file.split(path.sep).join('/'))
    .sort();
  if (specs.length === 0) log('no engine-as/assembly/**/*.spec.ts found');
  const byPath = specs.filter((spec) => words.some((word) => spec.includes(word)));
  const chosen = byPath.length > 0 ? byPath : specs;
  const caseWords = byPath.length > 0 ? [] : words;
  mkdirSync(BUILD, { recursive: true });

  const totals = { passed: 0, failed: 0 };
  const jobs = chosen.flatMap((spec) => targets.map((target) => ({ spec, target })));
  const compiled = compileAll(jobs);
  for (const [index, job] of jobs.entries()) {
    const { wasmFile, error } = await compiled[index];
    const result = error
      ? { passed: 0, failures: [{ name: 'compile', message: error }] }
      : await runModule(wasmFile, caseWords);
    totals.passed += result.passed;
    totals.failed += result.failures.length;
    const title = `${job.spec.replace('engine-as/assembly/', '')} (${job.target})`;
    if (result.passed + result.failures.length > 0)
      log(`${result.failures.length ? 'FAIL' : ' ok '} ${title}: ${result.passed} passed`);
    for (const failure of result.failures) log(`     ${failure.name}: ${failure.message}`);
    for (const line of result.output ?? []) log(`     ${line}`);
  }
  return totals;
}

/** One promise per job, in order; stale jobs are shared among a few compiler threads. */
function compileAll(jobs) {
  const pending = [];
  const results = jobs.map(({ spec, target }) => {
    const cached = cachedWasm(spec, target);
    if (cached) return Promise.resolve({ wasmFile: cached });
    return new Promise((resolve) => pending.push({ spec, target, resolve }));
  });
  const threads = Math.min(pending.length, COMPILERS_MAX, availableParallelism());
  for (let i = 0; i < threads; i++) {
    const worker = new Worker(fileURLToPath(import.meta.url));
    let current;
    const next = () => {
      current = pending.shift();
      if (current) worker.postMessage({ spec: current.spec, target: current.target });
      else void worker.terminate();
    };
    worker.on('message', (result) => {
      current.resolve(result);
      next();
    });
    worker.on('error', (error) => {
      current?.resolve({ error: `the compiler thread died: ${error.stack}` });
      current = undefined;
      for (const job of pending.splice(0)) job.resolve({ error: `the compiler thread died: ${error.message}` });
    });
    next();
  }
  return results;
}

function outputs(spec, target) {
  const name = spec
    .replace('engine-as/assembly/', '')
    .replace(/\.spec\.ts$/, '')
    .replaceAll('/', '__');
  return { wasm: path.join(BUILD, `${name}.${target}.wasm`), record: path.join(BUILD, `${name}.${target}.json`) };
}

/** Writes beside the file and renames: another run that reads it meanwhile sees the old or the new one whole. */
function replaceFile(file, contents) {
  const beside = `${file}.${process.pid}.${threadId}`;
  writeFileSync(beside, contents);
  renameSync(beside, file);
}

function toolHash() {
  const version = createRequire(import.meta.url)('assemblyscript/package.json').version;
  return hashOf(version + readFileSync(path.join(ROOT, 'engine-as', 'asconfig.json'), 'utf8'));
}

/** The wasm of an earlier run, if no file that went into it has changed. */
function cachedWasm(spec, target) {
  const { wasm, record } = outputs(spec, target);
  if (!existsSync(wasm) || !existsSync(record)) return undefined;
  const { tool, files } = JSON.parse(readFileSync(record, 'utf8'));
  if (tool !== toolHash()) return undefined;
  for (const [file, hash] of Object.entries(files)) {
    const full = path.join(ROOT, file);
    if (!existsSync(full) || hashOf(readFileSync(full, 'utf8')) !== hash) return undefined;
  }
  return wasm;
}

async function loadCompiler() {
  const { default: asc } = await import('assemblyscript/asc');
  return async function compile(spec, target) {
    const { wasm, record } = outputs(spec, target);
    const files = {};
    let messages = '';
    const readFile = (name, baseDir) => {
      const full = path.resolve(baseDir, name);
      if (!existsSync(full)) return null;
      const text = readFileSync(full, 'utf8');
      const relative = path.relative(ROOT, full).split(path.sep).join('/');
      if (!relative.startsWith('..') && !relative.includes('node_modules')) files[relative] = hashOf(text);
      return text;
    };
    const written = new Map();
    const args = [
      spec,
      '--config',
      'engine-as/asconfig.json',
      '--target',
      target,
      '-o',
      'spec.wasm',
      '--baseDir',
      ROOT,
    ];
    const { error } = await asc.main(args, {
      readFile,
      writeFile: (name, contents) => void written.set(path.basename(name), contents),
      stdout: { write: () => {} },
      stderr: { write: (text) => void (messages += text) },
    });
    if (error || !written.has('spec.wasm')) return { error: messages.trim() || String(error) };
    replaceFile(wasm, written.get('spec.wasm'));
    replaceFile(record, JSON.stringify({ tool: toolHash(), files }));
    return { wasmFile: wasm };
  };
}

async function runModule(wasmFile, caseWords) {
  const module = await WebAssembly.compile(readFileSync(wasmFile));
  const names = WebAssembly.Module.exports(module)
    .filter((e) => e.kind === 'function' && isSpec(e.name))
    .map((e) => e.name);
  const result = { passed: 0, failures: [], output: [] };
  if (names.length === 0)
    result.failures.push({ name: 'cases', message: 'exports no function named test_* or traps_*' });
  for (const name of names.filter((n) => caseWords.length === 0 || caseWords.some((w) => n.includes(w)))) {
    const trap = runCase(module, name, result.output);
    if (name.startsWith('traps_')) {
      if (trap instanceof WebAssembly.RuntimeError || trap instanceof AssertionFailed) result.passed++;
      else result.failures.push({ name, message: trap ? trap.message : 'returned, but should have trapped' });
    } else if (trap)
      result.failures.push({ name, message: trap instanceof AssertionFailed ? trap.message : trap.stack });
    else result.passed++;
  }
  return result;
}

/** Runs one case in a fresh instance; what it threw, or undefined. */
function runCase(module, name, output) {
  let memory;
  const text = (ptr) => {
    if (ptr === 0) return '';
    const bytes = new Uint32Array(memory.buffer)[(ptr - 4) >>> 2];
    return String.fromCharCode(...new Uint16Array(memory.buffer, ptr, bytes >>> 1));
  };
  const known = {
    abort: (message, file, line, column) => {
      throw new AssertionFailed(`${text(message) || 'assertion failed'} (${text(file)}:${line}:${column})`);
    },
    trace: (message, count, ...values) =>
      void output.push([`${name}: ${text(message)}`, ...values.slice(0, count)].join(' ')),
    'console.log': (message) => void output.push(`${name}: ${text(message)}`),
  };
  const imports = {};
  for (const { module: space, name: field, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') continue;
    const missing = () => {
      throw new Error(`the engine called ${space}.${field}, which no host gives it`);
    };
    (imports[space] ??= {})[field] = known[field] ?? missing;
  }
  try {
    const instance = new WebAssembly.Instance(module, imports);
    memory = instance.exports.memory;
    instance.exports[name]();
    return undefined;
  } catch (error) {
    return error;
  }
}

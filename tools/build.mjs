// Builds what is stale: engine, lib, types, dashboard, worker, in this order (all of them, or those named).
//   node tools/build.mjs [engine] [lib] [types] [dashboard] [worker] [--force]
// A target is stale when the contents of its inputs, or one of its outputs' existence, changed since its stamp.
// A target whose main input does not exist is skipped, with a line that says so.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const BIN = path.join(ROOT, 'node_modules', '.bin');

const ENGINE = ['engine-as/assembly/**/*.ts', 'engine-as/abi.ts', 'engine-as/asconfig.json'];
const HOST = [
  'host-ts/src/**/*.ts',
  'worker/src/**/*.ts',
  'engine-as/abi.ts',
  'rollup.config.mjs',
  'tools/rollup-plugins.mjs',
];
const WASM = 'engine-as/build/engine.wasm';

/** needs: without one of these there is nothing to build; inputs: globs; output: what must exist afterwards. */
export const TARGETS = {
  engine: { needs: ['engine-as/assembly/index.ts'], inputs: ENGINE, output: WASM, run: buildEngine },
  lib: {
    needs: ['host-ts/src/entry/index.ts'],
    inputs: [...HOST, WASM],
    output: 'dist/lib/index.js',
    run: () => bundle('lib', ['dist/lib/*.js', 'dist/lib/*.map', 'dist/lib/*.wasm', 'dist/lib/chunks/*']),
  },
  types: {
    needs: ['host-ts/src/entry/index.ts'],
    inputs: [...HOST, 'tsconfig.base.json', 'tsconfig.types.json'],
    output: 'dist/lib/types/host-ts/src/entry/index.d.ts',
    run: buildTypes,
  },
  dashboard: {
    needs: ['demo/src/main.tsx', 'demo/src/main.ts'],
    inputs: [...HOST, WASM, 'demo/**/*'],
    output: 'dist/dashboard/main.js',
    run: () => bundle('dashboard', ['dist/dashboard/**/*']),
  },
  worker: {
    needs: ['worker/src/main.ts', 'demo/worker.ts'],
    inputs: [...HOST, WASM, 'demo/jobs/**/*', 'demo/worker.ts'],
    output: 'dist/worker/index.js',
    run: () => bundle('worker', ['dist/worker/*']),
  },
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const names = args.filter((arg) => !arg.startsWith('-'));
  for (const name of names) {
    if (!(name in TARGETS))
      throw new Error(`BUILD_UNKNOWN_TARGET: ${name} is none of ${Object.keys(TARGETS).join(', ')}`);
  }
  process.exitCode = build({ names, force: args.includes('--force') }) ? 0 : 1;
}

/** Builds the stale ones among the named targets; false at the first that fails. */
export function build({ names = [], force = false, log = console.log } = {}) {
  for (const [name, target] of Object.entries(TARGETS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    if (!target.needs.some((file) => existsSync(path.join(ROOT, file)))) {
      if (names.length > 0) log(`build ${name}: skipped, ${target.needs.join(' or ')} does not exist`);
      continue;
    }
    const before = fingerprint(target.inputs);
    if (!force && stampOf(name) === before && existsSync(path.join(ROOT, target.output))) continue;
    const start = performance.now();
    if (!target.run()) {
      log(`build ${name}: failed`);
      return false;
    }
    writeStamp(name, before);
    log(`build ${name}: ${Math.round(performance.now() - start)} ms`);
  }
  return true;
}

function buildEngine() {
  mkdirSync(path.join(ROOT, 'engine-as', 'build'), { recursive: true });
  const outputs = { debug: 'engine.debug.wasm', release: 'engine.wasm' };
  return Object.entries(outputs).every(([target, file]) =>
    run('asc', [
      'engine-as/assembly/index.ts',
      '--config',
      'engine-as/asconfig.json',
      '--target',
      target,
      '-o',
      `engine-as/build/${file}`,
    ]),
  );
}

function bundle(target, stale) {
  for (const file of globSync(stale, { cwd: ROOT, withFileTypes: true })) {
    if (file.isFile()) rmSync(path.join(file.parentPath, file.name), { force: true });
  }
  return run('rollup', ['-c', '--silent', '--configTarget', target]);
}

function buildTypes() {
  rmSync(path.join(ROOT, 'dist', 'lib', 'types'), { recursive: true, force: true });
  if (!run('tsc', ['-p', 'tsconfig.types.json'])) return false;
  // tsc leaves './x.ts' in declarations; consumers resolve './x.js'
  for (const entry of globSync('dist/lib/types/**/*.d.ts', { cwd: ROOT })) {
    const file = path.join(ROOT, entry);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'));
  }
  // abi.ts speaks of i32: its declarations have to say what that is, since no ambient file travels with them
  const abi = path.join(ROOT, 'dist', 'lib', 'types', 'engine-as', 'abi.d.ts');
  if (existsSync(abi)) {
    const names = readFileSync(path.join(ROOT, 'host-ts', 'src', 'abi', 'assemblyscript.d.ts'), 'utf8');
    writeFileSync(abi, `${names}${readFileSync(abi, 'utf8')}`);
  }
  return true;
}

function run(command, args) {
  const PATH = `${BIN}${path.delimiter}${process.env.PATH}`;
  const { status, error } = spawnSync(path.join(BIN, command), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH },
  });
  if (error) console.error(`${command}: ${error.message}; run npm ci first`);
  return status === 0;
}

/** A hash over names and contents of the inputs; tests and specs do not count. */
export function fingerprint(inputs) {
  const files = globSync([...inputs, 'package-lock.json'], { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(test|spec)\.(ts|mjs)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of [...new Set(files)].sort()) hash.update(path.relative(ROOT, file)).update(readFileSync(file));
  return hash.digest('hex');
}

function stampFile(name) {
  return path.join(ROOT, 'dist', '.stamps', name);
}

function stampOf(name) {
  return existsSync(stampFile(name)) ? readFileSync(stampFile(name), 'utf8') : undefined;
}

function writeStamp(name, value) {
  mkdirSync(path.dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), value);
}

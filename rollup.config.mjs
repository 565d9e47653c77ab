// The bundles: the library (dist/lib), the dashboard (dist/dashboard), the Cloudflare worker (dist/worker).
//   rollup -c --configTarget lib|dashboard|worker     (all three when no target is named)
// Inputs that do not exist are left out. Workers and wasm are found by their literal
// `new URL('./file', import.meta.url)`, which stays in the output so that any later bundler finds them too.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'rollup-plugin-esbuild';
import { dashboardFiles, publicNames, styles, urls, wasmModules } from './tools/rollup-plugins.mjs';

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const from = (file) => path.join(ROOT, file);
const firstOf = (...files) => files.map(from).find((file) => existsSync(file));

const typescript = (options = {}) =>
  esbuild({ target: 'es2024', sourceMap: true, jsx: 'automatic', jsxImportSource: 'preact', ...options });

function inputs(names) {
  const found = Object.entries(names).filter(([, file]) => file !== undefined && existsSync(file));
  return Object.fromEntries(found);
}

function library() {
  const entries = ['index', 'connectors', 'testing', 'browser', 'node', 'cloudflare'];
  const input = inputs({
    ...Object.fromEntries(entries.map((name) => [name, from(`host-ts/src/entry/${name}.ts`)])),
    cli: from('host-ts/src/cli/main.ts'),
  });
  const shipped = Object.keys(manifest.dependencies);
  return {
    input,
    external: (id) =>
      id.startsWith('node:') ||
      id.startsWith('cloudflare:') ||
      shipped.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [urls(), typescript(), wasmModules()],
    output: {
      dir: 'dist/lib',
      format: 'es',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name].js',
      assetFileNames: '[name][extname]',
    },
  };
}

function dashboard() {
  const output = (name) => ({
    dir: 'dist/dashboard',
    format: 'es',
    sourcemap: true,
    entryFileNames: `${name}.js`,
    chunkFileNames: 'assets/[name]-[hash].js',
    assetFileNames: 'assets/[name]-[hash][extname]',
  });
  const workerOutput = { ...output('main'), entryFileNames: 'assets/[name]-[hash].js' };
  const rest = [publicNames(ROOT), nodeResolve({ browser: true }), typescript({ minify: true })];
  const plugins = [
    urls({ workersApart: { plugins: [urls(), ...rest], onwarn: failOnWarning, output: workerOutput } }),
    ...rest,
  ];
  const serviceWorker = firstOf('demo/src/service-worker.ts');
  return [
    {
      input: inputs({ main: firstOf('demo/src/main.tsx', 'demo/src/main.ts') }),
      // the page itself decodes nothing until a file is dropped: decompressors stay with the workers
      treeshake: { moduleSideEffects: (id) => !id.includes('hyparquet') },
      plugins: [
        ...plugins,
        styles('main.css'),
        dashboardFiles({ html: from('demo/index.html'), statics: from('demo/public') }),
      ],
      output: output('main'),
    },
    // alone, so that it is one file at the root, whose scope is the whole dashboard
    {
      input: inputs({ 'service-worker': serviceWorker }),
      plugins,
      output: { ...output('service-worker'), inlineDynamicImports: true },
    },
  ];
}

function worker() {
  return {
    input: inputs({ index: firstOf('worker/src/main.ts', 'demo/worker.ts') }),
    external: (id) => id.startsWith('node:') || id.startsWith('cloudflare:'),
    plugins: [
      publicNames(ROOT),
      nodeResolve({ exportConditions: ['workerd', 'worker', 'browser'] }),
      urls(),
      typescript(),
      wasmModules(),
    ],
    output: {
      dir: 'dist/worker',
      entryFileNames: 'index.js',
      format: 'es',
      sourcemap: true,
      inlineDynamicImports: true,
      assetFileNames: '[name][extname]',
    },
  };
}

export default (args) => {
  const targets = { lib: library, dashboard, worker };
  const chosen = args.configTarget ? [args.configTarget] : Object.keys(targets);
  delete args.configTarget;
  const configs = chosen.flatMap((name) => targets[name]()).filter((config) => Object.keys(config.input).length > 0);
  return configs.map((config) => ({ onwarn: failOnWarning, ...config }));
};

function failOnWarning(warning) {
  throw new Error(`rollup warns, and a build must not: ${warning.message}`);
}

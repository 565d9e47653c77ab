// The five small Rollup plugins of rollup.config.mjs: workers and assets by URL, wasm as a module (Cloudflare),
// style sheets, public names resolved to sources, and the dashboard's static files with their list.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { transform as esbuild } from 'esbuild';
import { MagicString } from 'magic-string';
import { rollup } from 'rollup';

const URL_PATTERN =
  /(new\s+(?:Shared)?Worker\s*\(\s*)?\bnew\s+URL\s*\(\s*(['"])(\.{1,2}\/[^'"]+)\2\s*,\s*import\.meta\.url\s*,?\s*\)/g;

/**
 * `new URL('./x.ts', import.meta.url)` makes x a chunk of its own; any other file becomes an asset. With `workersApart`
 * (options of Rollup) the module of a `new Worker(new URL(…))` shares no chunk with the rest: it is bundled by itself,
 * so that a worker is there after one request instead of one per level of imports.
 */
export function urls({ workersApart } = {}) {
  return {
    name: 'urls',
    async transform(code, id) {
      if (!code.includes('import.meta.url')) return null;
      const edited = new MagicString(code);
      for (const match of code.matchAll(URL_PATTERN)) {
        if (inComment(code, match.index)) continue;
        const file = path.resolve(path.dirname(id), match[3]);
        if (!existsSync(file)) this.error(`${id}: ${match[3]} does not exist; build it first, or mend the path`);
        const apart = match[1] !== undefined && workersApart !== undefined && isScript(file);
        const reference = apart ? await emitApart(this, file, workersApart) : await emit(this, file);
        const start = match.index + (match[1]?.length ?? 0);
        edited.overwrite(start, match.index + match[0].length, `import.meta.ROLLUP_FILE_URL_${reference}`);
      }
      return edited.hasChanged() ? { code: edited.toString(), map: edited.generateMap({ hires: true }) } : null;
    },
    resolveFileUrl({ relativePath }) {
      const relative = relativePath.startsWith('.') ? relativePath : `./${relativePath}`;
      return `new URL(${JSON.stringify(relative)}, import.meta.url)`;
    },
  };
}

async function emit(context, file) {
  const name = path.basename(file);
  if (isScript(file)) {
    return context.emitFile({ type: 'chunk', id: file, name: name.replace(/\.[^.]+$/, '') });
  }
  context.addWatchFile(file);
  return context.emitFile({ type: 'asset', name, source: await readFile(file) });
}

function isScript(file) {
  return /\.[cm]?[jt]sx?$/.test(file);
}

/** Bundles the module; its chunks and assets become files of the bundle that names it. Returns the entry's reference. */
async function emitApart(context, file, { output, ...options }) {
  const bundle = await rollup({ ...options, input: file });
  for (const watched of bundle.watchFiles) context.addWatchFile(watched);
  const { output: files } = await bundle.generate(output);
  await bundle.close();
  let reference;
  for (const { type, fileName, names, code, source = code, isEntry = false } of files) {
    // assets get their names anew, by the same pattern: what both bundles name becomes one file
    const named = type === 'asset' && !fileName.endsWith('.map') ? { name: names[0] } : { fileName };
    const emitted = context.emitFile({ type: 'asset', ...named, source });
    if (isEntry) reference = emitted;
  }
  return reference;
}

function inComment(code, index) {
  const lineStart = code.lastIndexOf('\n', index) + 1;
  return /^\s*\*|\/\//.test(code.slice(lineStart, index));
}

/** `import engine from '…/engine.wasm'` stays an import, of the copied file: workerd compiles it when it loads. */
export function wasmModules() {
  const sources = new Map();
  return {
    name: 'wasm-modules',
    resolveId(source, importer) {
      if (!source.endsWith('.wasm') || !importer) return null;
      const file = path.resolve(path.dirname(importer), source);
      if (!existsSync(file)) this.error(`${importer}: ${source} does not exist; run npm run build:engine first`);
      sources.set(path.basename(file), file);
      return { id: `./${path.basename(file)}`, external: 'relative' };
    },
    async generateBundle(_, bundle) {
      for (const [name, file] of sources) {
        if (!(name in bundle)) this.emitFile({ type: 'asset', fileName: name, source: await readFile(file) });
      }
    },
  };
}

/** Imported style sheets are joined in import order and minified into one file. */
export function styles(fileName) {
  const sheets = new Map();
  return {
    name: 'styles',
    transform(code, id) {
      if (!id.endsWith('.css')) return null;
      sheets.set(id, code);
      return { code: '', map: { mappings: '' }, moduleSideEffects: true };
    },
    async generateBundle() {
      if (sheets.size === 0) return;
      const { code } = await esbuild([...sheets.values()].join('\n'), { loader: 'css', minify: true });
      this.emitFile({ type: 'asset', fileName, source: code });
    },
  };
}

/** `sluice/x` means host-ts/src/entry/x.ts: one pass over sources, so that workers become chunks of this bundle. */
export function publicNames(root) {
  return {
    name: 'public-names',
    resolveId(source) {
      if (source !== 'sluice' && !source.startsWith('sluice/')) return null;
      const entry = source === 'sluice' ? 'index' : source.slice('sluice/'.length);
      return path.join(root, 'host-ts', 'src', 'entry', `${entry}.ts`);
    },
  };
}

/**
 * Copies index.html and the static files, and writes files.json, which a service worker reads to work offline:
 * `{ version, files }`, the version a hash over the contents.
 */
export function dashboardFiles({ html, statics }) {
  return {
    name: 'dashboard-files',
    async generateBundle(_, bundle) {
      const add = (fileName, file) => this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
      if (existsSync(html)) add('index.html', html);
      if (existsSync(statics)) {
        for (const entry of globSync('**/*', { cwd: statics, withFileTypes: true }).filter((e) => e.isFile())) {
          const file = path.join(entry.parentPath, entry.name);
          add(path.relative(statics, file).split(path.sep).join('/'), file);
        }
      }
      const files = Object.keys(bundle)
        .filter((name) => !name.endsWith('.map'))
        .sort();
      const hash = createHash('sha256');
      for (const name of files) hash.update(name).update(bundle[name].code ?? bundle[name].source);
      const list = { version: hash.digest('hex').slice(0, 16), files: files.map((name) => `./${name}`) };
      this.emitFile({ type: 'asset', fileName: 'files.json', source: JSON.stringify(list) });
    },
  };
}

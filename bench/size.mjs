// Suite `size`: what travels to a user, gzipped at level 9, in bytes. The build must be there (npm run build).
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOT = path.resolve(import.meta.dirname, '..');

/** library: the code of an entry with all chunks that it may load, without the engine; dashboard: everything but the data. */
const PARTS = {
  'size/engine.wasm': ['engine-as/build/engine.wasm'],
  'size/library/browser': ['dist/lib/browser.js'],
  'size/library/node': ['dist/lib/node.js'],
  'size/library/all': ['dist/lib/*.js', 'dist/lib/chunks/*.js'],
  'size/dashboard': ['dist/dashboard/**/*.{js,css,html,svg,webmanifest}'],
};

export async function size({ figures }) {
  for (const [name, globs] of Object.entries(PARTS)) {
    const named = globSync(globs, { cwd: ROOT }).map((file) => path.join(ROOT, file));
    const files = name.startsWith('size/library') ? withImports(named) : named;
    if (files.length === 0) console.error(`${name}: ${globs.join(', ')} is not built, nothing measured`);
    else figures.add(name, sum(files), 'B gz');
  }
}

function sum(files) {
  return files.reduce((total, file) => total + gzipSync(readFileSync(file), { level: 9 }).length, 0);
}

/** The files with all that they import, statically or not. */
function withImports(files) {
  const seen = new Set();
  const pending = [...files];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    seen.add(file);
    for (const [, target] of readFileSync(file, 'utf8').matchAll(
      /(?:from|import\(?|new URL\()\s*['"](\.{1,2}\/[^'"]+\.js)['"]/g,
    )) {
      pending.push(path.resolve(path.dirname(file), target));
    }
  }
  return [...seen];
}

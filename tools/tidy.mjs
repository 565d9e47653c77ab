// Checks the repository against its own rules (layers.json, STYLE): directions, doors, platform names, sizes,
// names, headers. Each finding says what to do. The rules are in tidy-rules.mjs.
//   node tools/tidy.mjs
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RULES, checkTree } from './tidy-rules.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const NOT_OURS = new Set(['node_modules', 'dist', 'build', '.git', '.wrangler', '.sluice']);
const TEXT = /\.(?:ts|tsx|mjs|js|json|jsonc|md|html|css|sql)$|(?:^|\/)(?:run|LICENSE|\.[a-z]+rc)$/;
const NOT_WRITTEN_HERE = /(?:^|\/)(?:package-lock\.json|worker-configuration\.d\.ts)$/;

const tree = {};
for (const name of filesBelow('')) {
  if (TEXT.test(name) && !NOT_WRITTEN_HERE.test(name)) tree[name] = readFileSync(path.join(ROOT, name), 'utf8');
}
const findings = checkTree(tree, JSON.parse(tree['layers.json']));
for (const { rule, file, line, message } of findings) console.log(`tidy: ${file}:${line}: ${message} [${rule}]`);
console.log(`${Object.keys(tree).length} files, ${Object.keys(RULES).length} rules, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;

function filesBelow(folder) {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(name);
    return entry.isFile() ? [name] : [];
  });
}

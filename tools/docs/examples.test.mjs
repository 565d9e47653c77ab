// README and guide: their snippets are type-checked against the published types, their jobs are run and print what
// the page shows, and what they link to and name exists. Works on the built package, as a reader's project does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from '../build.mjs';
import { anchorsOf, blocksOf, linksOf, wrongBlocks } from './markdown.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = path.join(ROOT, 'node_modules', '.bin', 'tsc');
const PAGES = ['README.md', ...globSync('docs/guide/*.md', { cwd: ROOT }).sort(), 'docs/errors.md'];
const text = Object.fromEntries(PAGES.map((page) => [page, readFileSync(path.join(ROOT, page), 'utf8')]));
const blocks = PAGES.flatMap((page) => blocksOf(page, text[page]));

let folder;
before(() => {
  const log = [];
  assert.ok(build({ names: ['engine', 'lib', 'types'], log: (line) => log.push(line) }), log.join('\n'));
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-docs-'));
});
after(() => folder && rmSync(folder, { recursive: true, force: true }));

test('every block says what it is', () => assert.deepEqual(wrongBlocks(blocks), []));

test('snippets pass the compiler', () => {
  const project = newProject('types');
  const prelude = readFileSync(new URL('./fragment-prelude.ts', import.meta.url), 'utf8');
  for (const block of blocks.filter(({ language }) => language === 'ts')) {
    // a page's modules import each other, so each page has a folder; fragments stand alone
    const place = path.join(project, block.page.replace(/\W/g, '-'));
    mkdirSync(place, { recursive: true });
    const isModule = block.file !== undefined;
    const name = isModule ? block.file : `fragment-at-line-${block.line}.ts`;
    mkdirSync(path.dirname(path.join(place, name)), { recursive: true });
    writeFileSync(path.join(place, name), isModule ? block.text : fragmentModule(prelude, block.text));
  }
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    moduleDetection: 'force',
    types: ['node'],
    typeRoots: [path.join(ROOT, 'node_modules', '@types')],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
  const { status, stdout } = spawnSync(TSC, ['-p', project], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

for (const page of PAGES) {
  const own = blocks.filter((block) => block.page === page);
  if (!own.some(({ words }) => words.includes('run'))) continue;
  test(`${page}: its commands print what it shows`, () => {
    const project = newProject(`run-${page.replace(/\W/g, '-')}`);
    // the demo jobs and the flights that demo/jobs/inputs.json names
    symlinkSync(path.join(ROOT, 'demo'), path.join(project, 'demo'));
    symlinkSync(path.join(ROOT, 'node_modules/vega-datasets'), path.join(project, 'node_modules/vega-datasets'));
    for (const { file, text: content } of own.filter((block) => block.file !== undefined)) {
      if (file.startsWith('demo/')) continue;
      mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
      writeFileSync(path.join(project, file), content);
    }
    for (const [index, block] of own.entries()) {
      if (!block.words.includes('run')) continue;
      const command = block.text.replace(/\bnpx sluice\b/g, 'node node_modules/sluice/bin/sluice.mjs').trim();
      const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`;
      const ran = spawnSync(command, { cwd: project, shell: true, encoding: 'utf8', env: { ...process.env, PATH } });
      assert.equal(ran.stdout, own[index + 1].text, `${page}:${block.line}: ${block.text}${ran.stderr}`);
    }
  });
}

test('a file that is shown is the file that is there', () => {
  for (const { page, line, file, text: shown } of blocks) {
    if (!file?.startsWith('demo/')) continue;
    const real = readFileSync(path.join(ROOT, file), 'utf8').replace(/^(?:\/\/.*\n)+/, '');
    assert.equal(shown, real, `${page}:${line}`);
  }
});

test('links, npm scripts and files lead somewhere', () => {
  const broken = [];
  for (const page of PAGES) {
    for (const { line, target } of linksOf(text[page])) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split('#');
      const full = file === '' ? path.join(ROOT, page) : path.resolve(ROOT, path.dirname(page), file);
      if (!existsSync(full)) broken.push(`${page}:${line}: ${target}`);
      else if (anchor && !anchorsOf(readFileSync(full, 'utf8')).includes(anchor))
        broken.push(`${page}:${line}: ${target}`);
    }
  }
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  for (const block of blocks.filter(({ language }) => language === 'sh')) {
    const named = [...block.text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name);
    for (const name of named) if (!(name in scripts)) broken.push(`${block.page}:${block.line}: npm run ${name}`);
    for (const [file] of block.text.matchAll(/\b(?:demo|tools|bench|worker)\/[\w./-]+\.\w+/g))
      if (!existsSync(path.join(ROOT, file))) broken.push(`${block.page}:${block.line}: ${file}`);
  }
  assert.deepEqual(broken, []);
});

test('the checks can fail', () => {
  const page = '```ts\nx\n```\n\n```text output\n1\n```\n\n```sh run\nls\n```\n';
  assert.equal(wrongBlocks(blocksOf('p.md', page)).length, 3);
  assert.deepEqual(linksOf('[a](b.md#c-d)\n```\n[no](x)\n```\n'), [{ line: 1, target: 'b.md#c-d' }]);
  assert.deepEqual(anchorsOf('# What is `exact`, and what not'), ['what-is-exact-and-what-not']);
  assert.throws(() => blocksOf('p.md', '```ts\n'), /p\.md:2/);
});

/** A folder in which `sluice` is the built package. */
function newProject(name) {
  const project = path.join(folder, name);
  mkdirSync(path.join(project, 'node_modules'), { recursive: true });
  symlinkSync(ROOT, path.join(project, 'node_modules', 'sluice'), 'junction');
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module" }\n');
  return project;
}

/** Imports of the fragment stay at the top; the rest becomes a function's body, so that it may await and return. */
function fragmentModule(prelude, fragment) {
  const imports = fragment.match(/^import .*;$/gm) ?? [];
  const body = fragment.replace(/^import .*;$/gm, '');
  return `${prelude}${imports.join('\n')}\nexport async function fragment() {\n${body}\n}\n`;
}

// Every rule of the repository's check can fail, and does not fail for the neighbouring allowed case.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LINES_MAX, RULES, checkTree } from './tidy-rules.mjs';
import { importsOf, scan } from './tidy-text.mjs';

const layers = JSON.parse(readFileSync(new URL('../layers.json', import.meta.url), 'utf8'));
const HEADER = '// A file.\n';
const SLASH = '/'; // so that this file does not break the rule that it tests

/** The findings of one rule over a tree, as `file:line message`. */
function findings(rule, tree) {
  const withHeaders = Object.fromEntries(Object.entries(tree).map(([name, text]) => [name, HEADER + text]));
  return checkTree(withHeaders, layers)
    .filter((finding) => finding.rule === rule)
    .map(({ file, line, message }) => `${file}:${line} ${message}`);
}

/** For each rule: trees that break it, with a word of the message, and trees that do not. */
const CASES = {
  direction: {
    bad: [
      [{ 'host-ts/src/plan/a.ts': "import { x } from '../slot/index.ts';" }, 'upward'],
      [{ 'host-ts/src/plan/a.ts': "import type { X } from '../slot/index.ts';" }, 'upward'],
      [{ 'host-ts/src/plan/a.ts': "export * from '../slot/index.ts';" }, 'upward'],
      [{ 'host-ts/src/plan/a.ts': "type X = import('../slot/index.ts').X;" }, 'upward'],
      [{ 'host-ts/src/plan/a.ts': "import {\n  x,\n} from '../slot/index.ts';" }, ':4 imports upward'],
      [{ 'host-ts/src/engine/a.ts': "import { X } from '../../../engine-as/abi.ts';" }, 'host-ts/src/abi'],
      [{ 'host-ts/src/base/a.ts': "import { X } from '../../../demo/jobs/late-flights.ts';" }, 'in no room'],
      [
        {
          'engine-as/assembly/memory/a.ts': 'import { x } from "../state/page";',
          'engine-as/assembly/state/page.ts': '',
        },
        'upward',
      ],
      [{ 'engine-as/assembly/memory/a.ts': 'import { x } from "../../../host-ts/src/base/ids";' }, 'building'],
    ],
    good: [
      { 'host-ts/src/slot/a.ts': "import { x } from '../plan/index.ts';" },
      { 'host-ts/src/slot/a.ts': "import { x } from './b.ts'; import { y } from 'comlink';" },
      { 'host-ts/src/plan/a.ts': "import { x } from '../schema/index.ts';" },
      { 'host-ts/src/abi/index.ts': "export * from '../../../engine-as/abi.ts';" },
      { 'host-ts/src/plan/a.test.ts': "import { x } from '../testing/index.ts';" },
      { 'host-ts/src/plan/a.ts': "// import { x } from '../slot/index.ts';\nconst s = \"'../slot/index.ts'\";" },
      { 'engine-as/assembly/state/a.ts': 'import { x } from "../memory/arena"; import { Y } from "../../abi";' },
    ],
  },
  door: {
    bad: [[{ 'host-ts/src/slot/a.ts': "import { x } from '../plan/job-graph.ts';" }, 'beside its door']],
    good: [
      { 'host-ts/src/slot/a.ts': "import { x } from '../plan/index.ts'; import { y } from './inner/y.ts';" },
      { 'host-ts/src/cli/main.ts': "import { run } from '../entry/node.ts';" },
      { 'engine-as/assembly/state/a.ts': 'import { x } from "../memory/arena";' },
    ],
  },
  'door-content': {
    bad: [[{ 'host-ts/src/plan/index.ts': "export * from './a.ts';\nexport const x = 1;" }, 'only re-exports']],
    good: [
      { 'host-ts/src/plan/index.ts': "/** a */\nexport { a, type B } from './a.ts';\nexport type * from './b.ts';" },
      { 'host-ts/src/entry/index.ts': 'export const x = 1;' },
      { 'host-ts/src/plan/inner/index.ts': 'export const x = 1;' },
    ],
  },
  cycle: {
    bad: [
      [
        {
          'host-ts/src/plan/a.ts': "import { x } from '../expr/index.ts';",
          'host-ts/src/expr/a.ts': "import { x } from '../schema/index.ts';",
          'host-ts/src/schema/a.ts': "import type { x } from '../plan/index.ts';",
        },
        'circle',
      ],
    ],
    good: [
      {
        'host-ts/src/plan/a.ts': "import { x } from '../expr/index.ts'; import { y } from '../schema/index.ts';",
        'host-ts/src/expr/a.ts': "import { x } from '../schema/index.ts';",
      },
    ],
  },
  room: {
    bad: [[{ 'host-ts/src/magic/a.ts': '' }, 'layers.json']],
    good: [{ 'host-ts/src/plan/deep/a.ts': '', 'host-ts/test/golden/a.ts': '' }],
  },
  public: {
    bad: [
      [{ 'demo/jobs/a.ts': "import { x } from '../../host-ts/src/api/index.ts';" }, 'public names'],
      [{ 'bench/a.mjs': "await import('../engine-as/build/x.mjs');" }, 'public names'],
      [{ 'demo/worker.ts': "import { x } from '../worker/src/index.ts';" }, 'public names'],
    ],
    good: [
      { 'demo/jobs/a.ts': "import { x } from 'sluice'; import { y } from 'sluice/browser'; import './b.ts';" },
      { 'demo/test/a.test.mjs': "import { serve } from '../../tools/serve.mjs';" },
    ],
  },
  platform: {
    bad: [
      'Date.now()',
      'new Date()',
      'performance.now()',
      'setTimeout(f, 1)',
      'queueMicrotask(f)',
      'Math.random()',
      'process.env.HOME',
      'navigator.storage',
      'crypto.randomUUID()',
      'indexedDB.open("x")',
      'new Worker(url)',
      'fetch(url)',
      'globalThis.fetch(url)',
      'new Function("a")',
      'new MessageChannel()',
      '[...fetch(url)]',
      '`${Date.now()}`',
    ]
      .map((code) => [{ 'host-ts/src/slot/a.ts': `export const x = () => ${code};` }, 'as a parameter'])
      .concat([
        [{ 'host-ts/src/slot/a.ts': "import { readFile } from 'node:fs';" }, 'node:fs'],
        [{ 'host-ts/src/slot/a.ts': 'export function f() {\n  setTimeout(() => {\n    f();\n  });\n}' }, 'setTimeout'],
      ]),
    good: [
      { 'host-ts/src/slot/a.ts': 'export const x = (platform) => platform.fetch(url) ?? platform.clock.now();' },
      {
        'host-ts/src/slot/a.ts':
          'const s = "Date.now()"; // setTimeout(f)\n/* fetch(x) */ const r = /fetch(x)/; `fetch(x)`;',
      },
      {
        'host-ts/src/platform/a.ts':
          'interface P {\n  fetch(url: string): Promise<void>;\n  setTimeout(f: () => void): void;\n}',
      },
      { 'host-ts/src/testing/a.ts': 'class P {\n  async fetch(url) {\n    return 1;\n  }\n}' },
      { 'host-ts/src/slot/a.ts': 'const x = new Date(ms); const processed = 1; reprocess.x();' },
      { 'host-ts/src/adapter-node/a.ts': "import 'node:fs'; Date.now(); process.exit(1);" },
      { 'host-ts/src/slot/a.test.ts': 'Date.now();' },
    ],
  },
  length: {
    bad: [
      [{ 'demo/src/a.ts': '\n'.repeat(LINES_MAX) }, 'at most 400'],
      [{ 'demo/src/style/a.css': '\n'.repeat(LINES_MAX + 1) }, 'at most 400'],
    ],
    good: [{ 'demo/src/a.ts': '\n'.repeat(LINES_MAX - 1) }, { 'demo/src/a.test.ts': '\n'.repeat(LINES_MAX) }],
  },
  name: {
    bad: [
      [{ 'host-ts/src/plan/utils.ts': '' }, 'utils'],
      [{ 'demo/src/helpers/a.ts': '' }, 'helpers'],
      [{ 'host-ts/src/plan/jobGraph.ts': '' }, 'kebab-case'],
      [{ 'demo/src/App.tsx': '' }, 'kebab-case'],
    ],
    good: [
      { 'host-ts/src/plan/job-graph.test.ts': '', 'wtr.config.mjs': '', 'demo/jobs/late-flights.reference.mjs': '' },
    ],
  },
  'machine-path': {
    bad: [
      [{ 'docs/a.md': `see ${SLASH}root/x` }, 'repository root'],
      [{ 'tools/a.mjs': `const d = '${SLASH}tmp/x';` }, 'os.tmpdir()'],
    ],
    good: [{ 'docs/a.md': 'https://example.org/home/x and ./tmp/x and src/work/x' }],
  },
  open: {
    bad: [
      [{ 'tools/a.mjs': '// TODO: later' }, 'open'],
      [{ 'tools/a.test.mjs': "test.only('x', () => {});" }, '.only'],
    ],
    good: [{ 'tools/a.mjs': "const word = '// TODO';" }],
  },
};

for (const [rule, { bad, good }] of Object.entries(CASES)) {
  test(`${rule} fails for what it forbids`, () => {
    for (const [tree, words] of bad) {
      const found = findings(rule, tree);
      assert.equal(found.length, 1, `${JSON.stringify(tree)} gave ${found.length} findings: ${found.join('; ')}`);
      assert.ok(found[0].includes(words), found[0]);
    }
  });
  test(`${rule} lets pass what it allows`, () => {
    for (const tree of good) assert.deepEqual(findings(rule, tree), [], JSON.stringify(tree));
  });
}

test('header fails for a file that begins with code, and not for one that begins with a comment', () => {
  const rules = (text) => checkTree({ 'tools/a.mjs': text }, layers).map(({ rule }) => rule);
  assert.deepEqual(rules('const x = 1;\n'), ['header']);
  assert.deepEqual(rules('#!/usr/bin/env node\n// Runs.\n'), []);
});

test('every rule has its cases here', () => {
  assert.deepEqual(Object.keys(RULES).sort(), [...Object.keys(CASES), 'header'].sort());
});

test('the scanner keeps offsets, and knows strings, templates and regular expressions', () => {
  const text =
    'const a = `x${b + `y${c}`} fetch(`; // fetch(\nconst d = e / f / g; const r = /[/"]/.test("\\"fetch(");';
  const { code, noComments } = scan(text);
  assert.equal(code.length, text.length);
  assert.equal(noComments.length, text.length);
  assert.ok(!code.includes('fetch'));
  assert.ok(code.includes('b + ') && code.includes('c}') && code.includes('e / f / g'));
});

test('imports are found in every form, with their lines', () => {
  const text =
    "import a from 'a';\nimport 'b';\nexport * from \"c\";\nconst d = await import('d');\nimport {\n  e,\n} from 'e';";
  assert.deepEqual(importsOf(scan(text).noComments), [
    { specifier: 'a', line: 1 },
    { specifier: 'b', line: 2 },
    { specifier: 'c', line: 3 },
    { specifier: 'd', line: 4 },
    { specifier: 'e', line: 7 },
  ]);
});

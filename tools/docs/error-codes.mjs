// The error codes that the source can throw, and those that docs/errors.md explains.
//   node tools/docs/error-codes.mjs        lists what is missing on either side
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['host-ts/src/**/*.ts', 'worker/src/**/*.ts', 'bin/*.mjs', 'tools/setup.mjs'];
const CODE = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|UNEXPECTED|BUG|OVERFLOW';

/**
 * Codes in a source text, in the forms that the rooms' errors.ts use: `code: 'X'`, a factory's first argument
 * `userError('X', …`, a table of codes `X: \`…\`` or a choice between two, and a line that the command prints.
 */
export function codesIn(source) {
  const found = new Set();
  const forms = [
    `\\bcode: '(${CODE})'`,
    `\\b(?:user|userError|environment|usage|evaluationFailed|new SetupError)\\(\\s*'(${CODE})'`,
    `\\bcode = [^;]*\\? '(${CODE})' : '(?:${CODE})'`,
    `\\bcode = [^;]*\\? '(?:${CODE})' : '(${CODE})'`,
    `['"](${CODE}): `,
  ];
  for (const form of forms) for (const [, code] of source.matchAll(new RegExp(form, 'g'))) found.add(code);
  for (const [, forms2, rest] of source.matchAll(
    /\bform: ((?:'[A-Z]+' \| )+'[A-Z]+'),[\s\S]*?code: `\$\{form\}(_[A-Z_]+)`/g,
  ))
    for (const [, form] of forms2.matchAll(/'([A-Z]+)'/g)) found.add(form + rest);
  return [...found];
}

/** Code → the files it occurs in. */
export function codesOfSource(root = ROOT) {
  const codes = new Map();
  for (const file of SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root }))) {
    if (/\.test\.|\.d\.ts$/.test(file)) continue;
    for (const code of codesIn(readFileSync(path.join(root, file), 'utf8')))
      codes.set(code, [...(codes.get(code) ?? []), file.split(path.sep).join('/')]);
  }
  return codes;
}

/** Codes that a page explains: the first cells of its tables; one that occurs twice is listed twice. */
export function codesOfPage(markdown) {
  return [...markdown.matchAll(new RegExp(`^\\| \`(${CODE})\` \\|`, 'gm'))].map(([, code]) => code);
}

/** Rows of the page whose meaning, values or remedy is empty. */
export function emptyRows(markdown) {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .filter(
      (line) =>
        line.split('|').length !== 7 ||
        line
          .split('|')
          .slice(1, -1)
          .some((cell) => cell.trim() === ''),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const thrown = codesOfSource();
  const explained = codesOfPage(readFileSync(path.join(ROOT, 'docs', 'errors.md'), 'utf8'));
  for (const [code, files] of thrown)
    if (!explained.includes(code)) console.log(`not explained: ${code} (${files.join(', ')})`);
  for (const code of explained) if (!thrown.has(code)) console.log(`never thrown: ${code}`);
}

#!/usr/bin/env node
// The `sluice` command. Written so that any Node that knows ES modules can read it: an old one is told which
// Node it needs instead of failing on syntax. In a checkout without a build it builds first; in a package the
// build is always there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const cli = new URL('../dist/lib/cli.js', import.meta.url);
const setup = new URL('../tools/setup.mjs', import.meta.url);

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(
    'NODE_TOO_OLD: this is Node v' +
      process.versions.node +
      ', sluice needs at least v' +
      NODE_MAJOR_MIN +
      '; install Node ' +
      NODE_MAJOR_MIN +
      ' (https://nodejs.org) and run the command again',
  );
  process.exitCode = 1;
} else if (prepare()) {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const library = await import(cli.href);
  process.exitCode = await library.main(process.argv.slice(2), { version: manifest.version });
}

/** Whether the library is there, after building it if this is a checkout. Its lines go to standard error. */
function prepare() {
  if (existsSync(cli)) return true;
  if (existsSync(setup)) {
    const built = spawnSync(process.execPath, [fileURLToPath(setup)], { stdio: ['ignore', 2, 2] });
    if (built.status === 0 && existsSync(cli)) return true;
  }
  console.error('NOT_BUILT: dist/lib/cli.js does not exist; in a checkout run: npm run build');
  process.exitCode = 1;
  return false;
}

// npm test: prepares the checkout, then runs the suites under Node 24.
//   npm test [-- suite …] [words that choose files or cases]      npm test -- unit ring
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT, runMain, setup } from './setup.mjs';

// the other suites need no browser; tools/suites.mjs holds the whole list
const BROWSER_SUITES = ['browser', 'dashboard', 'package'];
const OTHER_SUITES = ['tidy', 'format', 'lint', 'types', 'specs', 'unit', 'worker', 'bench'];

await runMain(() => {
  const args = process.argv.slice(2);
  const named = args.filter((arg) => BROWSER_SUITES.includes(arg) || OTHER_SUITES.includes(arg));
  const node = setup({ browsers: named.length === 0 || named.some((name) => BROWSER_SUITES.includes(name)) });
  process.exitCode =
    spawnSync(node, [path.join(ROOT, 'tools', 'suites.mjs'), ...args], { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
});

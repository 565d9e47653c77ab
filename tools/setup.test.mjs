// The set-up's decisions: when to install, where browsers are, what an old Node is told.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { findBrowser, missingBrowsers } from './browsers.mjs';
import { ROOT, dependenciesAreInstalled } from './setup.mjs';

const entry = { version: '1.0.0', integrity: 'sha512-a' };
const lock = (packages) => ({ packages: { '': {}, ...packages } });

test('dependencies are installed when every package of the lock file is there, as locked', () => {
  const wanted = lock({ 'node_modules/a': entry, 'node_modules/other-platform': { ...entry, optional: true } });
  assert.equal(dependenciesAreInstalled(wanted, undefined), false);
  assert.equal(dependenciesAreInstalled(wanted, lock({})), false);
  assert.equal(dependenciesAreInstalled(wanted, lock({ 'node_modules/a': { ...entry, version: '1.0.1' } })), false);
  assert.equal(
    dependenciesAreInstalled(wanted, lock({ 'node_modules/a': { ...entry, integrity: 'sha512-b' } })),
    false,
  );
  assert.equal(dependenciesAreInstalled(wanted, lock({ 'node_modules/a': entry })), true);
});

test('a browser is taken from the environment, then from PATH', () => {
  const env = { PATH: ['one', 'two'].join(path.delimiter) };
  const exists = (file) => [path.join('two', 'chromium'), 'mine'].includes(file);
  assert.equal(findBrowser('chrome', { env, exists }), path.join('two', 'chromium'));
  assert.equal(findBrowser('chrome', { env: { ...env, CHROME_PATH: 'mine' }, exists }), 'mine');
  assert.equal(findBrowser('chrome', { env: { ...env, CHROME_PATH: 'gone' }, exists }), undefined);
  assert.deepEqual(missingBrowsers({ env, exists }), ['firefox']);
});

test('the command tells an old Node what it needs', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-old-node-'));
  try {
    const bin = readFileSync(path.join(ROOT, 'bin', 'sluice.mjs'), 'utf8');
    const old = bin.replaceAll('process.versions.node', '"20.11.0"');
    assert.notEqual(old, bin);
    cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
    writeFileSync(path.join(folder, 'sluice.mjs'), old);
    const { status, stderr } = spawnSync(process.execPath, [path.join(folder, 'sluice.mjs'), '--version'], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^NODE_TOO_OLD: .*v20\.11\.0.*24.*install/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

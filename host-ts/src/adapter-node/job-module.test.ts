// Jobs by module: found by path and URL, refused with the reason.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { importJob, moduleUrl } from './job-module.ts';
import { threadOptions } from './node-spawner.ts';

const API = new URL('../api/index.ts', import.meta.url).href;

test('a module is named by path, by URL text or by URL', () => {
  const url = pathToFileURL(path.resolve('a b/job.ts'));
  assert.equal(moduleUrl('a b/job.ts'), url.href);
  assert.equal(moduleUrl(url), url.href);
  assert.equal(moduleUrl(url.href), url.href);
});

test('a module with a job, without one, with a mistake, and none at all', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-job-'));
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text);
    return moduleUrl(path.join(folder, name));
  };
  try {
    const good = await write(
      'good.mjs',
      `import { job } from '${API}'; export default job('good one', () => undefined);`,
    );
    assert.equal((await importJob(good)).name, 'good one');
    await assert.rejects(importJob(await write('none.mjs', 'export const x = 1;')), {
      code: 'NOT_A_JOB',
      message: /none\.mjs/,
    });
    await assert.rejects(importJob(await write('broken.mjs', 'throw new Error("half done");')), {
      code: 'JOB_MODULE_FAILED',
      message: /broken\.mjs.*half done/,
    });
    await assert.rejects(importJob(moduleUrl(path.join(folder, 'nobody.ts'))), { code: 'JOB_MODULE_FAILED' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a thread inherits the options of Node, except those that say what the process runs', () => {
  assert.deepEqual(threadOptions(['--import', './hook.mjs', '--test-timeout=9']), {});
  const options = [
    '--import',
    './hook.mjs',
    '--input-type=module',
    '-e',
    'code()',
    '--conditions=x',
    '--test-timeout=9',
  ];
  assert.deepEqual(threadOptions(options), { execArgv: ['--import', './hook.mjs', '--conditions=x'] });
});

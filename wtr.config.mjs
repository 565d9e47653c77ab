// Browser tests (host-ts/test/browser) in Chromium and Firefox, in a cross-origin isolated page.
// A test that wants a page without isolation opens one with ?isolation=off in its URL.
import { writeFileSync } from 'node:fs';
import { esbuildPlugin } from '@web/dev-server-esbuild';
import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import { chromeArguments, findBrowser } from './tools/browsers.mjs';

const isolate = async (context, next) => {
  await next();
  if (context.query.isolation === 'off') return;
  context.set('Cross-Origin-Opener-Policy', 'same-origin');
  context.set('Cross-Origin-Embedder-Policy', 'require-corp');
};

const chrome = chromeLauncher({
  launchOptions: { executablePath: findBrowser('chrome'), headless: true, args: chromeArguments() },
});
const firefox = chromeLauncher({
  launchOptions: { browser: 'firefox', executablePath: findBrowser('firefox'), headless: true },
});
firefox.name = 'Firefox'; // it would call itself Chrome

/** Writes the counts for tools/suites.mjs: cases over all browsers; a file that did not load is a failure. */
const countReporter = {
  onTestRunFinished({ sessions }) {
    if (!process.env.SLUICE_COUNTS_FILE) return;
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const session of sessions) {
      const before = counts.failed;
      count(session.testResults, counts);
      if (!session.passed && counts.failed === before) counts.failed++;
    }
    writeFileSync(process.env.SLUICE_COUNTS_FILE, JSON.stringify(counts));
  },
};

function count(suite, counts) {
  for (const test of suite?.tests ?? []) counts[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed']++;
  for (const inner of suite?.suites ?? []) count(inner, counts);
}

export default {
  files: 'host-ts/test/browser/**/*.test.ts',
  concurrency: 1,
  nodeResolve: { exportConditions: ['browser', 'development'] },
  plugins: [esbuildPlugin({ ts: true, target: 'es2024' })],
  middleware: [isolate],
  testFramework: { config: { timeout: 30_000 } },
  testsFinishTimeout: 240_000,
  browsers: [chrome, firefox],
  reporters: [defaultReporter({ reportTestProgress: false }), countReporter],
};

// A page of the built dashboard in a real browser, for tests and benchmarks: server, Chromium, and questions to ask.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from 'puppeteer-core';
import { chromeArguments, findBrowser } from '../../tools/browsers.mjs';
import { build } from '../../tools/build.mjs';
import { serve } from '../../tools/serve.mjs';

const DASHBOARD = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));
const WAIT_MS = 60_000;

/** Builds what is stale. */
export function buildDashboard() {
  if (!build({ names: ['engine', 'dashboard'], log: () => {} })) throw new Error('the dashboard does not build');
}

/** A server and a browser with a profile of its own; `close` takes both away. */
export async function openDashboard({ isolation = true } = {}) {
  const server = await serve({ port: 0, root: DASHBOARD, isolation });
  const profile = mkdtempSync(path.join(tmpdir(), 'sluice-dashboard-'));
  const browser = await launch({
    executablePath: findBrowser('chrome'),
    headless: true,
    userDataDir: profile,
    args: chromeArguments(),
  });
  return {
    server,
    browser,
    async open(query = '') {
      const page = await browser.newPage();
      await page.setViewport({ width: 1440, height: 900 });
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.stack ?? String(error)));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await page.goto(server.url + query);
      return new DashboardPage(page, errors);
    },
    async close() {
      await browser.close();
      await server.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export class DashboardPage {
  constructor(page, errors) {
    this.page = page;
    /** What the page threw or wrote as an error. */
    this.errors = errors;
  }

  /** Waits until a function of the page's `sluiceDemo` gives something true; fails with the page's state. */
  async until(question, ...args) {
    try {
      const found = await this.page.waitForFunction(
        `globalThis.sluiceDemo && (${question})(sluiceDemo, ...${JSON.stringify(args)})`,
        { timeout: WAIT_MS, polling: 50 },
      );
      return await found.jsonValue();
    } catch (error) {
      const state = await this.state().catch(() => undefined);
      throw new Error(
        `${error.message}\nwaiting for ${question}\n${JSON.stringify(state, null, 1)}\n${this.errors.join('\n')}`,
        { cause: error },
      );
    }
  }

  ask(question, ...args) {
    return this.page.evaluate(`(${question})(sluiceDemo, ...${JSON.stringify(args)})`);
  }

  state() {
    return this.ask(
      '(demo) => ({ status: demo.run.status.value, rows: demo.run.rowCount.value, events: demo.events.value })',
    );
  }

  status() {
    return this.ask('(demo) => demo.run.status.value');
  }

  untilRows(rows = 1) {
    return this.until('(demo, rows) => demo.run.rowCount.value >= rows', rows);
  }

  untilFinished() {
    return this.until("(demo) => demo.run.status.value?.phase === 'finished' && !demo.run.filling.value");
  }

  /** Compares the output as the page's button does; the result of the comparison. */
  async compare() {
    await this.ask('(demo) => demo.checkOutput()');
    return this.until("(demo) => demo.check.value.state !== 'running' && demo.check.value");
  }

  text(selector) {
    return this.page.$eval(selector, (element) => element.textContent);
  }
}

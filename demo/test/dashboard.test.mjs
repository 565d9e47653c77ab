// The dashboard as its readers use it, in Chromium: results, a killed worker, a reload in the middle, offline, no
// isolation, a file of one's own, the keyboard. Every test has a browser profile of its own.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildDashboard, openDashboard } from './dashboard-page.mjs';

const DASHBOARD = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));
const ROWS = 193_463;
const SHA256 = '97957cf218bfeeabd1aaa82ef2e6d807007160dd77c4c2212a4b209aca44e4be';
/** Fast, but slow enough that there is a middle. */
const BRISK = `?pace=${7 * 86_400}`;

buildDashboard();

/** A test with a dashboard of its own; whatever the page complained about fails it. */
function dashboardTest(name, body, options) {
  test(name, async () => {
    const dashboard = await openDashboard(options);
    try {
      await body(dashboard);
    } finally {
      await dashboard.close();
    }
  });
}

dashboardTest('it starts by itself and shows results, graph and checkpoints', async ({ open }) => {
  const page = await open();
  await page.untilRows(100);
  await page.until('() => document.querySelectorAll(".vertex").length === 3');
  await page.until('() => document.querySelectorAll("[data-testid=checkpoints] tr").length > 1');
  const ranked = await page.text('.bar-row .bar-key');
  assert.match(ranked, /^[A-Z]{3}$/);
  assert.equal(await page.text('[data-testid=phase]'), 'Running');
  assert.match(await page.text('[data-testid=home]'), /ring channel.*isolated/);
  assert.ok(await page.page.evaluate(() => performance.getEntriesByName('sluice:first-result').length === 1));
  assert.deepEqual(page.errors, []);
});

dashboardTest('an unlimited run gives the reference output', async ({ open }) => {
  const page = await open('?pace=unlimited');
  await page.untilFinished();
  await page.untilRows(ROWS);
  const { state, mine, other } = await page.compare();
  assert.equal(mine.sha256, SHA256);
  assert.equal(mine.rows, ROWS);
  assert.equal(other.sha256, SHA256);
  assert.equal(state, 'same');
  assert.deepEqual(page.errors, []);
});

dashboardTest('a worker killed in the middle: it recovers, says so, and the output is the same', async ({ open }) => {
  const page = await open(BRISK);
  await page.until('(demo) => demo.run.status.value?.epoch >= 2 && demo.run.status.value.rowsRead > 200000');
  await page.page.click('[data-testid=kill]');
  const recovery = await page.until('(demo) => demo.run.status.value?.recoveries[0]');
  assert.ok(recovery.epoch > 0, `recovered from epoch ${recovery.epoch}`);
  assert.ok(recovery.rowsReadAgain < 3_000_000);
  assert.match(await page.text('[data-testid=events]'), new RegExp(`Worker \\d was killed.*epoch ${recovery.epoch} `));
  await page.ask('(demo) => demo.run.setPace(null)');
  await page.untilFinished();
  // compared unasked, because the run was interrupted
  const check = await page.until(
    "(demo) => ['same', 'different', 'failed'].includes(demo.check.value.state) && demo.check.value",
  );
  assert.equal(check.state, 'same');
  assert.equal(check.mine.sha256, SHA256);
});

dashboardTest('in the middle, the output so far is compared with a run of its own', async ({ open }) => {
  const page = await open(BRISK);
  await page.untilRows(10_000);
  const check = await page.compare();
  assert.equal(check.state, 'same', JSON.stringify(check));
  assert.ok(check.mine.rows >= 10_000);
  assert.ok(check.untilMs < Date.parse('2001-07-01'));
});

dashboardTest('a reload in the middle resumes from an epoch, with another number of workers too', async ({ open }) => {
  const page = await open(BRISK);
  await page.until('(demo) => demo.run.status.value?.epoch >= 2 && demo.run.status.value.rowsRead > 200000');
  await page.page.click('.workers-count input[type=radio]'); // one worker
  await page.until('(demo) => demo.run.status.value.parallelism === 1 && demo.run.status.value.phase === "running"');
  await page.page.reload();
  const epoch = await page.until('(demo) => demo.run.status.value?.restoredEpoch');
  assert.ok(epoch > 0);
  assert.equal((await page.status()).parallelism, 1);
  assert.match(await page.text('[data-testid=events]'), new RegExp(`Resumed.*epoch ${epoch}\\b`));
  await page.ask('(demo) => demo.run.setPace(null)');
  await page.untilFinished();
  const check = await page.until(
    "(demo) => ['same', 'different', 'failed'].includes(demo.check.value.state) && demo.check.value",
  );
  assert.equal(check.state, 'same');
  assert.equal(check.mine.rows, ROWS);
});

dashboardTest('after the first load it works with the server gone', async (dashboard) => {
  const page = await dashboard.open('?pace=unlimited');
  await page.until('() => document.querySelector("[data-testid=home]").textContent.includes("offline-ready")');
  await dashboard.server.close();
  await page.page.goto(`${dashboard.server.url}?pace=unlimited&fresh`);
  assert.equal(await page.page.evaluate(() => crossOriginIsolated), true);
  await page.untilFinished();
  await page.untilRows(ROWS);
  assert.equal((await page.status()).channel, 'ring');
  // also what nothing has asked for yet: decompressors, the dialog for a reader's own file
  const stored = await page.page.evaluate(async () => {
    const { files } = await (await fetch('./files.json')).json();
    const kept = await Promise.all(files.map(async (file) => ((await fetch(file)).ok ? [file] : [])));
    return kept.flat();
  });
  const built = globSync('**/*.{js,css,wasm,html}', { cwd: DASHBOARD }).filter((file) => file !== 'service-worker.js');
  assert.deepEqual(
    built.map((file) => `./${file}`).filter((file) => !stored.includes(file)),
    [],
  );
});

dashboardTest(
  'without isolation it runs through messages, and says so',
  async ({ open }) => {
    const page = await open('?pace=unlimited');
    await page.untilFinished();
    await page.untilRows(ROWS);
    assert.equal((await page.status()).channel, 'message');
    assert.match(await page.text('[data-testid=home]'), /message channel.*not isolated/);
  },
  { isolation: false },
);

dashboardTest('a CSV that is dropped on the page is windowed', async ({ open }) => {
  const page = await open();
  await page.untilRows();
  const lines = Array.from(
    { length: 600 },
    (_, i) => `2026-01-01T0${Math.floor(i / 100)}:30:00Z,${i % 2 ? 'left' : 'right'},${i}`,
  );
  await page.page.evaluate(
    (text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], 'own.csv'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    },
    `when,side,weight\n${lines.join('\n')}\n`,
  );
  await page.page.waitForSelector('form.own-file');
  await page.page.select('form.own-file label:nth-child(3) select', 'sum');
  await page.page.click('form.own-file button[type=submit]');
  await page.until("(demo) => demo.run.demo.value.id === 'own-file' && demo.run.status.value?.phase === 'finished'");
  await page.untilRows(12);
  const row = await page.ask(
    "async (demo) => { const row = await demo.run.handle.table('windows').get(['left', Date.parse('2026-01-01T01:00:00Z')]); return { rows: Number(row.rows), value: Number(row.value) }; }",
  );
  assert.deepEqual(row, { rows: 50, value: sum(100, 200, (i) => i % 2 === 1) });
  assert.equal((await page.compare()).state, 'same');
  await page.page.reload();
  await page.until("(demo) => demo.run.demo.value.id === 'own-file' && demo.run.status.value?.restoredEpoch > 0");
  await page.untilRows(12);
});

dashboardTest('by keyboard alone: help, pace, pause, search, kill', async ({ open }) => {
  const page = await open();
  const { keyboard } = page.page;
  await page.untilRows(10);
  await keyboard.press('?');
  await page.page.waitForSelector('dialog[open] .keys');
  await keyboard.press('Escape');
  await page.page.waitForSelector('dialog[open]', { hidden: true });
  await keyboard.press('+');
  await page.until('(demo) => demo.run.status.value.paceSpeed === 7 * 86400');
  await page.until('(demo) => demo.run.pending.value === undefined');
  await keyboard.press('k');
  await page.until(
    '(demo) => demo.run.status.value.recoveries.length === 1 && demo.run.status.value.phase === "running"',
  );
  await page.until('(demo) => demo.run.pending.value === undefined');
  await keyboard.press('Space');
  await page.until('(demo) => demo.run.status.value.paused');
  await keyboard.press('/');
  await keyboard.type('ord');
  await page.until(
    '() => [...document.querySelectorAll(".grid-scroller .grid-row")].length > 0 && [...document.querySelectorAll(".grid-scroller .grid-row > :first-child")].every((cell) => cell.textContent === "ORD")',
  );
  assert.match(await page.text('[data-testid=row-count]'), /^\d+ of [\d,]+ rows$/);
});

function sum(from, to, holds) {
  let total = 0;
  for (let i = from; i < to; i++) if (holds(i)) total += i;
  return total;
}

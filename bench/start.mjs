// How long a reader waits: page load to the first rows of results on the screen, warm (the files come from the service
// worker's store, the job starts from scratch). Prints one line of JSON per figure, the median of several loads.
//   node bench/start.mjs [--rounds N]
import { parseArgs } from 'node:util';
import { buildDashboard, openDashboard } from '../demo/test/dashboard-page.mjs';

const ROUNDS = 7;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: String(ROUNDS) }, json: { type: 'boolean' } },
});
buildDashboard();
const dashboard = await openDashboard();
try {
  const page = await dashboard.open('?fresh');
  await page.until('() => document.querySelector("[data-testid=home]")?.textContent.includes("offline-ready")');
  const firstResults = [];
  const firstPaints = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    await page.page.goto(`${dashboard.server.url}?fresh`);
    const [result, paint] = await page.until(
      "() => performance.getEntriesByName('sluice:first-result').length > 0 && ['sluice:first-result', 'first-contentful-paint'].map((name) => performance.getEntriesByName(name)[0].startTime)",
    );
    firstResults.push(result);
    firstPaints.push(paint);
  }
  report('start/first-result', median(firstResults));
  report('start/first-paint', median(firstPaints));
} finally {
  await dashboard.close();
}

function report(name, value) {
  console.log(JSON.stringify({ name, value: Math.round(value), unit: 'ms' }));
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

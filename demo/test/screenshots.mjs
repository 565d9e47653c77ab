// The pictures of the dashboard in docs/images: a run that lost a worker and whose output was compared, light and dark.
//   node demo/test/screenshots.mjs
import { fileURLToPath } from 'node:url';
import { buildDashboard, openDashboard } from './dashboard-page.mjs';

const IMAGES = { light: 'dashboard.png', dark: 'dashboard-dark.png' };

buildDashboard();
const dashboard = await openDashboard();
try {
  const page = await dashboard.open(`?fresh&pace=${7 * 86_400}`);
  await page.untilRows(15_000);
  await page.page.click('[data-testid=kill]');
  await page.page.mouse.move(700, 890);
  await page.until(
    '(demo) => demo.run.status.value.recoveries.length === 1 && demo.run.status.value.phase === "running"',
  );
  await page.compare();
  await page.ask('(demo) => demo.run.setPace(86_400)');
  await page.until('() => document.querySelector("[data-testid=home]").textContent.includes("offline-ready")');
  const rows = await page.ask('(demo) => demo.run.rowCount.value');
  await page.untilRows(rows + 3_000); // rates at the slower pace
  for (const [theme, name] of Object.entries(IMAGES)) {
    await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
    await page.untilRows((await page.ask('(demo) => demo.run.rowCount.value')) + 500); // drawn in the new colours
    await page.page.screenshot({ path: fileURLToPath(new URL(`../../docs/images/${name}`, import.meta.url)) });
  }
} finally {
  await dashboard.close();
}

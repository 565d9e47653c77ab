// A plain Vite page that uses the installed package; the title tells the test how it went.
import { start } from 'sluice/browser';
import orders, { finish, inputs } from './orders-job.mjs';

try {
  const worker = () => new Worker(new URL('./slot.js', import.meta.url), { type: 'module' });
  const handle = await start(orders, { worker, inputs: inputs(), parallelism: 2 });
  document.title = `finished: ${await finish(handle)}`;
} catch (error) {
  document.title = `failed: ${error.stack}`;
}

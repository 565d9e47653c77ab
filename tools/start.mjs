// npm start: prepares the checkout, then serves the dashboard under Node 24 until it is stopped.
//   npm start [-- --no-open] [--port N] [--no-isolation]
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT, runMain, setup } from './setup.mjs';

await runMain(() => {
  const node = setup();
  const server = spawn(node, [path.join(ROOT, 'tools', 'serve.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
  server.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1);
  });
});

// Suites that are a micro benchmark: it runs as a process of its own and prints its figures, which are taken over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** The suite of bench/micro/<name>.mjs; its own rounds decide, for they are made for what it measures. */
export function micro(name) {
  return async ({ tiny, figures }) => {
    const file = path.join(import.meta.dirname, 'micro', `${name}.mjs`);
    const child = spawn(process.execPath, [file, '--json', ...(tiny ? ['--tiny'] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout })) {
      const { name: figure, value, unit } = JSON.parse(line);
      if (unit === 'hash') figures.hash(figure, String(value));
      else figures.add(figure, value, unit);
    }
    const [status] = await closed;
    if (status !== 0) throw new Error(`bench/micro/${name}.mjs ended with ${status}`);
  };
}

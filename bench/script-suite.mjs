// Suites that are a script of their own: it runs as a process and prints its figures as lines of JSON, which are taken over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** The suite of a script in bench/; its own rounds decide, for they are made for what it measures. */
export function script(file, { tinyArgs = ['--tiny'] } = {}) {
  return async ({ tiny, figures }) => {
    const args = [path.join(import.meta.dirname, file), '--json', ...(tiny ? tinyArgs : [])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('{')) continue; // what a build says
      const { name, value, unit } = JSON.parse(line);
      if (unit === 'hash') figures.hash(name, String(value));
      else figures.add(name, value, unit);
    }
    const [status] = await closed;
    if (status !== 0) throw new Error(`bench/${file} ended with ${status}`);
  };
}

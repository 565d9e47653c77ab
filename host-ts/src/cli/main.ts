/**
 * The `sluice` command. `main` gives the exit code: 0 done, 1 the job failed (environment or bug),
 * 2 the command or the job is wrong, 130 interrupted.
 */
import { SluiceError } from '../base/index.ts';
import { parseArguments, USAGE } from './arguments.ts';
import { run } from './run-command.ts';
import type { Console } from './run-command.ts';

export async function main(words: readonly string[], { version }: { readonly version: string }): Promise<number> {
  endQuietlyWhenNobodyReads();
  try {
    const request = parseArguments(words);
    if (request.command === 'run') return await run(request, processConsole());
    await writeOut(request.command === 'help' ? USAGE : `${version}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return error instanceof SluiceError && error.kind === 'user' ? 2 : 1;
  }
}

/** An error for people: our own without a stack, a bug with one. */
function describe(error: unknown): string {
  if (!(error instanceof SluiceError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const values = Object.entries(error.context).map(([name, value]) => `${name}=${value}`);
  const where = values.length > 0 ? `\n  (${values.join(', ')})` : '';
  return error.kind === 'bug' ? `${error.stack ?? error.message}${where}` : `${error.message}${where}`;
}

/** Waits when the pipe is full, so that a large table never piles up in memory. */
function writeOut(text: string): void | Promise<void> {
  if (process.stdout.write(text)) return undefined;
  return new Promise((resolve) => process.stdout.once('drain', resolve));
}

/** `sluice run … --json | head` closes the pipe early: that is no error. */
function endQuietlyWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

function processConsole(): Console {
  return {
    out: writeOut,
    errors: {
      write: (text) => void process.stderr.write(text),
      isTerminal: process.stderr.isTTY,
      now: () => performance.now(),
    },
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

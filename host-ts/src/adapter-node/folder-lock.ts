/**
 * A lock among processes of one machine: a file that holds its owner's process id. The lock of a
 * process that has died is taken over. Held for single short steps only (fence, publish, release).
 */
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { storageBlocked } from '../checkpoint/index.ts';

const RETRY_MS = 5;
/** A step takes milliseconds; a disk that stalls for longer than this is reported. */
const WAIT_MS_MAX = 10_000;
/** When this process began: threads of one process agree on it. */
const STARTED_MS = Date.now() - process.uptime() * 1000;

/** Runs `step` while this process holds the lock file. */
export async function withLock<Result>(
  file: string,
  step: () => Promise<Result>,
  waitMsMax: number = WAIT_MS_MAX,
): Promise<Result> {
  for (let waitedMs = 0; !(await take(file)); waitedMs += RETRY_MS) {
    if (waitedMs >= waitMsMax) {
      throw storageBlocked(file, 'another process holds the lock', 'stop the other process, or remove the file');
    }
    await delay(RETRY_MS);
  }
  try {
    return await step();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = await readFile(file, 'utf8').catch(() => undefined);
  const isStale = owner === '' ? await isOld(file) : owner !== undefined && (await isDead(Number(owner), file));
  if (isStale) await removeStale(file, owner ?? '');
  return false;
}

/** Two may find the same stale lock: only what still has the dead owner's id is taken away. */
async function removeStale(file: string, owner: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return; // somebody else was quicker
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== owner) await link(aside, file).catch(() => undefined); // a new owner's lock: put it back
  await rm(aside, { force: true });
}

/** A lock without an owner's id: its process died between two calls, unless it is at it just now. */
async function isOld(file: string): Promise<boolean> {
  const made = await stat(file).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > WAIT_MS_MAX;
}

/** In a container every run may have the same process id: a lock from before this process began is not its own. */
async function isDead(owner: number, file: string): Promise<boolean> {
  if (owner !== process.pid) return !isAlive(owner);
  const made = await stat(file).catch(() => undefined);
  return made !== undefined && made.mtimeMs < STARTED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

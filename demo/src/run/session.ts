// What a reload must find again: which run was on the page and how it was set. Checkpoints are in IndexedDB, kept by
// the library; this small note in localStorage says which of them to go on from. Without storage nothing is resumed.
import type { Json } from 'sluice';

const NAME = 'sluice.session';
const VERSION = 1;

export interface Session {
  readonly version: typeof VERSION;
  readonly jobId: string;
  /** Settings of a job over the reader's own file. */
  readonly parameters: Json;
  readonly parallelism: number;
  readonly paceSpeed: number | null;
  /** A reload starts afresh. */
  readonly failed: boolean;
}

export function readSession(): Session | undefined {
  try {
    const session = JSON.parse(localStorage.getItem(NAME) ?? 'null') as Session | null;
    return session?.version === VERSION ? session : undefined;
  } catch {
    return undefined; // no storage, or a note of another version
  }
}

export function writeSession(session: Omit<Session, 'version'>): void {
  try {
    localStorage.setItem(NAME, JSON.stringify({ version: VERSION, ...session }));
  } catch {
    // a page without storage runs all the same; it cannot resume
  }
}

// Compares the table on the page with that of a run that was never interrupted, by hash.
//
// A finished run of a job with a reference is compared with the hash that the reference's plain JavaScript gave. Any
// other is compared with a second run of the same job, made now, unpaced, with one worker and its checkpoints in
// memory: whole tables if the first has finished, else all windows that had ended by the newest one on the page. Those
// are complete in both, because windows are published in the order of their ends.
import { effect, signal } from '@preact/signals';
import { formatCount } from '../format.ts';
import { hashTable } from '../results/table-hash.ts';
import type { TableHash } from '../results/table-hash.ts';
import { startJob } from './home.ts';
import { run } from './run.ts';

export type Check =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly step: string }
  | { readonly state: 'failed'; readonly reason: string }
  | {
      readonly state: 'same' | 'different';
      readonly mine: TableHash;
      readonly other: TableHash;
      /** Windows that ended later were left out; undefined = none were. */
      readonly untilMs: number | undefined;
      readonly against: string;
    };

export const check = signal<Check>({ state: 'idle' });

export async function checkOutput(): Promise<void> {
  const { handle, generation } = run;
  const began = generation.peek();
  const status = run.status.peek();
  if (handle === undefined || status === undefined || check.peek().state === 'running') return;
  const demo = run.demo.peek();
  const finished = status.phase === 'finished';
  const untilMs = finished ? undefined : run.results.peek().newestEnd;
  const show = (next: Check): void => {
    if (generation.peek() === began) check.value = next;
  };
  try {
    const progress = (step: string) => ({
      progress: (rows: number) => show({ state: 'running', step: `${step}: ${formatCount(rows)} rows` }),
    });
    const limit = untilMs === undefined ? {} : { untilMs };
    show({ state: 'running', step: 'Hashing this table' });
    const mine = await hashTable(handle.table(demo.view.table), { ...limit, ...progress('Hashing this table') });
    const known = finished ? demo.reference : undefined;
    let other: TableHash | undefined = known;
    if (other === undefined) {
      show({ state: 'running', step: 'Running the job once more, uninterrupted…' });
      const second = await startJob(demo, { parallelism: 1, paceSpeed: null, resume: false, inMemory: true });
      try {
        await second.done;
        other = await hashTable(second.table(demo.view.table), { ...limit, ...progress('Hashing its table') });
      } finally {
        second.close();
      }
    }
    const against =
      known === undefined
        ? 'that of a second run made just now, uninterrupted, with one worker'
        : `that of ${known.file}, plain JavaScript without Sluice`;
    const same = mine.sha256 === other.sha256 && mine.rows === other.rows;
    show({ state: same ? 'same' : 'different', mine, other, untilMs, against });
  } catch (error) {
    show({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

/** A comparison belongs to its run; a run that was interrupted and has finished is compared unasked. */
export function followRuns(): void {
  let compared = -1;
  effect(() => {
    void run.generation.value;
    check.value = { state: 'idle' };
  });
  effect(() => {
    const generation = run.generation.value;
    const status = run.status.value;
    const interrupted = status !== undefined && (status.recoveries.length > 0 || status.restoredEpoch > 0);
    if (status?.phase !== 'finished' || !interrupted || compared === generation || run.filling.value) return;
    compared = generation;
    void checkOutput();
  });
}

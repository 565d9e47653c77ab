// What happened to the run, told in sentences: the list beside the graph, also read out to screen readers.
import { signal } from '@preact/signals';
import type { JobStatus } from 'sluice';
import { formatCount, formatDuration, plural } from '../format.ts';

type Recovery = JobStatus['recoveries'][number];

export interface RunEvent {
  readonly id: number;
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
  readonly title: string;
  readonly detail: string;
  readonly atMs: number;
}

const EVENTS_MAX = 30;

export const events = signal<readonly RunEvent[]>([]);
let nextId = 1;

export function tell(tone: RunEvent['tone'], title: string, detail = ''): void {
  const event: RunEvent = { id: nextId++, tone, title, detail, atMs: Date.now() };
  events.value = [event, ...events.value].slice(0, EVENTS_MAX);
}

export function tellRecovery(recovery: Recovery, killed: number | undefined): void {
  const { epoch, rowsReadAgain, durationMs, reason } = recovery;
  const title =
    killed === undefined ? 'A worker was lost; the job recovered' : `Worker ${killed} was killed; the job recovered`;
  const from = epoch === 0 ? 'from the beginning: no checkpoint was complete' : `from epoch ${epoch}`;
  const cause = killed === undefined ? ` (${reason})` : '';
  tell(
    'warn',
    title,
    `Restored ${from} in ${formatDuration(durationMs)}; by the last counters, ${plural(rowsReadAgain, 'row')} read again${cause}.`,
  );
}

export function tellResumed(status: JobStatus): void {
  const { restoredEpoch, rowsRead, phase } = status;
  if (restoredEpoch === 0) return;
  const detail =
    phase === 'finished'
      ? `The run had finished with epoch ${restoredEpoch}; its table was read from IndexedDB.`
      : `The unfinished run in IndexedDB goes on from epoch ${restoredEpoch}, behind ${plural(rowsRead, 'row')}.`;
  tell('good', 'Resumed after a reload', detail);
}

export function tellFinished(status: JobStatus, rows: number): void {
  const again = status.recoveries.reduce((sum, recovery) => sum + recovery.rowsReadAgain, 0);
  const survived =
    status.recoveries.length === 0
      ? ''
      : ` It survived ${plural(status.recoveries.length, 'lost worker')} and, by the counters, read ${plural(again, 'row')} twice.`;
  tell(
    'good',
    'Finished',
    `${formatCount(status.rowsRead)} rows read, ${plural(rows, 'row')} in the table, last epoch ${status.epoch}.${survived}`,
  );
}

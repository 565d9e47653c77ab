// A file of the reader's own: chosen or dropped, looked at, kept for a reload, and turned into a job.
import { signal } from '@preact/signals';
import type { InputBinding } from 'sluice/connectors';
import type { TypeName } from 'sluice';
import type { DemoJob } from '../run/demo-jobs.ts';
import { run } from '../run/run.ts';
import { formatSpan } from '../format.ts';
import ownFileJob, { OWN_FILE_INPUT, OWN_FILE_TABLE } from './own-file-job.ts';
import type { OwnFileParameters } from './own-file-job.ts';
import { keepFile } from './kept-file.ts';

/** A file that was looked at. */
export interface Inspected {
  readonly file: File;
  readonly binding: InputBinding;
  /** The likeliest event time. */
  readonly timeColumn: string;
  readonly columns: Readonly<Record<string, TypeName>>;
}

export type Choice =
  | { readonly state: 'none' }
  /** The dialog waits for a file. */
  | { readonly state: 'open' }
  | { readonly state: 'reading'; readonly name: string }
  | { readonly state: 'failed'; readonly name: string; readonly reason: string }
  | { readonly state: 'ready'; readonly inspected: Inspected };

export const choice = signal<Choice>({ state: 'none' });

export function chooseFile(): void {
  choice.value = { state: 'open' };
}

export function forgetChoice(): void {
  choice.value = { state: 'none' };
}

/** Finds the columns and their types, then asks what to do with them. */
export async function inspect(file: File): Promise<void> {
  choice.value = { state: 'reading', name: file.name };
  try {
    const { inspectFile } = await import('./inspect-file.ts');
    const { schema, timeColumn, binding } = await inspectFile(file.name, file);
    const columns = Object.fromEntries(Object.entries(schema).map(([name, { type }]) => [name, type]));
    if (timeColumn === undefined) throw new Error(noTimes(columns));
    choice.value = { state: 'ready', inspected: { file, binding, timeColumn, columns } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    choice.value = { state: 'failed', name: file.name, reason };
  }
}

function noTimes(columns: Readonly<Record<string, TypeName>>): string {
  const found = Object.entries(columns).map(([name, type]) => `${name}: ${type}`);
  return `It has no column of times (found ${found.join(', ') || 'no columns'}). Windows need event time, for instance 2026-01-31T12:00:00Z.`;
}

/** Windows the chosen file, and keeps it, so that a reload can go on. */
export async function windowFile(inspected: Inspected, parameters: OwnFileParameters): Promise<void> {
  forgetChoice();
  await keepFile(inspected.file);
  const demo = ownFileDemo(inspected.file.name, inspected.binding, parameters);
  await run.begin(demo, { parallelism: run.parallelism.peek(), paceSpeed: null, resume: false });
}

export function ownFileDemo(name: string, binding: InputBinding, parameters: OwnFileParameters): DemoJob {
  const { key, fn, measure, windowMs } = parameters;
  const value = measure === null ? 'rows' : 'value';
  const counted = fn === 'count' || fn === 'sum';
  const what = measure === null ? 'Rows' : `${fn} of ${measure}`;
  const shown = {
    column: value,
    unit: counted ? 'count' : 'number',
    fold: fn === 'min' ? 'min' : counted ? 'sum' : 'max',
  } as const;
  const summary = `${name}: ${what.toLowerCase()} by ${key} and ${formatSpan(windowMs)}`;
  return {
    id: 'own-file',
    title: 'Your file',
    summary,
    job: ownFileJob,
    inputs: () => ({ [OWN_FILE_INPUT]: binding }),
    parameters: { name, ...parameters },
    view: {
      table: OWN_FILE_TABLE,
      key,
      keyLabel: key,
      windowMs,
      slideMs: windowMs,
      chart: { title: counted ? what : `Highest ${what}`, ...shown },
      ranking: {
        title: counted ? `${what}, by ${key}` : `${what} in the newest window, by ${key}`,
        ...shown,
        over: counted ? 'total' : 'latest',
      },
      columnLabels: measure === null ? {} : { value: `${fn} ${measure}` },
    },
  };
}

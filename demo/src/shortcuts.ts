// Keys that work anywhere on the page, except while one types or a dialog is open. Buttons keep their own keys.
import { signal } from '@preact/signals';
import { PARALLELISMS, killSomeone } from './panels/transport.tsx';
import { FLIGHT_JOBS } from './run/demo-jobs.ts';
import { stepPace } from './run/pace.ts';
import { run } from './run/run.ts';
import { toggleTheme } from './theme.ts';

/** The dialog that lists them is open. */
export const helpOpen = signal(false);

interface Shortcut {
  readonly keys: string;
  readonly does: string;
  readonly action: () => void;
}

const pace = (step: 1 | -1) => (): void => void run.setPace(stepPace(run.paceSpeed.peek(), step));
const workers = (step: 1 | -1) => (): void => {
  const index = PARALLELISMS.findIndex((count) => count >= run.parallelism.peek());
  const next = PARALLELISMS[index + step];
  if (next !== undefined) void run.rescale(next);
};
const choose = (index: number) => (): void => {
  const demo = FLIGHT_JOBS[index]!;
  const { parallelism, paceSpeed } = run;
  void run.begin(demo, { parallelism: parallelism.peek(), paceSpeed: paceSpeed.peek(), resume: false });
};

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'Space', does: 'pause, or go on', action: () => void run.togglePause() },
  { keys: '+', does: 'faster', action: pace(1) },
  { keys: '−', does: 'slower', action: pace(-1) },
  { keys: ']', does: 'more workers', action: workers(1) },
  { keys: '[', does: 'fewer workers', action: workers(-1) },
  { keys: 'k', does: 'kill a worker', action: killSomeone },
  { keys: 'c', does: 'take a checkpoint now', action: () => void run.checkpoint() },
  { keys: 'r', does: 'restart from scratch', action: () => void run.restart() },
  { keys: '1', does: 'the job “late flights”', action: choose(0) },
  { keys: '2', does: 'the job “route delays”', action: choose(1) },
  { keys: '/', does: 'search the table', action: () => document.getElementById('table-search')?.focus() },
  { keys: 't', does: 'light or dark', action: toggleTheme },
  { keys: '?', does: 'this list', action: () => (helpOpen.value = true) },
];

const SAME_KEY: Readonly<Record<string, string>> = { ' ': 'Space', '=': '+', '-': '−', _: '−' };

export function listenForShortcuts(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isBusyElsewhere(event)) return;
    const key = SAME_KEY[event.key] ?? event.key;
    const shortcut = SHORTCUTS.find(({ keys }) => keys === key);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.action();
  });
}

function isBusyElsewhere({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open]') !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input:not([type=radio]), select, textarea')) return true;
  return key === ' ' && target.matches('button, a, input, summary');
}
